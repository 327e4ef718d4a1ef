"""Guards refuse an export: of an unfinished graph, without Apache Hamilton, or with changed examples."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import lacking_error, waiting_error
from kernel_magics.engine.message import Message
from kernel_magics.export.clean.proof import Proof
from kernel_magics.export.clean.testrun import TestRun
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.testfile.testfile import TestFile


def refuse_unfinished(graph: Graph) -> None:
    """Refuse a graph with undefined names, or without nodes.

    Raises:
        WaitingError: DB203.
        LinkError: DB109.
        ExportError: DB503 when there is nothing to export.
    """
    for node in graph:
        if node.lacks:
            raise lacking_error(graph, node)
        keys = [key for key, _ in node.when]
        for name in [*(item.name for item in node.inputs if not item.optional), *keys]:
            if name not in graph.nodes:
                raise waiting_error(graph, name)
    if not any(node.kind == "value" for node in graph):
        raise ExportError(
            "DB503",
            "there is no node to export.",
            hint="write a %%node cell; see notebooks/quickstart.ipynb.",
        )


def refuse_absent(kind: str) -> None:
    """Refuse a module for Apache Hamilton if that is not installed, because the proof imports it.

    Raises:
        ExportError: DB504.
    """
    if kind == "hamilton" and importlib.util.find_spec("hamilton") is None:
        raise ExportError(
            "DB504",
            "Apache Hamilton is not installed, so that a module for it cannot be proven.",
            hint="pip install 'dagbook[hamilton]'.",
        )


def refuse_changed(exported: Exported, proof: Proof) -> None:
    """Refuse to replace recorded examples that functions no longer reproduce.

    Raises:
        ExportError: DB503.
    """
    changed: Mapping[str, list[str]] = proof.recorded.get("changed", {})
    if not changed:
        return
    cells = exported.cells
    frames = [
        line
        for name, lines in changed.items()
        for line in [f"'{name}' in cell {cells[name].label}:", *lines[:5]]
    ]
    names = ", ".join(f"'{name}'" for name in changed)
    raise ExportError(
        "DB511",
        f"{names} no longer {'gives' if len(changed) == 1 else 'give'} the recorded values.",
        hint="if that is meant, record them anew with --refresh-examples; otherwise correct the cell.",
        names=changed,
        concerns=[cells[name] for name in changed],
        frames=frames,
    )


def tests_failed(exported: Exported, tests: TestFile, done: TestRun) -> ExportError:
    """The error DB502, with pytest's messages."""
    cells = {f"test_example[{name}]": cell for name, cell in exported.cells.items()} | dict(tests.cells)
    said = Message.of(f"{len(done.failed)} of {done.tests} exported tests fail: ")
    for number, name in enumerate(list(done.failed)[:5]):
        said += f"{', ' if number else ''}{name}"
        said += cells[name].aside() if name in cells else ""
    lines = [row for text in list(done.failed.values())[:5] for row in text.split("\n")[-12:]]
    return ExportError(
        "DB502",
        said + ".",
        hint="correct the node or the test; the files there are unchanged.",
        concerns=[cells[name] for name in done.failed if name in cells],
        frames=lines,
    )
