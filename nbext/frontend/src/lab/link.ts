/** The link between one notebook page and the dataflow in its kernel: a comm, opened again for each kernel. */

import type { Cell } from "@jupyterlab/cells";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Signal } from "@lumino/signaling";
import { Store } from "../store";
import { applyEdits, isOurs, textOf, usesMagics } from "./cells";
import type { CellState, CellText, FromKernel, Problem, ToKernel } from "./contract";

const TARGET = "dagbook";
/** How long the user must not type before changes are sent, in milliseconds. */
const REST = 250;

/** What changed for observers: the view, the notes about cells, or whether there is a dataflow. */
export type Change = "view" | "notes" | "connection";

/** What is not up to date: ids of cells that were edited since they ran, and that never ran; names of stale nodes. */
export interface Pending {
  edited: string[];
  unrun: string[];
  stale: string[];
}

type Answer = { resolve(value: unknown): void; reject(error: Error): void };

/** An error that the kernel returned. */
export class AnswerError extends Error {
  constructor(readonly code: string, message: string, readonly hint: string) {
    super(message);
  }
}

export class Link {
  readonly store = new Store(null);
  readonly changed = new Signal<this, Change>(this);
  problems: Problem[] = [];
  standing: Record<string, CellState> = {};
  private comm: Kernel.IComm | null = null;
  /** The number of the last message; null until a view arrives, without which updates cannot be applied. */
  private last: number | null = null;
  private viewed = false;
  private asked = new Map<number, Answer>();
  private count = 0;
  private dirty = new Set<string>();
  private moved = false;
  private timer = 0;
  private watched = new Map<string, { model: object; stop(): void }>();
  private waiting: ((connected: boolean) => void)[] = [];
  /** Whether the kernel with the dataflow was restarted or ended. */
  restarted = false;
  private previewed = "";

  constructor(readonly panel: NotebookPanel, private trans: TranslationBundle) {
    const session = panel.sessionContext;
    NotebookActions.executed.connect(this.ran, this);
    session.kernelChanged.connect(() => this.again(), this);
    session.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "autorestarting" || status === "dead") this.lose();
      if (status === "idle") void this.preview();
    }, this);
    session.connectionStatusChanged.connect((_, status) => {
      if (status === "connected" && this.comm !== null) this.resend();
    }, this);
    panel.content.model?.contentChanged.connect(() => {
      if (this.comm !== null) return;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.preview(), 2 * REST);
    }, this);
    panel.disposed.connect(() => this.dispose(), this);
    void session.ready.then(() => this.again());
  }

  get connected(): boolean {
    return this.comm !== null && this.viewed;
  }

  /** The code cells with our magics. */
  private get ours(): CellText[] {
    return [...(this.panel.content.model?.cells ?? [])].map(textOf).filter((cell) => cell.kind === "code" && isOurs(cell.text));
  }

  get pending(): Pending {
    if (!this.connected) return { edited: [], unrun: this.ours.map((cell) => cell.id), stale: [] };
    const cells = Object.entries(this.standing);
    const having = (state: CellState): string[] => cells.filter(([, one]) => one === state).map(([id]) => id);
    return { edited: having("edited"), unrun: having("new"), stale: this.store.graph.view.nodes.filter((node) => node.state === "stale").map((node) => node.name) };
  }

  dispose(): void {
    // First, so that no observer is called for a closed page.
    Signal.clearData(this);
    this.lose();
  }

  // -- asking and acting ------------------------------------------------------------------------------------

  /** Asks the kernel, which has the present texts of the cells. */
  ask<T>(what: string, args: Record<string, unknown> = {}): Promise<T> {
    if (this.comm === null) return Promise.reject(new AnswerError("", this.trans.__("no dataflow is connected"), ""));
    this.flush();
    const id = ++this.count;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.send({ type: "ask", id, what, ...args });
    });
  }

  /** Runs a line like a cell, so that it can be interrupted; its outputs go to `onOutput`. */
  async run(code: string, onOutput?: (message: KernelMessage.IIOPubMessage) => void): Promise<boolean> {
    const { kernel } = this;
    if (kernel === null) return false;
    const future = kernel.requestExecute({ code, silent: false, store_history: false, stop_on_error: false });
    if (onOutput !== undefined) future.onIOPub = onOutput;
    // The promise is rejected if the kernel ends meanwhile.
    const reply = await future.done.catch(() => null);
    return reply?.content.status === "ok";
  }

  setMode(mode: string): void {
    this.send({ type: "mode", mode });
  }

  /** Requests the last edit's impact on a node, or its columns; they arrive as an update of the view. */
  show(what: "impact" | "columns", name: string): void {
    this.send({ type: what, name });
  }

  /** Loads the magics if necessary, and waits for the dataflow. */
  async load(): Promise<boolean> {
    if (this.connected) return true;
    if (!(await this.run("%load_ext kernel_magics"))) return false;
    this.open();
    return this.comm !== null && (this.connected || new Promise<boolean>((resolve) => this.waiting.push(resolve)));
  }

  // -- connecting -------------------------------------------------------------------------------------------

  /** Connects a new page or another kernel, which may have a dataflow already. */
  private async again(): Promise<void> {
    this.lose();
    const { kernel } = this;
    if (kernel === null || !kernel.handleComms) return;
    const reply = await kernel.requestCommInfo({ target_name: TARGET }).catch(() => null);
    const known = reply?.content.status === "ok" && Object.keys(reply.content.comms).length > 0;
    // The page may be closed now, or have another kernel.
    if (this.kernel !== kernel) return;
    if (known) this.open();
    else await this.preview();
  }

  /** Shows the dataflow that the cells describe before they run: the kernel reads their texts, and executes nothing of them. */
  private async preview(): Promise<void> {
    const { kernel, ours } = this;
    if (this.comm !== null || kernel === null || ours.length === 0) return;
    const texts = JSON.stringify([...(this.panel.content.model?.cells ?? [])].map((cell) => ({ ...textOf(cell), count: null })));
    if (texts === this.previewed) return;
    this.previewed = texts;
    const view = `__import__("nbext.preview", fromlist=["preview"]).preview(${JSON.stringify(texts)})`;
    const future = kernel.requestExecute({ code: "", silent: true, store_history: false, stop_on_error: false, user_expressions: { view } });
    const reply = await future.done.catch(() => null);
    const found = reply?.content.status === "ok" ? (reply.content.user_expressions?.view as { data?: Record<string, unknown> } | undefined) : undefined;
    const data = found?.data?.["application/json"];
    if (data === undefined || this.comm !== null || this.kernel !== kernel || this.previewed !== texts) return;
    this.store.replace(data);
    this.changed.emit("connection");
  }

  private ran(_: unknown, { notebook, cell }: { notebook: unknown; cell: { model: Parameters<typeof textOf>[0] } }): void {
    if (notebook !== this.panel.content || cell.model.type !== "code") return;
    if (this.comm !== null) this.note(cell.model.id);
    else if (usesMagics(cell.model.sharedModel.getSource())) this.open();
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
    this.previewed = "";
    for (const tell of this.waiting.splice(0)) tell(false);
    if (comm === null) return;
    if (!comm.isDisposed) comm.dispose();
    this.restarted = true;
    this.problems = [];
    this.standing = {};
    this.store.disconnect();
    this.changed.emit("connection");
  }

  private send(message: ToKernel): void {
    if (this.comm !== null && !this.comm.isDisposed) this.comm.send(message as never);
  }

  // -- from the notebook to the kernel -----------------------------------------------------------------------

  private watch(): void {
    const model = this.panel.content.model;
    if (model === null) return;
    const follow = (): void => {
      const there = new Set<string>();
      for (const cell of model.cells) {
        there.add(cell.id);
        // A cell that was moved, or has another type, keeps its id and has a new model.
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
      // JupyterLab keeps the ids of deleted cells for the next request, even if an undo restored the cells.
      const { deletedCells } = model;
      for (let at = deletedCells.length - 1; at >= 0; at--) if (there.has(deletedCells[at])) deletedCells.splice(at, 1);
      this.moved = true;
      this.schedule(20);
      // A moved cell has a new element on the page, which needs its mark again.
      if (this.connected) this.changed.emit("notes");
    };
    model.cells.changed.connect(follow);
    this.watched.set("", { model, stop: () => model.cells.changed.disconnect(follow) });
    follow();
  }

  private listen({ id, sharedModel }: Cell["model"]): { model: object; stop(): void } {
    // Not `contentChanged`: outputs arrive many times a second while a cell runs, so there would be no pause.
    const onEdit = (_: unknown, change: { sourceChange?: unknown }): void => {
      if (change.sourceChange !== undefined) this.note(id);
    };
    sharedModel.changed.connect(onEdit);
    return { model: sharedModel, stop: () => void sharedModel.changed.disconnect(onEdit) };
  }

  /** Sends everything again: the kernel, or its state, may be new. */
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

  /** Whether the kernel has all edits; if not, they are sent now, and its notes may refer to older texts. */
  get upToDate(): boolean {
    const known = this.dirty.size === 0 && !this.moved;
    this.flush();
    return known;
  }

  /** Sends the changes since the last message. */
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

  // -- from the kernel ---------------------------------------------------------------------------------------

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
      case "edits":
        applyEdits(this.panel, message.edits);
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
    this.restarted = false;
    this.store.replace(view);
    this.changed.emit(first ? "connection" : "view");
    for (const tell of this.waiting.splice(0)) tell(true);
  }
}
