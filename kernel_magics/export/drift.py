"""Drift is how the exported files differ from what the notebook would export now."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.rows import written_out
from kernel_magics.engine.source.tree import Function
from kernel_magics.export.layout import RUNTIME
from kernel_magics.export.module.checksum import read_parts

_RECORDS: Final = {".natures": "other natures", ".schema": "other types", ".baseline": "another profile"}
"""What differs in a file of records, by the part of its name before `.json`."""


def drift(files: Mapping[Path, str], module: Path) -> str:
    """A readable difference that names the nodes; "" when the files are up to date."""
    parts: list[str] = []
    for path, text in files.items():
        old = _read(path)
        if old == text:
            continue
        shown = os.path.relpath(path)
        if old is None:
            parts.append(f"{shown} does not exist.")
        elif path.suffix == ".json":
            parts.append(f"{shown}: {_RECORDS.get(Path(path.stem).suffix, 'other recorded examples')}.")
        elif path.stem == RUNTIME:
            parts.append(f"{shown}: of another version of Dagbook.")
        else:
            named = changed_functions(old, text) if path == module else ""
            rows = difflib.unified_diff(
                old.splitlines(), text.splitlines(), shown, f"{shown} (exported now)", lineterm=""
            )
            parts += [f"{shown}: {named or 'differs'}.", *_by_hand(old, shown), *rows]
    return "\n".join(parts)


def _by_hand(old: str, shown: str) -> list[str]:
    """A line that lists what a person edited since the export."""
    try:
        edited = read_parts(old).edited
    except (SyntaxError, ValueError):
        return []
    cells = ", ".join(part.cell or part.place for part in edited)
    hint = f"`dagbook import {shown} --into NB` brings that into the notebook"
    return [f"edited since the export: {cells}; {hint}."] if edited else []


def changed_functions(old: str, new: str) -> str:
    """`changed: a, b; added: c; removed: d`, for two texts of a module."""
    before, after = _functions(old), _functions(new)
    groups = {
        "changed": [name for name in after if name in before and before[name] != after[name]],
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in groups.items() if names)


def _functions(text: str) -> dict[str, str]:
    try:
        found = written_out(blocks(text))
    except SyntaxError:
        return {}
    return {block.node.name: block.code for block in found if isinstance(block.node, Function)}


def _read(path: Path) -> str | None:
    try:
        return ordinary.read_text(path)
    except (OSError, UnicodeDecodeError):
        return None
