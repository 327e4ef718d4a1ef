"""What a lineage says does not matter, tried: other values in an input column, the same result?"""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.lineage.columns import Origin, origins
from kernel_magics.lineage.shape import ALL
from tests.engine.driver import source
from tests.lineage.programs import SETUP, changed, inputs, program

CELLS = (f"%%setup\n{SETUP}", "%%inputs\ndf = None\nother = None")


@dataclass
class Tried:
    """One column of the result and one input column.

    Attributes:
        said: the lineage says that the one does not depend on the other.
        changed: it changed all the same.
    """

    column: str
    given: tuple[str, str]
    said: bool
    changed: bool


@dataclass
class Outcome:
    """A program, what its lineage says, and what was tried."""

    body: str
    origin: Origin
    tried: list[Tried]

    @property
    def wrong(self) -> list[Tried]:
        """Said to be independent, and changed."""
        return [item for item in self.tried if item.said and item.changed]


def origin_of(body: str) -> Origin:
    """The lineage of a node with this body."""
    texts = [*CELLS, f"%%node result\n{body}"]
    graph = Graph().put(*(parse_cell(source(str(number), text)) for number, text in enumerate(texts)))
    return origins(graph)["result"]


def outcome(seed: int, setup: dict[str, Any], every: bool = False) -> Outcome:
    """A random program, tried with each input column changed."""
    draw = np.random.default_rng(seed)
    given = inputs(draw)
    body = program(seed, given, setup)
    origin = origin_of(body)
    return Outcome(body, origin, tried(body, origin, given, setup, draw, every))


def tried(
    body: str,
    origin: Origin,
    given: dict[str, pd.DataFrame],
    setup: dict[str, Any],
    draw: np.random.Generator,
    every: bool = False,
) -> list[Tried]:
    """Each column of the result with each input column; nothing for a program that does not run.

    Args:
        every: also what the lineage does not say to be independent.
    """
    plain = _tried(body, given, setup)
    found: list[Tried] = []
    for name, column, other in changed(given, draw):
        if not every and not any(independent(origin, each, name, column) for each in plain or ()):
            continue
        new = _tried(body, other, setup)
        if plain is None or new is None:
            continue  # nothing to compare
        for each in plain.keys() | new.keys():
            same = each in plain and each in new and alike(plain[each], new[each])
            found.append(Tried(each, (name, column), independent(origin, each, name, column), not same))
    return found


def alike(first: pd.Series, second: pd.Series) -> bool:
    """The same values and labels; sums of groups may differ in the last digit with the columns beside them."""
    if first.equals(second) or len(first) != len(second):
        return first.equals(second)
    return all(_near(one, other) for one, other in zip(first, second, strict=True))


def _near(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    if one is other or one is pd.NA or other is pd.NA:
        return one is other
    return repr(one) == repr(other)


def _tried(body: str, given: dict[str, pd.DataFrame], setup: dict[str, Any]) -> dict[str, pd.Series] | None:
    try:
        return pieces(result_of(body, given, setup))
    except Exception:  # whatever the code says of these values
        return None


def independent(origin: Origin, column: str, name: str, given: str) -> bool:
    """Whether the lineage says that a column of the result does not depend on a column of an input."""
    if column in origin.columns:
        made = origin.columns[column]
    elif column and origin.rest:
        made = frozenset((rest, column) for rest in origin.rest)
    else:
        made = origin.columns.get("", frozenset())
    return origin.exact and not {(name, given), (name, ALL)} & (made | origin.rows)


def result_of(body: str, given: dict[str, pd.DataFrame], setup: dict[str, Any]) -> object:
    """What the body gives."""
    *lines, last = body.split("\n")
    text = textwrap.indent("\n".join([*lines, f"return {last}"]), "    ")
    scope: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(f"def x(df, other):\n{text}", {**setup}, scope)
        return scope["x"](*(frame.copy() for frame in given.values()))


def pieces(value: object) -> dict[str, pd.Series]:
    """The columns of a result, each with its labels; a value that is no frame has one, without a name."""
    if isinstance(value, pd.DataFrame):
        found: dict[str, pd.Series] = {}
        for number, name in enumerate(value.columns):
            first = str(name[0] if isinstance(name, tuple) else name)
            part = _labelled(value.iloc[:, number])
            found[first] = pd.concat([found[first], part]) if first in found else part
        return found
    if isinstance(value, pd.Series):
        return {"": _labelled(value)}
    return {"": pd.Series(np.ravel(np.asarray(value, dtype=object)))}


def _labelled(column: pd.Series) -> pd.Series:
    """Values and labels one below the other."""
    labels = column.index.to_frame(index=False).astype(object)
    parts = [labels[name] for name in labels.columns]
    return pd.concat([column.astype(object).reset_index(drop=True), *parts], ignore_index=True)


def outcomes(seeds: range, every: bool = False) -> Iterator[Outcome]:
    """Random programs, tried; `every` as in `tried`."""
    setup: dict[str, Any] = {}
    exec(SETUP, setup)
    for seed in seeds:
        yield outcome(seed, setup, every)


def report(found: list[Outcome]) -> dict[str, float]:
    """How often a lineage is sure, how often it says so of what does not matter, how often it is wrong."""
    free = [item for each in found for item in each.tried if not item.changed]
    return {
        "programs": len(found),
        "sure": sum(each.origin.exact for each in found) / len(found),
        "independent said": sum(item.said for item in free) / len(free),
        "wrong programs": sum(bool(each.wrong) for each in found),
    }
