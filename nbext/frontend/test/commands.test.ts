// @vitest-environment jsdom
/** The schema that JupyterLab reads: its menus, keys and settings are those that the extension has. */

import { nullTranslator } from "@jupyterlab/translation";
import { expect, test, vi } from "vitest";
import SCHEMA from "../schema/plugin.json";

vi.mock("@jupyterlab/notebook", () => ({}));
vi.mock("@jupyterlab/apputils", () => ({}));
vi.mock("@lumino/widgets", () => ({ Widget: class {} }));
vi.mock("@jupyterlab/ui-components", () => ({ LabIcon: class { name: string; constructor(options: { name: string }) { this.name = options.name; } } }));

import { addCommands } from "../src/lab/commands";
import { DEFAULTS, readSettings } from "../src/lab/settings";
import { icon } from "../src/lab/sidepanel";

test("every command of a menu, a toolbar or a key is registered, and every command is in the menu", () => {
  const registered = new Map<string, { label: string | ((args: object) => string) }>();
  const app = { commands: { addCommand: (id: string, options: { label: string | ((args: object) => string) }) => registered.set(id, options) } };
  addCommands(app as never, { active: null } as never, nullTranslator.load("dagbook"), () => {});
  const menu = (SCHEMA["jupyter.lab.menus"].main.find((one) => one.id === "jp-mainmenu-dagbook")!.items as { command?: string }[]).flatMap((item) => item.command ?? []);
  expect(new Set(menu)).toEqual(new Set(registered.keys()));
  const named = JSON.stringify(SCHEMA).match(/dagbook:[\w-]+/g)!.filter((name) => name !== icon.name);
  expect(named.filter((name) => !registered.has(name))).toEqual([]);
  for (const { label } of registered.values()) expect(typeof label === "function" ? label({}) : label).not.toBe("");
});

test("the settings of the schema are those that the extension reads, with the same defaults", () => {
  expect(Object.fromEntries(Object.entries(SCHEMA.properties).map(([name, property]) => [name, property.default]))).toEqual(DEFAULTS);
  expect(readSettings((name) => name !== "hover")).toEqual({ ...DEFAULTS, hover: false });
  expect(readSettings(() => undefined)).toEqual(DEFAULTS);
});
