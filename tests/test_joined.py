"""A dataflow within another: prefixed, with values for its params, joined with others."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.errors import CheckError
from tests.module_file import import_module
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nBASE = [100]",
    "%%inputs\nprice: float = 10.0",
    "%%params\nregion = 'US'\nrate: float = 0.5",
    "%%node tax --when region=US --tag owner=tax\nprice * rate",
    "%%node tax --when region=EU\nprice * rate * 2",
    "%%node\ndef total(price, tax):\n    '''What is paid.'''\n    return _more(price) + tax + BASE[0]\n\ndef _more(x):\n    return x + 1",
    "%%check total\ntotal < 1000  # affordable",
]
REPORT = "def gap(us_total, eu_total):\n    return eu_total - us_total\n"


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Dataflow:
    """The dataflow of a notebook with variants, a helper, a setup and a check."""
    return Dataflow.from_notebook(write_notebook(tmp_path_factory.mktemp("book") / "prices.ipynb", CELLS))


@given(st.floats(0, 100), st.sampled_from(["US", "EU"]), st.floats(0, 1))
def test_a_prefixed_dataflow_computes_the_same(
    prices: Dataflow, price: float, region: str, rate: float
) -> None:
    """For all inputs and params: bound, given or left out, each node's value is that of its origin."""
    params = {"region": region, "rate": rate}
    wanted = prices.run(inputs={"price": price}, params=params)
    bound = prices.prefixed("x_", params=params)
    assert bound.run(inputs={"price": price}) == {f"x_{name}": value for name, value in wanted.items()}
    free = prices.prefixed("x_")
    assert free.run(inputs={"price": price}, params=params) == bound.run(inputs={"price": price})
    assert free.run() == {f"x_{name}": value for name, value in prices.run().items()}


def test_what_a_prefixed_dataflow_has(prices: Dataflow) -> None:
    """Nodes and checks with the prefix, inputs and params without; tags, docs and links stay."""
    flow = prices.prefixed("us_", params={"region": "US"})
    assert (list(flow.inputs), list(flow.params)) == (["price"], ["rate"])
    assert (list(flow.nodes), list(flow.checks)) == (["us_tax", "us_total"], ["check_us_total"])
    assert flow.nodes["us_total"].doc == "What is paid."
    assert list(flow.nodes.tagged(owner="tax")) == ["us_tax"]
    assert set(flow.upstream("us_total")) == {"price", "us_tax", "rate"}
    with pytest.raises(CheckError):
        flow.run("us_total", inputs={"price": 10_000.0})
    assert flow.compile("us_total")(price=10.0) == {"us_total": 116.0}


def test_two_uses_of_one_dataflow_and_a_module(prices: Dataflow, tmp_path: Path) -> None:
    """They share inputs, and the module reads the nodes of both by name."""
    report = import_module(tmp_path, REPORT)
    parts = [prices.prefixed(f"{name.lower()}_", params={"region": name}) for name in ("US", "EU")]
    flow = Dataflow.joined(*parts, report)
    assert flow.run("gap", inputs={"price": 10.0}) == {"gap": 5.0}
    assert flow.run("gap", inputs={"price": 10.0}, params={"rate": 1.0}) == {"gap": 10.0}
    assert flow.run(report.gap, inputs={"price": 10.0}) == {"gap": 5.0}
    assert list(flow.inputs) == ["price"]


def test_an_input_can_read_another_parts_node(prices: Dataflow) -> None:
    """`inputs` gives the name that an input has outside."""
    first = prices.prefixed("a_")
    second = prices.prefixed("b_", inputs={"price": "a_total"})
    flow = Dataflow.joined(first, second)
    assert flow.run("b_total", inputs={"price": 10.0}) == {"b_total": 117.0 + 58.0 + 100}
    assert "price" in flow.upstream("b_total")


def test_a_later_part_replaces_nodes_only_if_asked(prices: Dataflow, tmp_path: Path) -> None:
    """Otherwise two nodes of one name are an error."""
    other = import_module(tmp_path, "def tax(price):\n    return 0.0\n")
    with pytest.raises(DataflowError) as caught:
        Dataflow.joined(prices, other)
    assert caught.value.code == "DB201"
    flow = Dataflow.joined(prices, other, overrides=True)
    assert flow.run("total", inputs={"price": 10.0}) == {"total": 111.0}


def test_a_cycle_among_parts_is_an_error(prices: Dataflow) -> None:
    """A part cannot read what it is needed for."""
    with pytest.raises(DataflowError) as caught:
        Dataflow.joined(
            prices.prefixed("a_", inputs={"price": "b_total"}),
            prices.prefixed("b_", inputs={"price": "a_total"}),
        )
    assert caught.value.code == "DB202"


def test_parts_with_different_defaults_use_their_own(tmp_path: Path) -> None:
    """Only a given value reaches both; equal defaults are one param."""
    cells = ["%%params\nk = {}", "%%node {}\nk * 10"]
    books = [
        write_notebook(tmp_path / f"{name}.ipynb", [cells[0].format(value), cells[1].format(name)])
        for name, value in (("a", 1), ("b", 2), ("c", 2))
    ]
    one, two, three = map(Dataflow.from_notebook, books)
    flow = Dataflow.joined(one, two)
    assert flow.run() == {"a": 10, "b": 20}
    assert flow.run(params={"k": 3}) == {"a": 30, "b": 30}
    assert Dataflow.joined(two, three).run() == {"b": 20, "c": 20}


def test_bound_values_stay_as_they_are(tmp_path: Path) -> None:
    """A node that changes a bound value changes a copy."""
    book = ["%%params\nrows = [1]", "%%node\ndef longer(rows):\n    rows.append(2)\n    return len(rows)"]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", book)).prefixed(
        "x_", params={"rows": [1]}
    )
    assert [flow.run("x_longer") for _ in range(4)] == [{"x_longer": 2}] * 4


def test_unknown_names_are_refused(prices: Dataflow) -> None:
    """Of params and of inputs."""
    for options in ({"params": {"regoin": "US"}}, {"inputs": {"prize": "x"}}):
        with pytest.raises(DataflowError) as caught:
            prices.prefixed("x_", **options)
        assert caught.value.code == "DB306"


def test_an_input_of_a_module_has_no_sample(tmp_path: Path) -> None:
    """Also in a joined dataflow, a run without it is refused."""
    flow = Dataflow.from_module(import_module(tmp_path, "def y(x, k=2):\n    return x * k\n")).prefixed("p_")
    with pytest.raises(DataflowError, match="DB306 input 'x' was not given"):
        flow.run("p_y")
    assert flow.run("p_y", inputs={"x": 4}) == {"p_y": 8}
    assert not flow.has_sample("x")


def test_a_joined_dataflow_can_be_pickled(prices: Dataflow) -> None:
    """As its parts can be."""
    flow = Dataflow.joined(prices.prefixed("us_", params={"region": "US"}), prices.prefixed("eu_"))
    again = pickle.loads(pickle.dumps(flow))
    assert again.run(inputs={"price": 3.0}) == flow.run(inputs={"price": 3.0})


def test_a_joined_dataflow_runs_in_threads_and_is_drawn(prices: Dataflow) -> None:
    """Like any other dataflow."""
    flow = Dataflow.joined(prices.prefixed("us_"), prices)
    assert flow.run("us_total", executor="threads") == flow.run("us_total")
    assert {"us_total", "total", "price"} <= {node["name"] for node in flow.to_json()["nodes"]}
