/** Completion: the names of the dataflow, in addition to the kernel's completions. */

import type { CompletionHandler, ICompletionContext, ICompletionProvider } from "@jupyterlab/completer";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Completions } from "./contract";
import { offsetOf, positionOf } from "./cells";
import type { Links } from "./links";

export class DataflowCompletions implements ICompletionProvider {
  readonly identifier = "dagbook:names";
  /** Above the kernel's (550), because these names are specific to the dataflow. */
  readonly rank = 600;
  readonly renderer = null;

  constructor(private links: Links, private enabled: () => boolean, private trans: TranslationBundle) {}

  isApplicable(context: ICompletionContext): Promise<boolean> {
    return Promise.resolve(this.enabled() && this.links.get(context.widget)?.connected === true);
  }

  async fetch(request: CompletionHandler.IRequest, context: ICompletionContext): Promise<CompletionHandler.ICompletionItemsReply> {
    const nothing = { start: request.offset, end: request.offset, items: [] };
    const link = this.links.get(context.widget);
    const cell = link?.panel.content.widgets.find((one) => one.editor !== null && one.editor === context.editor);
    if (link === null || cell === undefined) return nothing;
    const found = await link.ask<Completions>("complete", { cell: cell.model.id, ...positionOf(request.text, request.offset) }).catch(() => null);
    if (found === null || found.items.length === 0) return nothing;
    const items = found.items.map((item) => ({
      label: item.text, type: item.kind,
      documentation: [item.type === "" ? item.kind : `${item.kind}: ${item.type}`, item.doc, item.label === "" ? "" : this.trans.__("defined in %1", item.label)].filter((part) => part !== "").join("\n"),
    }));
    return { start: offsetOf(request.text, found.start), end: offsetOf(request.text, found.end), items };
  }
}
