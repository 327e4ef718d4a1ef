"""Isolation gives each reader a value whose changes cannot be seen in the original."""

import array
import copyreg
import functools
import io
import types
import weakref
from collections.abc import Callable, Generator, Iterator
from enum import Enum
from typing import Any, Final

from kernel_magics.engine.values.canonical import ATOMIC
from kernel_magics.engine.values.plot import is_plot
from kernel_magics.engine.values.traverse import MISSING, Memo, Missing, traverse

SHARED: Final = (ATOMIC - {bytearray, array.array}) | {object, weakref.ReferenceType, property}
"""Types whose instances are immutable or cannot be copied: readers get the instance itself."""

_SHARED_BASES: Final = (Enum, type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, Iterator)

Other = Callable[[object], object]
"""Isolates a value of a library, or returns MISSING for an unsupported type."""

_Steps = Generator[object, object, object]


def isolate(value: object, other: Other, owned: Other) -> object:
    """A copy of `value` that shares only immutable parts; an uncopyable object is returned itself.

    Args:
        owned: isolates a value of a library inside an object, whose methods may write into it.
    """
    if type(value) in SHARED:
        return value
    memo: Memo[object] = Memo()
    return traverse(value, functools.partial(_step, memo=memo, other=other, owned=owned), id, memo)


def _step(value: Any, memo: Memo[object], other: Other, owned: Other) -> _Steps:
    """One level of the copy: yields the children and receives their copies."""
    kind = type(value)
    if kind is types.BuiltinMethodType and not isinstance(value.__self__, types.ModuleType | type | None):
        return getattr((yield value.__self__), value.__name__)  # a method of an object
    if kind in SHARED or (issubclass(kind, _SHARED_BASES) and kind not in _COPIERS):
        return value
    if kind in (list, dict, set, bytearray, array.array) and not _nested(value):
        return value[:] if kind is array.array else value.copy()
    copier = _COPIERS.get(kind)
    if copier is not None:
        return (yield from copier(value, memo))
    if is_plot(value):
        return value
    copied = other(value)
    if not isinstance(copied, Missing):
        return copied
    if other is not owned:
        inside = functools.partial(_step, memo=memo, other=owned, owned=owned)
        return traverse(value, inside, id, memo)
    return (yield from _instance(value, memo))


def _nested(value: Any) -> bool:
    if isinstance(value, bytearray | array.array):
        return False
    if isinstance(value, dict) and not SHARED.issuperset(map(type, value.values())):
        return True
    return not SHARED.issuperset(map(type, value))


def _list(value: list[object], memo: Memo[object]) -> _Steps:
    copied: list[object] = []
    memo[id(value)] = copied
    for member in value:
        copied.append(member if type(member) in SHARED else (yield member))
    return copied


def _dict(value: dict[object, object], memo: Memo[object]) -> _Steps:
    copied: dict[object, object] = {}
    memo[id(value)] = copied
    for key, member in list(value.items()):
        key = key if type(key) in SHARED else (yield key)
        copied[key] = member if type(member) in SHARED else (yield member)
    return copied


def _set(value: set[object], memo: Memo[object]) -> _Steps:
    copied: set[object] = set()
    memo[id(value)] = copied
    for member in list(value):
        copied.add((yield member))
    return copied


def _frozen(value: Any, memo: Memo[object]) -> _Steps:
    """A tuple or frozenset: the original itself if all of its members are shared."""
    members = list(value)
    copied = []
    for member in members:
        copied.append(member if type(member) in SHARED else (yield member))
    if all(before is after for before, after in zip(members, copied, strict=True)):
        return value
    return memo.get(id(value), MISSING) if id(value) in memo else type(value)(copied)


_KEYS: Final[type] = type({}.keys())
_VALUES: Final[type] = type({}.values())
_ITEMS: Final[type] = type({}.items())


def _view(value: Any, memo: Memo[object]) -> _Steps:
    """The same view of a copied mapping."""
    mapping: Any = value if isinstance(value, types.MappingProxyType) else value.mapping
    copied: Any = yield dict(mapping)
    kind = type(value)
    if kind is types.MappingProxyType:
        return types.MappingProxyType(copied)
    return copied.keys() if kind is _KEYS else copied.values() if kind is _VALUES else copied.items()


def _stream(value: Any, memo: Memo[object]) -> _Steps:
    copied = type(value)(value.getvalue())
    copied.seek(value.tell())
    return copied
    yield  # a generator, as all of these are


def _memory(value: memoryview, memo: Memo[object]) -> _Steps:
    return value.toreadonly()
    yield


_COPIERS: Final[dict[type, Callable[[Any, Memo[object]], _Steps]]] = {
    list: _list,
    dict: _dict,
    set: _set,
    tuple: _frozen,
    frozenset: _frozen,
    memoryview: _memory,
    io.StringIO: _stream,
    io.BytesIO: _stream,
    types.MappingProxyType: _view,
    _KEYS: _view,
    _VALUES: _view,
    _ITEMS: _view,
}


def _instance(value: Any, memo: Memo[object]) -> _Steps:
    """A copy of any other object by its own pickling protocol; the object itself if it has none."""
    kind = type(value)
    try:
        if hasattr(kind, "__deepcopy__"):
            return value.__deepcopy__({})
        reduce = copyreg.dispatch_table.get(kind)
        reduced: Any = reduce(value) if reduce else value.__reduce_ex__(4)
        if isinstance(reduced, str):  # the name of a global
            return value
        padded: list[Any] = [*reduced, None, None, None, None]
        build, arguments, state, members, pairs, set_state = padded[:6]
        given: Any = yield arguments
        copied = build(*given)
        memo[id(value)] = copied
        if state is value:  # a dict whose keys are its attributes
            copied.__dict__ = copied
        elif state is not None:
            _restore(copied, (yield state), set_state)
        for member in members or ():
            copied.append((yield member))
        for key, member in pairs or ():
            copied[(yield key)] = yield member
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever a foreign class does: an object that cannot be copied is shared
        return value
    return copied


def _restore(copied: Any, state: Any, set_state: Callable[[Any, Any], None] | None) -> None:
    if set_state is not None:
        set_state(copied, state)
    elif hasattr(copied, "__setstate__"):
        copied.__setstate__(state)
    else:
        attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
        if attributes:
            copied.__dict__.update(attributes)
        for name, member in (slots or {}).items():
            object.__setattr__(copied, name, member)
