"""An outline is the dataflow of a module read from its function objects, without parsing its source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from types import FunctionType, ModuleType
from typing import Final

from kernel_magics.engine.graph.node import Input, Node
from kernel_magics.engine.source.mapped import MappedSource

_LINE: Final = re.compile(
    r"^(?:def[ \t]+(\w+)|(@|async[ \t])|class[ \t]+(\w+)|([A-Za-z_][\w, \t]*?)[ \t]*(?::[^=\n]+)?=(?!=))",
    re.MULTILINE,
)
"""The start of a line at the left margin that is a function, a decorator or `async`, a class, or an
assignment."""

_STARRED: Final = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR
_PLAIN: Final = frozenset({int, float, str, bool, type(None)})


@dataclass(frozen=True)
class ModuleOutline:
    """Replaces a graph where only links count: to plan a run of plain functions.

    Attributes:
        functions: the nodes' functions by name.
        reads: for each node the names of its inputs.
        defaults: values of the params.
        inputs: names that no function defines, params included.
    """

    functions: Mapping[str, FunctionType]
    reads: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, object]
    inputs: frozenset[str]
    _made: dict[str, Node] = field(default_factory=dict, compare=False, repr=False)

    @property
    def nodes(self) -> Mapping[str, object]:
        """All names; see `Graph.nodes`."""
        return self.reads

    def active(self, name: str, params: Mapping[str, object]) -> Node | None:
        """See `Graph.active`."""
        if name not in self._made:
            self._made[name] = self._node(name)
        return self._made[name]

    def _node(self, name: str) -> Node:
        if name not in self.functions:
            return Node(name, "param" if name in self.defaults else "input", "", "", 0)
        code = self.functions[name].__code__
        inputs = tuple(
            Input(read, keyword_only=place >= code.co_argcount) for place, read in enumerate(self.reads[name])
        )
        return Node(name, "value", "", "", code.co_firstlineno, inputs, name, MappedSource("", ()))


def outline_module(module: ModuleType) -> ModuleOutline | None:
    """The outline of a module; None if its source has to be parsed.

    That is so for variants, checks, `async`, decorators, names bound twice, and everything that is an error.
    """
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError):
        return None
    names: list[str] = []
    bound: set[str] = set()
    for name, beyond, kind, assigned in _LINE.findall(source):
        if beyond or name.startswith(("check_", "warn_")):
            return None
        if name:
            names.append(name)
        else:
            bound.update([kind] if kind else map(str.strip, assigned.split(",")))
    if len(set(names)) < len(names) or not bound.isdisjoint(names):
        return None
    functions: dict[str, FunctionType] = {}
    reads: dict[str, tuple[str, ...]] = {}
    defaults: dict[str, object] = {}
    known, home = vars(module), module.__name__
    for name in names:
        function = known.get(name)
        if name[0] == "_":
            continue
        if type(function) is not FunctionType or function.__module__ != home or function.__name__ != name:
            return None
        code = function.__code__
        if code.co_flags & _STARRED or code.co_posonlyargcount:
            return None
        reads[name] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        functions[name] = function
        if (function.__defaults__ or function.__kwdefaults__) and not _agree(defaults, _defaults(function)):
            return None
    inputs = frozenset(read for row in reads.values() for read in row if read not in functions)
    if not inputs.isdisjoint(known) or not _is_ordered(reads):
        return None
    params = {name: value for name, value in defaults.items() if name in inputs}
    return ModuleOutline(functions, reads, params, inputs)


def _defaults(function: FunctionType) -> dict[str, object]:
    code, values = function.__code__, function.__defaults__ or ()
    positional = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    return {**dict(zip(positional, values, strict=True)), **(function.__kwdefaults__ or {})}


def _agree(known: dict[str, object], more: Mapping[str, object]) -> bool:
    """Add defaults; False if a param has two different ones, or one that cannot be compared safely."""
    for name, value in more.items():
        old = known.setdefault(name, value)
        if type(value) not in _PLAIN or type(old) is not type(value) or repr(old) != repr(value):
            return False
    return True


def _is_ordered(reads: Mapping[str, tuple[str, ...]]) -> bool:
    """True when the functions can be sorted; most modules are in topological order already."""
    seen: set[str] = set()
    for name, row in reads.items():
        if any(read in reads and read not in seen for read in row):
            break
        seen.add(name)
    else:
        return True
    try:
        TopologicalSorter(reads).prepare()
    except CycleError:
        return False
    return True
