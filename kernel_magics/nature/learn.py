"""Learning a nature: cuts of many samples are tried until one refutes a verdict or all have passed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernel_magics.nature.branches import Branches
from kernel_magics.nature.cuts import key_cuts, orders, row_cuts, time_cuts
from kernel_magics.nature.difference import EXACT, Difference, difference
from kernel_magics.nature.enlarge import enlarged, is_small, poverty
from kernel_magics.nature.lookback import LookBack
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.probe import Cut, Trial
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shrink import shrunk
from kernel_magics.nature.state import State
from kernel_magics.nature.subject import Failed, OutOfBudget, Subject, undisturbed
from kernel_magics.nature.table import is_table, labels_of, take
from kernel_magics.nature.vary import Variant, uneven, variants
from kernel_magics.nature.verdict import NO_TIME, Verdict, doubted, refused, unknown

Cuts = Callable[[Trial, bool], Iterable[Cut]]
UNEVEN = {
    "high": "with one value for some keys",
    "missing": "with nothing for some keys",
    "extremes": "with extremes for some keys",
    "literals": "with values of the code for some keys",
    "times": "with keys one after another",
    "alone": "with some keys alone",
}
TELLING = 6
"""So many samples that told something are kept."""
FEW = 8
"""Trials that a verdict needs to hold: with fewer, too little could be tried."""


def learn(subject: Subject, sample: Sample, seed: int = 0) -> Nature:
    """The nature of a function, from a sample of its inputs.

    Args:
        seed: decides what is drawn at random.
    """
    with undisturbed():
        nature = Learner(subject, sample, seed).nature()
        joined = sample.joined() if nature.point_in_time.holds is False else None
        if joined is not None:
            nature = _in_doubt(nature, Learner(subject, joined[0], seed).nature(), joined[1])
        return nature


def _in_doubt(nature: Nature, other: Nature, names: tuple[str, ...]) -> Nature:
    """A nature that reads no later rows if some frames have the same rows, which is not known then."""
    if other.point_in_time.holds is False:
        return nature
    told = " and ".join(f"'{name}'" for name in names)
    why = f"it reads no later rows if {told} have the same rows: give them one index to say so"
    found = unknown(why, nature.point_in_time.probes + other.point_in_time.probes)
    return replace(nature, point_in_time=found, same_rows=found)


class Learner:
    """Trials of one function, and the verdicts that they give."""

    def __init__(self, subject: Subject, sample: Sample, seed: int) -> None:
        self.subject, self.sample = subject, sample
        self.rng = np.random.default_rng(seed)
        self.branches = Branches(subject.function)
        self.trials: list[Trial] = []
        self.telling: list[Trial] = []  # those that refuted a verdict, and so are likely to refute others
        self.notes: list[str] = []

    def nature(self) -> Nature:
        """All verdicts."""
        found = self._start()
        if found is not None:
            return self._counted(found)
        return self._counted(self._judged(Nature(self._shape())))

    def _counted(self, nature: Nature) -> Nature:
        notes = tuple(dict.fromkeys([*nature.notes, *self.notes]))
        return replace(nature, calls=self.subject.calls, seconds=self.subject.spent, notes=notes)

    # -- trials --------------------------------------------------------------------------------------------

    def _start(self) -> Nature | None:
        """Make the trials; a nature of unknowns where that is not possible."""
        if not self.sample.groups:
            return nothing_known("it reads no table")
        state = State(self.subject.function)
        self._whole(
            self.sample.cut({place: np.zeros(len(g), bool) for place, g in enumerate(self.sample.groups)})
        )
        first = self._whole(self.sample)
        if isinstance(first, Failed):
            return nothing_known(f"it fails on the sample: {first}", self.sample.keys)
        changed = state.changed()
        if changed:
            return nothing_known(f"it changes {changed}, which its next call finds changed", self.sample.keys)
        base = self.sample
        self.poor = poverty(base)
        if is_small(base, self.subject.literals.sizes):
            larger = enlarged(base, self.rng, self.subject.literals.sizes)
            out = self._whole(larger) if larger is not None else None
            if larger is not None and not isinstance(out, Failed):
                base, first, self.poor = larger, out, poverty(larger)
        self.base = base
        self.trials = [Trial(self.subject, variants()[0], base, first)]
        for variant in variants()[1:]:
            self._try(self.trials, variant, variant.make(base, self.subject.literals, self.rng))
        return None

    def _whole(self, sample: Sample) -> Any:
        with self.branches.watched():
            return self.subject.whole(sample.inputs)

    def _try(self, trials: list[Trial], variant: Variant, sample: Sample | None) -> None:
        """Add a trial where the function can cope with the sample."""
        if sample is None:
            return
        out = self._whole(sample)
        if isinstance(out, Failed):
            if not out.out_of_budget:
                self.notes.append(f"it fails on the sample {variant.name}: {out}")
        else:
            trials.append(Trial(self.subject, variant, sample, out))

    # -- verdicts ------------------------------------------------------------------------------------------

    def _judged(self, nature: Nature) -> Nature:
        nature = replace(nature, deterministic=self._deterministic())
        if not nature.deterministic:
            why = nature.deterministic.why
            if nature.deterministic.holds is False:
                why = f"it is not deterministic: {why}"
            found = nothing_known(why, self.base.keys)
            return replace(found, shape=nature.shape, deterministic=nature.deterministic)
        doubt = self._doubt()
        carrier = self.trials[0].carrier()
        if carrier.kind != "none":
            nature = replace(nature, carrier=self.base.groups[carrier.group].tables)
        others = [place for place in range(len(self.base.groups)) if place != carrier.group]
        nature = replace(nature, row_wise=self._row_wise(carrier.kind, carrier.group, others, doubt))
        alone = bool(nature.row_wise) and not others
        if nature.row_wise:
            nature = replace(
                nature, whole=tuple(t for place in others for t in self.base.groups[place].tables)
            )
        implied = Verdict(True, nature.row_wise.probes, "it is row-wise") if alone else None
        keys = {key: implied or self._key_wise(key, doubt) for key in self.base.keys}
        having = {
            key: tuple(table for place in self.base.having(key) for table in self.base.groups[place].tables)
            for key in self.base.keys
        }
        nature = replace(nature, keys=keys, having=having)
        nature = self._in_time(nature, implied, doubt)
        return replace(nature, order=implied or self._any_order())

    def _doubt(self) -> str:
        """Why passed trials prove nothing; "" if they do."""
        return self.branches.unseen() or self.poor

    def _judge(
        self, trials: Sequence[Trial], cuts: Cuts, doubt: str = "", rows: list[Verdict] | None = None
    ) -> Verdict:
        """Probe until a cut is not respected.

        Args:
            rows: takes the verdict on which rows there are; the other one is then on values only.
        """
        probes = done = 0
        try:
            for trial in trials:
                before = probes
                for cut in cuts(trial, trial is not self.trials[0]):
                    found = trial.probe(cut)
                    if found is False:
                        continue
                    probes += 1
                    if isinstance(found, Difference):
                        verdict = refuted(trial, cut, found, probes)
                        self._keep(trial, cut)
                        if rows is None or not found.rows:
                            return verdict
                        rows[:] = rows or [verdict]
                done += probes > before
        except OutOfBudget:
            return self._out_of_time(probes)
        if not done:
            return unknown("nothing could be tried")
        verdict = Verdict(True, probes)
        doubt = doubt or ("" if done >= min(FEW, len(trials)) else f"only {probes} probes could be made")
        return doubted(verdict, doubt) if doubt else self._on_larger(verdict, cuts)

    def _keep(self, trial: Trial, cut: Cut) -> None:
        """Keep a sample that told something, and its part that the function got, for the next verdicts."""
        if trial not in self.telling:
            self.telling.append(trial)
        if cut.other is None and len(self.telling) < TELLING:
            part = Variant(f"{trial.variant.name}, {cut.text}", trial.variant.make, trial.variant.real)
            self._try(self.telling, part, trial.sample.cut(cut.given))

    def _out_of_time(self, probes: int) -> Verdict:
        return unknown(f"the {self.subject.seconds:g} s for this node were used up", probes)

    def _on_larger(self, verdict: Verdict, cuts: Cuts) -> Verdict:
        """What holds must hold where the sizes in the code are so small that the sample reaches them."""
        for text, trial in self._shrunk():
            for cut in cuts(trial, False):
                try:
                    found = trial.probe(cut)
                except OutOfBudget:  # of what a shrunk subject may take
                    break
                if isinstance(found, Difference) and not found.failed:
                    seen = f"{found.text} {cut.text}"
                    return replace(verdict, holds=None, why=f"it may depend on sizes: {text}, {seen}")
        return verdict

    def _shrunk(self) -> list[tuple[str, Trial]]:
        if not hasattr(self, "_smaller"):
            self._smaller: list[tuple[str, Trial]] = []
            for text, subject in shrunk(self.subject, self.base):
                out = subject.whole(self.base.inputs)
                if not isinstance(out, Failed):
                    self._smaller.append((text, Trial(subject, variants()[0], self.base, out)))
        return self._smaller

    def _deterministic(self) -> Verdict:
        for number, trial in enumerate(self.trials[:3]):
            np.random.seed(number + 1)
            random.seed(number + 1)
            again = self.subject.whole(trial.sample.inputs)
            if isinstance(again, Failed):
                if again.out_of_budget:
                    return self._out_of_time(number)
                return Verdict(False, number + 1, f"a second run fails ({again})", trial.variant.name, True)
            found = difference(trial.whole, again, EXACT)
            if found is not None:
                return Verdict(False, number + 1, f"a second run: {found.text}", trial.variant.name, True)
        return Verdict(True, len(self.trials[:3]))

    def _row_wise(self, kind: str, place: int, others: Sequence[int], doubt: str) -> Verdict:
        if kind == "none":
            return refused("its rows are not those of an input")
        sizes = [size for size in self.subject.literals.sizes if size < len(self.base.groups[place])][:4]

        def cuts(trial: Trial, few: bool) -> Iterable[Cut]:
            return row_cuts(trial.sample, place, sizes, self.rng, few)

        verdict = self._judge(self.trials, cuts, doubt)
        timed = [
            table for other in others if other in self.base.times for table in self.base.groups[other].tables
        ]
        if verdict and timed:
            return replace(verdict, holds=False, why=f"each row depends on all rows of '{timed[0]}'")
        return verdict

    def _key_wise(self, key: str, doubt: str) -> Verdict:
        cut = _first(key_cuts(self.base, key, self.rng, True))
        if cut is None:
            count = len(self.base.key_values(key))
            return unknown(f"the sample has {count or 'no'} value{'' if count == 1 else 's'} of '{key}'")
        if not self.trials[0].has_rows(cut):
            return refused(f"its value has no rows by '{key}'")
        trials, odd = list(self.trials), dict[str, list[Any]]()
        for how, name in UNEVEN.items():
            made = uneven(self.base, key, how, self.subject.literals, self.rng)
            if made is not None:
                self._try(trials, Variant(name, variants()[0].make, loose=how == "extremes"), made[0])
                odd[name] = made[1]

        def cuts(trial: Trial, few: bool) -> Iterable[Cut]:
            every = trial in self.telling
            return key_cuts(trial.sample, key, self.rng, few, odd.get(trial.variant.name, ()), every)

        return self._judge(self._with_telling(trials), cuts, doubt)

    def _with_telling(self, trials: Sequence[Trial]) -> list[Trial]:
        """These trials, and the samples that told something for an earlier verdict."""
        return list(dict.fromkeys([*trials, *self.telling]))

    def _in_time(self, nature: Nature, implied: Verdict | None, doubt: str) -> Nature:
        untold = self.sample.untold
        if not self.base.times and not untold:
            why = unknown(NO_TIME)
            return replace(nature, point_in_time=why, same_rows=why, look_back=why, look_back_rows=why)
        if implied:
            none = replace(implied, span=0, unit="rows")
            return replace(
                nature, point_in_time=implied, same_rows=implied, look_back=none, look_back_rows=none
            )
        if untold:
            why = unknown(untold)
            return replace(nature, point_in_time=why, same_rows=why, look_back=why, look_back_rows=why)
        self.notes += [
            f"'{table}' has no time: all of it counts as known from the start"
            for group in self.base.groups
            if group.place not in self.base.times
            for table in group.tables
        ]
        cut = _first(time_cuts(self.base, self.rng, True))
        if cut is None or not self.trials[0].has_rows(cut):
            why = unknown("its rows have no time")
            return replace(nature, point_in_time=why, same_rows=why, look_back=why, look_back_rows=why)
        rows: list[Verdict] = []
        dates = self.subject.literals.dates

        def cuts(trial: Trial, few: bool) -> Iterable[Cut]:
            calendar = trial.variant.dates or (self.subject.literals.calendar and not few)
            every = calendar or trial in self.telling
            return time_cuts(trial.sample, self.rng, few, dates, every)

        verdict = self._judge(self._with_telling(self.trials), cuts, doubt, rows)
        same = rows[0] if rows else replace(verdict, why="")
        nature = replace(nature, point_in_time=verdict, same_rows=same)
        if not verdict:
            why = refused("it is not point-in-time") if verdict.holds is False else unknown(verdict.why)
            return replace(nature, look_back=why, look_back_rows=why)
        keys = [key for key, held in nature.keys.items() if held and key not in self.base.time_names.values()]
        search = LookBack(self.trials, self.base, self.rng, self._shrunk)
        nature = replace(nature, look_back=search.in_time())
        if nature.look_back:  # in rows only where lengths of time do not tell
            return replace(nature, look_back_rows=unknown("it is bounded in time"))
        return replace(nature, look_back_rows=search.in_rows(keys[0] if keys else ""))

    def _any_order(self) -> Verdict:
        probes = 0
        for trial in self.trials[:4]:
            for text, place, order in orders(trial.sample, self.rng):
                if self.subject.exhausted:
                    return self._out_of_time(probes)
                found, probes = self._reordered(trial, place, order), probes + 1
                if found is not None:
                    why, variant = f"{text}: {found.text}", trial.variant
                    return Verdict(False, probes, why, variant.name, variant.real)
        return Verdict(True, probes) if probes else unknown("nothing could be tried")

    def _reordered(self, trial: Trial, place: int, order: Any) -> Difference | None:
        """How the output differs when the rows of a group come in another order."""
        out = self.subject(trial.sample.given({place: order}))
        if isinstance(out, Failed):
            return Difference(f"it fails ({out})")
        expected, group = trial.whole, trial.sample.groups[place]
        if is_table(out) and is_table(expected) and labels_of(expected).equals(group.index):
            expected = take(expected, order)
        elif isinstance(expected, np.ndarray) and len(expected) == len(order):
            expected = expected[order]
        elif is_table(out) and type(out) is type(expected) and labels_of(out).is_unique:
            known, mine = labels_of(expected), labels_of(out)
            if len(known) == len(mine) and known.is_unique and mine.isin(known).all():
                out = take(out, mine.get_indexer(known))
        return difference(expected, out, trial.tolerance)

    def _shape(self) -> str:
        trial = self.trials[0]
        carrier, outputs = trial.carrier(), trial.outputs
        many = f"{len(outputs)} outputs: " if len(outputs) > 1 else ""
        if carrier.kind != "none":
            tables = self.base.groups[carrier.group].tables
            name = next((table for table in tables if table not in self.base.beside), tables[0])
            return f"{many}{'some rows' if carrier.kind == 'some' else 'rows'} of {name}"
        if is_table(outputs[0]):
            levels = [str(name) for name in labels_of(outputs[0]).names if name is not None]
            return f"{many}rows by {', '.join(levels)}" if levels else f"{many}other rows"
        return type(trial.whole).__name__


def refuted(trial: Trial, cut: Cut, found: Difference, probes: int) -> Verdict:
    """The verdict that a difference gives."""
    real = trial.variant.real and cut.other is None
    return Verdict(False, probes, f"{found.text} {cut.text}", trial.variant.name, real)


def _first(cuts: Iterator[Cut]) -> Cut | None:
    return next(iter(cuts), None)


def nothing_known(why: str, keys: Iterable[str] = ()) -> Nature:
    """A nature of which every verdict is unknown for the same reason."""
    verdict = unknown(why)
    return Nature(
        keys=dict.fromkeys(keys, verdict),
        row_wise=verdict,
        point_in_time=verdict,
        same_rows=verdict,
        look_back=verdict,
        look_back_rows=verdict,
        order=verdict,
        deterministic=verdict,
    )
