"""Recording runs a module's functions on the sample and its edge cases, and stores inputs and outcomes as
JSON.

Runs in the clean process, after the proof.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from kernel_magics.export.examples.choice import choose
from kernel_magics.export.examples.edge_cases import edge_cases
from kernel_magics.export.examples.limits import TooSlow, time_limit
from kernel_magics.export.examples.literals import find_literals
from kernel_magics.export.examples.mutants import Mutants
from kernel_magics.export.examples.runner import Recorded, difference, judge, outcome
from kernel_magics.export.examples.sample import Sample, Step
from kernel_magics.export.examples.sampling import Cutter
from kernel_magics.export.examples.store import Store
from kernel_magics.export.examples.trial import SECONDS, Trial
from kernel_magics.values import VALUES
from kernel_magics.values.codec import Unsupported
from kernel_magics.values.decode import decode

Record = dict[str, Any]
_LARGE = "its value is large"
_CASE_SIZE = 40_000  # characters: what is larger nobody reads, and it slows every run of the tests


@dataclass
class Recording:
    """The result of recording.

    Attributes:
        nodes: examples by function name.
        values: recorded inputs by label.
        calls: calls that give the inputs that cannot be recorded, by label.
        changed: what kept examples say of functions whose outcome is another one now.
        unstable: functions that give another value each time.
        notes: what a person should know.
    """

    nodes: dict[str, Record] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record(
    module: ModuleType,
    steps: list[Step],
    given: Mapping[str, Any],
    full: Mapping[str, Any],
    old: Record,
    begin: Callable[[str], None] = lambda function: None,
) -> Recording:
    """Examples of every step's function.

    Args:
        steps: in the order in which they compute.
        given: samples of inputs and params.
        full: values of all names on the whole sample.
        old: examples recorded before, which are kept as long as they hold.
        begin: called with each function before it is called.
    """
    window = _window(module, steps, given)
    samples = (
        Sample("sample", Cutter(window), given, full),
        Sample("first rows", Cutter(window, special=0), given, full),
    )
    work = _Work(module, samples, old)
    for step in steps:
        begin(step["function"])
        function = getattr(module, step["function"])
        arguments = [sample.arguments(function, step) for sample in samples]
        if step["pure"] and None not in arguments:
            work.step(function, step, [each for each in arguments if each is not None])
        for sample, each in zip(samples, arguments, strict=True):
            sample.add(function, step, each)
    work.done.values, work.done.calls = work.store.values, work.store.calls
    return work.done


class _Work:
    """A recording on its way."""

    def __init__(self, module: ModuleType, samples: tuple[Sample, Sample], old: Record) -> None:
        self.done = Recording()
        self.store = Store(module)
        self._module = module
        self._samples = samples
        self._old: Record = {"nodes": {}, "values": {}, "calls": {}, **old}
        self._mutants = Mutants(module)

    def step(self, function: Callable[..., Any], step: Step, arguments: list[Record]) -> None:
        """Keep the examples of a function that still hold, or record some."""
        name = step["function"]
        kept = self._old["nodes"].get(name)
        if kept is not None and kept["cases"] and self._reads_the_same(kept, arguments[0]):
            known = {**self._old, "nodes": {name: {**kept, "check": step["check"]}}}
            wrong = Recorded(known, self._module).problems(name)
            if wrong:
                self.done.changed[name] = wrong
                return
            cases = [{**case, "given": self._adopted(case["given"], name)} for case in kept["cases"]]
        else:
            if kept is not None:
                self.done.notes.append(
                    f"'{name}' reads other inputs than before: its examples are recorded anew."
                )
            cases = self._cases(function, step, arguments)
        if cases:
            check = {"check": step["check"]} if step["check"] else {}
            self.done.nodes[name] = {"cell": step["cell"], **check, "cases": cases}

    def _reads_the_same(self, kept: Record, arguments: Record) -> bool:
        """Whether the cases of a kept node can still be run."""
        given = [case["given"] for case in kept["cases"]]
        for each in given:
            calls = [self._old["calls"][label] for label in each.values() if label in self._old["calls"]]
            if not all(hasattr(self._module, call["function"]) for call in calls):
                return False
            given += [call["given"] for call in calls]
        return all(set(each) == set(arguments) for each in given[: len(kept["cases"])])

    def _adopted(self, given: Mapping[str, str], name: str) -> dict[str, str]:
        return {parameter: self.store.adopt(label, self._old, name) for parameter, label in given.items()}

    def _cases(self, function: Callable[..., Any], step: Step, arguments: list[Record]) -> list[Record]:
        name = step["function"]
        firsts = [
            Trial(sample.label, given, step["check"])
            for sample, given in zip(self._samples, arguments, strict=True)
        ]
        reason = ""
        for first in firsts:  # the first rows, where the sample is too much
            self.store.is_new(first.given, name)
            try:
                case = self._case(function, step, first)
                unsteady, changed = _second_look(function, first, case, self._module)
            except (_Unrecorded, TooSlow) as error:
                reason = reason or str(error) or f"a call takes longer than {SECONDS:g} s"
            else:
                break  # the sample, or the first rows where it is too much
        else:
            self.done.notes.append(f"there is no test of '{name}': {reason}.")
            return []
        if unsteady:
            self.done.unstable.append(name)
            return []
        self.done.notes += [_in_place(name, parameter) for parameter in changed]
        cases = [self._kept(case, step)]
        if "type" in case:
            self.done.notes.append(
                f"the test of '{name}' runs it and compares only the type of its value: {case['why']}."
            )
            if case["why"] != _LARGE:
                return cases

        def take(trial: Trial) -> bool:
            try:
                found = self._case(function, step, trial)
            except (_Unrecorded, TooSlow):
                return False
            if "type" not in found:
                cases.append(self._kept(found, step))
            return "type" not in found

        choose(
            function,
            [] if "type" in case else [first],
            self._trials(function, step, arguments[1]),
            self._mutants.of(name),
            step["effort"],
            take,
        )
        return cases

    def _trials(self, function: Callable[..., Any], step: Step, plain: Record) -> Iterator[Trial]:
        """The first rows, and their unusual variants, as far as they can be made of these values."""
        made = edge_cases(plain, find_literals(function), step["function"])
        label, given = "first rows", plain
        while True:
            if self.store.is_new(given, step["function"]):
                yield Trial(label, given, step["check"])
            try:
                label, given = next(made)
            except StopIteration:
                return
            except Exception:  # a value of a kind that pandas cannot change so
                return

    def _case(self, function: Callable[..., Any], step: Step, trial: Trial) -> Record:
        """A case whose inputs are planned; of a value that cannot be recorded, its type, and why."""
        sample = self._samples[trial.label != "sample"]
        try:
            given = {
                parameter: self.store.planned(step["params"][parameter], value, sample)
                for parameter, value in trial.given.items()
            }
        except Unsupported as problem:
            raise _Unrecorded(_cannot(problem)) from None
        if len(json.dumps(given)) > _CASE_SIZE:
            raise _Unrecorded("its inputs are large")
        value, error = trial.outcome(function)
        case: Record = {"case": trial.label, "given": given}
        if error is not None:
            return case | _raised(function, error)
        try:
            record = _rounded(self.store.encoded(value))
            why = _LARGE if len(json.dumps(record)) > _CASE_SIZE else ""
        except Unsupported as problem:
            record, why = None, _cannot(problem)
        return case | ({"type": type(value).__qualname__, "why": why} if why else {"value": record})

    def _kept(self, case: Record, step: Step) -> Record:
        """A case with the labels of its inputs."""
        given = {
            parameter: self.store.keep(step["params"][parameter], case["case"], planned, step["function"])
            for parameter, planned in case["given"].items()
        }
        return {key: item for key, item in {**case, "given": given}.items() if key != "why"}


class _Unrecorded(Exception):
    """Nothing can be recorded of a call; the message says why."""


def _cannot(error: Unsupported) -> str:
    return f"a value of type {error} cannot be recorded"


def _raised(function: Callable[..., Any], error: Exception) -> Record:
    """The exception; its message, too, where the module raised it: that text is part of what it does."""
    frames = traceback.extract_tb(error.__traceback__)
    own = bool(frames) and frames[-1].filename == function.__code__.co_filename
    if own and (frames[-1].line or "").lstrip().startswith("raise"):
        return {"raises": type(error).__name__, "message": str(error)}
    return {"raises": type(error).__name__}


def _rounded(record: Any) -> Any:
    """Floats with eleven digits: fewer would be felt by the comparison, more only by the reader."""
    if isinstance(record, float):
        return float(f"{record:.11g}")
    if isinstance(record, list):
        return [_rounded(member) for member in record]
    return {key: _rounded(member) for key, member in record.items()} if isinstance(record, dict) else record


def _in_place(name: str, parameter: str) -> str:
    return (
        f"'{name}' changes its input '{parameter}' in place, and whoever calls it sees that: "
        f"begin it with `{parameter} = {parameter}.copy()`."
    )


def _second_look(
    function: Callable[..., Any], trial: Trial, case: Record, module: ModuleType
) -> tuple[bool, list[str]]:
    """Whether a second call has another outcome, and the inputs that the call changes in place."""
    arguments = {name: VALUES.isolate(value) for name, value in trial.given.items()}
    with time_limit(SECONDS):
        value, error = outcome(function, arguments, trial.check)
    changed = [
        name
        for name, before in trial.given.items()
        if VALUES.digest(before) != VALUES.digest(arguments[name])
    ]
    if error is not None or "raises" in case:
        return bool(judge(case, value, error)), changed
    if "type" in case:
        return type(value).__qualname__ != case["type"], changed
    return bool(difference(value, decode(case["value"], module))), changed


def _window(module: ModuleType, steps: list[Step], given: Mapping[str, Any]) -> int:
    """The largest small whole number in the code and among the params: perhaps a window or a lag."""
    numbers = [value for value in given.values() if isinstance(value, int)]
    for step in steps:
        numbers += [
            int(value) for value in find_literals(getattr(module, step["function"])).numbers if value % 1 == 0
        ]
    return max((number for number in numbers if 1 < number <= 40), default=0)
