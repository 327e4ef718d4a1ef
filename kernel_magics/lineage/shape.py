"""A shape describes a value as far as code shows it: the origins of its columns and of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

ALL: Final = "*"
"""The whole of an input: all of its columns, or the input itself where it has none."""
INDEX: Final = "(index)"

Source = tuple[str, str]
Sources = frozenset[Source]
NOTHING: Final[Sources] = frozenset()
Kind = Literal["plain", "frame", "row", "groups"]


@dataclass(frozen=True)
class Known:
    """A literal value: a text, a number, or a list, tuple, dict or range of these."""

    value: object


@dataclass(frozen=True)
class Shape:
    """What is known of a value. An exact value depends on nothing else.

    Attributes:
        sources: the origins of a plain value; for a frame that may be a series instead, those of the series.
        columns: the columns of a frame that the code names, each with its origins.
        rest: inputs whose other columns are passed through unchanged.
        rows: what determines the rows, their order and their labels. All columns depend on it.
        exact: False when the code has unknown effects on columns.
        kind: *plain* (a series, an array, a number: not followed by column), *frame*, *row* (one value for
            each column), *groups* (a frame in groups or windows).
        endings: a column that the code does not name and that has one of these endings may come from a column
            of another name.
        loose: the labels of its rows may depend on its own values.
        series: it has one value for each row.
        mask: it has one condition for each row.
        known: the value itself, if it is a literal.
        items: the parts of a literal list, tuple or dict.
        refs: places of variables that the value may be or may contain; see `scope.py`.
    """

    sources: Sources = NOTHING
    columns: Mapping[str, Sources] = field(default_factory=dict)
    rest: frozenset[str] = frozenset()
    rows: Sources = NOTHING
    exact: bool = True
    kind: Kind = "plain"
    endings: frozenset[str] = frozenset()
    loose: bool = False
    series: bool = False
    mask: bool = False
    known: Known | None = None
    items: Mapping[object, Shape] | None = None
    refs: frozenset[int] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether it is not followed by column."""
        return self.kind == "plain"

    def everything(self) -> Sources:
        """All origins of the value, except those of its rows."""
        found = set(self.sources).union(*self.columns.values())
        return frozenset(found | {(name, ALL) for name in self.rest})

    def whole(self) -> Sources:
        """All origins of the value."""
        return self.everything() | self.rows

    def labels(self) -> Sources:
        """The origins of the labels of its rows."""
        return self.whole() if self.loose else self.rows

    def column(self, name: str) -> Shape:
        """One column of a frame, or of groups, or one value of a row."""
        if name in self.columns:
            return Shape(self.columns[name], rows=self.rows, exact=self.exact, series=self.kind != "row")
        if self.rest and not any(name.endswith(ending) for ending in self.endings):
            sources = frozenset((each, name) for each in self.rest)
            exact = self.exact and len(self.rest) == 1
            return Shape(sources, rows=self.rows, exact=exact, series=self.kind != "row")
        return Shape(self.everything(), rows=self.rows, exact=False)

    def only(self, names: Iterable[str]) -> Shape:
        """The frame with these columns."""
        parts = {name: self.column(name) for name in names}
        exact = self.exact and all(part.exact for part in parts.values())
        columns = {name: part.sources for name, part in parts.items()}
        return Shape(columns=columns, rows=self.rows, exact=exact, kind=self.kind)

    def with_column(self, name: str, value: Shape) -> Shape:
        """The frame with one column written; the first column of an empty frame determines the rows."""
        rows = self.rows if self.columns or self.rest else self.rows | value.labels()
        columns = {**self.columns, name: value.whole()}
        exact = self.exact and value.exact
        return replace(
            self, sources=NOTHING, columns=columns, rows=rows, exact=exact, kind="frame", refs=frozenset()
        )

    def without(self, names: Iterable[str]) -> Shape:
        """The frame without columns; if others are passed through, these are known to be missing."""
        gone = set(names)
        return replace(self, columns={key: item for key, item in self.columns.items() if key not in gone})

    def renamed(self, names: Mapping[str, str]) -> Shape:
        """The frame with columns under other names."""
        columns: dict[str, Sources] = {}
        for key, item in self.columns.items():
            new = names.get(key, key)
            columns[new] = columns.get(new, NOTHING) | item
        exact = self.exact
        for old, new in names.items():
            if old not in self.columns and self.rest:
                column = self.column(old)
                columns[new] = columns.get(new, NOTHING) | column.sources
                exact = exact and column.exact
        return replace(self, columns=columns, exact=exact)

    def by(self, *others: Shape) -> Shape:
        """The value with rows that other values determine."""
        rows = self.rows.union(*(other.whole() for other in others))
        return replace(self, rows=rows, exact=self.exact and all(other.exact for other in others))

    def flat(self) -> Shape:
        """The value as one plain value."""
        return Shape(self.everything(), rows=self.rows, exact=self.exact, loose=True, refs=self.refs)

    def unsure(self) -> Shape:
        """The value after code with unknown effects."""
        return replace(self.flat(), exact=False)

    def value(self) -> Shape:
        """A new value of this shape: not a literal, not that of a variable."""
        return replace(self, known=None, items=None, refs=frozenset())


def joined(shapes: Iterable[Shape]) -> Shape:
    """A plain value made of several values."""
    parts = list(shapes)
    return Shape(
        NOTHING.union(*(part.everything() for part in parts)),
        rows=NOTHING.union(*(part.rows for part in parts)),
        exact=all(part.exact for part in parts),
        loose=any(part.loose for part in parts),
    )


def combined(shapes: Iterable[Shape]) -> Shape:
    """The result of an element-wise operation: frames are combined by column."""
    parts = list(shapes)
    framed = [part for part in parts if not part.plain]
    others = joined(part for part in parts if part.plain)
    others = replace(others, series=any(part.series for part in parts))
    if not framed:
        return others
    alike = all(part.rest == framed[0].rest for part in framed)
    if any(part.kind == "groups" for part in framed) or not (
        alike or not any(part.sources for part in framed)
    ):
        return replace(joined(parts), loose=True)
    names = dict.fromkeys(name for part in framed for name in part.columns)
    found = {name: [part.column(name) for part in framed] for name in names}
    columns = {
        name: others.sources.union(*(item.sources for item in columns)) for name, columns in found.items()
    }
    rest = frozenset[str]().union(*(part.rest for part in framed))
    rows = others.rows.union(*(part.rows for part in framed))
    if rest or others.loose:  # the unnamed columns depend on the other values, too
        rows |= others.sources
    sources = NOTHING.union(*(part.sources for part in framed))
    return Shape(
        sources | others.sources if sources else NOTHING,
        columns,
        rest,
        rows,
        exact=all(part.exact for part in parts) and all(c.exact for cs in found.values() for c in cs),
        kind="row" if all(part.kind == "row" for part in framed) else "frame",
        endings=frozenset[str]().union(*(part.endings for part in framed)),
    )


def either(first: Shape, second: Shape) -> Shape:
    """What is known after two branches."""
    if first == second:
        return first
    refs = first.refs | second.refs
    if first.kind != second.kind:
        return replace(joined([first, second]).unsure(), refs=refs)
    names = dict.fromkeys([*first.columns, *second.columns])
    found = {name: (first.column(name), second.column(name)) for name in names}
    items = None
    if first.items is not None and second.items is not None and [*first.items] == [*second.items]:
        items = {key: either(item, second.items[key]) for key, item in first.items.items()}
    return Shape(
        first.sources | second.sources,
        {name: one.sources | other.sources for name, (one, other) in found.items()},
        first.rest | second.rest,
        first.rows | second.rows,
        first.exact and second.exact,
        first.kind,
        first.endings | second.endings,
        first.loose or second.loose,
        first.series and second.series,
        first.mask and second.mask,
        first.known if first.known == second.known else None,
        items,
        refs,
    )
