"""The benchmarks run, and what they measure grows as it should: counted in calls, never in time."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import main
from benchmarks.contenders import dagbook
from benchmarks.rows import EXPERIMENTS, ROWS
from benchmarks.shapes import Shape, chain, fan, load, module_text, tree
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.graph.module import read_modules
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.store import DiskStore
from kernel_magics.store import secret as secrets
from kernel_magics.values import VALUES
from kernel_magics.workspace.update import stale_nodes, update
from tests.calls import calls

pytestmark = pytest.mark.slow

SIZES = (200, 400)
X = CellSource("x", "[0]", "inputs", "", "x = 1")


def growth(prepare: Callable[[int], Callable[[], object]]) -> float:
    """How many times more calls twice as many nodes take; 2 for work that is linear."""
    prepare(SIZES[0])()  # imports and caches
    small, large = (calls(prepare(size)) for size in SIZES)
    assert small > 20
    return large / small


def cells(shape: Shape) -> list[CellSource]:
    """The cells of a notebook, inputs first."""
    return [X, *(dagbook._cell(shape, number) for number in range(len(shape)))]


def session_of(shape: Shape) -> Session:
    """A session that has run them all."""
    session = Session(VALUES)
    session.register(*cells(shape))
    list(session.compute())
    return session


def asked(session: Session, cell: CellSource) -> list[str]:
    """What a magic computes when a cell runs, with the number of nodes for the progress bar."""
    wanted = session.stale_after(session.register(cell))
    stale_nodes(session, wanted)
    return wanted


SHAPES: dict[str, Callable[[int], Shape]] = {"chain": chain, "fan": fan, "tree": tree}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_linking_a_module_is_linear(shape: Callable[[int], Shape]) -> None:
    """By its functions, and by its source."""
    modules = {size: load(module_text(shape(size))) for size in SIZES}
    assert growth(lambda size: lambda: Dataflow.from_module(modules[size])) < 2.2
    assert growth(lambda size: lambda: read_modules([modules[size]])) < 2.2


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_running_is_linear(shape: Callable[[int], Shape]) -> None:
    """The plan, the first run and the compiled one."""

    def prepare(size: int) -> Callable[[], object]:
        flow = Dataflow.from_module(load(module_text(shape(size))))
        return lambda: [flow.run(inputs={"x": 1}) for _ in range(4)]

    assert growth(prepare) < 2.2


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_notebook_loads_in_linear_time(shape: Callable[[int], Shape]) -> None:
    """All cells at once, or one after the other, each computed as it comes."""
    assert growth(lambda size: lambda: session_of(shape(size))) < 2.2

    def one_by_one(size: int) -> Callable[[], object]:
        session = Session(VALUES)

        def run() -> None:
            for cell in cells(shape(size)):
                update(session, asked(session, cell))
                session.states_of([cell.name for cell in session.graph.owned.get(cell.id, ())])

        return run

    assert growth(one_by_one) < 2.2


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_editing_a_leaf_costs_the_same_in_any_notebook(shape: Callable[[int], Shape]) -> None:
    """Linking, computing and reporting look at what changed, not at the whole graph."""

    def prepare(size: int) -> Callable[[], object]:
        session, edited = session_of(shape(size)), dagbook._cell(shape(size), size - 1, 1)

        def edit() -> None:
            update(session, asked(session, edited))
            session.states_of([f"n{size - 1}"])

        return edit

    assert growth(prepare) < 1.1


def test_a_restart_is_linear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each result on disk is looked up once."""
    monkeypatch.setattr(secrets, "_home", lambda: tmp_path / "home")
    secrets._secret.cache_clear()

    def prepare(size: int) -> Callable[[], object]:
        folder = tmp_path / str(size)
        dagbook._kept(str(folder), size)

        def restart() -> None:
            session = Session(VALUES, DiskStore(folder))
            session.cache_by_default("disk")
            session.register(*cells(tree(size)))
            list(session.compute())
            assert all(session.memos[f"n{number}"].stored for number in range(size))

        return restart

    assert growth(prepare) < 2.2


def test_the_command_measures_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, a plot and the numbers, of several contenders in processes of their own."""
    files = {name: tmp_path / name for name in ("numbers.json", "table.md", "plot.svg")}
    options = ["--nodes", "10", "20", "--rounds", "1", "--only", "build", "--only", "chain"]
    outputs = ["--json", "numbers.json", "--table", "table.md", "--plot", "plot.svg"]
    assert main([*options, *(str(files.get(word, word)) for word in outputs)]) == 0
    numbers: list[dict[str, Any]] = json.loads(files["numbers.json"].read_text())
    peers = {"hand", "dagbook", "hamilton"}
    assert {item["contender"] for item in numbers} >= peers
    assert all(item["value"] and item["value"] > 0 for item in numbers)
    assert files["table.md"].read_text().strip() == capsys.readouterr().out.strip()
    assert "build the graph of 20 functions" in files["table.md"].read_text()
    assert ElementTree.parse(files["plot.svg"]).getroot().tag.endswith("svg")


def test_every_experiment_has_its_contenders() -> None:
    """What the table would run can be called, where the contender is installed, and every row has a title."""
    titles = {row.name for row in ROWS}
    missing = set()
    for experiment in EXPERIMENTS:
        for target in experiment.contenders.values():
            module, _, function = target.partition(":")
            try:
                contender = importlib.import_module(f"benchmarks.contenders.{module}")
            except ModuleNotFoundError as error:
                missing.add(error.name)
                continue
            assert callable(getattr(contender, function, None)), target
    assert missing <= {"marimo"}, "an extra of its own"
    assert titles >= {"import", "build", "chain", "consumers", "longest", "edit_leaf", "first_run", "frame"}
