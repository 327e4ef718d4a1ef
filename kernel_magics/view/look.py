"""The look is the shape, colour, icon and meaning of kinds, states, verdicts and impacts: `look.json`.

The front end draws from the same table (`nbext/frontend/src/look.ts`), so all pictures of a dataflow agree.
The keys of the table are the words on the screen. An outline is an SVG path in units of a card's height,
with each x counted from the left end (`l`) or the right end (`r`); an icon is a path on a field of 16 x 16.
Colours `over` the background are mixed: [colour, share].
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LOOK: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("look.json").read_text(encoding="utf-8"))
KINDS: Final = tuple(LOOK["kinds"])
STATES: Final = tuple(LOOK["states"])


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme; `kind`, `fill` and `stroke` are by kind, `state` and `alert` by state.

    Attributes:
        alert: the fill of cards whose state needs attention.
        soft: secondary texts.
        faint: unobtrusive icons and lines.
    """

    background: str
    card: str
    lane: str
    hair: str
    line: str
    edge: str
    text: str
    soft: str
    faint: str
    kind: Mapping[str, str]
    state: Mapping[str, str]
    fill: Mapping[str, str]
    stroke: Mapping[str, str]
    alert: Mapping[str, str]


def palette(theme: str) -> Palette:
    """The colours of the theme `light` or `dark`."""
    table = LOOK["themes"][theme]
    background, text, tint = table["background"], table["text"], table["tint"]
    mixed = {
        name: mix(text if over == "text" else over, background, share)
        for name, (over, share) in table["over"].items()
    }
    card, kinds, states = mixed["card"], table["kind"], table["state"]
    return Palette(
        background=background,
        text=text,
        **mixed,
        kind=kinds,
        state=states,
        fill={kind: mix(colour, card, tint["fill"]) for kind, colour in kinds.items()},
        stroke={kind: mix(colour, card, tint["stroke"]) for kind, colour in kinds.items()},
        alert={state: mix(states[state], card, tint["alert"]) for state in STATES},
    )


def mix(over: str, under: str, share: float) -> str:
    """The opaque colour of a share of one colour over another; colours are `#rrggbb`."""
    pairs = ((int(over[at : at + 2], 16), int(under[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{int(a * share + b * (1 - share) + 0.5):02x}" for a, b in pairs)


LIGHT: Final = palette("light")
DARK: Final = palette("dark")


def outline(kind: str, width: float, height: float) -> str:
    """The outline of a kind's card as the `d` of an SVG path."""
    parts = []
    for token in LOOK["kinds"][kind]["outline"].split():
        if token.isalpha():
            parts.append(token)
        elif token[0] in "lr":
            x = float(token[1:]) * height
            parts.append(f"{width - x if token[0] == 'r' else x:.2f}")
        else:
            parts.append(f"{float(token) * height:.2f}")
    return " ".join(parts)
