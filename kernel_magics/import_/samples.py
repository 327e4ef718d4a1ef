"""Samples as source: the expression that a person would type for a recorded value."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.import_.layout import indented, one_line
from kernel_magics.values import VALUES
from kernel_magics.values.decode import TAGS, decode

_WIDTH = 90
_LIBRARIES = {"pd": pd, "np": np, "datetime": datetime, "decimal": decimal, "decode": decode}


def sample_source(record: Any) -> tuple[str, tuple[str, ...]] | None:
    """An expression for a recorded value, with the libraries it uses; None for a damaged record."""
    try:
        value = decode(record)
    except Exception:  # a library may raise anything on a damaged record
        return None
    for source in (_source(record), f"decode({record!r})"):
        if source is not None and _gives(source, value):
            source = (one_line(source) or indented(source)) if "\n" in source else source
            return source, tuple(name for name in _LIBRARIES if f"{name}." in source or f"{name}(" in source)
    return None


def _gives(source: str, value: object) -> bool:
    """True when an expression, made of literals and constructors only, has that value."""
    try:
        return bool(VALUES.equal(eval(source, {"__builtins__": _BUILTINS, **_LIBRARIES}), value))
    except Exception:
        return False


_BUILTINS = {item.__name__: item for item in (float, complex, set, frozenset, range, bytes, object)}


def _source(record: Any) -> str | None:
    """The source of a record; None for kinds that are rarely written by hand."""
    if isinstance(record, list):
        return _joined("[", [_source(member) for member in record], "]")
    if not isinstance(record, dict):
        return repr(record)
    tag = next((tag for tag in TAGS if tag in record), None)
    if tag is None:
        pairs = {key: _source(member) for key, member in record.items()}
        return _joined("{", [member and f"{key!r}: {member}" for key, member in pairs.items()], "}")
    write = _WRITERS.get(tag)
    return write(record[tag], record) if write else None


def _joined(opening: str, parts: list[str | None], closing: str) -> str | None:
    known = [part for part in parts if part is not None]
    return f"{opening}{_wrapped(known)}{closing}" if len(known) == len(parts) else None


def _wrapped(parts: list[str]) -> str:
    """Parts with commas, on as many lines as they need."""
    rows, row = [], ""
    for part in parts:
        if row and len(row) + len(part) > _WIDTH:
            rows.append(row)
            row = ""
        row += f"{part}, "
    rows.append(row.removesuffix(", "))
    if len(rows) == 1:
        return rows[0]
    return "\n    " + "\n    ".join(row.rstrip() for row in rows) + "\n"


def _call(name: str, *parts: str | None) -> str | None:
    return _joined(f"{name}(", list(parts), ")")


def _column(members: list[Any], dtype: Any) -> tuple[str, str] | None:
    """Source of the cells, and of a dtype if it has to be given."""
    if not isinstance(dtype, str):
        codes = _wrapped([repr(member) for member in members])
        categories = _source(dtype["category"])
        made = f"pd.Categorical.from_codes([{codes}], categories={categories}, ordered={dtype['ordered']})"
        return made, ""
    cells = [float(cell) if dtype.startswith("float") and isinstance(cell, str) else cell for cell in members]
    texts = [
        f'float("{cell}")' if isinstance(cell, float) and not np.isfinite(cell) else repr(cell)
        for cell in cells
    ]
    if dtype == "object":
        found = [_source(cell) for cell in members]
        if None in found:
            return None
        texts = [text or "" for text in found]
    plain = {"float64": float, "int64": int, "bool": bool, "str": str}.get(dtype)
    said = not any(type(cell) is plain for cell in cells)
    return f"[{_wrapped(texts)}]", f"{dtype!r}" if said else ""


def _series(members: list[Any], record: Mapping[str, Any]) -> str | None:
    column = _column(members, record["dtype"])
    if column is None or record.get("attrs"):
        return None
    parts = [column[0]]
    for key in ("index", "name"):
        if record.get(key) is not None:
            written = _source(record[key])
            if written is None:
                return None
            parts.append(f"{key}={written}")
    return _call("pd.Series", *parts, *([f"dtype={column[1]}"] if column[1] else []))


def _frame(columns: Any, record: Mapping[str, Any]) -> str | None:
    if not isinstance(columns, dict) or record.get("attrs") or "columns" in record:
        return None
    index = _source(record["index"]) if "index" in record else ""
    parts: list[str | None] = []
    for name, each in columns.items():
        column = _column(each["values"], each["dtype"])
        if column is None:
            return None
        cells = column[0] if not column[1] else f"pd.array({column[0]}, dtype={column[1]})"
        parts.append(f"{name!r}: {cells}")
    body = _joined("{", parts, "}")
    return None if index is None else _call("pd.DataFrame", body, *([f"index={index}"] if index else []))


def _index(members: list[Any], record: Mapping[str, Any]) -> str | None:
    column = _column(members, record["dtype"])
    if column is None:
        return None
    parts = [column[0], *([f"dtype={column[1]}"] if column[1] else [])]
    for key in ("name", "freq"):
        if record.get(key) is not None:
            parts.append(f"{key}={_source(record[key])}")
    return _call("pd.DatetimeIndex" if "freq" in record else "pd.Index", *parts)


def _range_index(numbers: list[int], record: Mapping[str, Any]) -> str | None:
    name = [f"name={_source(record['name'])}"] if record.get("name") is not None else []
    return _call("pd.RangeIndex", *map(repr, numbers), *name)


def _multi_index(levels: list[Any], record: Mapping[str, Any]) -> str | None:
    made = _source(levels)
    names = _source(record["names"])
    return _call("pd.MultiIndex", f"levels={made}", f"codes={record['codes']!r}", f"names={names}")


def _array(members: list[Any], record: Mapping[str, Any]) -> str | None:
    column = _column(members, record["dtype"]) if isinstance(record["dtype"], str) else None
    if column is None or "shape" in record:
        return None
    return _call("np.array", column[0], *([f"dtype={column[1]}"] if column[1] else []))


def _timestamp(text: str, record: Mapping[str, Any]) -> str | None:
    made = f"pd.Timestamp({text!r})"
    if isinstance(record.get("tz"), str):
        made = f"pd.Timestamp({text!r}, tz={record['tz']!r})"
    return f"{made}.as_unit({record['unit']!r})"


_WRITERS: dict[str, Any] = {
    "series": _series,
    "frame": _frame,
    "index": _index,
    "range_index": _range_index,
    "multi_index": _multi_index,
    "array": _array,
    "tuple": lambda members, _: _joined(
        "(", [_source(member) for member in members], ",)" if len(members) == 1 else ")"
    ),
    "set": lambda members, _: _call("set", _source(members)),
    "frozenset": lambda members, _: _call("frozenset", _source(members)),
    "float": lambda text, _: _call("float", repr(text)),
    "complex": lambda parts, _: _call("complex", *map(_source, parts)),
    "bytes": lambda text, _: _call("bytes.fromhex", repr(text)),
    "range": lambda numbers, _: _call("range", *map(repr, numbers)),
    "decimal": lambda text, _: _call("decimal.Decimal", repr(text)),
    "date": lambda text, _: _call("datetime.date.fromisoformat", repr(text)),
    "timedelta": lambda parts, _: _call("datetime.timedelta", *map(repr, parts)),
    "timestamp": _timestamp,
    "missing": lambda name, _: f"pd.{name}" if name in ("NA", "NaT") else None,
}
