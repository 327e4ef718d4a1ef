/** The standalone page: the app for the view in the page itself, without a kernel. */

import { mountApp } from "./app";
import { h } from "./dom";
import { Store } from "./store";

declare const STYLE: string;

const data = document.getElementById("dagbook-view");
const place = document.getElementById("dagbook-root");
if (data !== null && place !== null) {
  const store = new Store(JSON.parse(data.textContent ?? "{}"));
  document.title = store.graph.view.title || "dataflow";
  document.head.append(h("style", {}, `body { margin: 0 } #dagbook-root { display: block; margin: 0; padding: 0 }\n${STYLE}`));
  place.replaceChildren();
  const { scene } = mountApp(place, store, { send: null, goToCell: null, key: `page:${location.pathname}`, height: 0, whole: true });
  place.querySelector<HTMLElement>(".db-canvas")?.focus();
  // For programs that control the page: tests, measurements, an embedding page.
  Object.assign(globalThis, { dagbookStore: store, dagbookScene: scene });
}
