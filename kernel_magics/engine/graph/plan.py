"""A plan is a request compiled to a flat list of calls with argument slots and last uses."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kernel_magics.engine.errors import LinkError, WaitingError, did_you_mean, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.link import ALIASES, lacking, moving_hint
from kernel_magics.engine.graph.links import closure, order
from kernel_magics.engine.graph.node import Node


class Step(NamedTuple):  # made four times as fast as a frozen dataclass, and there are ten thousands
    """One call: the node, the slots of its arguments and its value, the slots to free after it."""

    node: Node
    args: tuple[int, ...]
    kwargs: tuple[tuple[str, int], ...]
    slot: int
    frees: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request needs.

    Attributes:
        names: the name that each slot holds.
        sources: slots that must be filled before the run.
        steps: the calls, in order.
        outputs: slot of each requested name.
    """

    names: tuple[str, ...]
    sources: tuple[int, ...]
    steps: tuple[Step, ...]
    outputs: Mapping[str, int]


def make_plan(
    graph: Graph,
    wanted: Iterable[str],
    given: Collection[str],
    params: Mapping[str, object],
    guards: Iterable[str] = (),
) -> Plan:
    """Compile a request; linear in the nodes and edges it needs.

    Args:
        wanted: names to compute.
        given: names whose values exist already; nothing upstream of them is needed.
        params: current values of the params that choose variants.
        guards: checks among `wanted` that run as soon as their inputs are ready, since they may show why a
            later node fails.

    Raises:
        WaitingError: DB203, when something needed is not defined.
    """
    wanted = list(dict.fromkeys(wanted))
    chosen: dict[str, Node] = {}

    def links(name: str) -> tuple[str, ...]:
        if name in given:
            return ()
        node = graph.active(name, params)
        if node is None:
            raise waiting_error(graph, name, params)
        if node.lacks:
            raise lacking_error(graph, node)
        chosen[name] = node
        return tuple(
            [item.name for item in node.inputs if not item.optional or _present(graph, item.name, given)]
        )

    names = _guarded(tuple(order(wanted, links)), chosen, frozenset(guards))
    slots = {name: number for number, name in enumerate(names)}
    last: dict[int, int] = {}
    calls: list[tuple[Node, tuple[int, ...], tuple[tuple[str, int], ...], int]] = []
    sources: list[int] = []
    for name in names:
        node = chosen.get(name)
        if node is None or not node.computed:
            sources.append(slots[name])
            continue
        args, kwargs = _arguments(node, slots)
        for slot in args:
            last[slot] = len(calls)
        for _, slot in kwargs:
            last[slot] = len(calls)
        calls.append((node, args, kwargs, slots[name]))
    keep = {slots[name] for name in wanted}
    frees: list[list[int]] = [[] for _ in calls]
    for slot, number in last.items():
        if slot not in keep:
            frees[number].append(slot)
    steps = tuple(Step(*call, tuple(free)) for call, free in zip(calls, frees, strict=True))
    return Plan(names, tuple(sources), steps, {name: slots[name] for name in wanted})


def _guarded(names: tuple[str, ...], chosen: Mapping[str, Node], guards: frozenset[str]) -> tuple[str, ...]:
    """The names in order, each check of `guards` right after the last name that it reads."""
    if not guards:
        return names
    place = {name: number for number, name in enumerate(names)}

    def key(name: str) -> tuple[int, int]:
        inputs = chosen[name].inputs if name in guards and name in chosen else ()
        reads = [place[item.name] for item in inputs if item.name in place]
        return (max(reads), place[name]) if reads else (place[name], -1)

    return tuple(sorted(names, key=key))


def downstream_of(plan: Plan, broken: Iterable[str]) -> dict[str, str]:
    """The nodes of a plan that cannot run without `broken` names, each with the broken name it depends on."""
    skipped = {name: name for name in broken}
    for step in plan.steps:
        for slot in [*step.args, *(slot for _, slot in step.kwargs)]:
            if plan.names[slot] in skipped:
                skipped.setdefault(step.node.name, skipped[plan.names[slot]])
    return {name: cause for name, cause in skipped.items() if name != cause}


def lacking_error(graph: Graph, node: Node) -> LinkError:
    """The error DB109 for a node of a graph whose function uses a global that does not exist."""
    return lacking(node, graph.nodes, graph.setup.names, graph.outside())


def waiting_error(graph: Graph, name: str, params: Mapping[str, object] | None = None) -> LinkError:
    """The error DB203 for a name that is not defined, or not for these params."""
    if name in graph.nodes:
        keys = dict.fromkeys(key for node in graph.nodes[name] for key, _ in node.when)
        values = params or {}
        shown = ", ".join(
            f"{key}={values[key]!r}" if key in values else f"an undefined {key}" for key in keys
        )
        variants = [node.ref for node in graph.nodes[name]]
        hint = f"add a cell `%%node {name} --when …`, or choose another value."
        absent = next((key for key in keys if key not in values), None)
        return WaitingError(
            "DB203",
            f"'{name}' has no variant for {shown}.",
            hint=f"declare '{absent}' in %%params." if absent else hint,
            names=[name],
            concerns=variants,
        )
    readers = sorted(graph.read_by(name))
    if readers:
        message = (
            f"{quoted(readers)} {'need' if len(readers) > 1 else 'needs'} '{name}', which nothing defines."
        )
    else:
        message = f"'{name}' is not defined."
    cells = dict.fromkeys(node.ref for reader in readers for node in graph.nodes[reader])
    hint = missing_hint(graph, name)
    return WaitingError("DB203", message, hint=hint, names=[name, *readers], concerns=cells)


def missing_hint(graph: Graph, name: str) -> str:
    """What to do about a name that nothing defines."""
    if name in ("display", "get_ipython"):
        return "show values in an ordinary cell; an exported module has no notebook."
    if name in ALIASES:
        return f"add `{ALIASES[name]}` to %%setup."
    kind = graph.outside().get(name)
    if kind == "code" or (kind and name.startswith("_")):  # an input cannot be private
        return moving_hint(name)
    if kind:
        return f"'{name}' is a notebook variable; declare it in %%inputs: `{name} = …`."
    if any(_binds(node, name) for reader in graph.read_by(name) for node in graph.nodes[reader]):
        return f"'{name}' is assigned on some paths only; give it a value before them, or add an `else`."
    close = did_you_mean(name, {*graph.nodes, *graph.setup.names} - graph.read_by(name))
    return (
        f"{close} Otherwise declare it in %%inputs."
        if close
        else "declare it in %%inputs, or define it in %%setup."
    )


def _binds(node: Node, name: str) -> bool:
    """Whether the code of a node assigns a name that it also reads from outside."""
    parts = ast.walk(node.text.syntax) if node.text else ()
    return any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store) for part in parts
    )


def missing(graph: Graph, name: str) -> tuple[str, ...]:
    """The undefined names that a node waits for, its own inputs or those of nodes upstream."""
    names = [name, *closure([name], graph.reads)]
    return tuple(dict.fromkeys(lack for each in names for lack in _lacks(graph, each)))


def _lacks(graph: Graph, name: str) -> list[str]:
    """The undefined names that a node itself reads."""
    return [
        lack
        for node in graph.nodes.get(name, ())
        for lack in (
            *(item.name for item in node.inputs if not item.optional and item.name not in graph.nodes),
            *node.lacks,
            *(key for key, _ in node.when if key not in graph.nodes),
        )
    ]


def waiting_nodes(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Every node that waits for any values of the params, with the names it waits for."""
    first = [name for name in graph.nodes if _lacks(graph, name)]
    behind = closure(first, graph.read_by)
    return {name: missing(graph, name) for name in [*first, *behind]}


def _present(graph: Graph, name: str, given: Collection[str]) -> bool:
    """Whether an optional input has a value that its reader gets."""
    if name in given:
        return True
    return name in graph.nodes and not graph.node(name).own_defaults


def _arguments(node: Node, slots: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...]]:
    """Slots of positional arguments up to the first one that is left out, then keywords."""
    args: list[int] = []
    kwargs: list[tuple[str, int]] = []
    positional = True
    for item in node.inputs:
        if item.name not in slots:
            positional = False
        elif positional and not item.keyword_only:
            args.append(slots[item.name])
        else:
            kwargs.append((item.name, slots[item.name]))
    return tuple(args), tuple(kwargs)
