/** Settings: what the user can switch off; `schema/plugin.json` describes them to JupyterLab. */

export const DEFAULTS = { marks: true, problems: true, hover: true, completion: true };

export type Settings = typeof DEFAULTS;

/** The settings from values by name; anything but false is on. */
export function readSettings(value: (name: string) => unknown): Settings {
  return Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, value(name) !== false])) as Settings;
}
