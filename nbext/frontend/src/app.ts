/** The app: toolbar, canvas, details and legend around one store, which keeps several apps in step. */

import type { PanelActions } from "./actions";
import { menuEntries } from "./appmenu";
import { Arrangement, type Candidate } from "./arrangement";
import { describeItem } from "./descriptions";
import { Details } from "./details";
import { h, put } from "./dom";
import { matcher, noFilters } from "./filters";
import { makeFrame } from "./frame";
import { CROSS, iconElement } from "./icons";
import { watchKeys } from "./keyboard";
import { makeLayouter } from "./layout/layouter";
import { fillLegend } from "./legend";
import { makeMinimap } from "./minimap";
import type { ViewNode } from "./model";
import { nodeList } from "./nodelist";
import { familyId, headingId, type Focus, type Item } from "./picture";
import { watchPointer } from "./pointer";
import { Scene } from "./scene";
import type { Changed, Store } from "./store";
import { plural } from "./text";
import { applyTheme, readTheme, type Theme } from "./theme";
import { showTip } from "./tip";
import { makeToolbar } from "./toolbar";
import { readVisit, writeVisit, type Visit } from "./visits";
import { watchPage } from "./watchpage";

export interface Host {
  /** Sends a message to the kernel; null without one. */
  send: ((message: Record<string, unknown>) => void) | null;
  /** Scrolls to a node's cell; null without a notebook. */
  goToCell: ((node: ViewNode) => void) | null;
  /** The key under which the arrangement is stored between visits; "" = not stored. */
  key: string;
  /** Height in pixels; 0 = the height of the dataflow, up to a limit. */
  height: number;
  /** Whether the page shows nothing else: the app fills the window and the wheel zooms without a key. */
  whole: boolean;
}

let made = 0;
/** The widget's largest automatic height, and the height of toolbar and legend in it, in pixels. */
const TALLEST = 600;
const BARS = 84;
/** From this number of nodes on, work that reads all of them is split into several tasks. */
const LARGE = 2000;
/** Milliseconds until a text says that the graph is being arranged. */
const SOON = 150;
/** From this number of nodes on, edits do not switch boxes for headings on or off. */
const STEADY = 12;

/** Shows the store's dataflow in an element until `close` is called. */
export function mountApp(el: HTMLElement, store: Store, host: Host): { scene: Scene; close(): void } {
  return new App(el, store, host);
}

class App {
  private readonly id = `dagbook-${++made}`;
  private readonly frame = makeFrame(this.id);
  private readonly filters = noFilters();
  private readonly list = nodeList((name) => this.goTo(name));
  private readonly details = new Details(this.frame.root, this.frame.panel, () => this.store.graph, () => this.panelActions(), () => this.resize());
  private readonly arrangement: Arrangement;
  /** The node to go to after the next layout. */
  private wanted: string | null = null;
  private sized: boolean;
  private hinting = 0;
  private waiting = 0;
  private refreshing: number | null = null;
  /** Nodes whose impact or columns were requested: once for each state of a node. */
  private readonly asked = { impact: new WeakSet<ViewNode>(), columns: new WeakSet<ViewNode>() };
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
    this.stage = h("div", { class: "db-stage" }, this.frame.canvas, this.frame.focusChip, this.frame.hint, this.frame.busy, this.frame.tip, this.frame.empty, this.minimap.el);
    this.toolbar = this.makeToolbar();
    put(root, this.toolbar.el, this.toolbar.progress, h("div", { class: "db-body" }, this.stage, this.frame.panel), this.frame.legend, this.frame.announcer, this.list.el);
    this.watchInput();
    this.ends = [this.watchPage(), store.subscribe((change) => this.changed(change)), () => this.scene.close()];
    this.resize();
    this.refresh();
    if (store.graph.view.nodes.length < LARGE) this.arrange();
    else setTimeout(() => this.arrange());
  }

  close(): void {
    this.remember();
    clearTimeout(this.waiting);
    for (const end of this.ends) end();
    this.frame.root.remove();
  }

  // -- the parts ---------------------------------------------------------------------------------------------

  private makeScene(theme: Theme, visit: Visit | null): Scene {
    const { root, canvas } = this.frame;
    return new Scene(canvas, makeLayouter(), theme, {
      // Without the panel, so that opening it does not move the nodes.
      room: () => [root.clientWidth, this.sized ? root.clientHeight - BARS : TALLEST - BARS],
      selected: (item) => this.selected(item),
      painted: () => {
        root.dataset.painted = String(Number(root.dataset.painted ?? 0) + 1);
        this.minimap.update(false);
      },
      laidOut: (drawn) => this.laidOut(drawn),
      arranging: (busy) => this.showBusy(busy),
    }, visit?.places ?? null, visit?.camera ?? null);
  }

  private makeToolbar(): ReturnType<typeof makeToolbar> {
    const { send } = this.host;
    return makeToolbar(this.id, {
      graph: () => this.store.graph, connected: () => this.store.connected, filters: this.filters, filtered: () => this.filter(), go: (name) => this.goTo(name),
      leaveSearch: () => this.frame.canvas.focus({ preventScroll: true }), fit: () => this.scene.fit(), fullScreen: () => this.toggleFullScreen(),
      compute: send === null ? null : () => send({ type: "compute", names: null }),
      setMode: send === null ? null : (mode) => send({ type: "mode", mode }), menu: () => this.menu(),
    });
  }

  private menu(): ReturnType<typeof menuEntries> {
    return menuEntries({
      view: this.store.graph.view, drawing: this.scene.drawing(), arrangement: this.arrangement,
      rearrange: (change) => this.rearrange(change), showKeys: () => this.details.showKeys(),
    });
  }

  private watchInput(): void {
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
        if (d !== null && d.selected >= 0) this.details.open(d.picture.items[d.selected]);
      },
      compute: () => this.withSelected((node) => this.panelActions().compute?.(node.name)),
      goToCell: () => this.withSelected((node) => host.goToCell?.(node)),
      focus: () => this.withSelected((node) => this.setFocus(this.arrangement.focus === null ? { name: node.name, mode: "lineage" } : null)),
    });
  }

  private watchPage(): () => void {
    return watchPage(this.stage, {
      resized: () => this.resize(),
      themed: () => {
        const theme = readTheme(this.frame.root);
        applyTheme(this.frame.root, theme);
        this.scene.setTheme(theme);
        this.minimap.update(true);
      },
      turned: () => {
        const { view } = this.store.graph;
        if (view.progress !== null || view.nodes.some((node) => node.state === "running")) this.scene.redraw();
      },
      leaving: () => this.remember(),
    });
  }

  /** The actions of the details panel; without a kernel nothing is computed or compared. */
  private panelActions(): PanelActions {
    const send = this.store.connected ? this.host.send : null;
    return {
      go: (name) => this.goTo(name), close: () => this.back(), goToCell: this.host.goToCell,
      compute: send === null ? null : (name) => send({ type: "compute", names: [name] }), impact: send === null ? null : (node) => this.ask("impact", node),
      columns: send === null ? null : (node) => this.ask("columns", node),
      focus: (focus) => this.setFocus(focus), toggle: (id) => this.toggleGroup(id),
    };
  }

  // -- the display -------------------------------------------------------------------------------------------

  private changed(change: Changed): void {
    if (change.names === null || (change.structural && this.scene.drawing()?.picture.items.length === 0)) this.arrangement.reset();
    this.scene.show(change.graph, this.arrangement, change.structural, change.names ?? []);
    this.minimap.update(true);
    // For many nodes, the page gets a pause in between.
    if (change.graph.view.nodes.length < LARGE) this.refresh();
    else this.refreshing ??= window.setTimeout(() => ((this.refreshing = null), this.refresh()));
  }

  /** Computes a new layout. */
  private arrange(): void {
    const { focus } = this.arrangement;
    const { focusChip } = this.frame;
    this.scene.show(this.store.graph, this.arrangement, true);
    focusChip.hidden = focus === null;
    if (focus === null) return;
    const text = focus.mode === "near" ? `Around ${focus.name}` : `Lineage of ${focus.name}${focus.mode === "column" ? `.${focus.column}` : ""}`;
    put(focusChip, text, h("button", { class: "db-plain", "aria-label": "Show the whole dataflow", click: () => this.setFocus(null) }, iconElement(CROSS, 10)));
  }

  /** Computes a new layout after a change, and fits it into the canvas. */
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

  /** Stores the arrangement for the next visit. */
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

  /** Updates everything around the canvas. */
  private refresh(): void {
    const { view } = this.store.graph;
    this.toolbar.update();
    this.fillLegend();
    this.frame.empty.hidden = view.nodes.length > 0;
    this.frame.canvas.setAttribute("aria-label", `Dataflow ${view.title}: ${view.nodes.length} nodes. Arrow keys walk it, / searches.`);
    this.details.refresh();
    // A selection by state may contain other nodes now.
    if (this.filters.query !== "") this.scene.filter(matcher(this.filters, this.store.graph));
    this.list.update(view.nodes);
  }

  private fillLegend(): void {
    fillLegend(this.frame.legend, this.store.graph, this.filters, () => this.filter());
  }

  // -- actions of the user ----------------------------------------------------------------------------------

  /** Selects a node and moves it to the middle of the canvas; its groups are opened. */
  private goTo(name: string): void {
    const opened = this.wanted === name;
    this.wanted = null;
    const at = this.scene.find(name);
    const item = at < 0 ? null : this.scene.drawing()!.picture.items[at];
    if (item !== null && item.type !== "group") {
      this.details.open(item);
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
    this.details.open(item);
    this.scene.select(at);
    if (at >= 0) this.scene.bringIntoView(at);
  }

  private selected(item: Item | null): void {
    this.frame.announcer.textContent = item === null ? "" : describeItem(item);
    if (this.details.item !== null) this.details.open(item);
    this.minimap.update(true);
  }

  private withSelected(act: (node: ViewNode) => void): void {
    const d = this.scene.drawing();
    const item = d !== null && d.selected >= 0 ? d.picture.items[d.selected] : null;
    if (item?.type === "node") act(item.node);
  }

  /** Ends one of these, the first that is active: details, selection, search, focus. */
  private back(): void {
    if (this.details.item !== null) this.details.open(null);
    else if ((this.scene.drawing()?.selected ?? -1) >= 0) this.scene.select(-1);
    else if (this.filters.query !== "") this.toolbar.search.clear();
    else if (this.arrangement.focus !== null) this.setFocus(null);
    this.frame.canvas.focus({ preventScroll: true });
  }

  /** Says that layouts are being tried, if that takes longer than a moment. */
  private showBusy(busy: boolean): void {
    const { root, busy: text } = this.frame;
    root.setAttribute("aria-busy", String(busy));
    clearTimeout(this.waiting);
    text.hidden = true;
    if (!busy) return;
    this.waiting = window.setTimeout(() => {
      text.textContent = `Arranging ${plural(this.store.graph.view.nodes.length, "node")}…`;
      text.hidden = false;
    }, SOON);
  }

  private showHint(): void {
    const { hint } = this.frame;
    hint.hidden = false;
    clearTimeout(this.hinting);
    this.hinting = window.setTimeout(() => (hint.hidden = true), 1400);
  }

  private ask(what: "impact" | "columns", node: ViewNode): void {
    if (this.asked[what].has(node)) return;
    this.asked[what].add(node);
    this.host.send!({ type: what, name: node.name });
  }

  // -- sizes -------------------------------------------------------------------------------------------------

  /** Sets the widget's height to that of the first layout, up to a limit. */
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
    // A layout made while the app was hidden did not have the size of the canvas.
    if (hidden && this.scene.width >= 2 && this.scene.drawing() !== null) this.arrange();
  }

  private toggleFullScreen(): void {
    if (document.fullscreenElement === this.frame.root) void document.exitFullscreen();
    else void this.frame.root.requestFullscreen();
  }
}
