"""A small sample is enlarged: more keys and more time, with values drawn from those seen, slightly moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.columns import shuffled
from kernel_magics.nature.sample import Group, Sample, group_names
from kernel_magics.nature.table import Column, Table, is_moment, is_number, is_text, labels_of, numbered, take
from kernel_magics.tables.plural import plural

Generator = np.random.Generator

WANTED_ROWS, WANTED_KEYS, WANTED_STEPS = 120, 4, 40
"""A sample with less is enlarged."""

LONGEST = 60
"""A longer look-back, in moments, is not searched in a small sample."""

NEEDED_ROWS, NEEDED_STEPS = 20, 8
"""With less, passed trials prove nothing."""


def is_small(sample: Sample, sizes: Sequence[int] = ()) -> bool:
    """True for a sample that is to be enlarged before anything is tried.

    Args:
        sizes: numbers of the code, perhaps of rows or moments that it looks back.
    """
    rows = max((len(group) for group in sample.groups), default=0)
    few_steps = bool(sample.times) and len(sample.steps) < wanted_steps(sizes)
    return rows < WANTED_ROWS or few_steps or bool(_few(sample)) or bool(_constants(sample))


def poverty(sample: Sample) -> str:
    """Why passed trials on this sample prove nothing; "" if they do."""
    rows = max((len(group) for group in sample.groups), default=0)
    if rows < NEEDED_ROWS:
        return f"the sample has only {plural(rows, 'row')}, and could not be enlarged"
    if sample.times and len(sample.steps) < NEEDED_STEPS:
        return f"the sample has only {len(sample.steps)} moments, and could not be enlarged"
    constant = _constants(sample)
    if constant:
        return f"'{constant[0]}' has one value only in the sample, which could not be enlarged"
    return ""


def _constants(sample: Sample) -> list[str]:
    """Columns that have one value only."""
    found = []
    for group in sample.groups:
        for name in sample.names(group):
            axis = sample.axis(group, name)
            if axis is None or name in sample.fixed or len(group) < 2 or name in group.index.names:
                continue
            if pd.api.types.is_hashable(axis.iloc[0]) and axis.nunique(dropna=False) == 1:
                found.append(name)
    return found


def wanted_steps(sizes: Sequence[int]) -> int:
    """How many moments a sample should have, so that a look-back of one of these sizes is found."""
    return max([WANTED_STEPS, *(3 * size + 6 for size in sizes if size <= LONGEST)])


def _few(sample: Sample) -> list[str]:
    """The keys with few values, but for those that a key with more values decides."""
    counts = {key: len(sample.key_values(key)) for key in _plain_keys(sample)}
    enough = {key for key, count in counts.items() if count >= WANTED_KEYS}
    return [key for key in counts if key not in enough and not enough.intersection(sample.finer(key))]


def _plain_keys(sample: Sample) -> list[str]:
    times = {*sample.time_names.values(), *sample.declared_times}
    return [key for key in sample.keys if key not in times]


def _entity(sample: Sample) -> str:
    """The key of which there is one row at each moment, or the one with the most values; "" without keys."""
    keys = sorted(_plain_keys(sample), key=lambda key: -len(sample.key_values(key)))
    for place, times in sample.times.items():
        single = [
            key for key in _plain_keys(sample) if place in sample.having(key) and _count(sample, key) < 2
        ]
        if single and len(np.unique(times)) == len(times):
            return single[0]
    for key in keys:
        for place in sample.having(key):
            if place in sample.times:
                pairs = pd.DataFrame(
                    {"key": sample.axis(sample.groups[place], key), "time": sample.times[place]}
                )
                if not pairs.duplicated().any():
                    return key
    return keys[0] if keys else ""


def _alone(sample: Sample, entity: str, key: str) -> bool:
    """True where there is one value of each: the other key may well belong to the entity."""
    return entity != "" and _count(sample, entity) < 2 and _count(sample, key) < 2


def _count(sample: Sample, key: str) -> int:
    return len(sample.key_values(key))


@dataclass(frozen=True)
class Growth:
    """How a sample grows: each block is the sample once more, with other keys (`copy`) or later (`repeat`).

    Attributes:
        entity: the key that has other values in each copy.
        coarser: keys that it decides; they have other values in half of the copies.
        free: keys that are as any other column, but have few values.
        known: the values of each.
        span: how much later each repeat is.
    """

    entity: str
    coarser: tuple[str, ...]
    free: tuple[str, ...]
    known: dict[str, list[Any]]
    copies: int
    repeats: int
    span: Any


def enlarged(sample: Sample, rng: Generator, sizes: Sequence[int] = ()) -> Sample | None:
    """A larger sample; None where there is no way to make one."""
    growth = _growth(sample, wanted_steps(sizes))
    tables: dict[str, Table] = {}
    try:
        for place, group in enumerate(sample.groups):
            tables |= _grown(sample, place, group, growth, rng)
    except (ValueError, TypeError, OverflowError, KeyError):
        return None
    larger = sample.replaced(tables)
    return larger if group_names(larger.tables) == group_names(sample.tables) else None


def _growth(sample: Sample, wanted: int) -> Growth:
    keys, few, entity = _plain_keys(sample), _few(sample), _entity(sample)
    known = {key: [value for value in sample.key_values(key) if value is not None] for key in keys}
    both = [
        key for key in keys if key != entity and (entity in sample.finer(key) or _alone(sample, entity, key))
    ]
    coarser = tuple(both)
    tied = {entity, *coarser}
    copies = max([1, *(-(-WANTED_KEYS // max(1, len(known[key]))) for key in few if key in tied)])
    steps = len(sample.steps)
    repeats = -(-wanted // steps) if steps > 1 else 1
    largest = max(len(group) for group in sample.groups)
    while largest * copies * repeats < 2 * WANTED_ROWS and copies * repeats < 400:
        if steps > 1:
            repeats += 1
        else:
            copies += 1
    if copies * repeats == 1:
        repeats, copies = (2, 1) if steps > 1 else (1, 2)
    span = sample.steps[-1] - sample.steps[0] + (sample.steps[1] - sample.steps[0]) if steps > 1 else None
    free = tuple(key for key in few if key not in tied)
    return Growth(entity, coarser, free, known, copies, repeats, span)


def _grown(sample: Sample, place: int, group: Group, growth: Growth, rng: Generator) -> dict[str, Table]:
    """The tables of a group, block by block, in the order in which they were."""
    timed = place in sample.times
    keyed = bool(growth.entity) and sample.axis(group, growth.entity) is not None
    free = not timed and not growth.entity
    repeats = range(growth.repeats if timed else 1)
    copies = range(growth.copies if keyed or free else 1)
    if len(repeats) * len(copies) == 1:
        return {}
    name = sample.time_names.get(place, "")
    blocks = [(copy, repeat) for repeat in repeats for copy in copies]
    draws = [_Draws(rng, len(group)) for _ in blocks]
    grown: dict[str, Table] = {}
    for own in group.tables:
        made = [
            _block(sample.tables[own], own, name, growth, copy, repeat, draw)
            for (copy, repeat), draw in zip(blocks, draws, strict=True)
        ]
        grown[own] = _joined(sample.tables[own], made)
    order = _order(sample, place, group, grown)
    return grown if order is None else {own: _ordered(table, order) for own, table in grown.items()}


class _Draws:
    """Random choices of a block that all tables of a group share."""

    def __init__(self, rng: Generator, rows: int) -> None:
        self.rng, self._rows, self._kept = rng, rows, dict[tuple[str, int], Any]()

    def rows(self, name: str, number: int) -> Any:
        """Which rows get a new value of a key."""
        which = (name, number)
        if which not in self._kept:
            self._kept[which] = self.rng.random(self._rows) < 0.25
        return self._kept[which]


def _block(table: Table, own: str, time: str, growth: Growth, copy: int, repeat: int, draw: _Draws) -> Table:
    if not copy and not repeat:
        return table

    def other(column: Column, name: Any, level: bool = False) -> Column:
        if not level and name in labels_of(table).names:
            return _drawn(column, draw.rng)  # the level of that name is meant where it has both
        if (name == time and name) or (is_moment(column) and growth.span is not None):
            return _later(column, growth.span * repeat) if repeat else column
        if name == growth.entity or name in growth.coarser:
            return _cloned(column, name, growth, copy)
        if name in growth.free:
            return _mixed(column, name, growth, draw)
        return column if name in growth.known else _drawn(column, draw.rng)

    labels = labels_of(table)
    if not numbered(table):
        labels = _other_labels(labels, growth, copy, repeat, other)
        if isinstance(table, pd.Index):
            return labels
    fresh = table.copy(deep=False)
    if isinstance(table, pd.Series):
        fresh = other(table, own).copy(deep=False)
        fresh.name = table.name
    else:
        for place, name in enumerate(table.columns):
            fresh.isetitem(place, other(table.iloc[:, place], name))
    fresh.index = labels
    return fresh


def _other_labels(labels: pd.Index[Any], growth: Growth, copy: int, repeat: int, other: Any) -> pd.Index[Any]:
    """The labels of a block: keys and times as in columns, any other label a new one."""
    number = copy + repeat * growth.copies

    def level(values: pd.Index[Any]) -> Column:
        column = pd.Series(values)
        if values.name in growth.known or (is_moment(column) and growth.span is not None):
            return other(column, values.name, True)
        if is_number(column):
            return column + (column.max() - column.min() + 1) * number
        return column.map(lambda value: f"{value}~{number}") if is_text(column) else column

    if not isinstance(labels, pd.MultiIndex):
        return pd.Index(level(labels), name=labels.name)
    arrays = [level(labels.get_level_values(place)) for place in range(labels.nlevels)]
    return pd.MultiIndex.from_arrays(arrays, names=labels.names)


def _later(column: Column, by: Any) -> Column:
    if is_moment(column):
        return column + pd.Timedelta(by)
    if is_number(column):
        return column + by
    known: Column = pd.to_datetime(column, utc=True)
    moments: Column = known + pd.Timedelta(by)
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        if (known.dt.strftime(form) == column).all():
            return moments.dt.strftime(form).astype(column.dtype)
    raise ValueError(column.name)


def _cloned(column: Column, name: str, growth: Growth, copy: int) -> Column:
    """Other values of a key; of a coarser key in half of the copies, so that old groups grow, too."""
    if not copy or (name in growth.coarser and copy % 2 == 0):
        return column
    return _other_key(column, growth.known[name], copy)


def _mixed(column: Column, name: str, growth: Growth, draw: _Draws) -> Column:
    """A key that is as any other column: its own values and new ones, as chance has it for each row."""
    fresh = shuffled(column, draw.rng)
    for number in (1, 2, 3):
        rows = draw.rows(name, number)
        fresh = fresh.where(~rows, _other_key(fresh, growth.known[name], number))
    return fresh


def _other_key(column: Column, known: list[Any], number: int) -> Column:
    if is_number(column):
        return column + number * (max(known) - min(known) + 1)
    if isinstance(column.dtype, pd.CategoricalDtype):
        raise ValueError(column.name)  # its categories are all that there are
    return column.map(lambda value: f"{value}~{number}", na_action="ignore")


def _drawn(column: Column, rng: Generator) -> Column:
    """Values in another order, numbers moved a little; what has one value only gets a second one."""
    filled = column.dropna()
    if not len(filled):
        return column
    fresh = shuffled(column, rng)
    if column.dtype == bool:
        share = float(np.clip(column.mean(), 0.2, 0.8))
        return pd.Series(rng.random(len(column)) < share, column.index, name=column.name)
    if is_number(column):
        single = filled.nunique() == 1
        width = 1 + abs(float(filled.iloc[0])) / 5 if single else float(filled.std()) / 3
        by = rng.normal(0, width, len(column))
        fresh = fresh + (by if column.dtype.kind == "f" else by.round())
        return (fresh.abs() if filled.min() >= 0 else fresh).astype(column.dtype)
    if is_text(column) and not isinstance(column.dtype, pd.CategoricalDtype) and filled.nunique() == 1:
        return fresh.mask(rng.random(len(column)) < 0.4, f"{filled.iloc[0]} other")
    return fresh


def _joined(table: Table, made: list[Table]) -> Table:
    if isinstance(table, pd.Index):
        return made[0].append(made[1:])
    return pd.concat(made, ignore_index=numbered(table))


def _order(sample: Sample, place: int, group: Group, grown: dict[str, Table]) -> Any:
    """The positions that put grown rows in the sample's order, by label or by time; None for no order."""
    first = grown[group.tables[0]]
    if not group.numbered and group.index.is_monotonic_increasing:
        return labels_of(first).argsort()
    times = sample.times.get(place)
    if times is not None and bool((times[1:] >= times[:-1]).all()):
        return np.argsort(sample.replaced(grown).times[place], kind="stable")
    return None


def _ordered(table: Table, order: Any) -> Table:
    fresh = take(table, order)
    if numbered(table):
        fresh.index = pd.RangeIndex(len(fresh))
    return fresh
