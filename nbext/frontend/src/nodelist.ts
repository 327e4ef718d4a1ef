/** The node list: every node as a line of text for screen readers only. */

import { describeNode } from "./descriptions";
import { h } from "./dom";
import type { ViewNode } from "./model";

/** More lines would slow the page down without use; search finds the others. */
const MOST = 300;
const CHUNK = 40;

export interface NodeList {
  el: HTMLElement;
  update(nodes: ViewNode[]): void;
}

export function nodeList(go: (name: string) => void): NodeList {
  const el = h("ul", { class: "db-hidden db-list", "aria-label": "Nodes" });
  const lines: HTMLButtonElement[] = [];
  let nodes: ViewNode[] = [];
  let waiting = 0;
  const write = (from: number): void => {
    const end = Math.min(from + CHUNK, nodes.length, MOST);
    for (let i = from; i < end; i++) {
      if (lines[i] === undefined) {
        lines[i] = h("button", { tabindex: -1, click: () => go(nodes[i].name) });
        el.append(h("li", {}, lines[i]));
      }
      const text = describeNode(nodes[i]);
      if (lines[i].textContent !== text) lines[i].textContent = text;
    }
    if (end < Math.min(nodes.length, MOST)) waiting = window.setTimeout(() => write(end), 30);
    else for (const line of lines.splice(end)) line.parentElement!.remove();
  };
  return {
    el,
    update(now) {
      nodes = now;
      clearTimeout(waiting);
      waiting = window.setTimeout(() => write(0), 500);
    },
  };
}
