"""A rehearsal runs the stages of a plan on a sample, in parts, and compares every value with the whole.

From it follow the orders in which rows of parts are put together. What does not come out is computed whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.difference import Tolerance, difference
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.stages import Stage, Stages
from kernel_magics.nature.subject import Failed
from kernel_magics.nature.table import Column, seen_as_table
from kernel_magics.nature.world import World
from kernel_magics.scale.cutting import axes_of, taken
from kernel_magics.scale.ordering import (
    Order,
    Piece,
    Unordered,
    candidates,
    places_as,
    put_together,
    tables_in,
)
from kernel_magics.scale.parts import Parts, added, counted
from kernel_magics.scale.plan import components

PARTS = 3
_NEAR = Tolerance(1e-9)
_SEED = 20_240_501


@dataclass
class Rehearsed:
    """What a rehearsal found.

    Attributes:
        orders: by table, how the rows of parts are put together.
        whole: nodes that have to be computed whole, with the reason.
    """

    orders: dict[str, Order] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)


def rearranged(world: World, key: str, outside: Collection[str]) -> Iterator[dict[str, Any]]:
    """The tables that a world starts from, with their rows in other orders; those of one key keep theirs."""
    inputs = {name: world.values[name] for name in outside if name in world.values}
    sample = Sample(inputs, keys=(key,), times=world.times)
    rng = np.random.default_rng(_SEED)
    for mixed in (True, False):
        places = {}
        for place in sample.having(key):
            axis: Column = sample.axis(sample.groups[place], key)
            codes, values = pd.factorize(axis, use_na_sentinel=False)
            if mixed:
                ranks = rng.random(len(codes))
                for code in range(len(values)):
                    ranks[codes == code] = np.sort(ranks[codes == code])
                places[place] = np.argsort(ranks, kind="stable")
            else:
                places[place] = np.argsort(-rng.permutation(len(values))[codes], kind="stable")
        yield {**inputs, **sample.taken(places).inputs}


@dataclass(frozen=True)
class Scene:
    """A sample with all values, and its parts.

    Attributes:
        values: of inputs, params and nodes, computed whole.
        outside: what is given, beside params.
    """

    world: World
    values: Mapping[str, Any]
    parts: Parts
    key: str
    outside: frozenset[str]

    @property
    def given(self) -> dict[str, Any]:
        """The values that are not computed."""
        graph = self.world.graph
        return {
            name: value
            for name, value in self.values.items()
            if name in self.outside or name not in graph.nodes or graph.node(name).kind != "value"
        }


def scenes(world: World, key: str, outside: Collection[str]) -> list[Scene]:
    """The sample of a world with its rows in several orders.

    Args:
        outside: names of inputs, and of nodes whose values are given.
    """
    names = frozenset(outside)
    found = [Scene(world, world.values, _parts(world.values, key, outside), key, names)]
    for inputs in rearranged(world, key, outside):
        values = world.computed({**found[0].given, **inputs}, world.nodes())
        found.append(Scene(world, values, _parts(values, key, outside), key, names))
    return found


def _parts(values: Mapping[str, Any], key: str, outside: Collection[str]) -> Parts:
    inputs = {name: values[name] for name in outside if name in values}
    axes = [axis for name in inputs for axis in (axes_of(inputs, name, key) or {}).values()]
    counts = added(map(counted, axes))
    numbers = np.random.default_rng(_SEED).permutation(len(counts)) % min(PARTS, max(len(counts), 1))
    rows = np.bincount(numbers, minlength=1) if len(counts) else np.array([0])
    return Parts(pd.Index(counts.index, dtype=object), numbers, tuple(int(each) for each in rows))


def rehearse(stages: Stages, found: list[Scene], joined: Collection[str]) -> Rehearsed:
    """Run stages on scenes.

    Args:
        joined: values that the caller reads with all rows.
    """
    result = Rehearsed()
    pieces: list[list[dict[str, Any]]] = [[{} for _ in scene.parts.rows] for scene in found]
    for number, stage in enumerate(stages.stages, 1):
        if stage.kind == "whole":
            continue
        for name in stage.cut:
            why = _cut(stages, name, found, pieces)
            if why:
                result.whole.update((each, why) for each in stage.nodes if name in stages.partings[each].cut)
        if result.whole:
            return result
        _compute(stage, found, pieces)
        whole_reads = {name for later in stages.stages[number:] for name in later.given}
        for name in stage.nodes:
            why = _compare(
                name,
                found,
                pieces,
                name in joined or name in whole_reads,
                list(stage.cut),
                result,
            )
            if why:
                result.whole[name] = why
    return result


def _cut(stages: Stages, name: str, found: list[Scene], pieces: list[list[dict[str, Any]]]) -> str:
    """Cut a value into parts, unless it is there in parts; returns the reason why that is not possible."""
    for scene, parts in zip(found, pieces, strict=True):
        if name in parts[0]:
            continue
        if isinstance(scene.values.get(name), Failed):
            return f"'{name}' fails when the rows of the inputs come in another order"
        axes = axes_of(beside(stages, name, scene), name, scene.key)
        if axes is None:
            return f"nothing tells the '{scene.key}' of the rows of '{name}'"
        of = {own: scene.parts.of(axis) for own, axis in axes.items()}
        for part, values in enumerate(parts):
            values[name] = taken(
                name, scene.values[name], {own: np.flatnonzero(each == part) for own, each in of.items()}
            )
            values[f"{name} places"] = {own: np.flatnonzero(each == part) for own, each in of.items()}
    return ""


def beside(stages: Stages, name: str, scene: Scene) -> dict[str, Any]:
    """The values that can tell the keys of a value's rows where it is cut: those computed or read with it."""
    stage = next((each for each in stages.stages if name in each.nodes), None)
    near: Iterable[str] = scene.outside
    if stage is not None:
        reads = scene.world.graph.reads
        nodes = next(group for group in components(stage.nodes, reads) if name in group)
        near = [*nodes, *(read for node in nodes for read in reads(node))]
    return {each: scene.values[each] for each in near if each in scene.values}


def _compute(stage: Stage, found: list[Scene], pieces: list[list[dict[str, Any]]]) -> None:
    for scene, parts in zip(found, pieces, strict=True):
        for values in parts:
            given = {**scene.given, **{name: scene.values[name] for name in stage.given}}
            given |= {name: values[name] for name in stage.cut}
            made = scene.world.computed(given, stage.nodes)
            values.update((name, made[name]) for name in stage.nodes if name in made)


def _compare(
    name: str,
    found: list[Scene],
    pieces: list[list[dict[str, Any]]],
    needs_order: bool,
    carriers: list[str],
    result: Rehearsed,
) -> str:
    """Find the orders of a node's tables; returns the reason why there are none."""
    for scene, parts in zip(found, pieces, strict=True):
        if isinstance(scene.values.get(name), Failed) or any(
            isinstance(values.get(name), Failed) for values in parts
        ):
            return "it fails on parts, or when the rows of the inputs come in another order"
    for own, whole in tables_in(name, found[0].values[name]).items():
        for order in candidates(whole, found[0].key, found[0].world.times, carriers):
            if all(
                _holds(name, own, order, scene, parts) for scene, parts in zip(found, pieces, strict=True)
            ):
                result.orders[own] = order
                break
        else:
            if needs_order:
                return "no rule tells where the rows of parts belong among all rows"
    return ""


def _holds(name: str, own: str, order: Order, scene: Scene, parts: list[dict[str, Any]]) -> bool:
    """Whether an order gives the table as it is in the whole."""
    made = []
    for values in parts:
        tables = tables_in(name, values[name])
        if own not in tables:
            return False
        places = piece_places(tables[own], order, values) if order.follows else None
        made.append(Piece(tables[own], places))
    try:
        found = put_together(made, order, scene.key, scene.parts)
    except Unordered:
        return False
    if order.follows:
        for values, piece in zip(parts, made, strict=True):
            values.setdefault(f"{name} places", {})[own] = piece.places
    whole = tables_in(name, scene.values[name]).get(own)
    return whole is not None and _same_kind(whole, found) and difference(whole, found, _NEAR) is None


def piece_places(table: Any, order: Order, values: Mapping[str, Any]) -> Any:
    """Where the rows of a part's table belong, as those of the value that the order names."""
    places = values.get(f"{order.of} places", {}).get(order.of)
    carrier = values.get(order.of)
    if places is None or seen_as_table(carrier) is None:
        return None
    return places_as(table, order, carrier, places)


def _same_kind(one: Any, other: Any) -> bool:
    """Whether two tables have the same types, and numbers as labels in both or in none."""
    if type(one) is not type(other) and not (isinstance(one, pd.Index) and isinstance(other, pd.Index)):
        return False
    if isinstance(one, pd.DataFrame):
        same = one.dtypes.equals(other.dtypes)
    elif isinstance(one, pd.MultiIndex):
        same = list(one.names) == list(other.names)
    else:
        same = one.dtype == other.dtype
    if isinstance(one, pd.Series | pd.DataFrame):
        same = same and isinstance(one.index, pd.RangeIndex) == isinstance(other.index, pd.RangeIndex)
        same = same and list(one.index.names) == list(other.index.names)
    return bool(same)
