"""A mark is a small sign for a kind, a state or a verdict, told apart by shape as well as by colour."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme; `fills`, `strokes` and `signs` are by kind."""

    text: str
    muted: str
    edge: str
    missing: str
    failed_fill: str
    fills: Mapping[str, str]
    strokes: Mapping[str, str]
    signs: Mapping[str, str]


LIGHT = Palette(
    text="#0f172a",
    muted="#5b6879",
    edge="#94a3b8",
    missing="#c2700a",
    failed_fill="#fef2f2",
    fills={"input": "#eff6ff", "param": "#f5f3ff", "value": "#ffffff", "check": "#f8fafc"},
    strokes={"input": "#7fb0f7", "param": "#b3a1f5", "value": "#b6c2d1", "check": "#b6c2d1"},
    signs={"input": "#2563eb", "param": "#7c3aed", "value": "#0f766e", "check": "#64748b"},
)
DARK = Palette(
    text="#e6edf5",
    muted="#9fb0c3",
    edge="#64748b",
    missing="#e0912f",
    failed_fill="#3a1a1f",
    fills={"input": "#14253f", "param": "#251d42", "value": "#1b2635", "check": "#18212e"},
    strokes={"input": "#3f74c4", "param": "#7660c2", "value": "#4b5d74", "check": "#4b5d74"},
    signs={"input": "#6ea8fe", "param": "#b197fc", "value": "#4fd1c0", "check": "#9fb0c3"},
)

GREEN, AMBER, BLUE, RED, GREY = "#16a34a", "#d97706", "#3b82f6", "#dc2626", "#8593a6"
"""Signal colours, readable on both themes."""

KIND_SIGNS = {
    "input": "M2.5 9.5v3.2h11V9.5M8 2.5v7M5 6.8l3 3 3-3",
    "param": "M2.5 5h6.2M12 5h1.5M2.5 11H5M8.3 11h5.2M10.3 3.3v3.4M6.6 9.3v3.4",
    "value": "M11.6 3.2c-2.2-.8-3.2.3-3.6 2.4l-1.1 5.6c-.4 2-1.3 2.6-3 2M4.8 7h5.6",
    "check": "M8 1.8l5 1.8v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4zM5.6 7.9l1.8 1.8 3-3.4",
}
"""Paths on a field of 16 x 16: an arrow into a tray, sliders, an f, a shield."""

_TICK = "M-3.1.2l2.2 2.3 4-4.4"
_CROSS = "M-2.4-2.4l4.8 4.8M2.4-2.4l-4.8 4.8"
_BANG = "M0-3.4v3.9M0 2.9v.2"


def kind_sign(kind: str, x: float, y: float, size: float, colour: str) -> str:
    """The sign of a kind, its top left corner at (x, y)."""
    scale = "" if size == 16 else f" scale({size / 16:g})"
    return (
        f'<path class="dagbook-sign-{kind}" transform="translate({x:g} {y:g}){scale}" d="{KIND_SIGNS[kind]}" '
        f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def state_mark(state: str, x: float, y: float) -> str:
    """The mark of a state, its centre at (x, y): tick, clock, play, cross or dots in a round of its own."""
    at = f'<g transform="translate({x:g} {y:g})" fill="none" stroke-linecap="round" stroke-linejoin="round" '
    if state == "fresh":
        disc = f'<circle r="6" fill="{GREEN}" stroke="none"/>'
        return f'{at}stroke="#fff" stroke-width="1.6">{disc}<path d="{_TICK}"/></g>'
    if state == "stale":
        return f'{at}stroke="{AMBER}" stroke-width="1.6"><circle r="5.4"/><path d="M0-3v3.2l2.2 1.3"/></g>'
    if state == "running":
        return (
            f'{at}stroke="{BLUE}" stroke-width="1.8"><path d="M0-5.4a5.4 5.4 0 1 1-5.4 5.4"/>'
            f'<path d="M-1.3-2l3.2 2-3.2 2z" fill="{BLUE}" stroke-width="1"/></g>'
        )
    if state == "failed":
        disc = f'<circle r="6" fill="{RED}" stroke="none"/>'
        return f'{at}stroke="#fff" stroke-width="1.7">{disc}<path d="{_CROSS}"/></g>'
    return (
        f'{at}stroke="{GREY}" stroke-width="1.5"><circle r="5.4" stroke-dasharray="2.2 2.4"/>'
        f'<path d="M-2.3 0v.01M0 0v.01M2.3 0v.01" stroke-width="1.9"/></g>'
    )


def verdict_mark(found: str, x: float, y: float) -> str:
    """The mark of what a check found, its centre at (x, y): tick, cross or exclamation mark in a square."""
    sign, colour = {"held": (_TICK, GREEN), "failed": (_CROSS, RED), "warned": (_BANG, AMBER)}[found]
    return (
        f'<g transform="translate({x:g} {y:g})">'
        f'<rect x="-6" y="-6" width="12" height="12" rx="3" fill="{colour}"/>'
        f'<path d="{sign}" fill="none" stroke="#fff" stroke-width="1.7" stroke-linecap="round"/></g>'
    )


def style() -> str:
    """Rules that turn the light colours dark where the reader's system is dark; nothing depends on them."""
    rules = [f".dagbook-text{{fill:{DARK.text}}}", f".dagbook-muted{{fill:{DARK.muted}}}"]
    rules += [f".dagbook-edge{{stroke:{DARK.edge}}}", f".dagbook-arrow{{fill:{DARK.edge}}}"]
    for kind in KIND_SIGNS:
        rules.append(f".dagbook-card-{kind}{{fill:{DARK.fills[kind]};stroke:{DARK.strokes[kind]}}}")
        rules.append(f".dagbook-sign-{kind}{{stroke:{DARK.signs[kind]}}}")
    rules.append(f".dagbook-failed{{fill:{DARK.failed_fill};stroke:{RED}}}.dagbook-running{{stroke:{BLUE}}}")
    rules.append(f".dagbook-stale{{stroke:{AMBER}}}")
    rules.append(f".dagbook-missing{{stroke:{DARK.missing}}}.dagbook-missing-text{{fill:{DARK.missing}}}")
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
