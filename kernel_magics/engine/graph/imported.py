"""The graph of imported modules, made from their function objects; a text is parsed when it is asked for."""

from __future__ import annotations

import ast
import inspect
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cached_property, lru_cache, partial
from graphlib import CycleError, TopologicalSorter
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any, Final

from kernel_magics.engine.cells.definition import Kind, Param
from kernel_magics.engine.cells.defs import params_of
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.made import Made, Resolved, shown_default
from kernel_magics.engine.graph.module import (
    GIVEN,
    ReadModules,
    check_of,
    functions_of,
    headings,
    is_function,
    link_modules,
    setup_of_modules,
    when_of,
)
from kernel_magics.engine.graph.node import Input, Node, code_digest
from kernel_magics.engine.graph.setup import Setup
from kernel_magics.engine.source.mapped import MappedSource, text_of
from kernel_magics.engine.source.permits import permits
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.engine.source.rows import has_rows
from kernel_magics.engine.source.tree import QUERY_METHODS, Function, lines_of, statement

_LINE: Final = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]+(\w+)|(@)|class[ \t]+(\w+)"
    r"|([A-Za-z_][\w, \t]*?)[ \t]*(?::[^=\n]+)?=(?!=))",
    re.MULTILINE,
)
"""The start of a line at the left margin that is a function, a decorator, a class, or an assignment."""

_BEYOND: Final = (
    inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
)
_PLAIN: Final = frozenset({int, float, str, bool, type(None)})
_DECLARED: Final = code_digest(MappedSource("", ()), ())  # of all inputs and params of modules


class ImportedGraph(Graph):
    """A graph whose cells and setup are read from the modules' texts when they are asked for."""

    _read: Callable[[str], object]

    @classmethod
    def of(cls, read: Callable[[str], object], **known: object) -> ImportedGraph:
        """The graph of these parts; `read` reads the others."""
        made = cls.__new__(cls)
        made.__dict__.update(known, _read=read, params=frozenset(), off=frozenset(), choices={}, examples=())
        made.__dict__["touched"] = ()
        return made

    def __getattr__(self, name: str) -> Any:
        """Read a part on first use."""
        if name not in ("cells", "setup"):
            raise AttributeError(name)
        self.__dict__[name] = self._read(name)
        return self.__dict__[name]

    def __iter__(self) -> Iterator[Node]:
        """Every node, in the order of the modules."""
        for nodes in self.owned.values():
            yield from nodes


class ImportedNode(Node):
    """A node whose text, and what only its text tells, is read on first use."""

    __slots__ = ("_read",)
    _read: Callable[[str], object]

    @classmethod
    def of(
        cls, read: Callable[[str], object], names: Sequence[str], values: Sequence[object]
    ) -> ImportedNode:
        """The node with these fields; `read` gives any other by its name, MISSING for its default."""
        made, put = cls.__new__(cls), object.__setattr__
        for name, value in zip(names, values):  # noqa: B905 - the same length, for ten thousands of nodes
            put(made, name, value)
        put(made, "_read", read)
        return made

    def __getattr__(self, name: str) -> Any:
        """Read a field on first use."""
        if name not in _DEFAULTS:
            raise AttributeError(name)
        value = self._read(name)
        if value is MISSING:
            value = {} if name == "tags" else _DEFAULTS[name]
        object.__setattr__(self, name, value)
        return value


_DEFAULTS: Final = {"cell": "", **{field.name: field.default for field in fields(Node)[5:]}}
_NODE: Final = (
    "name",
    "kind",
    "cell_id",
    "line",
    "inputs",
    "function",
    "is_async",
    "group",
    "severity",
    "subject",
    "lacks",
    "when",
)
_INPUT: Final = (
    "name",
    "kind",
    "cell_id",
    "line",
    "function",
    "own_defaults",
    "digest",
    "lacks",
    "uses",
    "inputs",
    "when",
)


def import_modules(
    modules: Sequence[ModuleType], made: Resolved = MappingProxyType({})
) -> ReadModules | None:
    """Link the public functions of modules; None if their texts must be parsed as a whole.

    That is so for variants, rows of large families, names bound twice, values that are no functions, and
    everything that is an error.

    Args:
        made: by file name, the nodes that decorated functions make, by function name.
    """
    try:
        sketches = [_Sketch(module, inspect.getsource(module), made) for module in modules]
        if not _apart(sketches):
            return None
        linking = _Linking(sketches)
        graph = linking.graph()
    except (OSError, TypeError, _Beyond):
        return None
    functions = {name: each for module in modules for name, each in functions_of(module).items()}
    functions |= {name: node.call for name, node in linking.made.items()}
    return ReadModules(graph, functions, linking.defaults)


class _Beyond(Exception):
    """The function objects do not tell enough."""


class _Sketch:
    """What the lines at the left margin and the function objects of a module tell.

    Attributes:
        functions: the public functions that the module defines, in order.
        decorated: those with decorators.
        made: the nodes of those whose decorators were resolved.
        lines: the first lines of all functions, decorators included, in order.

    Raises:
        _Beyond: they do not tell enough.
    """

    def __init__(self, module: ModuleType, source: str, made: Resolved) -> None:
        if has_rows(source):
            raise _Beyond
        self.made = made.get(module.__file__ or module.__name__, {})
        self.source, self.file, self.names = source, module.__file__ or module.__name__, vars(module)
        self.functions: dict[str, FunctionType] = {}
        self.decorated: set[str] = set()
        self.lines: list[int] = []
        self._last: tuple[str, tuple[MappedSource, str, str]] = ("", (MappedSource("", ()), "", ""))
        names, bound = self._found()
        if not bound.isdisjoint(names):
            raise _Beyond
        for name in names:
            function = self._function(name, module.__name__)
            line = function.__code__.co_firstlineno
            if self.lines and line <= self.lines[-1]:
                raise _Beyond
            self.lines.append(line)
            if name in self.made:
                if "resolve" in function.__dict__:  # a variant, whose param may have a constant here
                    raise _Beyond
                self.functions[name] = function
            elif name[0] != "_":
                if function.__code__.co_flags & _BEYOND or function.__code__.co_posonlyargcount:
                    raise _Beyond
                self.functions[name] = function
        self.homes: dict[str, str] = {}
        self.inputs: dict[str, tuple[Input, ...]] = {}
        for name, function in self.functions.items():
            if name in self.made:
                for node in self.made[name]:
                    if node.name in self.homes:
                        raise _Beyond
                    self.homes[node.name] = name
                    self.inputs[node.name] = tuple(
                        [_input(each, each in node.defaults, True) for each in node.inputs]
                    )
                continue
            if name in self.homes:
                raise _Beyond
            self.homes[name] = name
            self.inputs[name] = self._written_inputs(name) if name in self.decorated else _inputs(function)

    def _found(self) -> tuple[list[str], set[str]]:
        """The functions at the left margin, and the other names that are bound there."""
        names: dict[str, None] = {}
        bound: set[str] = set()
        decorated = False
        for name, decorator, kind, assigned in _LINE.findall(self.source):
            if not name:
                decorated = bool(decorator)
                bound.update([kind] if kind else map(str.strip, assigned.split(",")))
                continue
            if name in names:
                raise _Beyond
            if decorated:
                self.decorated.add(name)
            names[name], decorated = None, False
        return list(names), bound

    def _function(self, name: str, home: str) -> FunctionType:
        found = self.names.get(name)
        if name in self.decorated and is_function(found):
            found = inspect.unwrap(found)
        if type(found) is not FunctionType or found.__module__ != home or found.__name__ != name:
            raise _Beyond
        return found

    def _written_inputs(self, name: str) -> tuple[Input, ...]:
        """The inputs of a decorated function, of which the object may tell others."""
        syntax = self.syntax(name)
        if when_of(syntax):
            raise _Beyond
        return tuple(Input(item.name, item.optional, item.keyword_only) for item in params_of(syntax))

    @cached_property
    def rows(self) -> list[str]:
        """The lines of the text."""
        return self.source.split("\n")

    @cached_property
    def permits(self) -> Mapping[int, str]:
        """Why functions may read later rows, by their first lines."""
        return permits(self.source)

    def permit(self, function: str) -> str | None:
        """Why a function may read later rows; None where it may not."""
        return self.permits.get(self.functions[function].__code__.co_firstlineno)

    def function_of(self, node: str) -> FunctionType:
        """The function that makes a node."""
        return self.functions[self.homes[node]]

    def syntax(self, name: str) -> Function:
        """The syntax of a function, its lines counted from its own first one."""
        first = self.functions[name].__code__.co_firstlineno
        place = bisect_right(self.lines, first)
        last = self.lines[place] - 1 if place < len(self.lines) else len(self.rows)
        found = statement("\n".join(self.rows[first - 1 : last]))
        assert isinstance(found, Function), "a function begins there"
        return found

    def written(self, name: str) -> tuple[MappedSource, str, str]:
        """The text of a function, its docstring, and the hint of its value."""
        if self._last[0] != name:  # these three are asked for one after the other
            syntax = self.syntax(name)
            first = self.functions[name].__code__.co_firstlineno
            rows = self.rows[first - 1 : first - 1 + lines_of(syntax)[1]]
            hint = ast.unparse(syntax.returns) if syntax.returns else ""
            doc = ast.get_docstring(syntax) or ""
            self._last = name, (text_of("\n".join(rows), first), doc, hint)
        return self._last[1]

    def groups(self) -> Iterator[tuple[str, str]]:
        """Each public function with the section heading above it."""
        found = headings(self.source) if "\n# -" in f"\n{self.source}" else []
        lines = [line for line, _ in found]
        for name, function in self.functions.items():
            place = bisect_right(lines, function.__code__.co_firstlineno)
            group = found[place - 1][1] if place else ""
            for node in self.made.get(name, ()):
                yield node.name, group
            if name not in self.made:
                yield name, group


def _is_bare(function: FunctionType) -> bool:
    """True for a function whose header mentions no names but those of builtin types."""
    hints = function.__annotations__.values()
    plain = all(hint is None or (type(hint) is type and hint.__module__ == "builtins") for hint in hints)
    return plain and not (function.__defaults__ or function.__kwdefaults__)


def _mentioned(code: CodeType) -> set[str]:
    """The names of globals and attributes in code and in the functions in it."""
    inner = [_mentioned(item) for item in code.co_consts if isinstance(item, CodeType)]
    return set(code.co_names).union(*inner)


@lru_cache(maxsize=50_000)
def _input(name: str, optional: bool, keyword_only: bool) -> Input:
    """One object for all readers of a name, since most names have several."""
    return Input(name, optional, keyword_only)


def _inputs(function: FunctionType) -> tuple[Input, ...]:
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given, words = code.co_argcount - len(function.__defaults__ or ()), function.__kwdefaults__ or ()
    return tuple(
        [
            _input(
                name,
                name in words if place >= code.co_argcount else place >= given,
                place >= code.co_argcount,
            )
            for place, name in enumerate(names)
        ]
    )


def _apart(sketches: Sequence[_Sketch]) -> bool:
    """True when no module binds a name that another one defines differently, or that a function reads."""
    reads = {item.name for sketch in sketches for row in sketch.inputs.values() for item in row}
    own = {name: sketch for sketch in sketches for name in sketch.homes}
    if sum(len(sketch.homes) for sketch in sketches) > len(own):
        return False
    seen: dict[str, object] = {}
    for sketch in sketches:
        if any(name in sketch.names and name not in own for name in reads):
            return False
        for name, value in sketch.names.items():
            if not name.startswith("__") and seen.setdefault(name, value) is not value:
                return False
    return True


class _Linking:
    """Links the functions of modules."""

    def __init__(self, sketches: Sequence[_Sketch]) -> None:
        self.sketches = sketches
        self.texts = [(sketch.source, sketch.file) for sketch in sketches]
        self.defaults: dict[str, object] = {}
        self.homes = {name: sketch for sketch in sketches for name in sketch.homes}
        self.made = {
            node.name: node for sketch in sketches for nodes in sketch.made.values() for node in nodes
        }
        self._resolved = {sketch.file: sketch.made for sketch in sketches if sketch.made}
        for node in reversed(self.made.values()):
            self.defaults |= node.defaults
        self.inputs = {name: row for sketch in sketches for name, row in sketch.inputs.items()}

    def _part(self, name: str) -> object:
        """The cells or the setup, from the texts."""
        return self.setup if name == "setup" else link_modules(self.texts, self._resolved or None).cells

    @cached_property
    def setup(self) -> Setup:
        """What the functions share."""
        return setup_of_modules(self.texts)

    def graph(self) -> Graph:
        """The graph whose texts are not read yet.

        Raises:
            _Beyond: there is none, or only the texts tell it.
        """
        readers: dict[str, list[str]] = {}
        for name in self.homes:
            for item in self.inputs[name]:
                readers.setdefault(item.name, []).append(name)
        if not self._ordered():
            raise _Beyond
        owned: dict[str, list[Node]] = {}
        given = [self._given(name, known) for name, known in readers.items() if name not in self.homes]
        if given:
            owned[GIVEN] = given
        for sketch in self.sketches:
            ids: dict[str, str] = {}
            owned[f"setup of {sketch.file}"] = []
            for name, group in sketch.groups():
                id = ids.setdefault(group, f"{sketch.file}#{len(ids)}" if ids else sketch.file)
                owned.setdefault(id, []).append(self._node(name, id, group))
        nodes = [node for items in owned.values() for node in items]
        return ImportedGraph.of(
            self._part,
            owned={id: tuple(items) for id, items in owned.items()},
            nodes={node.name: (node,) for node in nodes},
            readers={name: frozenset(known) for name, known in readers.items()},
            owners={node.function: node.cell_id for node in nodes},
        )

    def _ordered(self) -> bool:
        """True when the functions can be sorted; most modules are in topological order already."""
        ahead = dict(self.homes)
        for name, row in self.inputs.items():
            if not ahead.keys().isdisjoint([item.name for item in row]):
                break
            del ahead[name]
        else:
            return True
        try:
            TopologicalSorter(
                {name: [item.name for item in row] for name, row in self.inputs.items()}
            ).prepare()
        except CycleError:
            return False
        return True

    def _node(self, name: str, id: str, group: str) -> Node:
        sketch = self.homes[name]
        function = sketch.function_of(name)
        line = function.__code__.co_firstlineno
        kind: Kind = "value"
        severity, subject = None, ""
        if name in self.made:
            return self._made_node(self.made[name], id, line, group)
        if name in sketch.decorated or name.startswith(("check_", "warn_")):
            syntax = sketch.syntax(name)
            line += syntax.lineno - 1
            found = check_of(syntax)
            if found is not None:
                kind, (severity, subject) = "check", found
        is_async = bool(function.__code__.co_flags & inspect.CO_COROUTINE)
        known = (name, kind, id, line, self.inputs[name], name, is_async, group, severity, subject, (), ())
        return ImportedNode.of(partial(self._field, name), _NODE, known)

    def _made_node(self, made: Made, id: str, line: int, group: str) -> Node:
        """The node that a decorator makes."""
        name, kind = made.name, "check" if made.subject else "value"
        inputs = self.inputs[name]
        known = (name, kind, id, line, inputs, name, made.is_async, group, made.severity, made.subject)
        return ImportedNode.of(partial(self._made_field, made), _NODE, (*known, (), ()))

    def _made_field(self, made: Made, field: str) -> object:
        """A field of the node that a decorator makes."""
        known = {"doc": made.doc, "type": made.hint, "tags": made.tags, "uses": ()}
        if field in known:
            return known[field]
        sketch = self.homes[made.name]
        if field == "future":
            return sketch.permit(sketch.homes[made.name])
        if field not in ("text", "digest"):
            return MISSING
        text = sketch.written(sketch.homes[made.name])[0]
        return text if field == "text" else code_digest(text, (), repr(self.inputs[made.name]))

    def _field(self, name: str, field: str) -> object:
        """A field of a function's node."""
        sketch = self.homes[name]
        if field == "future":
            return sketch.permit(name)
        if field == "uses":
            function = sketch.functions[name]
            mentioned = _mentioned(function.__code__)
            if (
                name not in sketch.decorated
                and _is_bare(function)
                and mentioned.isdisjoint([*self.setup.names, *QUERY_METHODS])
            ):
                return ()  # as most functions do; the syntax tells the order
            found = definition_reads(sketch.syntax(name))
            return tuple(each for each in found if each in self.setup.names)
        if field not in ("text", "doc", "type", "digest"):
            return MISSING
        text, doc, hint = sketch.written(name)
        known = {"text": text, "doc": doc, "type": hint}
        return known[field] if field in known else code_digest(text, (), repr(self.inputs[name]))

    def _given(self, name: str, readers: Sequence[str]) -> Node:
        """An input or param."""
        optional = [
            each for each in readers for item in self.inputs[each] if item.name == name and item.optional
        ]
        values = [self._default(name, each) for each in optional]
        first = self.homes[readers[0]].function_of(readers[0]).__code__.co_firstlineno
        if readers[0] not in self.made and readers[0] in self.homes[readers[0]].decorated:
            first += self.homes[readers[0]].syntax(readers[0]).lineno - 1
        kind: Kind = "param" if values else "input"
        differ = any(each != values[0] for each in values)
        return ImportedNode.of(
            partial(self._declared, name, readers),
            _INPUT,
            (name, kind, GIVEN, first, name, differ, _DECLARED, (), (), (), ()),
        )

    def _default(self, name: str, reader: str) -> str:
        """What distinguishes the default that a function has for a param: its value, or its source."""
        if reader in self.made:
            return shown_default(self.made[reader].defaults, name)
        function = self.homes[reader].functions[reader]
        if reader not in self.homes[reader].decorated:
            code, given = function.__code__, function.__defaults__ or ()
            positional = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
            known = {**dict(zip(positional, given, strict=True)), **(function.__kwdefaults__ or {})}
            self.defaults.setdefault(name, known[name])
            if type(known[name]) in _PLAIN:
                return repr(known[name])
        params = params_of(self.homes[reader].syntax(reader))
        return next(item.default for item in params if item.name == name)

    def _params(self, reader: str) -> Sequence[Param]:
        """The parameters of a node's function as the text has them."""
        if reader not in self.made:
            return params_of(self.homes[reader].syntax(reader))
        made = self.made[reader]
        return [Param(each, default=shown_default(made.defaults, each)) for each in made.inputs]

    def _declared(self, name: str, readers: Sequence[str], field: str) -> object:
        """The type or the default of an input or param, as the first reader that has one says."""
        if field not in ("type", "value"):
            return MISSING
        rows = (self._params(each) for each in readers)
        found = (
            item.hint if field == "type" else item.default
            for row in rows
            for item in row
            if item.name == name
        )
        return next(filter(None, found), "")
