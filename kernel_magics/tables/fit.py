"""Fitting makes a column of the sample's type of what a file holds, or says which cells have no value."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.tables.cells import (
    ARROW,
    GAPS,
    OBJECT_READERS,
    Misfit,
    arrow_type,
    hex_bytes,
    is_text,
    plain,
    truth,
)
from kernel_magics.tables.files import optional
from kernel_magics.tables.schema import Column
from kernel_magics.tables.trouble import joined_reasons

Cells = Any  # a series of pandas
Convert = Callable[[Any], Any]
"""Makes a value of one cell; any of `_NO_VALUE` for a cell that has none."""
_NO_VALUE: Final = (ValueError, TypeError, ArithmeticError)
_OFFSET: Final = re.compile(r"[T ]\d.*(?:Z|[+-]\d\d(?::?\d\d){0,2})$")
_SIGNS: Final = {"right": "(]", "left": "[)", "both": "[]", "neither": "()"}


def dtype_of(column: Column) -> Any:
    """The dtype of a column."""
    text = column.dtype
    if text in ("str", "str[python]", "str[pyarrow]"):
        return pd.StringDtype(text[4:-1] or None, na_value=np.nan)
    if text == "category":
        assert column.of is not None
        members = fit(pd.Series(list(column.members), dtype=object), column.of)
        return pd.CategoricalDtype(pd.Index(members, dtype=members.dtype), column.ordered)
    if text.startswith(ARROW):
        return pd.ArrowDtype(arrow_type(text))
    return pd.api.types.pandas_dtype("int64" if text == "range" else text)


def fit(cells: Cells, column: Column) -> Cells:
    """The cells as a column of the expected type, each with the value that the file says.

    Raises:
        Misfit: some have no such value; the message says how many, and the first three with their rows.
    """
    if not column.dtype:
        return cells
    dtype = dtype_of(column)
    if cells.dtype == dtype and dtype.kind != "O":
        return cells
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(cells, column, dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow(cells, dtype)
    if isinstance(dtype, pd.StringDtype):
        return _strings(cells, dtype)
    if dtype.kind == "M":
        return _moments(cells, dtype)
    if dtype.kind == "m":
        return _spans(cells, dtype)
    if isinstance(dtype, pd.PeriodDtype) and is_text(cells):
        return _periods(cells, column, dtype)
    if dtype.kind in "iuf" and getattr(cells.dtype, "kind", "") in ("iu" if dtype.kind in "iu" else "iuf"):
        return _numbers(cells, dtype)
    return _each(cells, _converter(column, dtype), dtype, GAPS.get(column.gap))


def joined(parts: Iterable[Cells]) -> Cells:
    """The columns of several files, one below the other."""
    found = list(parts)
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def _misfit(cells: Cells, bad: Any) -> Misfit:
    kind = str(cells.dtype)
    came = "" if kind in ("object", "str", "string", "category") else kind
    places = np.flatnonzero(bad).tolist()
    shown = [plain(cells.iloc[place]) for place in places[:3]]
    cause = [(place, cell) for place, cell in zip(places, shown + [None] * len(places), strict=False)]
    return Misfit(joined_reasons(cause, len(cells), came))


def _missing(cells: Cells) -> Any:
    """Which cells are gaps: for objects, None, NaN, NaT and NA, and no list that holds one."""
    return cells.isna().to_numpy(dtype=bool)


def _numbers(cells: Cells, dtype: Any) -> Cells:
    """Numbers in another type. A cast makes those that are too large for it other ones, or infinite."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            made = cells.astype(dtype)
        bad = _overflown(_plain(made), _plain(cells))
    else:
        limits, least, most = np.iinfo(str(dtype).lower()), cells.min(), cells.max()
        fits = cells.empty or pd.isna(least) or (limits.min <= int(least) and int(most) <= limits.max)
        bad = np.zeros(len(cells), bool) if fits else _outside(cells, limits)
        if isinstance(dtype, np.dtype):
            bad = bad | _missing(cells)
        made = cells if bad.any() else cells.astype(dtype)
    if bad.any():
        raise _misfit(cells, bad)
    return made


def _overflown(made: Any, told: Any) -> Any:
    """Which numbers became infinite."""
    return np.isinf(made) & ~np.isinf(told)


def _outside(cells: Cells, limits: Any) -> Any:
    numbers = cells.fillna(0).to_numpy(dtype=object)
    return np.array([not limits.min <= number <= limits.max for number in numbers], bool)


def _plain(cells: Cells) -> Any:
    return cells.to_numpy(dtype=float, na_value=np.nan)


# -- one cell after the other ------------------------------------------------------------------------------


def _each(cells: Cells, convert: Convert, dtype: Any, gap: Any) -> Cells:
    """Every cell converted, equal ones once; a gap has no value where the type has none for it."""
    try:
        codes, unique = pd.factorize(cells)
    except TypeError:  # lists, for example
        found = _missing(cells)
        codes, unique = np.where(found, -1, np.arange(len(cells))), cells.to_numpy(dtype=object)
    held = getattr(dtype, "subtype", dtype)
    kind = held.kind if isinstance(held, np.dtype) and not isinstance(dtype, pd.IntervalDtype) else ""
    made = np.empty(len(unique) + 1, dtype=object)
    made[-1] = gap if kind == "O" else 0 if kind in ("b", "i", "u") else np.nan if kind else None
    wrong = np.zeros(len(unique) + 1, dtype=bool)
    wrong[-1] = isinstance(held, np.dtype) and held.kind in "biu"
    for place in np.unique(codes[codes >= 0]):
        try:
            made[place] = convert(unique[place])
        except _NO_VALUE:
            wrong[place], made[place] = True, made[-1]
    if wrong[codes].any():
        raise _misfit(cells, wrong[codes])
    if kind == "O":
        return pd.Series(made[codes], index=cells.index, dtype=object)
    if kind:
        return pd.Series(made[codes].astype(held), index=cells.index).astype(dtype)
    return pd.Series(pd.array(made[codes], dtype=dtype), index=cells.index)


def _converter(column: Column, dtype: Any) -> Convert:
    if dtype == np.dtype(object):
        return _object(column.cells)
    if isinstance(dtype, pd.PeriodDtype):
        freq: Any = dtype.freq
        return lambda cell: pd.Period(_only(cell, str | pd.Period), freq=freq)
    if isinstance(dtype, pd.IntervalDtype):
        return _interval(dtype)
    kind = getattr(dtype, "subtype", dtype).kind
    if kind in "iu":
        limits = np.iinfo(np.dtype(str(getattr(dtype, "subtype", dtype)).lower()))
        return lambda cell: _whole(cell, limits)
    return {"b": _truth, "f": _number(float), "c": _number(complex)}[kind]


def _only(cell: Any, kind: Any) -> Any:
    if not isinstance(cell, kind):
        raise TypeError(cell)
    return cell


def _truth(cell: Any) -> bool:
    if isinstance(cell, str):
        return truth(cell)
    if isinstance(cell, bool | np.bool_) or cell in (0, 1):
        return bool(cell)
    raise ValueError(cell)


def _number(kind: Callable[[Any], Any]) -> Convert:
    def convert(cell: Any) -> Any:
        if isinstance(cell, bool | np.bool_):
            raise TypeError(cell)
        return kind(cell.strip() if isinstance(cell, str) else cell)

    return convert


def _whole(cell: Any, limits: Any) -> int:
    if isinstance(cell, bool | np.bool_):
        raise TypeError(cell)
    try:
        found = int(cell)
    except ValueError:  # a text such as 3.0
        found, cell = int(float(cell)), float(cell)
    if (not isinstance(cell, str) and found != cell) or not limits.min <= found <= limits.max:
        raise ValueError(cell)
    return found


def _interval(dtype: Any) -> Convert:
    """Intervals of texts such as "(0, 1]"."""
    ends = {"M": pd.Timestamp, "m": pd.Timedelta, "f": float}.get(dtype.subtype.kind, int)

    def convert(cell: Any) -> Any:
        text = str(cell).strip()
        left, right = text[1:-1].split(", ")
        if text[0] + text[-1] != _SIGNS[dtype.closed]:
            raise ValueError(text)
        return pd.Interval(ends(left), ends(right), dtype.closed)

    return convert


def _object(cells: str) -> Convert:
    """Objects of texts, of JSON, or of what a columnar file has in their place."""
    if not cells:
        return lambda cell: cell
    if cells == "json":
        return lambda cell: json.loads(cell) if isinstance(cell, str) else plain(cell)
    kind, read = OBJECT_READERS[cells]

    def convert(cell: Any) -> Any:
        cell = plain(cell)
        if type(cell) is kind:
            return cell
        if isinstance(cell, str):
            return read(cell)
        if kind is float:
            return float(_only(cell, int))
        if (
            kind is datetime.date
            and isinstance(cell, datetime.datetime)
            and not cell.time() > datetime.time()
        ):
            return cell.date()
        if kind is datetime.datetime:
            return pd.Timestamp(_only(cell, datetime.datetime)).to_pydatetime()
        bases = {pd.Timestamp: datetime.datetime, pd.Timedelta: datetime.timedelta}
        return read(_only(cell, bases[kind])) if kind in bases else _only(cell, ())

    return convert


# -- whole columns -----------------------------------------------------------------------------------------


def _strings(cells: Cells, dtype: Any) -> Cells:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    if not is_text(cells):
        raise _misfit(
            cells,
            [not gap and type(cell) is not str for cell, gap in zip(cells, _missing(cells), strict=True)],
        )
    return cells.astype(dtype)


def _categories(cells: Cells, column: Column, dtype: Any) -> Cells:
    """Members by their place; what is none of them has no value."""
    assert column.of is not None
    codes, unique = pd.factorize(cells)
    known = pd.Series(pd.Index(unique))
    if isinstance(known.dtype, pd.CategoricalDtype):
        known = known.astype(known.dtype.categories.dtype)
    try:
        places = dtype.categories.get_indexer(pd.Index(fit(known, column.of)))
    except Misfit:  # some are not even of the members' type
        places = np.array([_place(known.iloc[[n]], column.of, dtype.categories) for n in range(len(known))])
    places = np.append(places, -1).astype(np.intp)[codes]
    if ((places < 0) & (codes >= 0)).any():
        raise _misfit(cells, (places < 0) & (codes >= 0))
    return pd.Series(pd.Categorical.from_codes(places, dtype=dtype), index=cells.index)


def _place(cell: Cells, of: Column, members: Any) -> int:
    try:
        return int(members.get_indexer(pd.Index(fit(cell, of)))[0])
    except Misfit:
        return -1


def _moments(cells: Cells, dtype: Any) -> Cells:
    """Moments of ISO texts or of other moments; with a time zone exactly where the type has one."""
    zone = getattr(dtype, "tz", None)
    gaps = _missing(cells)
    if gaps.all():
        return pd.Series(pd.NaT, index=cells.index, dtype=dtype)
    made = cells
    if getattr(cells.dtype, "kind", "") != "M":
        if not is_text(cells) and not all(isinstance(cell, datetime.date) for cell in cells[~gaps]):
            raise _misfit(cells, ~gaps)
        texts = cells.astype(object).where(~gaps, None)
        try:
            made = pd.to_datetime(texts, format="ISO8601")
        except _NO_VALUE:  # no moments, or several offsets
            made = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
            bad = ~gaps & (
                _missing(made) | (np.array([_has_zone(cell) for cell in texts]) != (zone is not None))
            )
            if bad.any():
                raise _misfit(cells, bad) from None
    if (getattr(made.dtype, "tz", None) is None) != (zone is None):
        raise _misfit(cells, ~gaps)
    return _in_unit(
        cells, made if zone is None else made.dt.tz_convert(zone), np.datetime_data(dtype.base)[0], gaps
    )


def _has_zone(cell: Any) -> bool:
    return (
        _OFFSET.search(cell) is not None
        if isinstance(cell, str)
        else getattr(cell, "tzinfo", None) is not None
    )


def _spans(cells: Cells, dtype: Any) -> Cells:
    """Spans of time, of texts such as "1 days 02:00:00"."""
    gaps = _missing(cells)
    made = cells
    if getattr(cells.dtype, "kind", "") != "m":
        kinds = [] if is_text(cells) else zip(cells, gaps, strict=True)
        wrong = [not gap and not isinstance(cell, str | datetime.timedelta) for cell, gap in kinds]
        if any(wrong):
            raise _misfit(cells, wrong)
        codes, unique = pd.factorize(cells)
        made = pd.Series(
            pd.to_timedelta(unique, errors="coerce").array.take(codes, allow_fill=True), index=cells.index
        )
        if (_missing(made) & ~gaps).any():
            raise _misfit(cells, _missing(made) & ~gaps)
    return _in_unit(cells, made, np.datetime_data(dtype)[0], gaps)


def _periods(cells: Cells, column: Column, dtype: Any) -> Cells:
    """Periods of texts such as "2024-01"; one at a time only to tell which are none."""
    codes, unique = pd.factorize(cells)
    try:
        made = pd.PeriodIndex(unique, freq=dtype.freq).array
    except _NO_VALUE:
        return _each(cells, _converter(column, dtype), dtype, GAPS.get(column.gap))
    return pd.Series(made.take(codes, allow_fill=True), index=cells.index)


def _in_unit(cells: Cells, made: Cells, unit: str, gaps: Any) -> Cells:
    """The same moments or spans in a unit that loses nothing of them."""
    try:
        fine = made.dt.as_unit(unit)
    except _NO_VALUE:  # beyond what the unit reaches
        raise _misfit(cells, ~gaps) from None
    if ((fine != made) & ~gaps).any():
        raise _misfit(cells, (fine != made) & ~gaps)
    return fine


def _arrow(cells: Cells, dtype: Any) -> Cells:
    arrow = optional("pyarrow", "values of pyarrow")
    kind = dtype.pyarrow_dtype
    types = arrow.types
    text = is_text(cells) and not (types.is_string(kind) or types.is_large_string(kind))
    read = _arrow_reader(types, kind) if text else None
    if read is None and not types.is_nested(kind):
        try:
            made = arrow.Array.from_pandas(cells).cast(kind)
            if types.is_float32(kind):
                wide = arrow.Array.from_pandas(cells).cast("float64")
                bad = _overflown(made.to_numpy(zero_copy_only=False), wide.to_numpy(zero_copy_only=False))
                if bad.any():
                    raise _misfit(cells, bad)
            return pd.Series(pd.array(made, dtype=dtype), index=cells.index)
        except arrow.ArrowException:  # which cells are to blame, one at a time
            read = None if not text else lambda cell: arrow.scalar(cell).cast(kind).as_py()

    def convert(cell: Any) -> Any:
        try:
            return arrow.scalar(read(cell) if read else plain(cell), kind).as_py()
        except arrow.ArrowException as error:
            raise ValueError from error

    return _each(cells, convert, dtype, None)


def _paired(types: Any, kind: Any, value: Any) -> Any:
    """The members of a map, which JSON has as lists, as the pairs that Arrow reads; at every depth."""
    if value is None or not types.is_nested(kind):
        return value
    if types.is_map(kind):
        return [(key, _paired(types, kind.item_type, item)) for key, item in value]
    if types.is_struct(kind):
        return {
            field.name: _paired(types, field.type, value[field.name]) for field in kind if field.name in value
        }
    return [_paired(types, kind.value_type, item) for item in value]


def _arrow_reader(types: Any, kind: Any) -> Convert | None:
    """What reads a text of a type whose texts Arrow reads otherwise than they are written."""
    readers: list[tuple[Any, Convert]] = [
        (types.is_nested, lambda text: _paired(types, kind, json.loads(text))),
        (types.is_boolean, truth),
        (types.is_decimal, decimal.Decimal),
        (types.is_binary, hex_bytes),
        (types.is_large_binary, hex_bytes),
        (types.is_time, datetime.time.fromisoformat),
        (types.is_duration, lambda text: pd.Timedelta(text).to_pytimedelta()),
    ]
    return next((read for test, read in readers if test(kind)), None)
