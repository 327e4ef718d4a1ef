"""A record is a small value as readable JSON, exact and deterministic; `decode` returns the value."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.engine.source.type_name import type_name
from kernel_magics.values import VALUES
from kernel_magics.values.decode import FACTORIES, TAGS, Record, class_of, decode
from kernel_magics.values.pandas_ import column_values
from kernel_magics.values.record import Unsupported, moment_texts

__all__ = ["Unsupported", "decode", "encode"]


_APART: Final = ("polars lazy frame", "generator", "bunch")
"""Records of objects that are equal to nothing but themselves: their records are compared."""


def encode(value: object, home: types.ModuleType | None = None) -> Any:
    """The record of `value`. The order of the keys in it counts: dump it without sorting them.

    Args:
        home: the module that knows the value's dataclasses, named tuples and enums by a name.

    Raises:
        Unsupported: where decoding the record would not give an equal value.
    """
    record = _Encoder(home).record(value)
    try:
        text = json.dumps(record, allow_nan=False)
        back = decode(json.loads(text), home)
        apart = any(f'"{tag}"' in text for tag in _APART)
        same = _Encoder(home).record(back) == record if apart else VALUES.equal(back, value)
    except Exception:  # whatever a library says of a value that it cannot rebuild
        same = False
    if not same:
        raise _cause(value, home)
    return record


def _cause(value: Any, home: types.ModuleType | None) -> Unsupported:
    """The refusal of a value with a record that gives another one: at best it names the part that differs."""
    frame = isinstance(value, pd.DataFrame) or type_name(value) == "pl.DataFrame"
    parts: list[tuple[str, Any]] = []
    if frame and len(set(value.columns)) == len(value.columns):
        parts = [(f"column {name!r}", _bare(value[name])) for name in value.columns]
    elif isinstance(value, list | tuple):
        parts = [(f"[{place}]", member) for place, member in enumerate(value)]
    elif isinstance(value, dict):
        parts = [(f"[{key!r}]", member) for key, member in value.items()]
    for place, part in parts:
        try:
            encode(part, home)
        except Unsupported as error:
            return Unsupported(error.kind, place + error.place)
    return Unsupported(type_name(value))


def _bare(column: Any) -> Any:
    return column_values(column) if isinstance(column, pd.Series) else column


def _name_in(home: types.ModuleType | None, kind: type) -> str:
    """The name by which a module knows a class, such as `Window` or `helpers.Window`; "" when it does not."""
    names = [kind.__qualname__]
    for name, member in vars(home).items() if home is not None else ():
        if member is kind:
            names.append(name)
        elif isinstance(member, types.ModuleType):
            names.append(f"{name}.{kind.__qualname__}")
    return next((name for name in names if home is not None and class_of(name, home) is kind), "")


class _Encoder:
    """Makes records that nobody has proved to be exact.

    Args:
        home: see `encode`.
    """

    def __init__(self, home: types.ModuleType | None) -> None:
        self._home = home

    def record(self, value: Any) -> Any:
        """The record of a value.

        Raises:
            Unsupported: there is none.
        """
        encoder = _ENCODERS.get(type(value))
        if encoder is not None:
            return encoder(self, value)
        if isinstance(value, np.generic):
            members, dtype = self._members(value.reshape(1))
            return {"scalar": members[0], "dtype": dtype}
        if isinstance(value, pd.Index):
            return self.index(value)
        if isinstance(value, pd.api.extensions.ExtensionArray):
            members, dtype = self._members(value)
            return {"column": members, "dtype": dtype}
        if isinstance(value, pd.offsets.BaseOffset):
            return {"offset": value.freqstr}
        if type_name(value) == "sklearn.utils.Bunch":
            return {"bunch": self.pairs(value)}
        if type(value).__module__.partition(".")[0] == "polars":
            return self._polars(value)
        if type(value).__module__.partition(".")[0] == "pyarrow":
            return self._arrow(value)
        return self._instance(value)

    def _within(self, place: str, value: Any) -> Any:
        """The record of a part of a value; where there is none, the place is told."""
        try:
            return self.record(value)
        except Unsupported as error:
            raise Unsupported(error.kind, place + error.place) from None

    def records(self, members: Iterable[object]) -> list[Any]:
        """The records of members, in order."""
        return [self._within(f"[{place}]", member) for place, member in enumerate(members)]

    def dict(self, value: Any) -> Record:
        """Itself where its keys are texts that mean nothing else."""
        if all(type(key) is str and key not in TAGS for key in value):
            return {key: self._within(f"[{key!r}]", member) for key, member in value.items()}
        return {"dict": self.pairs(value)}

    def pairs(self, value: Any) -> list[Any]:
        """The keys and members of a dict of any kind, in its order."""
        return [
            [self._within("a key", key), self._within(f"[{key!r}]", member)] for key, member in value.items()
        ]

    def defaults(self, value: Any) -> Record:
        """A dict that makes its members, by a type such as `list`."""
        factory = getattr(value.default_factory, "__name__", "")
        if factory not in FACTORIES or value.default_factory is not FACTORIES[factory]:
            raise Unsupported(type_name(value))
        return {"default dict": self.pairs(value), "of": factory}

    def set(self, value: Any) -> Record:
        """Sets have no order: that of the digests is the same every time."""
        members = sorted(value, key=lambda member: (str(type(member)), VALUES.digest(member) or ""))
        if {type(member) for member in value} in ({int}, {str}):
            members = sorted(value)
        return {type(value).__name__: [self._within("a member", member) for member in members]}

    def _instance(self, value: Any) -> Record:
        """An instance of a class that the module knows: its fields, or its name."""
        kind = type(value)
        name = _name_in(self._home, kind)
        if not name:
            raise Unsupported(type_name(value))
        if isinstance(value, enum.Enum):
            if value.name in kind.__members__:
                return {"member of": name, "name": value.name}
            return {"member of": name, "value": self.record(value.value)}
        known = dataclasses.is_dataclass(value)
        fields = (
            [field.name for field in dataclasses.fields(value)] if known else getattr(kind, "_fields", ())
        )
        parts = {field: self._within(f".{field}", getattr(value, field)) for field in fields}
        return {"instance of": name, "fields": parts}

    def array(self, value: Any) -> Record:
        """Members, and a shape where there are several dimensions."""
        members, dtype = self._members(value.reshape(-1))
        return {
            "array": members,
            "dtype": dtype,
            **({} if value.ndim == 1 else {"shape": list(value.shape)}),
        }

    def interval(self, value: Any) -> Record:
        """Both ends, and which of them belong to it."""
        return {"interval": self.records([value.left, value.right]), "closed": value.closed}

    def _members(self, column: Any) -> tuple[list[Any], Any]:
        """The values of an array or a pandas array as JSON, and the record of its dtype."""
        dtype = column.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            kind = {"category": self.record(column.categories), "ordered": bool(dtype.ordered)}
            return column.codes.tolist(), kind
        if isinstance(dtype, pd.DatetimeTZDtype):
            return _masked((cell.isoformat() for cell in column), column.isna()), str(dtype)
        if isinstance(dtype, pd.IntervalDtype):
            ends = {"left": self.record(column.left), "right": self.record(column.right)}
            return [], {**ends, "closed": dtype.closed}
        if not isinstance(dtype, np.dtype):
            return _masked(map(_cell, column), column.isna()), str(dtype)
        column = np.asarray(column)
        match dtype.kind:
            case "O":
                return self.records(column), "object"
            case "b" | "i" | "u" | "U":
                return column.tolist(), str(dtype)
            case "f":
                return [_number(number) for number in column], str(dtype)
            case "c":
                return [str(number) for number in column.tolist()], str(dtype)
            case "M":
                return moment_texts(column), str(dtype)
            case "m":
                return _masked(column.astype("i8").tolist(), np.isnat(column)), str(dtype)
            case "V" if dtype.names:
                fields = [[name, dtype[name].str] for name in dtype.names]
                return [self.records(row) for row in column.tolist()], fields
        raise Unsupported(f"np.ndarray of {dtype}")

    def index(self, value: Any) -> Record:
        """The labels of rows or columns."""
        if isinstance(value, pd.RangeIndex):
            return {"range_index": [value.start, value.stop, value.step], **self._named(value.name)}
        if isinstance(value, pd.MultiIndex):
            codes = [code.tolist() for code in value.codes]
            return {
                "multi_index": self.records(value.levels),
                "codes": codes,
                "names": self.records(value.names),
            }
        members, dtype = self._members(column_values(value))
        freq = value.freqstr if isinstance(value, pd.DatetimeIndex | pd.TimedeltaIndex) else None
        return {
            "index": members,
            "dtype": dtype,
            **self._named(value.name),
            **({"freq": freq} if freq else {}),
        }

    def _named(self, name: Any) -> Record:
        return {} if name is None else {"name": self.record(name)}

    def _rows(self, index: Any) -> Record:
        """Nothing for rows that are only numbered from 0."""
        return {} if VALUES.equal(index, pd.RangeIndex(len(index))) else {"index": self.index(index)}

    def _attrs(self, value: Any) -> Record:
        return {"attrs": self.record(dict(value.attrs))} if value.attrs else {}

    def series(self, value: Any) -> Record:
        """Members, and what is said about them."""
        members, dtype = self._members(column_values(value))
        about = {**self._rows(value.index), **self._named(value.name), **self._attrs(value)}
        return {"series": members, "dtype": dtype, **about}

    def frame(self, value: Any) -> Record:
        """Columns by their names, or in order where the names are no plain texts."""
        columns: list[Record] = []
        for name, column in value.items():
            try:
                members, dtype = self._members(column_values(column))
            except Unsupported as error:
                raise Unsupported(error.kind, f"column {name!r}{error.place}") from None
            columns.append({"values": members, "dtype": dtype})
        names = list(value.columns)
        rows = self._rows(value.index) or {"rows": len(value)}
        unique = len(set(names)) == len(names) > 0 and all(type(name) is str for name in names)
        if unique and VALUES.equal(value.columns, pd.Index(names)):
            return {"frame": dict(zip(names, columns, strict=True)), **rows, **self._attrs(value)}
        return {"frame": columns, "columns": self.index(value.columns), **rows, **self._attrs(value)}

    def _polars(self, value: Any) -> Record:
        """Columns with their types."""
        from kernel_magics.values.polars_record import polars_record  # noqa: PLC0415  # needs Polars

        return polars_record(value, self._within)

    def _arrow(self, value: Any) -> Record:
        """Cells with their types."""
        from kernel_magics.values.arrow_record import arrow_record  # noqa: PLC0415  # needs PyArrow

        return arrow_record(value, self._within)

    def masked(self, value: Any) -> Record:
        """The data, those under the mask included, and the mask."""
        data, mask = self.array(np.asarray(value.data)), self.array(np.ma.getmaskarray(value))
        return {"masked array": data, "mask": mask, "filled with": self.record(value.fill_value)}


def _float(value: float) -> Any:
    return value if np.isfinite(value) else {"float": str(value)}


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


def _plain(write: Callable[[Any], Any]) -> Callable[[_Encoder, Any], Any]:
    """An encoder of values without parts."""
    return lambda encoder, value: write(value)


_ENCODERS: Final[dict[type, Callable[[_Encoder, Any], Any]]] = {
    **dict.fromkeys((type(None), bool, int, str), _plain(lambda value: value)),
    float: _plain(_float),
    complex: _plain(lambda value: {"complex": [_float(value.real), _float(value.imag)]}),
    list: _Encoder.records,
    tuple: lambda encoder, value: {"tuple": encoder.records(value)},
    dict: _Encoder.dict,
    collections.OrderedDict: lambda encoder, value: {"ordered dict": encoder.pairs(value)},
    collections.Counter: lambda encoder, value: {"counter": encoder.pairs(value)},
    collections.defaultdict: _Encoder.defaults,
    collections.deque: lambda encoder, value: {"deque": encoder.records(value), "maxlen": value.maxlen},
    types.SimpleNamespace: lambda encoder, value: {"namespace": encoder.pairs(vars(value))},
    set: _Encoder.set,
    frozenset: _Encoder.set,
    bytes: _plain(lambda value: {"bytes": value.hex()}),
    bytearray: _plain(lambda value: {"bytearray": value.hex()}),
    range: _plain(lambda value: {"range": [value.start, value.stop, value.step]}),
    slice: lambda encoder, value: {"slice": encoder.records([value.start, value.stop, value.step])},
    decimal.Decimal: _plain(lambda value: {"decimal": str(value)}),
    fractions.Fraction: _plain(lambda value: {"fraction": str(value)}),
    uuid.UUID: _plain(lambda value: {"uuid": str(value)}),
    type(pathlib.Path()): _plain(lambda value: {"path": str(value)}),
    re.Pattern: lambda encoder, value: {"pattern": encoder.record(value.pattern), "flags": value.flags},
    datetime.date: _plain(lambda value: {"date": value.isoformat()}),
    datetime.time: _plain(_moment),
    datetime.datetime: _plain(_moment),
    datetime.timedelta: _plain(lambda value: {"timedelta": [value.days, value.seconds, value.microseconds]}),
    datetime.timezone: _plain(lambda value: {"timezone": _zone(value)["tz"]}),
    zoneinfo.ZoneInfo: _plain(lambda value: {"timezone": _zone(value)["tz"]}),
    np.random.RandomState: lambda encoder, value: {
        "generator": encoder.record(value.get_state(legacy=False)),
        "of": "RandomState",
    },
    np.random.Generator: lambda encoder, value: {
        "generator": encoder.record(value.bit_generator.state),
        "of": "Generator",
    },
    np.ndarray: _Encoder.array,
    np.ma.MaskedArray: _Encoder.masked,
    type(pd.NaT): _plain(lambda value: {"missing": "NaT"}),
    type(pd.NA): _plain(lambda value: {"missing": "NA"}),
    pd.Timestamp: _plain(_timestamp),
    pd.Timedelta: _plain(_duration),
    pd.Period: _plain(lambda value: {"period": str(value), "freq": value.freqstr}),
    pd.Interval: _Encoder.interval,
    pd.Series: _Encoder.series,
    pd.DataFrame: _Encoder.frame,
}
