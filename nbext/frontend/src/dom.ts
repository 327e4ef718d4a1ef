/** Page elements, built from tags and texts: a text is always a text node, never markup. */

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | ((event: never) => void)>;

/** An element; functions become listeners, `true` an empty attribute, `false` and null none. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") el.addEventListener(name, value as unknown as EventListener);
    else if (value === true) el.setAttribute(name, "");
    else if (value !== false && value !== null) el.setAttribute(name, String(value));
  }
  put(el, ...children);
  return el;
}

/** Replaces the children of an element. */
export function put(el: Element, ...children: Child[]): void {
  el.replaceChildren(...children.filter((c): c is Node | string => c !== null && c !== undefined && c !== false));
}

/** Closes a pop-up on a click or focus elsewhere; returns the function that ends the watching. */
export function onLeave(el: HTMLElement, leave: () => void): () => void {
  const pressed = (event: Event): void => {
    if (!event.composedPath().includes(el)) leave();
  };
  const root = el.getRootNode();
  root.addEventListener("pointerdown", pressed, true);
  if (root !== document) document.addEventListener("pointerdown", pressed, true);
  return () => {
    root.removeEventListener("pointerdown", pressed, true);
    document.removeEventListener("pointerdown", pressed, true);
  };
}

/** A titled part of a panel; null if it would be empty. */
export function section(title: string, ...content: (Node | string | null)[]): HTMLElement | null {
  const some = content.filter((c) => c !== null);
  return some.length === 0 ? null : h("section", {}, h("h4", {}, title), ...some);
}
