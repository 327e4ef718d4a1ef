"""The magic for natures: it needs pandas, so it is imported on first use."""

from __future__ import annotations

from typing import Any

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.grammar import names_in
from kernel_magics.flow import Flow
from kernel_magics.magics.arguments import parse
from kernel_magics.magics.commands import known
from kernel_magics.magics.context import Context
from kernel_magics.magics.progress import Progress
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.nature.natures import Natures, NodeNature
from kernel_magics.nature.words import to_view
from kernel_magics.view.natures import nature_html, nature_text


class Learnt:
    """Natures by node, displayed as a table."""

    def __init__(self, found: Natures) -> None:
        self.found = found

    def __getitem__(self, name: str) -> NodeNature:
        return self.found[name]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": nature_text(self.found, self.found.leaks),
            "text/html": nature_html(self.found, self.found.leaks),
        }


def nature(context: Context, line: str) -> object:
    """`%nature [NAMES…]`: what values depend on; the graph, its cards and `%lineage` show it, too."""
    asked = parse("nature", line)
    workspace, session = context.workspace, context.workspace.session
    names = [known(session, name) for name in asked.names]
    wanted = _nodes(session, names)
    with Progress(context.ticker) as progress:
        progress.begin(wanted)
        found = Dataflow(Flow(session.graph, session.runtime, session)).natures(
            wanted,
            key=names_in(asked.key),
            time=names_in(asked.time),
            seconds=asked.seconds or 10.0,
            kept=Kept(FOLDER),
            note=progress.begin_one,
        )
        progress.close(f"tried {len(found)} nodes")
    outcomes, leaks = workspace.outcomes, {leak.node: leak for leak in found.leaks}
    for name, learnt in found.items():
        digest = session.graph.node(name).digest
        outcomes.natures[name] = (digest, to_view(learnt, leaks[name].text if name in leaks else ""))
        outcomes.leaks.pop(name, None)
        if name in leaks:
            outcomes.leaks[name] = (digest, leaks[name])
    workspace.views.refresh()
    return Learnt(found)


def _nodes(session: Session, names: list[str]) -> list[str]:
    """The nodes to look at: those named, or all that can run.

    Raises:
        DataflowError: DB308 for a name that is no computed value.
    """
    for name in names:
        if session.graph.node(name).kind != "value":
            kind = {"input": "an input", "param": "a param"}.get(session.graph.node(name).kind, "a check")
            hint = "only what a node computes has a nature."
            raise DataflowError(
                "DB308",
                f"'{name}' is {kind}, no node.",
                hint=hint,
                names=[name],
            )
    return names or [name for name in session.runnable() if session.graph.node(name).kind == "value"]
