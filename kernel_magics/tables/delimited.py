"""Delimited files are csv and tsv: every cell is a text, and only the schema knows its type."""

from __future__ import annotations

import csv
import gzip
import io
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.tables.cells import GAP_WORDS, column_of, dtype_text, texts
from kernel_magics.tables.files import put, take
from kernel_magics.tables.schema import Column

_EXACT: Final[dict[str, Any]] = (
    {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
)
"""Older versions of pandas round floats unless they are told not to."""
_WORDS: Final = ["", *sorted(GAP_WORDS)]
_DIRECT: Final = re.compile(r"u?int\d+|float(?:32|64)|bool|U?Int\d+|Float\d+|boolean|str|string")
_AS_TEXT: Final = ("object", "complex", "interval", "Sparse", "arrow:", "timedelta", "period")
_NUMBERS: Final = re.compile(r"^(u?int|U?Int|float|Float)\d+$")
_WIDEST: Final = {
    "int": "int64",
    "uint": "int64",
    "Int": "Int64",
    "UInt": "Int64",
    "float": "float64",
    "Float": "Float64",
}
_FIELD: Final = re.compile(rb'"(?<![^,\t\n\r]")(?:[^"]|"")*"')
"""A quoted text; a pattern that begins with the quote itself is searched for in half the time."""


class Delimited:
    """A file to read.

    Attributes:
        names: of its columns; None for one whose name is empty.
        index: how many columns the file says to be its index: it says none.
    """

    index = 0

    def __init__(self, path: Path, sign: str) -> None:
        self._path, self._sign = path, sign
        with _opened(path) as file:
            header = next(csv.reader(file, delimiter=sign), [])
        self.names: list[str | None] = [name or None for name in header]
        if not header:
            raise ValueError("it is empty")

    def read(self, picks: Mapping[int, Column]) -> dict[int, pd.Series[Any]]:
        """The columns at these places, as nearly of the wanted types as pandas reads them."""
        places = sorted(picks)
        if not places:
            rows = len(self._table([0], dtype={0: "str"}))
            return {-1: pd.Series(np.zeros(rows))}
        mark = uuid.uuid4().hex if any(_has_both(column) for column in picks.values()) else ""
        source = self._marked(mark) if mark else self._path
        gaps = {place: _gap_words(column, mark) for place, column in picks.items()}
        dates = [
            place
            for place, column in picks.items()
            if column.dtype.startswith("datetime64") and "," not in column.dtype
        ]
        direct = {place: _direct(column) for place, column in picks.items() if place not in dates}
        options: dict[str, Any] = {"na_values": gaps, "keep_default_na": False}
        try:
            frame = self._table(
                places, source, dtype=direct, parse_dates=dates, date_format="ISO8601", **options
            )
        except (
            ValueError,
            OverflowError,
            TypeError,
        ):  # some cells are of another type: which, the texts tell
            if mark:
                source = self._marked(mark)
            frame = self._table(places, source, dtype="str", **options)
        found = {place: frame[place] for place in places}
        for place, column in picks.items():
            if mark and (_is_text(column) or column.dtype == "category"):
                found[place] = found[place].astype("str").replace(mark, "")
        return found

    def guess(self) -> pd.DataFrame:
        """The table as pandas reads it, without a sample: a first column without a name is the index."""
        frame: pd.DataFrame = pd.read_csv(self._path, sep=self._sign, **_EXACT)
        if len(frame.columns) and self.names[0] is None:
            frame = frame.set_index(frame.columns[0]).rename_axis(None)
        return frame

    def _table(self, places: list[int], source: Any = None, **options: Any) -> pd.DataFrame:
        if len(places) < len(self.names):
            options["usecols"] = places
        source = self._path if source is None else source
        names = list(range(len(self.names)))
        frame: pd.DataFrame = pd.read_csv(
            source, sep=self._sign, header=0, names=names, index_col=False, **options, **_EXACT
        )
        return frame

    def _marked(self, mark: str) -> io.BytesIO:
        """The file with a mark in place of every quoted text that is empty, which is no gap."""
        data = take(self._path)
        if b'""' in data:
            data = _FIELD.sub(lambda found: mark.encode() if found[0] == b'""' else found[0], data)
        return io.BytesIO(data)


def _opened(path: Path) -> Any:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _has_both(column: Column) -> bool:
    """Whether empty texts must be told from gaps."""
    return column.empty and (bool(column.gap) or column.dtype == "category")


def _gap_words(column: Column, mark: str) -> list[str]:
    """The texts that are gaps in a column."""
    if not _is_text(column) and column.dtype != "category":
        return _WORDS
    if column.dtype == "category":
        return ["", *(word for word in GAP_WORDS if word not in column.members)]
    if column.empty:
        return [""] if column.gap else []
    return _WORDS if column.gap and not column.words else [""]


def _is_text(column: Column) -> bool:
    return (
        column.dtype.startswith("str")
        or column.cells in ("str", "json")
        or (column.dtype == "object" and not column.cells)
    )


def _direct(column: Column) -> Any:
    """The type that pandas reads a column as; a text where cells must be looked at one by one."""
    if column.dtype == "range":
        return "int64"
    if not _DIRECT.fullmatch(column.dtype):
        return "str"
    # pandas makes a number that is too large for the type another one (before 3.1) or infinite: `fit` looks
    return _NUMBERS.sub(lambda found: _WIDEST[found[1]], column.dtype)


def write(frame: pd.DataFrame, path: Path, sign: str) -> None:
    """Write a frame, the index first.

    Raises:
        Misfit: objects that no text can say.
    """
    mark = uuid.uuid4().hex
    given = [frame.iloc[:, place] for place in range(len(frame.columns))]
    labels = [frame.index.get_level_values(place) for place in range(frame.index.nlevels)]
    columns, levels = (
        [_written(column, mark) for column in given],
        [_written(level, mark) for level in labels],
    )
    table = pd.DataFrame(dict(enumerate(columns)), index=frame.index, copy=False)
    if any(new is not old for new, old in zip(levels, labels, strict=True)):
        plain = [pd.Index(level, dtype=object) if isinstance(level, list) else level for level in levels]
        table.index = pd.MultiIndex.from_arrays(plain) if len(plain) > 1 else plain[0]
        table.index.names = frame.index.names
    packing: Any = {"method": "gzip", "mtime": 0} if path.suffix.lower() == ".gz" else None
    table.to_csv(path, sep=sign, header=list(map(str, frame.columns)), compression=packing)
    pairs = zip((*columns, *levels), (*given, *labels), strict=True)
    if any(mark in new if isinstance(new, list) else new is not old for new, old in pairs):
        _unmark(path, mark)


def _written(values: Any, mark: str) -> Any:
    """The values as pandas writes them, or their texts, with a mark for empty ones, which are no gaps."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        members = values.dtype.categories
        if isinstance(members.dtype, pd.StringDtype):
            named = values.cat if isinstance(values, pd.Series) else values
            return named.rename_categories({"": mark}) if "" in members else values
    elif isinstance(values.dtype, pd.StringDtype):
        return _marked_texts(values, mark)
    elif not dtype_text(values.dtype).startswith(_AS_TEXT):
        return values
    column = column_of(values)
    if column.cells == "str":
        return _marked_texts(values, mark)
    return [mark if text == "" else text for text in texts(values, column)]


def _marked_texts(values: Any, mark: str) -> Any:
    empty = np.asarray(values.isin([""]))
    return values.where(~empty, mark) if empty.any() else values


def _unmark(path: Path, mark: str) -> None:
    """Replace marks by quoted empty texts."""
    put(path, take(path).replace(mark.encode(), b'""'))
