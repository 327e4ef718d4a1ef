"""A trial is one variant of a function's arguments, with the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel_magics.engine.run.cost import Cost
from kernel_magics.export.examples.limits import time_limit
from kernel_magics.export.examples.runner import difference, judge, outcome
from kernel_magics.values import VALUES

SECONDS = 3.0
"""The most that one call may cost."""
Outcome = tuple[Any, Exception | None]


def call(
    function: Callable[..., Any], given: Mapping[str, Any], check: str | None, seconds: float = SECONDS
) -> Outcome:
    """Call a function with copies of arguments.

    Raises:
        TooSlow: it takes too long.
    """
    arguments = {name: VALUES.isolate(value) for name, value in given.items()}
    with time_limit(seconds):
        return outcome(function, arguments, check)


@dataclass
class Trial:
    """One variant.

    Attributes:
        label: its name, such as "gaps".
        check: the parameter that is the subject of a check.
        seconds: the cost of the call.
    """

    label: str
    given: Mapping[str, Any]
    check: str | None
    seconds: float = 0.0
    _known: Outcome | None = field(default=None, repr=False)

    def outcome(self, function: Callable[..., Any]) -> Outcome:
        """The outcome of the function itself, computed once.

        Raises:
            TooSlow: it takes too long.
        """
        if self._known is None:
            cost = Cost()
            self._known = call(function, self.given, self.check)
            self.seconds = cost.seconds
        return self._known

    def notices(self, function: Callable[..., Any], mutant: Callable[..., Any], seconds: float) -> bool:
        """True when the outcome of a mutant is different.

        Raises:
            TooSlow: the function or the mutant takes too long.
        """
        value, error = self.outcome(function)
        other, problem = call(mutant, self.given, self.check, seconds)
        expected = {} if error is None else {"raises": type(error).__name__}
        return bool(judge(expected, other, problem)) or (error is None and bool(difference(other, value)))
