"""One row of a request as look-alikes of pandas: cell by cell, without a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.envelope.shipped.request import Form, as_json
from kernel_magics.serve.rows import converter, is_moment, quick_rows
from kernel_magics.tables.schema import Column
from kernel_magics.values.one_row.column import One
from kernel_magics.values.one_row.frame import OneFrame, cells_of
from kernel_magics.values.one_row.look_alike import of_pandas, to_pandas
from kernel_magics.values.one_row.moment import OneTime
from kernel_magics.values.one_row.number import OneBool, OneFloat, OneInt
from kernel_magics.values.one_row.series import cell_of
from kernel_magics.values.one_row.text import OneText

if TYPE_CHECKING:
    from kernel_magics.flow.one_row import OneRow

Row: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[Row], dict[str, Any] | None]
"""Gives the inputs that a row holds; None for a row that it does not know."""
_Cell: TypeAlias = Callable[[Any], One | None]
_GAP = float("nan")
_MOMENT = np.dtype("datetime64[us]")


class Alone:
    """Answers one row by look-alikes."""

    def __init__(self, read: Reader, run: OneRow) -> None:
        self._read, self._run = read, run

    @property
    def reasons(self) -> Mapping[str, str]:
        """The nodes that pandas computes all the same, each with why."""
        return self._run.reasons

    def answer(self, row: Row, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The outputs as JSON has them; None where pandas has to answer, or a check does not hold."""
        given = self._read(row)
        found = None if given is None else self._run.answer(**given, **params)
        return found and {
            name: one_as_json(value) for name, value in found.items() if type(value) is not CheckResult
        }


def one_row(form: Form, run: OneRow | None) -> Alone | None:
    """What answers one row; None where rows or nodes are not of pandas."""
    read = row_reader(form)
    return None if run is None or read is None else Alone(read, run)


def row_reader(form: Form) -> Reader | None:
    """What reads one plain row as `Form.read` does, as look-alikes; None where `quick_rows` has no reader."""
    if quick_rows(form) is None or any(schema.attrs for schema in form.tables.values()):
        return None
    if form.kind == "frame":
        ((table, schema),) = form.tables.items()
        cells = {str(column.name): _cell(column, str(column.name)) for column in schema.columns or ()}

        def read_frame(row: Row) -> dict[str, Any] | None:
            found = _read(cells, row)
            return None if found is None else {table: OneFrame(found, owned=False)}

        return read_frame
    columns = {name: (schema.columns or ())[0] for name, schema in form.tables.items()}
    if not all(column.name is None or type(column.name) is str for column in columns.values()):
        return None
    singles = {name: _cell(column, column.name) for name, column in columns.items()}
    return lambda row: _read(singles, row)


def _read(cells: Mapping[str, _Cell], row: Row) -> dict[str, Any] | None:
    found = {}
    for field, make in cells.items():
        if field not in row:
            return None
        one = make(row[field])
        if one is None:
            return None
        found[field] = one
    return found


def _cell(column: Column, name: str | None) -> _Cell:
    """What makes the look-alike of a column from a cell; it gives None for cells that it does not know."""
    if column.dtype == "float64":
        return lambda cell: (
            OneFloat(cell, name) if type(cell) is float else OneFloat(_GAP, name) if cell is None else None
        )
    if column.dtype == "int64":
        return lambda cell: OneInt(cell, name) if type(cell) is int and -(2**63) <= cell < 2**63 else None
    if column.dtype == "bool":
        return lambda cell: OneBool(cell, name) if type(cell) is bool else None
    convert = converter(column)
    if convert is None:  # `quick_rows` has made sure of it
        return lambda cell: None
    if column.dtype == "str" and type(of_pandas(pd.Series(convert(["a"]), copy=False))) is OneText:
        return lambda cell: (
            OneText(cell, name) if type(cell) is str else OneText(_GAP, name) if cell is None else None
        )
    if column.dtype == "datetime64[us]":
        return lambda cell: _moment(cell, name)

    def by_array(cell: Any) -> One | None:
        array = convert([cell])
        made: One | None = None if array is None else of_pandas(pd.Series(array, name=name, copy=False))
        return made

    return by_array


def _moment(cell: Any, name: str | None) -> One | None:
    if cell is None:
        return OneTime(None, name, _MOMENT)
    if not is_moment(cell):
        return None
    try:
        return OneTime(np.datetime64(cell, "us").view("int64").item(), name, _MOMENT)
    except ValueError:
        return None


def one_as_json(value: Any) -> Any:
    """An output of one row as JSON has it, as `as_json` writes a table."""
    cell = cell_of(value)
    if cell is not NotImplemented:
        return [as_json(cell)]
    if type(value) is OneFrame:
        return [{name: one_as_json(one)[0] for name, one in cells_of(value).items()}]
    return as_json(to_pandas(value))
