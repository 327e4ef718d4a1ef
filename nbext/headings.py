"""Headings: the nodes of a view in groups, by the heading that their cells stand below on a page."""

from collections.abc import Iterable
from typing import Any

from kernel_magics.assist import DocumentCell
from kernel_magics.notebook.read import last_heading


def under_headings(view: dict[str, Any], cells: Iterable[DocumentCell]) -> dict[str, Any]:
    """The view with the groups of the page; nodes of cells that are elsewhere keep theirs."""
    groups: dict[str | None, str] = {}
    heading = ""
    for cell in cells:
        if cell.kind == "markdown":
            heading = last_heading(cell.text) or heading
        groups[cell.id] = heading
    nodes = [{**node, "group": groups.get(node["cell_id"], node["group"])} for node in view["nodes"]]
    present = {node["group"] for node in nodes}
    return {
        **view,
        "groups": [group for group in dict.fromkeys(groups.values()) if group in present],
        "nodes": nodes,
    }
