/** The app: toolbar, canvas, details and legend around one store; several of them stay in step through it. */

import type { PanelActions } from "./actions";
import { Arrangement, type Candidate, type Level } from "./arrangement";
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
import { familyId, headingId, type Focus, type Item } from "./picture";
import { watchPointer } from "./pointer";
import { Scene } from "./scene";
import type { Changed, Store } from "./store";
import { applyTheme, readTheme, watchTheme, type Theme } from "./theme";
import { showTip } from "./tip";
import { makeToolbar } from "./toolbar";
import { readVisit, writeVisit, type Visit } from "./visits";

export interface Host {
  /** Sends a message to the kernel; null where there is none. */
  send: ((message: Record<string, unknown>) => void) | null;
  /** Scrolls to a node's cell; null where there is no notebook. */
  goToCell: ((node: ViewNode) => void) | null;
  /** What the dataflow is remembered by from visit to visit; "" = not at all. */
  key: string;
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
  private readonly arrangement: Arrangement;
  private openItem: Item | null = null;
  /** The node to go to as soon as it is on the canvas. */
  private wanted: string | null = null;
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
    const visit = host.key === "" ? null : readVisit(host.key);
    this.arrangement = new Arrangement(visit?.arrangement ?? null);
    this.sized = host.height > 0 || host.whole;
    if (host.whole) root.classList.add("db-whole");
    if (host.height > 0) root.style.height = `${host.height}px`;
    el.append(root);
    const theme = readTheme(root);
    applyTheme(root, theme);
    this.scene = this.makeScene(theme, visit);
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
    this.remember();
    for (const end of this.ends) end();
    this.frame.root.remove();
  }

  // -- the parts ---------------------------------------------------------------------------------------------

  private makeScene(theme: Theme, visit: Visit | null): Scene {
    const { root, canvas } = this.frame;
    return new Scene(canvas, makeLayouter(), theme, {
      // The panel at the side comes and goes: what is placed shall not move with it.
      room: () => [root.clientWidth, this.sized ? root.clientHeight - BARS : TALLEST - BARS],
      selected: (item) => this.selected(item),
      painted: () => {
        root.dataset.painted = String(Number(root.dataset.painted ?? 0) + 1);
        this.minimap.update(false);
      },
      laidOut: (drawn) => this.laidOut(drawn),
    }, visit?.places ?? null, visit?.camera ?? null);
  }

  private makeToolbar(): ReturnType<typeof makeToolbar> {
    const { send } = this.host;
    return makeToolbar(this.id, {
      graph: () => this.store.graph, connected: () => this.store.connected, filters: this.filters, filtered: () => this.filter(), go: (name) => this.goTo(name),
      leaveSearch: () => this.frame.canvas.focus({ preventScroll: true }), fit: () => this.scene.fit(), fullScreen: () => this.toggleFullScreen(),
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
        if (item?.type === "group") this.toggleGroup(item.id);
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
      focus: () => this.withSelected((node) => this.setFocus(this.arrangement.focus === null ? { name: node.name, mode: "lineage" } : null)),
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
    const leaving = (): void => this.remember();
    addEventListener("pagehide", leaving);
    return () => {
      observer.disconnect();
      unwatch();
      clearInterval(turning);
      removeEventListener("pagehide", leaving);
    };
  }

  /** What the details panel can do now: without a kernel nothing is computed or compared. */
  private panelActions(): PanelActions {
    const send = this.store.connected ? this.host.send : null;
    return {
      go: (name) => this.goTo(name), close: () => this.back(), goToCell: this.host.goToCell,
      compute: send === null ? null : (name) => send({ type: "compute", names: [name] }), impact: send === null ? null : (node) => this.askImpact(node),
      focus: (name, mode) => this.setFocus({ name, mode }), toggle: (id) => this.toggleGroup(id),
    };
  }

  private menuEntries(): (Entry | null)[] {
    const { view } = this.store.graph;
    const d = this.scene.drawing();
    const name = (view.title || "dataflow").replace(/[^\p{L}\p{N}_-]+/gu, "_");
    const save = (text: string, suffix: string, make: () => Blob | Promise<Blob | null>): Entry => ({
      text, run: () => void Promise.resolve(make()).then((blob) => blob && download(`${name}.${suffix}`, blob)),
    });
    return [
      ...(d === null ? [] : [save("Export as SVG", "svg", () => new Blob([toSvg(d)], { type: "image/svg+xml" })), save("Export as PNG", "png", () => toPng(d))]),
      save("Export as DOT", "dot", () => new Blob([toDot(view)], { type: "text/vnd.graphviz" })),
      save("Export as Mermaid", "mmd", () => new Blob([toMermaid(view)], { type: "text/plain" })), null,
      ...this.groupEntries(), null, ...this.directionEntries(), null,
      { text: "Keyboard", run: () => this.showKeys() },
    ];
  }

  /** Which groups are collapsed; only what this dataflow has. */
  private groupEntries(): Entry[] {
    const { nodes } = this.store.graph.view;
    const [families, headings] = [nodes.some((node) => node.family !== ""), nodes.some((node) => node.group !== "")];
    const collapse = (text: string, level: Level): Entry => ({ text, run: () => this.rearrange(() => this.arrangement.collapse(level)) });
    return [
      ...(headings ? [{ text: "Boxes for headings", on: this.hasBoxes(), run: () => this.rearrange(() => (this.arrangement.boxes = !this.hasBoxes())) }] : []),
      ...(families || headings ? [collapse("Show all nodes", "nodes")] : []),
      ...(families ? [collapse("Collapse families", "families")] : []), ...(headings ? [collapse("Collapse headings", "headings")] : []),
    ];
  }

  private directionEntries(): Entry[] {
    const choices = [["Direction by itself", "auto"], ["Left to right", "right"], ["Top to bottom", "down"]] as const;
    return choices.map(([text, direction]) => ({
      text, on: this.arrangement.direction === direction, run: () => this.rearrange(() => (this.arrangement.direction = direction)),
    }));
  }

  // -- what is shown -----------------------------------------------------------------------------------------

  private hasBoxes(): boolean {
    return (this.scene.drawing()?.picture.lanes.length ?? 1) > 1;
  }

  private changed(change: Changed): void {
    if (change.names === null || (change.structural && this.scene.drawing()?.picture.items.length === 0)) this.arrangement.reset();
    this.scene.show(change.graph, this.arrangement, change.structural, change.names ?? []);
    this.minimap.update(true);
    // Whoever reads many nodes at once gives the page a pause in between.
    if (change.graph.view.nodes.length < LARGE) this.refresh();
    else this.refreshing ??= window.setTimeout(() => ((this.refreshing = null), this.refresh()));
  }

  /** Lays out anew. */
  private arrange(): void {
    const { focus } = this.arrangement;
    const { focusChip } = this.frame;
    this.scene.show(this.store.graph, this.arrangement, true);
    focusChip.hidden = focus === null;
    if (focus === null) return;
    const text = focus.mode === "lineage" ? `Lineage of ${focus.name}` : `Around ${focus.name}`;
    put(focusChip, text, h("button", { class: "db-plain", "aria-label": "Show the whole dataflow", click: () => this.setFocus(null) }, iconElement(CROSS, 10)));
  }

  /** Lays out anew after a change, and shows all of it. */
  private rearrange(change: () => void): void {
    change();
    this.scene.auto = true;
    this.arrange();
  }

  private laidOut(drawn: Candidate): void {
    this.arrangement.settle(drawn, this.store.graph.view.nodes.length >= STEADY);
    this.sizeToContent();
    this.minimap.update(true);
    if (this.wanted !== null) this.goTo(this.wanted);
    this.remember();
  }

  /** Keeps how the dataflow is shown for the next visit. */
  private remember(): void {
    if (this.host.key === "" || this.arrangement.focus !== null) return;
    writeVisit(this.host.key, {
      arrangement: this.arrangement.saved(), places: this.scene.places(), camera: this.scene.auto ? null : this.scene.camera(),
    });
  }

  private setFocus(next: Focus | null): void {
    this.rearrange(() => (this.arrangement.focus = next));
  }

  /** Collapses a group that is open, and opens one that is collapsed. */
  private toggleGroup(id: string): void {
    this.arrangement.choose(id, this.scene.drawing()?.picture.at.has(id) !== true);
    this.arrange();
  }

  private filter(): void {
    this.scene.filter(matcher(this.filters, this.store.graph));
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
    // A selection by state holds other nodes by now.
    if (this.filters.query !== "") this.scene.filter(matcher(this.filters, this.store.graph));
    this.list.update(view.nodes);
  }

  private fillLegend(): void {
    fillLegend(this.frame.legend, this.store.graph, this.filters, () => this.filter());
  }

  // -- what a person does ------------------------------------------------------------------------------------

  /** Selects a node in the middle of the canvas, opened out of its groups. */
  private goTo(name: string): void {
    const opened = this.wanted === name;
    this.wanted = null;
    const at = this.scene.find(name);
    const item = at < 0 ? null : this.scene.drawing()!.picture.items[at];
    if (item !== null && item.type !== "group") {
      this.openDetails(item);
      this.scene.select(at);
      this.scene.centre(at);
      this.frame.canvas.focus({ preventScroll: true });
      return;
    }
    const node = this.store.graph.node.get(name);
    if (node === undefined || opened) return;
    this.wanted = name;
    if (item === null) this.arrangement.focus = null;
    for (const id of [headingId(node.group), familyId(node.family)]) this.arrangement.choose(id, false);
    this.arrange();
  }

  private clicked(at: number, lane: number): void {
    const { picture } = this.scene.drawing()!;
    this.frame.canvas.focus({ preventScroll: true });
    if (lane >= 0) return this.toggleGroup(headingId(picture.lanes[lane]));
    const item = at < 0 ? null : picture.items[at];
    if (item?.type === "group" && item.of === "family") return this.toggleGroup(item.id);
    this.openDetails(item);
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
    else if (this.arrangement.focus !== null) this.setFocus(null);
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
    const hidden = this.scene.width < 2;
    this.scene.resize(this.stage.clientWidth, this.stage.clientHeight, globalThis.devicePixelRatio || 1);
    this.minimap.update(false);
    // What was laid out while nothing could be seen did not know its room.
    if (hidden && this.scene.width >= 2 && this.scene.drawing() !== null) this.arrange();
  }

  private toggleFullScreen(): void {
    if (document.fullscreenElement === this.frame.root) void document.exitFullscreen();
    else void this.frame.root.requestFullscreen();
  }
}
