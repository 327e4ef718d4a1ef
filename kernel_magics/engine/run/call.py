"""A call applies a node's function to isolated arguments; its rules are the same wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import Step
from kernel_magics.engine.run.check import evaluate
from kernel_magics.engine.run.failure import node_error, refuse_iterator
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.value import Values

Function = Callable[..., object]


class Guard(Protocol):
    """Goes with a call to another process, and tells what the call changed there beside its value."""

    def watching(self, function: Function) -> AbstractContextManager[None]:
        """Around the call."""


class Guards(Protocol):
    """Gives each call in another process a guard, and takes what the guard has to tell."""

    def guard(self, function: Function) -> Guard | None:
        """The guard for a call of this function; None if it can change nothing."""

    def told_by(self, guard: Any) -> None:
        """Take what a guard tells that came back.

        Raises:
            NodeError: DB113 for a call that changed what it must not.
        """


@dataclass(frozen=True, slots=True)
class Calls:
    """How the calls of a plan are made.

    Attributes:
        function: returns the callable of a node.
        values: how arguments are isolated from each other.
        shared: immutable types; readers get the instance itself.
        guards: watch calls in other processes; None for a run that is not watched.
        alias: a node's value may be one of its arguments itself, because whoever takes values out of the run
            calls `apart`.
        error: makes the error of a node from the exception and the arguments of its function.
    """

    function: Callable[[Node], Function]
    values: Values
    shared: Collection[type] = SHARED
    error: Callable[[Node, BaseException, Mapping[str, object]], DataflowError] = node_error
    alias: bool = False
    guards: Guards | None = None


def reads(step: Step) -> Iterator[int]:
    """The slots of a step's arguments."""
    yield from step.args
    for _, slot in step.kwargs:
        yield slot


def arguments(step: Step, slots: list[object], calls: Calls) -> tuple[list[object], dict[str, object]]:
    """The step's arguments, each isolated from the value that others read."""
    shared, isolate = calls.shared, calls.values.isolate
    given = [value if type(value := slots[slot]) in shared else isolate(value) for slot in step.args]
    return given, {name: isolate(slots[slot]) for name, slot in step.kwargs}


def lend(function: Function, given: Sequence[object], named: Mapping[str, object], calls: Calls) -> object:
    """Call a function that only reads its arguments with these themselves, or with copies of unknown ones.

    Where the result must not be an alias, arguments are lent only if copies of them take longer.
    """
    values, every = calls.values, [*given, *named.values()]
    if not (all(map(values.lendable, every)) if calls.alias else values.lends(function, every)):
        shared, isolate = calls.shared, values.isolate
        copies = [value if type(value) in shared else isolate(value) for value in given]
        return function(*copies, **{name: isolate(value) for name, value in named.items()})
    found = values.kept(function(*given, **named), every)
    return found if calls.alias else apart({"": found}, every, values)[""]


def apart(found: dict[str, Any], given: Iterable[object], values: Values) -> dict[str, Any]:
    """The outputs of a run, apart from each other and from what was given, in their parts, too."""
    if all(type(value) in SHARED for value in found.values()):
        return found
    seen = {id(part) for value in given for part in (value, *values.handed_on(value))}
    for name, value in found.items():
        if type(value) in SHARED:
            continue
        if id(value) in seen:
            found[name] = value = values.isolate(value)
        elif not seen.isdisjoint(map(id, values.handed_on(value))):
            values.detach(value)
        seen.update((id(value), *map(id, values.handed_on(value))))
    return found


def final_value(node: Node, value: object) -> object:
    """Await a returned coroutine and refuse a one-shot iterator.

    Raises:
        NodeError: DB304 for an iterator.
    """
    value = finish(value)
    refuse_iterator(node.name, node.ref, value)
    return value


def result(node: Node, value: object, subject: object, values: Values) -> object:
    """The value of a node, given what its function returned; for a check, the conditions are evaluated.

    Args:
        subject: the value that a check tests.

    Raises:
        NodeError: DB304 for an iterator.
        TypeError: a check did not return conditions.
    """
    value = final_value(node, value)
    if node.kind != "check":
        return value
    if not isinstance(value, dict):
        raise TypeError(f"a check returns a dict of conditions, not {type(value).__name__}")
    return evaluate(node, subject, value, values)


def subject_of(step: Step, slots: list[object]) -> object:
    """The value that a check tests."""
    return slots[step.args[0]] if step.args else None


def failure(step: Step, slots: list[object], calls: Calls, error: BaseException) -> DataflowError:
    """The error of a step whose function raised."""
    names = [item.name for item in step.node.inputs]
    given = {name: slots[slot] for name, slot in zip(names, step.args, strict=False)}
    return calls.error(step.node, error, given | {name: slots[slot] for name, slot in step.kwargs})
