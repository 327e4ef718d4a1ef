"""A source says where a value comes from, a sink where one goes: files, a query, a table of a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from kernel_magics.engine.values.value import MISSING

Mode = Literal["replace-partition", "append", "replace"]
_BRACES: Final = re.compile(r"\{([A-Za-z_]\w*)\}")
_COLONS: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<![:\w]):([A-Za-z_]\w*)(?!:)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from; exactly one of path, sql, table, feast and value is given.

    Attributes:
        path: a file, a folder or a pattern; `{name}` stands for a param.
        sql: a query; `:name` stands for a param.
        table: a whole table.
        url: of the database of sql or table, or a reference to it.
        feast: a Feast repository, whose features in `view` are read for the rows of a file.
        view: a batch feature view.
        rows: the file, with the keys of the entities.
        time: its column that says at which time the features of a row must have been known.
        python: the interpreter that has Feast, or a reference to it.
        value: the value itself.
        empty: whether no rows are no error.
    """

    path: str = ""
    sql: str = ""
    table: str = ""
    url: str = ""
    feast: str = ""
    view: str = ""
    rows: str = ""
    time: str = ""
    python: str = ""
    value: Any = MISSING
    empty: bool = False

    @property
    def label(self) -> str:
        """What it is, without any secret."""
        if self.value is not MISSING:
            return "a value"
        if self.path:
            return self.path
        if self.feast:
            return f"feature view {self.view} ({self.feast})"
        return f"{' '.join(self.sql.split()) or self.table} ({shown(self.url)})"

    def facts(self) -> dict[str, Any]:
        """What it says, as plain values that are the same in every process."""
        value = {} if self.value is MISSING else {"value": self.value}
        names = ("feast", "view", "rows", "time") if self.feast else ("path", "sql", "table", "url")
        return {**{name: getattr(self, name) for name in names}, **value}

    def names(self) -> set[str]:
        """The params that it needs."""
        return names_in(self.path + self.rows) | parameters(self.sql)

    def filled(self, values: Mapping[str, object]) -> Source:
        """The source with the params in its paths filled in."""
        return replace(self, path=fill(self.path, values), rows=fill(self.rows, values))


@dataclass(frozen=True, slots=True)
class Sink:
    """Where values go.

    Attributes:
        path: a file, or a folder where it ends with `/`.
        table: of a database.
        url: of the database, or a reference to it.
        mode: what becomes of rows that are there.
        partition: the column that holds the day; "" for the name of the day's param.
        time: of a file, the column that says when each row is known; the index becomes columns, too.
    """

    path: str = ""
    table: str = ""
    url: str = ""
    mode: Mode = "replace-partition"
    partition: str = ""
    time: str = ""

    @property
    def label(self) -> str:
        """What it is, without any secret."""
        return self.path or f"table {self.table} ({shown(self.url)}), {self.mode}"

    def names(self) -> set[str]:
        """The params that it needs."""
        return names_in(self.path)

    def filled(self, values: Mapping[str, object]) -> Sink:
        """The sink with the params in its path filled in."""
        return replace(self, path=fill(self.path, values))


def shown(url: str) -> str:
    """A URL or reference as it may be shown: without password and query."""
    if url.startswith(("env:", "file:")):
        return url
    return re.sub(r"//[^/@\s]*@", "//", url.partition("?")[0])


def names_in(text: str) -> set[str]:
    """The names in braces in a text."""
    return set(_BRACES.findall(text))


def fill(text: str, values: Mapping[str, object]) -> str:
    """A text with names in braces replaced by their values.

    Raises:
        KeyError: a name has no value.
    """
    return _BRACES.sub(lambda found: str(values[found[1]]), text)


def parameters(query: str) -> set[str]:
    """The params of a query, `:name`; not those in its texts and comments, and no casts `::`."""
    return {found[1] for found in _COLONS.finditer(query) if found[1]}


def escaped(query: str) -> str:
    """A query for SQLAlchemy, to which a colon in a text or comment would be a param."""
    return _COLONS.sub(lambda found: found[0] if found[1] else found[0].replace(":", "\\:"), query)


def with_marks(query: str, mark: Callable[[str], str]) -> str:
    """A query with another sign for each of its params."""
    return _COLONS.sub(lambda found: mark(found[1]) if found[1] else found[0], query)
