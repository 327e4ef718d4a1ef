/** A menu: a button that opens a short list of commands. */

import { h, onLeave, put } from "./dom";

export interface Entry {
  text: string;
  run(): void;
  /** For entries that are on or off. */
  on?: boolean;
  /** Keeps the menu open, for several choices in a row. */
  stay?: boolean;
  hint?: string;
}

export function menuButton(label: string, content: Node | string, entries: () => (Entry | null)[]): HTMLElement {
  let stop: (() => void) | null = null;
  const list = h("div", { class: "db-menu", role: "menu", hidden: true });
  const button = h("button", { class: "db-button db-icon-button", title: label, "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false" }, content);
  const box = h("div", { class: "db-menu-box" }, button, list);
  const close = (): void => {
    stop?.();
    stop = null;
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  const fill = (): void => {
    put(list, ...entries().map((entry) => {
      if (entry === null) return h("hr");
      const role = entry.on === undefined ? "menuitem" : "menuitemcheckbox";
      const run = (): void => {
        if (entry.stay) {
          const at = [...list.children].indexOf(document.activeElement!);
          entry.run();
          fill();
          (list.children[at] as HTMLElement | undefined)?.focus();
          return;
        }
        close();
        button.focus();
        entry.run();
      };
      return h(
        "button", { role, "aria-checked": entry.on === undefined ? null : String(entry.on), click: run },
        h("span", { class: "db-tick" }, entry.on === true ? "✓" : ""), h("span", {}, entry.text), entry.hint ? h("kbd", {}, entry.hint) : null,
      );
    }));
  };
  button.addEventListener("click", () => {
    if (!list.hidden) return close();
    fill();
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    stop = onLeave(box, close);
    list.querySelector("button")?.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const items = [...list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) items[(items.indexOf(document.activeElement as HTMLButtonElement) + step + items.length) % items.length]?.focus();
    else if (event.key === "Escape") {
      close();
      button.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return box;
}
