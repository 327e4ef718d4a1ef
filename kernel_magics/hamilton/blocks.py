"""A block is what Apache Hamilton computes for each item of a `Parallelizable`, up to a `Collect`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from types import FunctionType
from typing import Any, Final

from kernel_magics.engine.graph.made import Made, is_block

EXPAND: Final = "hamilton.expand"
"""The tag of a node that produces the items of a block."""


def close_blocks(
    found: Mapping[str, tuple[Made, ...]], functions: Mapping[str, FunctionType]
) -> dict[str, tuple[Made, ...]]:
    """Replace each block by one node, which maps over the items; the node of its items is a list.

    A node inside a block has the list of its values for the items, computed only when it is asked for: the
    node that collects does not read it, so that what one item needs is free before the next one.

    Args:
        found: the nodes of functions that Hamilton resolved, by the function's name.
        functions: all public functions; those not in `found` are nodes themselves.
    """
    starts = {node.name for nodes in found.values() for node in nodes if EXPAND in node.tags}
    if not starts:
        return dict(found)
    owners = {node.name: name for name, nodes in found.items() for node in nodes}
    nodes = {node.name: node for each in found.values() for node in each}
    for name, function in functions.items():
        if name not in found:
            nodes[name], owners[name] = _as_made(function), name
    order = list(TopologicalSorter({name: [*node.inputs] for name, node in nodes.items()}).static_order())
    start_of: dict[str, str] = {}  # the block of a node
    replaced: dict[str, Made] = {}
    for name in (name for name in order if name in nodes):
        node = nodes[name]
        inside = next((start_of[read] for read in node.inputs if read in start_of), None)
        if name in starts:
            replaced[name] = replace(node, call=_Items(node.call), tags=_without_role(node.tags))
            start_of[name] = name
        elif inside is not None and _collects(functions.get(owners[name])):
            inner = [each for each in order if start_of.get(each) == inside and each != inside]
            replaced[name] = _mapping(node, inside, [nodes[each] for each in inner])
        elif inside is not None:
            inner = [each for each in order if start_of.get(each) == inside and each != inside]
            start_of[name] = inside
            replaced[name] = _each(node, inside, [nodes[each] for each in inner])
    result = {name: tuple(nodes) for name, nodes in found.items()}
    for name in replaced:
        result[owners[name]] = ()
    for name, made in replaced.items():
        result[owners[name]] = (*result[owners[name]], made)
    return result


def _collects(function: FunctionType | None) -> bool:
    if function is None or not is_block(function):
        return False
    return any("Collect" in str(hint) for name, hint in function.__annotations__.items() if name != "return")


def _as_made(function: FunctionType) -> Made:
    parameters = inspect.signature(function).parameters
    defaults = {name: item.default for name, item in parameters.items() if item.default is not item.empty}
    return Made(function.__name__, function, tuple(parameters), defaults, inspect.getdoc(function) or "")


def _without_role(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key != EXPAND}


def _mapping(collector: Made, start: str, inner: Iterable[Made]) -> Made:
    """The node that computes a block for each item and collects the results."""
    nodes = {node.name: node for node in inner}
    reads = [read for node in (*nodes.values(), collector) for read in node.inputs]
    inputs = tuple(dict.fromkeys([start, *(read for read in reads if read not in nodes)]))
    defaults = {
        name: value
        for node in (*nodes.values(), collector)
        for name, value in node.defaults.items()
        if name in inputs
    }
    collected = [read for read in collector.inputs if read in nodes or read == start]
    call = _Mapped(collector.call, start, tuple(nodes.values()), tuple(collected), collector.inputs)
    return replace(collector, call=call, inputs=inputs, defaults=defaults)


def _each(node: Made, start: str, before: Iterable[Made]) -> Made:
    """The node of a value inside a block: its values for all items."""
    listed = replace(node, call=_Listed(node.name), inputs=(node.name,), defaults={})
    return replace(_mapping(listed, start, [*before, node]), hint="")


class _Items:
    """The items of a block as a list, which several readers can iterate over."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, **given: object) -> list[object]:
        return list(self._call(**given))


class _Listed:
    """Passes on the values of one node for all items."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, **given: object) -> object:
        return given[self._name]


class _Mapped:
    """Computes the nodes of a block for each item, then the collector."""

    def __init__(
        self,
        collect: Callable[..., object],
        start: str,
        inner: tuple[Made, ...],
        collected: tuple[str, ...],
        inputs: tuple[str, ...],
    ) -> None:
        self._collect, self._start, self._inner = collect, start, inner
        self._collected, self._inputs = collected, inputs

    def __call__(self, **given: Any) -> object:
        rows = [self._values({**given, self._start: item}) for item in given[self._start]]
        values = {name: [row[name] for row in rows] for name in self._collected}
        rest = {name: given[name] for name in self._inputs if name in given and name not in values}
        return self._collect(**values, **rest)

    def _values(self, row: dict[str, Any]) -> dict[str, Any]:
        for node in self._inner:
            row[node.name] = node.call(**{name: row[name] for name in node.inputs if name in row})
        return row
