/** Actions: what the user can do with the node in the details panel. */

import type { ViewNode } from "./model";
import type { Focus } from "./picture";

export interface PanelActions {
  go(name: string): void;
  close(): void;
  /** Each null if it is not possible (no kernel, no cell). */
  compute: ((name: string) => void) | null;
  goToCell: ((node: ViewNode) => void) | null;
  /** Requests the details of the last edit's impact on a node. */
  impact: ((node: ViewNode) => void) | null;
  /** Requests the columns of a node's value. */
  columns: ((node: ViewNode) => void) | null;
  /** Shows only a part of the dataflow. */
  focus(focus: Focus): void;
  /** Opens or collapses a group, by its id. */
  toggle(id: string): void;
}
