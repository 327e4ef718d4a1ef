"""A look-back is how much of the past gives the same new rows; found by doubling, then by bisection."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.columns import quiet
from kernel_magics.nature.cuts import calendar_ends, moment_text, since_cut, with_other_values
from kernel_magics.nature.difference import Difference
from kernel_magics.nature.probe import Cut, Trial
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.subject import Failed, OutOfBudget
from kernel_magics.nature.table import Column, Rows, is_text
from kernel_magics.nature.times import crowded
from kernel_magics.nature.vary import Variant
from kernel_magics.nature.verdict import Verdict, unknown

FADES = 1e-3
"""If one more row changes less than this share, older rows may count for ever, with decreasing weight."""

Have = Mapping[int, Rows]


class LookBack:
    """The search for the look-back of one function.

    Args:
        trials: samples with the function's outputs.
        base: the sample of the first trial.
        shrunk: gives trials of the code with smaller numbers in it, each with a text.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        base: Sample,
        rng: np.random.Generator,
        shrunk: Callable[[], Sequence[tuple[str, Trial]]] = tuple,
    ) -> None:
        self.base, self.rng, self._shrunk = base, rng, shrunk
        self._others: dict[int, tuple[Sample, Sample]] = {}  # by the id of a sample that is kept with it
        self.trials = [trial for trial in trials if not trial.variant.retimed and self._is_long(trial.sample)]

    def _is_long(self, sample: Sample) -> bool:
        ends, base = sample.steps, self.base.steps
        return len(ends) > 2 and bool(ends[-1] - ends[0] >= 0.8 * (base[-1] - base[0]))

    def in_time(self) -> Verdict:
        """The look-back as a length of time, in units of the usual distance between moments."""
        unit = usual_distance(self.base.steps)
        if unit is None:
            return unknown("the sample has too few moments")
        limit = int((self.base.steps[-1] - self.base.steps[0]) / unit) // 3

        def having(sample: Sample, last: Any, size: int) -> Have:
            first = last - size * unit
            return {place: times > first for place, times in sample.times.items()}

        return self._search(having, limit, unit_text(unit), lambda size, last: last - (size + 1) * unit)

    def in_rows(self, key: str = "") -> Verdict:
        """The look-back as a number of rows, of each value of the key if there is one."""
        timed = list(self.base.times)
        if len(timed) != 1:
            return unknown("several tables have a time")
        place = timed[0]
        if key and self.base.axis(self.base.groups[place], key) is None:
            key = ""
        largest = len(self.base.groups[place])
        if key:
            axis: Column = self.base.axis(self.base.groups[place], key)
            largest = int(axis.value_counts().max())

        def having(sample: Sample, last: Any, size: int) -> Have:
            times = sample.times[place]
            old = times <= last
            return {place: ~old | (ranks(sample, place, key, old) <= size)}

        steps = self.base.steps

        def before(size: int, last: Any) -> Any:
            at = int(np.searchsorted(steps, last))
            return steps[max(0, at - size - 1)]

        verdict = self._search(having, largest // 3, "rows", before)
        return self._crowded(verdict, having, largest // 3) if verdict else verdict

    def _crowded(self, verdict: Verdict, having: Any, limit: int) -> Verdict:
        """Many rows at the same moment: does the last moment count, or the last rows?"""
        subject, base, many = self.trials[0].subject, self.base, verdict.span + 2
        made = [(f"with {count} moments made one", 0.55, crowded(base, count)) for count in (3, many + 1)]
        for share in (0.5, 0.55, 0.62):
            made.append(("with many rows at a moment", share, dense(base, moment_at(base, share), many)))
        for name, share, sample in made:
            out = subject.whole(sample.inputs) if sample is not None else None
            if sample is None or isinstance(out, Failed):
                continue
            trial = Trial(subject, Variant(name, self.trials[0].variant.make), sample, out)
            found = self._raised(trial, moment_at(base, share), verdict, having, limit)
            if not found or found.span > verdict.span:
                why = f"with {verdict.span} rows it is another value where many rows have the same time"
                return Verdict(False, found.probes, why, name)
            verdict = found
        return verdict

    def _search(self, having: Any, limit: int, unit: str, before: Any) -> Verdict:
        verdict = Verdict(True, span=0, unit=unit)
        try:
            for trial in self.trials:
                for share in (0.55, 0.7) if trial is self.trials[0] else (0.6,):
                    verdict = self._raised(trial, moment_at(trial.sample, share), verdict, having, limit)
            verdict = self._after_quiet(verdict, having, limit, before) if verdict else verdict
            verdict = self._at_every_phase(verdict, having, limit)
            for trial in self.trials:
                for share in 0.35 + 0.6 * self.rng.random(6 if trial is self.trials[0] else 1):
                    verdict = self._raised(trial, moment_at(trial.sample, share), verdict, having, limit)
        except OutOfBudget:
            return unknown("the time for this node was used up", verdict.probes)
        if verdict and verdict.span and self._edge < FADES:
            why = "older rows count less and less, but they never stop to count"
            return replace(verdict, holds=False, why=why, span=None, unit="")
        return self._on_larger(verdict, having) if verdict else verdict

    def _at_every_phase(self, verdict: Verdict, having: Any, limit: int) -> Verdict:
        """At many moments, because such a window depends on how much of a day or a week is past."""
        for trial in self.trials:
            steps, name = trial.sample.steps, trial.variant.name
            chosen = [ends - 1 for ends in calendar_ends(trial.sample)]
            if trial is self.trials[0]:
                first = int(self.rng.integers(len(steps) // 3, max(len(steps) - 28, len(steps) // 3 + 1)))
                places = [
                    *range(first, min(first + 26, len(steps) - 1)),
                    *(i for ends in chosen for i in ends),
                ]
            elif "clocks" in name:
                places = [i for ends in chosen for i in ends[np.abs(ends - len(steps) // 2) < 60]]
            else:
                continue
            for i in dict.fromkeys(int(place) for place in places if place > len(steps) // 3):
                have = having(trial.sample, steps[i], verdict.span) if verdict else {}
                if verdict and trial.probe(since_cut(trial.sample, steps[i], have, "")):
                    verdict = self._raised(trial, steps[i], verdict, having, limit)
        return verdict

    def _on_larger(self, verdict: Verdict, having: Any) -> Verdict:
        """With smaller numbers in the code no more of the past may be needed; else sizes matter."""
        for text, trial in self._shrunk():
            for share in (0.5, 0.75):
                last = moment_at(trial.sample, share)
                have = having(trial.sample, last, verdict.span)
                found = trial.probe(since_cut(trial.sample, last, have, ""))
                if isinstance(found, Difference) and not found.failed:
                    why = f"it may depend on sizes: {text}, {found.text}"
                    return replace(verdict, holds=None, why=why, span=None, unit="")
        return verdict

    _edge = float("inf")

    def _raised(self, trial: Trial, last: Any, verdict: Verdict, having: Any, limit: int) -> Verdict:
        """Raise the size to what this sample needs at this moment."""
        if verdict.holds is not True:
            return verdict
        known: dict[int, Difference | None] = {}

        def lacks(size: int) -> Difference | None:
            if size not in known:
                known[size] = self._lacks(trial, last, having(trial.sample, last, size), size)
            return known[size]

        low, high, seen = verdict.span - 1, verdict.span, ""
        while high <= limit and (found := lacks(high)) is not None:
            low, seen = high, found.text
            high = min(max(1, high * 2), limit) if high < limit else limit + 1
        probes = verdict.probes + len(known)
        if high > limit:
            why = f"more than {limit} {verdict.unit} before {moment_text(last)} count: {seen} without them"
            return Verdict(False, probes, why, trial.variant.name, trial.variant.real)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if lacks(middle) is not None else (low, middle)
        if high > verdict.span and any(
            lacks(size) is not None for size in (high + 1, 2 * high) if size <= limit
        ):
            why = f"with more of the past than {high} {verdict.unit} it is another value again"
            return Verdict(False, probes, why, trial.variant.name, trial.variant.real)
        if high > verdict.span:
            edge = known[high - 1] if high - 1 in known else lacks(high - 1)
            self._edge = edge.size if edge is not None else self._edge
        return replace(verdict, span=high, probes=verdict.probes + len(known))

    def _lacks(self, trial: Trial, last: Any, have: Have, size: int) -> Difference | None:
        """How the new rows differ when older rows are left out, or have other values."""
        text = f"with {size} of the past"
        for cut in self._cuts(trial.sample, last, have, text):
            found = trial.probe(cut)
            if isinstance(found, Difference):
                return found
        return None

    def _cuts(self, sample: Sample, last: Any, have: Have, text: str) -> Iterator[Cut]:
        yield since_cut(sample, last, have, text)
        if id(sample) not in self._others:
            self._others[id(sample)] = (sample, with_other_values(sample, self.rng, True))
        yield since_cut(sample, last, have, text, self._others[id(sample)][1])

    def _after_quiet(self, verdict: Verdict, having: Any, limit: int, before: Any) -> Verdict:
        """A quiet time just before the history that seemed enough: does an older state have an effect?"""
        base = self.base
        last = moment_at(base, 0.6)
        for length in dict.fromkeys((verdict.span + 1, limit)):
            since = before(length, last)
            for name, sample in quiet_samples(base, since, last):
                out = self.trials[0].subject.whole(sample.inputs)
                if isinstance(out, Failed):
                    continue
                trial = Trial(self.trials[0].subject, Variant(name, self.trials[0].variant.make), sample, out)
                verdict = self._raised(trial, last, verdict, having, limit)
                if not verdict:
                    return verdict
        return verdict


def ranks(sample: Sample, place: int, key: str, old: Rows) -> Rows:
    """How many old rows of the same key come from each row on, by time; the last old row has 1."""
    axis = sample.axis(sample.groups[place], key) if key else None
    of = np.zeros(len(old)) if axis is None else pd.factorize(axis, use_na_sentinel=False)[0]
    order = np.argsort(sample.times[place], kind="stable")[::-1]
    counted = pd.Series(old[order].astype(int)).groupby(of[order]).cumsum().to_numpy()
    found = np.empty(len(old), int)
    found[order] = counted
    return found


def quiet_samples(base: Sample, since: Any, last: Any) -> Iterator[tuple[str, Sample]]:
    """Samples in which nothing happens from a moment on, or in which there are no rows for a while."""
    for how in ("missing", "low", "lower", "middle", "higher", "high"):

        def still(column: Column, place: int, how: str = how) -> Column:
            return quiet(column, how, base.times[place] > since) if place in base.times else column

        made = base.changed(still)
        yield f"with quiet times, {how}", made
        if how in ("low", "high"):
            rows = {place: (times <= since) | (times > last) for place, times in base.times.items()}
            yield f"with a gap, {how}", base.changed(functools.partial(_everywhere, how)).cut(rows)
    # a bounded state that swings between two values never reaches its bounds, and so keeps what is old
    for name, ends in (("extreme", ("low", "high")), ("middle", ("lower", "higher"))):

        def swinging(column: Column, place: int, ends: tuple[str, str] = ends) -> Column:
            if place not in base.times:
                return column
            times = base.times[place]
            odd = np.searchsorted(base.steps, times) % 2 == 1
            for end, rows in zip(ends, (odd, ~odd), strict=True):
                column = quiet(column, end, rows & (times > since))
            return column

        yield f"with two {name} values in turn", base.changed(swinging)
    for number in range(4):

        def one_text(column: Column, place: int, number: int = number) -> Column:
            if place not in base.times or not is_text(column):
                return column
            values = column.dropna().unique()
            rows = base.times[place] > since
            return column.mask(rows, values[number]) if number < len(values) <= 20 else column

        changed = base.changed(one_text)
        if any(changed.tables[name] is not table for name, table in base.tables.items()):
            yield f"with one text for a while ({number + 1})", changed
    for place, times in base.times.items():  # no rows of one table meanwhile
        if len(base.times) > 1:
            kept = (times <= since) | (times > last)
            yield f"with no rows of {base.groups[place].tables[0]} for a while", base.cut({place: kept})
    yield from _one_key(base, since, last)


def _everywhere(how: str, column: Column, _: int) -> Column:
    return quiet(column, how, np.ones(len(column), bool))


def _one_key(base: Sample, since: Any, last: Any) -> Iterator[tuple[str, Sample]]:
    """Samples in which one value of a key that decides no other has all rows for a while."""
    free = [key for key in base.keys if key not in base.time_names.values() and not base.tied(key)]
    for key in free[:2]:
        changed: dict[str, Any] = {}
        for place in base.having(key):
            if place not in base.times:
                continue
            rows = (base.times[place] > since) & (base.times[place] <= last)
            for own in base.groups[place].tables:
                table = base.tables[own]
                if isinstance(table, pd.DataFrame) and key in table.columns:
                    changed[own] = table.assign(**{key: table[key].mask(rows, table[key].mode().iloc[0])})
                elif isinstance(table, pd.Series) and key == own:
                    changed[own] = table.mask(rows, table.mode().iloc[0])
        if changed:
            yield f"with one {key} for a while", base.replaced(changed)


def moment_at(sample: Sample, share: float) -> Any:
    """The moment at a share of the sample's time; there need be no row then."""
    steps = sample.steps
    if steps.dtype.kind != "M":
        return steps[0] + share * (steps[-1] - steps[0])
    length = (steps[-1] - steps[0]) / np.timedelta64(1, "ns")
    unit = usual_distance(steps) / np.timedelta64(1, "ns") if len(steps) > 5 else 1.0
    return steps[0] + np.timedelta64(int(round(share * length / unit) * unit), "ns")


def dense(sample: Sample, last: Any, many: int) -> Sample | None:
    """The rows of the last moment before another one stand there many times."""
    before = sample.steps[sample.steps <= last]
    if not len(before) or not all(sample.groups[place].numbered for place in sample.times):
        return None
    repeats = {place: np.where(times == before[-1], many, 1) for place, times in sample.times.items()}
    return sample.taken({place: np.repeat(np.arange(len(many)), many) for place, many in repeats.items()})


def usual_distance(steps: Rows) -> Any:
    """The commonest distance between moments; None where there are too few."""
    if len(steps) < 6:
        return None
    gaps, counts = np.unique(np.diff(steps), return_counts=True)
    return gaps[counts.argmax()]


def unit_text(unit: Any) -> str:
    """A distance in words: `1 day`, `1 hour`, `15 minutes`."""
    if not isinstance(unit, np.timedelta64):
        return f"steps of {unit:g}" if unit != 1 else "steps"
    seconds = pd.Timedelta(unit).total_seconds()
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            many = int(seconds // size)
            return f"{name}s" if many == 1 else f"times {many} {name}s"
    return f"times {seconds:g} seconds"
