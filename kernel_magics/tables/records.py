"""Records are JSON files of tables: a list of rows, a row on each line, or what pandas writes by itself."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat, takewhile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.tables.cells import Misfit, column_of, dump, is_gap, texts
from kernel_magics.tables.files import take
from kernel_magics.tables.schema import Column

_ROWS: Final = 50_000  # that are written at once
_LABEL: Final = re.compile(r"index|level_\d+")
"""Names under which an index without a name is written."""
_NUMBERS: Final = re.compile(r"range|u?int\d+|bool|U?Int\d+|boolean")


class Records:
    """A table as JSON has it.

    Args:
        data: what a JSON file of a table holds.

    Attributes:
        names: of its columns; None for the rows' labels.
        index: how many columns the file says to be its index.
    """

    def __init__(self, data: Any) -> None:
        self._columns, self.index = columns_of(data)
        self._rows = len(self._columns[0][1]) if self._columns else len(data)
        self.names: list[str | None] = [name for name, _ in self._columns]

    def read(self, picks: Mapping[int, Column]) -> dict[int, pd.Series[Any]]:
        """The columns at these places, as JSON has their cells."""
        if not picks:
            return {-1: pd.Series(np.zeros(self._rows))}
        return {
            place: _series(
                map(_dumped, self._columns[place][1]) if kind.cells == "json" else self._columns[place][1]
            )
            for place, kind in picks.items()
        }

    @property
    def is_blank(self) -> bool:
        """Whether there are no rows, so that nothing says which columns they have."""
        return not self.names and not self._rows

    def guess(self) -> pd.DataFrame:
        """The table with the types that its cells have."""
        labelled = bool(self.names) and self.names[0] is None
        made = pd.DataFrame(dict(self._columns[1 if labelled else 0 :]))
        if labelled:
            made.index = pd.Index(self._columns[0][1])
        return made


def load(path: Path, lines: bool) -> Any:
    """What a JSON file holds; of a file of lines a list.

    Raises:
        ValueError: it is no JSON.
    """
    text = take(path).decode("utf-8-sig")
    if not lines:
        return json.loads(text)
    return json.loads(f"[{','.join(line for line in text.split(chr(10)) if line.strip())}]")


def columns_of(data: Any) -> tuple[list[tuple[str | None, list[Any]]], int]:
    """The columns of a table, and how many of them are its index.

    Raises:
        ValueError: the data is no table.
    """
    if isinstance(data, list):
        if data and not all(isinstance(row, dict) for row in data):
            return [("0", data)], 0
        names = list(dict.fromkeys(name for row in data for name in row))
        levels = sum(1 for _ in takewhile(_LABEL.fullmatch, names))
        return [(name, [row.get(name) for row in data]) for name in names], levels
    if isinstance(data, dict) and data.keys() >= {"columns", "index", "data"}:
        rows = data["data"]
        if data["columns"] and rows and not isinstance(rows[0], list):
            rows = [[cell] for cell in rows]
        columns = [(str(name), [row[place] for row in rows]) for place, name in enumerate(data["columns"])]
        return [(None, data["index"]), *columns], 1
    if isinstance(data, dict) and data.keys() >= {"schema", "data"}:
        return columns_of(data["data"])
    if isinstance(data, dict) and data:
        kinds = {type(member) for member in data.values()}
        if kinds == {list}:
            return list(data.items()), 0
        if kinds == {dict}:
            labels = list(dict.fromkeys(label for member in data.values() for label in member))
            columns = [(name, [member.get(label) for label in labels]) for name, member in data.items()]
            return [(None, labels), *columns], 1
        if not kinds & {list, dict}:
            return [(None, list(data)), ("0", list(data.values()))], 1
    raise ValueError("it is no table")


def _dumped(cell: Any) -> str | None:
    return None if cell is None else dump(cell)


def _series(cells: Iterable[Any]) -> pd.Series[Any]:
    """The cells, with the type that pandas sees where that loses nothing."""
    cells = list(cells)
    kinds = {type(cell) for cell in cells}
    if len(kinds) == 1 and kinds <= {bool, float, str}:
        return pd.Series(cells)
    if kinds == {int} and all(-(2**63) <= cell < 2**63 for cell in cells):
        return pd.Series(cells, dtype="int64")
    made = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        made[place] = cell
    return pd.Series(made, dtype=object)


def write(frame: pd.DataFrame, path: Path, lines: bool) -> None:
    """Write a frame as rows, the index first unless it only numbers them.

    Raises:
        Misfit: objects that no text can say.
    """
    parts = [] if _is_numbered(frame.index) else _levels(frame)
    parts += [(str(label), column) for label, column in frame.items()]
    names = [name for name, _ in parts]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise Misfit(f"a level of the index and a column are called '{twice}'")
    columns = [_cells(values, column_of(values)) for _, values in parts]
    write_rows(path, names, columns, len(frame), lines)


def write_rows(
    path: Path, names: Sequence[str], columns: Sequence[Iterable[Any]], rows: int, lines: bool
) -> None:
    """Write columns of JSON as a list of rows, or as a row on each line."""
    opened: Any = gzip.GzipFile(path, "wb", mtime=0) if path.suffix == ".gz" else path.open("wb")
    cells: Iterator[Sequence[Any]] = zip(*columns, strict=True) if columns else repeat((), rows)
    gap = "\n" if lines else ",\n"
    with opened as file:
        file.write(b"" if lines else b"[")
        for start in range(0, rows, _ROWS):
            made = [
                json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
                for row in islice(cells, _ROWS)
            ]
            file.write(((gap if start else "") + gap.join(made)).encode())
        file.write(b"\n" if lines else b"]\n")


def _is_numbered(index: pd.Index[Any]) -> bool:
    return isinstance(index, pd.RangeIndex) and index.name is None and (index.start, index.step) == (0, 1)


def _levels(frame: pd.DataFrame) -> list[tuple[str, Any]]:
    index = frame.index
    if index.nlevels == 1:
        blank = "index" if "index" not in map(str, frame.columns) else "level_0"
        return [(blank if index.name is None else str(index.name), index)]
    names = [f"level_{place}" if name is None else str(name) for place, name in enumerate(index.names)]
    return [(name, index.get_level_values(place)) for place, name in enumerate(names)]


def _cells(values: Any, column: Column) -> Iterator[Any]:
    """The members as JSON has them; what JSON has not, as texts."""
    if column.dtype.startswith("float") or column.dtype.startswith("Float"):
        for cell in values:
            number = None if is_gap(cell) else float(str(cell))
            yield str(number) if number in (np.inf, -np.inf) else number
    elif _NUMBERS.fullmatch(column.dtype):
        for cell in values:
            yield None if is_gap(cell) else cell.item() if isinstance(cell, np.generic) else cell
    elif column.dtype == "object" and column.cells in ("json", "bool", "int"):
        for cell in values:
            yield None if is_gap(cell) else cell
    else:
        yield from texts(values, column)
