/** Actions: what a person can do with the node that the details panel shows. */

import type { ViewNode } from "./model";

export interface PanelActions {
  go(name: string): void;
  close(): void;
  /** Each null where it cannot be done (no kernel, no cell). */
  compute: ((name: string) => void) | null;
  goToCell: ((node: ViewNode) => void) | null;
  /** Asks for the details of what the last edit did to a node. */
  impact: ((node: ViewNode) => void) | null;
  focus(name: string, mode: "lineage" | "near"): void;
  /** Opens or collapses a group, by its id. */
  toggle(id: string): void;
}
