"""A compiled flow is a plan as one generated function: straight-line calls for serving row by row."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from inspect import iscoroutinefunction
from types import CodeType, FunctionType
from typing import Any

from kernel_magics.engine.check import evaluate
from kernel_magics.engine.failure import node_error, refuse_iterator
from kernel_magics.engine.isolation import SHARED
from kernel_magics.engine.node import Node
from kernel_magics.engine.plan import Plan, Step
from kernel_magics.engine.run import conditions, given_by
from kernel_magics.engine.tasks import finish
from kernel_magics.engine.value import MISSING, Values

_LAZY = 0x20 | 0x80 | 0x100 | 0x200  # code flags: generator, coroutine, iterable coroutine, async generator


@dataclass(frozen=True, slots=True)
class Request:
    """What to compile.

    Attributes:
        plan: the calls.
        function: gives the callable of a node.
        defaults: values of sources that may be left out.
        fixed: values of sources that cannot be given, because they chose the plan's variants.
        values: how arguments are isolated from each other.
        shared: types that cannot be changed, beside those of the standard library.
    """

    plan: Plan
    function: Callable[[Node], Callable[..., object]]
    defaults: Mapping[str, object]
    fixed: Mapping[str, object]
    values: Values
    shared: Collection[type] = ()


def compile_plan(request: Request) -> Callable[..., dict[str, Any]]:
    """The plan as one function of its sources, which are keywords; returns the outputs by name.

    A value is isolated for each reader as in a run, but only where that can matter: what cannot be changed is
    passed on, and so is what one self-contained function made for one reader. Whether a value can be
    changed is found out once, by its type. Errors name their node at no cost while nothing fails: the
    line of the generated function tells which call it was.

    Raises (when called):
        TypeError: an input is missing or unknown.
        RunError: DB301 when a node fails, DB304 for a value that can be read only once.
    """
    writer = _Writer(request)
    source = writer.source()
    name = f"<dataflow {blake2b(source.encode(), digest_size=6).hexdigest()}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec", dont_inherit=True), writer.namespace)
    made: FunctionType = writer.namespace["dataflow"]
    made.__kwdefaults__ = {key: value for key, value in request.defaults.items() if key in writer.keywords}
    made.__doc__ = f"{', '.join(writer.keywords) or 'nothing'} -> {', '.join(request.plan.outputs)}"
    return made


class _Writer:
    """Writes the function's lines, and remembers which step each belongs to."""

    def __init__(self, request: Request) -> None:
        self.request = request
        plan = request.plan
        self.names = plan.names
        self.keywords = [name for name in self._sources() if name not in request.fixed]
        self.prefix = "_"
        while any(name.startswith(self.prefix) for name in plan.names):
            self.prefix += "_"
        self.owners: dict[int, Step] = {}
        self.lines: list[str] = []
        self.reads = _count_reads(plan)
        self.checked: set[int] = set()
        self.namespace: dict[str, Any] = {
            f"{self.prefix}{name}": value
            for name, value in {
                "type": type,
                "shared": SHARED | frozenset(request.shared),
                "isolate": request.values.isolate,
                "settled": _settled,
                "finish": finish,
                "failed": self._failed,
                "errors": (Exception, SystemExit),
                "here": locals,
            }.items()
        }

    def source(self) -> str:
        """The whole function; its signature is in its first line."""
        star = "*, " if self.keywords else ""
        self.lines = [f"def dataflow({star}{', '.join(self.keywords)}):", "    try:"]
        for name in self._sources():
            slot = self.names.index(name) if len(self.names) < 2 else self._slot(name)
            if name in self.request.fixed:
                self.namespace[f"{self.prefix}fixed_{slot}"] = self.request.fixed[name]
                self._line(f"{name} = {self.prefix}fixed_{slot}")
            if self.reads[slot]:
                self._check_type(slot)
        for number, step in enumerate(self.request.plan.steps):
            first = len(self.lines) + 1
            self._step(number, step)
            self.owners.update(dict.fromkeys(range(first, len(self.lines) + 1), step))
        results = ", ".join(
            f"{name!r}: {self._result(slot)}" for name, slot in self.request.plan.outputs.items()
        )
        self._line(f"return {{{results}}}")
        mark = self.prefix
        self.lines.append(f"    except {mark}errors as {mark}error:")
        self._line(f"raise {mark}failed({mark}error, {mark}here()) from {mark}error")
        return "\n".join(self.lines) + "\n"

    def _step(self, number: int, step: Step) -> None:
        node, mark = step.node, self.prefix
        function = self.request.function(node)
        called = function if node.kind != "check" else _judge(step, function)
        self.namespace[f"{mark}{number}"] = called
        given = [self._argument(slot) for slot in step.args]
        named = [f"{name}={self._argument(slot)}" for name, slot in step.kwargs]
        call = f"{mark}{number}({', '.join([*given, *named])})"
        if node.is_async or iscoroutinefunction(function):
            call = f"{mark}finish({call})"
        name = self.names[step.slot]
        self._line(f"{name} = {call}")
        if step.slot in self.request.plan.outputs.values() or self.reads[step.slot] > 1:
            needed = self.reads[step.slot] > 0 or not _self_contained(function)
        else:
            needed = not _self_contained(function)
        if needed and node.kind != "check":
            self._check_type(step.slot)
            self._line(
                f"if not {self._flag(step.slot)}: {name} = {mark}settled({node.name!r}, {node.cell!r}, {name})"
            )
        if step.frees:
            self._line(f"del {', '.join(self.names[slot] for slot in step.frees)}")

    def _line(self, text: str) -> None:
        self.lines.append(f"        {text}")

    def _check_type(self, slot: int) -> None:
        self.checked.add(slot)
        mark = self.prefix
        self._line(f"{self._flag(slot)} = {mark}type({self.names[slot]}) in {mark}shared")

    def _flag(self, slot: int) -> str:
        return f"{self.prefix}s{slot}"

    def _argument(self, slot: int) -> str:
        name = self.names[slot]
        if slot not in self.checked:
            return name
        return f"{name} if {self._flag(slot)} else {self.prefix}isolate({name})"

    def _sources(self) -> list[str]:
        return [self.request.plan.names[slot] for slot in self.request.plan.sources]
