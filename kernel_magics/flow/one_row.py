"""A request of one row by look-alikes of pandas, for the nodes that are shown to compute the same by them."""

from __future__ import annotations

import dis
import inspect
import random
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Plan
from kernel_magics.engine.run.call import Calls, Function
from kernel_magics.engine.run.compiled import Request, compile_plan
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.values import VALUES
from kernel_magics.values.asking import only_asks
from kernel_magics.values.one_row.declined import Declined
from kernel_magics.values.one_row.frame import OneFrame, handed_over
from kernel_magics.values.one_row.hard import hard_values
from kernel_magics.values.one_row.library import LIBRARY
from kernel_magics.values.one_row.look_alike import is_ours, of_pandas, to_pandas
from kernel_magics.values.one_row.moment import OneTime
from kernel_magics.values.one_row.number import OneBool, OneFloat, OneInt
from kernel_magics.values.one_row.series import OneOther, cell_of
from kernel_magics.values.one_row.text import OneText
from kernel_magics.values.reading import lendable

Row = Mapping[str, object]
_COLUMNS: Final = frozenset({OneFloat, OneInt, OneBool, OneText, OneTime, OneOther})
_KINDS: Final = _COLUMNS | {OneFrame}
_PLAIN: Final = frozenset(
    {float, int, bool, str, type(None), pd.Timestamp, pd.Timedelta, np.float64, np.int64}
)
_TABLES: Final = (pd.Series, pd.DataFrame)
_TELLING: Final = frozenset({"type", "vars", "dir", "globals", "locals", "eval", "exec", "id"})
"""Builtins by which a function could tell a look-alike from a value of pandas without its knowledge."""
_NO_TABLE: Final = "it reads no table"
_SAMPLES, _ROWS, _EACH = 10, 40, 30


class Restart(Exception):
    """A value that no look-alike stands for: the whole request runs with pandas."""


@dataclass(slots=True)
class Verdict:
    """Whether a node runs by look-alikes.

    Attributes:
        reason: why it does not; "" where it does.
    """

    reason: str = ""


@dataclass(frozen=True)
class OneRow:
    """A request for one row.

    Attributes:
        verdicts: by node, those of its plan.
    """

    plain: Callable[..., dict[str, Any]]
    quick: Callable[..., dict[str, Any]]
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    def __call__(self, **given: Any) -> dict[str, Any]:
        """The outputs as pandas has them; for inputs that are not one row, pandas computes them."""
        found = self.answer(**given)
        return (
            self.plain(**given) if found is None else {name: to_pandas(each) for name, each in found.items()}
        )

    def answer(self, **given: Any) -> dict[str, Any] | None:
        """The outputs as look-alikes; None for a request that pandas has to answer, whatever it then says.

        Args:
            given: values of pandas or look-alikes.
        """
        try:
            return self.quick(**{name: of_pandas(value) for name, value in given.items()})
        except (Exception, Declined):
            return None

    @property
    def reasons(self) -> dict[str, str]:
        """The nodes that pandas computes, each with why."""
        found = {name: one.reason for name, one in self.verdicts.items()}
        return {name: reason for name, reason in found.items() if reason and reason != _NO_TABLE}


def one_row(request: Request, samples: Sequence[Row], plain: Callable[..., dict[str, Any]]) -> OneRow | None:
    """Prove the nodes of a request, and compile it; None where none of its inputs is a table of pandas.

    Args:
        samples: inputs of one row each, as pandas has them.
    """
    if not any(isinstance(value, _TABLES) for row in samples[:1] for value in row.values()):
        return None
    nodes = {
        step.node.name: _Node(step.node, request.calls.function(step.node)) for step in request.plan.steps
    }
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        _prove(request, nodes, trial_rows(samples[:_SAMPLES]))
    lent = {
        name: Lent(value)
        for name, value in request.fixed.items()
        if type(value) not in SHARED and name not in request.plan.outputs
    }
    calls = replace(
        request.calls,
        function=lambda node: opened(nodes[node.name], lent),
        shared=frozenset(request.calls.shared) | _KINDS | {Lent},
        error=_unsaid,
    )
    quick = compile_plan(replace(request, calls=calls, fixed={**request.fixed, **lent}))
    return OneRow(plain, quick, {name: node.verdict for name, node in nodes.items()})


def _unsaid(node: Node, error: BaseException, given: Mapping[str, object]) -> DataflowError:
    """Nobody sees the error: the request runs again with pandas, which tells what is wrong."""
    return DataflowError("DB301", f"'{node.name}'", hint="")


class Lent:
    """A stored value, of which a node gets a copy of its own unless it only asks it for predictions."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._asked = lendable(value)

    def of(self, function: Function, name: str) -> Callable[[], Any]:
        """Gives the value to a function under the name of a parameter."""
        value = self._value
        if self._asked and only_asks(function, name):
            return lambda: value
        kind = type(value)
        members = value.items() if kind is dict else ((each,) for each in value) if kind is list else ()
        if kind in (dict, list) and all(type(part) in SHARED for each in members for part in each):
            copy: Callable[[], Any] = value.copy
            return copy
        return lambda: VALUES.isolate(value)


def opened(node: _Node, lent: Mapping[str, Lent]) -> Function:
    """A node's function that takes stored values out of what they are lent in."""
    call = node.switch()
    given = {
        item.name: lent[item.name].of(node.plain, item.name) for item in node.node.inputs if item.name in lent
    }
    if not given:
        return call
    makers = [given.get(item.name) for item in node.node.inputs]

    def function(*args: Any, **named: Any) -> Any:
        own = [arg if make is None else make() for arg, make in zip(args, makers, strict=False)]
        return call(*own, **{name: given[name]() if name in given else each for name, each in named.items()})

    return function


class _Node:
    """A node's function, for values of pandas and for look-alikes."""

    def __init__(self, node: Node, plain: Function) -> None:
        self.node, self.plain = node, plain
        self.alike: Any = rebound(plain)
        self.verdict = Verdict(untried(plain))

    def refute(self, reason: str) -> None:
        """From now on it runs with pandas."""
        self.verdict.reason = self.verdict.reason or reason

    def switch(self) -> Function:
        """The function for look-alikes: by them as long as nothing speaks against it, else by pandas."""
        verdict, alike, other = self.verdict, self.alike, self._by_pandas
        if self.node.kind == "check":
            return self._check

        def call(*args: Any, **named: Any) -> Any:
            if verdict.reason:
                return other(args, named, "")
            before = Declined.latest
            try:
                found = alike(*args, **named)
            except (Exception, Declined) as error:
                return other(args, named, why(error))
            kind = type(found)
            if Declined.latest != before:
                return other(args, named, "")
            if kind in _COLUMNS or kind in _PLAIN:
                return found
            return _accepted(found) if acceptable(found) else other(args, named, "its value is no table")

        return call

    def _by_pandas(self, args: Any, named: Any, reason: str) -> Any:
        """Raises what the function raises, or Declined for a value that no look-alike stands for."""
        found = of_pandas(finish(self.plain(*to_pandas(args), **to_pandas(named))))
        if reason:
            self.refute(reason)
        return found

    def _check(self, *args: Any, **named: Any) -> dict[str, Callable[[], bool]]:
        """Conditions that all hold.

        Raises:
            Restart: one of them does not hold, and pandas has to tell which, and for which rows.
        """
        before = Declined.latest
        if not self.verdict.reason:
            try:
                tests = self.alike(*args, **named)
                if all(_holds(test()) for test in tests.values()) and Declined.latest == before:
                    return dict.fromkeys(tests, _true)
            except (Exception, Declined) as error:
                reason = why(error)
            else:
                raise Restart
        else:
            reason = ""
        plain: Any = self.plain(*to_pandas(args), **to_pandas(named))
        if not all(VALUES.truth(test()) is True for test in plain.values()):
            raise Restart
        if reason:
            self.refute(reason)
        return dict.fromkeys(plain, _true)


def _true() -> bool:
    return True


def _holds(outcome: Any) -> bool:
    if type(outcome) is OneBool:
        return cell_of(outcome) is True
    if type(outcome) in (bool, np.bool_):
        return bool(outcome)
    raise Declined("a condition that is no boolean")


def acceptable(value: Any) -> bool:
    """True for a value that may be handed on: it is known to hold no look-alike inside."""
    kind = type(value)
    if kind in _KINDS or kind in _PLAIN or kind in _TABLES:
        return True
    return kind is np.ndarray and value.dtype.kind in "biufmM"


def _accepted(value: Any) -> Any:
    return handed_over(of_pandas(value))


def why(error: BaseException) -> str:
    """The reason of an exception, in a few words."""
    if type(error) is Declined:
        return f"no look-alike has {error.reason}"
    return f"by a look-alike it raises {type(error).__name__}: {error}"


def untried(function: Any) -> str:
    """Why a function is not tried with look-alikes; "" where it is."""
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return "it is a coroutine or a generator"
    if type(function) is not FunctionType:
        return f"it is no plain function but a {type(function).__name__}"
    told = sorted(_told(function, set()))
    return f"its code calls {told[0]}()" if told else ""


def _told(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    """Builtins that tell types apart, in a function and in those of its module that it names."""
    if function in seen:
        return
    seen.add(function)
    for code in _codes(function.__code__):
        for step in dis.get_instructions(code):
            if step.opname not in ("LOAD_GLOBAL", "LOAD_NAME"):
                continue
            known = function.__globals__.get(step.argval)
            if step.argval in _TELLING and known is None:
                yield step.argval
            elif type(known) is FunctionType and known.__globals__ is function.__globals__:
                yield from _told(known, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


class _Globals(dict[str, Any]):
    """The globals of a function, as they are at each time, with `pandas` in another form."""

    def __init__(self, real: dict[str, Any], names: Collection[str]) -> None:
        super().__init__(dict.fromkeys(names, LIBRARY))
        self._real = real

    def __missing__(self, key: str) -> Any:
        return self._real[key]


def rebound(function: Any) -> Any:
    """The function for look-alikes: where it names pandas, it gets the module that takes them."""
    if type(function) is not FunctionType:
        return function
    used = {name for code in _codes(function.__code__) for name in code.co_names}
    names = [name for name in used if function.__globals__.get(name) is pd]
    if not names:
        return function
    made = FunctionType(
        function.__code__,
        _Globals(function.__globals__, names),
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def rows_of(inputs: Row) -> list[Row]:
    """Inputs of one row each, from inputs with any number of rows."""
    tables = {name: value for name, value in inputs.items() if isinstance(value, _TABLES)}
    sizes = [len(table) for table in tables.values()]
    if not sizes or not min(sizes):
        return []
    return [
        {**inputs, **{name: table.iloc[i : i + 1].reset_index(drop=True) for name, table in tables.items()}}
        for i in range(min(*sizes, _SAMPLES))
    ]


# The proof: on the samples, and on hard values, each node by itself.


def trial_rows(samples: Sequence[Row]) -> list[Row]:
    """The samples, and rows with hard values in the place of theirs."""
    found = list(samples)
    first = samples[0]
    chance = random.Random(0)
    hard = {name: _harder(value) for name, value in first.items() if isinstance(value, _TABLES)}
    for name, values in hard.items():
        found += [{**chance.choice(samples), name: value} for value in values]
    for _ in range(_ROWS // 3):
        row = {**chance.choice(samples)}
        found.append(row | {name: _mixed(row[name], chance) for name in hard})
    if len(found) > _ROWS + len(samples):
        found = found[: len(samples)] + chance.sample(found[len(samples) :], _ROWS)
    return found


def _harder(value: Any) -> list[Any]:
    """Tables like this one with a hard value in one of their columns."""
    if isinstance(value, pd.Series):
        return hard_values(value)
    return [value.assign(**{name: each}) for name, column in value.items() for each in hard_values(column)]


def _mixed(value: Any, chance: random.Random) -> Any:
    """A table like this one with hard values in all of its columns."""
    if isinstance(value, pd.Series):
        return chance.choice(hard_values(value) or [value])
    return value.assign(
        **{name: chance.choice(hard_values(column) or [column]) for name, column in value.items()}
    )


def _prove(request: Request, nodes: Mapping[str, _Node], rows: Sequence[Row]) -> None:
    """Compare each node on what reaches it from these rows, and on hard values for its own inputs."""
    plan, seen = request.plan, dict.fromkeys(nodes, False)
    chance = random.Random(1)
    for row in rows:
        slots = _sources(request, row)
        for step in plan.steps:
            places = [*step.args, *(slot for _, slot in step.kwargs)]
            if any(slot not in slots for slot in places):
                continue
            args = [slots[slot] for slot in step.args]
            named = {name: slots[slot] for name, slot in step.kwargs}
            node = nodes[step.node.name]
            value = _tried(node, args, named, request.calls)
            if not seen[step.node.name]:
                seen[step.node.name] = True
                for harder in _harder_calls(args, chance):
                    _tried(node, harder, named, request.calls)
            if value is not _FAILED:
                slots[step.slot] = value
    for name, was_seen in seen.items():
        if not was_seen:
            nodes[name].refute("no sample reaches it")


_FAILED: Final = object()


def _sources(request: Request, row: Row) -> dict[int, Any]:
    plan: Plan = request.plan
    found = {}
    for slot in plan.sources:
        name = plan.names[slot]
        for values in (request.fixed, row, request.defaults):
            if name in values:
                found[slot] = values[name]
                break
    return found


def _harder_calls(args: Sequence[Any], chance: random.Random) -> list[list[Any]]:
    found = []
    for place, arg in enumerate(args):
        if isinstance(arg, _TABLES):
            found += [[*args[:place], value, *args[place + 1 :]] for value in _harder(arg)]
    found += [
        [_mixed(arg, chance) if isinstance(arg, _TABLES) else arg for arg in args]
        for _ in range(len(found) // 2)
    ]
    return chance.sample(found, _EACH) if len(found) > _EACH else found


def _tried(node: _Node, args: Sequence[Any], named: Mapping[str, Any], calls: Calls) -> Any:
    """What the function returns for values of pandas, after the look-alikes were tried on the same."""
    isolate = calls.values.isolate
    try:
        expected = finish(
            node.plain(*map(isolate, args), **{name: isolate(each) for name, each in named.items()})
        )
    except Exception:
        expected = _FAILED
    if not node.verdict.reason:
        try:
            problem = _differs(node, expected, args, named)
        except (Exception, Declined) as error:
            problem = "" if expected is _FAILED else why(error)
        node.refute(problem)
    return expected


def _differs(node: _Node, expected: Any, args: Sequence[Any], named: Mapping[str, Any]) -> str:
    """How the value by look-alikes differs; "" where it does not.

    Raises:
        Exception: what the function raises for them.
        Declined: the look-alikes do not know something.
    """
    ours = [of_pandas(arg) for arg in args]
    given = {name: of_pandas(each) for name, each in named.items()}
    if not any(map(is_ours, [*ours, *given.values()])):
        return _NO_TABLE
    before = Declined.latest
    found = node.alike(*ours, **given)
    if node.node.kind == "check":
        held = all(_holds(test()) for test in found.values())
        plain = expected is not _FAILED and all(VALUES.truth(test()) is True for test in expected.values())
        return "the check does not say the same" if held and not plain else ""
    if Declined.latest != before:
        return "its code goes on after what no look-alike has"
    if not acceptable(found):
        return f"its value is a {type(found).__name__}"
    if expected is _FAILED:
        return "it gives a value where pandas raises an error"
    back = to_pandas(_accepted(found))
    if type(back) is not type(expected) or not VALUES.equal(back, expected):
        return "its value is not that of pandas for hard values"
    return ""
