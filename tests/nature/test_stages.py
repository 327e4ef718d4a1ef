"""Stages say what may be computed in parts; what they say gives the values of the whole."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.nature.natures import Natures
from kernel_magics.nature.parting import key_axis
from kernel_magics.nature.stages import Stages
from kernel_magics.nature.table import take
from tests.module_file import import_module
from tests.nature.labels import shop

MODULE = """
def sales(df):
    return df.set_index(["store", "day"])["units"].astype(float)


def before(sales):
    return sales.groupby("store").shift(1)


def change(sales, before):
    return sales - before


def usual(change):
    return change.abs().mean()


def large(change, usual):
    return change.abs() > 2 * usual


def totals(sales):
    return sales.groupby("store").sum()


def share(sales, totals):
    return sales / totals.loc[sales.index.get_level_values("store")].to_numpy()


def ranked(share):
    return share.groupby("day").rank()


def largest(ranked):
    return ranked.groupby("store").max()
"""


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Dataflow:
    """A dataflow of nodes that are row-wise, key-wise and whole."""
    return Dataflow.from_module(import_module(tmp_path_factory.mktemp("stages"), MODULE))


@pytest.fixture(scope="module")
def natures(flow: Dataflow) -> Natures:
    """Its natures."""
    return flow.natures(inputs={"df": shop()}, key="store", time="day")


def test_each_node_is_parted_as_it_was_proved(natures: Natures) -> None:
    """Key-wise nodes have what has the key cut; others say why they need everything."""
    how = {name: natures.parting(name, "store") for name in natures}
    assert {name: each.by for name, each in how.items()} == {
        "sales": "key",
        "before": "key",
        "change": "key",
        "usual": "whole",
        "large": "key",
        "totals": "key",
        "share": "key",
        "ranked": "whole",
        "largest": "key",
    }
    assert (how["large"].cut, how["large"].whole) == (("change",), ("usual",))
    assert "its value has no rows by 'store'" in how["usual"].why
    assert not natures.parting("before", "region").in_parts


def test_stages_alternate_and_tell_why(natures: Natures) -> None:
    """What a node needs whole is computed or joined before; the text shows it to a person."""
    stages = natures.stages("store")
    assert [(stage.kind, stage.nodes) for stage in stages.stages] == [
        ("parts", ("sales", "before", "change", "totals", "share")),
        ("whole", ("usual", "ranked")),
        ("parts", ("large", "largest")),
    ]
    assert stages.stages[0].kept == ("sales", "before", "change", "totals", "share")
    assert natures.stages("store", ["large"]).stages[0].kept == ("change",)
    assert "ranked: at store s" in stages.to_text()
    assert [stage.kind for stage in natures.stages("region").stages] == ["whole"]


def computed(flow: Dataflow, stages: Stages, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a dataflow, stage by stage, one key after the other."""
    graph = flow._flow.graph
    functions = flow._flow.calls().function
    for stage in stages.stages:
        keys = sorted({each for name in stage.cut for each in key_of(values, name, stages.key)}) or [None]
        found: dict[str, list[Any]] = {name: [] for name in stage.kept}
        for key in keys:
            given = {name: values[name] for name in stage.given}
            for name in stage.cut:
                rows = (key_of(values, name, stages.key) == key).to_numpy().nonzero()[0]
                given[name] = take(values[name], rows)
            for name in stage.nodes:
                node = graph.node(name)
                given[name] = functions(node)(**{each: given[each] for each in node.input_names})
            for name in stage.kept:
                found[name].append(given[name])
        for name, parts in found.items():
            values[name] = pd.concat(parts) if stage.kind == "parts" else parts[0]
    return values


def key_of(values: dict[str, Any], name: str, key: str) -> Any:
    """The key of each row."""
    axis = key_axis(values, name, key)
    assert axis is not None
    return axis


def test_stages_give_the_values_of_the_whole(flow: Dataflow, natures: Natures) -> None:
    """Computed in stages on other data, each store alone where that is allowed, every value is the same."""
    table = shop(stores=9, days=30, seed=3)
    whole = flow.run(list(natures), inputs={"df": table})
    found = computed(flow, natures.stages("store"), {"df": table})
    for name, value in whole.items():
        if isinstance(value, float):
            assert found[name] == pytest.approx(value)
        else:
            pd.testing.assert_series_equal(found[name].sort_index(), value.sort_index(), check_exact=False)


def test_the_key_of_rows_without_it_is_that_of_rows_with_the_same_labels() -> None:
    """A column taken from a frame has its key; a frame without labels is like no other frame."""
    df = shop()
    values = {"df": df, "units": df["units"], "other": df[["day"]], "short": df["units"].head(5)}
    assert list(key_of(values, "units", "store")) == list(df["store"])
    assert key_axis(values, "other", "store") is None
    assert key_axis(values, "short", "store") is None
