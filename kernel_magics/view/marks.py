"""A mark is a small icon for a kind, a state or a verdict, distinct in shape as well as in colour."""

from collections.abc import Mapping
from typing import Any

from kernel_magics.view.links import Node, shown_state, verdict
from kernel_magics.view.look import DARK, KINDS, LOOK, STATES


def draw_icon(icon: Mapping[str, str], name: str, x: float, y: float, size: float, colour: str) -> str:
    """An icon of `look.json` with its centre at (x, y); `name` is its class in the style sheet."""
    place = f'transform="translate({x - size / 2:.1f} {y - size / 2:.1f}) scale({size / 16:g})"'
    paths = ""
    if fill := icon.get("fill"):
        paths += f'<path class="dagbook-fill-{name}" d="{fill}" fill="{colour}"/>'
    if stroke := icon.get("stroke"):
        paths += (
            f'<path class="dagbook-line-{name}" d="{stroke}" fill="none" stroke="{colour}" '
            'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return f"<g {place}>{paths}</g>"


def icon_of(word: str) -> Mapping[str, str]:
    """The icon of a kind or a state."""
    found: Mapping[str, str] = (LOOK["kinds"].get(word) or LOOK["states"][word])["icon"]
    return found


def kind_icon(node: Node) -> Mapping[str, str]:
    """The icon of what a node is: its kind, or that it is fitted."""
    fitted: Mapping[str, str] = LOOK["fitted"]["icon"]
    return fitted if node.get("fitted") else icon_of(node["kind"])


def state_icon(node: Node) -> Mapping[str, str] | None:
    """The icon of a node's state, a warning where a check warns; None without a state."""
    state = shown_state(node)
    if state is None:
        return None
    if verdict(node) == "warned" and node.get("state") == "fresh":
        warning: Mapping[str, str] = LOOK["verdicts"]["warned"]["icon"]
        return warning
    return icon_of(state)


def style() -> str:
    """Style rules that make the light colours dark on a dark system; the picture works without them."""
    rules: dict[str, dict[str, Any]] = {
        "text": {"fill": DARK.text},
        "soft": {"fill": DARK.soft},
        "edge": {"stroke": DARK.edge},
        "arrow": {"fill": DARK.edge},
    }
    for kind in KINDS:
        rules[f"card-{kind}"] = {"fill": DARK.fill[kind], "stroke": DARK.stroke[kind]}
    for state, look in LOOK["states"].items():
        if look["card"].get("stroke"):
            rules[f"rim-{state}"] = {"stroke": DARK.state[state]}
        if look["card"].get("fill"):
            rules[f"alert-{state}"] = {"fill": DARK.alert[state]}
    for word in (*KINDS, *STATES):
        colour = DARK.kind.get(word) or DARK.state[word]
        rules |= {f"line-{word}": {"stroke": colour}, f"fill-{word}": {"fill": colour}}
    rules["missing"] = {"stroke": DARK.state["waiting"]}
    text = "".join(
        f".dagbook-{name}{{{';'.join(f'{key}:{value}' for key, value in rule.items())}}}"
        for name, rule in rules.items()
    )
    return f"<style>@media (prefers-color-scheme:dark){{{text}}}</style>"
