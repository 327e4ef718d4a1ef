"""A sample is the value of every name on a few rows of the inputs, and how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kernel_magics.export.examples.limits import TooSlow
from kernel_magics.export.examples.sampling import Cutter
from kernel_magics.export.examples.trial import call
from kernel_magics.values import VALUES

Step = Mapping[str, Any]
"""`function`, `name`, `params` (parameter to name), `check`, `cell`, `pure`, `active`, `effort`."""


class Sample:
    """Every name's value on a few rows.

    Args:
        label: what the values are called in the examples.
        given: samples of inputs and params.
        full: values of all names on the whole sample.
    """

    def __init__(self, label: str, cutter: Cutter, given: Mapping[str, Any], full: Mapping[str, Any]) -> None:
        self.label = label
        self._cutter = cutter
        self._full = full
        self._values = cutter.cut_all(given)
        self._steps: dict[str, Step] = {}

    def arguments(self, step: Step) -> dict[str, Any] | None:
        """The arguments of a step; None when one of them is not known."""
        found = {
            name: self._values[source] for name, source in step["params"].items() if source in self._values
        }
        return found if len(found) == len(step["params"]) else None

    def add(self, function: Callable[..., Any], step: Step, given: Mapping[str, Any] | None) -> None:
        """Compute the node's value; if that fails, take rows of its value on the whole sample."""
        name = step["name"]
        if name in self._values:
            return
        if given is not None and step["pure"] and step["active"]:
            try:
                value, error = call(function, given, step["check"])
            except TooSlow:
                value, error = None, RuntimeError()
            if error is None:
                # a dict with a part that cannot be recorded is given by a call, which cuts nothing
                whole = isinstance(value, dict) and VALUES.digest(value) is None
                self._values[name] = value if whole else self._cutter.cut(value)
                if self._values[name] is value:
                    self._steps[name] = step
                return
        if name in self._full:
            self._values[name] = self._cutter.cut(self._full[name])

    def maker(self, name: str, value: Any) -> Step | None:
        """The step that computes a value from this sample; None where it is none of its values."""
        return self._steps.get(name) if self._values.get(name) is value else None

    def value(self, name: str) -> Any:
        """The value of a name that is known."""
        return self._values[name]
