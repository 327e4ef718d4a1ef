"""Rewriting changes some cells of a notebook's file and leaves every other character unchanged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_magics.import_.draft import DraftCell
from kernel_magics.notebook.write import as_text, expect_writable, source_rows


def rewrite(
    text: str,
    path: Path,
    ids: Sequence[str],
    changes: Mapping[str, str],
    added: Mapping[str, Sequence[DraftCell]],
) -> str:
    """The notebook's file with other cell sources; outputs, metadata and formatting are kept.

    Args:
        path: of the file, for messages.
        ids: identity of each cell of the file, in order.
        changes: new source by id.
        added: new cells after the cell of that id; "" for the beginning.

    Raises:
        SourceError: DB402 for a file of an older format.
    """
    data = json.loads(text)
    expect_writable(data, path)
    write = _layout(text, data)
    cells: list[Any] = [cell.record() for cell in added.get("", ())]
    for id, cell in zip(ids, data["cells"], strict=True):
        if id in changes:
            cell["source"] = _like(cell["source"], changes[id])
        cells.append(cell)
        cells += [_record(each, data) for each in added.get(id, ())]
    data["cells"] = cells
    return write(data)


def _record(cell: DraftCell, data: Mapping[str, Any]) -> dict[str, Any]:
    record = cell.record()
    if (data["nbformat"], data.get("nbformat_minor", 0)) < (4, 5):
        del record["id"]
    return record


def _like(old: object, new: str) -> object:
    """A source as text or as a list of lines, like the old one."""
    return new if isinstance(old, str) else source_rows(new)


def _layout(text: str, data: Any) -> Callable[[Any], str]:
    """A function that formats JSON like the file."""
    for indent, ascii, end in itertools.product((1, None, 2, 4, "\t"), (False, True), ("\n", "")):
        for separators in (None, (",", ":")) if indent is None else (None,):

            def write(
                value: Any,
                indent: Any = indent,
                ascii: bool = ascii,
                end: str = end,
                separators: Any = separators,
            ) -> str:
                return json.dumps(value, indent=indent, ensure_ascii=ascii, separators=separators) + end

            if write(data) == text:
                return write
    return as_text
