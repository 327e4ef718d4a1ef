/** The app: toolbar, canvas, details and legend around one store; several of them stay in step through it. */

import type { PanelActions } from "./actions";
import { describeItem } from "./descriptions";
import { toDot, toMermaid } from "./diagrams";
import { h, put } from "./dom";
import { download, toPng, toSvg } from "./exporters";
import { matcher, noFilters } from "./filters";
import { makeFrame } from "./frame";
import { CROSS, iconElement } from "./icons";
import { fillKeys, watchKeys } from "./keyboard";
import { makeLayouter } from "./layout/layouter";
import { fillLegend } from "./legend";
import type { Entry } from "./menu";
import { makeMinimap } from "./minimap";
import type { ViewNode } from "./model";
import { nodeList } from "./nodelist";
import { fillPanel } from "./panel";
import { groupsHelp, type Focus, type Item } from "./picture";
import { watchPointer } from "./pointer";
import { Scene } from "./scene";
import type { Changed, Store } from "./store";
import { applyTheme, readTheme, watchTheme } from "./theme";
import { showTip } from "./tip";
import { makeToolbar } from "./toolbar";

export interface Host {
  /** Sends a message to the kernel; null where there is none. */
  send: ((message: Record<string, unknown>) => void) | null;
  /** Scrolls to a node's cell; null where there is no notebook. */
  goToCell: ((node: ViewNode) => void) | null;
  /** Height in pixels; 0 = as high as the dataflow needs, within reason. */
  height: number;
  /** Whether the page is the dataflow's alone: it fills the window and the wheel zooms at once. */
  whole: boolean;
}

let made = 0;
/** How high the widget makes itself at most, and how much of that toolbar and legend take, in pixels. */
const TALLEST = 600;
const BARS = 84;
/** From so many nodes on, work that reads all of them is spread over several tasks. */
const LARGE = 2000;
/** Once a dataflow has so many nodes, edits shall not make its boxes come and go. */
const STEADY = 12;

/** Shows the store's dataflow in an element; `close` takes it away again. */
export function mountApp(el: HTMLElement, store: Store, host: Host): { scene: Scene; close(): void } {
  return new App(el, store, host);
}

class App {
  private readonly id = `dagbook-${++made}`;
  private readonly frame = makeFrame(this.id);
  private readonly filters = noFilters();
  private readonly list = nodeList((name) => this.goTo(name));
  private readonly collapsed = new Set<string>();
  private focus: Focus | null = null;
  private grouped: boolean | "auto";
  private openItem: Item | null = null;
  private sized: boolean;
  private hinting = 0;
  private refreshing: number | null = null;
  /** Nodes whose impact was asked for: once for each state of a node. */
  private readonly asked = new WeakSet<ViewNode>();
  private readonly ends: (() => void)[];
  readonly scene: Scene;
  private readonly minimap;
  private readonly toolbar;
  private readonly stage: HTMLElement;

  constructor(el: HTMLElement, private readonly store: Store, private readonly host: Host) {
    const { root } = this.frame;
    this.grouped = this.defaultGrouping();
    this.sized = host.height > 0 || host.whole;
    if (host.whole) root.classList.add("db-whole");
    if (host.height > 0) root.style.height = `${host.height}px`;
    el.append(root);
    const theme = readTheme(root);
    applyTheme(root, theme);
    this.scene = this.makeScene(theme);
    this.minimap = makeMinimap(this.scene);
    this.stage = h("div", { class: "db-stage" }, this.frame.canvas, this.frame.focusChip, this.frame.hint, this.frame.tip, this.frame.empty, this.minimap.el);
    this.toolbar = this.makeToolbar();
    put(root, this.toolbar.el, this.toolbar.progress, h("div", { class: "db-body" }, this.stage, this.frame.panel), this.frame.legend, this.frame.announcer, this.list.el);
    this.watchPerson();
    this.ends = [this.watchPage(), store.subscribe((change) => this.changed(change)), () => this.scene.close()];
    this.resize();
    this.refresh();
    if (store.graph.view.nodes.length < LARGE) this.arrange();
    else setTimeout(() => this.arrange());
  }

  close(): void {
    for (const end of this.ends) end();
    this.frame.root.remove();
  }

  // -- the parts ---------------------------------------------------------------------------------------------

  private makeScene(theme: ReturnType<typeof readTheme>): Scene {
    const { root, canvas } = this.frame;
    return new Scene(canvas, makeLayouter(), theme, {
      // The panel at the side comes and goes: what is placed shall not move with it.
      room: () => [root.clientWidth, this.sized ? this.stage.clientHeight : TALLEST - BARS],
      selected: (item) => this.selected(item),
      painted: () => {
        root.dataset.painted = String(Number(root.dataset.painted ?? 0) + 1);
        this.minimap.update(false);
      },
      laidOut: () => {
        if (this.grouped === "auto" && this.store.graph.view.nodes.length >= STEADY) this.grouped = this.hasBoxes();
        this.sizeToContent();
        this.minimap.update(true);
      },
    });
  }

  private makeToolbar(): ReturnType<typeof makeToolbar> {
    const { send } = this.host;
    return makeToolbar(this.id, {
      graph: () => this.store.graph, connected: () => this.store.connected, filters: this.filters, filtered: () => this.filter(), go: (name) => this.goTo(name),
      leaveSearch: () => this.frame.canvas.focus({ preventScroll: true }), fit: () => this.scene.fit(),
      compute: send === null ? null : () => send({ type: "compute", names: null }),
      setMode: send === null ? null : (mode) => send({ type: "mode", mode }), menu: () => this.menuEntries(),
    });
  }

  private watchPerson(): void {
    const { scene, host } = this;
    const { root, canvas } = this.frame;
    const itemAt = (at: number): Item | null => (at < 0 ? null : scene.drawing()!.picture.items[at]);
    watchPointer(scene, {
      click: (at, lane) => this.clicked(at, lane),
      double: (at) => {
        const item = itemAt(at);
        if (item?.type === "node") host.goToCell?.(item.node);
        if (item?.type === "group") this.toggleGroup(item.name);
      },
      hover: (at, x, y) => showTip(this.frame.tip, itemAt(at), scene.camera().k, x, y, scene.width, scene.height),
      hint: () => this.showHint(),
    }, host.whole);
    watchKeys(root, canvas, scene.drawing, {
      walk: (to) => {
        scene.select(to);
        scene.bringIntoView(to);
      },
      search: () => this.toolbar.search.input.focus(), back: () => this.back(), fit: () => scene.fit(),
      zoom: (factor) => scene.zoom(factor, undefined, undefined, true),
      open: () => {
        const d = scene.drawing();
        if (d !== null && d.selected >= 0) this.openDetails(d.picture.items[d.selected]);
      },
      compute: () => this.withSelected((node) => this.panelActions().compute?.(node.name)),
      goToCell: () => this.withSelected((node) => host.goToCell?.(node)),
      focus: () => this.withSelected((node) => this.setFocus(this.focus === null ? { name: node.name, mode: "lineage" } : null)),
    });
  }

  /** Follows the page's size and theme, and turns what is running; returns what ends that. */
  private watchPage(): () => void {
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.stage);
    const unwatch = watchTheme(() => {
      const theme = readTheme(this.frame.root);
      applyTheme(this.frame.root, theme);
      this.scene.setTheme(theme);
      this.minimap.update(true);
    });
    const turning = window.setInterval(() => {
      const { view } = this.store.graph;
      if (view.progress !== null || view.nodes.some((n) => n.state === "running")) this.scene.redraw();
    }, 80);
    return () => {
      observer.disconnect();
      unwatch();
      clearInterval(turning);
    };
  }

  /** What the details panel can do now: without a kernel nothing is computed or compared. */
  private panelActions(): PanelActions {
    const send = this.store.connected ? this.host.send : null;
    return {
      go: (name) => this.goTo(name), close: () => this.back(), goToCell: this.host.goToCell,
      compute: send === null ? null : (name) => send({ type: "compute", names: [name] }), impact: send === null ? null : (node) => this.askImpact(node),
      focus: (name, mode) => this.setFocus({ name, mode }), collapse: (name) => this.toggleGroup(name),
    };
  }

  private menuEntries(): (Entry | null)[] {
    const { view } = this.store.graph;
    const d = this.scene.drawing();
    const name = (view.title || "dataflow").replace(/[^\p{L}\p{N}_-]+/gu, "_");
    const save = (text: string, suffix: string, make: () => Blob | Promise<Blob | null>): Entry => ({
      text, run: () => void Promise.resolve(make()).then((blob) => blob && download(`${name}.${suffix}`, blob)),
    });
    const headings = view.groups.filter((group) => group !== "");
    const rearranged = (change: () => void) => (): void => {
      change();
      this.scene.auto = true;
      this.arrange();
    };
    return [
      ...(d === null ? [] : [save("Export as SVG", "svg", () => new Blob([toSvg(d)], { type: "image/svg+xml" })), save("Export as PNG", "png", () => toPng(d))]),
      save("Export as DOT", "dot", () => new Blob([toDot(view)], { type: "text/vnd.graphviz" })),
      save("Export as Mermaid", "mmd", () => new Blob([toMermaid(view)], { type: "text/plain" })), null,
      { text: "Group by heading", on: this.hasBoxes(), run: rearranged(() => (this.grouped = !this.hasBoxes())) },
      ...(headings.length > 0 && this.hasBoxes() ? [
        { text: "Collapse all headings", run: rearranged(() => headings.forEach((group) => this.collapsed.add(group))) },
        { text: "Expand all headings", run: rearranged(() => this.collapsed.clear()) },
      ] : []),
      null, { text: "Keyboard", run: () => this.showKeys() },
    ];
  }

  // -- what is shown -----------------------------------------------------------------------------------------

  private defaultGrouping(): "auto" | false {
    return groupsHelp(this.store.graph) ? "auto" : false;
  }

  private hasBoxes(): boolean {
    return (this.scene.drawing()?.picture.lanes.length ?? 1) > 1;
  }

  private options(): { grouped: boolean | "auto"; collapsed: Set<string>; focus: Focus | null } {
    return { grouped: this.grouped, collapsed: this.collapsed, focus: this.focus };
  }

  private changed(change: Changed): void {
    if (change.names === null || (change.structural && this.scene.drawing()?.picture.items.length === 0)) this.grouped = this.defaultGrouping();
    this.scene.show(change.graph, this.options(), change.structural, change.names ?? []);
    this.minimap.update(true);
    // Whoever reads many nodes at once gives the page a pause in between.
    if (change.graph.view.nodes.length < LARGE) this.refresh();
    else this.refreshing ??= window.setTimeout(() => ((this.refreshing = null), this.refresh()));
  }

  /** Lays out anew. */
  private arrange(): void {
    const { focus } = this;
    const { focusChip } = this.frame;
    this.scene.show(this.store.graph, this.options(), true);
    focusChip.hidden = focus === null;
    if (focus === null) return;
    const text = focus.mode === "lineage" ? `Lineage of ${focus.name}` : `Around ${focus.name}`;
    put(focusChip, text, h("button", { class: "db-plain", "aria-label": "Show the whole dataflow", click: () => this.setFocus(null) }, iconElement(CROSS, 10)));
  }

  private setFocus(next: Focus | null): void {
    this.focus = next;
    this.scene.auto = true;
    this.arrange();
  }

  private toggleGroup(name: string): void {
    if (!this.collapsed.delete(name)) this.collapsed.add(name);
    this.arrange();
  }

  private filter(): void {
    this.scene.filter(matcher(this.filters));
    this.fillLegend();
    this.toolbar.update();
    this.minimap.update(true);
  }

  /** Fills everything around the canvas with what the store has now. */
  private refresh(): void {
    const { view } = this.store.graph;
    this.toolbar.update();
    this.fillLegend();
    this.frame.empty.hidden = view.nodes.length > 0;
    this.frame.canvas.setAttribute("aria-label", `Dataflow ${view.title}: ${view.nodes.length} nodes. Arrow keys walk it, / searches.`);
    if (this.openItem !== null) fillPanel(this.frame.panel, this.store.graph, this.openItem, this.panelActions());
    this.list.update(view.nodes);
  }

  private fillLegend(): void {
    fillLegend(this.frame.legend, this.store.graph, this.filters, () => this.filter());
  }

  // -- what a person does ------------------------------------------------------------------------------------

  private goTo(name: string): void {
    if (this.focus !== null && this.scene.find(name) < 0) this.setFocus(null);
    const at = this.scene.find(name);
    if (at < 0) return;
    this.openDetails(this.scene.drawing()!.picture.items[at]);
    this.scene.select(at);
    this.scene.bringIntoView(at, true);
    this.frame.canvas.focus({ preventScroll: true });
  }

  private clicked(at: number, lane: number): void {
    const { picture } = this.scene.drawing()!;
    this.frame.canvas.focus({ preventScroll: true });
    if (lane >= 0) return this.toggleGroup(picture.lanes[lane]);
    this.openDetails(at < 0 ? null : picture.items[at]);
    this.scene.select(at);
    if (at >= 0) this.scene.bringIntoView(at);
  }

  private selected(item: Item | null): void {
    this.frame.announcer.textContent = item === null ? "" : describeItem(item);
    if (this.openItem !== null) this.openDetails(item);
    this.minimap.update(true);
  }

  private withSelected(act: (node: ViewNode) => void): void {
    const d = this.scene.drawing();
    const item = d !== null && d.selected >= 0 ? d.picture.items[d.selected] : null;
    if (item?.type === "node") act(item.node);
  }

  /** One step back: from the details, the selection, the search or the focus, whichever there is. */
  private back(): void {
    if (this.openItem !== null) this.openDetails(null);
    else if ((this.scene.drawing()?.selected ?? -1) >= 0) this.scene.select(-1);
    else if (this.filters.query !== "") this.toolbar.search.clear();
    else if (this.focus !== null) this.setFocus(null);
    this.frame.canvas.focus({ preventScroll: true });
  }

  private openDetails(item: Item | null): void {
    this.openItem = item;
    if (item !== null) fillPanel(this.frame.panel, this.store.graph, item, this.panelActions());
    this.showPanel(item !== null);
  }

  private showKeys(): void {
    this.openItem = null;
    fillKeys(this.frame.panel, () => this.showPanel(false));
    this.showPanel(true);
  }

  private showPanel(open: boolean): void {
    this.frame.panel.hidden = !open;
    this.frame.root.classList.toggle("db-open", open);
    this.resize();
  }

  private showHint(): void {
    const { hint } = this.frame;
    hint.hidden = false;
    clearTimeout(this.hinting);
    this.hinting = window.setTimeout(() => (hint.hidden = true), 1400);
  }

  private askImpact(node: ViewNode): void {
    if (this.asked.has(node)) return;
    this.asked.add(node);
    this.host.send!({ type: "impact", name: node.name });
  }

  // -- sizes -------------------------------------------------------------------------------------------------

  /** Makes the widget as high as the first layout needs, within reason. */
  private sizeToContent(): void {
    if (this.sized) return;
    this.sized = true;
    const b = this.scene.drawing()!.layout.bounds;
    const width = Math.max(1, this.scene.width);
    const wanted = (b[3] - b[1]) * Math.min(1, (width - 56) / Math.max(1, b[2] - b[0])) + 56 + BARS;
    this.frame.root.style.height = `${Math.round(Math.max(300, Math.min(TALLEST, wanted)))}px`;
    this.resize();
  }

  private resize(): void {
    this.scene.resize(this.stage.clientWidth, this.stage.clientHeight, globalThis.devicePixelRatio || 1);
    this.minimap.update(false);
  }
}
