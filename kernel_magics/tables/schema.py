"""A schema says what a table's files must hold: columns, types and index as a sample has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from kernel_magics.tables.files import optional
from kernel_magics.tables.problem import problem

VERSION: Final = 1
ADAPTERS: Final = {"pandas": "pandas_", "numpy": "pandas_", "polars": "polars_", "pyarrow": "arrow_"}
"""The module that knows the tables of a library."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a level of an index.

    Attributes:
        name: its label as files write it; None for a series or a level without a name.
        dtype: the name of its type in its library; "" for one that no text can say.
        gap: what a missing value is in the sample: "None", "nan", "NA" or "NaT"; "" where it has none.
        empty: for texts: there are empty ones.
        words: for texts: there are some that stand for a gap elsewhere, such as "NA".
        cells: for objects: what each of them is, such as "date"; "" for what no file can say.
        members: for categories: these, as texts; for the labels of columns: these.
        of: the type of the members.
        ordered: for categories.
        freq: of an index of moments.
    """

    name: Any = None
    dtype: str = ""
    gap: str = ""
    empty: bool = False
    words: bool = False
    cells: str = ""
    members: tuple[str | None, ...] = ()
    of: Column | None = None
    ordered: bool = False
    freq: str = ""

    def to_json(self) -> dict[str, Any]:
        """Everything that differs from the default."""
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value != item.default:
                found[item.name] = value.to_json() if isinstance(value, Column) else value
        if "members" in found:
            found["members"] = list(self.members)
        return found

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Column:
        """The column of a record that `to_json` made."""
        found = dict(record)
        if "members" in found:
            found["members"] = tuple(found["members"])
        if found.get("of") is not None:
            found["of"] = cls.from_json(found["of"])
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a table's files must hold.

    Attributes:
        kind: library and class of the value, such as "pandas.DataFrame".
        columns: those of a frame; the only one of a series or an array; None where they are not known.
        index: its levels; () for rows that are numbered.
        header: levels of the columns' labels where these are no plain texts.
        attrs: what a frame says about itself; the dtype of an array.
    """

    kind: str
    columns: tuple[Column, ...] | None = None
    index: tuple[Column, ...] = ()
    header: tuple[Column, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def library(self) -> str:
        """The library whose value it is."""
        return self.kind.partition(".")[0]

    def to_json(self) -> dict[str, Any]:
        """The schema as JSON, for a package or an envelope."""
        found: dict[str, Any] = {"kind": self.kind}
        for name in ("columns", "index", "header"):
            columns = getattr(self, name)
            if columns:
                found[name] = [column.to_json() for column in columns]
        if self.columns == ():
            found["columns"] = []
        return {**found, "attrs": dict(self.attrs)} if self.attrs else found

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Schema:
        """The schema of a record that `to_json` made."""
        parts = {
            name: tuple(map(Column.from_json, record[name]))
            for name in ("columns", "index", "header")
            if name in record
        }
        return cls(record["kind"], **parts, attrs=record.get("attrs", {}))


def schemas_text(schemas: Mapping[str, Schema]) -> str:
    """The schemas of inputs as a JSON file, a line for each column."""
    inputs = ",\n".join(
        f" {json.dumps(name)}: {_block(schema.to_json())}" for name, schema in schemas.items()
    )
    return f'{{\n"version": {VERSION},\n"inputs": {{\n{inputs}\n}}\n}}\n'


def _block(record: Mapping[str, Any]) -> str:
    gap = ",\n  "
    parts = [
        f"{json.dumps(key)}: [\n  {gap.join(map(_dumped, value))}]"
        if isinstance(value, list)
        else f"{json.dumps(key)}: {_dumped(value)}"
        for key, value in record.items()
    ]
    return f"{{{', '.join(parts)}}}"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_schemas(text: str) -> dict[str, Schema]:
    """The schemas of a file that `schemas_text` made; none of an empty text.

    Raises:
        Exception: the problem DB407 when it is damaged.
    """
    try:
        data: Any = json.loads(text) if text else {"version": VERSION, "inputs": {}}
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']} is not known here")
        return {name: Schema.from_json(record) for name, record in data["inputs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise problem("DB407", f"the schema of the inputs is damaged: {error}.", "export again.") from None


def adapter(library: str) -> Any:
    """The module that makes schemas of a library's tables, reads and writes them.

    Raises:
        Exception: the problem DB003 where the library is not installed.
    """
    optional(library, f"values of {library}")
    return optional(f"{__name__.rpartition('.')[0]}.{ADAPTERS[library]}", f"values of {library}")


def schema_of(value: object) -> Schema | None:
    """The schema of a table, of whatever library; None for a value that is none."""
    if not is_table(value):
        return None
    found: Schema = adapter(_library(value)).schema_of(value)
    return found


def is_table(value: object) -> bool:
    """Whether a value is a frame, a series, an index, or an array of one or two dimensions."""
    library = _library(value)
    return library in ADAPTERS and bool(adapter(library).is_table(value))


def _library(value: object) -> str:
    return type(value).__module__.partition(".")[0]
