/** The standalone page: the app over the view that stands in the page itself, without a kernel. */

import { mountApp } from "./app";
import { Store } from "./store";

const data = document.getElementById("dagbook-view");
const place = document.getElementById("dagbook");
if (data !== null && place !== null) {
  const store = new Store(JSON.parse(data.textContent ?? "{}"));
  document.title = store.graph.view.title || "dataflow";
  mountApp(place, store, { send: null, reveal: null, height: 0, whole: true });
  place.querySelector<HTMLElement>(".db-canvas")?.focus();
  (globalThis as { dagbookStore?: Store }).dagbookStore = store;
}
