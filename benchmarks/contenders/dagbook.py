"""Dagbook: the dataflow from a module, the session behind a notebook, and the compiled function."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from benchmarks.clock import Results, cpu, import_cpu, peak_memory, per_call, process_cpu, wall
from benchmarks.notebooks import write_notebook
from benchmarks.shapes import (
    SLEEPERS,
    SORTERS,
    Shape,
    body,
    chain,
    decorated_text,
    fan,
    feature_text,
    importing,
    ladder,
    load,
    module_text,
    tree,
)
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.store import DiskStore
from kernel_magics.values import VALUES

_EDITS = 7


def imports(size: int) -> Results:
    """`import kernel_magics`, and with the class behind the Python API."""
    return {
        "import": import_cpu("import kernel_magics"),
        "import_api": import_cpu("from kernel_magics import Dataflow"),
    }


def startup(size: int) -> Results:
    """The command: its help, and the picture of a notebook with `size` cells."""
    command = (sys.executable, "-m", "kernel_magics")
    with tempfile.TemporaryDirectory() as folder:
        notebook = write_notebook(Path(folder) / "measured.ipynb", tree(size))
        output = str(Path(folder) / "dag.json")
        return {
            "help": process_cpu(*command, "--help"),
            "graph": process_cpu(*command, "graph", str(notebook), "-o", output, repeats=3),
        }


def export(size: int) -> Results:
    """`dagbook export --no-run` of a notebook with `size` cells."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = write_notebook(Path(folder) / "measured.ipynb", tree(size))
        command = (sys.executable, "-m", "kernel_magics", "export", str(notebook), "--no-run")
        return {"export": process_cpu(*command, "-o", f"{folder}/features.py", repeats=3)}


def files(size: int) -> Results:
    """`dagbook run` on a csv file of `size` rows, beside a pandas script."""
    from benchmarks.files import share  # noqa: PLC0415 - pandas would count as ours in other experiments

    return share(size)


def build(size: int) -> Results:
    """The nodes and what is upstream of the last; with every hint and docstring; and one run of all."""
    _warm()
    module, last = load(module_text(tree(size))), f"n{size - 1}"

    def linked() -> None:
        flow = Dataflow.from_module(module)
        assert len(flow.nodes) == size
        flow.upstream(last)

    def described() -> None:
        assert all(node.type or node.doc for node in Dataflow.from_module(module).nodes.values())

    def watched() -> None:
        Dataflow.from_module(module).run(inputs={"x": 1}, on_event=lambda event: None)

    return {"build": cpu(linked, 3), "described": cpu(described, 3), "once": cpu(watched, 3)}


def decorated(size: int) -> Results:
    """Build a module of functions with decorators of Apache Hamilton; one more run of all."""
    Dataflow.from_module(load(decorated_text(5)))
    module, names = load(decorated_text(size)), [name for name, _ in tree(size)]
    flow = Dataflow.from_module(module)
    flow.run(names, inputs={"x": 1})
    return {
        "decorated": cpu(lambda: Dataflow.from_module(module), 3),
        "decorated_again": cpu(lambda: flow.run(names, inputs={"x": 1}), 3),
    }


def run_chain(size: int) -> Results:
    """`flow.run` for the last node of a chain."""
    flow, last = Dataflow.from_module(load(module_text(chain(size)))), [f"n{size - 1}"]
    calls = max(1, 20_000 // size)
    return {"chain": per_call(lambda: flow.run(last, inputs={"x": 1}), calls) / size}


def compiled(size: int) -> Results:
    """The compiled function of a chain."""
    serve = Dataflow.from_module(load(module_text(chain(size)))).compile([f"n{size - 1}"])
    return {"chain": per_call(lambda: serve(x=1), max(1, 20_000 // size)) / size}


def consumers(size: int) -> Results:
    """Build and run, with one source."""
    _warm()
    module = load(module_text(fan(size)))
    return {"consumers": cpu(lambda: Dataflow.from_module(module).run(inputs={"x": 1}), 3)}


def longest(size: int) -> Results:
    """A chain of `size` nodes at the default recursion limit."""
    flow = Dataflow.from_module(load(module_text(chain(size))))
    flow.run([f"n{size - 1}"], inputs={"x": 1})
    return {"longest": float(size)}


def edits(size: int) -> Results:
    """Register the edited cell in a session and compute what is stale."""
    shape = tree(size)
    session = Session(VALUES)
    session.register(
        *(_cell(shape, number) for number in range(size)), CellSource("x", "[0]", "inputs", "", "x = 1")
    )
    _compute(session, list(session.graph.nodes))

    def edit(number: int, turn: int) -> None:
        _compute(session, session.stale_after(session.register(_cell(shape, number, turn))))

    results = {}
    for row, number in (("edit_leaf", size - 1), ("edit_root", 1)):
        results[row] = statistics.median(_timed(edit, number, turn) for turn in range(1, _EDITS + 1))
    return results


def restart(size: int) -> Results:
    """Cells whose results are kept on disk: the first run, and the same in a session that starts anew."""
    with tempfile.TemporaryDirectory() as folder:
        first = cpu(lambda: _kept(folder, size))
        again = cpu(lambda: _kept(folder, size), 3)
        return {"fill": first, "restart": again, "restart_leaf": cpu(lambda: _kept(folder, size, 1))}


def _kept(folder: str, size: int, edit: int = 0) -> None:
    """Run all cells with results on disk; `edit` is another text of the last one."""
    store, shape = DiskStore(folder), tree(size)
    session = Session(VALUES, store)
    session.cache_by_default("disk")
    cells = [_cell(shape, number, edit if number == size - 1 else 0) for number in range(size)]
    session.register(*cells, CellSource("x", "[0]", "inputs", "", "x = 1"))
    _compute(session, list(session.graph.nodes))
    store.flush()


def serve(size: int) -> Results:
    """`flow.compile`."""
    compiled = Dataflow.from_module(load(module_text(ladder(size)))).compile([f"n{size - 1}"])
    return {"serve": per_call(lambda: compiled(x=1), 2000)}


def kinds(size: int) -> Results:
    """Series, frames and a model through `flow.run`."""
    from benchmarks.kinds import overheads  # noqa: PLC0415 - imports pandas

    return overheads(size, _running)


def one_row(size: int) -> Results:
    """One row, as a Series, by `flow.run`."""
    from benchmarks.kinds import one_row  # noqa: PLC0415

    return one_row(size, _running)


def one_row_compiled(size: int) -> Results:
    """One row, as a Series, by `flow.compile` with a sample: without pandas inside."""
    from benchmarks.kinds import one_row  # noqa: PLC0415

    def make(module: ModuleType) -> Callable[[list[str], dict[str, object]], object]:
        import pandas as pd  # noqa: PLC0415

        flow = Dataflow.from_module(module)
        compiled = flow.compile([f"n{size - 1}"], one_row={"x": pd.Series([1.5])})
        return lambda outputs, given: compiled(**given)

    return one_row(size, make)


def _running(module: ModuleType) -> Callable[[list[str], dict[str, object]], object]:
    flow = Dataflow.from_module(module)
    return lambda outputs, given: flow.run(outputs, inputs=given)


def program(size: int) -> Results:
    """A program that builds `size` functions and runs them once."""
    file = str(load(module_text(tree(size))).__file__)
    code = "from kernel_magics import Dataflow; Dataflow.from_module(m).run(inputs={'x': 1})"
    return {"program": process_cpu(sys.executable, "-c", importing(file, code))}


def run_served(size: int) -> Results:
    """The same by `flow.run`."""
    flow, last = Dataflow.from_module(load(module_text(ladder(size)))), [f"n{size - 1}"]
    return {"serve": per_call(lambda: flow.run(last, inputs={"x": 1}), 50)}


def threads(size: int) -> Results:
    """Nodes on threads: eight that sleep, and eight of NumPy against the same one after the other."""
    from benchmarks.columns import numbers  # noqa: PLC0415 - NumPy would count as ours in other experiments

    sleepers = Dataflow.from_module(load(SLEEPERS))
    sorters = Dataflow.from_module(load(SORTERS))
    given = {"x": numbers(size)}
    serial = statistics.median(wall(lambda: sorters.run(inputs=given)) for _ in range(5))
    with ThreadPoolExecutor(8) as pool:
        sleep = wall(lambda: sleepers.run(executor=pool))
        parallel = statistics.median(wall(lambda: sorters.run(inputs=given, executor=pool)) for _ in range(5))
    return {"sleep": sleep, "numpy": parallel / serial}


def frame(size: int) -> Results:
    """`flow.frame` of `size` columns."""
    from benchmarks.columns import inputs  # noqa: PLC0415

    flow, given = Dataflow.from_module(load(feature_text(size))), inputs()
    names = [f"c{i}" for i in range(size)]
    seconds = cpu(lambda: flow.frame(names, inputs=given))
    return {"frame": seconds, "frame_memory": peak_memory()}


def small_frame(size: int) -> Results:
    """`flow.frame` of `size` short columns: the first, and one of several."""
    from benchmarks.columns import inputs  # noqa: PLC0415

    flow, given = Dataflow.from_module(load(feature_text(size))), inputs(10_000)
    names = [f"c{i}" for i in range(size)]
    first = cpu(lambda: flow.frame(names, inputs=given))
    return {"small_frame": first, "small_frame_again": cpu(lambda: flow.frame(names, inputs=given), 5)}


def _warm() -> None:
    Dataflow.from_module(load(module_text(tree(3)))).run(inputs={"x": 1})


def _cell(shape: Shape, number: int, edit: int = 0) -> CellSource:
    name, reads = shape[number]
    return CellSource(f"c{number}", f"[{number}]", "node", name, body(name, reads, edit))


def _compute(session: Session, names: list[str]) -> None:
    for _ in session.compute(names):
        pass


def _timed(edit: Callable[[int, int], None], number: int, turn: int) -> float:
    return cpu(lambda: edit(number, turn))
