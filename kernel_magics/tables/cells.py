"""Cells are the members of a pandas column: their type as a text, and each of them as a text."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.tables.files import optional
from kernel_magics.tables.schema import Column

GAP_WORDS: Final = frozenset(
    [
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    ]
)
"""Texts that pandas reads as a gap."""
TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}
GAPS: Final = {"None": None, "nan": np.nan, "NA": pd.NA, "NaT": pd.NaT}
ARROW: Final = "arrow:"
_SHOWN: Final = 3
_WIDTH: Final = 30


class Misfit(ValueError):
    """Values that are not of the expected type; the message says which."""


# -- types as texts ----------------------------------------------------------------------------------------


def column_of(values: Any, name: Any = None) -> Column:
    """The column that a series or an index is."""
    dtype = values.dtype
    text = dtype_text(dtype)
    if text == "category":
        of = column_of(dtype.categories)
        members = tuple(texts(dtype.categories, of))
        return Column(name, text, empty="" in members, members=members, of=of, ordered=bool(dtype.ordered))
    if text == "object":
        cells = [cell for cell in values if not is_gap(cell)]
        gap = next((_gap_name(cell) for cell in values if is_gap(cell)), "")
        kind = _kind_of(cells)
        known = set(cells) if kind == "str" else set()
        return Column(name, text, gap, "" in known, not known.isdisjoint(GAP_WORDS), kind)
    arrow = isinstance(dtype, pd.ArrowDtype) and dtype.type is str
    if arrow or isinstance(dtype, pd.StringDtype):
        unique = pd.Index(values.unique())
        gap = ("NA" if dtype.na_value is pd.NA else "nan") if unique.hasnans else ""
        words = bool(unique.isin(list(GAP_WORDS)).any())
        return Column(name, text, gap, bool((unique == "").any()), words, "str" if arrow else "")
    freq = values.freqstr or "" if isinstance(values, pd.DatetimeIndex | pd.TimedeltaIndex) else ""
    return Column(name, text, freq=freq)


def dtype_text(dtype: Any) -> str:
    """The name of a dtype, from which `dtype_of` makes it again; "" where that is not possible."""
    if isinstance(dtype, pd.StringDtype):
        kind = "string" if dtype.na_value is pd.NA else "str"
        default = pd.StringDtype(na_value=dtype.na_value)
        return kind if dtype == default else f"{kind}[{dtype.storage}]"
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if isinstance(dtype, pd.ArrowDtype):
        packed = optional("pyarrow", "values of pyarrow").schema([("", dtype.pyarrow_dtype)]).serialize()
        return ARROW + base64.b64encode(packed.to_pybytes()).decode()
    try:
        return str(dtype) if pd.api.types.pandas_dtype(str(dtype)) == dtype else ""
    except TypeError:
        return ""


def arrow_type(text: str) -> Any:
    """The type of Arrow that a dtype's name holds."""
    arrow = optional("pyarrow", "values of pyarrow")
    packed = base64.b64decode(text.removeprefix(ARROW))
    return arrow.ipc.read_schema(arrow.py_buffer(packed)).field(0).type


def shown_type(column: Column) -> str:
    """The type as a person reads it."""
    if column.dtype.startswith(ARROW):
        return f"{arrow_type(column.dtype)} of Arrow"
    if column.dtype == "object":
        return f"objects ({column.cells})" if column.cells else "objects"
    return "int64" if column.dtype == "range" else column.dtype or "a type that no file can say"


def is_gap(cell: Any) -> bool:
    """True for None, NaN, NaT and NA."""
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))


def _gap_name(cell: Any) -> str:
    return next((name for name, gap in GAPS.items() if cell is gap), "nan")


def is_text(cells: pd.Series[Any]) -> bool:
    """Whether a column holds texts and gaps only."""
    if isinstance(cells.dtype, pd.StringDtype):
        return True
    return cells.dtype == object and all(type(cell) is str or is_gap(cell) for cell in cells)


# -- objects as texts --------------------------------------------------------------------------------------


def hex_text(cell: bytes) -> str:
    """Bytes as a text that is never empty."""
    return f"0x{cell.hex()}"


def hex_bytes(text: str) -> bytes:
    """The bytes of such a text."""
    return bytes.fromhex(text.removeprefix("0x"))


def _span(cell: datetime.timedelta) -> str:
    return str(pd.Timedelta(cell))


def truth(text: str) -> bool:
    found = TRUTHS.get(text.strip().lower())
    if found is None:
        raise ValueError(text)
    return found


_OBJECTS: Final[dict[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]]] = {
    str: ("str", str, str),
    bool: ("bool", str, truth),
    int: ("int", str, int),
    float: ("float", repr, float),
    complex: ("complex", str, complex),
    bytes: ("bytes", hex_text, hex_bytes),
    decimal.Decimal: ("Decimal", str, decimal.Decimal),
    datetime.date: ("date", datetime.date.isoformat, datetime.date.fromisoformat),
    datetime.time: ("time", datetime.time.isoformat, datetime.time.fromisoformat),
    datetime.datetime: ("datetime", datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    datetime.timedelta: ("timedelta", _span, lambda text: pd.Timedelta(text).to_pytimedelta()),
    pd.Timestamp: ("Timestamp", str, pd.Timestamp),
    pd.Timedelta: ("Timedelta", str, pd.Timedelta),
}
"""Types of objects: the name, the text of one, one of a text."""
OBJECT_READERS: Final = {name: (kind, read) for kind, (name, _, read) in _OBJECTS.items()}
_WRITERS: Final = {name: write for name, write, _ in _OBJECTS.values()}


def _kind_of(cells: list[Any]) -> str:
    """What all cells of an object column are; "json" for lists and mixtures that JSON can say; else ""."""
    kinds = {type(cell) for cell in cells}
    if not kinds:
        return "str"
    if len(kinds) == 1 and (known := _OBJECTS.get(next(iter(kinds)))):
        return known[0]
    return "json" if all(map(is_json, cells)) else ""


def is_json(value: Any) -> bool:
    """True for what comes back from JSON as it was."""
    if type(value) is float:
        return bool(np.isfinite(value))
    if type(value) is list:
        return all(map(is_json, value))
    if type(value) is dict:
        return all(type(key) is str for key in value) and all(map(is_json, value.values()))
    return value is None or type(value) in (bool, int, str)


def dump(value: Any) -> str:
    """A value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def texts(values: Any, column: Column) -> list[str | None]:
    """The members of a series or an index as the texts that a file has of them; None for a gap.

    Raises:
        Misfit: objects that no text can say.
    """
    write = _writer(column)
    return [None if is_gap(cell) else write(cell) for cell in values]


def _writer(column: Column) -> Callable[[Any], str]:
    if column.dtype == "object":
        return dump if column.cells == "json" else _object_writer(column)
    if column.dtype == "category" and column.of is not None:
        return _writer(column.of)
    return _text_of


def _object_writer(column: Column) -> Callable[[Any], str]:
    if not column.cells:
        raise Misfit("its objects are of types that no file can say")
    return _WRITERS[column.cells]


def _text_of(cell: Any) -> str:
    if isinstance(cell, np.generic) and cell.dtype.kind in "fiub":
        cell = cell if cell.dtype == "float32" or cell.dtype == "float16" else cell.item()
        return str(cell)
    if isinstance(cell, list | dict | np.ndarray):
        return dump(plain(cell))
    if isinstance(cell, bytes):
        return hex_text(cell)
    return str(cell)


def plain(cell: Any) -> Any:
    """Lists in place of arrays, Python's own numbers in place of NumPy's, None for a gap; at every depth."""
    if isinstance(cell, np.ndarray | list):
        return [plain(member) for member in cell]
    if isinstance(cell, dict):
        return {key: plain(member) for key, member in cell.items()}
    if is_gap(cell):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell
