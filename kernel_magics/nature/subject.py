"""A subject is the function under test: it is called often, within a budget of time."""

from __future__ import annotations

import contextlib
import functools
import io
import random
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.cost import Cost
from kernel_magics.engine.run.tasks import finish
from kernel_magics.nature.code import Function, Literals, literals_of
from kernel_magics.values import VALUES


class OutOfBudget(Exception):
    """The calls took longer than allowed."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The output of a call whose function raised."""

    error: Exception

    @property
    def out_of_budget(self) -> bool:
        """True where the function was not called, because there is no time left."""
        return isinstance(self.error, OutOfBudget)

    def __str__(self) -> str:
        text = str(self.error).strip().split("\n")[0][:80]
        return f"{type(self.error).__name__}: {text}".rstrip(": ")


class Subject:
    """A function that is called with its inputs by name.

    Args:
        function: the function itself; its helpers are found through it.
        source: its text, where Python cannot find it.
        seconds: what all calls together may cost; the last one may cost more.
        fixed: values that some inputs have whatever is given.
    """

    def __init__(
        self,
        function: Function,
        source: str = "",
        seconds: float = 10.0,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.function, self.source = function, source
        self.fixed = dict(fixed or {})
        self.calls, self.spent, self.seconds = 0, 0.0, seconds

    @functools.cached_property
    def literals(self) -> Literals:
        """The constants of the code."""
        return literals_of(self.function, self.source)

    def other(self, function: Function, fixed: Mapping[str, Any]) -> Subject:
        """Another function within what is left of the time."""
        return Subject(function, self.source, max(self.seconds - self.spent, 0.0) / 4, fixed)

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """The output; `Failed` where the function raised, or where there is no time left."""
        if self.exhausted:
            return Failed(OutOfBudget())
        self.calls += 1
        cost = Cost()
        try:
            return finish(self.function(**{**given, **self.fixed}))
        except Exception as error:  # the user's code may raise anything on an unexpected sample
            return Failed(error)
        finally:
            self.spent += cost.seconds

    @property
    def exhausted(self) -> bool:
        """Whether the calls took all of the time that they may."""
        return self.spent > self.seconds

    def whole(self, inputs: Mapping[str, Any]) -> Any:
        """The output for inputs that are used again, and therefore handed over isolated."""
        return self({name: VALUES.isolate(value) for name, value in inputs.items()})


@bracket
def undisturbed() -> Iterator[None]:
    """Suppress warnings, NumPy's messages and prints of the calls; random generators stay as they were."""
    states = random.getstate(), np.random.get_state()
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
