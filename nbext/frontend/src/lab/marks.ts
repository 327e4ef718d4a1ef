/** Marks: a slim bar beside each of our cells with the state of its nodes, and a card with their inputs and readers. */

import type { Cell } from "@jupyterlab/cells";
import type { TranslationBundle } from "@jupyterlab/translation";
import { h, put } from "../dom";
import { iconElement } from "../icons";
import { iconOf, STATE_LOOKS, STATES, VERDICT_LOOKS, type State } from "../look";
import { inputsOf, type Graph, type ViewNode } from "../model";
import { duration } from "../text";
import type { Link } from "./link";
import { byCell, markOf, stateOf, type Mark } from "./mark";
import { stateWord } from "./words";

interface Shown {
  el: HTMLElement;
  key: string;
  cell: HTMLElement;
}

export class Marks {
  private shown = new Map<string, Shown>();
  /** Cells that JupyterLab renders when the user scrolls to them. */
  private awaited = new WeakSet<Cell>();
  private opened: HTMLElement | null = null;
  private frame = 0;
  private card = h("div", { class: "db-lab db-card", role: "tooltip", hidden: true });
  private enabled = true;

  constructor(private link: Link, private trans: TranslationBundle) {
    link.changed.connect(() => this.schedule());
    link.panel.disposed.connect(() => this.card.remove());
  }

  /** Whether marks are shown at all. */
  show(enabled: boolean): void {
    this.enabled = enabled;
    this.update();
  }

  private schedule(): void {
    if (this.frame !== 0) return;
    // Several messages within one frame are shown together.
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.update();
    });
  }

  private update(): void {
    if (this.link.panel.isDisposed) return;
    const nodes = byCell(this.link.store.graph);
    const there = new Set<string>();
    for (const cell of this.link.panel.content.widgets) {
      if (cell.model.type !== "code") continue;
      const { id } = cell.model;
      const mark = this.enabled && this.link.connected ? markOf(nodes.get(id) ?? [], this.link.standing[id]) : null;
      if (mark === null) continue;
      there.add(id);
      this.draw(cell, mark, nodes.get(id) ?? []);
    }
    for (const [id, mark] of this.shown) if (!there.has(id)) this.remove(id, mark);
  }

  private remove(id: string, { el, cell }: Shown): void {
    cell.removeAttribute("data-dagbook");
    el.remove();
    this.shown.delete(id);
    // There is no leave event for a removed element.
    if (this.opened === el) this.close();
  }

  private close(): void {
    this.card.hidden = true;
    this.opened = null;
  }

  private draw(cell: Cell, mark: Mark, nodes: ViewNode[]): void {
    const { id } = cell.model;
    const names = nodes.map((node) => node.name);
    const key = `${mark.state} ${mark.seconds ?? ""} ${names.join(" ")}`;
    const known = this.shown.get(id);
    const area = cell.inputArea?.node;
    if (known !== undefined && known.key === key && area?.contains(known.el)) return;
    const opened = known !== undefined && this.opened === known.el;
    if (known !== undefined) this.remove(id, known);
    if (area === undefined) return this.await(cell);
    const says = stateWord(mark.state, this.trans);
    const time = mark.seconds === null ? "" : duration(mark.seconds);
    const icon = mark.state === "warned" ? VERDICT_LOOKS.warned.icon : STATES.includes(mark.state as State) ? STATE_LOOKS[mark.state as State].icon : null;
    const label = names.length > 0 ? `${names.join(", ")}: ${says}${time === "" ? "" : `, ${time}`}` : says;
    const el = h(
      "button", { class: "db-mark", type: "button", "data-state": mark.state, "aria-label": label, tabindex: -1 },
      h("span", { class: "db-mark-bar" }),
      h("span", { class: "db-mark-text" }, icon === null ? null : (iconElement(icon, 9)), time === "" ? says : time),
    );
    const open = (): void => this.open(el, id);
    for (const event of ["mouseenter", "focus"]) el.addEventListener(event, open);
    for (const event of ["mouseleave", "blur"]) el.addEventListener(event, () => this.close());
    area.append(el);
    cell.node.setAttribute("data-dagbook", mark.state);
    this.shown.set(id, { el, key, cell: cell.node });
    if (opened) this.open(el, id);
  }

  private await(cell: Cell): void {
    if (this.awaited.has(cell)) return;
    this.awaited.add(cell);
    void cell.ready.then(() => this.schedule());
  }

  private open(el: HTMLElement, id: string): void {
    const graph = this.link.store.graph;
    const nodes = byCell(graph).get(id) ?? [];
    put(this.card, ...nodes.slice(0, 8).map((node) => this.entry(graph, node)));
    if (nodes.length === 0) put(this.card, el.getAttribute("aria-label"));
    if (nodes.length > 8) this.card.append(h("div", { class: "db-soft" }, this.trans.__("and %1 more", nodes.length - 8)));
    this.card.hidden = false;
    this.opened = el;
    document.body.append(this.card);
    const at = el.getBoundingClientRect();
    this.card.style.left = `${Math.round(at.right + 8)}px`;
    this.card.style.top = `${Math.round(Math.min(at.top, window.innerHeight - this.card.offsetHeight - 8))}px`;
  }

  private entry(graph: Graph, node: ViewNode): HTMLElement {
    const { trans } = this;
    const consumers = graph.down.get(node.name) ?? [];
    const list = (title: string, names: string[]): HTMLElement | null =>
      names.length === 0 ? null : h("div", {}, h("span", { class: "db-soft" }, `${title} `), names.slice(0, 12).join(", "), names.length > 12 ? ` ${trans.__("and %1 more", names.length - 12)}` : "");
    const state = stateOf([node]);
    const took = node.seconds === null ? "" : ` · ${duration(node.seconds)}`;
    return h(
      "div", { class: "db-card-node" },
      h("div", {}, iconElement(iconOf(node), 12), h("b", {}, ` ${node.name}`), h("span", { class: "db-soft" }, node.type === "" ? "" : `  ${node.type}`)),
      h("div", { class: state === null ? "" : `db-lab-${state}` }, `${state === null ? "" : stateWord(state, trans)}${took}`),
      node.error === null ? null : h("div", { class: "db-lab-failed" }, `${node.error.code} ${node.error.message}`),
      list(trans.__("reads"), inputsOf(node)), list(trans.__("feeds"), consumers),
      consumers.length === 0 && node.kind !== "check" ? h("div", { class: "db-soft" }, trans.__("nothing reads it yet")) : null,
      node.waiting.length === 0 ? null : h("div", { class: "db-lab-waiting" }, `${trans.__("waits for")} ${node.waiting.join(", ")}`),
    );
  }
}
