"""`when` marks a function of an exported module as the variant of a node for certain params."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def when(**conditions: object) -> Callable[[F], F]:
    """Make the decorated function the node that exists when every param equals its value here.

    The function is named `NODE__SUFFIX`; the node is called NODE. The function itself is not changed.
    A constant of the module with the name of the param is its default.

    Args:
        conditions: param name to the value it must have.
    """

    def mark(function: F) -> F:
        function.__dagbook_when__ = conditions  # type: ignore[attr-defined]
        return function

    return mark
