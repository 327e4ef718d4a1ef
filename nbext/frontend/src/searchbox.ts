/** The search box: dims nodes without a match while the user types, and jumps to a match. */

import { h, put } from "./dom";
import { search } from "./filters";
import { iconElement, SEARCH } from "./icons";
import { iconOf } from "./look";
import type { Graph } from "./model";

export interface SearchBox {
  el: HTMLElement;
  input: HTMLInputElement;
  clear(): void;
}

export function searchBox(id: string, graph: () => Graph, typed: (query: string) => void, go: (name: string) => void, left: () => void): SearchBox {
  let names: string[] = [];
  let at = -1;
  const list = h("div", { class: "db-results", role: "listbox", id: `${id}-results`, hidden: true });
  const input = h("input", {
    type: "search", class: "db-search-input", placeholder: "Search nodes", "aria-label": "Search nodes", title: 'Words, or a selection: +name, name+, tag:x, state:stale, group:"Air"', role: "combobox", "aria-expanded": "false",
    "aria-controls": `${id}-results`, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const mark = (): void => {
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", at >= 0 ? `${id}-result-${at}` : "");
  };
  const show = (open: boolean): void => {
    list.hidden = !open || names.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const choose = (name: string): void => {
    clear();
    show(false);
    go(name);
  };
  const refresh = (): void => {
    const found = search(graph(), input.value);
    names = found.map((n) => n.name);
    at = names.length > 0 ? 0 : -1;
    put(list, ...found.map((node, i) => h(
      "div", { role: "option", id: `${id}-result-${i}`, class: `db-result db-kind-${node.kind}`, pointerdown: (e: Event) => e.preventDefault(), click: () => choose(node.name) },
      iconElement(iconOf(node), 13), h("span", { class: "db-result-name" }, node.name), h("span", { class: "db-soft" }, node.group),
    )));
    mark();
    show(true);
    typed(input.value);
  };
  input.addEventListener("input", refresh);
  input.addEventListener("focus", () => input.value !== "" && refresh());
  input.addEventListener("blur", () => show(false));
  const clear = (): void => {
    input.value = "";
    refresh();
  };
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && names.length > 0) {
      at = (at + step + names.length) % names.length;
      mark();
    } else if (event.key === "Enter" && at >= 0) choose(names[at]);
    else if (event.key === "Escape") {
      clear();
      left();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { el: h("div", { class: "db-search" }, iconElement(SEARCH, 14), input, list), input, clear };
}
