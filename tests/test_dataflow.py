"""`Dataflow`: a finished graph, made from a notebook or from modules, run and queried from Python."""

import traceback
import warnings
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.errors import CheckError, NodeError
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.run.user_frames import is_ours
from tests.module_file import import_module
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport pandas as pd\nSCALE = 100",
    "%%inputs\nclicks: pd.Series = pd.Series([1.0, 4.0])  # a day\nviews: pd.Series = pd.Series([2.0, 5.0])",
    "%%params\nfactor: int = 2\nregion = 'US'",
    "%%node ctr --tag owner=ads\n# Clicks per view.\nclicks / views",
    "%%node percent\nctr * SCALE * factor",
    "%%node price --when region=US\nctr + 1",
    "%%node price --when region=EU\nctr + 2",
    "%%node total\nprice.sum()",
    "%%check ctr\nctr <= 1  # at most one",
    "%%check percent --warn\npercent < 150  # below 150",
]
MODULE = '''
"""Features."""
import numpy as np

RATE = 0.5


def _half(x):
    return x * RATE


def spend(clicks, price: float = 2.0):
    """What was spent."""
    return _half(clicks) * price


def log_spend(spend: np.ndarray) -> np.ndarray:
    return np.log(spend)
'''
MORE = "def ratio(spend, views=None, *, scale=10):\n    return spend.sum() * scale if views is None else spend / views\n"


@pytest.fixture
def flow(tmp_path: Path) -> Dataflow:
    """The dataflow of a small notebook."""
    return Dataflow.from_notebook(write_notebook(tmp_path / "ads.ipynb", CELLS))


def test_what_a_notebook_says(flow: Dataflow) -> None:
    """Inputs, params, nodes and checks by name, each with type, docstring, tags and cell."""
    assert list(flow.inputs) == ["clicks", "views"]
    assert list(flow.params) == ["factor", "region"]
    assert list(flow.nodes) == ["ctr", "percent", "price", "total"]
    assert list(flow.checks) == ["check_ctr", "warn_percent"]
    ctr = flow.nodes["ctr"]
    assert (ctr.doc, dict(ctr.tags), ctr.cell, ctr.line) == ("Clicks per view.", {"owner": "ads"}, "[4]", 3)
    assert (flow.inputs["clicks"].type, flow.inputs["clicks"].doc) == ("pd.Series", "a day")
    assert (flow.params["factor"].value, flow.title) == ("2", "ads")


def test_linking_a_notebook_runs_no_node(tmp_path: Path) -> None:
    """Reading runs the setup; inputs and nodes run on request."""
    mark = tmp_path / "ran"
    cells = [
        f"%%setup\nmark = open({str(mark)!r}, 'a')\nmark.write('setup ')",
        "%%inputs\nx = mark.write('input ')",
    ]
    flow = Dataflow.from_notebook(
        write_notebook(tmp_path / "n.ipynb", [*cells, "%%node a\nmark.write('node ') + x"])
    )
    assert list(flow.nodes) == ["a"]
    flow.run("a")
    flow._flow._runtime.namespace["mark"].close()
    assert mark.read_text() == "setup input node "


def test_run_computes_what_is_asked_for(flow: Dataflow) -> None:
    """Only the outputs and what they need are computed; the samples replace inputs left out."""
    events: list[Event] = []
    values = flow.run(["percent"], checks="off", on_event=events.append)
    assert [event.name for event in events if isinstance(event, Finished)] == ["ctr", "percent"]
    assert list(values) == ["percent"]
    assert values["percent"].tolist() == [100.0, 160.0]
    assert set(flow.run(checks="off")) == set(flow.nodes)
    assert flow.run("total")["total"] == pytest.approx(3.3)


def test_inputs_params_and_overrides(flow: Dataflow) -> None:
    """Given values replace samples, defaults, and nodes, which then are not computed."""
    given = pd.Series([1.0, 2.0])
    assert flow.run("ctr", inputs={"clicks": given})["ctr"].tolist() == [0.5, 0.4]
    assert flow.run("percent", params={"factor": 1})["percent"].tolist() == [50.0, 80.0]
    assert flow.run("percent", inputs={"factor": 1})["percent"].tolist() == [50.0, 80.0]
    assert flow.run("total", params={"region": "EU"})["total"] == pytest.approx(5.3)
    events: list[Event] = []
    values = flow.run("total", overrides={"ctr": given * 0}, on_event=events.append)
    assert values["total"] == 2.0
    assert "ctr" not in [event.name for event in events]
    with pytest.raises(DataflowError, match="DB203 'price' has no variant for region='FR'"):
        flow.run("total", params={"region": "FR"})


def test_runs_do_not_see_each_other(flow: Dataflow) -> None:
    """Neither a run's values nor what the caller does to them changes the next run."""
    first = flow.run(["clicks", "ctr"])
    for value in first.values():
        value.iloc[0] = -1.0
    flow.run("ctr", inputs={"clicks": pd.Series([0.0, 0.0])})
    assert flow.run("ctr")["ctr"].tolist() == [0.5, 0.8]
    assert flow.run("clicks")["clicks"].tolist() == [1.0, 4.0]


def test_a_node_cannot_change_what_the_caller_gave(tmp_path: Path) -> None:
    """Given values are isolated like any other, and a lost write is an error."""
    module = import_module(tmp_path, "def a(df):\n    df['x'] = 0\n    return df['x'].sum()\n")
    df = pd.DataFrame({"x": [1, 2]})
    assert Dataflow.from_module(module).run("a", inputs={"df": df})["a"] == 0
    assert df["x"].tolist() == [1, 2]
    cells = [
        "%%inputs\ndf = None",
        "%%node a\ndf['x'].clip(lower=2, inplace=True)\nout = df['x'].sum()\na = out",
    ]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells))
    with pytest.raises(DataflowError, match=r"DB301 'a' failed on line 2.*ChainedAssignmentError"):
        flow.run("a", inputs={"df": df})


def test_several_modules_are_one_dataflow(tmp_path: Path) -> None:
    """Public functions of all of them are nodes; helpers and constants are theirs; defaults are params."""
    flow = Dataflow.from_module(import_module(tmp_path, MODULE), import_module(tmp_path, MORE))
    assert list(flow.nodes) == ["spend", "log_spend", "ratio"]
    assert set(flow.inputs) == {"clicks"}
    assert set(flow.params) == {"price", "views", "scale"}
    assert flow.nodes["spend"].doc == "What was spent."
    given = {"clicks": np.array([1.0, 2.0])}
    assert flow.run("ratio", inputs=given)["ratio"] == 30.0
    assert flow.run("ratio", inputs={**given, "views": 2.0})["ratio"].tolist() == [0.5, 1.0]
    assert flow.run("spend", inputs=given, params={"price": 4})["spend"].tolist() == [2.0, 4.0]


def test_a_module_that_imports_from_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that one module defines and another imports is one node."""
    monkeypatch.syspath_prepend(tmp_path)
    first = import_module(tmp_path, MODULE)
    monkeypatch.setitem(__import__("sys").modules, first.__name__, first)
    second = import_module(
        tmp_path, f"from {first.__name__} import spend\n\ndef twice(clicks):\n    return spend(clicks) * 2\n"
    )
    flow = Dataflow.from_module(first, second)
    assert list(flow.nodes) == ["spend", "log_spend", "twice"]
    assert flow.run("twice", inputs={"clicks": 3})["twice"] == 6.0


def test_variants_checks_and_async_functions_of_a_module(tmp_path: Path) -> None:
    """Decorators and names in an exported module mark variants and checks."""
    text = """
from kernel_magics import when

def _add(x, y):
    return x + y

@when(region="US")
def price__US(net):
    return _add(net, 1)

@when(region="EU")
def price__EU(net):
    return _add(net, 2)

async def total(price):
    return price * 10

def check_total(total) -> dict[str, object]:
    return {"positive": lambda: total > 0}

def warn_total(total) -> dict[str, object]:
    return {"small": lambda: total < 20}
"""
    flow = Dataflow.from_module(import_module(tmp_path, text))
    assert (list(flow.nodes), list(flow.checks)) == (["price", "total"], ["check_total", "warn_total"])
    assert set(flow.inputs) == {"net", "region"}
    assert flow.run("total", inputs={"net": 0, "region": "US"})["total"] == 10
    with pytest.warns(UserWarning, match="DB302 'total' fails 1 of 1 conditions: small"):
        assert flow.run("total", inputs={"net": 0, "region": "EU"})["total"] == 20
    with pytest.raises(DataflowError, match="DB302 'total' fails 1 of 1 conditions: positive"):
        flow.run("total", inputs={"net": -3, "region": "EU"})


def test_checks_raise_warn_or_do_not_run(flow: Dataflow) -> None:
    """A failed check raises; `warn` reports it; `off` leaves the checks out."""
    bad: dict[str, Any] = {"inputs": {"clicks": pd.Series([3.0, 4.0])}}
    with pytest.raises(
        DataflowError, match=r"DB302 'ctr' fails 1 of 1 conditions \(check in cell \[9\]\): at most one"
    ):
        flow.run("ctr", **bad)
    with pytest.warns(UserWarning, match="at most one"):
        assert flow.run("ctr", checks="warn", **bad)["ctr"].tolist() == [1.5, 0.8]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.run("percent", checks="off", **bad)
    with pytest.warns(UserWarning, match="below 150"):
        flow.run("percent")


GUARDED = """
def double(x):
    return x * 2

def half(double):
    return 1 / (double - 8)

def check_x(x) -> dict[str, object]:
    return {"x is small": lambda: x < 3, "x is even": lambda: x % 2 == 0}

def check_double(double) -> dict[str, object]:
    return {"double is small": lambda: double < 7}

def warn_half(half) -> dict[str, object]:
    return {"half is positive": lambda: half > 0}
"""


@pytest.mark.parametrize("executor", [None, "threads"])
def test_no_failed_check_hides_another(tmp_path: Path, executor: str | None) -> None:
    """Everything runs, and then one error names each check and condition that does not hold."""
    flow = Dataflow.from_module(import_module(tmp_path, GUARDED))
    with pytest.warns(UserWarning, match="half is positive") as warned, pytest.raises(CheckError) as caught:
        flow.run("half", inputs={"x": 3.5}, executor=executor)
    assert warned[0].filename == __file__
    assert caught.value.message.split("\n") == [
        "2 checks do not hold:",
        "  'x' fails 2 of 2 conditions: x is small (it is 3.5); x is even (it is 1.5).",
        "  'double' fails 1 of 1 conditions: double is small (it is 7).",
    ]
    assert "`%%check NAME --warn` only warns" in caught.value.hint


@pytest.mark.parametrize("executor", [None, "threads"])
def test_a_node_that_fails_hides_no_failed_check(tmp_path: Path, executor: str | None) -> None:
    """The result of a check before a node failed is added to the failure: it may be the reason."""
    flow = Dataflow.from_module(import_module(tmp_path, GUARDED))
    with pytest.raises(NodeError, match="DB301 'half' failed") as caught:
        flow.run("half", inputs={"x": 4}, executor=executor)
    first, *before = caught.value.message.split("\n")
    assert "ZeroDivisionError" in first
    assert any(line.startswith("  before that, 'x' fails 1 of 2 conditions: x is small") for line in before)


def test_executors_give_what_this_thread_gives(tmp_path: Path, flow: Dataflow) -> None:
    """Any executor of the standard library, or one by name; failures and checks are the same."""
    expected = flow.run(["total", "percent"], checks="off")
    with ThreadPoolExecutor(2) as pool:
        executors: list[Executor | str] = ["threads", pool]
        for executor in executors:
            values = flow.run(["total", "percent"], executor=executor, checks="off")
            assert values["total"] == expected["total"]
            pd.testing.assert_series_equal(values["percent"], expected["percent"])
    with pytest.raises(DataflowError, match="DB302"):
        flow.run("ctr", inputs={"clicks": pd.Series([9.0, 9.0])}, executor="threads")
    broken = Dataflow.from_module(
        import_module(tmp_path, "def a(x):\n    return 1 / x\ndef b(a):\n    return a\n")
    )
    with pytest.raises(DataflowError, match=r"DB301 'a' failed.*ZeroDivisionError"):
        broken.run("b", inputs={"x": 0}, executor="threads")
    with pytest.raises(DataflowError, match=r"DB309 there is no executor 'thread'\..*did you mean 'threads'"):
        flow.run("ctr", executor="thread")


def test_many_independent_nodes_on_threads(tmp_path: Path) -> None:
    """Two thousand nodes side by side take no time that grows with their square."""
    text = "\n".join(f"def n{k}(x):\n    return x + {k}\n" for k in range(2000))
    flow = Dataflow.from_module(import_module(tmp_path, text))
    values = flow.run(inputs={"x": 1}, executor="threads")
    assert sum(values.values()) == 2000 + sum(range(2000))


def test_where_things_come_from_and_go_to(flow: Dataflow) -> None:
    """Upstream and downstream are nearest first; a path leads through the nodes between."""
    assert flow.upstream("total") == ("price", "ctr", "region", "clicks", "views")
    assert flow.downstream("clicks")[0] == "ctr"
    assert set(flow.downstream("ctr")) == {"check_ctr", "percent", "price", "total", "warn_percent"}
    assert flow.path("clicks", "total") == ("clicks", "ctr", "price", "total")
    assert flow.path("total", "clicks") == ()
    assert flow.path("ctr", "ctr") == ("ctr",)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda f: f.run("ctr", inputs={"click": 1}),
            "DB306 there is no input 'click'.*did you mean 'clicks'",
        ),
        (
            lambda f: f.run("ctr", params={"clicks": 1}),
            "DB306 there is no param 'clicks'.*The params are: factor",
        ),
        (lambda f: f.run("ctrr"), "DB308 the dataflow has no 'ctrr'.*did you mean 'ctr'"),
        (lambda f: f.run("ctr", overrides={"crt": 1}), "DB308 the dataflow has no 'crt'.*did you mean 'ctr'"),
        (lambda f: f.upstream("nobody"), "DB308"),
        (lambda f: f.path("ctr", "nobody"), "DB308"),
    ],
)
def test_wrong_names(flow: Dataflow, call: Any, message: str) -> None:
    """The error names what is wrong, and a name that may have been meant."""
    with pytest.raises(DataflowError, match=message):
        call(flow)


def test_what_is_missing(tmp_path: Path) -> None:
    """A module's inputs must be given; a name that nothing defines cannot be computed."""
    flow = Dataflow.from_module(import_module(tmp_path, MODULE))
    with pytest.raises(DataflowError, match="DB306 input 'clicks' was not given"):
        flow.run("spend")
    waiting = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", ["%%node a\nb + 1"]))
    for call in (lambda: waiting.run("a"), lambda: waiting.run("b"), lambda: waiting.upstream("b")):
        with pytest.raises(DataflowError, match="DB203 'a' needs 'b'"):
            call()


def test_names_in_the_text_of_a_query_are_inputs(tmp_path: Path) -> None:
    """`@name` in a frame's query reads the node, input or param of that name."""
    cells = [
        "%%setup\nimport pandas as pd",
        "%%inputs\ntrips: pd.DataFrame = pd.DataFrame({'miles': [1, 5, 9]})",
        "%%params\nfar: int = 4",
        "%%node long_trips\ntrips.query('miles > @far')",
    ]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells))
    assert flow.upstream("long_trips") == ("trips", "far")
    assert flow.run("long_trips", params={"far": 8})["long_trips"]["miles"].tolist() == [9]


def test_an_interrupt_keeps_the_frames_of_the_user(tmp_path: Path) -> None:
    """Of our frames none is left but that of the call itself, however the flow runs."""
    text = "def a():\n    return 1\n\ndef b(a):\n    raise KeyboardInterrupt\n"
    flow = Dataflow.from_module(import_module(tmp_path, text))
    for run in (lambda: flow.run(["b"]), flow.compile(["b"])):
        with pytest.raises(KeyboardInterrupt) as caught:
            run()
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names[-1] == "b"
        ours = [row for row in traceback.extract_tb(caught.value.__traceback__) if is_ours(row.filename)]
        assert len(ours) <= 2
