"""A variant is a sample made from another one to show what that one hides: gaps, ties, rare values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel_magics.nature.code import Literals
from kernel_magics.nature.columns import (
    extremes,
    given_values,
    literal_values,
    missing,
    quiet,
    seldom,
    ties,
)
from kernel_magics.nature.sample import Group, Sample
from kernel_magics.nature.table import Column, Rows, is_text
from kernel_magics.nature.times import (
    SEASONS,
    a_day_apart,
    at_clock_change,
    later,
    moved,
    pulled_apart,
    stretched,
)

Generator = np.random.Generator
Make = Callable[[Sample, Literals, Generator], Sample | None]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to make another sample.

    Attributes:
        name: for people: "the sample ..." goes on with it.
        make: gives the sample, or None where it would be no other one.
        real: rows are only taken away, so that what is shown on it is shown on real data.
        loose: numbers become so large that sums in another order differ more.
        retimed: moments have other distances, so that lengths of time mean something else.
        dates: it has other dates, of which any single one may count.
    """

    name: str
    make: Make
    real: bool = False
    loose: bool = False
    retimed: bool = False
    dates: bool = False


def variants() -> tuple[Variant, ...]:
    """All variants, the most informative ones first."""
    return (
        Variant("as it is", lambda sample, _, __: sample, real=True),
        Variant("with ragged keys", _ragged, real=True),
        Variant("with thin keys", _thin, real=True),
        Variant("with values missing", _columnwise(lambda c, r: missing(c, r.random(len(c)) < 0.25))),
        Variant("with a gap in time", _gap(False), real=True),
        Variant("with ties", _columnwise(ties)),
        Variant("with extremes", _columnwise(extremes), loose=True),
        Variant("with values of the code", _literals(0.0)),
        Variant("with values of the code later on", _literals(0.7)),
        Variant("with a gap for some keys", _gap(True), real=True),
        Variant("with rows repeated", _repeated),
        Variant("with quiet times, missing", _quieted("missing")),
        Variant("with quiet times, low", _quieted("low")),
        Variant("with quiet times, high", _quieted("high")),
        Variant("with values seen seldom", _seldom),
        Variant("with nothing known after a gap", _late),
        Variant("with a low beginning", _beginning("low")),
        Variant("with a high beginning", _beginning("high")),
        *(
            Variant(f"with keys that begin one after another ({n + 1})", _opening(n), real=True)
            for n in range(3)
        ),
        Variant("with times stretched", lambda sample, _, __: stretched(sample), retimed=True),
        Variant("with keys at other times", _at_other_times, retimed=True),
        Variant(
            "with months or years of nothing",
            lambda sample, literals, _: pulled_apart(sample) if literals.grid else None,
            retimed=True,
        ),
        Variant(
            "with times around dates of the code", lambda sample, literals, _: moved(sample, literals.dates)
        ),
        Variant(
            "with the next change of clocks", lambda sample, found, _: at_clock_change(sample, found.texts, 0)
        ),
        Variant(
            "with the change of clocks after",
            lambda sample, found, _: at_clock_change(sample, found.texts, 1),
        ),
        *(Variant(f"with times {days} days later", _season(days), dates=True) for days in SEASONS),
        *(
            Variant(f"with a day between moments, {days} days later", _apart(days), dates=True, retimed=True)
            for days in (0, *SEASONS)
        ),
        Variant("with keys missing", _no_keys),
        Variant("with keys in one table only", _unmatched, real=True),
        Variant("with a short time", _short, real=True),
    )


def _season(days: int) -> Make:
    """Other dates, for code that reads the calendar."""
    return lambda sample, literals, _: later(sample, days) if literals.calendar else None


def _apart(days: int) -> Make:
    """The same where the sample has hours or minutes only, which meet few dates."""
    return lambda sample, literals, _: a_day_apart(sample, days) if literals.calendar else None


def _columnwise(how: Callable[[Column, Generator], Column]) -> Make:
    return lambda sample, _, rng: sample.changed(lambda column, __: how(column, rng))


def _keys(sample: Sample, group: Group) -> list[Column]:
    """The keys that part the rows of a group, without its time."""
    times = set(sample.time_names.values())
    axes = [sample.axis(group, key) for key in sample.keys if key not in times]
    return [axis for axis in axes if axis is not None and axis.nunique() > 1]


def _masks(sample: Sample, make: Callable[[int, Group], Rows | None]) -> Sample | None:
    masks = {}
    for place, group in enumerate(sample.groups):
        mask = make(place, group) if len(group) > 1 else None
        if mask is not None and mask.any() and not mask.all():
            masks[place] = mask
    return sample.cut(masks) if masks else None


def _ragged(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """One row in five is missing, some keys start late, some end early."""

    def keep(place: int, group: Group) -> Rows:
        kept = rng.random(len(group)) > 0.2
        for values in _keys(sample, group):
            first, last = (
                np.flatnonzero(values == value)
                for value in rng.choice(values.dropna().unique(), 2, replace=False)
            )
            kept[first[: len(first) // 3]] = False
            kept[last[len(last) - len(last) // 3 :]] = False
        if not kept.any():
            kept[rng.integers(0, len(group), 3)] = True
        return np.asarray(kept)

    return _masks(sample, keep)


def _thin(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """Each key has about half the rows of the one before; the last has one."""

    def keep(place: int, group: Group) -> Rows | None:
        axes = _keys(sample, group)
        if not axes:
            return None
        values, kept = axes[0], np.ones(len(group), bool)
        for number, value in enumerate(rng.permutation(values.dropna().unique())):
            rows = np.flatnonzero(values == value)
            size = max(1, len(rows) >> number)
            kept[rng.permutation(rows)[size:]] = False
        return kept

    return _masks(sample, keep)


def _short(sample: Sample, _: Literals, __: Generator) -> Sample | None:
    """The last seventh of the time."""
    if len(sample.steps) < 4:
        return None
    first = sample.steps[-max(2, len(sample.steps) // 7)]
    return _masks(sample, lambda place, _: sample.times[place] >= first if place in sample.times else None)


def _gap(some: bool) -> Make:
    """Nothing for a long while: for all keys, or for half of them."""

    def make(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
        if len(sample.steps) < 6:
            return None
        low, high = (sample.steps[int(share * len(sample.steps))] for share in (0.2, 0.66))

        def keep(place: int, group: Group) -> Rows | None:
            if place not in sample.times:
                return None
            gone: Rows = (sample.times[place] > low) & (sample.times[place] < high)
            if some:
                axes = _keys(sample, group)
                if not axes:
                    return None
                chosen = [
                    axis.isin(rng.permutation(axis.dropna().unique())[: axis.nunique() // 2]) for axis in axes
                ]
                gone &= np.logical_or.reduce([np.asarray(each) for each in chosen])
            return np.asarray(~gone)

        return _masks(sample, keep)

    return make


def _late(sample: Sample, literals: Literals, rng: Generator) -> Sample | None:
    """Nothing for a while, and values are missing just after that."""
    gone = _gap(False)(sample, literals, rng)
    if gone is None:
        return None
    after = [moment for moment in gone.steps if moment >= sample.steps[int(0.66 * len(sample.steps))]][:2]

    def hide(column: Column, place: int) -> Column:
        if place not in gone.times or not after:
            return column
        return missing(column, np.isin(gone.times[place], after))

    return gone.changed(hide)


def _quieted(end: str) -> Make:
    """From a moment on nothing happens, except in a row or two: old states have to be kept."""

    def make(sample: Sample, _: Literals, rng: Generator) -> Sample:
        def still(column: Column, __: int) -> Column:
            rows = np.arange(len(column)) > len(column) / 5
            if len(column) > 9:
                rows[rng.integers(len(column) * 9 // 10, len(column), 2)] = False
            return quiet(column, end, rows)

        return sample.changed(still)

    return make


def _beginning(end: str) -> Make:
    """Every column has one value for more than half of its rows, then its own."""
    return lambda sample, _, __: sample.changed(
        lambda column, _: quiet(column, end, np.arange(len(column)) < len(column) * 0.6)
    )


def _literals(since: float) -> Make:
    """Some cells have the values that the code compares with.

    Args:
        since: only rows behind this share of them, and few.
    """

    def make(sample: Sample, literals: Literals, rng: Generator) -> Sample | None:
        rows, marked = _chosen(sample, rng, 4 if since else 3, since)
        free = _changeable(sample)

        def change(column: Column, place: int) -> Column:
            return (
                given_values(column, literal_values(column, literals), rows[place]) if len(column) else column
            )

        return sample.changed(change, sample.fixed - free, marked if since else None)

    return make


def _seldom(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """Some texts and keys are seen in few rows only, in the same ones in each table of a group."""
    rows, marked = _chosen(sample, rng, 20, 0.0)
    return sample.changed(
        lambda column, place: seldom(column, rows[place]), sample.fixed - _changeable(sample), marked
    )


def _chosen(sample: Sample, rng: Generator, share: int, since: float) -> tuple[list[Rows], dict[int, Rows]]:
    """One row in so many of each group, behind a share of them, as positions and as masks."""
    rows = []
    for group in sample.groups:
        last = np.arange(int(since * len(group)), len(group))
        rows.append(
            rng.permutation(last)[
                : max(1, min(10, len(group) // 8) if since or share > 4 else len(last) // share)
            ]
        )
    masks = {
        place: np.isin(np.arange(len(sample.groups[place])), chosen) for place, chosen in enumerate(rows)
    }
    return rows, {place: mask for place, mask in masks.items() if mask.any() and not mask.all()}


def _changeable(sample: Sample) -> set[str]:
    """The keys that decide no other key and are decided by none: they can be changed like any column."""
    times = set(sample.time_names.values())
    return {key for key in sample.keys if key not in times and not sample.tied(key)}


def _repeated(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """Some rows occur twice; only rows without labels of their own."""
    tables: dict[str, Any] = {}
    for group in sample.groups:
        if not group.numbered or len(group) < 4:
            continue
        source = np.arange(len(group))
        twice = rng.choice(len(group) - 1, max(1, len(group) // 8), replace=False)
        source[twice + 1] = source[twice]
        for name in group.tables:
            table = sample.tables[name].take(source)
            table.index = sample.tables[name].index
            tables[name] = table
    return sample.replaced(tables) if tables else None


def _at_other_times(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """Each value of a key has a time of its own, and all times are far apart."""
    longer, free = stretched(sample), [key for key in sample.keys if key not in sample.time_names.values()]
    return one_after_another(longer, str(rng.choice(free))) if longer is not None and free else None


def one_after_another(sample: Sample, key: str) -> Sample | None:
    """The rows of each value of a key lie in a part of the time of their own."""
    values = [value for value in sample.key_values(key) if value is not None]
    if len(sample.steps) < len(values) or len(values) < 2:
        return None
    edges = np.array_split(sample.steps, min(len(values), 3))

    def keep(place: int, group: Group) -> Rows | None:
        axis = sample.axis(group, key)
        if axis is None or place not in sample.times:
            return None
        part = axis.map({value: number % len(edges) for number, value in enumerate(values)}).to_numpy()
        kept = [(part == number) & np.isin(sample.times[place], edge) for number, edge in enumerate(edges)]
        return np.asarray(np.logical_or.reduce(kept))

    return _masks(sample, keep)


def _opening(number: int) -> Make:
    """At first there is one value of a key, then two, and so on.

    Args:
        number: which of the keys.
    """

    def make(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
        free = [key for key in sample.keys if key not in sample.time_names.values()]
        if number >= len(free) or len(sample.steps) < 4:
            return None
        values = [value for value in sample.key_values(free[number]) if value is not None]
        many = min(len(values), len(sample.steps) // 2)
        order = {
            value: min(place, many - 1)
            for place, value in enumerate(rng.permutation(np.array(values, object)))
        }
        opens = sample.steps[[len(sample.steps) * place // (many + 1) for place in range(many)]]

        def keep(place: int, group: Group) -> Rows | None:
            axis = sample.axis(group, free[number])
            if axis is None or place not in sample.times:
                return None
            return np.asarray(sample.times[place] >= opens[axis.map(order).fillna(0).to_numpy(int)])

        return _masks(sample, keep) if many > 1 else None

    return make


def _no_keys(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """Some rows have no key; where one key decides another one, they miss both."""
    times = set(sample.time_names.values())
    wanted = {key: min([key, *sample.tied(key)]) for key in sample.keys if key not in times}
    masks = {
        (place, key): rng.random(len(group)) < 0.08
        for place, group in enumerate(sample.groups)
        for key in wanted.values()
    }

    def hide(column: Column, place: int) -> Column:
        named = str(column.name)
        if named not in wanted or not (is_text(column) or column.dtype.kind == "f"):
            return column
        return missing(column, masks[place, wanted[named]])

    changed = sample.changed(hide, sample.fixed - set(wanted))
    return (
        changed if any(changed.tables[name] is not table for name, table in sample.tables.items()) else None
    )


def _unmatched(sample: Sample, _: Literals, rng: Generator) -> Sample | None:
    """A key of one table is missing in another."""
    for key in sample.keys:
        places = sample.having(key)
        if key in sample.time_names.values() or len(places) < 2:
            continue
        values = [value for value in sample.key_values(key) if value is not None]
        if len(values) < 3:
            continue
        chosen = rng.permutation(np.array(values, dtype=object))[: len(places)]
        gone = dict(zip(places, chosen, strict=False))

        def keep(place: int, group: Group, key: str = key, gone: dict[int, Any] = gone) -> Rows | None:
            axis = sample.axis(group, key)
            return None if axis is None or place not in gone else np.asarray(axis != gone[place])

        return _masks(sample, keep)
    return None


def uneven(
    sample: Sample, key: str, how: str, literals: Literals, rng: Generator
) -> tuple[Sample, list[Any]] | None:
    """Half of the values of a key have other rows than the rest; what depends on the key stays.

    Args:
        how: "high" (one value), "missing", "extremes", "literals", "times" (a time of their own) or "alone"
            (rows of one value of a finer key).

    Returns:
        the sample, and these values of the key.
    """
    values = np.array([value for value in sample.key_values(key) if value is not None], dtype=object)
    if len(values) < 2:
        return None
    odd = rng.permutation(values)[: max(1, len(values) // 2)]
    if how == "times":
        longer = stretched(sample)
        apart = one_after_another(longer, key) if longer is not None else None
        return None if apart is None else (apart, list(odd))
    if how == "alone":
        single = _single(sample, key, odd)
        return None if single is None else (single, list(odd))

    def change(column: Column, place: int) -> Column:
        axis = sample.axis(sample.groups[place], key)
        if axis is None or not column.notna().any():
            return column
        here = np.asarray(axis.isin(odd))
        if how == "missing":
            return missing(column, here & (rng.random(len(here)) < 0.8))
        if how == "extremes":
            large = extremes(column, rng)
            return column.mask(here, large**2 if column.dtype.kind == "f" else large)
        if how == "literals":
            rows = np.flatnonzero(here)
            return given_values(
                column, literal_values(column, literals), rng.permutation(rows)[: len(rows) // 4]
            )
        return quiet(column, "high", here)

    others = set(sample.keys) - {key, *sample.tied(key)} - set(sample.time_names.values())
    return sample.changed(change, sample.fixed - others), list(odd)


def _single(sample: Sample, key: str, odd: Rows) -> Sample | None:
    """Of some values of a key only the rows of one value of a finer key stay; None where there is none."""
    masks: dict[int, Rows] = {}
    for finer in sample.finer(key)[:1]:
        chosen: dict[Any, Any] = {}
        for place in sample.having(key):
            axis, members = (sample.axis(sample.groups[place], name) for name in (key, finer))
            if axis is None or members is None:
                continue
            for value, member in zip(axis, members, strict=True):
                chosen.setdefault(value, member)
            masks[place] = np.asarray(~axis.isin(odd) | (members == axis.map(chosen)))
    return sample.cut(masks) if any(not mask.all() for mask in masks.values()) else None
