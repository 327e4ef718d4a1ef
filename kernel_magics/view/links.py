"""A link is an arrow from an input to a node that reads it; functions here serve every drawing.

A view is the JSON document of `ARCHITECTURE.md`, as a dict. All its texts are untrusted.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kernel_magics.view.look import LOOK

View = dict[str, Any]
Node = Mapping[str, Any]


def nodes_of(view: View) -> dict[str, Node]:
    """The nodes by name, in notebook order."""
    return {node["name"]: node for node in view.get("nodes", ())}


def missing_names(view: View) -> list[str]:
    """Undefined names that nodes wait for, in order of appearance."""
    nodes = nodes_of(view)
    wanted = (name for node in nodes.values() for name in node.get("waiting") or ())
    return [name for name in dict.fromkeys(wanted) if name not in nodes]


def links_of(view: View, missing: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(input, reader) of every link between nodes that are in the view, and from the `missing` names given.

    Other inputs are outside of a focused view, or optional and defined by nothing: no link is drawn.
    """
    nodes = nodes_of(view)
    known = {*nodes, *missing}
    links = ((source, name) for name, node in nodes.items() for source in inputs_of(node) if source in known)
    return list(dict.fromkeys(links))


def inputs_of(node: Node) -> list[str]:
    """The inputs of a node, those of its variants included."""
    variants = node.get("variants") or ()
    every = [*(node.get("inputs") or ()), *(name for variant in variants for name in variant["inputs"])]
    return list(dict.fromkeys(every))


def upstream_of(view: View, names: Iterable[str]) -> set[str]:
    """The names given and everything they are computed from.

    Raises:
        KeyError: a name is not in the view.
    """
    nodes = nodes_of(view)
    return _closure(
        names, nodes, lambda name: [source for source in inputs_of(nodes[name]) if source in nodes]
    )


def downstream_of(view: View, names: Iterable[str]) -> set[str]:
    """The names given and everything that is computed from them.

    Raises:
        KeyError: a name is not in the view.
    """
    nodes = nodes_of(view)
    readers: dict[str, list[str]] = {name: [] for name in nodes}
    for source, reader in links_of(view):
        readers[source].append(reader)
    return _closure(names, nodes, readers.__getitem__)


def _closure(
    names: Iterable[str], nodes: Mapping[str, Node], onwards: Callable[[str], Iterable[str]]
) -> set[str]:
    stack = list(names)
    for name in stack:
        if name not in nodes:
            raise KeyError(name)
    found = set(stack)
    while stack:
        fresh = [name for name in onwards(stack.pop()) if name not in found]
        found.update(fresh)
        stack += fresh
    return found


def calculation_order(view: View) -> list[str]:
    """All names, each after its inputs, otherwise in notebook order."""
    nodes = nodes_of(view)
    order: list[str] = []
    opened: set[str] = set()
    done: set[str] = set()
    for start in nodes:
        stack = [start]
        while stack:
            name = stack[-1]
            if name not in opened:
                opened.add(name)
                stack += [
                    source
                    for source in inputs_of(nodes[name])[::-1]
                    if source in nodes and source not in opened
                ]
                continue
            stack.pop()
            if name not in done:
                done.add(name)
                order.append(name)
    return order


def checks_of(view: View) -> dict[str, list[Node]]:
    """The check nodes of each node, by the node's name."""
    checks: dict[str, list[Node]] = {name: [] for name in nodes_of(view)}
    for node in view.get("nodes", ()):
        if node["kind"] == "check":
            for source in inputs_of(node):
                if source in checks:
                    checks[source].append(node)
    return checks


def verdict(node: Node) -> str:
    """The result of a check: "held", "failed", "warned", or "" when it has not run."""
    conditions = node.get("conditions") or ()
    if not conditions:
        return ""
    if all(condition["held"] for condition in conditions):
        return "held"
    return "warned" if node.get("severity") == "warn" else "failed"


def shown_state(node: Node) -> str | None:
    """The state whose colours a node has: that of its verdict for a check that ran, else its own."""
    state: str | None = node.get("state")
    if node["kind"] == "check" and state == "fresh" and (found := verdict(node)):
        state = LOOK["verdicts"][found]["state"]
    return state


def label_of(node: Node) -> list[str]:
    """The lines of a node's label: its name, its type, and its verdict or state."""
    return [part for part in (node["name"], node.get("type"), verdict(node) or node.get("state")) if part]


def signature(node: Node) -> str:
    """One line in the form of a declaration: `ctr(clicks, views) -> float`, `window: int`."""
    kind_of = node.get("type") or ""
    if node["kind"] in ("input", "param"):
        return f"{node['name']}: {kind_of}" if kind_of else str(node["name"])
    arguments = ", ".join(inputs_of(node))
    return f"{node['name']}({arguments})" + (f" -> {kind_of}" if kind_of else "")
