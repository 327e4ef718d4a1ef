/** Words: the names of states in the user's language. */

import type { TranslationBundle } from "@jupyterlab/translation";
import type { State } from "../look";
import type { Mark } from "./mark";

export function stateWord(state: State | Mark["state"], trans: TranslationBundle): string {
  const words: Record<Mark["state"], string> = {
    fresh: trans.__("fresh"), stale: trans.__("stale"), running: trans.__("running"), failed: trans.__("failed"), warned: trans.__("warned"),
    waiting: trans.__("waiting"), edited: trans.__("edited"), new: trans.__("not run"), current: trans.__("ran"),
  };
  return words[state];
}
