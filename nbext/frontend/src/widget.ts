/** The widget: the app in a notebook, fed by an anywidget model. */

import { mountApp } from "./app";
import { goToCell } from "./gotocell";
import { Store } from "./store";
import type { Update } from "./model";

/** The part of anywidget's model in use. */
interface Model {
  get(name: string): unknown;
  on(event: string, callback: (message: never) => void): void;
  off(event: string, callback?: (message: never) => void): void;
  send(message: unknown): void;
}

/** One store for each widget of the kernel, so that several views of a dataflow stay in step. */
const stores = new Map<string, Store>();

/** A message to an ended kernel is dropped: the toolbar shows that it ended. */
function send(model: Model, message: unknown): void {
  try {
    model.send(message);
  } catch (error) {
    console.debug("dagbook:", error);
  }
}

/** Messages are numbered by the kernel: a gap means that one was lost, and the whole view is requested. */
function connect(model: Model): Store {
  const uid = String(model.get("uid"));
  const known = stores.get(uid);
  if (known !== undefined) return known;
  const store = new Store(model.get("view"));
  let last: number | null = null;
  model.on("msg:custom", (message: { type?: string; seq?: number; view?: unknown } & Update) => {
    if (message.type === "view") {
      last = message.seq ?? null;
      return store.replace(message.view);
    }
    if (message.type !== "update") return;
    const gap = last !== null && message.seq !== undefined && message.seq !== last + 1;
    last = message.seq ?? last;
    if (gap) send(model, { type: "sync" });
    else store.update(message);
  });
  // The kernel restarted or ended; if it still exists, it answers with the view.
  model.on("comm_live_update", () => {
    store.disconnect();
    send(model, { type: "sync" });
  });
  model.on("change:view", () => store.replace(model.get("view")));
  stores.set(uid, store);
  return store;
}

export default {
  initialize({ model }: { model: Model }): () => void {
    connect(model);
    return () => void stores.delete(String(model.get("uid")));
  },
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    const store = connect(model);
    return mountApp(el, store, {
      send: (message) => send(model, message),
      goToCell: (node) => {
        if (!goToCell(node, el)) send(model, { type: "reveal", cell_id: node.cell_id, name: node.name });
      },
      key: store.graph.view.title === "" ? "" : `widget:${store.graph.view.title}`, height: Number(model.get("height") ?? 0), whole: false,
    }).close;
  },
};
