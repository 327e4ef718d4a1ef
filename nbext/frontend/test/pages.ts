/** Pages of notebooks without JupyterLab: cells, a kernel and its comms, as far as a link looks at them. */

import { NotebookActions } from "@jupyterlab/notebook";
import { Signal } from "@lumino/signaling";

export class FakeComm {
  isDisposed = false;
  sent: any[] = [];
  onMsg: (message: any) => void = () => {};
  onClose: () => void = () => {};
  open(): void {}
  send(message: any): void {
    this.sent.push(message);
  }
  dispose(): void {
    this.isDisposed = true;
  }
  hear(data: object): void {
    this.onMsg({ content: { data } });
  }
}

export class FakeCell {
  type = "code";
  executionCount: number | null = null;
  sharedModel: { getSource(): string; changed: Signal<any, object> };
  constructor(readonly id: string, public text: string) {
    this.sharedModel = { getSource: () => this.text, changed: new Signal<any, object>(this) };
  }
  edit(text: string): void {
    this.text = text;
    this.sharedModel.changed.emit({ sourceChange: [] });
  }
  /** What a running cell prints. */
  print(): void {
    this.sharedModel.changed.emit({ outputsChange: [] });
  }
}

export class Page {
  comms: FakeComm[] = [];
  known = 0;
  cells: FakeCell[] & { changed?: unknown };
  moved: Signal<any, void>;
  edited = new Signal<any, void>(this);
  /** The previews that the kernel was asked for, and what it answers. */
  previews: string[] = [];
  shown: object | null = null;
  ran: string[] = [];
  deleted: string[] = [];
  kernel = {
    handleComms: true, requestCommInfo: () => Promise.resolve({ content: { status: "ok", comms: this.known > 0 ? { x: {} } : {} } }),
    createComm: () => (this.comms.push(new FakeComm()), this.comms.at(-1)),
    requestExecute: ({ code, user_expressions }: { code: string; user_expressions?: { view: string } }) => {
      if (user_expressions === undefined) this.ran.push(code);
      else this.previews.push(user_expressions.view);
      const view = this.shown === null ? { status: "error" } : { status: "ok", data: { "application/json": this.shown } };
      return { done: Promise.resolve({ content: { status: "ok", ...(user_expressions === undefined ? {} : { user_expressions: { view } }) } }) };
    },
  };
  session: any = { session: { kernel: this.kernel }, ready: Promise.resolve() };
  panel: any;
  constructor(...texts: string[]) {
    this.cells = texts.map((text, i) => new FakeCell(`c${i}`, text));
    this.moved = new Signal<any, void>(this);
    this.cells.changed = this.moved;
    for (const name of ["kernelChanged", "statusChanged", "connectionStatusChanged"]) this.session[name] = new Signal<any, any>(this);
    this.panel = { isDisposed: false, sessionContext: this.session, disposed: new Signal<any, void>(this), content: { model: { cells: this.cells, deletedCells: this.deleted, contentChanged: this.edited } } };
  }
  run(at: number): void {
    (NotebookActions.executed as Signal<any, any>).emit({ notebook: this.panel.content, cell: { model: this.cells[at] } });
  }
  close(): void {
    this.panel.isDisposed = true;
    this.panel.disposed.emit();
  }
  get comm(): FakeComm {
    return this.comms.at(-1)!;
  }
  told(): any[] {
    return this.comm.sent.filter((message) => message.type === "cells");
  }
}

export const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
