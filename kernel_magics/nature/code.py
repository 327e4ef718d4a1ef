"""The code of a function is the user's code that it runs: itself, its helpers, and their constants."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import Any, TypeGuard

from kernel_magics.engine.source.tree import parsed

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?([ T]\d{2}.*)?")
_CALENDAR = re.compile(
    r"day|month|year|week|quarter|^(date|isocalendar|strftime|holidays|to_period|to_pydatetime)$"
)
_GRID = re.compile(r"^(resample|Grouper|asfreq|date_range|period_range|upsample|group_by_dynamic|to_period)$")
_MOST = 200  # functions and containers examined
_SHOWN = 20  # items of a container

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Literals:
    """Constants that code compares with: values and sizes to test.

    Attributes:
        numbers: values that cells of a column may have.
        sizes: integers that may be compared with a number of rows, groups or distinct values.
        texts: values that texts may have.
        dates: texts that are dates.
        calendar: whether parts of dates are read, such as the month.
        grid: whether regular moments are made, such as every day or the end of every month.
    """

    numbers: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    calendar: bool = False
    grid: bool = False


def functions_of(function: Function) -> list[FunctionType]:
    """A function and the functions of its own module that it may call, directly or through others."""
    return [item for item in _reached(function) if isinstance(item, FunctionType)]


def codes_of(function: Function) -> list[CodeType]:
    """The code objects of a function and its helpers, with those inside them."""
    found: list[CodeType] = []
    queue = [item.__code__ for item in functions_of(function)]
    for code in queue:
        if code not in found:
            found.append(code)
            queue += [const for const in code.co_consts if isinstance(const, CodeType)]
    return found


def held_by(function: Function) -> dict[str, Any]:
    """Containers and objects that a function can change and find changed in its next call.

    These are globals, defaults, attributes and closure variables, except modules and classes.
    """
    found: dict[str, Any] = {}
    for item in functions_of(function):
        for name in _globals(item.__code__):
            if name in item.__globals__ and _can_change(item.__globals__[name]):
                found[name] = item.__globals__[name]
        for place, value in enumerate(item.__defaults__ or ()):
            if _can_change(value):
                found[f"{item.__name__} default {place + 1}"] = value
        for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=False):
            if _can_change(_content(cell)):
                found[name] = _content(cell)
        if item.__dict__:
            found[f"attributes of {item.__name__}"] = item.__dict__
    return found


def literals_of(function: Function, source: str = "") -> Literals:
    """The constants in a function, in its helpers, and in the plain globals that they use.

    Args:
        source: text of the function, where Python cannot find it.
    """
    values: dict[object, None] = {}
    for item in _reached(function):
        if isinstance(item, FunctionType):
            for value in [*item.__code__.co_consts[_has_doc(item.__code__) :], *(item.__defaults__ or ())]:
                values.update(dict.fromkeys(_plain(value)))
        else:
            values.update(dict.fromkeys(_plain(item)))
    names = {name for code in codes_of(function) for name in code.co_names}
    calendar, grid = any(map(_CALENDAR.search, names)), any(map(_GRID.search, names))
    return replace(_sorted(values, _sizes(function, source)), calendar=calendar, grid=grid)


def _reached(function: Function) -> list[Any]:
    """The function, its helpers and the values of the globals that they use, nearest first."""
    first = inspect.unwrap(function)
    home = getattr(first, "__module__", None)
    found: list[Any] = []
    queue: list[Any] = [first]
    seen: set[int] = set()
    while queue and len(seen) < _MOST:
        item = queue.pop(0)
        item = inspect.unwrap(item) if callable(item) else item
        if id(item) in seen:
            continue
        seen.add(id(item))
        found.append(item)
        if isinstance(item, FunctionType):
            names = _globals(item.__code__)
            values = [item.__globals__[name] for name in names if name in item.__globals__]
            values += [_content(cell) for cell in item.__closure__ or ()]
            queue += [value for value in values if _is_own(value, home)]
    return found


def _is_own(value: object, home: object) -> bool:
    if callable(value) and not isinstance(value, type):
        unwrapped = inspect.unwrap(value)
        return isinstance(unwrapped, FunctionType) and unwrapped.__module__ == home
    return isinstance(value, int | float | str | list | tuple | set | frozenset | dict)


def _globals(code: CodeType) -> list[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [*code.co_names, *(name for each in inner for name in _globals(each))]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _can_change(value: object) -> bool:
    fixed = (int, float, str, bytes, bool, type(None), tuple, frozenset, type, type(ast))
    return not isinstance(value, fixed) and not (callable(value) and hasattr(value, "__code__"))


def _has_doc(code: CodeType) -> int:
    return int(bool(code.co_consts) and isinstance(code.co_consts[0], str))


def _plain(value: object) -> Iterator[object]:
    """Numbers and texts in a constant."""
    if isinstance(value, CodeType):
        for const in value.co_consts:
            yield from _plain(const)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in list(value)[:_SHOWN]:
            yield from _plain(item)
    elif isinstance(value, dict):
        for item in [*list(value)[:_SHOWN], *list(value.values())[:_SHOWN]]:
            yield from _plain(item)
    elif isinstance(value, int | float | str) and not isinstance(value, bool):
        yield value


def _sorted(values: dict[object, None], sizes: list[int]) -> Literals:
    numbers = [
        float(item) for item in values if isinstance(item, int | float) and abs(item) < 1e15 and item == item
    ]
    texts = [item for item in values if isinstance(item, str) and len(item) <= 60 and "\n" not in item]
    dates = [item for item in texts if _DATE.fullmatch(item)]
    return Literals(
        tuple(dict.fromkeys(numbers))[:12],
        tuple(dict.fromkeys(sizes)),
        tuple(item for item in texts if item not in dates)[:12],
        tuple(dates)[:4],
    )


def _sizes(function: Function, source: str) -> list[int]:
    """Whole numbers from 3 on that are no part of arithmetic: what a number of rows may be compared with."""
    found: list[object] = []
    for item in _reached(function):
        if not isinstance(item, FunctionType):
            found += _plain(item)
            continue
        numbers = list(_plain(item.__code__))
        tree = _tree(item, source if item is inspect.unwrap(function) else "")
        if tree is not None:
            leaves = [part.value for part in ast.walk(tree) if isinstance(part, ast.Constant)]
            numbers = [number for number in numbers if number not in leaves]  # those that Python has folded
            numbers += _outside_arithmetic(tree)
        found += [*numbers, *(number for value in item.__defaults__ or () for number in _plain(value))]
    return sorted({int(number) for number in found if _is_size(number)}, reverse=True)[:8]


def _tree(function: FunctionType, source: str) -> ast.AST | None:
    try:
        return parsed(textwrap.dedent(source or inspect.getsource(function)))
    except (OSError, TypeError):
        return None


def _is_size(value: object) -> TypeGuard[int | float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 3 <= value < 1e12 and value == int(value)  # type: ignore[operator, call-overload]


def _outside_arithmetic(tree: ast.AST) -> Iterator[object]:
    """Constants that are no operands, except of `%`."""
    queue: list[tuple[ast.AST, bool]] = [(tree, False)]
    for item, operand in queue:
        if isinstance(item, ast.Constant):
            if not operand:
                yield item.value
            continue
        inside = isinstance(item, ast.BinOp) and not isinstance(item.op, ast.Mod)
        queue += [(child, inside) for child in ast.iter_child_nodes(item)]
