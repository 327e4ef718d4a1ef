/** The app: toolbar, canvas, details and legend around one store; several of them stay in step through it. */

import type { PanelActions } from "./actions";
import { READABLE } from "./camera";
import { toDot, toMermaid } from "./diagrams";
import { h, put } from "./dom";
import { download, toPng, toSvg } from "./exporters";
import { matcher, noFilters } from "./filters";
import { CROSS, iconElement } from "./icons";
import { watchKeys } from "./keyboard";
import { makeLayouter } from "./layout/layouter";
import { fillLegend } from "./legend";
import type { Entry } from "./menu";
import { makeMinimap } from "./minimap";
import { subtitle } from "./card";
import type { ViewNode } from "./model";
import { nodeList } from "./nodelist";
import { fillPanel } from "./panel";
import { groupsHelp, type Focus, type Item, type Options } from "./picture";
import { watchPointer } from "./pointer";
import { Scene } from "./scene";
import { fillKeys, spoken } from "./spoken";
import type { Store } from "./store";
import { applyTheme, readTheme, watchTheme } from "./theme";
import { makeToolbar } from "./toolbar";

export interface Host {
  /** Sends a message to the kernel; null where there is none. */
  send: ((message: Record<string, unknown>) => void) | null;
  /** Scrolls to a node's cell; null where there is no notebook. */
  reveal: ((node: ViewNode) => void) | null;
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

/** Shows the store's dataflow in an element; `close` takes it away again. */
export function mountApp(el: HTMLElement, store: Store, host: Host): { scene: Scene; close(): void } {
  const id = `dagbook-${++made}`;
  const filters = noFilters();
  let focus: Focus | null = null;
  const auto = (): boolean | "auto" => (groupsHelp(store.graph) ? "auto" : false);
  let grouped = auto();
  const collapsed = new Set<string>();
  let openItem: Item | null = null;
  let sized = host.height > 0 || host.whole;

  const canvas = h("canvas", { class: "db-canvas", tabindex: 0, role: "application", "aria-roledescription": "dataflow graph" });
  const live = h("div", { class: "db-hidden", "aria-live": "polite" });
  const list = nodeList(go);
  const legend = h("div", { class: "db-legend", role: "group", "aria-label": "Kinds and states" });
  const panel = h("aside", { class: "db-panel", hidden: true });
  const focusChip = h("div", { class: "db-focus", hidden: true });
  const hint = h("div", { class: "db-hint", hidden: true }, "Click to zoom with the wheel, or hold Ctrl");
  const tip = h("div", { class: "db-tip", hidden: true, role: "tooltip" });
  const empty = h("div", { class: "db-empty", hidden: true }, "No nodes yet. Run a cell that begins with %%node.");
  const root = h("div", { class: "db-root", "data-lm-suppress-shortcuts": "true", id });
  if (host.whole) root.classList.add("db-whole");
  if (host.height > 0) root.style.height = `${host.height}px`;
  el.append(root);
  let theme = readTheme(root);
  applyTheme(root, theme);

  const scene: Scene = new Scene(canvas, makeLayouter(), theme, {
    // The panel at the side comes and goes: what is placed shall not move with it.
    room: () => [root.clientWidth, sized ? stage.clientHeight : TALLEST - BARS],
    selected: (item) => {
      live.textContent = item === null ? "" : spoken(item);
      if (openItem !== null) openDetails(item);
      minimap.update(true);
    },
    painted: () => {
      root.dataset.painted = String(Number(root.dataset.painted ?? 0) + 1);
      minimap.update(false);
    },
    laidOut: () => {
      // Once a dataflow has some size, edits shall not make its boxes come and go.
      if (grouped === "auto" && store.graph.view.nodes.length >= 12) grouped = isGrouped();
      sizeToContent();
      minimap.update(true);
    },
  });
  const minimap = makeMinimap(scene);
  const stage = h("div", { class: "db-stage" }, canvas, focusChip, hint, tip, empty, minimap.el);
  const toolbar = makeToolbar(id, {
    graph: () => store.graph, connected: () => store.connected, filters, filtered, go, leaveSearch: () => canvas.focus({ preventScroll: true }), fit: () => scene.fit(),
    compute: host.send === null ? null : () => host.send!({ type: "compute", names: null }),
    setMode: host.send === null ? null : (mode) => host.send!({ type: "mode", mode }), menu: menuEntries,
  });
  put(root, toolbar.el, toolbar.progress, h("div", { class: "db-body" }, stage, panel), legend, live, list.el);

  function options(): Options {
    return { grouped, collapsed, focus };
  }

  function filtered(): void {
    scene.filter(matcher(filters));
    fillLegend(legend, store.graph, filters, filtered);
    toolbar.update();
    minimap.update(true);
  }

  function arrange(): void {
    scene.show(store.graph, options(), true);
    focusChip.hidden = focus === null;
    if (focus === null) return;
    const text = focus.mode === "lineage" ? `Lineage of ${focus.name}` : `Around ${focus.name}`;
    put(focusChip, text, h("button", { class: "db-plain", "aria-label": "Show the whole dataflow", click: () => setFocus(null) }, iconElement(CROSS, 10)));
  }

  function setFocus(next: Focus | null): void {
    focus = next;
    scene.auto = true;
    arrange();
  }

  function toggleGroup(name: string): void {
    if (!collapsed.delete(name)) collapsed.add(name);
    arrange();
  }

  function go(name: string): void {
    if (focus !== null && scene.find(name) < 0) setFocus(null);
    const at = scene.find(name);
    if (at < 0) return;
    openDetails(scene.drawing()!.picture.items[at]);
    scene.select(at);
    scene.reveal(at, true);
    canvas.focus({ preventScroll: true });
  }

  const panelActions: PanelActions = {
    go, close: () => leave(),
    get compute() {
      return host.send === null || !store.connected ? null : (name: string) => host.send!({ type: "compute", names: [name] });
    },
    get impact() {
      return host.send === null || !store.connected ? null : askImpact;
    },
    reveal: host.reveal, focus: (name, mode) => setFocus({ name, mode }), collapse: toggleGroup,
  };

  /** Once for each state of a node: the answer is another one. */
  const asked = new WeakSet<ViewNode>();
  function askImpact(node: ViewNode): void {
    if (asked.has(node)) return;
    asked.add(node);
    host.send!({ type: "impact", name: node.name });
  }

  function openDetails(item: Item | null): void {
    openItem = item;
    panel.hidden = item === null;
    root.classList.toggle("db-open", item !== null);
    if (item !== null) fillPanel(panel, store.graph, item, panelActions);
    resize();
  }

  function leave(): void {
    if (openItem !== null) openDetails(null);
    else if ((scene.drawing()?.selected ?? -1) >= 0) scene.select(-1);
    else if (filters.query !== "") toolbar.search.clear();
    else if (focus !== null) setFocus(null);
    canvas.focus({ preventScroll: true });
  }

  function selectedNode(): ViewNode | null {
    const d = scene.drawing();
    const item = d !== null && d.selected >= 0 ? d.picture.items[d.selected] : null;
    return item?.type === "node" ? item.node : null;
  }

  function menuEntries(): (Entry | null)[] {
    const d = scene.drawing();
    const name = (store.graph.view.title || "dataflow").replace(/[^\p{L}\p{N}_-]+/gu, "_");
    const text = (suffix: string, type: string, make: () => string): Entry => ({ text: `Export as ${suffix.toUpperCase()}`, run: () => download(`${name}.${suffix}`, new Blob([make()], { type })) });
    const headings = store.graph.view.groups.filter((g) => g !== "");
    return [
      ...(d === null ? [] : [text("svg", "image/svg+xml", () => toSvg(d)), { text: "Export as PNG", run: () => void toPng(d).then((blob) => blob && download(`${name}.png`, blob)) }]),
      text("dot", "text/vnd.graphviz", () => toDot(store.graph.view)), { ...text("mmd", "text/plain", () => toMermaid(store.graph.view)), text: "Export as Mermaid" }, null,
      { text: "Group by heading", on: isGrouped(), run: () => ((grouped = !isGrouped()), (scene.auto = true), arrange()) },
      ...(headings.length > 0 && isGrouped() ? [
        { text: "Collapse all headings", run: () => (headings.forEach((g) => collapsed.add(g)), (scene.auto = true), arrange()) },
        { text: "Expand all headings", run: () => (collapsed.clear(), (scene.auto = true), arrange()) },
      ] : []),
      null, { text: "Keyboard", run: showKeys },
    ];
  }

  const isGrouped = (): boolean => (scene.drawing()?.picture.lanes.length ?? 1) > 1;

  function showKeys(): void {
    openItem = null;
    fillKeys(panel, () => openDetails(null));
    panel.hidden = false;
    root.classList.add("db-open");
    resize();
  }

  function sizeToContent(): void {
    if (sized) return;
    sized = true;
    const b = scene.drawing()!.layout.bounds;
    const width = Math.max(1, scene.width);
    const wanted = (b[3] - b[1]) * Math.min(1, (width - 56) / Math.max(1, b[2] - b[0])) + 56 + BARS;
    root.style.height = `${Math.round(Math.max(300, Math.min(TALLEST, wanted)))}px`;
    resize();
  }

  function resize(): void {
    scene.resize(stage.clientWidth, stage.clientHeight, globalThis.devicePixelRatio || 1);
    minimap.update(false);
  }

  function refresh(): void {
    toolbar.update();
    fillLegend(legend, store.graph, filters, filtered);
    empty.hidden = store.graph.view.nodes.length > 0;
    canvas.setAttribute("aria-label", `Dataflow ${store.graph.view.title}: ${store.graph.view.nodes.length} nodes. Arrow keys walk it, / searches.`);
    if (openItem !== null) fillPanel(panel, store.graph, openItem, panelActions);
    list.update(store.graph.view.nodes);
  }

  watchPointer(scene, {
    click: (item, lane) => {
      canvas.focus({ preventScroll: true });
      if (lane >= 0) return toggleGroup(scene.drawing()!.picture.lanes[lane]);
      openDetails(item < 0 ? null : scene.drawing()!.picture.items[item]);
      scene.select(item);
      if (item >= 0) scene.reveal(item);
    },
    double: (at) => {
      const item = at < 0 ? null : scene.drawing()!.picture.items[at];
      if (item?.type === "node") host.reveal?.(item.node);
      if (item?.type === "group") toggleGroup(item.name);
    },
    hover: (at, x, y) => showTip(at < 0 ? null : scene.drawing()!.picture.items[at], x, y),
    hint: () => {
      hint.hidden = false;
      clearTimeout(hinting);
      hinting = window.setTimeout(() => (hint.hidden = true), 1400);
    },
  }, host.whole);
  let hinting = 0;
  let refreshing: number | null = null;

  /** The whole name and the docstring where the card is too small for them. */
  function showTip(item: Item | null, x: number, y: number): void {
    tip.hidden = item === null || item.type === "group" || (scene.camera().k >= READABLE && (item.type !== "node" || item.node.doc === ""));
    if (tip.hidden || item === null || item.type === "group") return;
    const node = item.type === "node" ? item.node : null;
    put(tip, h("b", {}, item.name), node && h("div", { class: "db-soft" }, subtitle(node)), node?.doc ? h("div", {}, node.doc.split("\n")[0]) : null);
    const left = x > scene.width - 280 ? x - tip.offsetWidth - 12 : x + 14;
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.min(y + 14, scene.height - tip.offsetHeight - 6)}px)`;
  }

  watchKeys(root, canvas, scene.drawing, {
    walk: (to) => {
      scene.select(to);
      scene.reveal(to);
    },
    search: () => toolbar.search.input.focus(), leave, fit: () => scene.fit(), zoom: (factor) => scene.zoom(factor, undefined, undefined, true),
    open: () => {
      const d = scene.drawing();
      if (d !== null && d.selected >= 0) openDetails(d.picture.items[d.selected]);
    },
    compute: () => selectedNode() !== null && panelActions.compute?.(selectedNode()!.name),
    reveal: () => selectedNode() !== null && host.reveal?.(selectedNode()!),
    focus: () => selectedNode() !== null && setFocus(focus === null ? { name: selectedNode()!.name, mode: "lineage" } : null),
  });

  const observer = new ResizeObserver(resize);
  observer.observe(stage);
  const unwatch = watchTheme(() => {
    theme = readTheme(root);
    applyTheme(root, theme);
    scene.setTheme(theme);
    minimap.update(true);
  });
  const turning = window.setInterval(() => {
    if (store.graph.view.progress !== null || store.graph.view.nodes.some((n) => n.state === "running")) scene.redraw();
  }, 80);
  const unsubscribe = store.subscribe((change) => {
    if (change.names === null || (change.structural && scene.drawing()?.picture.items.length === 0)) grouped = auto();
    scene.show(change.graph, options(), change.structural, change.names ?? []);
    minimap.update(true);
    // Whoever reads many nodes at once gives the page a pause in between.
    if (change.graph.view.nodes.length < LARGE) refresh();
    else refreshing ??= window.setTimeout(() => ((refreshing = null), refresh()));
  });
  resize();
  refresh();
  if (store.graph.view.nodes.length < LARGE) arrange();
  else setTimeout(arrange);
  const close = (): void => {
    for (const end of [unsubscribe, unwatch, () => observer.disconnect(), () => clearInterval(turning), () => scene.close()]) end();
    root.remove();
  };
  return { scene, close };
}
