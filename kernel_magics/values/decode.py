"""Recorded values back to Python objects. A record is JSON; what JSON cannot say stands in a dict with a tag.

Numbers, texts, true, false, null, lists and most dicts are themselves. Examples of the rest:
    {"tuple": [1, 2]}    {"float": "nan"}    {"date": "2026-01-31"}
    {"array": [1.0, null], "dtype": "float64"}
    {"series": [1.0, null], "dtype": "float64", "name": "spend", "index": {"range_index": [1, 3, 1]}}
    {"frame": {"day": {"values": [1, 2], "dtype": "int64"}}, "rows": 2}
    {"arrow table": {"day": {"arrow array": [1, null], "type": "int64"}}}
    {"polars frame": {"day": {"values": [1, null], "dtype": "Int64"}}}
    {"instance of": "Window", "fields": {"days": 7}}    {"member of": "Mode", "name": "FAST"}
In columns and arrays null is a gap (NaN, NaT or NA).
Without an "index" the rows are numbered from 0.
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

Record = dict[str, Any]
Read = Callable[[Any], Any]
"""Gives the value of a part."""


def decode(record: Any, home: Any = None) -> Any:
    """The value that a record stands for.

    Args:
        home: the module that knows the classes which the record names.
    """

    def read(part: Any) -> Any:
        return decode(part, home)

    if isinstance(record, list):
        return [read(member) for member in record]
    if not isinstance(record, dict):
        return record
    tag = next((tag for tag in TAGS if tag in record), None)
    if tag is None:
        return {key: read(member) for key, member in record.items()}
    if tag in ("instance of", "member of"):
        return _made(class_of(record[tag], home), record, read)
    return TAGS[tag](record[tag], record, read)


def class_of(name: str, home: Any) -> Any:
    """A dataclass, named tuple or enum that a module knows by a name with dots; None for anything else."""
    found = home
    for part in name.split("."):
        found = getattr(found, part, None)
    plain = dataclasses.is_dataclass(found) or hasattr(found, "_fields") or isinstance(found, enum.EnumType)
    return found if isinstance(found, type) and plain else None


def _made(kind: Any, record: Record, read: Read) -> Any:
    """A member of an enum, or an instance with these fields; no code of its class runs."""
    if isinstance(kind, enum.EnumType):
        return kind[record["name"]] if "name" in record else kind(read(record["value"]))
    if kind is None:
        raise LookupError(f"{record} is of a class that the module does not have")
    fields = {name: read(member) for name, member in record["fields"].items()}
    if issubclass(kind, tuple):
        return tuple.__new__(kind, fields.values())
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def _zone(zone: Any) -> datetime.tzinfo:
    """A name such as "Europe/Berlin", or a fixed offset in seconds."""
    if isinstance(zone, str):
        return zoneinfo.ZoneInfo(zone)
    return datetime.timezone(datetime.timedelta(seconds=zone))


def _moment(kind: Any) -> Callable[[str, Record, Read], Any]:
    def moment(text: str, record: Record, read: Read) -> Any:
        zone = _zone(record["tz"]) if "tz" in record else None
        return kind.fromisoformat(text).replace(tzinfo=zone, fold=record.get("fold", 0))

    return moment


def _timestamp(text: str, record: Record, read: Read) -> pd.Timestamp:
    moment = pd.Timestamp(text).as_unit(record["unit"])
    return moment.tz_convert(_zone(record["tz"])) if "tz" in record else moment


def _array(members: list[Any], record: Record, read: Read) -> Any:
    """An ndarray; where there is a shape, the members are flat, in C order."""
    if isinstance(record["dtype"], list):  # of records: its fields
        fields = np.dtype([(name, kind) for name, kind in record["dtype"]])
        return np.array([tuple(read(member)) for member in members], fields).reshape(record.get("shape", -1))
    dtype = np.dtype(record["dtype"])
    if dtype.kind == "O":
        array = np.empty(len(members), dtype=object)
        for place, member in enumerate(members):
            array[place] = read(member)
    else:
        array = np.array(members, dtype=object if dtype.kind == "m" else dtype).astype(dtype)
    return array.reshape(record["shape"]) if "shape" in record else array


def _column(members: list[Any], dtype: Any, read: Read) -> Any:
    """What a Series, a column or an Index holds: an ndarray or a pandas array."""
    if isinstance(dtype, dict) and "closed" in dtype:
        return pd.arrays.IntervalArray.from_arrays(read(dtype["left"]), read(dtype["right"]), dtype["closed"])
    if isinstance(dtype, dict):
        return pd.Categorical.from_codes(members, read(dtype["category"]), ordered=dtype["ordered"])
    kind: Any = pd.api.types.pandas_dtype(dtype)
    if isinstance(kind, np.dtype):
        return _array(members, {"dtype": kind}, read)
    if isinstance(kind, pd.DatetimeTZDtype):
        utc = pd.DatetimeIndex(pd.to_datetime(members, utc=True, format="ISO8601"))
        return utc.as_unit(kind.unit).tz_convert(kind.tz).array
    if kind.kind == "f":  # "inf" is a text in the record
        members = [None if member is None else float(member) for member in members]
    return pd.array(members, dtype=kind)


def _pandas_array(members: list[Any], record: Record, read: Read) -> Any:
    """An array of pandas; its moments are in an ndarray in a Series."""
    column = _column(members, record["dtype"], read)
    return pd.array(column) if isinstance(column, np.ndarray) else column


def _bunch(pairs: list[Any], record: Record, read: Read) -> Any:
    """A data set of scikit-learn."""
    from sklearn.utils import Bunch  # type: ignore[import-untyped]  # noqa: PLC0415

    return Bunch(**{read(key): read(member) for key, member in pairs})


def _generator(state: Any, record: Record, read: Read) -> Any:
    """A random generator of NumPy as it was before a draw."""
    state = read(state)
    if record["of"] == "RandomState":
        old = np.random.RandomState()
        old.set_state(state)
        return old
    bits = getattr(np.random, state["bit_generator"])()
    bits.state = state
    return np.random.Generator(bits)


def _index(members: list[Any], record: Record, read: Read) -> Any:
    column = _column(members, record["dtype"], read)
    index: Any = pd.Index(column, dtype=column.dtype, name=read(record.get("name")))
    if "freq" in record:
        index.freq = record["freq"]
    return index


def _multi_index(levels: list[Any], record: Record, read: Read) -> Any:
    return pd.MultiIndex(levels=read(levels), codes=record["codes"], names=read(record["names"]))


def _series(members: list[Any], record: Record, read: Read, index: Any = None) -> Any:
    column = _column(members, record["dtype"], read)
    index = read(record.get("index")) if index is None else index
    series: Any = pd.Series(column, dtype=column.dtype, index=index, name=read(record.get("name")))
    series.attrs = read(record.get("attrs", {}))
    return series


def _frame(columns: Any, record: Record, read: Read) -> Any:
    index = read(record["index"]) if "index" in record else pd.RangeIndex(record["rows"])
    records = columns.values() if isinstance(columns, dict) else columns
    series = {place: _series(each["values"], each, read, index) for place, each in enumerate(records)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = read(record["columns"]) if "columns" in record else pd.Index(list(columns))
    frame.attrs = read(record.get("attrs", {}))
    return frame


def _polars(record: Record, read: Read, name: str) -> Any:
    """A series of Polars; decimals and categories are texts, times and durations numbers."""
    import polars as pl  # noqa: PLC0415  # only for values of Polars

    kind, members = _polars_type(record["dtype"]), record["values"]
    if kind.base_type() in (pl.Date, pl.Datetime):
        unit = "D" if kind == pl.Date else kind.time_unit
        counts = np.array(["NaT" if each is None else each for each in members], f"M8[{unit}]").astype("i8")
        members = [
            None if each is None else count for each, count in zip(members, counts.tolist(), strict=True)
        ]
    if kind.is_temporal():
        return pl.Series(name, members, dtype=pl.Int32 if kind == pl.Date else pl.Int64).cast(kind)
    if kind.is_decimal() or kind.base_type() in (pl.Categorical, pl.Enum):
        return pl.Series(name, members, dtype=pl.String).cast(kind)
    return pl.Series(name, read(members), dtype=kind)


def _polars_type(tree: Any) -> Any:
    """The type of a name; of a dict of one pair, which has its parameters, too."""
    import polars as pl  # noqa: PLC0415

    if isinstance(tree, str):
        return getattr(pl, tree)()
    ((name, parts),) = tree.items()
    if name == "Struct":
        return pl.Struct({field: _polars_type(kind) for field, kind in parts[0].items()})
    nested = name in ("List", "Array")
    return getattr(pl, name)(*([_polars_type(parts[0]), *parts[1:]] if nested else parts))


def _polars_frame(columns: Record, record: Record, read: Read) -> Any:
    import polars as pl  # noqa: PLC0415

    return pl.DataFrame([_polars(column, read, name) for name, column in columns.items()])


def _polars_lazy(columns: Record, record: Record, read: Read) -> Any:
    return _polars_frame(columns, record, read).lazy()


def _arrow(record: Record, read: Read) -> Any:
    """An Arrow array; moments and durations are numbers of their unit."""
    import pyarrow as pa  # noqa: PLC0415  # only for values of Arrow

    kind, cells = _arrow_type(record["type"]), read(next(iter(record.values())))
    if not pa.types.is_temporal(kind):
        return pa.array(cells, kind)
    return pa.array(cells, pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)


def _arrow_type(tree: Any) -> Any:
    """The type of a name; of a dict of one pair, which has its parameters, too."""
    import pyarrow as pa  # noqa: PLC0415

    if isinstance(tree, str):
        return pa.type_for_alias(tree)
    ((name, parts),) = tree.items()
    if name == "struct":
        return pa.struct([(field, _arrow_type(kind)) for field, kind in parts[0].items()])
    nested = "list" in name or name == "map_"
    return getattr(pa, name)(*(map(_arrow_type, parts) if nested else parts))


def _arrow_table(columns: Record, record: Record, read: Read) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    kind = pa.Table if "arrow table" in record else pa.RecordBatch
    made = kind.from_arrays([read(column) for column in columns.values()], names=list(columns))
    return made.replace_schema_metadata(record["metadata"]) if "metadata" in record else made


def _arrow_dictionary(parts: list[Any], record: Record, read: Read) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.DictionaryArray.from_arrays(*read(parts), ordered=record["ordered"])


def _arrow_chunked(cells: list[Any], record: Record, read: Read) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.chunked_array([_arrow(record, read)])


FACTORIES: Final = {"list": list, "dict": dict, "set": set, "int": int, "float": float, "str": str}
"""What a default dict may make its members by."""

TAGS: Final[dict[str, Callable[[Any, Record, Read], Any]]] = {
    "series": _series,
    "frame": _frame,
    "polars series": lambda column, record, read: _polars(column, read, record["name"]),
    "polars frame": _polars_frame,
    "polars lazy frame": _polars_lazy,
    "arrow table": _arrow_table,
    "arrow batch": _arrow_table,
    "arrow array": lambda cells, record, read: _arrow(record, read),
    "arrow chunked": _arrow_chunked,
    "arrow dictionary": _arrow_dictionary,
    "arrow scalar": lambda cells, record, read: _arrow(record, read)[0],
    "tuple": lambda members, _, read: tuple(read(members)),
    "set": lambda members, _, read: set(read(members)),
    "frozenset": lambda members, _, read: frozenset(read(members)),
    "dict": lambda pairs, _, read: {read(key): read(member) for key, member in pairs},
    "ordered dict": lambda pairs, _, read: collections.OrderedDict(map(read, pairs)),
    "counter": lambda pairs, _, read: collections.Counter(dict(map(read, pairs))),
    "default dict": lambda pairs, record, read: collections.defaultdict(
        FACTORIES[record["of"]], map(read, pairs)
    ),
    "deque": lambda members, record, read: collections.deque(read(members), record["maxlen"]),
    "namespace": lambda pairs, _, read: types.SimpleNamespace(**dict(map(read, pairs))),
    "float": lambda text, *_: float(text),
    "complex": lambda parts, _, read: complex(*read(parts)),
    "bytes": lambda text, *_: bytes.fromhex(text),
    "bytearray": lambda text, *_: bytearray.fromhex(text),
    "range": lambda numbers, *_: range(*numbers),
    "slice": lambda parts, _, read: slice(*read(parts)),
    "decimal": lambda text, *_: decimal.Decimal(text),
    "fraction": lambda text, *_: fractions.Fraction(text),
    "uuid": lambda text, *_: uuid.UUID(text),
    "path": lambda text, *_: pathlib.Path(text),
    "pattern": lambda text, record, read: re.compile(read(text), record["flags"]),
    "date": lambda text, *_: datetime.date.fromisoformat(text),
    "time": _moment(datetime.time),
    "datetime": _moment(datetime.datetime),
    "timedelta": lambda parts, *_: datetime.timedelta(*parts),
    "timezone": lambda zone, *_: _zone(zone),
    "scalar": lambda member, record, read: _array([member], record, read)[0],
    "array": _array,
    "masked array": lambda data, record, read: np.ma.MaskedArray(
        read(data), read(record["mask"]), fill_value=read(record["filled with"])
    ),
    "column": _pandas_array,
    "generator": _generator,
    "bunch": _bunch,
    "missing": lambda name, *_: getattr(pd, name),
    "timestamp": _timestamp,
    "duration": lambda count, record, _: pd.Timedelta(count, record["unit"]).as_unit(record["unit"]),
    "period": lambda text, record, _: pd.Period(text, record["freq"]),
    "offset": lambda text, *_: pd.tseries.frequencies.to_offset(text),
    "interval": lambda ends, record, read: pd.Interval(read(ends[0]), read(ends[1]), record["closed"]),
    "index": _index,
    "range_index": lambda numbers, record, read: pd.RangeIndex(
        range(*numbers), name=read(record.get("name"))
    ),
    "multi_index": _multi_index,
    "instance of": lambda name, *_: None,  # see `decode`
    "member of": lambda name, *_: None,
    "shared": lambda label, *_: None,  # what several records have is put in its place before
}
