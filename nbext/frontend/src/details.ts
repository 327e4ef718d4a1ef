/** The details: the panel beside the canvas, and the item that it shows. */

import type { PanelActions } from "./actions";
import { fillKeys } from "./keyboard";
import type { Graph } from "./model";
import { fillPanel } from "./panel";
import type { Item } from "./picture";

export class Details {
  /** The item that the panel shows; null if it is closed or shows the keyboard. */
  item: Item | null = null;

  /** `resized` is called when the panel opens or closes, which changes the room of the canvas. */
  constructor(
    private readonly root: HTMLElement, private readonly panel: HTMLElement,
    private readonly graph: () => Graph, private readonly actions: () => PanelActions, private readonly resized: () => void,
  ) {}

  /** Shows an item; null closes the panel. */
  open(item: Item | null): void {
    this.item = item;
    this.refresh();
    this.show(item !== null);
  }

  /** Shows the present state of the item. */
  refresh(): void {
    if (this.item !== null) fillPanel(this.panel, this.graph(), this.item, this.actions());
  }

  showKeys(): void {
    this.item = null;
    fillKeys(this.panel, () => this.show(false));
    this.show(true);
  }

  private show(open: boolean): void {
    this.panel.hidden = !open;
    this.root.classList.toggle("db-open", open);
    this.resized();
  }
}
