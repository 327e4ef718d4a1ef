"""A record is a small value as readable JSON, exact and deterministic; `decode` returns the value."""

import datetime
import decimal
import json
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.engine.source.type_name import type_name
from kernel_magics.values import VALUES
from kernel_magics.values.decode import TAGS, Record, decode
from kernel_magics.values.pandas_ import column_values

__all__ = ["Unsupported", "decode", "encode"]

_UNITS: Final = ("D", "s", "ms", "us", "ns")


class Unsupported(Exception):
    """A value that no record represents exactly; the message is the name of its type."""


def encode(value: object) -> Any:
    """The record of `value`. The order of the keys in it counts: dump it without sorting them.

    Raises:
        Unsupported: where decoding the record would not give an equal value.
    """
    record = _record(value)
    try:
        same = VALUES.equal(decode(json.loads(json.dumps(record, allow_nan=False))), value)
    except Exception as error:  # a library may raise anything on a value that it cannot rebuild
        raise Unsupported(type_name(value)) from error
    if not same:
        raise Unsupported(type_name(value))
    return record


def _record(value: Any) -> Any:
    encoder = _ENCODERS.get(type(value))
    if encoder is not None:
        return encoder(value)
    if isinstance(value, np.generic):
        members, dtype = _members(value.reshape(1))
        return {"scalar": members[0], "dtype": dtype}
    if isinstance(value, pd.Index):
        return _index(value)
    raise Unsupported(type_name(value))


def _records(members: Iterable[object]) -> list[Any]:
    return [_record(member) for member in members]


def _float(value: float) -> Any:
    return value if np.isfinite(value) else {"float": str(value)}


def _dict(value: dict[Any, Any]) -> Record:
    if all(type(key) is str and key not in TAGS for key in value):
        return {key: _record(member) for key, member in value.items()}
    return {"dict": [[_record(key), _record(member)] for key, member in value.items()]}


def _set(value: Any) -> Record:
    """Members of a set, which has no order, sorted by their digests."""
    members = sorted(value, key=lambda member: (str(type(member)), VALUES.digest(member) or ""))
    if {type(member) for member in value} in ({int}, {str}):
        members = sorted(value)
    return {type(value).__name__: _records(members)}


def _zone(zone: datetime.tzinfo | None) -> Record:
    if zone is None:
        return {}
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key:
        return {"tz": zone.key}
    if isinstance(zone, datetime.timezone):
        seconds = zone.utcoffset(None).total_seconds()
        return {"tz": int(seconds) if seconds == int(seconds) else seconds}
    raise Unsupported(type_name(zone))


def _moment(value: Any) -> Record:
    fold = {"fold": 1} if value.fold else {}
    text = value.replace(tzinfo=None).isoformat()
    return {type(value).__name__: text, **fold, **_zone(value.tzinfo)}


def _timestamp(value: pd.Timestamp) -> Record:
    return {"timestamp": value.isoformat(), "unit": value.unit, **_zone(value.tzinfo)}


def _duration(value: pd.Timedelta) -> Record:
    return {"duration": int(value.to_timedelta64().astype("i8")), "unit": value.unit}


def _array(value: Any) -> Record:
    members, dtype = _members(value.reshape(-1))
    return {"array": members, "dtype": dtype, **({} if value.ndim == 1 else {"shape": list(value.shape)})}


def _members(column: Any) -> tuple[list[Any], Any]:
    """The values of an array or a pandas array as JSON, and the record of its dtype."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return column.codes.tolist(), {"category": _record(column.categories), "ordered": bool(dtype.ordered)}
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _masked((cell.isoformat() for cell in column), column.isna()), str(dtype)
    if not isinstance(dtype, np.dtype):
        return _masked(map(_cell, column), column.isna()), str(dtype)
    column = np.asarray(column)
    match dtype.kind:
        case "O":
            return _records(column), "object"
        case "b" | "i" | "u" | "U":
            return column.tolist(), str(dtype)
        case "f":
            return [_number(number) for number in column], str(dtype)
        case "c":
            return [str(number) for number in column.tolist()], str(dtype)
        case "M":
            return _moments(column), str(dtype)
        case "m":
            return _masked(column.astype("i8").tolist(), np.isnat(column)), str(dtype)
    raise Unsupported(f"np.ndarray of {dtype}")


def _number(number: Any) -> Any:
    """The shortest decimal that gives the same number of this precision; a gap for NaN."""
    text = str(number.item() if number.itemsize == 8 else number)
    return None if text == "nan" else float(text) if np.isfinite(number) else text


def _masked(cells: Iterable[Any], gaps: Any) -> list[Any]:
    return [None if gap else cell for cell, gap in zip(cells, gaps, strict=True)]


def _cell(cell: Any) -> Any:
    """A member of a pandas array; its gaps are removed later."""
    if isinstance(cell, pd.Period):
        return str(cell)
    if isinstance(cell, float | np.floating):
        return _number(np.asarray(cell)[()])
    plain = cell.item() if isinstance(cell, np.generic) else cell
    if type(plain) not in (bool, int, str) and not pd.isna(plain):
        raise Unsupported(type_name(cell))
    return plain


def _moments(column: Any) -> list[Any]:
    """Texts in the coarsest exact unit, such as dates instead of midnights."""
    for unit in _UNITS if np.datetime_data(column.dtype)[0] in _UNITS else ():
        coarse = column.astype(f"M8[{unit}]")
        if ((coarse.astype(column.dtype) == column) | np.isnat(column)).all():
            column = coarse
            break
    texts = np.datetime_as_string(column).tolist()
    return [None if text == "NaT" else text for text in texts]


def _named(name: Any) -> Record:
    return {} if name is None else {"name": _record(name)}


def _index(value: Any) -> Record:
    if isinstance(value, pd.RangeIndex):
        return {"range_index": [value.start, value.stop, value.step], **_named(value.name)}
    if isinstance(value, pd.MultiIndex):
        codes = [code.tolist() for code in value.codes]
        return {"multi_index": _records(value.levels), "codes": codes, "names": _records(value.names)}
    members, dtype = _members(column_values(value))
    freq = value.freqstr if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    return {"index": members, "dtype": dtype, **_named(value.name), **({"freq": freq} if freq else {})}


def _rows(index: Any) -> Record:
    """The record of an index; empty if rows are only numbered from 0."""
    return {} if VALUES.equal(index, pd.RangeIndex(len(index))) else {"index": _index(index)}


def _attrs(value: Any) -> Record:
    return {"attrs": _record(dict(value.attrs))} if value.attrs else {}


def _series(value: Any) -> Record:
    members, dtype = _members(column_values(value))
    return {"series": members, "dtype": dtype, **_rows(value.index), **_named(value.name), **_attrs(value)}


def _frame(value: Any) -> Record:
    columns: list[Record] = []
    for _, column in value.items():
        members, dtype = _members(column_values(column))
        columns.append({"values": members, "dtype": dtype})
    names = list(value.columns)
    rows = _rows(value.index) or {"rows": len(value)}
    unique = len(set(names)) == len(names) > 0 and all(type(name) is str for name in names)
    if unique and VALUES.equal(value.columns, pd.Index(names)):
        return {"frame": dict(zip(names, columns, strict=True)), **rows, **_attrs(value)}
    return {"frame": columns, "columns": _index(value.columns), **rows, **_attrs(value)}


def _itself(value: Any) -> Any:
    return value


_ENCODERS: Final[dict[type, Callable[[Any], Any]]] = {
    **dict.fromkeys((type(None), bool, int, str), _itself),
    float: _float,
    complex: lambda value: {"complex": [_float(value.real), _float(value.imag)]},
    list: _records,
    tuple: lambda value: {"tuple": _records(value)},
    dict: _dict,
    set: _set,
    frozenset: _set,
    bytes: lambda value: {"bytes": value.hex()},
    range: lambda value: {"range": [value.start, value.stop, value.step]},
    decimal.Decimal: lambda value: {"decimal": str(value)},
    datetime.date: lambda value: {"date": value.isoformat()},
    datetime.time: _moment,
    datetime.datetime: _moment,
    datetime.timedelta: lambda value: {"timedelta": [value.days, value.seconds, value.microseconds]},
    np.ndarray: _array,
    type(pd.NaT): lambda value: {"missing": "NaT"},
    type(pd.NA): lambda value: {"missing": "NA"},
    pd.Timestamp: _timestamp,
    pd.Timedelta: _duration,
    pd.Period: lambda value: {"period": str(value), "freq": value.freqstr},
    pd.Interval: lambda value: {"interval": _records([value.left, value.right]), "closed": value.closed},
    pd.Series: _series,
    pd.DataFrame: _frame,
}
