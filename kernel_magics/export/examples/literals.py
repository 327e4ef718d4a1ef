"""Literals are the constants that a function compares with: boundaries to test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any


@dataclass(frozen=True, slots=True)
class Literals:
    """Numbers and strings in a function, in the helpers that it calls and in the constants that it uses."""

    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()


def find_literals(function: Callable[..., Any]) -> Literals:
    """The literals of a function of a module."""
    found: dict[object, None] = {}
    seen: set[int] = set()
    queue: list[object] = [getattr(function, "__wrapped__", function)]
    while queue and len(seen) < 200:
        item = queue.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, FunctionType):
            module = item.__module__
            queue += [item.__code__, *(item.__defaults__ or ())]
            for name in _global_names(item.__code__):
                value = item.__globals__.get(name)
                if not isinstance(value, FunctionType) or value.__module__ == module:
                    queue.append(value)
        elif isinstance(item, CodeType):
            queue += [
                const for const in item.co_consts if const != item.co_consts[0] or not isinstance(const, str)
            ]
        elif isinstance(item, list | tuple | set | frozenset):
            queue += list(item)[:20]
        elif isinstance(item, dict):
            queue += [*list(item)[:20], *list(item.values())[:20]]
        elif isinstance(item, int | float | str) and not isinstance(item, bool):
            found.setdefault(item)
    return _sorted(found)


def _global_names(code: CodeType) -> list[str]:
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [*code.co_names, *(name for each in inner for name in _global_names(each))]


def _sorted(found: Mapping[object, None]) -> Literals:
    numbers = [item for item in found if isinstance(item, int | float) and abs(item) < 1e12 and item == item]
    texts = [item for item in found if isinstance(item, str) and len(item) <= 40 and "\n" not in item]
    return Literals(tuple(dict.fromkeys(float(item) for item in numbers))[:12], tuple(texts)[:12])
