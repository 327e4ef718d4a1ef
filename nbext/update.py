"""An update is the difference between two views, as plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

View = dict[str, Any]
Update = dict[str, Any]


def make_update(
    nodes: Sequence[View] = (),
    removed: Sequence[str] = (),
    order: Sequence[str] | None = None,
    **rest: object,
) -> Update:
    """An update of version 1.

    Args:
        nodes: those that are new or changed, whole.
        removed: names of removed nodes.
        order: the names of all nodes in their order; None if unchanged.
        rest: other keys of the view that changed.
    """
    changed = {"nodes": list(nodes), "removed": list(removed), "order": order and list(order)}
    return {"version": 1, **changed, **rest}


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
