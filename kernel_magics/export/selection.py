"""A selection is the part of a dataflow that is exported: named nodes with what they need, or what works."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import waiting_nodes
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.session.session import Session
from kernel_magics.export.request import ExportRequest


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported.

    Attributes:
        session: with the selected nodes alone.
        notes: what was left out that a person may not expect.
    """

    session: Session
    notes: tuple[str, ...] = ()


def select(session: Session, request: ExportRequest) -> Selection:
    """The part of a session that a request asks for; an envelope names its outputs and has all nodes.

    Raises:
        DataflowError: DB308 or DB203 for a name that is no node.
    """
    graph = session.graph
    if request.kind == "envelope" or not (request.outputs or request.skip_failed):
        return Selection(session)
    names: Collection[str] = graph.names()
    if request.outputs:
        for name in request.outputs:
            if name not in graph.nodes:
                raise unknown_name(graph, name)
        names = {*request.outputs, *closure(request.outputs, lambda name: _needs(graph, name))}
        names |= {node.name for node in graph if node.kind == "check" and node.subject in names}
    broken: dict[str, str] = {}
    if request.skip_failed:
        with request.place():
            broken = _broken(session.only(names), run=request.run)
    kept = {name for name in names if name in graph.nodes and name not in broken}
    apart = {node.name: node for node in graph if node.name in kept and not set(_required(node)) <= kept}
    checks = {name: node for name, node in apart.items() if node.kind == "check"}
    chosen = session.only(kept - checks.keys())
    notes = [f"'{name}' is left out: {reason}." for name, reason in broken.items()]
    notes += [f"'{name}' is left out: {_reads(node, kept)}." for name, node in checks.items()]
    tests = {cell.id for cell, _ in chosen.graph.tests()}
    for cell, _ in graph.tests():
        if cell.subject in chosen.graph.nodes and cell.id not in tests:
            notes.append(
                f"the test of '{cell.subject}' in cell {cell.ref.label} is left out: it calls others."
            )
    return Selection(chosen, tuple(notes))


def _needs(graph: Graph, name: str) -> tuple[str, ...]:
    """What a node reads, and the params that choose its variants."""
    return (*graph.reads(name), *(key for node in graph.nodes.get(name, ()) for key, _ in node.when))


def _required(node: Node) -> Iterator[str]:
    return (item.name for item in node.inputs if not item.optional)


def _reads(node: Node, kept: Collection[str]) -> str:
    absent = next(name for name in _required(node) if name not in kept)
    return f"it reads '{absent}', which is not exported"


def _broken(session: Session, run: bool) -> dict[str, str]:
    """Why nodes cannot be exported: they wait or fail, a check of theirs does, or they read such a node."""
    graph = session.graph
    found = {name: f"it waits for '{lacks[0]}'" for name, lacks in waiting_nodes(graph).items()}
    if run:
        for _ in session.compute([name for name in graph.names() if name not in found]):
            pass
        for name in graph.names():
            memo = session.memos.get(name)
            if memo is None or name in found:
                continue
            if memo.error is not None:
                found[name] = f"it fails ({memo.error.code})"
            elif (
                isinstance(memo.value, CheckResult) and not memo.value.held and memo.value.severity == "fail"
            ):
                found.setdefault(graph.node(name).subject, f"its check '{name}' does not hold")
    for name in closure(list(found), graph.read_by):
        source = next((read for read in graph.reads(name) if read in found), "")
        found.setdefault(name, f"it reads '{source}'")
    return found
