"""The baseline beside a module says what its samples' values are like, for later runs to be held against."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.session.session import Session
from kernel_magics.export.module.checksum import BLANK, seal_whole


def baseline_path(module: Path) -> Path:
    """Where the baseline of a module stands."""
    return module.with_suffix(".baseline.json")


def baseline_text(session: Session, changing: Collection[str]) -> str:
    """The baseline of a session's values.

    Args:
        changing: functions whose values are others each time; they and what reads them have no baseline.
    """
    from kernel_magics.quality.baseline import baseline_text as make_text  # noqa: PLC0415  # needs pandas

    graph = session.graph
    none: frozenset[str] = frozenset()
    values = {name: memo.value for name, memo in session.memos.items() if memo.error is None}
    changed = [node.name for node in graph if node.function in changing]
    below = closure(changed, lambda name: sorted(graph.readers.get(name, none)))
    text = make_text(graph, values, {*changed, *below})
    return seal_whole(text.replace("{\n", f'{{\n"hash": "{BLANK}",\n', 1))
