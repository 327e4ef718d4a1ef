"""A request gives the inputs of an envelope: as rows where they have common rows, else each by its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from kernel_magics.tables.plain import Unfit, from_json, to_json, type_text
from kernel_magics.tables.problem import problem
from kernel_magics.tables.schema import Schema, is_table
from kernel_magics.tables.values import Expected, read_rows

Kind = Literal["frame", "columns", "values", "inputs"]
_COLUMNS: Final = ("pandas.Series", "numpy.array")


@dataclass(frozen=True, slots=True)
class Form:
    """How requests give inputs.

    Attributes:
        kind: "frame" when rows are those of the only table; "columns" when each input is a column; "values"
            when each row has a plain value for each input, and is computed by itself; "inputs" when inputs
            have rows of their own, and are given by name.
        expected: what each input must be.
    """

    kind: Kind
    expected: Mapping[str, Expected]

    @property
    def tables(self) -> dict[str, Schema]:
        """The schemas of inputs that are tables."""
        return {name: one.schema for name, one in self.expected.items() if one.schema is not None}

    def read(self, rows: Any, beside: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The inputs of each run that a request asks for: one run, or with "values" one for each row.

        Args:
            rows: a frame, or rows as JSON has them; None where all inputs are given by name.
            beside: inputs by name, as JSON has them.

        Raises:
            Exception: the problem DB408 or DB306 where an input is missing or has another type.
        """
        if self.kind == "values" and rows is not None:
            return [self._plain({**row, **beside}, self.expected) for row in _records(rows)]
        given: dict[str, Any] = {}
        if rows is not None and self.kind == "frame":
            ((name, schema),) = self.tables.items()
            given[name] = read_rows(name, rows, schema, _quiet)
        elif rows is not None and self.kind == "columns":
            given |= _columns(self.tables, rows)
        elif rows is not None:
            raise problem("DB306", "this envelope takes no rows.", f"give {_listed(self.expected)} by name.")
        for name, schema in self.tables.items():
            if name in beside:
                given[name] = read_rows(name, beside[name], schema, _quiet)
        plain = {name: one for name, one in self.expected.items() if one.schema is None}
        return [given | self._plain(beside, plain)]

    def _plain(self, values: Mapping[str, Any], expected: Mapping[str, Expected]) -> dict[str, Any]:
        return {
            name: plain_value(name, values[name], one) for name, one in expected.items() if name in values
        }


def plain_value(name: str, value: Any, expected: Expected) -> Any:
    """A value that is no table, as JSON has it, in its type.

    Raises:
        Exception: the problem DB321 where it has another type.
    """
    try:
        return from_json(value, expected.type)
    except Unfit as error:
        reason = f": {error}" if str(error) else ""
        raise problem("DB321", f"'{name}' must be {type_text(expected.type)}{reason}.", "") from None


def form_of(expected: Mapping[str, Expected]) -> Form:
    """The form of requests for these inputs."""
    schemas = {name: one.schema for name, one in expected.items() if one.schema is not None}
    kinds = [schema.kind for schema in schemas.values()]
    if not kinds:
        return Form("values", expected)
    if len(kinds) == 1 and kinds[0] not in _COLUMNS:
        return Form("frame", expected)
    if all(kind in _COLUMNS for kind in kinds) and len({_levels(one) for one in schemas.values()}) == 1:
        return Form("columns", expected)
    return Form("inputs", expected)


def _levels(schema: Schema) -> tuple[Any, ...]:
    return tuple((level.name, level.dtype) for level in schema.index)


def _columns(schemas: Mapping[str, Schema], rows: Any) -> dict[str, Any]:
    """Series and arrays that are columns of the same rows."""
    first = next(iter(schemas.values()))
    columns = [replace((one.columns or ())[0], name=name) for name, one in schemas.items() if one.columns]
    whole = read_rows("rows", rows, Schema("pandas.DataFrame", tuple(columns), first.index), _quiet)
    found = {}
    for name, schema in schemas.items():
        column = whole[name]
        if schema.library == "numpy":
            found[name] = column.to_numpy(dtype=schema.attrs["dtype"])
        else:
            found[name] = column.rename((schema.columns or ())[0].name)
    return found


def _records(rows: Any) -> list[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    return [
        {key: getattr(value, "item", lambda value=value: value)() for key, value in row.items()}
        for row in found
    ]


def as_json(value: Any) -> Any:
    """An output as JSON has it: a list for a column, a list of rows for a frame; None for a gap."""
    if not is_table(value):
        return _cell(value)
    if hasattr(value, "to_pandas"):  # of Polars or Arrow
        value = value.to_pandas()
    if getattr(value, "ndim", 1) == 1:
        return [_cell(cell) for cell in value]
    if hasattr(value, "to_dict"):
        return [{str(key): _cell(cell) for key, cell in row.items()} for row in value.to_dict("records")]
    return [[_cell(cell) for cell in row] for row in value]


def _cell(value: Any) -> Any:
    value = value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None if value != value else str(value)
    return None if type(value).__name__ in ("NAType", "NaTType") else to_json(value)


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "nothing"


_quiet: Final[Callable[[str], None]] = lambda note: None  # noqa: E731
