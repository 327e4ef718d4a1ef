"""Merging: the whole view after an update, as plain data."""

from collections.abc import Mapping
from typing import Any

View = dict[str, Any]


def merged(view: Mapping[str, Any], update: Mapping[str, Any]) -> View:
    """Return `view` with `update` applied; neither is changed, untouched nodes are shared."""
    removed = set(update.get("removed") or ())
    changed = {node["name"]: node for node in update.get("nodes") or ()}
    nodes = [
        changed.pop(node["name"], node)
        for node in view.get("nodes", ())
        if node["name"] not in removed or node["name"] in changed
    ]
    nodes += changed.values()
    order = update.get("order")
    if order is not None:
        place = {name: at for at, name in enumerate(order)}
        nodes.sort(key=lambda node: place.get(node["name"], len(place)))
    rest = {
        key: value for key, value in update.items() if key not in ("nodes", "removed", "order", "type", "seq")
    }
    return {**view, **rest, "nodes": nodes}
