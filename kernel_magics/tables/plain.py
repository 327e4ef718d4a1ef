"""Plain values are numbers, texts, dates, enums, lists, dicts and classes of them, as texts or as JSON."""

from __future__ import annotations

import ast
import collections.abc
import contextlib
import dataclasses
import datetime
import decimal
import enum
import inspect
import json
import math
import re
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Final

from kernel_magics.tables.problem import problem

TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}
"""The words of truth values."""
_LISTS: Final = (list, tuple, set, frozenset)
_UNKNOWN: Final = (Any, object, None, dataclasses.MISSING)
_NO_HINTS: Final = (NameError, AttributeError, TypeError, SyntaxError)
_SHOWN: Final = 60


class Unfit(ValueError):
    """A value that is not of the type; the message says which part."""


# -- types -------------------------------------------------------------------------------------------------


def type_of(value: object) -> Any:
    """The type of a value as a hint would say it: `list[str]`, `dict[str, float]`, `Window`."""
    kind = type(value)
    if isinstance(value, list | set | frozenset) and kind in (list, set, frozenset):
        return kind[_common(value)] if value else kind
    if kind is dict and isinstance(value, dict):
        return dict[_common(value), _common(value.values())] if value else dict  # type: ignore[misc]
    if kind is tuple and isinstance(value, tuple):
        return tuple[tuple(map(type_of, value))] if value else tuple  # type: ignore[misc]
    return Any if value is None else kind


def _common(members: Iterable[object]) -> Any:
    kinds = list(dict.fromkeys(type_of(member) for member in members))
    gap = Any in kinds
    kinds = [kind for kind in kinds if kind is not Any]
    if set(kinds) == {int, float}:
        kinds = [float]
    if len(kinds) != 1:
        return Any
    return kinds[0] | None if gap else kinds[0]


def expected_type(hint: Any, sample: object) -> Any:
    """What a value must be: as the hint says it, as far as it says something, else as the sample is."""
    if sample is None or sample is dataclasses.MISSING:
        return Any if hint is None else hint
    if hint in _UNKNOWN or isinstance(hint, str) or (hint in (list, dict, tuple, set, frozenset, list)):
        return type_of(sample)
    return hint


def type_text(kind: Any) -> str:
    """The type as a person writes it."""
    if kind is types.NoneType:
        return "None"
    if typing.get_origin(kind) is None and isinstance(kind, type):
        return kind.__name__
    text = str(kind).replace("typing.", "")
    for part in _classes(kind):
        text = text.replace(f"{part.__module__}.{part.__qualname__}", part.__name__)
    return text


def _classes(kind: Any) -> list[type]:
    if isinstance(kind, type) and typing.get_origin(kind) is None:
        return [kind]
    return [each for part in typing.get_args(kind) for each in _classes(part)]


# -- from a text -------------------------------------------------------------------------------------------


def from_text(name: str, text: str, kind: Any, role: str = "param") -> Any:
    """The value that a text on the command line stands for.

    Args:
        name: of the param or input, for messages.
        kind: what it must be.

    Raises:
        Exception: the problem DB321 when it is not.
    """
    try:
        return read_text(text, kind)
    except Unfit as error:
        reason = f" ({error})" if str(error) else ""
        raise problem(
            "DB321",
            f"{role} '{name}' must be {type_text(kind)}, which '{_cut(text)}' is not{reason}.",
            _hint(name, kind, role),
        ) from None


def _hint(name: str, kind: Any, role: str) -> str:
    plain = next((part for part in _members(kind) if part is not types.NoneType), kind)
    if plain is bool:
        return f"write --{role} {name}=true or --{role} {name}=false."
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return f"it is one of {', '.join(member.name for member in plain)}."
    if typing.get_origin(plain) is typing.Literal:
        return f"it is one of {', '.join(map(str, typing.get_args(plain)))}."
    if _is_class(plain, (datetime.date, datetime.datetime)):
        return f"write --{role} {name}=2026-01-31."
    if typing.get_origin(plain) in _LISTS or plain in _LISTS:
        return f"write --{role} {name}=a,b or as JSON."
    if plain is datetime.timedelta:
        return f"write --{role} {name}=90 for seconds, or '1 day, 2:03:04'."
    return f"write --{role} {name}=VALUE with a value of that type."


def read_text(text: str, kind: Any) -> Any:
    """The value of a text.

    Raises:
        Unfit: it is none of this type.
    """
    if kind in _UNKNOWN or isinstance(kind, typing.TypeVar | str):
        return _literal(text)
    members = _members(kind)
    if len(members) > 1:
        if types.NoneType in members and text.strip().lower() in ("none", "null"):
            return None
        return _first(
            [part for part in members if part is not types.NoneType], lambda part: read_text(text, part)
        )
    origin = typing.get_origin(kind) or kind
    if origin is typing.Annotated or hasattr(kind, "__supertype__"):
        return read_text(
            text, kind.__supertype__ if hasattr(kind, "__supertype__") else typing.get_args(kind)[0]
        )
    if origin is typing.Literal:
        return _chosen(typing.get_args(kind), text)
    if kind is str:
        return text
    if kind is types.NoneType:
        if text.strip().lower() in ("none", "null"):
            return None
        raise Unfit
    if _is_structure(kind):
        return from_json(_structure(text, kind), kind)
    return from_json(text, kind, text=True)


def _first(kinds: list[Any], read: Callable[[Any], Any]) -> Any:
    """What the first type that fits makes of a value: texts last, because everything is one."""
    for part in sorted(kinds, key=lambda part: part is str):
        try:
            return read(part)
        except Unfit:
            continue
    raise Unfit


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False, "null": None}.get(text, text)


def _structure(text: str, kind: Any) -> Any:
    """JSON, or a literal of Python, or texts between commas."""
    if text.lstrip()[:1] in ("[", "(", "{"):
        for read in (json.loads, ast.literal_eval):
            with contextlib.suppress(ValueError, SyntaxError):
                return read(text)
        raise Unfit("it is neither JSON nor a literal of Python")
    if (typing.get_origin(kind) or kind) in _LISTS or _is_sequence(kind):
        return _Split(part.strip() for part in text.split(",")) if text.strip() else []
    raise Unfit


class _Split(list[str]):
    """Texts between commas, which are read as texts."""


def _chosen(choices: tuple[Any, ...], text: Any) -> Any:
    for choice in choices:
        if choice == text or (isinstance(text, str) and str(choice) == text):
            return choice
    raise Unfit


# -- from JSON ---------------------------------------------------------------------------------------------


def from_json(value: Any, kind: Any, text: bool = False) -> Any:
    """The value of this type that JSON stands for.

    Args:
        text: the value stands on a command line, where every number is a text.

    Raises:
        Unfit: it is none of this type.
    """
    if kind in _UNKNOWN or isinstance(kind, typing.TypeVar | str):
        return value
    members = _members(kind)
    if len(members) > 1:
        if value is None and types.NoneType in members:
            return None
        return _first(
            [part for part in members if part is not types.NoneType], lambda part: from_json(value, part)
        )
    origin, parts = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin is typing.Annotated or hasattr(kind, "__supertype__"):
        return from_json(value, kind.__supertype__ if hasattr(kind, "__supertype__") else parts[0], text)
    if origin is typing.Literal:
        return _chosen(parts, value)
    if not isinstance(origin, type):
        return value
    if _is_structure(kind):
        return _whole(value, origin, parts)
    if issubclass(origin, enum.Enum):
        return _member(origin, value)
    return _scalar(value, origin, text)


def _scalar(value: Any, kind: type, text: bool) -> Any:
    reader = next((read for base, read in _SCALARS.items() if kind is base), None)
    if reader is not None:
        return reader(value, text)
    if type(value) is kind:
        return value
    if isinstance(value, bool | None | list | dict) and not (
        _is_numpy_bool(kind) and isinstance(value, bool)
    ):
        raise Unfit(f"it is {_cut(value)}")
    if kind in (type, slice):  # they take any text, and mean something else by it
        raise Unfit
    try:
        if _is_numpy_bool(kind):  # of which every text but "" is true
            return kind(_bool(value, text))
        made = kind(value if isinstance(value, str) else str(value) if kind.__module__ != "numpy" else value)
    except Exception as error:  # whatever the class says of a text that it does not take
        raise Unfit from error
    if str(made) == "NaT" or not isinstance(made, kind):
        raise Unfit
    if str(made).lstrip("-") == "inf":
        _check_infinite(value)
    return made


def _check_infinite(value: Any) -> None:
    """Refuse a finite number of which a type can only make an infinite one."""
    if not re.fullmatch(r"\s*[+-]?inf(inity)?\s*", str(value), re.IGNORECASE):
        raise Unfit("it is too large a number")


def _bool(value: Any, text: bool) -> bool:
    found = TRUTHS.get(value.strip().lower()) if text and isinstance(value, str) else value
    if not isinstance(found, bool):
        raise Unfit
    return found


def _is_numpy_bool(kind: type) -> bool:
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _int(value: Any, text: bool) -> int:
    if text and isinstance(value, str):
        return _called(int, value)  # type: ignore[no-any-return]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Unfit
    return int(value)


def _float(value: Any, text: bool) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unfit
    if isinstance(value, str) and not text and value not in ("inf", "-inf", "nan"):
        raise Unfit
    made: float = _called(float, value)
    if math.isinf(made):
        _check_infinite(value)
    return made


def _str(value: Any, text: bool) -> str:
    if not isinstance(value, str):
        raise Unfit
    return value


def _called(kind: Callable[[Any], Any], value: Any) -> Any:
    try:
        return kind(value)
    except (ValueError, TypeError, ArithmeticError):
        raise Unfit from None


def _date(value: Any, text: bool) -> datetime.date:
    return _called(datetime.date.fromisoformat, value)  # type: ignore[no-any-return]


def _decimal(value: Any, text: bool) -> decimal.Decimal:
    if isinstance(value, bool | None):
        raise Unfit
    return _called(decimal.Decimal, str(value))  # type: ignore[no-any-return]


def _span(value: Any, text: bool) -> datetime.timedelta:
    """Seconds, or `1 day, 2:03:04` with or without the day."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.timedelta(seconds=value)
    days, _, clock = str(value).rpartition(",")
    try:
        if not days and ":" not in clock:
            return datetime.timedelta(seconds=float(clock))
        hours, minutes, seconds = (float(part) for part in clock.split(":"))
        count = float(days.split()[0]) if days else 0
        return datetime.timedelta(days=count, hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        raise Unfit from None


_SCALARS: Final[dict[type, Callable[[Any, bool], Any]]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    complex: lambda value, text: _called(complex, value),
    bytes: lambda value, text: _called(bytes.fromhex, value),
    datetime.date: _date,
    datetime.datetime: lambda value, text: _called(datetime.datetime.fromisoformat, value),
    datetime.time: lambda value, text: _called(datetime.time.fromisoformat, value),
    datetime.timedelta: _span,
    decimal.Decimal: _decimal,
}


def _member(kind: type[enum.Enum], value: Any) -> enum.Enum:
    """A member by its name, or by its value."""
    if isinstance(value, str) and value in kind.__members__:
        return kind[value]
    for member in kind:
        if member.value == value or (isinstance(value, str) and str(member.value) == value):
            return member
    raise Unfit


def _whole(value: Any, kind: type, parts: tuple[Any, ...]) -> Any:
    """A list, dict, dataclass or named tuple of converted members."""
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        return _record(value, kind)
    if issubclass(kind, dict | collections.abc.Mapping):
        if not isinstance(value, dict):
            raise Unfit
        if len(parts) == 2:
            value = {
                _key(key, parts[0]): _part(member, parts[1], f"[{key!r}]") for key, member in value.items()
            }
        return _filled(kind, dict, value)
    if not isinstance(value, list | tuple | set):
        raise Unfit
    text = isinstance(value, _Split)
    kinds = _kinds(kind, parts, len(value))
    made = [
        _part(member, part, f"[{place}]", text)
        for place, (member, part) in enumerate(zip(value, kinds, strict=True))
    ]
    return _filled(kind, set if issubclass(kind, collections.abc.Set) else list, made)


def _filled(kind: type, plain: type, members: Any) -> Any:
    """An object of this class with these members; a plain one for a class that is abstract."""
    try:
        return plain(members) if inspect.isabstract(kind) else kind(members)
    except (TypeError, ValueError):
        raise Unfit(f"no {kind.__name__} is made of these members") from None


def _kinds(kind: type, parts: tuple[Any, ...], count: int) -> list[Any]:
    if not parts:
        return [Any] * count
    if kind is not tuple or parts[-1] is ...:
        return [parts[0]] * count
    if len(parts) != count:
        raise Unfit(f"it has {count} members, not {len(parts)}")
    return list(parts)


def _key(key: Any, kind: Any) -> Any:
    """A key of a dict: JSON writes all of them as texts."""
    return read_text(key, kind) if isinstance(key, str) else from_json(key, kind)


def _part(value: Any, kind: Any, place: str, text: bool = False) -> Any:
    try:
        return read_text(value, kind) if text else from_json(value, kind)
    except Unfit as error:
        inner = str(error)
        raise Unfit(
            f"{place}{inner}" if inner.startswith(("[", ".")) else f"{place} must be {type_text(kind)}"
        ) from None


def _record(value: Any, kind: Any) -> Any:
    try:
        hints = typing.get_type_hints(kind)
    except _NO_HINTS:  # names that are not there when the program runs
        hints = {}
    if dataclasses.is_dataclass(kind):
        fields = [item.name for item in dataclasses.fields(kind) if item.init]
    else:
        fields = list(kind._fields)
    if isinstance(value, list | tuple):
        value = dict(zip(fields, value, strict=False)) if len(value) <= len(fields) else None
    if not isinstance(value, dict):
        raise Unfit
    unknown = [str(name) for name in value if name not in fields]
    if unknown:
        raise Unfit(f"it has no field '{unknown[0]}'")
    given = {name: _part(member, hints.get(name, Any), f".{name}") for name, member in value.items()}
    try:
        return kind(**given)
    except TypeError as error:
        raise Unfit(str(error).partition("() ")[2]) from None


def _is_structure(kind: Any) -> bool:
    origin = typing.get_origin(kind) or kind
    if not isinstance(origin, type):
        return False
    named = dataclasses.is_dataclass(origin) or hasattr(origin, "_fields")
    return named or _is_sequence(kind) or issubclass(origin, dict | collections.abc.Mapping)


def _is_sequence(kind: Any) -> bool:
    origin = typing.get_origin(kind) or kind
    kinds = (*_LISTS, collections.abc.Sequence, collections.abc.Set)
    return (
        isinstance(origin, type) and issubclass(origin, kinds) and not issubclass(origin, str | bytes | range)
    )


def _is_class(kind: Any, bases: tuple[type, ...]) -> bool:
    return isinstance(kind, type) and issubclass(kind, bases)


def _members(kind: Any) -> tuple[Any, ...]:
    """The types of a union; any other type alone."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(each for part in typing.get_args(kind) for each in _members(part))
    return (kind,)


# -- to JSON -----------------------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """The value as JSON, from which `from_json` with its type gives it back.

    Raises:
        Unfit: JSON cannot hold it.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, enum.Enum):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: to_json(getattr(value, item.name)) for item in dataclasses.fields(value) if item.init
        }
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_json(member) for name, member in value._asdict().items()}
    if isinstance(value, dict):
        return {_key_text(key): to_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(member) for member in value]
    if isinstance(value, set | frozenset):
        return sorted((to_json(member) for member in value), key=json.dumps)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.timedelta) and type(value) is datetime.timedelta:
        return value.total_seconds()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if hasattr(value, "item") and type(value).__module__ == "numpy" and not getattr(value, "ndim", 1):
        return to_json(value.item())
    if (
        type(value).__module__.partition(".")[0] in ("decimal", "pandas", "pathlib", "uuid", "fractions")
        or type(value) is complex
    ):
        return str(value)
    raise Unfit(f"JSON has no form for a {type(value).__name__}")


def _key_text(key: Any) -> str:
    plain = to_json(key)
    if isinstance(plain, list | dict):
        raise Unfit(f"JSON has no form for a key that is a {type(key).__name__}")
    return plain if isinstance(plain, str) else str(key) if isinstance(key, bool | None) else str(plain)


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
