"""The past of a dataflow is what it computes from inputs that end early; a difference is a leak."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kernel_magics.nature.cuts import other_future, past_cut, with_other_values
from kernel_magics.nature.difference import Difference, difference
from kernel_magics.nature.leak import Leak
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.probe import Cut, Run, Trial
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.subject import Failed, Subject, undisturbed
from kernel_magics.nature.vary import variants
from kernel_magics.nature.verdict import Verdict
from kernel_magics.nature.world import World, called, given_to

SHARES = (0.5, 0.8, 0.2)
"""Where the time of the inputs is cut, as shares of their moments."""


def find_leaks(world: World, natures: Mapping[str, Nature]) -> list[Leak]:
    """The leaks among nodes, in the order in which they are computed.

    A node is found by its own nature. What no node does by itself (a mean of all rows, read by each row) is
    found by cutting the inputs at some moments and computing the whole dataflow again.

    Args:
        natures: of the nodes to look at, by themselves.
    """
    own = {
        name: Leak(name, seen_on(nature.point_in_time), name)
        for name, nature in natures.items()
        if nature.point_in_time.holds is False and name not in world.future
    }
    with undisturbed():
        seen = {leak.node: leak for leak in _Past(world, natures).leaks()}
    found = {**own, **seen}  # a leak on the sample itself is better evidence than one on a variant
    return [found[name] for name in world.nodes() if name in found and name in natures]


def seen_on(verdict: Verdict) -> str:
    """The counterexample of a verdict, with the sample that it was seen on."""
    varied = verdict.sample not in ("", "as it is")
    return f"{verdict.why} (seen on the sample {verdict.sample})" if varied else verdict.why


@dataclass
class _Past:
    """The dataflow, computed again from inputs that end early, or go on in another way."""

    world: World
    natures: Mapping[str, Nature]
    trials: dict[str, Trial] = field(default_factory=dict)

    def leaks(self) -> list[Leak]:
        """Every leak that is found, at its first occurrence."""
        world, sample = self.world, self._sample()
        if len(sample.steps) < 4:
            return []
        for name in world.nodes():
            value = world.values.get(name, _ABSENT)
            if not isinstance(value, Failed):
                self.trials[name] = Trial(Subject(lambda **_: None), variants()[0], sample, value)
        other = with_other_values(sample, np.random.default_rng(0), True)
        found: dict[str, Leak] = {}
        for share in SHARES:
            i = int(share * (len(sample.steps) - 1))
            for cut in (past_cut(sample, i), other_future(sample, i, other)):
                for leak in self._at(cut, sample, frozenset(found)):
                    found.setdefault(leak.node, leak)
        return list(found.values())

    def _sample(self) -> Sample:
        graph, values = self.world.graph, self.world.values
        given = {
            name: value
            for name, value in values.items()
            if name in graph.nodes and graph.node(name).kind != "value"
        }
        return Sample(given, keys=self.world.keys, times=self.world.times)

    def _at(self, cut: Cut, sample: Sample, before: frozenset[str]) -> list[Leak]:
        """The leaks that show when the inputs end at a moment, or are others from then on.

        A value that may read later rows, or was seen doing so, is handed on as it was for all rows, so that
        what reads it is judged by itself.

        Args:
            before: nodes that were found already.
        """
        run = self._run(cut, sample)
        values, moved, found = dict(run.inputs), set[str](), list[Leak]()
        for name, trial in self.trials.items():
            out = _ABSENT if name in before or self._settled(name) else self._computed(name, values)
            if isinstance(out, Failed):
                values[name] = self._kept(trial, cut)
                continue
            values[name] = out
            apart = self._apart(trial, run, out)
            if apart is not None and (apart.rows or not trial.has_rows(cut)):
                moved.add(name)
            elif apart is not None:
                why = f"{apart.text} {cut.text}"
                found += [Leak(origin, why, name) for origin in self._origins(name, moved)]
                values[name] = self._kept(trial, cut)
        return found

    def _run(self, cut: Cut, sample: Sample) -> Run:
        if cut.other is not None:
            return Run(cut, {}, False, sample.blended(cut.other, cut.given))
        positions = {place: np.flatnonzero(mask) for place, mask in cut.given.items()}
        return Run(cut, positions, False, sample.given(positions))

    def _kept(self, trial: Trial, cut: Cut) -> Any:
        """A value as it was: where later rows are left out, without those of its own."""
        return trial.judged(cut) if cut.other is None else trial.whole

    def _apart(self, trial: Trial, run: Run, out: Any) -> Difference | None:
        if not trial.has_rows(run.cut):
            return difference(trial.whole, out, trial.tolerance)
        found = trial.compared(run, out)
        return found if isinstance(found, Difference) else None

    def _settled(self, name: str) -> bool:
        """True when a node is not tested: it may read later rows, or differs in each run."""
        world, nature = self.world, self.natures.get(name)
        steady = nature is not None and nature.deterministic.holds is not False
        return name in world.future or name in world.fitted or not steady

    def _computed(self, name: str, values: Mapping[str, Any]) -> Any:
        node = self.world.node(name)
        assert node is not None
        given = given_to(node, values)
        if any(not item.optional and item.name not in given for item in node.inputs):
            return _ABSENT
        return called(self.world, node, given)

    def _origins(self, name: str, moved: Collection[str]) -> list[str]:
        """The nodes that bring in what changed a value: the first ones without rows in time, or itself."""
        above = [self._origins(read, moved) for read in self.world.graph.reads(name) if read in moved]
        return list(dict.fromkeys(origin for origins in above for origin in origins)) or [name]


_ABSENT = Failed(KeyError("no value"))
