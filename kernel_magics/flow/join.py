"""Joined flows are one: each part is renamed by its prefix, some of its params are bound to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kernel_magics.engine.cells.definition import Cell, Code, Definition, Param
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.session.memo import Memo, given_memo
from kernel_magics.engine.source.choice import matches
from kernel_magics.engine.source.mapped import MappedSource
from kernel_magics.engine.source.tree import is_literal
from kernel_magics.flow.flow import Flow, Origin, Stored, not_given
from kernel_magics.flow.request import decided
from kernel_magics.values import VALUES


@dataclass(frozen=True)
class Part:
    """A flow within a joined one.

    Attributes:
        prefix: of the names of its nodes and checks.
        inputs: other names for its inputs and params, by their own names.
        bound: values of its params, which the joined flow has no more.
    """

    flow: Flow
    prefix: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[str, object] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """The name in the joined flow of something that the part calls `name`."""
        node = self.flow.graph.nodes.get(name, ())
        if node and node[0].kind == "check":
            word, _, rest = name.partition("_")
            return f"{word}_{self.prefix}{rest}"
        if node and node[0].kind == "value":
            return self.prefix + name
        return self.inputs.get(name, name)

    def nodes(self) -> Iterator[Node]:
        """The nodes of the joined flow, as the part has them."""
        for node in self.flow.graph:
            if node.name not in self.bound and all(self._chosen(*each) for each in node.when):
                yield node

    def _chosen(self, key: str, value: object) -> bool:
        return key not in self.bound or matches(self.bound[key], value)

    def definition(self, node: Node) -> Definition:
        """The definition of one of its nodes in the joined flow."""
        name = self.named(node.name)
        common = Definition(
            name,
            node.kind,
            node.line,
            doc=node.doc,
            hint=node.type,
            value=node.value,
            tags=node.tags,
            cache=node.cache,
            lazy=node.lazy,
            fitted=node.fitted,
            future=node.future,
            severity=node.severity,
            own_defaults=node.own_defaults,
            family=node.family and self.prefix + node.family,
        )
        if node.text is None:
            return common
        own = self.flow.params
        free = [item for item in node.inputs if item.name not in self.bound]
        params = tuple(Param(self.named(item.name), item.optional or item.name in own, True) for item in free)
        function = self.function_name(node)
        text = MappedSource(node.text.source, node.text.lines)
        when = tuple((self.named(key), value) for key, value in node.when if key not in self.bound)
        code = Code(function, text, False, params, (), node.is_async)
        subject = self.named(node.subject) if node.subject else ""
        return replace(common, code=code, when=when, subject=subject)

    def function_name(self, node: Node) -> str:
        """The name by which the joined flow knows the function of a node."""
        return self.named(node.name) if node.kind == "check" else self.prefix + node.function

    def origin(self, node: Node, memos: Mapping[str, Memo]) -> Origin:
        """Where one of its nodes is written, with the memos by the part's own names."""
        own = {name: memos[self.named(name)] for name in node.input_names if self.named(name) in memos}
        bound = {name: given_memo(value) for name, value in self.bound.items()}
        return self.flow.origin(node, {**own, **bound})

    def function(self, node: Node) -> Renamed:
        """The function of one of its nodes, which takes the inputs by their names in the joined flow."""
        own = {self.named(item.name): item.name for item in node.inputs if item.name not in self.bound}
        fixed = {item.name: self.bound[item.name] for item in node.inputs if item.name in self.bound}
        return Renamed(self.flow.calls().function(node), own, fixed)


class Renamed:
    """A function with other names for its parameters, and values for some of them.

    Args:
        names: the function's own names, by those of a call.
        fixed: values of the other parameters.
    """

    def __init__(
        self, function: Callable[..., object], names: Mapping[str, str], fixed: Mapping[str, object]
    ) -> None:
        self._function, self._names, self._fixed = function, names, fixed
        self.__globals__ = getattr(function, "__globals__", {})

    def __call__(self, **given: object) -> object:
        values = {name: VALUES.isolate(value) for name, value in self._fixed.items()}
        return self._function(**{self._names[name]: value for name, value in given.items()}, **values)


class _Samples:
    """Values of inputs and params: those of the first part that has one."""

    def __init__(self, parts: Sequence[Part], graph: Graph) -> None:
        self._parts, self._graph = parts, graph

    def sample(self, name: str) -> object:
        """See `Samples.sample`."""
        for flow, own in _sampled(self._parts, name):
            return flow.default(flow.graph.node(own))
        raise not_given([self._graph.node(name)])


def _sampled(parts: Sequence[Part], name: str) -> Iterator[tuple[Flow, str]]:
    """The parts with a value for an input or param where none is given, and their own name for it."""
    for part in parts:
        for own in (*part.flow.inputs, *part.flow.params):
            if own not in part.bound and part.named(own) == name and part.flow.has_sample(own):
                yield part.flow, own


def _has_sample(parts: Sequence[Part], name: str) -> bool:
    return any(True for _ in _sampled(parts, name))


def prefixed(flow: Flow, prefix: str, params: Mapping[str, object], inputs: Mapping[str, str]) -> Flow:
    """A flow with other names; see `Dataflow.prefixed`.

    Raises:
        UsageError: DB306 for a param or input that the flow does not have.
    """
    chosen, bound = decided(flow, params)
    chosen.expect({}, bound, {})
    chosen.expect(inputs, {}, {})
    part = Part(chosen, prefix, dict(inputs), dict(bound))
    return join([part])


def join(parts: Sequence[Part], overrides: bool = False) -> Flow:
    """One flow of several.

    Args:
        overrides: a later part's nodes replace those of earlier ones that have the same names.

    Raises:
        LinkError: names clash, or links form a cycle.
    """
    kept = [[(node, part.definition(node)) for node in part.nodes()] for part in parts]
    for number, rows in enumerate(kept if overrides else ()):
        later = {item.name for more in kept[number + 1 :] for _, item in more if item.code is not None}
        rows[:] = [row for row in rows if row[1].name not in later]
    own = {item.name for rows in kept for _, item in rows if item.code is not None}
    given: dict[str, Definition] = {}
    for _, item in (row for rows in kept for row in rows):
        if item.code is None and item.name not in own:
            given[item.name] = _merged(item, given.get(item.name))
    cells = [Cell("inputs", "", "inputs", "", definitions=tuple(given.values()))] if given else []
    functions: dict[str, Callable[..., object]] = {}
    written: dict[str, tuple[Part, Node]] = {}
    for number, (part, rows) in enumerate(zip(parts, kept, strict=True)):
        groups: dict[str, list[Definition]] = {}
        for node, item in rows:
            if item.code is not None:
                groups.setdefault(node.group, []).append(item)
                functions[item.code.name] = part.function(node)
                written[item.code.name] = part, node
        title = part.flow.title or f"part {number + 1}"
        for place, (group, items) in enumerate(groups.items()):
            id = f"{part.prefix}{title}#{number}.{place}"
            cells.append(Cell(id, "", "node", "", "", group, tuple(items)))
    graph = Graph().put(*cells)

    def origin(node: Node, memos: Mapping[str, Memo]) -> Origin:
        part, own = written[node.function]
        return part.origin(own, memos)

    config = {part.named(name): value for part in parts for name, value in part.flow.config.items()}
    homes = {home for part in parts if not part.prefix for home in part.flow.homes}
    return Flow(
        graph,
        Runtime(VALUES, functions),
        _Samples(parts, graph),
        parts[0].flow.title if parts else "",
        config={name: value for name, value in config.items() if name in graph.nodes},
        homes=homes,
        unsampled=[name for name in given if not _has_sample(parts, name)],
        origin=origin,
        stored=_stored(parts),
        recipe=(join, (list(parts), overrides)),
    )


def _merged(item: Definition, known: Definition | None) -> Definition:
    """An input or param of several parts. Where their defaults may differ, each part uses its own."""
    if known is None:
        return item
    first = known if known.kind == "param" or item.kind == "input" else item
    if known.kind != item.kind or item.kind == "input":
        return replace(first, hint=first.hint or item.hint)
    same = known.value == item.value and is_literal(item.value)
    own = known.own_defaults or item.own_defaults or not same
    return replace(first, hint=first.hint or item.hint, own_defaults=own)


def _stored(parts: Sequence[Part]) -> Stored | None:
    """The stored values of fitted nodes in all parts."""
    found: list[tuple[Part, Any]] = [
        (part, part.flow.fitted) for part in parts if part.flow.fitted is not None
    ]
    if not found:
        return None
    fitted = frozenset(part.named(name) for part, stored in found for name in stored.fitted)
    values = {part.named(name): value for part, stored in found for name, value in stored.values.items()}
    return Stored(fitted, values)
