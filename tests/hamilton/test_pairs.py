"""Each decorator of Apache Hamilton, and each pair, gives its driver's values: in modules, cells and exports."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hamilton import async_driver, driver

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.export.export import export_flow
from kernel_magics.export.request import ExportRequest
from kernel_magics.import_.draft import sources
from kernel_magics.import_.importing import import_module
from kernel_magics.values import VALUES
from tests.export.notebooks import make_session
from tests.hamilton.conftest import Load
from tests.hamilton.modules import NAMED
from tests.hamilton.pairs import FIRST, SHARED, Pair, pairs

CONFIG = {"kind": "a"}
INPUTS = {"n": 3, "k": 4, "m": 5, "raw": 2}
APART = {  # pairs that Hamilton takes, and no cell: the reason
    "frame: with_columns + pipe_input": "together have no form",
    "frame: pipe_input + with_columns": "together have no form",
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """No log of what Hamilton refuses."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def theirs(module: ModuleType, names: tuple[str, ...]) -> Mapping[str, Any]:
    """What Hamilton computes of each output, {} for what it refuses; coroutines that it leaves are awaited."""
    if "async" not in names:
        built = driver.Builder().with_modules(module).with_config(CONFIG).build()
        return dict(built.execute(_outputs(built), inputs=INPUTS))
    waiting = await async_driver.Builder().with_modules(module).with_config(CONFIG).build()
    found = await waiting.execute(_outputs(waiting), inputs=INPUTS)
    return {key: await item if inspect.isawaitable(item) else item for key, item in found.items()}


def _outputs(built: Any) -> list[str]:
    """The names that are nodes for people: not what decorators put between, nor what is only inside others."""
    found = []
    for item in built.list_available_variables():
        apart = item.is_external_input or "." in item.name or item.name in CONFIG
        inner = item.name.startswith(("inner_", "total_")) or item.name.endswith(
            ("_raw", "_validator", "_checked")
        )
        if not (apart or inner or "loader" in item.name):
            found.append(item.name)
    return found


def compared(first: str, load: Load) -> dict[Pair, Mapping[str, Any]]:
    """The pairs that Hamilton takes, with its values."""
    found = {}
    for pair in pairs(first):
        try:
            wanted = asyncio.run(theirs(load(SHARED + pair.text), pair.names))
        except Exception:  # what Hamilton refuses, it refuses in many ways
            continue
        if wanted:
            found[pair] = wanted
    return found


def equal(got: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The outputs whose values differ; of a file that was written, only that it was."""
    return [
        name
        for name, value in wanted.items()
        if name not in got or not (name.startswith("saved_") or VALUES.equal(got[name], value))
    ]


def cells(*found: Pair) -> list[str]:
    """A notebook of some pairs, one cell for each."""
    nodes = [f"%%node\n{pair.text}" for pair in found]
    inputs = "\n".join(f"{name} = {value}" for name, value in INPUTS.items())
    return [f"%%setup\n{NAMED}\n{SHARED}", f"%%inputs\n{inputs}", "%%params\nkind = 'a'", *nodes]


SOON = ("config.when_not", "does", "extract_columns", "pipe_output", "unpack_fields")  # the others are slow


@pytest.mark.parametrize(
    "first", [item if item in SOON else pytest.param(item, marks=pytest.mark.slow) for item in FIRST]
)
def test_pairs_of_decorators(first: str, load: Load, tmp_path: Path) -> None:
    """Values of the module and of cells are the driver's; the export has them, comes in and goes out unchanged."""
    known = compared(first, load)
    assert known
    flow = Dataflow.from_module(load(SHARED + "\n\n".join(pair.text for pair in known)), config=CONFIG)
    every = {name: value for wanted in known.values() for name, value in wanted.items()}
    given = {name: value for name, value in INPUTS.items() if name in flow.inputs}
    assert equal(flow.run(list(every), inputs=given), every) == []
    kept = [pair for pair in known if pair.id not in APART]
    for pair in [pair for pair in known if pair.id in APART]:
        with pytest.raises(DataflowError, match=APART[pair.id]):
            make_session(*cells(pair))
    session = make_session(*cells(*kept))
    list(session.compute())
    wanted = {name: value for pair in kept for name, value in known[pair].items()}
    session_values = {name: memo.value for name, memo in session.memos.items()}
    assert equal({name: session_values[name] for name in wanted if name in session_values}, wanted) == []
    for kind in ("module", "hamilton"):
        text = exported(session, kind, tmp_path / f"first_{kind}", (*wanted,))
        module = Dataflow.from_module(load(text.replace('"""Features', '_DOC = """Features')), config=CONFIG)
        given = {name: value for name, value in INPUTS.items() if name in module.inputs}
        assert equal(module.run(list(wanted), inputs=given), wanted) == []
        back = import_module(text, "features.py")
        again = Session(VALUES)
        again.register(*sources(back.cells), load=False)
        assert (
            exported(again.arranged(sources(back.cells)), kind, tmp_path / f"second_{kind}", (*wanted,))
            == text
        )


BLOCKS = {
    "plain": """
def numbers(n: int) -> Parallelizable[int]:
    yield from range(n)


def square(numbers: int, k: int) -> int:
    return numbers**2 * k


def total(square: Collect[int], numbers: Collect[int], k: int = 1) -> int:
    return sum(square) * k - sum(numbers)
""",
    "two inputs inside": """
def numbers(n: int) -> Parallelizable[int]:
    yield from range(n)


def square(numbers: int) -> int:
    return numbers**2


def both(square: int, numbers: int, k: int = 2) -> int:
    return square + numbers * k


def total(both: Collect[int]) -> list:
    return list(both)
""",
    "decorated": """
@tag(owner="ads")
def numbers(n: int) -> Parallelizable[int]:
    return [*range(n)]


@extract_fields({"low": int, "high": int})
def ends(numbers: int, k: int) -> dict:
    return {"low": numbers, "high": numbers + k}


@check_output(range=(0, 99), importance="fail")
def width(low: int, high: int) -> int:
    return high - low


@cache(behavior="recompute")
def total(width: Collect[int]) -> int:
    return sum(width)
""",
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_of_parallel_computations(name: str, load: Load, tmp_path: Path) -> None:
    """What collects them has the driver's value, as do cells and both modules; these come in and go out unchanged."""
    text = BLOCKS[name]
    builder = driver.Builder().with_modules(load(text)).enable_dynamic_execution(allow_experimental_mode=True)
    wanted = dict(builder.build().execute(["total"], inputs={"n": 3, "k": 4}))
    assert asked(Dataflow.from_module(load(text))) == wanted
    session = make_session(f"%%setup\n{NAMED}", "%%inputs\nn = 3\nk = 4", f"%%node{text}")
    list(session.compute())
    assert session.memos["total"].value == wanted["total"]
    for kind in ("module", "hamilton"):
        module = exported(session, kind, tmp_path / f"first_{kind}", ("total",))
        flow = Dataflow.from_module(load(module.replace('"""Features', '_DOC = """Features')))
        assert asked(flow) == wanted
        again = Session(VALUES)
        back = sources(import_module(module, "features.py").cells)
        again.register(*back, load=False)
        assert exported(again.arranged(back), kind, tmp_path / f"second_{kind}", ("total",)) == module


def asked(flow: Dataflow) -> Mapping[str, Any]:
    """The total, of the inputs and params that the dataflow has."""
    given = {"n": 3, "k": 4}
    params = {name: value for name, value in given.items() if name in flow.params}
    return flow.run("total", inputs={name: given[name] for name in flow.inputs}, params=params)


NOT_HERE = {
    "the block of 'numbers' does not end here": "def numbers(n: int) -> Parallelizable[int]:\n    yield n",
    "the block of 'more' is inside another one": "def numbers(n: int) -> Parallelizable[int]:\n    yield n\n\n"
    "def more(numbers: int) -> Parallelizable[int]:\n    yield numbers\n\n"
    "def total(more: Collect[int]) -> int:\n    return sum(more)",
}


@pytest.mark.parametrize("reason", NOT_HERE)
def test_blocks_that_no_cell_has(reason: str) -> None:
    """A node in another cell would get the list where it expects an item, so these are refused by name."""
    with pytest.raises(DataflowError, match=reason) as caught:
        make_session(f"%%setup\n{NAMED}", "%%inputs\nn = 3", f"%%node\n{NOT_HERE[reason]}")
    assert caught.value.code == "DB115"


def exported(session: Session, kind: Any, folder: Path, outputs: tuple[str, ...]) -> str:
    """The module of a session."""
    path = folder / "features.py"
    path.parent.mkdir()
    export_flow(session, ExportRequest("nb", "nb.ipynb", path, kind=kind, run=False, outputs=outputs))
    return path.read_text()
