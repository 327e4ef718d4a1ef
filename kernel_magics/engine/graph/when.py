"""`when` marks a function of an exported module as the variant of a node for certain values of params."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def when(**conditions: object) -> Callable[[F], F]:
    """Make the decorated function the node that exists when every param equals its value here.

    The function is named `NODE__SUFFIX`; the node is called NODE. The function itself is not changed.
    A constant of the module with the name of the param is its default. Exported modules bring a `_when` of
    their own, so that they need nothing of Dagbook.

    Args:
        conditions: param name to the value it must have.
    """

    return lambda function: function
