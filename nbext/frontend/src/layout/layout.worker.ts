/** The worker: lays out one dataflow for each message. */

import { layout } from "./layout";
import type { LayoutInput } from "./types";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<{ id: number; input: LayoutInput }>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

scope.onmessage = (event) => {
  const { id, input } = event.data;
  try {
    const result = layout(input);
    const buffers = Object.values(result).filter(ArrayBuffer.isView).map((a) => a.buffer as ArrayBuffer);
    scope.postMessage({ id, result }, [...new Set(buffers)]);
  } catch (error) {
    scope.postMessage({ id, error: String(error) }, []);
  }
};
