"""Matching finds, for every column and level of a schema, the column of a file that holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from kernel_magics.tables.plural import plural
from kernel_magics.tables.schema import Column, Schema

_UNNAMED = re.compile(r"|Unnamed: \d+|__index_level_\d+__")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Match:
    """Where a file holds what a schema asks for.

    Attributes:
        levels: place in the file of each level of the index; -1 for one that only numbers the rows.
        columns: place of each column.
        numbers: place of an index that the schema does not name: the numbers of the rows; -1 for none.
        extra: names of columns that the schema does not have.
        missing: what the file lacks, each with a word on what else there is.
    """

    levels: tuple[int, ...]
    columns: tuple[int, ...]
    numbers: int
    extra: tuple[str, ...]
    missing: tuple[str, ...]


def match(
    schema: Schema, names: Sequence[str | None], index: int, name: str, shown: Callable[[Column], str]
) -> Match:
    """Find columns by their names; levels and series without a name by their place.

    Args:
        names: of the file's columns, None for one without a name.
        index: how many of them, from the first, the file says to be its index.
        name: of the input, under which a series may stand, too.
        shown: the type of a column as a person reads it.
    """
    file = _File(names, index, name, shown)
    columns = schema.columns or ()
    series = schema.kind.endswith(("Series", "Index", "array", "Array"))
    twice = {level.name for level in schema.index} & {column.name for column in columns}
    levels = [-1 if level.name is None else file.named(level, level.name in twice) for level in schema.index]
    places = [] if series or schema.kind == "numpy.matrix" else [file.named(each, False) for each in columns]
    values = len(columns) - len(places)  # columns that go by their place
    for number, level in enumerate(schema.index):
        if level.name is None:
            levels[number] = file.unnamed(level, values)
    if series and columns:
        places = [file.only(columns[0], not schema.index)]
    elif values:
        places = file.all(values)
    numbers = -1 if schema.index else file.numbers()
    extra = tuple(each for place in file.free if (each := names[place]))
    return Match(tuple(levels), tuple(places), numbers, extra, tuple(file.missing))


class _File:
    """The columns of a file that nothing was found in yet.

    Attributes:
        free: their places.
        missing: what was not found.
    """

    def __init__(
        self, names: Sequence[str | None], index: int, name: str, shown: Callable[[Column], str]
    ) -> None:
        self._names, self._index, self._name, self._shown = names, index, name, shown
        self.free = list(range(len(names)))
        self.missing: list[str] = []

    def named(self, column: Column, first: bool) -> int:
        """The place of a column with this name; a level stands before a column that shares it."""
        found = [place for place in self.free if self._names[place] == str(column.name)]
        if len(found) > 1 and not first:
            self.missing.append(f"column '{column.name}' is there {len(found)} times")
            return -1
        return self._taken(found[0]) if found else self._lacks(column, str(column.name))

    def unnamed(self, level: Column, values: int) -> int:
        """The place of a level without a name: one without a name, or else the first that is left."""
        blank = self._blank()
        if not blank and len(self.free) > values:
            blank = self.free
        if not blank and level.dtype != "range":
            numbers = level.dtype == "int64"  # of rows that were chosen from a table, as a rule
            hint = "; end the sample with .reset_index(drop=True) if it only numbers rows" if numbers else ""
            self.missing.append(f"the index ({self._shown(level)}) is missing{hint}")
        return self._taken(blank[0]) if blank else -1

    def only(self, column: Column, numbered: bool) -> int:
        """The place of a series: under its own name, that of the input, or the only column that is left."""
        for wanted in (column.name, self._name):
            found = [place for place in self.free if wanted is not None and self._names[place] == str(wanted)]
            if found:
                return self._taken(found[0])
        blank = self._blank() if numbered else []
        left = [place for place in self.free if place not in blank] or self.free
        if len(left) == 1 and (column.name is None or self._names[left[0]] in (None, "0")):
            return self._taken(left[0])
        return self._lacks(column, self._name if column.name is None else str(column.name))

    def all(self, count: int) -> list[int]:
        """The places of the columns of a matrix: all but the numbers of the rows."""
        blank = self._blank()[:1] if len(self.free) > count else []
        left = [place for place in self.free if place not in blank]
        if len(left) != count:
            self.missing.append(f"it must have {plural(count, 'column')}, and has {len(left)}")
        return [self._taken(place) for place in left]

    def numbers(self) -> int:
        """The place of the rows' numbers."""
        return self._taken(blank[0]) if (blank := self._blank()) else -1

    def _blank(self) -> list[int]:
        """Columns without a name, and those that the file says to be its index."""
        return [
            place
            for place in self.free
            if place < self._index or _UNNAMED.fullmatch(self._names[place] or "") is not None
        ]

    def _taken(self, place: int) -> int:
        self.free.remove(place)
        return place

    def _lacks(self, column: Column, wanted: str) -> int:
        names = [name for name in self._names if name]
        listed = ", ".join(f"'{name}'" for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        close = get_close_matches(wanted, names, n=1, cutoff=0.6)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        kind = self._shown(column)
        self.missing.append(f"column '{wanted}' ({kind}) is missing{hint}: the file has {listed or 'none'}")
        return -1
