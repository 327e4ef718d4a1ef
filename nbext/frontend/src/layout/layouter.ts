/** The layouter: runs layouts in a worker, or in short slices on the page if workers are blocked. */

import { layoutSteps } from "./layout";
import type { LayoutInput, LayoutResult } from "./types";

declare const WORKER_SOURCE: string | undefined;

/** Milliseconds that a slice on the page may take. */
const SLICE = 8;

export interface Layouter {
  /** Computes a layout; an earlier request without an answer is dropped. */
  run(input: LayoutInput, done: (result: LayoutResult) => void): void;
  close(): void;
}

/** A layouter with a worker of its own; `source` is the worker's program. */
export function makeLayouter(source: string | undefined = typeof WORKER_SOURCE === "string" ? WORKER_SOURCE : undefined): Layouter {
  let worker = source === undefined ? null : startWorker(source);
  let current = 0;
  let pending: { input: LayoutInput; done: (result: LayoutResult) => void } | null = null;
  const slice = (input: LayoutInput, done: (result: LayoutResult) => void): void => {
    const mine = current;
    void inSlices(input, () => mine !== current).then((result) => result !== null && done(result));
  };
  const giveUp = (): void => {
    worker?.terminate();
    worker = null;
    if (pending !== null) slice(pending.input, pending.done);
    pending = null;
  };
  if (worker !== null) {
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
    worker.onmessage = (event: MessageEvent<{ id: number; result?: LayoutResult }>) => {
      if (event.data.id !== current || pending === null) return;
      if (event.data.result === undefined) return giveUp();
      const { done } = pending;
      pending = null;
      done(event.data.result);
    };
  }
  return {
    run(input, done) {
      current++;
      if (worker === null) return slice(input, done);
      pending = { input, done };
      worker.postMessage({ id: current, input });
    },
    close() {
      current++;
      pending = null;
      worker?.terminate();
      worker = null;
    },
  };
}

function startWorker(source: string): Worker | null {
  try {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url);
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    return worker;
  } catch {
    return null;
  }
}

/** Computes a layout on the page, a few milliseconds at a time; null if it was dropped meanwhile. */
export async function inSlices(input: LayoutInput, dropped: () => boolean = () => false): Promise<LayoutResult | null> {
  const steps = layoutSteps(input);
  let until = performance.now() + SLICE;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < until) continue;
    await pause();
    if (dropped()) return null;
    until = performance.now() + SLICE;
  }
}

/** Lets the page handle events before the next slice. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
