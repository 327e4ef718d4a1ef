"""The baseline beside a module profiles the values of its samples, for comparison with later runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.session.session import Session
from kernel_magics.export.module.checksum import BLANK, write_hash

BASELINE: Final = "baseline.json"
"""The baseline of an envelope, in its folder."""


def baseline_path(module: Path) -> Path:
    """The path of a module's baseline."""
    return module.with_suffix(".baseline.json")


def baseline_text(
    session: Session, changing: Collection[str], hidden: Mapping[str, Collection[str] | None]
) -> str:
    """The baseline of a session's values.

    Args:
        changing: functions with different values in each run; they and all downstream have no baseline.
    """
    from kernel_magics.quality.baseline import baseline_text as make_text  # noqa: PLC0415  # needs pandas

    graph = session.graph
    values = {name: memo.value for name, memo in session.memos.items() if memo.error is None}
    changed = [node.name for node in graph if node.function in changing]
    below = closure(changed, lambda name: sorted(graph.read_by(name)))
    text = make_text(graph, values, {*changed, *below}, hidden)
    return write_hash(text.replace("{\n", f'{{\n"hash": "{BLANK}",\n', 1))
