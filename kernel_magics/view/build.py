"""The view is one JSON document about a graph with everything that pictures, tables and widgets need."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.plan import waiting_nodes
from kernel_magics.engine.graph.private import private_nodes
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped, Started
from kernel_magics.engine.session.impure import imported_names, joined_reads, volatile_reads
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.choice import Except
from kernel_magics.engine.source.secrets import masked
from kernel_magics.engine.source.select import is_sql
from kernel_magics.engine.values.value import MISSING
from kernel_magics.nature.leak import Leak
from kernel_magics.values import VALUES
from kernel_magics.values.summary import summarize
from kernel_magics.view.effect import current_effect, effect_after, effects

View = dict[str, Any]
VERSION = 1
_AFTER = {Started: "running", Reused: "fresh", Finished: "fresh", Failed: "failed", Skipped: "stale"}


def static_view(graph: Graph, title: str = "", natures: Mapping[str, View] | None = None) -> View:
    """The graph as it is written; needs no values and runs nothing.

    Args:
        natures: what is known of nodes; see `nature.words.to_view`.
    """
    known = natures or {}
    waiting = waiting_nodes(graph)
    private = private_nodes(graph)
    origins = imported_names(graph.setup)
    nodes = [
        {
            **_static_node(graph, name, waiting.get(name, ()), name in private),
            "volatile": joined_reads(volatile_reads(graph, node, origins) for node in graph.nodes[name]),
            "nature": known.get(name),
        }
        for name in graph.names()
    ]
    return _document(title, "static", nodes)


class Outcomes:
    """What the memos' values look like; each is looked at once, for a summary costs more than drawing it.

    Attributes:
        natures: what was learnt of nodes, each with the digest of the code that it was learnt of.
        leaks: nodes that read the future, likewise.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Memo, View]] = {}
        self.natures: dict[str, tuple[str, View]] = {}
        self.leaks: dict[str, tuple[str, Leak]] = {}

    def nature(self, node: Node) -> View | None:
        """What is known of a node, as long as its code is the same."""
        digest, nature = self.natures.get(node.name, ("", None))
        return nature if digest == node.digest else None

    def leaks_of(self, graph: Graph) -> list[Leak]:
        """The leaks of nodes whose code is still the same."""
        return [
            leak
            for name, (digest, leak) in self.leaks.items()
            if name in graph.nodes and graph.node(name).digest == digest
        ]

    def of(self, name: str, memo: Memo) -> View:
        """The part of a node's view that depends on the outcome of its computation."""
        known = self._seen.get(name)
        if known is not None and memo.value is MISSING and known[0].version == memo.version:
            return known[1]  # the value was evicted; its summary is still cached
        if known is None or known[0] is not memo:
            known = (memo, _outcome(memo))
            self._seen[name] = known
        return known[1]


def live_view(session: Session, title: str = "", outcomes: Outcomes | None = None) -> View:
    """The graph with states, summaries and results of the session.

    Args:
        outcomes: a cache for repeated calls.
    """
    return _document(title, session.mode, live_nodes(session, session.graph.names(), outcomes))


def live_nodes(session: Session, names: Iterable[str], outcomes: Outcomes | None = None) -> list[View]:
    """The view's nodes for some names, with their states."""
    outcomes = outcomes or Outcomes()
    conditions, found = session.states_of(names), effects(session)
    return [
        _live_node(session, name, state, outcomes, found.get(name), waiting)
        for name, (state, waiting) in conditions.items()
    ]


def _document(title: str, mode: str, nodes: list[View]) -> View:
    groups = list(dict.fromkeys(node["group"] for node in nodes))
    return {
        "version": VERSION,
        "title": title,
        "mode": mode,
        "groups": groups,
        "progress": None,
        "nodes": nodes,
    }


def _written(graph: Graph, node: Node) -> str:
    """The source of a node; of a SQL node the cell, which runs as the Python that is exported."""
    cell = graph.cells.get(node.cell_id)
    if cell is None or cell.magic != "node" or not is_sql(cell.line) or node.kind == "check":
        return node.source
    return f"%%node {cell.line}\n{cell.body}".rstrip()


@functools.lru_cache(10_000)
def _without_secrets(text: str) -> str:
    """A text of code as others may read it; live views show the same texts again and again."""
    return masked(text)


def _choices(node: Node) -> dict[str, object]:
    """The params of a variant with their values, as JSON has them."""
    return {key: str(value) if isinstance(value, Except) else value for key, value in node.when}


def _static_node(graph: Graph, name: str, waiting: Sequence[str], private: bool = False) -> View:
    nodes = graph.nodes[name]
    first = nodes[0]
    source = "\n\n".join(_written(graph, node) for node in nodes)
    if private and first.kind == "input":  # a picture is for others, and the sample is none of its matters
        source = replace(first, value="…").source
    source, doc = _without_secrets(source), _without_secrets(first.doc)
    variants = [
        {"when": _choices(node), "inputs": list(node.input_names), "cell": node.cell}
        for node in nodes
        if node.when
    ]
    return {
        "name": name,
        "kind": first.kind,
        "inputs": _linked(graph, nodes),
        "cell": first.cell,
        "cell_id": first.cell_id or None,
        "line": first.line,
        "group": first.group,
        "doc": doc,
        "type": first.type,
        "tags": dict(first.tags),
        "family": _family(graph, first),
        "source": source,
        "variants": variants,
        "waiting": list(waiting),
        "severity": first.severity,
        "volatile": "",
        "fitted": first.fitted,
        "state": None,
        "seconds": None,
        "ran_at": None,
        "summary": None,
        "conditions": [],
        "error": None,
        "impact": None,
        "nature": None,
    }


def _family(graph: Graph, node: Node) -> str:
    """The template of a node's family, also for a check of a family's member."""
    subject = graph.nodes.get(node.subject, ())
    if not subject or not subject[0].family:
        return node.family
    return node.name.replace(node.subject, subject[0].family)


def _linked(graph: Graph, nodes: tuple[Node, ...]) -> list[str]:
    """The node's inputs; an optional one only if something defines it."""
    return list(
        dict.fromkeys(
            name
            for node in nodes
            for name in node.input_names
            if name in graph.nodes or not any(item.name == name and item.optional for item in node.inputs)
        )
    )


def _live_node(
    session: Session,
    name: str,
    state: str,
    outcomes: Outcomes,
    effect: View | None,
    waiting: Sequence[str] = (),
) -> View:
    node = _static_node(session.graph, name, waiting)
    node["state"], node["impact"] = state, current_effect(effect, state)
    node["nature"] = outcomes.nature(session.graph.node(name))
    node["volatile"] = session.memos.volatile_reads(name)
    memo = session.memos.get(name)
    if memo is None:
        return node
    outcome = outcomes.of(name, memo)
    node.update(outcome, type=node["type"] or outcome["type"])
    return node


def _outcome(memo: Memo) -> View:
    """Time, value and error of a computation, as the view shows them."""
    part: View = {
        "type": "",
        "seconds": memo.seconds or None,  # nothing was computed for an input
        "ran_at": datetime.fromtimestamp(memo.ran_at).isoformat(timespec="seconds"),
    }
    if memo.error is not None:
        error = memo.error
        part["error"] = {
            "code": error.code,
            "message": error.message,
            "reason": error.reason,
            "hint": error.hint,
        }
    elif isinstance(memo.value, CheckResult):
        part["conditions"] = [
            {"message": item.message, "held": item.held, "detail": item.detail}
            for item in memo.value.conditions
        ]
    elif memo.value is not MISSING:
        part["summary"] = summarize(memo.value).to_json()
        part["type"] = VALUES.type_name(memo.value)
    return part


def node_after(session: Session, event: Event, outcomes: Outcomes) -> View:
    """The view's node right after an event of a run; cheaper than computing all states."""
    return _live_node(session, event.name, state_after(event), outcomes, effect_after(session, event.name))


def state_after(event: Event) -> str:
    """The state of a node right after an event of a run."""
    return _AFTER[type(event)]


def changed_nodes(before: Mapping[str, View], after: Iterable[View]) -> list[View]:
    """The nodes of a later view that differ from an earlier one."""
    return [node for node in after if before.get(node["name"]) != node]
