"""Recording runs a module's functions on the sample and its edge cases, and stores inputs and outcomes as
JSON.

Runs in the clean process, after the proof.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from kernel_magics.export.examples.edge_cases import edge_cases
from kernel_magics.export.examples.limits import TooSlow, time_limit
from kernel_magics.export.examples.literals import find_literals
from kernel_magics.export.examples.runner import Recorded, difference, judge, outcome
from kernel_magics.export.examples.sampling import Cutter
from kernel_magics.export.examples.store import Store
from kernel_magics.values import VALUES
from kernel_magics.values.codec import Unsupported, encode
from kernel_magics.values.decode import decode

Record = dict[str, Any]
_CALL_SECONDS = 3.0
_NODE_SECONDS = 8.0
_EFFORT = {
    "thin": ("first rows",),  # selects one output of several
    "sibling": (
        "sample",
        "first rows",
        "gaps",
        "fuzz",
        "out of order",
    ),  # the first member of its family has them all
}
_CASE_SIZE = 40_000  # characters: larger cases are unreadable and slow down every run of the tests


@dataclass
class Recording:
    """The result of recording.

    Attributes:
        nodes: examples by function name.
        values: recorded inputs by label.
        changed: the kept examples that functions no longer reproduce.
        unstable: functions with a different value in each call.
        notes: remarks for the user.
    """

    nodes: dict[str, Record] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def record(
    module: ModuleType,
    steps: list[Record],
    given: Mapping[str, Any],
    full: Mapping[str, Any],
    old: Record,
) -> Recording:
    """Examples of every step's function.

    Args:
        steps: `function`, `name`, `params` (parameter to name), `check`, `cell`, `pure`, `effort`; in order.
        given: samples of inputs and params.
        full: values of all names on the whole sample.
        old: examples recorded before, which are kept as long as they hold.
    """
    done = Recording()
    window = _window(module, steps, given)
    chosen = _Sample(Cutter(window), given, full)
    plain = _Sample(Cutter(window, special=0), given, full)
    store = Store(done.values)
    for step in steps:
        function = getattr(module, step["function"])
        first, second = chosen.arguments(step), plain.arguments(step)
        if first is not None and second is not None and step["pure"]:
            _record_step(done, store, function, step, first, second, old)
        chosen.add(function, step, first)
        plain.add(function, step, second)
    return done


class _Sample:
    """Every name's value on a few rows of the inputs."""

    def __init__(self, cutter: Cutter, given: Mapping[str, Any], full: Mapping[str, Any]) -> None:
        self._cutter = cutter
        self._full = full
        self._values = cutter.cut_all(given)

    def arguments(self, step: Record) -> Record | None:
        """The arguments of a step; None if one of them is unknown."""
        found = {
            name: self._values[source] for name, source in step["params"].items() if source in self._values
        }
        return found if len(found) == len(step["params"]) else None

    def add(self, function: Callable[..., Any], step: Record, given: Record | None) -> None:
        """Compute the node's value; if that fails, take rows of its value on the whole sample."""
        name = step["name"]
        if name in self._values:
            return
        if given is not None and step["pure"] and step["active"]:
            try:
                value, error = _call(function, step, given)
            except TooSlow:
                value, error = None, RuntimeError()
            if error is None:
                self._values[name] = self._cutter.cut(value)
                return
        if name in self._full:
            self._values[name] = self._cutter.cut(self._full[name])


def _record_step(
    done: Recording,
    store: Store,
    function: Callable[..., Any],
    step: Record,
    chosen: Record,
    plain: Record,
    old: Record,
) -> None:
    name = step["function"]
    kept = old.get("nodes", {}).get(name)
    if (
        kept is not None
        and kept["cases"]
        and all(set(case["given"]) == set(chosen) for case in kept["cases"])
    ):
        known = {"nodes": {name: {**kept, "check": step["check"]}}, "values": old["values"]}
        wrong = Recorded(known).problems(name, function)
        if wrong:
            done.changed[name] = wrong
            return
        cases = [{**case, "given": store.adopt(case["given"], old["values"], name)} for case in kept["cases"]]
    else:
        if kept is not None:
            done.notes.append(f"'{name}' reads other inputs than before: its examples are recorded anew.")
        cases = _cases(done, store, function, step, chosen, plain)
    if cases:
        check = {"check": step["check"]} if step["check"] else {}
        done.nodes[name] = {"cell": step["cell"], **check, "cases": cases}


def _cases(
    done: Recording, store: Store, function: Callable[..., Any], step: Record, chosen: Record, plain: Record
) -> list[Record]:
    name = step["function"]
    cases: list[Record] = []
    problem = ""
    started = time.monotonic()
    for label, given in [("sample", chosen), ("first rows", plain), *_safe_edge_cases(plain, function, name)]:
        if label not in _EFFORT.get(step["effort"], (label,)):
            continue
        if not store.is_new(given, name):
            continue
        try:
            case = _case(store, function, step, label, given)
            if not cases:
                unsteady, changed = _second_look(function, step, given, case)
                if unsteady:
                    done.unstable.append(name)
                    return []
                done.notes += [_in_place(name, parameter) for parameter in changed]
            text = json.dumps(case["given"])
            if len(text) + len(json.dumps(case.get("value"))) > _CASE_SIZE:
                problem = problem or "its values are large"
                continue
        except Unsupported as error:
            problem = f"values of type {error} cannot be recorded"
            if label == "sample":
                break
            continue
        except TooSlow:
            problem = problem or f"a call takes longer than {_CALL_SECONDS:g} s"
            continue
        case["given"] = {
            key: store.keep(f"{step['params'][key]} / {label}", value, name)
            for key, value in case["given"].items()
        }
        cases.append(case)
        if time.monotonic() - started > _NODE_SECONDS:
            break
    if problem and not cases:
        done.notes.append(f"there are no recorded examples of '{name}': {problem}.")
    return cases


def _safe_edge_cases(known: Record, function: Callable[..., Any], seed: str) -> Iterator[tuple[str, Record]]:
    """The edge cases that can be made from these values."""
    made = edge_cases(known, find_literals(function), seed)
    while True:
        try:
            yield next(made)
        except StopIteration:
            return
        except Exception:  # values of a kind that pandas cannot change in this way
            return


def _case(store: Store, function: Callable[..., Any], step: Record, label: str, given: Record) -> Record:
    records = {name: store.encoded(value) for name, value in given.items()}
    value, error = _call(function, step, given)
    case: Record = {"case": label, "given": records}
    if error is None:
        case["value"] = _rounded(encode(value))
        return case
    case["raises"] = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if (
        frames
        and frames[-1].filename == function.__code__.co_filename
        and isinstance(error, _own_errors(frames[-1]))
    ):
        case["message"] = str(error)  # raised by the module itself: the text is part of its behaviour
    return case


def _rounded(record: Any) -> Any:
    """Round floats to twelve digits: fewer would affect comparisons, more would only be hard to read."""
    if isinstance(record, float):
        return float(f"{record:.12g}")
    if isinstance(record, list):
        return [_rounded(member) for member in record]
    return {key: _rounded(member) for key, member in record.items()} if isinstance(record, dict) else record


def _own_errors(frame: traceback.FrameSummary) -> type[Exception] | tuple[type[Exception], ...]:
    return Exception if (frame.line or "").lstrip().startswith("raise") else ()


def _call(
    function: Callable[..., Any], step: Record, given: Mapping[str, Any]
) -> tuple[Any, Exception | None]:
    arguments = {name: VALUES.isolate(value) for name, value in given.items()}
    with time_limit(_CALL_SECONDS):
        return outcome(function, arguments, step["check"])


def _in_place(name: str, parameter: str) -> str:
    return (
        f"'{name}' changes its input '{parameter}' in place, and whoever calls it sees that: "
        f"begin it with `{parameter} = {parameter}.copy()`."
    )


def _second_look(
    function: Callable[..., Any], step: Record, given: Record, case: Record
) -> tuple[bool, list[str]]:
    """Whether a second call has a different outcome, and the inputs that the call changes in place."""
    arguments = {name: VALUES.isolate(value) for name, value in given.items()}
    with time_limit(_CALL_SECONDS):
        value, error = outcome(function, arguments, step["check"])
    changed = [
        name for name, value in given.items() if VALUES.digest(value) != VALUES.digest(arguments[name])
    ]
    if error is not None or "raises" in case:
        return bool(judge(case, value, error)), changed
    return bool(difference(value, decode(case["value"]))), changed


def _window(module: ModuleType, steps: list[Record], given: Mapping[str, Any]) -> int:
    """The largest small integer in the code and the params, which may be a window or a lag."""
    numbers = [value for value in given.values() if isinstance(value, int)]
    for step in steps:
        numbers += [
            int(value) for value in find_literals(getattr(module, step["function"])).numbers if value % 1 == 0
        ]
    return max((number for number in numbers if 1 < number <= 40), default=0)
