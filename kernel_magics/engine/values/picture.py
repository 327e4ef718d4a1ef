"""A picture is the state of objects and everything in them; it shows what changed, and can undo it."""

from __future__ import annotations

import array
import functools
import io
import itertools
import operator
import pickle
import random
import sys
import types
from collections import deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import dataclass, replace
from enum import Enum
from inspect import getattr_static
from typing import Any, Final

from kernel_magics.engine.values.canonical import canonical
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.traverse import MISSING

Parts = tuple[Any, ...]
Look = Callable[[Any], Parts]
Put = Callable[[Any, Parts], object]


@dataclass(frozen=True, slots=True)
class Way:
    """How the state of objects of one kind is read.

    Attributes:
        look: returns the parts of such an object, the same objects while nothing changes.
        put: restores these parts; None if that is not possible.
        inside: whether the parts are examined as well.
        named: whether the parts are names and as many values.
        by_value: whether equal parts count as the same, not only identical ones.
        raw: faster than `look`; as long as its result is the same, so is that of `look`.
    """

    look: Look
    put: Put | None = None
    inside: bool = True
    named: bool = False
    by_value: bool = False
    raw: Look | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One object of a picture.

    Attributes:
        path: its name: `rates`, `Model.weights`, `helpers.COUNT`.
    """

    path: str
    value: Any
    way: Way
    parts: Parts
    raw: Parts = ()

    def changed(self) -> bool:
        """Whether it holds something else now; an object that cannot be looked at any more does."""
        raw = self.way.raw
        try:
            if raw is not None and _identical(raw(self.value), self.raw):
                return False
            now, before = self.way.look(self.value), self.parts
        except Exception:  # such as a connection that was closed
            return True
        return now != before if self.way.by_value else not _same(now, before)

    def name(self) -> str:
        """The name of a new part, or its own."""
        if self.way.named:
            now, before = _pairs_of(self.way.look(self.value)), _pairs_of(self.parts)
            for name in dict.fromkeys([*before, *now]):
                if not _same((now.get(name, MISSING),), (before.get(name, MISSING),)):
                    return f"{self.path}.{name}" if self.path else str(name)
        return self.path

    def again(self) -> Seen:
        """The present state of the same object."""
        raw = self.way.raw(self.value) if self.way.raw is not None else ()
        return replace(self, parts=self.way.look(self.value), raw=raw)

    def undo(self) -> bool:
        """Restore the state; returns whether that worked."""
        if self.way.put is None:
            return False
        try:
            self.way.put(self.value, self.parts)
        except Exception:  # a class may raise anything
            return False
        return not self.changed()


Own = Callable[[object], bool]
Other = Callable[[object], Way | None]


def picture(roots: Mapping[str, object], own: Own, other: Other) -> tuple[Seen, ...]:
    """The state of these objects, by name, with all mutable objects in them.

    Args:
        own: whether a function, class or module is the user's: for others only what they wrap is examined.
        other: how a value of a library is read; None for unsupported ones.
    """
    seen: set[int] = set()
    found: list[Seen] = []
    queue = deque(roots.items())
    while queue:
        path, value = queue.popleft()
        if type(value) in SHARED or id(value) in seen or is_cache(path):
            continue
        seen.add(id(value))
        way = _way(value, own, other)
        queue += ((path, part) for part in _wrapped(value))
        if way is None:
            continue
        try:
            parts = way.look(value)
        except Exception:  # a foreign class may raise anything
            continue
        found.append(Seen(path, value, way, parts))
        if way.inside:
            queue += _below(found[-1])
    return tuple(found)


def is_cache(path: str) -> bool:
    """True for a name that contains "cache": what it holds can be computed again."""
    name = path.rpartition(".")[2].lower()
    return "cache" in name or "memo" in name


def variables(namespace: dict[str, Any]) -> Seen:
    """The variables of a namespace, without the objects in them."""
    way = Way(_variables, _variables_again, inside=False, named=True, raw=_every)
    return Seen("", namespace, way, way.look(namespace), _every(namespace))


def _every(namespace: dict[str, Any]) -> Parts:
    return tuple(namespace.values())


def _same(now: Parts, before: Parts) -> bool:
    """True when parts are the same objects, or scalars of the same value."""
    if len(now) != len(before):
        return False
    return _identical(now, before) or all(a is b or _equal(a, b) for a, b in zip(now, before, strict=True))


def _identical(now: Parts, before: Parts) -> bool:
    return len(now) == len(before) and all(map(operator.is_, now, before))


def _equal(a: object, b: object) -> bool:
    return (
        type(a) is type(b) and type(a) in SHARED and canonical(a) is not None and canonical(a) == canonical(b)
    )


def _below(seen: Seen) -> Iterator[tuple[str, object]]:
    """The parts of an object, by name if they have one."""
    if seen.way.named:
        for name, part in _pairs_of(seen.parts).items():
            yield f"{seen.path}.{name}", part
    else:
        names = seen.value.__code__.co_freevars if isinstance(seen.value, types.FunctionType) else ()
        for place, part in enumerate(seen.parts):
            around = names[place - _CELLS] if 0 <= place - _CELLS < len(names) else ""
            yield (f"{seen.path}.{around}" if around else seen.path), part


# -- ways of looking -----------------------------------------------------------------------------------------


def _pairs(value: dict[Any, Any]) -> Parts:
    return (*dict.keys(value), *dict.values(value))


def _refill(value: dict[Any, Any], parts: Parts) -> None:
    half = len(parts) // 2
    dict.clear(value)
    dict.update(value, zip(parts[:half], parts[half:], strict=True))


def _set_again(value: set[Any], parts: Parts) -> None:
    value.clear()
    value.update(parts)


def _deque_again(value: deque[Any], parts: Parts) -> None:
    value.clear()
    value.extend(parts)


def _list_again(value: list[Any], parts: Parts) -> None:
    list.__setitem__(value, slice(None), parts)


def _bytes_again(value: Any, parts: Parts) -> None:
    value[:] = parts[0]


def _array_again(value: array.array[Any], parts: Parts) -> None:
    del value[:]
    value.frombytes(parts[0])


def _public(names: Mapping[str, Any]) -> dict[str, Any]:
    """Names that Python does not make itself, except caches."""
    return {
        name: part
        for name, part in names.items()
        if not name.startswith(("__", "_abc_")) and not is_cache(name)
    }


def _attributes(value: Any) -> Parts:
    """The attributes of an instance; cached properties, computed from the rest, are left out."""
    lazy = {
        name
        for kind in type(value).__mro__
        for name, part in vars(kind).items()
        if isinstance(part, functools.cached_property)
    }
    own = value.__dict__ if _has_dict(value) else {}
    held = {name: part for name, part in own.items() if name not in lazy}
    held |= {
        name: content
        for name, slot in _slots(type(value))
        if (content := _in_slot(slot, value)) is not MISSING
    }
    return _pairs(_public(held))


def _attributes_again(value: Any, parts: Parts) -> None:
    before = _pairs_of(parts)
    for name in [name for name in _pairs_of(_attributes(value)) if name not in before]:
        object.__delattr__(value, name)
    for name, part in before.items():
        object.__setattr__(value, name, part)


def _pairs_of(parts: Parts) -> dict[Any, Any]:
    half = len(parts) // 2
    return dict(zip(parts[:half], parts[half:], strict=True))


def _slots(kind: type) -> list[tuple[str, types.MemberDescriptorType]]:
    members = [item for base in kind.__mro__ if "__slots__" in vars(base) for item in vars(base).items()]
    return [(name, part) for name, part in members if isinstance(part, types.MemberDescriptorType)]


def _in_slot(slot: types.MemberDescriptorType, value: Any) -> object:
    """The content of a slot, MISSING for an empty one; no code of the value's class runs."""
    try:
        return slot.__get__(value)
    except AttributeError:
        return MISSING


def _class(value: type) -> Parts:
    return _pairs(_public(vars(value)))


def _class_again(value: type, parts: Parts) -> None:
    before, now = _pairs_of(parts), _pairs_of(_class(value))
    for name in now.keys() - before.keys():
        delattr(value, name)
    for name, part in before.items():
        if now.get(name, MISSING) is not part:
            setattr(value, name, part)


def _variables(namespace: dict[str, Any]) -> Parts:
    """The variables of a module; one that is None may be initialized later."""
    return _pairs({name: part for name, part in _public(namespace).items() if part is not None})


def _variables_again(namespace: dict[str, Any], parts: Parts) -> None:
    before = _pairs_of(parts)
    for name in _pairs_of(_variables(namespace)).keys() - before.keys():
        del namespace[name]
    namespace.update(before)


def _module(value: types.ModuleType) -> Parts:
    return _variables(vars(value))


def _module_again(value: types.ModuleType, parts: Parts) -> None:
    _variables_again(vars(value), parts)


_CELLS: Final = 3  # before the variables around it come the code of a function and its defaults


def _function(value: types.FunctionType) -> Parts:
    """Variables around a function, its defaults and its attributes."""
    around = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    cells = [MISSING if is_cache(name) else _content(cell) for name, cell in around]
    attributes = _pairs(_public(vars(value))) if vars(value) else ()
    return (value.__code__, value.__defaults__, value.__kwdefaults__, *cells, *attributes)


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is assigned later
        return MISSING


def _function_again(value: types.FunctionType, parts: Parts) -> None:
    value.__code__, value.__defaults__, value.__kwdefaults__ = parts[:3]
    cells = value.__closure__ or ()
    for cell, content in zip(cells, parts[_CELLS : _CELLS + len(cells)], strict=True):
        if content is not MISSING and _content(cell) is not content:
            cell.cell_contents = content
    attributes = _pairs_of(parts[_CELLS + len(cells) :])
    for name in [name for name in _public(vars(value)) if name not in attributes]:
        del vars(value)[name]
    vars(value).update(attributes)


def _random(value: random.Random) -> Parts:
    return (pickle.dumps(value.getstate()),)


def _random_again(value: random.Random, parts: Parts) -> None:
    value.setstate(pickle.loads(parts[0]))


def _generator(value: types.GeneratorType[Any, Any, Any]) -> Parts:
    frame = value.gi_frame
    return (frame.f_lasti, *frame.f_locals.values()) if frame is not None else ()


def _iterator(value: Any) -> Parts:
    """The position of an iterator."""
    if isinstance(value, itertools.count):
        return (repr(value),)
    return (value.__length_hint__(),) if hasattr(value, "__length_hint__") else (pickle.dumps(value),)


def _connection(value: Any) -> Parts:
    """How many rows and how often the tables of a database were changed."""
    cursor = value.cursor()
    cursor.row_factory = None  # that of the connection may be any code
    return (value.total_changes, cursor.execute("PRAGMA schema_version").fetchone())


def _stream(value: Any) -> Parts:
    """The position of a readable stream; a log that is only written does not count."""
    if value.closed or not value.readable():
        return ()
    content = value.getvalue() if isinstance(value, io.StringIO | io.BytesIO) else ""
    return (value.tell(), content)


def _stream_again(value: Any, parts: Parts) -> None:
    if isinstance(value, io.StringIO | io.BytesIO):
        value.seek(0)
        value.truncate()
        value.write(parts[1])
    value.seek(parts[0])


ATTRIBUTES: Final = Way(_attributes, _attributes_again, named=True)
_CONTAINERS: Final[tuple[tuple[Any, Way], ...]] = (
    (dict, Way(_pairs, _refill)),
    (list, Way(tuple, _list_again)),
    (set, Way(tuple, _set_again)),
    (deque, Way(tuple, _deque_again)),
    (tuple | frozenset, Way(tuple)),
    (array.array, Way(lambda value: (value.tobytes(),), _array_again, False, by_value=True)),
)
_OTHERS: Final[tuple[tuple[Any, Way], ...]] = (
    (bytearray, Way(lambda value: (bytes(value),), _bytes_again, False, by_value=True)),
    (memoryview, Way(lambda value: (value.tobytes(),), _bytes_again, False, by_value=True)),
    (types.MappingProxyType, Way(lambda value: (*value.keys(), *value.values()))),
    (KeysView | ValuesView, Way(tuple)),
    (ItemsView, Way(lambda value: tuple(part for pair in value for part in pair))),
    (random.Random, Way(_random, _random_again, False, by_value=True)),
    (types.GeneratorType, Way(_generator)),
    (io.IOBase, Way(_stream, _stream_again, False, by_value=True)),
    (functools.partial, Way(lambda value: (value.func, value.args, value.keywords))),
    (types.MethodType, Way(lambda value: (value.__self__, value.__func__))),
    (property, Way(lambda value: (value.fget, value.fset))),
    (staticmethod | classmethod, Way(lambda value: (value.__func__,))),
)
_UNREADABLE: Final = frozenset(
    {"abc", "asyncio", "concurrent", "contextvars", "ctypes", "importlib", "logging"}
    | {"multiprocessing", "re", "socket", "subprocess", "threading", "typing", "weakref"}
)
"""Modules of the standard library whose objects hold handles, locks and caches of their own."""


def _way(value: Any, own: Own, other: Other) -> Way | None:
    """How an object is read; None for one that is not examined."""
    if isinstance(value, types.ModuleType):
        return Way(_module, _module_again, named=True) if own(value) else None
    if isinstance(value, types.FunctionType):
        return Way(_function, _function_again) if own(value) else None
    if isinstance(value, type):
        plain = own(value) and not issubclass(value, Enum)
        return Way(_class, _class_again, named=True) if plain else None
    if isinstance(value, Enum | types.BuiltinFunctionType | types.CodeType):
        return None
    root = type(value).__module__.partition(".")[0]
    if not own(type(value)) and (root not in sys.stdlib_module_names or root in _UNREADABLE):
        return other(value)
    for kind, way in _CONTAINERS:
        if isinstance(value, kind):
            return _with_attributes(way) if _has_attributes(value) else way
    for kind, way in _OTHERS:
        if isinstance(value, kind):
            return way
    if hasattr(type(value), "total_changes"):  # a connection of sqlite3, which is not imported for that
        return Way(_connection, None, False, by_value=True)
    if _has_attributes(value):
        return ATTRIBUTES
    return Way(_iterator, None, False, by_value=True) if isinstance(value, Iterator) else None


def _has_attributes(value: Any) -> bool:
    """Whether an object is an instance with attributes of its own."""
    return _has_dict(value) or bool(_slots(type(value)))


def _has_dict(value: Any) -> bool:
    return getattr(type(value), "__dictoffset__", 0) != 0  # `hasattr` would run `__getattr__` of the class


def _with_attributes(way: Way) -> Way:
    """The way of a container, for one of a class that adds attributes to it."""

    def look(value: Any) -> Parts:
        parts = way.look(value)
        return (*parts, *_attributes(value), len(parts))

    def put(value: Any, parts: Parts) -> None:
        size = parts[-1]
        if way.put is not None:
            way.put(value, parts[:size])
        _attributes_again(value, parts[size:-1])

    return replace(way, look=look, put=put)


def _wrapped(value: Any) -> list[object]:
    """The function or object inside a foreign wrapper, such as a decorator's."""
    found = [getattr_static(value, "__wrapped__", None)]  # runs no code of the value
    if isinstance(value, types.FunctionType):
        found += [_content(cell) for cell in value.__closure__ or ()]
    return [item for item in found if isinstance(item, types.FunctionType | type)]
