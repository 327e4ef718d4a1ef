"""A shape describes a value's columns as far as code shows them: their origins, and unchanged ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

ALL: Final = "*"
"""The whole of an input: all of its columns, or the input itself where it has none."""
INDEX: Final = "(index)"

Source = tuple[str, str]
Sources = frozenset[Source]
NOTHING: Final[Sources] = frozenset()


@dataclass(frozen=True)
class Shape:
    """What is known of a value.

    Attributes:
        sources: the origins of a value that is not a frame.
        columns: the columns of a frame that the code names, each with its origins.
        rest: inputs whose other columns are passed through unchanged.
        rows: what determines the rows and their order: filters, keys of groups and joins.
        exact: False when the code has unknown effects on columns.
        frame: False when it is known not to be a frame.
    """

    sources: Sources = NOTHING
    columns: Mapping[str, Sources] = field(default_factory=dict)
    rest: frozenset[str] = frozenset()
    rows: Sources = NOTHING
    exact: bool = True
    frame: bool = False

    def everything(self) -> Sources:
        """All origins of the value, except those of its rows."""
        found = set(self.sources).union(*self.columns.values())
        return frozenset(found | {(name, ALL) for name in self.rest})

    def column(self, name: str) -> Shape:
        """One column of a frame."""
        if name in self.columns:
            sources, exact = self.columns[name], self.exact
        elif self.rest:
            sources = frozenset((each, name) for each in self.rest)
            exact = self.exact and len(self.rest) == 1
        else:
            sources, exact = self.everything(), self.exact and not self.frame
        return Shape(sources, rows=self.rows, exact=exact)

    def only(self, names: Iterable[str]) -> Shape:
        """The frame with these columns."""
        parts = {name: self.column(name) for name in names}
        exact = all(part.exact for part in parts.values())
        columns = {name: part.sources for name, part in parts.items()}
        return Shape(columns=columns, rows=self.rows, exact=exact, frame=True)

    def with_column(self, name: str, value: Shape) -> Shape:
        """The frame with one column written."""
        columns = {**self.columns, name: value.everything()}
        return replace(
            self, columns=columns, rows=self.rows | value.rows, exact=self.exact and value.exact, frame=True
        )

    def without(self, names: Iterable[str]) -> Shape:
        """The frame without columns; if others are passed through, these are known to be missing."""
        gone = set(names)
        return replace(self, columns={key: item for key, item in self.columns.items() if key not in gone})

    def renamed(self, names: Mapping[str, str]) -> Shape:
        """The frame with columns under other names."""
        columns = {names.get(key, key): item for key, item in self.columns.items()}
        for old, new in names.items():
            if old not in self.columns and self.rest:
                columns[new] = self.column(old).sources
        return replace(self, columns=columns)

    def filtered(self, by: Sources) -> Shape:
        """The value with other rows."""
        return replace(self, rows=self.rows | by)

    def plain(self) -> Shape:
        """The value as one column."""
        return Shape(self.everything(), rows=self.rows, exact=self.exact)

    def unsure(self) -> Shape:
        """The value after code with unknown effects."""
        return replace(self.plain(), exact=False)


def joined(shapes: Iterable[Shape]) -> Shape:
    """One column made of several values."""
    parts = list(shapes)
    return Shape(
        NOTHING.union(*(part.everything() for part in parts)),
        rows=NOTHING.union(*(part.rows for part in parts)),
        exact=all(part.exact for part in parts),
    )


def either(first: Shape, second: Shape) -> Shape:
    """What is known after two branches."""
    if first == second:
        return first
    names = dict.fromkeys([*first.columns, *second.columns])
    columns = {name: first.column(name).sources | second.column(name).sources for name in names}
    return Shape(
        first.sources | second.sources,
        columns,
        first.rest | second.rest,
        first.rows | second.rows,
        first.exact and second.exact,
        first.frame or second.frame,
    )
