"""Recorded values back to Python objects. A record is JSON; what JSON cannot say stands in a dict with a tag.

Numbers, texts, true, false, null, lists and most dicts are themselves. Examples of the rest:
    {"tuple": [1, 2]}    {"float": "nan"}    {"date": "2026-01-31"}
    {"array": [1.0, null], "dtype": "float64"}
    {"series": [1.0, null], "dtype": "float64", "name": "spend", "index": {"range_index": [1, 3, 1]}}
    {"frame": {"day": {"values": [1, 2], "dtype": "int64"}}, "rows": 2}
In columns and arrays null is a gap (NaN, NaT or NA).
Without an "index" the rows are numbered from 0.
"""

import datetime
import decimal
import zoneinfo
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

Record = dict[str, Any]


def decode(record: Any) -> Any:
    """The value that a record stands for."""
    if isinstance(record, list):
        return [decode(member) for member in record]
    if not isinstance(record, dict):
        return record
    tag = next((tag for tag in TAGS if tag in record), None)
    if tag is None:
        return {key: decode(member) for key, member in record.items()}
    return TAGS[tag](record[tag], record)


def _zone(zone: Any) -> datetime.tzinfo:
    """A name such as "Europe/Berlin", or a fixed offset in seconds."""
    if isinstance(zone, str):
        return zoneinfo.ZoneInfo(zone)
    return datetime.timezone(datetime.timedelta(seconds=zone))


def _moment(kind: Any) -> Callable[[str, Record], Any]:
    def moment(text: str, record: Record) -> Any:
        zone = _zone(record["tz"]) if "tz" in record else None
        return kind.fromisoformat(text).replace(tzinfo=zone, fold=record.get("fold", 0))

    return moment


def _timestamp(text: str, record: Record) -> pd.Timestamp:
    moment = pd.Timestamp(text).as_unit(record["unit"])
    return moment.tz_convert(_zone(record["tz"])) if "tz" in record else moment


def _array(members: list[Any], record: Record) -> Any:
    """An ndarray; where there is a shape, the members are flat, in C order."""
    dtype = np.dtype(record["dtype"])
    if dtype.kind == "O":
        array = np.empty(len(members), dtype=object)
        for place, member in enumerate(members):
            array[place] = decode(member)
    else:
        array = np.array(members, dtype=object if dtype.kind == "m" else dtype).astype(dtype)
    return array.reshape(record["shape"]) if "shape" in record else array


def _column(members: list[Any], dtype: Any) -> Any:
    """What a Series, a column or an Index holds: an ndarray or a pandas array."""
    if isinstance(dtype, dict):
        return pd.Categorical.from_codes(members, decode(dtype["category"]), ordered=dtype["ordered"])
    kind: Any = pd.api.types.pandas_dtype(dtype)
    if isinstance(kind, np.dtype):
        return _array(members, {"dtype": kind})
    if isinstance(kind, pd.DatetimeTZDtype):
        utc = pd.DatetimeIndex(pd.to_datetime(members, utc=True, format="ISO8601"))
        return utc.as_unit(kind.unit).tz_convert(kind.tz).array
    if kind.kind == "f":  # "inf" is a text in the record
        members = [None if member is None else float(member) for member in members]
    return pd.array(members, dtype=kind)


def _index(members: list[Any], record: Record) -> Any:
    column = _column(members, record["dtype"])
    index: Any = pd.Index(column, dtype=column.dtype, name=decode(record.get("name")))
    if "freq" in record:
        index.freq = record["freq"]
    return index


def _multi_index(levels: list[Any], record: Record) -> Any:
    return pd.MultiIndex(levels=decode(levels), codes=record["codes"], names=decode(record["names"]))


def _series(members: list[Any], record: Record, index: Any = None) -> Any:
    column = _column(members, record["dtype"])
    index = decode(record.get("index")) if index is None else index
    series: Any = pd.Series(column, dtype=column.dtype, index=index, name=decode(record.get("name")))
    series.attrs = decode(record.get("attrs", {}))
    return series


def _frame(columns: Any, record: Record) -> Any:
    index = decode(record["index"]) if "index" in record else pd.RangeIndex(record["rows"])
    records = columns.values() if isinstance(columns, dict) else columns
    series = {place: _series(each["values"], each, index) for place, each in enumerate(records)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = decode(record["columns"]) if "columns" in record else pd.Index(list(columns))
    frame.attrs = decode(record.get("attrs", {}))
    return frame


TAGS: Final[dict[str, Callable[[Any, Record], Any]]] = {
    "series": _series,
    "frame": _frame,
    "tuple": lambda members, _: tuple(decode(members)),
    "set": lambda members, _: set(decode(members)),
    "frozenset": lambda members, _: frozenset(decode(members)),
    "dict": lambda pairs, _: {decode(key): decode(member) for key, member in pairs},
    "float": lambda text, _: float(text),
    "complex": lambda parts, _: complex(*decode(parts)),
    "bytes": lambda text, _: bytes.fromhex(text),
    "range": lambda numbers, _: range(*numbers),
    "decimal": lambda text, _: decimal.Decimal(text),
    "date": lambda text, _: datetime.date.fromisoformat(text),
    "time": _moment(datetime.time),
    "datetime": _moment(datetime.datetime),
    "timedelta": lambda parts, _: datetime.timedelta(*parts),
    "scalar": lambda member, record: _array([member], record)[0],
    "array": _array,
    "missing": lambda name, _: getattr(pd, name),
    "timestamp": _timestamp,
    "duration": lambda count, record: pd.Timedelta(count, record["unit"]).as_unit(record["unit"]),
    "period": lambda text, record: pd.Period(text, record["freq"]),
    "interval": lambda ends, record: pd.Interval(decode(ends[0]), decode(ends[1]), record["closed"]),
    "index": _index,
    "range_index": lambda numbers, record: pd.RangeIndex(range(*numbers), name=decode(record.get("name"))),
    "multi_index": _multi_index,
}
