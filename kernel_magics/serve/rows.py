"""Rows of a request as tables: arrays made by converters that are chosen once for an envelope.

`Form.read` takes anything, tells what is wrong with it, and takes a millisecond for one row. What the model
of a request has let pass is nearly always plain, and then a column is one array. Anything else is left to
`Form.read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from kernel_magics.envelope.shipped.request import Form
from kernel_magics.tables.schema import Column, Schema

Rows: TypeAlias = list[dict[str, Any]]
Quick: TypeAlias = Callable[[Rows], dict[str, Any] | None]
"""Gives the inputs that rows hold; None for rows that it does not know."""
_Cells: TypeAlias = list[Any]
_Convert: TypeAlias = Callable[[_Cells], Any]
"""Makes the array of a column; None for cells that it does not know."""
_MOMENT: Final = re.compile(r"(19|20)\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d(\.\d{6})?")
_NUMBERS: Final = frozenset({"float64", "float32"})
_WHOLE: Final = frozenset(f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64))


def quick_rows(form: Form) -> Quick | None:
    """What reads plain rows exactly as `Form.read` does; None where a column has no converter."""
    schemas = form.tables
    if form.kind not in ("frame", "columns") or len(schemas) < len(form.expected):
        return None
    if any(one.index or one.header or not one.columns for one in schemas.values()):
        return None
    if form.kind == "frame":
        ((name, schema),) = schemas.items()
        return _frame(name, schema) if schema.kind == "pandas.DataFrame" else None
    return _series(schemas) if all(one.kind == "pandas.Series" for one in schemas.values()) else None


def _frame(name: str, schema: Schema) -> Quick | None:
    """Rows are those of one frame."""
    import pandas as pd  # noqa: PLC0415  # envelopes of plain values need none

    columns = schema.columns or ()
    converters = {str(column.name): convert for column in columns if (convert := converter(column))}
    if len(converters) < len(columns):
        return None
    labels: Any = pd.Index([column.name for column in columns], dtype="str")
    attrs: dict[Any, Any] = dict(schema.attrs)

    def read(rows: Rows) -> dict[str, Any] | None:
        found = _arrays(converters, rows)
        if found is None:
            return None
        made = pd.DataFrame(dict(enumerate(found)), index=pd.RangeIndex(len(rows)), copy=False)
        made.columns = labels
        if attrs:
            made.attrs = {**attrs}
        return {name: made}

    return read


def _series(schemas: Mapping[str, Schema]) -> Quick | None:
    """Each field of a row is one of several columns."""
    import pandas as pd  # noqa: PLC0415  # as above

    columns = {name: (schema.columns or ())[0] for name, schema in schemas.items()}
    converters = {name: convert for name, column in columns.items() if (convert := converter(column))}
    if len(converters) < len(columns) or any(schema.attrs for schema in schemas.values()):
        return None

    def read(rows: Rows) -> dict[str, Any] | None:
        found = _arrays(converters, rows)
        if found is None:
            return None
        index = pd.RangeIndex(len(rows))
        return {
            name: pd.Series(array, index=index, name=columns[name].name, copy=False)
            for name, array in zip(columns, found, strict=True)
        }

    return read


def _arrays(converters: Mapping[str, _Convert], rows: Rows) -> list[Any] | None:
    found = []
    for field, convert in converters.items():
        try:
            array = convert([row[field] for row in rows])
        except KeyError:
            return None
        if array is None:
            return None
        found.append(array)
    return found


def converter(column: Column) -> _Convert | None:
    """What makes the array of a column from plain cells; None for a type that has none."""
    kind = column.dtype
    if kind in _NUMBERS:
        return _numbers(kind)
    if kind in _WHOLE or kind == "bool":
        return _exact(kind, bool if kind == "bool" else int)
    if kind in ("str", "str[python]", "str[pyarrow]"):
        return _texts(column)
    if kind == "datetime64[us]":
        return _moments
    if kind == "category" and column.of is not None and column.of.dtype in ("str", "object"):
        return _categories(column)
    return None


def _numbers(kind: str) -> _Convert:
    import numpy as np  # noqa: PLC0415  # as above

    nan = np.nan

    def convert(cells: _Cells) -> Any:
        if not all(type(cell) is float or cell is None for cell in cells):
            return None
        with np.errstate(over="ignore"):
            found = np.array([nan if cell is None else cell for cell in cells], dtype=kind)
        # a number that is too large for the type became infinite: the careful way tells which
        return None if kind != "float64" and np.isinf(found).any() else found

    return convert


def _exact(kind: str, cell_type: type) -> _Convert:
    import numpy as np  # noqa: PLC0415  # as above

    def convert(cells: _Cells) -> Any:
        if not all(type(cell) is cell_type for cell in cells):
            return None
        try:
            found = np.array(cells, dtype=kind)
        except OverflowError:
            return None
        return found if found.tolist() == cells else None  # NumPy before 2 wraps around

    return convert


def _texts(column: Column) -> _Convert:
    from kernel_magics.tables.fit import dtype_of  # noqa: PLC0415  # needs pandas

    dtype = dtype_of(column)
    make = dtype.construct_array_type()._from_sequence

    def convert(cells: _Cells) -> Any:
        if not all(type(cell) is str or cell is None for cell in cells):
            return None
        return make(cells, dtype=dtype)

    return convert


def _moments(cells: _Cells) -> Any:
    """Moments as a request's model writes them; those of other centuries are left to pandas."""
    import numpy as np  # noqa: PLC0415  # as above

    if not all(cell is None or is_moment(cell) for cell in cells):
        return None
    try:
        return np.array(["NaT" if cell is None else cell for cell in cells], dtype="datetime64[us]")
    except ValueError:
        return None


def is_moment(cell: Any) -> bool:
    """True for a moment as a request's model writes it, of this century or the last."""
    return type(cell) is str and _MOMENT.fullmatch(cell) is not None


def _categories(column: Column) -> _Convert:
    import numpy as np  # noqa: PLC0415  # as above
    import pandas as pd  # noqa: PLC0415  # as above

    from kernel_magics.tables.fit import dtype_of  # noqa: PLC0415  # needs pandas

    dtype = dtype_of(column)
    places: dict[Any, int] = {member: place for place, member in enumerate(dtype.categories.tolist())}
    places[None] = -1

    def convert(cells: _Cells) -> Any:
        try:
            codes = [places[cell] for cell in cells]
        except (KeyError, TypeError):
            return None
        return pd.Categorical.from_codes(np.array(codes, dtype=np.int64), dtype=dtype)

    return convert
