/** The link: one notebook page and the dataflow in its kernel, joined by a comm that comes and goes with the kernel. */

import type { Cell } from "@jupyterlab/cells";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import { Store } from "../store";
import { speaksOfUs, textOf } from "./cells";
import type { FromKernel, Problem, Standing, ToKernel } from "./contract";

const TARGET = "dagbook";
/** How long typing rests before the kernel is told, in milliseconds. */
const REST = 250;

/** What changed for those who look: the view, the notes about cells, or whether there is a dataflow at all. */
export type News = "view" | "notes" | "connection";

type Answer = { resolve(value: unknown): void; reject(error: Error): void };

/** An error that the kernel answered with. */
export class AnswerError extends Error {
  constructor(readonly code: string, message: string, readonly hint: string) {
    super(message);
  }
}

export class Link {
  readonly store = new Store(null);
  readonly changed = new Signal<this, News>(this);
  problems: Problem[] = [];
  standing: Record<string, Standing> = {};
  private comm: Kernel.IComm | null = null;
  /** The number of the last message; null until a view comes, without which updates mean nothing. */
  private last: number | null = null;
  private viewed = false;
  private asked = new Map<number, Answer>();
  private count = 0;
  private dirty = new Set<string>();
  private moved = false;
  private timer = 0;
  private watched = new Map<string, { model: object; stop(): void }>();
  private waiting: ((connected: boolean) => void)[] = [];

  constructor(readonly panel: NotebookPanel, private trans: TranslationBundle) {
    const session = panel.sessionContext;
    NotebookActions.executed.connect(this.ran, this);
    session.kernelChanged.connect(() => this.again(), this);
    session.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "autorestarting" || status === "dead") this.lose();
    }, this);
    session.connectionStatusChanged.connect((_, status) => {
      if (status === "connected" && this.comm !== null) this.resend();
    }, this);
    panel.disposed.connect(() => this.dispose(), this);
    void session.ready.then(() => this.again());
  }

  get connected(): boolean {
    return this.comm !== null && this.viewed;
  }

  dispose(): void {
    // First: nobody hears any more of a page that is gone.
    Signal.clearData(this);
    this.lose();
  }

  // -- asking and acting ------------------------------------------------------------------------------------

  /** Asks the kernel; it knows the texts as they stand on the screen. */
  ask<T>(what: string, args: Record<string, unknown> = {}): Promise<T> {
    if (this.comm === null) return Promise.reject(new AnswerError("", this.trans.__("no dataflow is connected"), ""));
    this.flush();
    const id = ++this.count;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.send({ type: "ask", id, what, ...args });
    });
  }

  /** Runs a line as a cell would be run, where it can be interrupted; its outputs go to `heard`. */
  async run(code: string, heard?: (message: KernelMessage.IIOPubMessage) => void): Promise<boolean> {
    const { kernel } = this;
    if (kernel === null) return false;
    const future = kernel.requestExecute({ code, silent: false, store_history: false, stop_on_error: false });
    if (heard !== undefined) future.onIOPub = heard;
    // A kernel that ends meanwhile rejects.
    const reply = await future.done.catch(() => null);
    return reply?.content.status === "ok";
  }

  setMode(mode: string): void {
    this.send({ type: "mode", mode });
  }

  /** Asks for the details of what the last edit did to a node; they come as an update of the view. */
  showImpact(name: string): void {
    this.send({ type: "impact", name });
  }

  /** Loads the magics where they are not, and waits for the dataflow. */
  async load(): Promise<boolean> {
    if (this.connected) return true;
    if (!(await this.run("%load_ext kernel_magics"))) return false;
    this.open();
    return this.comm !== null && (this.connected || new Promise<boolean>((resolve) => this.waiting.push(resolve)));
  }

  // -- connecting -------------------------------------------------------------------------------------------

  /** Another kernel, or the page is new: the kernel may have a dataflow already. */
  private async again(): Promise<void> {
    this.lose();
    const { kernel } = this;
    if (kernel === null || !kernel.handleComms) return;
    const reply = await kernel.requestCommInfo({ target_name: TARGET }).catch(() => null);
    const known = reply?.content.status === "ok" && Object.keys(reply.content.comms).length > 0;
    // By now the page may be closed, or have another kernel.
    if (known && this.kernel === kernel) this.open();
  }

  private ran(_: unknown, { notebook, cell }: { notebook: unknown; cell: { model: Parameters<typeof textOf>[0] } }): void {
    if (notebook !== this.panel.content || cell.model.type !== "code") return;
    if (this.comm !== null) this.note(cell.model.id);
    else if (speaksOfUs(cell.model.sharedModel.getSource())) this.open();
  }

  private get kernel(): Kernel.IKernelConnection | null {
    return this.panel.isDisposed ? null : (this.panel.sessionContext.session?.kernel ?? null);
  }

  private open(): void {
    const { kernel } = this;
    if (this.comm !== null || kernel === null || !kernel.handleComms) return;
    const comm = kernel.createComm(TARGET);
    this.comm = comm;
    comm.onMsg = (message) => {
      if (comm === this.comm) this.receive(message.content.data as unknown as FromKernel);
    };
    comm.onClose = () => {
      if (comm === this.comm) this.lose();
    };
    comm.open({ version: 1 });
    this.watch();
    this.resend();
  }

  private lose(): void {
    const comm = this.comm;
    this.comm = null;
    this.last = null;
    this.viewed = false;
    window.clearTimeout(this.timer);
    for (const { stop } of this.watched.values()) stop();
    this.watched.clear();
    this.dirty.clear();
    for (const { reject } of this.asked.values()) reject(new AnswerError("", this.trans.__("the kernel is gone"), ""));
    this.asked.clear();
    for (const tell of this.waiting.splice(0)) tell(false);
    if (comm === null) return;
    if (!comm.isDisposed) comm.dispose();
    this.problems = [];
    this.standing = {};
    this.store.disconnect();
    this.changed.emit("connection");
  }

  private send(message: ToKernel): void {
    if (this.comm !== null && !this.comm.isDisposed) this.comm.send(message as never);
  }

  // -- what the notebook says -------------------------------------------------------------------------------

  private watch(): void {
    const model = this.panel.content.model;
    if (model === null) return;
    const follow = (): void => {
      const there = new Set<string>();
      for (const cell of model.cells) {
        there.add(cell.id);
        // A cell that is moved, or of another type now, has its old id and a new model.
        if (this.watched.get(cell.id)?.model === cell.sharedModel) continue;
        this.watched.get(cell.id)?.stop();
        this.watched.set(cell.id, this.listen(cell));
        this.dirty.add(cell.id);
      }
      for (const [id, { stop }] of this.watched) {
        if (there.has(id) || id === "") continue;
        stop();
        this.watched.delete(id);
      }
      // JupyterLab keeps the ids of deleted cells for the next request, those of cells that an undo brought back, too.
      const { deletedCells } = model;
      for (let at = deletedCells.length - 1; at >= 0; at--) if (there.has(deletedCells[at])) deletedCells.splice(at, 1);
      this.moved = true;
      this.schedule(20);
      // A cell that moved is another one on the page: what was beside the old one is to be put there again.
      if (this.connected) this.changed.emit("notes");
    };
    model.cells.changed.connect(follow);
    this.watched.set("", { model, stop: () => model.cells.changed.disconnect(follow) });
    follow();
  }

  private listen({ id, sharedModel }: Cell["model"]): { model: object; stop(): void } {
    // Not `contentChanged`: outputs come many times a second while a cell runs, and typing would never rest.
    const heard = (_: unknown, change: { sourceChange?: unknown }): void => {
      if (change.sourceChange !== undefined) this.note(id);
    };
    sharedModel.changed.connect(heard);
    return { model: sharedModel, stop: () => void sharedModel.changed.disconnect(heard) };
  }

  /** Everything anew: the kernel, or what it was told, may be another one. */
  private resend(): void {
    for (const cell of this.panel.content.model?.cells ?? []) this.dirty.add(cell.id);
    this.moved = true;
    this.last = null;
    this.send({ type: "sync" });
    this.flush();
  }

  private note(id: string): void {
    this.dirty.add(id);
    this.schedule(REST);
  }

  private schedule(pause: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.flush(), pause);
  }

  /** Whether the kernel knows all that was typed; if not, it is told now, and its notes may be about older texts. */
  get upToDate(): boolean {
    const known = this.dirty.size === 0 && !this.moved;
    this.flush();
    return known;
  }

  /** Tells the kernel what changed since it was last told. */
  private flush(): void {
    window.clearTimeout(this.timer);
    const model = this.panel.content.model;
    if (this.comm === null || model === null || (this.dirty.size === 0 && !this.moved)) return;
    const cells = [];
    const order = [];
    for (const cell of model.cells) {
      if (this.moved) order.push(cell.id);
      if (this.dirty.has(cell.id)) cells.push(textOf(cell));
    }
    this.dirty.clear();
    this.send({ type: "cells", cells, order: this.moved ? order : null });
    this.moved = false;
  }

  // -- what the kernel says ---------------------------------------------------------------------------------

  private receive(message: FromKernel): void {
    switch (message.type) {
      case "view":
        this.begin(message.seq, message.view);
        break;
      case "update":
        if (this.last === null) return;
        if (message.seq !== this.last + 1) {
          this.last = null;
          this.send({ type: "sync" });
        } else {
          this.last = message.seq;
          this.store.update(message);
          this.changed.emit("view");
        }
        break;
      case "notes":
        this.problems = message.problems;
        this.standing = message.cells;
        this.changed.emit("notes");
        break;
      case "restored":
        if (message.mode === "auto") void this.run(`%compute ${message.names.join(" ")}`);
        break;
      case "answer": {
        const answer = this.asked.get(message.id);
        this.asked.delete(message.id);
        if (message.error === null) answer?.resolve(message.value);
        else answer?.reject(new AnswerError(message.error.code, message.error.message, message.error.hint));
      }
    }
  }

  private begin(seq: number, view: unknown): void {
    const first = !this.viewed;
    this.last = seq;
    this.viewed = true;
    this.store.replace(view);
    this.changed.emit(first ? "connection" : "view");
    for (const tell of this.waiting.splice(0)) tell(true);
  }
}
