"""A style gives nodes of a picture a rim in a colour of your own, by selection or by a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from kernel_magics.engine.errors import UsageError
from kernel_magics.view.links import Node, View
from kernel_magics.view.select import selected

Style = Mapping[str, str] | Callable[[Node], str | None]
"""Colours by selection (`{"tag:owner=ads": "teal"}`), or a function from a node of the view to a colour."""

_COLOUR = re.compile(r"[A-Za-z]+|#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


def styled(view: View, style: Style | None) -> View:
    """The view with these colours at its nodes; of several selections, the last one counts.

    Raises:
        UsageError: DB002 for what is no colour, DB308 for a name that does not exist.
    """
    if not style:
        return view
    colours = dict(_by_function(view, style) if callable(style) else _by_selection(view, style))
    return {**view, "nodes": [{**node, "colour": colours.get(node["name"])} for node in view["nodes"]]}


def _by_function(view: View, style: Callable[[Node], str | None]) -> Iterator[tuple[str, str]]:
    for node in view["nodes"]:
        colour = style(node)
        if colour is not None:
            yield node["name"], _checked(colour)


def _by_selection(view: View, style: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for selection, colour in style.items():
        for name in sorted(selected(view, selection)):
            yield name, _checked(colour)


def _checked(colour: object) -> str:
    if isinstance(colour, str) and _COLOUR.fullmatch(colour):
        return colour
    raise UsageError("DB002", f"{colour!r} is no colour.", hint="write a name such as teal, or #0f766e.")
