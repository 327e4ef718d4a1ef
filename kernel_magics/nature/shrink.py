"""A shrunk subject is the same code with a smaller number in it, so that a sample is large enough for it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from kernel_magics.nature.code import Function, functions_of
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.subject import Subject

_MOST = 24
_SHARES = (0.66, 0.33, 0.15, 0.08, 0.04, 0.015)


def shrunk(subject: Subject, sample: Sample) -> Iterator[tuple[str, Subject]]:
    """The subject with one of its sizes replaced by smaller ones, each with a text that names the change."""
    rows = max((len(group) for group in sample.groups), default=0)
    made = 0
    for size in subject.literals.sizes:
        for smaller in dict.fromkeys(int(share * rows) for share in _SHARES):
            if not 1 < smaller < size or made >= _MOST:
                continue
            made += 1
            yield f"with {smaller} instead of {size}", _with(subject, sample, size, smaller)


def _with(subject: Subject, sample: Sample, old: int, new: int) -> Subject:
    scalars = {name: new for name, value in sample.inputs.items() if _is(value, old)}
    return subject.other(replaced(subject.function, old, new), scalars)


def replaced(function: Function, old: int, new: int) -> Function:
    """A copy of a function and its helpers in which one number is replaced; the originals are unchanged."""
    first = inspect.unwrap(function)
    if not isinstance(first, FunctionType):
        return function
    parts = [first, *functions_of(function)]
    spaces = {id(part.__globals__): dict(part.__globals__) for part in parts}
    made: dict[int, FunctionType] = {}
    for part in parts:
        if id(part) not in made:
            made[id(part)] = _copied(part, spaces[id(part.__globals__)], old, new)
    for space in spaces.values():
        for name, value in space.items():
            if id(value) in made:
                space[name] = made[id(value)]
            elif not name.startswith("__") and _is(value, old):
                space[name] = type(value)(new)
    return made[id(first)]


def _copied(function: FunctionType, space: dict[str, Any], old: int, new: int) -> FunctionType:
    code = _code(function.__code__, old, new)
    closure = tuple(_cell(cell, old, new) for cell in function.__closure__ or ()) or None
    fresh = FunctionType(code, space, function.__name__, _constant(function.__defaults__, old, new), closure)
    if function.__kwdefaults__:
        fresh.__kwdefaults__ = {
            key: _constant(value, old, new) for key, value in function.__kwdefaults__.items()
        }
    return fresh


def _code(code: CodeType, old: int, new: int) -> CodeType:
    return code.replace(co_consts=tuple(_constant(const, old, new) for const in code.co_consts))


def _constant(const: Any, old: int, new: int) -> Any:
    if isinstance(const, CodeType):
        return _code(const, old, new)
    if type(const) is tuple:
        return tuple(_constant(item, old, new) for item in const)
    return type(const)(new) if _is(const, old) else const


def _cell(cell: CellType, old: int, new: int) -> CellType:
    try:
        content = cell.cell_contents
    except ValueError:
        return cell
    return CellType(type(content)(new)) if _is(content, old) else cell


def _is(value: object, number: int) -> bool:
    return type(value) in (int, float) and value == number
