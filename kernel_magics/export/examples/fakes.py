"""A fake replaces a private value in the recorded examples: of the same type and shape, but invented.

Equal values have equal fakes in every column and input, also word by word, so that joins, groups and splits
still work. A fake depends on the order of first occurrence, not on the value, so it cannot be reversed.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import math
import random
import re
import string
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
from pandas.api.types import is_object_dtype

from kernel_magics.export.examples.checksums import is_iban, luhn, remainder
from kernel_magics.values.codec import Unsupported

Change = Callable[[Any], Any]
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwz"
_TRIES: Final = 200
_EMAIL: Final = re.compile(r"([^@\s]+)@([^@\s]+)\.[^@\s.]+")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_CARD: Final = re.compile(r"\d(?:[ -]?\d){12,18}")
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:([T ])(\d{2}):(\d{2})(:\d{2})?(.*))?")
_LOCAL_DATE: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_HEX: Final = re.compile(r"(?=.*\d)(?:[0-9a-f]{8,}|[0-9A-F]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_WORD: Final = re.compile(r"[^\W_]+")


class Fakes:
    """Fakes of private values, each made once.

    Args:
        avoid: values that are never used as fakes.
    """

    def __init__(self, avoid: Collection[Any] = ()) -> None:
        self._avoid = avoid
        self._known: dict[tuple[type, object], Any] = {}
        self._used: set[tuple[type, object]] = set()
        self._words: dict[str, str] = {}

    def __call__(self, value: Any) -> Any:
        """The fake of a scalar; gaps and empty texts are their own.

        Raises:
            Unsupported: there is no fake of that type.
        """
        if _is_gap(value):
            return value
        key = type(value), value
        if key not in self._known:
            self._known[key] = self._new(value)
        return self._known[key]

    def _new(self, value: Any) -> Any:
        made = value
        for attempt in range(_TRIES):
            made = self._drawn(value, random.Random(f"{len(self._known)} {attempt}"))
            if made != value and made not in self._avoid and (type(made), made) not in self._used:
                break
        self._used.add((type(made), made))
        return made

    def _drawn(self, value: Any, draw: random.Random) -> Any:
        if isinstance(value, str):
            return self._text(value, draw)
        for kinds, make in _MAKERS:
            if isinstance(value, kinds):
                return make(value, draw)
        raise Unsupported(type(value).__name__)

    def _text(self, text: str, draw: random.Random) -> str:
        email = _EMAIL.fullmatch(text)
        if email is not None:
            return f"{self._spelled(email[1], draw)}@{self._spelled(email[2], draw)}.example"
        compact = text.replace(" ", "")
        if _IBAN.fullmatch(text) and is_iban(compact):
            return _spaced(_iban(compact, draw), text)
        if _CARD.fullmatch(text) and luhn(re.sub(r"\D", "", text)) == 0:
            digits = _digits(re.sub(r"\D", "", text)[:-1], draw)
            return _spaced(digits + str(-luhn(digits + "0") % 10), text)
        for pattern, make in ((_DATE, _date), (_LOCAL_DATE, _local_date), (_ADDRESS, _address)):
            found = pattern.fullmatch(text)
            if found is not None:
                return make(found, draw)
        if _HEX.fullmatch(text):
            signs = "0123456789ABCDEF" if text.isupper() else "0123456789abcdef"
            return re.sub(r"\w", lambda _: draw.choice(signs), text)
        scheme, mark, rest = text.partition("://")
        return scheme + mark + self._spelled(rest, draw) if mark else self._spelled(text, draw)

    def _spelled(self, text: str, draw: random.Random) -> str:
        """Every word replaced by another of the same length, with capitals in the same places."""
        return _WORD.sub(lambda found: _cased(self._word(found[0].lower(), draw), found[0]), text)

    def _word(self, word: str, draw: random.Random) -> str:
        if word not in self._words:
            taken = self._words.values()
            made = word
            for _ in range(_TRIES):
                made = _digits(word, draw) if word.isdigit() else _letters(word, draw)
                if made != word and made not in taken:
                    break
            self._words[word] = made
        return self._words[word]


def _is_gap(value: Any) -> bool:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, str) and not value.strip()):
        return True
    return isinstance(value, float | np.floating) and not math.isfinite(value)


def _letters(word: str, draw: random.Random) -> str:
    """Pronounceable letters for letters, digits for digits."""
    signs = [draw.choice((_CONSONANTS, _VOWELS)[place % 2]) for place in range(len(word))]
    return "".join(
        draw.choice("123456789") if old.isdigit() else new for old, new in zip(word, signs, strict=True)
    )


def _digits(text: str, draw: random.Random) -> str:
    """As many digits; zeros in front stay."""
    zeros = len(text) - len(text.lstrip("0"))
    rest = [draw.choice(string.digits) for _ in text[zeros:]]
    return "0" * zeros + (draw.choice("123456789") + "".join(rest[1:]) if rest else "")


def _cased(made: str, like: str) -> str:
    if len(made) != len(like):  # a letter whose small form is two
        return made
    return "".join(new.upper() if old.isupper() else new for new, old in zip(made, like, strict=True))


def _spaced(signs: str, like: str) -> str:
    rest = iter(signs)
    return "".join(next(rest) if sign.isalnum() else sign for sign in like)


def _iban(text: str, draw: random.Random) -> str:
    body = "".join(
        draw.choice(string.digits if sign.isdigit() else string.ascii_uppercase) for sign in text[4:]
    )
    return f"{text[:2]}{98 - remainder(body + text[:2] + '00'):02}{body}"


def _date(found: re.Match[str], draw: random.Random) -> str:
    day = f"{draw.randint(1940, 2019)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    if found[4] is None:
        return day
    seconds = f":{draw.randint(0, 59):02}" if found[7] else ""
    return f"{day}{found[4]}{draw.randint(0, 23):02}:{draw.randint(0, 59):02}{seconds}{found[8]}"


def _local_date(found: re.Match[str], draw: random.Random) -> str:
    """A date that is valid with the day or the month first."""
    year = str(draw.randint(1940, 2019))[-len(found[4]) :]
    first, second = (f"{draw.randint(1, 12):0{len(found[place])}}" for place in (1, 3))
    return f"{first}{found[2]}{second}{found[2]}{year}"


def _address(_: re.Match[str], draw: random.Random) -> str:
    return f"10.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"


def _whole(value: Any, draw: random.Random) -> Any:
    text = str(abs(int(value)))
    made = int(_digits(text, draw)) * (-1 if value < 0 else 1)
    if isinstance(value, np.integer):
        bounds = np.iinfo(value.dtype)
        made = min(max(made, bounds.min), bounds.max)
    return type(value)(made)


def _real(value: Any, draw: random.Random) -> Any:
    """As many digits before and behind the point."""
    mantissa, mark, exponent = str(value).lower().partition("e")
    whole, point, part = mantissa.lstrip("-").partition(".")
    made = _digits(whole, draw) + point + ("" if part == "0" else _digits(part, draw) if part else "")
    made = made + ".0" if part == "0" and not made.endswith(".") else made + "0" * (part == "0")
    return type(value)(("-" if mantissa.startswith("-") else "") + made + mark + exponent)


def _moment(value: Any, draw: random.Random) -> Any:
    return value + datetime.timedelta(days=draw.choice((-1, 1)) * draw.randint(20, 3000))


def _uuid(value: uuid.UUID, draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=value.version or 4)


_MAKERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any, random.Random], Any]], ...]] = (
    ((bool, np.bool_), lambda value, draw: type(value)(draw.random() < 0.5)),
    ((int, np.integer), _whole),
    ((float, np.floating), _real),
    (complex, lambda value, draw: complex(_real(value.real, draw), _real(value.imag, draw))),
    (decimal.Decimal, _real),
    (datetime.date, _moment),  # also of datetime and Timestamp
    (datetime.time, lambda value, draw: value.replace(hour=draw.randint(0, 23), minute=draw.randint(0, 59))),
    (datetime.timedelta, lambda value, draw: value * draw.randint(2, 9)),
    (np.datetime64, lambda value, draw: value + np.timedelta64(draw.randint(20, 3000), "D")),
    (np.timedelta64, lambda value, draw: value * draw.randint(2, 9)),
    (bytes, lambda value, draw: draw.randbytes(len(value))),
    (uuid.UUID, _uuid),
)


class Swap:
    """Changes the private parts of values, and leaves the rest as it is.

    Args:
        columns: names of private columns, index levels and keys.
        change: gives what stands in place of a private scalar.
    """

    def __init__(self, columns: Collection[str], change: Change) -> None:
        self._columns, self._change = columns, change

    def value(self, value: Any, private: bool = False) -> Any:
        """A value with its private parts changed; the same object where it has none.

        Args:
            private: all of it is.

        Raises:
            Unsupported: a private part has a type that cannot be changed.
        """
        if isinstance(value, pd.DataFrame):
            return self._frame(value, private)
        if isinstance(value, pd.Series):
            return self._series(value, private)
        if isinstance(value, pd.Index):
            return self._index(value, private)
        library = type(value).__module__.partition(".")[0]
        if library in ("polars", "pyarrow"):
            return self._table(value, private, library)
        if isinstance(value, dict):
            return self._dict(value, private)
        if isinstance(value, list | tuple | set | frozenset):
            members = [self.value(member, private) for member in value]
            same = all(new is old for new, old in zip(members, value, strict=True))
            return value if same else _rebuilt(value, members)
        if not private:
            return value
        if isinstance(value, np.ndarray):
            return self._array(value.ravel(), value.dtype).reshape(value.shape)
        return self._change(value)

    def _named(self, name: Any) -> bool:
        """Whether a label is marked, or a part of a label of several levels."""
        return any(part in self._columns for part in (name if isinstance(name, tuple) else (name,)))

    def _dict(self, value: dict[Any, Any], private: bool) -> Any:
        made = {key: self.value(member, private or self._named(key)) for key, member in value.items()}
        return value if all(made[key] is member for key, member in value.items()) else made

    def _frame(self, frame: pd.DataFrame, private: bool) -> pd.DataFrame:
        index = self._index(frame.index, private)
        places = [
            place
            for place, name in enumerate(frame.columns)
            if private or self._named(name) or is_object_dtype(frame.dtypes.iloc[place])
        ]
        if not places and index is frame.index:
            return frame
        made = frame.copy(deep=False)
        for place in places:
            name, column = frame.columns[place], frame.iloc[:, place]
            new = self._cells(column, private or self._named(name))
            if new is not column:
                made.isetitem(place, new)
        made.index = index
        return made

    def _series(self, series: Any, private: bool) -> Any:
        made = self._cells(series, private or self._named(series.name))
        index = self._index(series.index, private)
        return series if made is series and index is series.index else made.set_axis(index)

    def _cells(self, column: Any, private: bool) -> Any:
        """A column with private cells, or with objects that hold private parts."""
        if isinstance(column.dtype, pd.CategoricalDtype):
            return column.cat.rename_categories(self._all(column.cat.categories)) if private else column
        if not private and not is_object_dtype(column.dtype):
            return column
        cells = [self.value(cell, private) for cell in column]
        if not private and all(new is old for new, old in zip(cells, column, strict=True)):
            return column
        if is_object_dtype(column.dtype):
            array = np.empty(len(cells), dtype=object)
            for place, cell in enumerate(cells):  # one by one: a cell may be an array
                array[place] = cell
            return pd.Series(array, index=column.index, name=column.name, dtype=object)
        return pd.Series(pd.array(cells, dtype=column.dtype), index=column.index, name=column.name)

    def _index(self, index: Any, private: bool) -> Any:
        if isinstance(index, pd.MultiIndex):
            for place, name in enumerate(index.names):
                if private or self._named(name):
                    index = index.set_levels(self._all(index.levels[place]), level=place)
            return index
        if isinstance(index, pd.RangeIndex) or not (private or self._named(index.name)):
            return index
        return pd.Index(self._all(index), name=index.name)

    def _all(self, values: Any) -> Any:
        return pd.Index([self._change(value) for value in values], dtype=values.dtype)

    def _array(self, flat: Any, dtype: Any) -> Any:
        made = np.empty(len(flat), dtype)
        for place, value in enumerate(flat):
            made[place] = self.value(value, private=True)
        return made

    def _table(self, value: Any, private: bool, library: str) -> Any:
        """Frames, series, tables and arrays of Polars and Arrow."""
        if library == "polars":
            import polars as pl  # noqa: PLC0415 - the value is of it

            if isinstance(value, pl.DataFrame):
                names = [name for name in value.columns if private or self._named(name)]
                return value.with_columns(self._table(value[name], True, library) for name in names)
            if isinstance(value, pl.Series):
                if not (private or self._named(value.name)):
                    return value
                cells = [self.value(cell, True) for cell in value.to_list()]
                return pl.Series(value.name, cells, dtype=value.dtype)
        else:
            import pyarrow as pa  # noqa: PLC0415

            if isinstance(value, pa.Table | pa.RecordBatch):
                for place, name in enumerate(value.schema.names):
                    if private or self._named(name):
                        value = value.set_column(
                            place, value.schema.field(place), self._table(value.column(place), True, library)
                        )
                return value
            if isinstance(value, pa.Array | pa.ChunkedArray):
                if not private:
                    return value
                return pa.array([self.value(cell, True) for cell in value.to_pylist()], type=value.type)
        if private:
            raise Unsupported(type(value).__name__)
        return value


def _rebuilt(value: Any, members: Iterable[Any]) -> Any:
    return type(value)(*members) if hasattr(value, "_fields") else type(value)(members)


def scalars(value: Any, columns: Collection[str], private: bool) -> set[Any]:
    """The private scalars in a value."""
    found: set[Any] = set()

    def note(scalar: Any) -> Any:
        if not _is_gap(scalar):
            found.add(scalar)
        return scalar

    with contextlib.suppress(Unsupported, TypeError, ValueError):  # what has no fakes is not recorded
        Swap(columns, note).value(value, private)
    return found


def labels(value: Any) -> set[str]:
    """The names that a value has for its parts: of columns, index levels, keys."""
    found: set[Any] = set()
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        index = value if isinstance(value, pd.Index) else value.index
        found |= {*index.names, *([value.name] if isinstance(value, pd.Series) else [])}
        columns: list[Any] = list(value.columns) if isinstance(value, pd.DataFrame) else []
        found |= {part for name in columns for part in (name if isinstance(name, tuple) else (name,))}
        value = value.to_numpy(dtype=object)[:100].ravel().tolist() if isinstance(value, pd.Series) else []
    found |= set(getattr(value, "column_names", None) or getattr(value, "columns", None) or ())
    if type(value).__module__.startswith("polars"):
        found.add(getattr(value, "name", None))
    if isinstance(value, dict):
        found |= {*value}
        value = list(value.values())
    if isinstance(value, list | tuple):
        found |= {name for member in value[:100] for name in labels(member)}
    return {name for name in found if isinstance(name, str)}
