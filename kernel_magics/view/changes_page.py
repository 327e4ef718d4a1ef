"""The page of changes: two dataflows as one coloured graph, the verdict in front, changed code below."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from kernel_magics.quality.page import page
from kernel_magics.view.changes import Changes
from kernel_magics.view.svg import to_svg

View = dict[str, Any]
_COLOURS: Final[Mapping[str, str]] = {
    "changed": "var(--warn)",
    "added": "var(--good)",
    "removed": "var(--bad)",
    "downstream": "var(--soft)",
}


def changes_page(title: str, old: View, new: View, changes: Changes) -> str:
    """One HTML file, which loads nothing.

    Args:
        old, new: the static views of the two dataflows.
    """
    renamed = tuple(changes.renamed.values())
    kinds = {
        "changed": (*(item.name for item in changes.changed), *renamed),
        "added": changes.added,
        "removed": changes.removed,
        "downstream": changes.downstream,
    }
    gone = [node for node in old["nodes"] if node["name"] in changes.removed]
    groups = list(dict.fromkeys([*new["groups"], *(node["group"] for node in gone)]))
    both = {**new, "groups": groups, "nodes": [*new["nodes"], *gone]}
    rules = [
        f'[data-name="{name}"] [class*="dagbook-card"] {{ stroke: {_COLOURS[kind]}; stroke-width: 3 }}'
        for kind, names in kinds.items()
        for name in names
    ]
    counts = [
        f'<span style="color:{_COLOURS[kind]}">{len(names)} {kind}</span>'
        for kind, names in kinds.items()
        if names
    ]
    verdict = ", ".join(counts) if changes else "no differences"
    parts = [f'<p class="verdict">{verdict}</p>', f"<style>{' '.join(rules)}</style>", to_svg(both)]
    for item in changes.changed:
        diff = "\n".join(map(_line, item.diff))
        parts.append(f"<h2>{escape(item.name)}: {escape(', '.join(item.what))}</h2><pre>{diff}</pre>")
    parts += [
        f"<p>{escape(before)} is now called {escape(after)}.</p>" for before, after in changes.renamed.items()
    ]
    return page(title, "\n".join(parts))


def _line(text: str) -> str:
    """A line of a diff, in the colour of what it is."""
    kind = {"+": "added", "-": "removed"}.get(text[:1])
    return f'<span style="color:{_COLOURS[kind]}">{escape(text)}</span>' if kind else escape(text)
