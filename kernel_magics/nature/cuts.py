"""The cuts of a family: parts of the rows, of the keys, or of the time, the most informative ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.columns import extremes, shuffled
from kernel_magics.nature.probe import Cut, Test
from kernel_magics.nature.sample import Sample, moments_of
from kernel_magics.nature.table import Column, Rows

Generator = np.random.Generator

EVERY = 240
"""With more moments than these not every one is tried."""


# -- rows --------------------------------------------------------------------------------------------------


def row_cuts(sample: Sample, place: int, sizes: Sequence[int], rng: Generator, few: bool) -> Iterator[Cut]:
    """Parts of the rows of one group; other groups are given whole.

    Args:
        sizes: numbers of rows that the code may treat differently.
        few: only some of them.
    """
    group = sample.groups[place]
    n, identities = len(group), sample.identities(sample.groups[place])
    if n < 2:
        return
    for mask in _row_masks(sample, place, sizes, rng, few):
        rows = int(mask.sum())
        if 0 < rows < n:
            which = f"only row {int(mask.argmax()) + 1} was" if rows == 1 else f"only {rows} of {n} rows were"
            axes = {name: sample.axis(group, name) for name in identities}
            tests = {name: key_test(list(axis[mask])) for name, axis in axes.items() if axis is not None}
            yield Cut(f"when {which} there", {place: mask}, tests=tests)


def _row_masks(sample: Sample, place: int, sizes: Sequence[int], rng: Generator, few: bool) -> Iterator[Rows]:
    n = len(sample.groups[place])
    at = np.arange(n)
    tail = max(2, n // 10)
    columns = _columns(sample, place)
    if place in sample.marked:
        special = np.flatnonzero(sample.marked[place])
        yield ~sample.marked[place]
        yield sample.marked[place]
        yield at == rng.choice(special)
    if place in sample.times:  # rows at every second moment: what reads the one after lacks it
        odd = np.searchsorted(sample.steps, sample.times[place]) % 2 == 1
        yield ~odd
        yield odd
    yield at < n // 2
    yield at == rng.integers(n)
    yield rng.random(n) < 0.5
    for number in rng.permutation(len(columns))[
        : 1 if few else 5
    ]:  # means, extremes and categories of the parts differ
        ranks, absent = columns[int(number)]
        yield ranks >= n - tail
        yield ranks < tail
        if not few:
            yield ranks < n // 2
            yield ranks >= n // 2
    gaps = [absent for _, absent in columns if absent.any() and not absent.all()]
    for absent in gaps[: 1 if few else 3]:
        yield ~absent
        yield absent
    yield at == n - 1
    if few:
        return
    yield at >= n // 2
    yield at == 0
    yield at != n // 2
    for size in sizes:
        for rows in (size - 1, size, size + 1):
            if 0 < rows < n:
                yield np.isin(at, rng.choice(n, rows, replace=False))
    for _ in range(4):
        yield at == rng.integers(n)
        yield np.isin(at, rng.choice(n, min(n, 3), replace=False))


def _columns(sample: Sample, place: int) -> list[tuple[Rows, Rows]]:
    """For each column the ranks of its rows, and where it has no value."""
    group = sample.groups[place]
    found = []
    for name in sample.names(group):
        axis = sample.axis(group, name)
        if axis is not None and len(axis) and pd.api.types.is_hashable(axis.iloc[0]):
            codes = pd.factorize(axis)[0] if axis.dtype == object else axis.rank(method="first").to_numpy()
            found.append((np.argsort(np.argsort(codes, kind="stable")), axis.isna().to_numpy()))
    return found


# -- keys --------------------------------------------------------------------------------------------------


def key_cuts(
    sample: Sample, key: str, rng: Generator, few: bool, odd: Sequence[Any] = (), every: bool = False
) -> Iterator[Cut]:
    """Parts of the values of a key; tables without the key are given whole.

    Rows whose key is missing are never alone: pandas' own group-bys fail on a table without any key.

    Args:
        odd: values that have other rows than the rest.
        every: also each value alone, as far as there are few.
    """
    values = sample.key_values(key)
    missing = None in values
    values = [value for value in values if value is not None]
    if len(values) < 2:
        return
    order = [values[place] for place in rng.permutation(len(values))]
    half = len(order) // 2
    parts = [order[:half], order[half:], order[:1], order[1:], [values[-1]], [values[0]]]
    if key in sample.time_names.values():
        parts = [sorted(values)[::2], sorted(values)[1::2], *parts]
    special = _marked_keys(sample, key)
    if special:
        parts = [special[:1], special[-1:], special[: len(special) // 2], *parts]
    if odd:
        rest = [value for value in values if value not in odd]
        parts = [list(odd), rest, list(odd)[:1], [values[0]], [values[-1]], *parts]
    for number, part in enumerate(parts[: (5 if odd else 3) if few else None]):
        yield key_cut(sample, key, [*part, None] if missing and number % 2 == 0 else part)
    if every and len(order) <= EVERY:
        for value in order:
            yield key_cut(sample, key, [value])


def _marked_keys(sample: Sample, key: str) -> list[Any]:
    """The values of a key that rows unlike the others have."""
    found: dict[Any, None] = {}
    for place in sample.having(key):
        axis = sample.axis(sample.groups[place], key)
        if place in sample.marked and axis is not None:
            found.update(dict.fromkeys(axis[sample.marked[place]].dropna()))
    return list(found)


def key_cut(sample: Sample, key: str, part: Sequence[Any]) -> Cut:
    """Only the rows with these values of the key; None stands for a missing one."""
    test = key_test(part)
    masks = {}
    tests: dict[str, Test] = {key: test}
    for place in sample.having(key):
        axis = sample.axis(sample.groups[place], key)
        assert axis is not None
        masks[place] = test(axis)
        for finer in sample.finer(key):
            members = sample.axis(sample.groups[place], finer)
            if members is not None:
                tests.setdefault(finer, key_test(list(members[masks[place]].dropna().unique())))
    shown = ["(none)" if value is None else moment_text(value) for value in part[:3]]
    named = ", ".join(shown) + (f" and {len(part) - 3} more" if len(part) > 3 else "")
    return Cut(
        f"when only {key} {named} {'was' if len(part) == 1 else 'were'} there", masks, tests=tests, exact=True
    )


def key_test(part: Sequence[Any]) -> Test:
    """Which values of an axis are among these; None stands for a missing one."""
    values = [value for value in part if value is not None]
    missing = len(values) < len(part)

    def test(axis: Column) -> Rows:
        found = np.asarray(axis.isin(values))
        return found | np.asarray(axis.isna()) if missing else found

    return test


# -- time --------------------------------------------------------------------------------------------------


def time_cuts(
    sample: Sample, rng: Generator, few: bool, dates: Sequence[str] = (), every: bool = False
) -> Iterator[Cut]:
    """Without the rows after a moment, and with other values in them.

    Args:
        every: cut at every moment, as far as there are few.
    """
    other = with_other_values(sample, rng, False)
    for number, i in enumerate(moments(sample, rng, few, dates, every)):
        yield past_cut(sample, i)
        if number < (1 if few else 6):
            yield other_future(sample, i, other)
            yield other_future(sample, i, with_one_row(sample, i, rng))


_WIDE = 5


def moments(
    sample: Sample, rng: Generator, few: bool, dates: Sequence[str] = (), every: bool = False
) -> list[int]:
    """Where to cut the time: at ends of days, weeks and months, at dates of the code, and by chance."""
    n = len(sample.steps)
    if n < 2:
        return []
    chosen = [int(share * n) for share in (0.6, 0.25, 0.8, 0.4)]
    for place, mask in sample.marked.items():  # just before and just after rows unlike the others
        if place in sample.times and mask.any():
            at = np.searchsorted(sample.steps, sample.times[place][mask])
            chosen = [int(at.max()) - 1, int(at.min()), *chosen]
    if few:
        chosen = [*chosen[:-2], 0, int(rng.integers(0, n - 1))]
    else:
        for ends in calendar_ends(sample):
            chosen += [int(i) for i in rng.permutation(ends)[:6]]
            chosen += [int(i) for i in rng.permutation(ends - 1)[:2] if i >= 0]
        chosen += _near(sample.steps, dates)
        chosen += [0, n - 2, *(int(i) for i in rng.permutation(n - 1)[:60])]
    chosen += _before_gap(sample.steps)
    if every and n <= EVERY:
        chosen += range(n - 1)
    return list(dict.fromkeys(max(0, min(i, n - 2)) for i in chosen))


def _before_gap(steps: Rows) -> list[int]:
    """The last step before a gap that is many times as long as usual; it may have made rows of its own."""
    gaps = np.diff(steps)
    widest = int(np.argmax(gaps))
    return [widest] if gaps[widest] > _WIDE * np.median(gaps) else []


def calendar_ends(sample: Sample) -> list[Rows]:
    """Places of the last steps of days, of weeks and of months, by the clocks of each zone that is used."""
    steps = sample.steps
    if steps.dtype.kind != "M":
        return []
    found: list[Rows] = []
    for zone in dict.fromkeys([None, *sample.zones]):
        index = pd.DatetimeIndex(steps)
        if zone is not None:
            index = index.tz_localize("UTC").tz_convert(zone).tz_localize(None)
        for period in ("D", "W", "M"):
            ends = np.flatnonzero(np.diff(index.to_period(period).asi8))
            if 0 < len(ends) < len(steps) - 1:
                found.append(ends)
    return found


def _near(steps: Rows, dates: Sequence[str]) -> list[int]:
    """The steps around dates."""
    if steps.dtype.kind != "M":
        return []
    found: list[int] = []
    for date in dates:
        moment = pd.to_datetime(date, errors="coerce", utc=True)
        if isinstance(moment, pd.Timestamp):
            place = int(np.searchsorted(steps, moment.tz_localize(None).to_datetime64()))
            found += [i for i in (place - 2, place - 1, place) if 0 <= i < len(steps) - 1]
    return found


def past_cut(sample: Sample, i: int, ahead: int = 0) -> Cut:
    """Rows up to step `i + ahead` give the output up to step `i`, and until something more is known."""
    until, known = sample.steps[i], sample.steps[min(i + ahead, len(sample.steps) - 1)]
    return Cut(
        f"when rows after {moment_text(known)} were left out",
        {place: times <= known for place, times in sample.times.items()},
        {place: times <= until for place, times in sample.times.items()},
        time_tests(sample, before_next(sample, i)),
        moments=moment_test(sample, before_next(sample, i)),
        common=True,
    )


def other_future(sample: Sample, i: int, other: Sample) -> Cut:
    """Other values after step `i` leave the output before the next step as it is."""
    until = sample.steps[i]
    masks = {place: times <= until for place, times in sample.times.items()}
    test = before_next(sample, i)
    tests, moments = time_tests(sample, test), moment_test(sample, test)
    text = f"when rows after {moment_text(until)} had other values"
    return Cut(text, masks, masks, tests, other, moments, common=True, lenient=True)


def with_other_values(sample: Sample, rng: Generator, large: bool) -> Sample:
    """The same rows with values of other rows, and larger ones; keys and times stay.

    Args:
        large: some of the values become many times as large.
    """

    def change(column: Column, place: int) -> Column:
        if place not in sample.times:
            return column
        return extremes(shuffled(column, rng), rng) if large else shuffled(column, rng, 3.0)

    return sample.changed(change)


def with_one_row(sample: Sample, i: int, rng: Generator) -> Sample:
    """The rows after step `i` have the values of one row before, unlike the others where there are such."""
    chosen: dict[int, int] = {}
    for place, times in sample.times.items():
        old = np.flatnonzero(times <= sample.steps[i])
        special = old[sample.marked[place][old]] if place in sample.marked else old[:0]
        if len(old):
            chosen[place] = int(rng.choice(special if len(special) else old))

    def change(column: Column, place: int) -> Column:
        if place not in chosen:
            return column
        fresh, later = column.copy(), np.flatnonzero(sample.times[place] > sample.steps[i])
        fresh.iloc[later] = column.iloc[np.full(len(later), chosen[place])].array
        return fresh

    named = {*sample.time_names.values(), *sample.declared_times}
    tied = {key for key in sample.keys if key not in named and sample.tied(key)}
    return sample.changed(change, named | tied)


def before(until: Any) -> Callable[[Rows], Rows]:
    """Which moments are not after another one."""
    return lambda times: np.asarray(times <= until)


def before_next(sample: Sample, i: int) -> Callable[[Rows], Rows]:
    """Which moments are before the step after step `i`: an output may have rows where no input has any."""
    if i + 1 >= len(sample.steps):
        return before(sample.steps[i])
    known: Any = sample.steps[i + 1]
    return lambda times: np.asarray(times < known)


def after(last: Any) -> Callable[[Rows], Rows]:
    """Which moments are after another one."""
    return lambda times: np.asarray(times > last)


def time_tests(sample: Sample, test: Callable[[Rows], Rows]) -> Mapping[str, Test]:
    """For outputs with a time of their own, which of their rows pass a test."""
    on_axis = moment_test(sample, test)
    return dict.fromkeys(dict.fromkeys([*sample.time_names.values(), *sample.declared_times]), on_axis)


def moment_test(sample: Sample, test: Callable[[Rows], Rows]) -> Test:
    """Which values of an axis are moments that pass a test."""

    def on_axis(axis: Column) -> Rows:
        times = moments_of(axis)
        if times is None or times.dtype.kind != sample.steps.dtype.kind:
            return np.zeros(len(axis), bool)
        return np.asarray(test(times), bool)

    return on_axis


def moment_text(moment: Any) -> str:
    """A moment for people."""
    if isinstance(moment, np.datetime64 | pd.Timestamp):
        return str(pd.Timestamp(moment)).removesuffix(" 00:00:00")
    return f"{moment:g}" if isinstance(moment, float) else str(moment)


# -- order -------------------------------------------------------------------------------------------------


def orders(sample: Sample, rng: Generator) -> Iterator[tuple[str, int, Rows]]:
    """The rows of each group backwards, and as chance has it."""
    for place, group in enumerate(sample.groups):
        n = len(group)
        if n > 1:
            yield "rows backwards", place, np.arange(n)[::-1]
            yield "rows shuffled", place, rng.permutation(n)


# -- look-back ---------------------------------------------------------------------------------------------


def since_cut(
    sample: Sample, last: Any, have: Mapping[int, Rows], text: str, other: Sample | None = None
) -> Cut:
    """Some old rows and those after a moment give the output after that moment.

    Args:
        have: the rows given, or where there is another sample, those that are not taken from it.
    """
    judged = {place: times > last for place, times in sample.times.items()}
    tests, moments = time_tests(sample, after(last)), moment_test(sample, after(last))
    return Cut(text, have, judged, tests, other, moments, lenient=other is not None, anew=True)
