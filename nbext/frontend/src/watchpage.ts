/** Watching the page: its size, its theme, its end, and the time that passes while nodes run. */

import { watchTheme } from "./theme";

/** How often running nodes turn, in milliseconds. */
const TURN = 80;

export interface PageWatcher {
  resized(): void;
  themed(): void;
  /** Called again and again; redraws what turns. */
  turned(): void;
  leaving(): void;
}

/** Watches the page around an element; returns the function that ends that. */
export function watchPage(stage: HTMLElement, watcher: PageWatcher): () => void {
  const observer = new ResizeObserver(() => watcher.resized());
  observer.observe(stage);
  const unwatch = watchTheme(() => watcher.themed());
  const turning = window.setInterval(() => watcher.turned(), TURN);
  const leaving = (): void => watcher.leaving();
  addEventListener("pagehide", leaving);
  return () => {
    observer.disconnect();
    unwatch();
    clearInterval(turning);
    removeEventListener("pagehide", leaving);
  };
}
