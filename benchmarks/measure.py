"""Measuring runs each experiment of each contender in a process of its own, round by round."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import Experiment

ROOT = Path(__file__).parent.parent
TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Result:
    """One number: the median of the rounds; None where the contender did not finish."""

    row: str
    size: int
    contender: str
    value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """How to measure.

    Attributes:
        nodes: sizes of the experiments that show growth.
        rounds: processes for each number.
        pythons: interpreter by contender, where it is another one than this.
        missing: contenders that are not installed.
    """

    nodes: tuple[int, ...]
    rounds: int
    pythons: Mapping[str, str]
    missing: frozenset[str] = frozenset()


def measure(
    experiments: Iterable[Experiment], setting: Setting, say: Callable[[str], None] = lambda line: None
) -> list[Result]:
    """All results. Contenders take turns in each round, so that a busy minute hits all of them."""
    found: list[Result] = []
    for experiment in experiments:
        for size in experiment.sizes_for(setting.nodes):
            say(f"{experiment.name} {size}")
            found += _compare(experiment, size, setting)
    return found


def _compare(experiment: Experiment, size: int, setting: Setting) -> list[Result]:
    limits = dict(experiment.limits)
    names = [
        name
        for name in experiment.contenders
        if name not in setting.missing and size <= limits.get(name, size)
    ]
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    failed: dict[str, str] = {}
    for _ in range(min(setting.rounds, experiment.rounds)):
        for name in names:
            if name in failed:
                continue
            python = setting.pythons.get(name, sys.executable)
            outcome = _child(python, experiment.contenders[name], size)
            if isinstance(outcome, str):
                failed[name] = outcome
            else:
                samples[name].append(outcome)
    results = [
        Result(row, size, name, statistics.median(sample[row] for sample in taken))
        for name, taken in samples.items()
        if name not in failed
        for row in taken[0]
    ]
    return results + [Result(experiment.name, size, name, None, note) for name, note in failed.items()]


def _child(python: str, target: str, size: int) -> dict[str, float] | str:
    """What the child found, or why it found nothing."""
    argv = [python, "-m", "benchmarks.child", target, str(size)]
    try:
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return f"more than {TIMEOUT:.0f} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1]
    results: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return results
