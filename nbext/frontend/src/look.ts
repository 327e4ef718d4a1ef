/** Look: the shape, colour, icon and meaning of each kind, state, verdict and impact; Python uses the same table. */

import LOOK from "../../../kernel_magics/view/look.json";

export type Kind = keyof typeof LOOK.kinds;
export type State = keyof typeof LOOK.states;
export type Verdict = keyof typeof LOOK.verdicts;

/** Paths on a field of 16 by 16, with the commands M, L, C and Z. */
export interface Icon {
  stroke?: string;
  fill?: string;
}

/** The appearance of a state on a card: the colours of its rim and fill, dashes. */
interface CardLook {
  width: number;
  stroke?: boolean;
  fill?: boolean;
  dash?: number[];
}

export interface Look {
  meaning: string;
  icon: Icon;
}

export const KINDS = Object.keys(LOOK.kinds) as Kind[];
export const STATES = Object.keys(LOOK.states) as State[];
export const KIND_LOOKS: Record<Kind, Look & { outline: string; inset: number; dot: string; mermaid: string[] }> = LOOK.kinds;
export const STATE_LOOKS: Record<State, Look & { card: CardLook }> = LOOK.states;
export const VERDICT_LOOKS = LOOK.verdicts as Record<Verdict, Look & { state: State }>;
export const IMPACT_LOOKS: Record<keyof typeof LOOK.impacts, Look> = LOOK.impacts;

/** The sign of a node that reads more than its inputs. */
export const VOLATILE: { meaning: string; sign: string } = LOOK.volatile;

/** A node whose value is learnt from data once has an icon of its own. */
export const FITTED: Look = LOOK.fitted;

/** The icon of what a node is. */
export const iconOf = (node: { kind: Kind; fitted: boolean }): Icon => (node.fitted ? FITTED.icon : KIND_LOOKS[node.kind].icon);

export const THEMES = LOOK.themes;

/** The card of a node without a state. */
export const PLAIN: CardLook = { width: STATE_LOOKS.fresh.card.width };
