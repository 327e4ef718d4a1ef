"""A sample is the value of every name on a few rows of the inputs, and how it was computed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kernel_magics.export.examples.limits import TooSlow
from kernel_magics.export.examples.sampling import Cutter, is_table, take
from kernel_magics.export.examples.trial import call
from kernel_magics.values import VALUES
from kernel_magics.values.codec import Unsupported, encode

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
        self._whole = {**given, **full}
        self._values = cutter.cut_all(given)
        self._steps: dict[str, Step] = {}
        self._given: dict[str, Mapping[str, Any]] = {}

    def arguments(self, function: Callable[..., Any], step: Step) -> dict[str, Any] | None:
        """The arguments of a step; None when one of them is not known.

        Tables and arrays of one length on the whole sample may have others here, as each was cut for itself.
        Where a call fails with them, they are cut to the shortest.
        """
        found = {
            name: self._values[source] for name, source in step["params"].items() if source in self._values
        }
        if len(found) != len(step["params"]):
            return None
        even = self._even(found, step) if step["pure"] and step["active"] else found
        if even is not found and _fails(function, found, step) and not _fails(function, even, step):
            return even
        return found

    def _even(self, found: dict[str, Any], step: Step) -> dict[str, Any]:
        """The arguments with those cut to one length that have one on the whole sample."""
        alike: dict[int, list[str]] = {}
        for name, source in step["params"].items():
            rows = _rows(self._whole.get(source))
            if rows > 1 and _rows(found[name]) > 0:
                alike.setdefault(rows, []).append(name)
        even = dict(found)
        for names in alike.values():
            least = min(_rows(found[name]) for name in names)
            even |= {name: _first(found[name], least) for name in names if _rows(found[name]) > least}
        return even if any(even[name] is not found[name] for name in found) else found

    def add(self, function: Callable[..., Any], step: Step, given: Mapping[str, Any] | None) -> None:
        """Compute the node's value; if that fails, take rows of its value on the whole sample."""
        name = step["name"]
        if name in self._values:
            return
        self._given[name] = given or {}
        if given is not None and step["pure"] and step["active"]:
            try:
                value, error = call(function, given, step["check"])
            except TooSlow:
                value, error = None, RuntimeError()
            if error is None:
                # a dict with a part that cannot be recorded is given by a call, which cuts nothing
                whole = isinstance(value, dict) and not _recordable(value, function)
                self._values[name] = value if whole else self._cutter.cut(value)
                if self._values[name] is value:
                    self._steps[name] = step
                return
        if name in self._full:
            self._values[name] = self._cutter.cut(self._full[name])

    def maker(self, name: str, value: Any) -> Step | None:
        """The step that computes a value from this sample; None where it is none of its values."""
        return self._steps.get(name) if self._values.get(name) is value else None

    def given(self, step: Step) -> Mapping[str, Any]:
        """The arguments with which a step was computed."""
        return self._given[step["name"]]


def _fails(function: Callable[..., Any], given: Mapping[str, Any], step: Step) -> bool:
    """True when a call raises an error, or takes too long."""
    try:
        return call(function, given, step["check"])[1] is not None
    except TooSlow:
        return True


def _rows(value: Any) -> int:
    """How many rows a table or an array has; 0 for what has none."""
    if is_table(value) or isinstance(value, list):
        return len(value)
    shape = getattr(value, "shape", ())
    return int(shape[0]) if isinstance(shape, tuple) and shape else 0


def _first(value: Any, rows: int) -> Any:
    """The first rows of a table or an array."""
    return take(value, list(range(rows))) if is_table(value) else value[:rows]


def _recordable(value: Mapping[Any, Any], function: Callable[..., Any]) -> bool:
    """True unless a member of a dict is of a kind that has no record, such as a model."""
    if VALUES.digest(value) is None:
        return False
    home = sys.modules.get(function.__module__)
    for member in value.values():
        if not is_table(member) and not isinstance(member, np.ndarray):
            try:
                encode(member, home)
            except Unsupported:
                return False
    return True
