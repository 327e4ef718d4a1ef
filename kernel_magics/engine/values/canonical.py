"""Canonical forms: bytes, or parts, that are equal exactly when no reader can distinguish two values."""

import array
import dataclasses
import datetime
import itertools
import math
import os
import re
import struct
import sys
import types
import uuid
import weakref
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum, Flag
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any, Final, Protocol

UNAMBIGUOUS: Final = frozenset({type(None), bool, int, float, str, bytes})
"""Types whose `repr` differs whenever the values differ: 1, True, 1.0, '1', -0.0; nan is always nan."""

_REPR_LIMIT: Final = 10**4000  # longer integers have no repr (sys.set_int_max_str_digits)
_IDENTITIES: weakref.WeakKeyDictionary[type, int] = weakref.WeakKeyDictionary()
_NUMBERS: Final = itertools.count()
_PROCESS: Final = uuid.uuid4().hex


class Hasher(Protocol):
    """A hash object, such as `hashlib.sha256()`."""

    def update(self, data: Any, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """The digest, of at least 32 digits."""


class Buffer(Protocol):
    """A block of memory that is compared and hashed by its own methods, such as a NumPy array."""

    def same(self, other: Any) -> bool:
        """True when `other`, a buffer of the same key, holds the same values."""

    def feed(self, hasher: Hasher) -> None:
        """Feed the values to `hasher`: the same bytes for the same values."""


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a value: its key holds all that is not in children and buffers (type, dtype, shape)."""

    key: str
    children: Sequence[object] = ()
    buffers: Sequence[Buffer] = ()


def class_key(cls: type) -> str:
    """The importable name of a class; for any other class a name unique to this process.

    A notebook can define another class under the same name, so its name alone does not identify it.
    """
    found: object = sys.modules.get(cls.__module__) if cls.__module__ != "__main__" else None
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is cls:
        return f"{cls.__module__}.{cls.__qualname__}"
    number = _IDENTITIES.get(cls)
    if number is None:
        number = _IDENTITIES.setdefault(cls, next(_NUMBERS))
    return f"{cls.__module__}.{cls.__qualname__}@{_PROCESS}.{os.getpid()}.{number}"


def canonical(value: Any) -> bytes | None:
    """Bytes for a scalar, or for a built-in container of plain scalars; None for anything else."""
    atom = _ATOMS.get(type(value))
    if atom is not None:
        return atom(value)
    flat = _FLAT.get(type(value))
    if flat is not None:
        return flat(value)
    if isinstance(value, Enum):
        member = repr(value.value) if isinstance(value, Flag) else value.name
        return f"enum:{class_key(type(value))}:{member}".encode()
    if isinstance(value, type) and not isinstance(value, types.GenericAlias):
        return f"class:{class_key(value)}".encode()
    return None


def plain_parts(value: Any, digest: Callable[[object], str | None]) -> Parts | None:
    """The parts of a container or dataclass instance of the standard library's types; None if unsupported.

    The members of a set are sorted by their digests, since a set has no order.
    """
    kind = type(value)
    if kind in (list, tuple):
        return Parts(f"{kind.__name__}:{len(value)}", value)
    if kind in (dict, OrderedDict, Counter):
        return Parts(f"{kind.__name__}:{len(value)}", list(itertools.chain.from_iterable(value.items())))
    if kind in (set, frozenset):
        digests = [digest(member) for member in value]
        if None in digests:
            return None
        return Parts(f"{kind.__name__}:{len(value)}", sorted(filter(None, digests)))
    if kind is defaultdict:
        return Parts("defaultdict", [value.default_factory, dict(value)])
    if kind is deque:
        return Parts(f"deque:{value.maxlen}", list(value))
    if kind is slice:
        return Parts("slice", [value.start, value.stop, value.step])
    if kind is types.SimpleNamespace:
        return Parts("SimpleNamespace", [vars(value)])
    return _record_parts(value, kind)


def _record_parts(value: Any, kind: type) -> Parts | None:
    """The parts of a named tuple or a dataclass instance, if its fields are its whole state."""
    if kind.__base__ is tuple and hasattr(kind, "_fields"):
        return Parts(f"namedtuple:{class_key(kind)}", list(value))
    if not dataclasses.is_dataclass(kind) or any(not _is_python_class(base) for base in kind.__mro__[:-1]):
        return None
    names = [field.name for field in dataclasses.fields(kind)]
    slots = itertools.chain.from_iterable(vars(base).get("__slots__", ()) for base in kind.__mro__)
    seen = {*getattr(value, "__dict__", ()), *slots} - {"__dict__", "__weakref__"}
    if not seen <= set(names) or not all(hasattr(value, name) for name in names):
        return None  # such as cached properties: the state is not just the fields
    return Parts(f"dataclass:{class_key(kind)}", [getattr(value, name) for name in names])


_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: defined by a class statement


def _is_python_class(cls: type) -> bool:
    return bool(cls.__flags__ & _HEAP_TYPE)


def _float(value: float) -> bytes:
    return struct.pack("<d", math.nan if value != value else value)


def zone_text(zone: datetime.tzinfo | None) -> str | None:
    """A text that identifies a time zone; None if there is no reliable one."""
    if zone is None:
        return ""
    root = type(zone).__module__.partition(".")[0]
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key is None:
        return None
    known = root in ("datetime", "zoneinfo", "pytz", "dateutil")
    return f"{type(zone).__qualname__}:{zone!r}" if known else None


def _moment(value: Any) -> bytes | None:
    zone = zone_text(value.tzinfo)
    naive = value.replace(tzinfo=None).isoformat()
    return None if zone is None else f"{type(value).__name__}:{naive}:{value.fold}:{zone}".encode()


def _tagged(text: Callable[[Any], str]) -> Callable[[Any], bytes]:
    return lambda value: f"{type(value).__name__}:{text(value)}".encode("utf-8", "surrogatepass")


def _flat_sequence(value: Any) -> bytes | None:
    """One number format for all members if they share it; else the repr of the whole."""
    kinds = set(map(type, value))
    tag = f"{type(value).__name__}:{len(value)}:".encode()
    if kinds == {float}:
        return tag + b"d" + array.array("d", [math.nan if x != x else x for x in value]).tobytes()
    if kinds == {int}:
        try:
            return tag + b"q" + array.array("q", value).tobytes()
        except OverflowError:
            pass
    if kinds == {str}:
        lengths = array.array("Q", map(len, value)).tobytes()
        return tag + b"s" + lengths + "".join(value).encode("utf-8", "surrogatepass")
    return tag + _text(value) if kinds <= UNAMBIGUOUS and _has_repr(value, kinds) else None


def _flat_dict(value: dict[Any, Any]) -> bytes | None:
    kinds = set(map(type, value)) | set(map(type, value.values()))
    plain = kinds <= UNAMBIGUOUS and _has_repr(value, kinds) and _has_repr(value.values(), kinds)
    return b"dict:" + _text(value) if plain else None


def _flat_set(value: Any) -> bytes | None:
    kinds = set(map(type, value))
    plain = kinds <= UNAMBIGUOUS and _has_repr(value, kinds)
    return f"{type(value).__name__}:".encode() + _text(sorted(map(repr, value))) if plain else None


def _has_repr(members: Any, kinds: set[type]) -> bool:
    return int not in kinds or all(type(x) is not int or -_REPR_LIMIT < x < _REPR_LIMIT for x in members)


def _text(value: object) -> bytes:
    return repr(value).encode("utf-8", "surrogatepass")


def _array(value: "array.array[Any]") -> bytes:
    data = [math.nan if x != x else x for x in value] if value.typecode in "fd" else value
    return f"array:{value.typecode}:".encode() + array.array(value.typecode, data).tobytes()


def _zone_atom(zone: datetime.tzinfo) -> bytes | None:
    text = zone_text(zone)
    return None if text is None else b"zone:" + text.encode()


_PATHS = (PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)
_ATOMS: dict[type, Callable[[Any], bytes | None]] = {
    type(None): lambda value: b"None",
    type(...): lambda value: b"...",
    type(NotImplemented): lambda value: b"NotImplemented",
    bool: lambda value: b"True" if value else b"False",
    int: lambda value: b"int:%x" % value,
    float: lambda value: b"float:" + _float(value),
    complex: lambda value: b"complex:" + _float(value.real) + _float(value.imag),
    str: _tagged(lambda value: value),
    bytes: lambda value: b"bytes:" + value,
    bytearray: lambda value: b"bytearray:" + value,
    array.array: _array,
    range: _tagged(repr),
    Decimal: _tagged(str),
    Fraction: _tagged(str),
    datetime.date: _tagged(str),
    datetime.timedelta: _tagged(repr),
    datetime.datetime: _moment,
    datetime.time: _moment,
    datetime.timezone: _zone_atom,
    zoneinfo.ZoneInfo: _zone_atom,
    uuid.UUID: _tagged(str),
    re.Pattern: _tagged(lambda value: f"{value.flags}:{value.pattern!r}"),
    **{path: _tagged(str) for path in _PATHS},
}
ATOMIC: Final = frozenset(_ATOMS)
"""Types of scalars: they contain no other values and have a canonical form of their own."""

_FLAT: dict[type, Callable[[Any], bytes | None]] = {
    list: _flat_sequence,
    tuple: _flat_sequence,
    dict: _flat_dict,
    set: _flat_set,
    frozenset: _flat_set,
}
