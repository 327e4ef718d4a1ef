/** The side panel for the notebook in front: its graph, its nodes, its problems and its checks. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import { mountApp } from "../app";
import { h, put } from "../dom";
import { looks, type ViewNode } from "../model";
import { reveal } from "./cells";
import { checkLines, nodeLines, pendingTexts, problemLines, refill, wrong, type ListActions } from "./lists";
import type { Change, Link } from "./link";
import type { Links } from "./links";

const MARK = '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3" fill="#616161"><circle cx="3.5" cy="8" r="2"/><circle cx="12.5" cy="3.5" r="2"/><circle cx="12.5" cy="12.5" r="2"/></g><path class="jp-icon3-selectable jp-icon-accent3" d="M5 8h2.5c2 0 1.500-4.500 3.500-4.500M7.500 8c2 0 1.500 4.500 3.500 4.500" fill="none" stroke="#616161" stroke-width="1.300"/></svg>';
export const icon = new LabIcon({ name: "dagbook:graph", svgstr: MARK });

const TABS = ["graph", "nodes", "problems", "checks"] as const;
type Tab = (typeof TABS)[number];

/** The functions that the panel needs of the extension. */
export interface PanelCommands {
  compute(link: Link, names: string[] | null): void;
  check(link: Link, node: ViewNode): void;
  convert(): void;
  load(): void;
  runAll(): void;
  runPending(): void;
}

export class SidePanel extends Widget {
  private tab: Tab = "graph";
  private link: Link | null = null;
  private app: { close(): void } | null = null;
  private body = h("div", { class: "db-lab-body", role: "tabpanel", id: "dagbook-tabpanel" });
  private bar = h("div", { class: "db-lab-bar", role: "status", hidden: true });
  private tabs = h("div", { class: "db-lab-tabs", role: "tablist" });
  private frame = 0;

  constructor(private links: Links, private commands: PanelCommands, private trans: TranslationBundle) {
    super();
    this.id = "dagbook-panel";
    this.addClass("db-lab");
    this.addClass("db-lab-panel");
    this.title.icon = icon;
    this.title.caption = trans.__("Dataflow");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Dataflow of the notebook"));
    this.tabs.setAttribute("aria-label", trans.__("Dataflow"));
    put(this.node, this.tabs, this.bar, this.body);
    links.current.connect((_, link) => this.follow(link));
  }

  protected onAfterShow(): void {
    this.follow(this.links.active);
    this.draw();
  }

  protected onAfterAttach(): void {
    this.follow(this.links.active);
    this.draw();
  }

  protected onBeforeHide(): void {
    this.unmount();
  }

  private follow(link: Link | null): void {
    if (link === this.link) return;
    this.link?.changed.disconnect(this.onChange, this);
    this.link = link;
    link?.changed.connect(this.onChange, this);
    this.draw();
  }

  private onChange(_: Link, news: Change): void {
    if (!this.isVisible) return;
    if (news === "connection") return this.draw();
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.drawTabs();
      if (this.tab !== "graph" && this.link?.connected === true) this.drawBody();
    });
  }

  /** Shows one of the tabs. */
  open(tab: Tab): void {
    this.tab = tab;
    this.draw();
  }

  private unmount(): void {
    this.app?.close();
    this.app = null;
  }

  private draw(): void {
    if (!this.isVisible) return;
    this.unmount();
    this.drawTabs();
    this.drawBody();
  }

  private drawTabs(): void {
    const { trans, link } = this;
    const nodes = link?.store.graph.view.nodes ?? [];
    const checks = nodes.filter((node) => node.kind === "check");
    const failed = checks.filter((node) => looks(node) === "failed").length;
    const problems = link === null ? 0 : link.problems.filter((problem) => problem.severity !== "info").length + wrong(link.store.graph, link.problems).length;
    const titles: Record<Tab, [string, number]> = {
      graph: [trans.__("Graph"), 0], nodes: [trans.__("Nodes"), 0],
      problems: [trans.__("Problems"), problems], checks: [trans.__("Checks"), failed],
    };
    this.body.setAttribute("aria-label", titles[this.tab][0]);
    this.tabs.hidden = link === null || !link.connected;
    this.drawBar();
    const focused = document.activeElement?.parentElement === this.tabs;
    put(this.tabs, ...TABS.map((tab) => {
      const [title, count] = titles[tab];
      const badge = count > 0 ? h("span", { class: "db-lab-badge" }, String(count)) : null;
      return h("button", {
        role: "tab", "aria-selected": String(tab === this.tab), "aria-controls": "dagbook-tabpanel", tabindex: tab === this.tab ? 0 : -1,
        click: () => this.open(tab), keydown: (event: KeyboardEvent) => this.step(event),
      }, title, badge);
    }));
    if (focused) this.tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  /** One line with what has to run, and the button that runs it; nothing when all is up to date. */
  private drawBar(): void {
    const { link, trans } = this;
    const told = link === null ? [] : pendingTexts(link, trans);
    this.bar.hidden = told.length === 0;
    if (link === null || told.length === 0) return put(this.bar);
    const [text, run] = link.connected ? [trans.__("Run"), this.commands.runPending] : [trans.__("Run all"), this.commands.runAll];
    put(this.bar, h("span", {}, told.join(" ")), h("button", { class: "db-lab-button db-lab-main", click: () => run() }, text));
  }

  private step(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    this.open(TABS[(TABS.indexOf(this.tab) + by + TABS.length) % TABS.length]);
    this.tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  private drawBody(): void {
    const { link, trans } = this;
    if (link === null) return put(this.body, this.welcome(link));
    const { graph } = link.store;
    const { connected } = link;
    if (!connected && graph.view.nodes.length === 0) return put(this.body, link.pending.unrun.length > 0 ? null : this.welcome(link));
    const actions = this.actions(link);
    if (!connected || this.tab === "graph") {
      if (this.app !== null) return;
      put(this.body);
      this.app = mountApp(this.body, link.store, {
        send: !connected ? null : (message) => {
          if (message.type === "compute") actions.compute(message.names as string[] | null);
          else if (message.type === "mode") link.setMode(String(message.mode));
          else if (message.type === "impact" || message.type === "columns") link.show(message.type, String(message.name));
        },
        goToCell: (node) => actions.reveal(node),
        key: `panel:${link.panel.context.path}`, height: 0, whole: false,
      });
      return;
    }
    const lines = this.tab === "nodes" ? nodeLines(graph, actions, trans) : this.tab === "checks" ? checkLines(graph, actions, trans) : problemLines(graph, link.problems, actions, trans, pendingTexts(link, trans));
    refill(this.body, lines);
  }

  private actions(link: Link): ListActions {
    return {
      link, compute: (names) => this.commands.compute(link, names), check: (node) => this.commands.check(link, node),
      reveal: (node) => void (node.cell_id !== null && reveal(link.panel, node.cell_id)),
    };
  }

  private welcome(link: Link | null): HTMLElement {
    const { trans } = this;
    const text = (words: string): HTMLElement => h("p", {}, words);
    if (link === null) return h("div", { class: "db-lab-welcome" }, text(trans.__("Open a notebook to see its dataflow.")));
    return h(
      "div", { class: "db-lab-welcome" },
      text(trans.__("No cell of this notebook begins with %1 yet.", "%%node")),
      h("button", { class: "db-lab-button db-lab-main", click: () => this.commands.convert() }, trans.__("Convert this notebook…")),
      h("button", { class: "db-lab-button", click: () => this.commands.load() }, trans.__("Load the magics")),
      text(trans.__("Converting proposes a node for each cell that computes something, shows the result, and can be undone. With the magics loaded, cells that begin with %1 become nodes.", "%%node")),
    );
  }
}

