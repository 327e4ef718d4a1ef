"""A test is an example of a node's function: plain code in which node names are callables."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import import_module  # noqa: TID251  # of pytest, which the engine can do without

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import DataflowError, TestError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.plan import lacking_error
from kernel_magics.engine.run.failure import first_line, format_frames, own_frames
from kernel_magics.engine.run.runtime import Runtime, compile_text
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.run.whereabouts import at
from kernel_magics.engine.source.mapped import generated
from kernel_magics.engine.source.names import builtin_names


@dataclass(frozen=True, slots=True)
class TestResult:
    """The outcome of a test cell.

    Attributes:
        subject: the node that it tests.
        waiting: names that are not defined; the test did not run.
    """

    __test__ = False

    subject: str
    cell: str
    seconds: float = 0.0
    error: DataflowError | None = None
    waiting: tuple[str, ...] = ()


def tested_names(graph: Graph, cell: Cell) -> tuple[str, ...]:
    """The nodes whose functions a test cell calls, its subject first."""
    reads = cell.test.reads if cell.test else ()
    called = [name for name in reads if name in graph.nodes and graph.node(name).text is not None]
    return tuple(dict.fromkeys([cell.subject, *called]))


def undefined_names(graph: Graph, cell: Cell) -> tuple[str, ...]:
    """Names in a test cell that are defined by no node, the setup or Python."""
    reads = cell.test.reads if cell.test else ()
    known = {*graph.setup.names, *builtin_names(), "pytest"}
    functions = [name for name in graph.nodes if graph.node(name).text is not None]
    return tuple(
        name for name in dict.fromkeys([cell.subject, *reads]) if name not in known and name not in functions
    )


def run_test(graph: Graph, runtime: Runtime, cell: Cell) -> TestResult:
    """Run a test cell; returns the failure of a test instead of raising it."""
    if cell.test is None:
        raise ValueError(f"cell {cell.label} is no test")
    waiting = undefined_names(graph, cell)
    if waiting:
        return TestResult(cell.subject, cell.label, waiting=waiting)
    start = time.perf_counter()
    try:
        with at(f"running the test in cell {cell.label}"):
            _call(graph, runtime, cell)
    except DataflowError as error:
        return TestResult(cell.subject, cell.label, time.perf_counter() - start, error)
    except BaseException as error:  # pytest's outcomes are not subclasses of Exception
        outcome = _outcome(error)
        if isinstance(error, KeyboardInterrupt):
            raise
        if outcome in ("", "Failed"):
            failure = _test_error(cell, error)
            return TestResult(cell.subject, cell.label, time.perf_counter() - start, failure)
    return TestResult(cell.subject, cell.label, time.perf_counter() - start)


def _outcome(error: BaseException) -> str:
    """`Failed` or `Skipped` for the exceptions of `pytest.fail()` and `pytest.skip()`, "" for any other."""
    ours = any(base.__module__ == "_pytest.outcomes" for base in type(error).__mro__)
    return type(error).__name__ if ours else ""


def _call(graph: Graph, runtime: Runtime, cell: Cell) -> None:
    code = cell.test
    if code is None:
        return
    namespace = runtime.globals_for([name for name in code.reads if name in graph.setup.names])
    for name in code.reads:
        if name in graph.nodes and graph.node(name).text is not None:
            node = graph.node(name)
            if node.lacks:
                raise lacking_error(graph, node)
            namespace[name] = runtime.function(graph, node)
        elif name == "pytest" and name not in namespace:
            namespace[name] = import_module("pytest")
    name = f"test_{cell.subject}"
    header = generated(f"{'async ' if code.is_async else ''}def {name}():", code.text.lines[0])
    exec(compile_text(header + code.text, cell.label, cell.id, graph), namespace)
    finish(namespace[name]())


def _test_error(cell: Cell, error: BaseException) -> TestError:
    """The error DB303 for a test that failed."""
    rows = own_frames(error)
    line = next((row.lineno for row in rows), None) or cell.first
    own = next((row.line for row in rows if row.line), "")
    text = first_line(error).rstrip(".") or own
    return TestError(
        "DB303",
        (f"the test of '{cell.subject}' fails", cell.ref.on(line), f": {type(error).__name__}: {text}."),
        hint=f"correct '{cell.subject}', or what the test expects of it.",
        names=[cell.subject],
        reason=f"{type(error).__name__}: {text}.",
        frames=format_frames(rows, error),
    )
