"""A disguise replaces private parts of samples by fakes, and computes the nodes' values from these.

Runs in the clean process, after the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import pandas as pd

from kernel_magics.export.examples.fakes import Fakes, Swap, scalars
from kernel_magics.export.examples.limits import TooSlow, time_limit
from kernel_magics.export.examples.runner import outcome
from kernel_magics.values import VALUES

Record = dict[str, Any]
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Disguise:
    """Values without private parts.

    Attributes:
        given: of inputs and params, by name.
        full: of all names on the whole sample.
        hidden: names whose true values depend on private parts: the columns that do, None for all.
        notes: remarks for the user.
    """

    given: Record
    full: Record
    hidden: dict[str, list[str] | None]
    notes: list[str] = field(default_factory=list)


def disguise(
    module: ModuleType,
    steps: list[Record],
    given: Mapping[str, Any],
    values: Mapping[str, Any],
    private: Record,
    begin: Callable[[str], None] = lambda function: None,
) -> Disguise:
    """Replace what is private, and compute what depends on it anew.

    Args:
        steps: as in `record`.
        given: values of inputs, params and nodes that cannot be computed again.
        values: true values of all names.
        private: `inputs` and `columns`, lists of names.
        begin: called with each function before it is called.
    """
    columns, whole = private["columns"], private["inputs"]
    originals = set().union(*(scalars(value, columns, name in whole) for name, value in given.items()))
    swap = Swap(columns, Fakes(originals))
    full: Record = {}
    changed: set[str] = set()
    notes: list[str] = []
    for name, value in given.items():
        try:
            full[name] = swap.value(value, name in whole)
        except Exception as error:  # a type without fakes, or one that cannot be rebuilt
            notes.append(
                f"there are no fakes for '{name}' ({error}): what reads it has no recorded examples."
            )
        if full.get(name) is not value:
            changed.add(name)
    for step in steps:
        name, sources = step["name"], step["params"].values()
        below = not changed.isdisjoint(sources)
        if below:
            changed.add(name)
        if not step["pure"] and below:
            full.pop(name, None)  # its value was computed from the true ones
        elif name not in changed and name in values:
            full[name] = values[name]
        elif step["pure"] and step["active"] and name not in full and all(each in full for each in sources):
            begin(step["function"])
            _compute(full, module, step)
    hidden = {
        name: _differing(value, full[name]) if name in full else None
        for name, value in values.items()
        if name in changed and not (name in full and VALUES.equal(value, full[name]))
    }
    return Disguise({name: full[name] for name in given if name in full}, full, hidden, notes)


def _compute(full: Record, module: ModuleType, step: Record) -> None:
    arguments = {name: VALUES.isolate(full[source]) for name, source in step["params"].items()}
    try:
        with time_limit(_SECONDS):
            value, error = outcome(getattr(module, step["function"]), arguments)
    except TooSlow:
        return
    if error is None:
        full[step["name"]] = value


def _differing(true: Any, fake: Any) -> list[str] | None:
    """The columns of a frame that differ; None for all of a value."""
    if not isinstance(true, pd.DataFrame) or not isinstance(fake, pd.DataFrame):
        return None
    if not true.columns.equals(fake.columns) or not true.index.equals(fake.index):
        return None
    return [
        str(name)
        for place, name in enumerate(true.columns)
        if not VALUES.equal(true.iloc[:, place], fake.iloc[:, place])
    ]
