/** Links: one for each open notebook, and the one in front. */

import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import { Link } from "./link";

export class Links {
  /** The link of the notebook in front, or null. */
  readonly current = new Signal<this, Link | null>(this);
  /** A notebook was opened. */
  readonly added = new Signal<this, Link>(this);
  private links = new Map<NotebookPanel, Link>();

  constructor(private tracker: INotebookTracker, private trans: TranslationBundle) {
    tracker.widgetAdded.connect((_, panel) => void panel.context.ready.then(() => this.of(panel)));
    tracker.forEach((panel) => void panel.context.ready.then(() => this.of(panel)));
    tracker.currentChanged.connect(() => this.current.emit(this.active));
  }

  get active(): Link | null {
    const panel = this.tracker.currentWidget;
    return panel === null ? null : (this.links.get(panel) ?? null);
  }

  /** The link of a notebook, made on first use. */
  private of(panel: NotebookPanel): void {
    if (panel.isDisposed || this.links.has(panel)) return;
    const link = new Link(panel, this.trans);
    this.links.set(panel, link);
    panel.disposed.connect(() => {
      this.links.delete(panel);
      this.current.emit(this.active);
    });
    this.added.emit(link);
    if (this.tracker.currentWidget === panel) this.current.emit(link);
  }

  /** The link of a notebook that is open. */
  get(panel: unknown): Link | null {
    return this.links.get(panel as NotebookPanel) ?? null;
  }
}
