"""Requests of a `Dataflow`: outputs by function, validation, lenient inputs, async runs, pickles."""

from __future__ import annotations

import asyncio
import importlib
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.run.event import Event, Finished, Started
from tests.notebook_file import write_notebook

MODULE = '''
"""Features."""


def spend(clicks, price: float = 2.0):
    """What was spent."""
    return clicks * price


def ctr(clicks, views):
    return clicks / views


def score(spend, ctr):
    return spend + ctr
'''


Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Write a text to a file on the path, and import it by its name."""
    folder, names = tmp_path_factory.mktemp("modules"), [f"request_{number}" for number in range(9)]
    made: list[str] = []
    sys.path.insert(0, str(folder))

    def load_text(text: str) -> ModuleType:
        made.append(names[len(made)])
        (folder / f"{made[-1]}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(made[-1])

    yield load_text
    sys.path.remove(str(folder))
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def features(load: Load) -> ModuleType:
    """A module of plain functions."""
    return load(MODULE)


def refused(call: Callable[[], object]) -> DataflowError:
    """The error of a call."""
    with pytest.raises(DataflowError) as caught:
        call()
    return caught.value


def test_outputs_can_be_functions(features: ModuleType) -> None:
    """A function of the modules stands for its node, alone, among names, and in every method."""
    flow = Dataflow.from_module(features)
    assert flow.run(features.spend, inputs={"clicks": 3}) == {"spend": 6.0}
    assert flow.run([features.ctr, "spend", "ctr"], inputs={"clicks": 3, "views": 6}) == {
        "ctr": 0.5,
        "spend": 6.0,
    }
    assert flow.needs(features.ctr) == ("clicks", "views")
    assert flow.compile([features.ctr])(clicks=1, views=2) == {"ctr": 0.5}
    flow.validate(features.spend, ["clicks"])


def test_a_function_of_elsewhere_is_no_output(features: ModuleType, load: Load, tmp_path: Path) -> None:
    """The same name in another module is another function; a notebook's nodes are asked for by name."""
    other = load("def ctr(clicks):\n    return 0\n")
    flow = Dataflow.from_module(features)
    error = refused(lambda: flow.run([other.ctr], inputs={"clicks": 1}))
    assert (error.code, error.names) == ("DB308", ("ctr",))
    assert f"'ctr' of '{other.__name__}'" in error.message
    book = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", ["%%inputs\nx = 1", "%%node ctr\nx"]))
    assert refused(lambda: book.run([features.ctr])).code == "DB308"
    assert refused(lambda: flow.run([len])).code == "DB308"


def test_a_variant_is_asked_for_by_the_name_of_its_node(load: Load, tmp_path: Path) -> None:
    """Its function computes the node for one value of a param only."""
    cells = [
        "%%params\nregion = 'US'",
        "%%inputs\nx = 1",
        "%%node tax --when region=US\nx",
        "%%node tax --when region=EU\nx + 1",
    ]
    path = write_notebook(tmp_path / "n.ipynb", cells)
    subprocess.run(
        [sys.executable, "-m", "kernel_magics", "export", str(path), "-o", "taxes.py", "--no-run"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    module = load((tmp_path / "taxes.py").read_text())
    function = next(value for name, value in vars(module).items() if name.startswith("tax_"))
    error = refused(lambda: Dataflow.from_module(module).run([function], inputs={"x": 1}))
    assert (error.code, error.hint) == ("DB308", "it is a variant: ask for 'tax'.")


def test_validate_names_all_that_is_missing(features: ModuleType) -> None:
    """One error for all inputs that a run would miss, and those of `run` for wrong names; nothing runs."""
    flow = Dataflow.from_module(features)
    flow.validate(["score"], ["clicks", "views"])
    flow.validate(["score"], {"clicks": 1, "views": 2, "price": 3})
    flow.validate(["score"], ["clicks"], overrides=["ctr"])
    error = refused(lambda: flow.validate(["score"]))
    assert (error.code, error.names) == ("DB306", ("clicks", "views"))
    assert refused(lambda: flow.validate(["score"], ["clicks", "views", "visits"])).code == "DB306"
    assert refused(lambda: flow.validate(["scores"], ["clicks", "views"])).code == "DB308"
    assert refused(lambda: flow.validate(["spend"], ["clicks"], params={"prize": 1})).code == "DB306"
    flow.validate(["score"], ["clicks", "views", "visits"], extra="ignore")


@given(st.sets(st.sampled_from(["clicks", "views", "price"])), st.sampled_from(["spend", "ctr", "score"]))
def test_validate_refuses_exactly_what_run_refuses(
    features: ModuleType, names: set[str], output: str
) -> None:
    """For every set of given inputs: validation passes if and only if the run does."""
    flow = Dataflow.from_module(features)

    def fails(call: Callable[[], object]) -> str:
        try:
            call()
        except DataflowError as error:
            return error.code
        return ""

    inputs = dict.fromkeys(names, 2.0)
    assert fails(lambda: flow.validate([output], names)) == fails(lambda: flow.run([output], inputs=inputs))


def test_extra_inputs_can_be_ignored(features: ModuleType) -> None:
    """Only names that the dataflow does not have; a node's value is never taken for an input."""
    flow = Dataflow.from_module(features)
    given = {"clicks": 3, "visits": 9}
    assert refused(lambda: flow.run("spend", inputs=given)).code == "DB306"
    assert flow.run("spend", inputs=given, extra="ignore") == {"spend": 6.0}
    assert (
        refused(lambda: flow.run("score", inputs={"ctr": 1.0, "clicks": 1}, extra="ignore")).code == "DB306"
    )
    word: Any = "drop"
    assert refused(lambda: flow.run("spend", inputs=given, extra=word)).code == "DB001"
    assert flow.compile("spend", extra="ignore")(**given) == {"spend": 6.0}
    with pytest.raises(TypeError):
        flow.compile("spend")(**given)


def test_nodes_by_their_tags(tmp_path: Path) -> None:
    """By key, by value, by several values; all conditions hold for each node found."""
    cells = [
        "%%inputs\nx = 1",
        "%%node a --tag owner=ads --tag pii=no\nx",
        "%%node b --tag owner=web\nx",
        "%%node c\nx",
    ]
    nodes = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells)).nodes
    assert list(nodes.tagged("owner")) == ["a", "b"]
    assert list(nodes.tagged(owner="ads")) == ["a"]
    assert list(nodes.tagged(owner=["ads", "web"])) == ["a", "b"]
    assert list(nodes.tagged("pii", owner="web")) == []
    assert list(nodes.tagged(owner=["ads", "web"]).tagged(pii="no")) == ["a"]
    assert nodes.tagged() == nodes


# -- async ---------------------------------------------------------------------------------------------------

ASYNC = """
import asyncio

seen = []


async def first(x):
    seen.append("first begins")
    await asyncio.sleep(0)
    seen.append("first ends")
    return x + 1


async def second(x):
    seen.append("second begins")
    await asyncio.sleep(0)
    seen.append("second ends")
    return x + 2


def plain(x):
    return x * 10


def total(first, second, plain):
    return first + second + plain


async def broken(x):
    raise ValueError("no")


async def endless(x):
    try:
        await asyncio.Event().wait()
    finally:
        seen.append("endless ends")


def both(broken, endless):
    return 1
"""


def test_async_nodes_run_at_the_same_time(load: Load) -> None:
    """Each begins before another ends; the values are those of `run`."""
    module = load(ASYNC)
    flow = Dataflow.from_module(module)
    assert asyncio.run(flow.arun("total", inputs={"x": 1})) == {"total": 15}
    assert [text.split()[1] for text in module.seen] == ["begins", "begins", "ends", "ends"]
    assert flow.run("total", inputs={"x": 1}) == {"total": 15}


def test_the_first_failure_ends_an_async_run(load: Load) -> None:
    """The others are cancelled and have ended when the error arrives."""
    module = load(ASYNC)
    flow = Dataflow.from_module(module)
    error = refused(lambda: asyncio.run(flow.arun("both", inputs={"x": 1})))
    assert (error.code, error.names) == ("DB301", ("broken",))
    assert module.seen == ["endless ends"]


def test_cancelling_an_async_run_cancels_its_nodes(load: Load) -> None:
    """No task of it is left on the loop."""
    module = load(ASYNC)
    flow = Dataflow.from_module(module)

    async def cancelled() -> int:
        run = asyncio.ensure_future(flow.arun("endless", inputs={"x": 1}))
        for _ in range(3):
            await asyncio.sleep(0)
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        return len(asyncio.all_tasks())

    assert asyncio.run(cancelled()) == 1
    assert module.seen == ["endless ends"]


def test_an_async_run_has_checks_events_and_isolation(tmp_path: Path) -> None:
    """As a run in this thread has them."""
    cells = [
        "%%inputs\nrows: list[int] = [1, 2]",
        "%%node\nasync def longer(rows):\n    rows.append(3)\n    return rows",
        "%%node\ndef size(rows):\n    return len(rows)",
        "%%check size\nsize < 2  # short",
    ]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells))
    events: list[Event] = []
    values = asyncio.run(flow.arun(["longer", "size"], checks="off", on_event=events.append))
    assert values == {"longer": [1, 2, 3], "size": 2}
    assert sum(isinstance(event, Started) for event in events) == 2
    assert sum(isinstance(event, Finished) for event in events) == 2
    assert refused(lambda: asyncio.run(flow.arun("size"))).code == "DB302"


# -- pickles -------------------------------------------------------------------------------------------------


def test_a_dataflow_of_a_module_can_be_pickled(features: ModuleType) -> None:
    """The module is imported again by its name; so are compiled requests made again."""
    flow = Dataflow.from_module(features)
    again = pickle.loads(pickle.dumps(flow))
    assert again.run("spend", inputs={"clicks": 3}) == {"spend": 6.0}
    serve = pickle.loads(pickle.dumps(flow.compile([features.spend], params={"price": 5.0}, extra="ignore")))
    assert serve(clicks=2, more=1) == {"spend": 10.0}


def test_a_dataflow_of_a_notebook_can_be_pickled(tmp_path: Path) -> None:
    """Its cells travel with it: another process needs no file."""
    cells = ["%%setup\nSCALE = 10", "%%inputs\nx: int = 2", "%%params\nk = 3", "%%node y\nx * k * SCALE"]
    path = write_notebook(tmp_path / "n.ipynb", cells)
    flow = Dataflow.from_notebook(path)
    path.unlink()
    (tmp_path / "flow.pickle").write_bytes(pickle.dumps((flow, flow.compile("y"))))
    code = "import pickle; f, c = pickle.load(open('flow.pickle', 'rb')); print(f.run('y'), f.title, c(x=1))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "{'y': 60} n {'y': 30}", done.stderr


def test_a_module_that_is_gone_is_one_error(features: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the module."""
    content = pickle.dumps(Dataflow.from_module(features))
    monkeypatch.delitem(sys.modules, features.__name__)
    monkeypatch.setattr(sys, "path", [])
    error = refused(lambda: pickle.loads(content))
    assert error.code == "DB403"
    assert f"'{features.__name__}'" in error.message
