"""Listeners of runs: what they learn, and that they change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.event import Finished
from kernel_magics.flow.listener import Listener, Outcome
from tests.notebook_file import write_notebook

CELLS = [
    "%%inputs\nx: int = 1",
    "%%node rows --tag owner=ads\n[x, 2]",
    "%%node total\nsum(rows)",
    "%%check total\ntotal < 10",
    "%%node broken\n1 / 0",
]


class Log(Listener):
    """Writes down what happens, and tries to change values."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def before_run(self, title: str, outputs: tuple[str, ...], /) -> None:
        """A line for the run."""
        self.lines.append(f"run {title}: {', '.join(outputs)}")

    def before(self, node: Node, /) -> None:
        """A line for a call."""
        self.lines.append(f"before {node.name} {dict(node.tags) or ''}".strip())

    def after(self, node: Node, outcome: Outcome, /) -> None:
        """A line for an outcome."""
        value = outcome.value if isinstance(outcome, Finished) else None
        if isinstance(value, list):
            value.append(1_000)
        self.lines.append(f"after {node.name}: {type(outcome).__name__}")

    def after_run(self, error: BaseException | None, /) -> None:
        """A line for the end."""
        self.lines.append(f"end {error.code if isinstance(error, DataflowError) else error}")


@pytest.fixture
def flow(tmp_path: Path) -> Dataflow:
    """A dataflow with a list that could be changed."""
    return Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", CELLS))


def asynchronous(flow: Dataflow) -> Callable[..., dict[str, Any]]:
    """`arun`, waited for."""
    return lambda *args, **options: asyncio.run(flow.arun(*args, **options))


@pytest.mark.parametrize("way", ["run", "arun", "threads"])
def test_a_listener_learns_what_happens_and_changes_nothing(flow: Dataflow, way: str) -> None:
    """Before and after each node, with checks; it gets copies of values."""
    log = Log()
    run = asynchronous(flow) if way == "arun" else flow.run
    options = {"executor": "threads"} if way == "threads" else {}
    assert run(["total", "rows"], listeners=[log], **options) == {"total": 3, "rows": [1, 2]}
    assert log.lines[0] == "run n: total, rows"
    assert log.lines[1:3] == ["before rows {'owner': 'ads'}", "after rows: Finished"]
    assert sorted(log.lines[3:-1]) == [
        "after check_total: Finished",
        "after total: Finished",
        "before check_total",
        "before total",
    ]
    assert log.lines[-1] == "end None"


def test_a_listener_learns_of_errors(flow: Dataflow) -> None:
    """Of nodes and of checks; a request that is refused never begins."""
    for outputs, x, code in (("broken", 1, "DB301"), ("total", 100, "DB302")):
        log = Log()
        with pytest.raises(DataflowError):
            flow.run(outputs, inputs={"x": x}, listeners=[log])
        assert log.lines[-1] == f"end {code}"
    log = Log()
    with pytest.raises(DataflowError):
        flow.run("totla", listeners=[log])
    assert log.lines == []


def test_a_listener_learns_what_was_read_from_a_folder(flow: Dataflow, tmp_path: Path) -> None:
    """Such nodes are not called."""
    flow.run("total", checks="off", cache=tmp_path / "kept")
    log = Log()
    assert flow.run("total", checks="off", cache=tmp_path / "kept", listeners=[log]) == {"total": 3}
    assert log.lines[1:-1] == ["after rows: Reused", "after total: Reused"]


def test_a_listener_that_fails_is_a_warning(flow: Dataflow) -> None:
    """The run goes on, and the other listeners hear of it."""

    class Bad(Listener):
        def before(self, node: Node, /) -> None:
            raise ConnectionError("no server")

    log = Log()
    with pytest.warns(UserWarning, match=r"Bad\.before failed: ConnectionError: no server"):
        assert flow.run("rows", listeners=[Bad(), log]) == {"rows": [1, 2]}
    assert log.lines[-1] == "end None"


def test_spans_of_opentelemetry(flow: Dataflow) -> None:
    """A span for the run, those of nodes within it, failures with their error."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415

    from kernel_magics.listeners.opentelemetry import OpenTelemetryListener  # noqa: PLC0415

    seen, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(seen))
    listener = OpenTelemetryListener(provider.get_tracer("test"))
    flow.run(["total"], listeners=[listener])
    with pytest.raises(DataflowError):
        flow.run("broken", listeners=[listener])
    spans = seen.get_finished_spans()
    assert [span.name for span in spans] == [
        "rows",
        "total",
        "check_total",
        "dataflow n",
        "broken",
        "dataflow n",
    ]
    run = spans[3].context
    assert all(span.parent is not None and span.parent.span_id == run.span_id for span in spans[:3])
    assert dict(spans[0].attributes or {})["dagbook.tag.owner"] == "ads"
    assert [span.status.is_ok for span in spans] == [True] * 4 + [False] * 2
    assert "division by zero" in (spans[4].status.description or "")
