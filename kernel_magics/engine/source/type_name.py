"""A type name is the annotation that a person would write for a value."""

import builtins
import datetime
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Final

ALIASES: Final = {"pandas": "pd", "numpy": "np", "polars": "pl", "pyarrow": "pa"}
"""The usual aliases of these libraries."""

_KINDS: Final = {
    type(None): "None",
    types.FunctionType: "collections.abc.Callable",
    types.BuiltinFunctionType: "collections.abc.Callable",
    types.MethodType: "collections.abc.Callable",
    types.LambdaType: "collections.abc.Callable",
    types.GeneratorType: "collections.abc.Iterator",
    types.ModuleType: "types.ModuleType",
    datetime.datetime: "datetime.datetime",
}
_DEPTH: Final = 3  # list[list[list]]: deeper types are not readable
_WIDTH: Final = 8  # members of a tuple that are listed one by one


def type_name(value: object) -> str:
    """The annotation for `value`, such as `int`, `dict[str, float]`, `pd.Series`, `Point`."""
    return _name(value, _DEPTH)


def _name(value: object, depth: int) -> str:
    kind = type(value)
    if kind in (list, set, frozenset, dict, tuple) and value:
        return _container(value, kind, depth)
    if kind in _KINDS:
        return _KINDS[kind]
    if isinstance(value, PurePath):
        return "pathlib.Path" if hasattr(value, "exists") else "pathlib.PurePath"
    if isinstance(value, type):
        return "type"
    if isinstance(value, Iterator):
        return "collections.abc.Iterator"
    return _scalar(kind) or class_name(kind)


def _scalar(kind: type) -> str:
    """The built-in name of a NumPy scalar type; empty for another class."""
    if kind.__module__ != "numpy":
        return ""
    bases = {base.__name__ for base in kind.__mro__}
    pairs = (("floating", "float"), ("signedinteger", "int"), ("unsignedinteger", "int"), ("bool", "bool"))
    found = [name for base, name in pairs if base in bases and not kind.__name__.startswith("timedelta")]
    return found[0] if found else {"str_": "str", "bytes_": "bytes", "bool_": "bool"}.get(kind.__name__, "")


def _container(value: object, kind: type, depth: int) -> str:
    if not depth:
        return kind.__name__
    if isinstance(value, dict):
        key, item = _common(value, depth), _common(value.values(), depth)
        return f"dict[{key}, {item}]" if key and item else "dict"
    assert isinstance(value, list | set | frozenset | tuple)
    if isinstance(value, tuple) and len(value) <= _WIDTH:
        return f"tuple[{', '.join(_name(member, depth - 1) for member in value)}]"
    name = _common(value, depth)
    return f"{kind.__name__}[{name}{', ...' if kind is tuple else ''}]" if name else kind.__name__


def _common(members: Iterable[object], depth: int) -> str:
    """The type name that all members share; "" when they differ."""
    kinds = {kind: member for member in members for kind in [type(member)]}
    if len(kinds) > 1:
        return ""
    sample = next(iter(kinds.values()))
    if type(sample) not in (list, set, frozenset, dict, tuple):
        return _name(sample, depth - 1)
    names = {_name(member, depth - 1) for member in members}
    return names.pop() if len(names) == 1 else type(sample).__name__


def class_name(cls: type) -> str:
    """The shortest name by which `cls` can be imported; bare for built-in, notebook and local classes."""
    name = cls.__qualname__
    if cls.__module__ in (builtins.__name__, "__main__") or "<locals>" in name:
        return cls.__name__
    parts = cls.__module__.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if getattr(sys.modules.get(module), name.partition(".")[0], None) is not None and _found(module, cls):
            head, _, rest = module.partition(".")
            return ".".join(filter(None, (ALIASES.get(head, head), rest, _public(name))))
    return cls.__name__


def _found(module: str, cls: type) -> bool:
    found: object = sys.modules[module]
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cls


def _public(name: str) -> str:
    """Replace an internal type, such as RangeIndex, by the one that a person declares."""
    return "Index" if name == "RangeIndex" else name
