"""A dataflow of shops with natures that were written down, so that no test has to learn them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics import Dataflow
from kernel_magics.nature.kept import Kept
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.verdict import Verdict, refused
from kernel_magics.nature.world import make_world
from kernel_magics.scale.run import Request, Run, sample_of
from tests.module_file import import_module

MODULE = '''
import numpy as np
import pandas as pd


def sales(df):
    return df.set_index(["store", "day"])["units"].astype(float)


def before(sales):
    return sales.groupby("store").shift(1)


def change(sales, before):
    return sales - before


def usual(change, factor: float = 2.0):
    """The mean change, times a factor."""
    return factor * change.abs().mean()


def large(change, usual):
    return change.abs() > usual


def totals(sales):
    return sales.groupby("store").sum()


def cleaned(df):
    return df[df["units"] > 3]


def two(df):
    return {"price": df["price"] * 2, "raw": df["units"].to_numpy() + 1}


def price(two):
    return two["price"]


def ranked(sales):
    return sales.groupby("day").rank()


def broken(sales, bad: str = "none"):
    if (sales.index.get_level_values("store") == bad).any():
        raise ValueError("no such store")
    return sales


def among(sales, centred: bool = False):
    return sales - sales.mean() if centred else sales
'''

PARTED = {
    "sales": "df",
    "before": "sales",
    "change": "sales before",
    "large": "change",
    "totals": "sales",
    "cleaned": "df",
    "two": "df",
    "price": "two",
    "broken": "sales",
}
WHOLE = ("usual", "ranked", "among")


def shops(stores: int = 7, days: int = 20, seed: int = 1) -> pd.DataFrame:
    """A table of shops and days, in no order, some days missing."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"s{n}" for n in range(stores)], pd.date_range("2024-01-01", periods=days)]
    )
    table = pd.DataFrame({"store": index.get_level_values(0), "day": index.get_level_values(1)})
    table["units"] = rng.integers(0, 30, len(table))
    table["price"] = rng.normal(10, 2, len(table)).round(2)
    table.loc[rng.random(len(table)) < 0.1, "price"] = np.nan
    return table[rng.random(len(table)) < 0.9].sample(frac=1, random_state=seed).reset_index(drop=True)


def natures(**other: Nature) -> dict[str, Nature]:
    """What is true of the module, unless something else is claimed."""
    known = {name: by_store(*reads.split()) for name, reads in PARTED.items()}
    return {
        **known,
        **{name: Nature(keys={"store": refused("it looks at all rows")}) for name in WHOLE},
        **other,
    }


def by_store(*having: str) -> Nature:
    """The nature of a node that is key-wise by store."""
    tables = tuple(f"{name}[price]" if name == "two" else name for name in having)
    return Nature(keys={"store": Verdict(True, 9)}, having={"store": tables})


def shop_flow(folder: Path, text: str = MODULE) -> Dataflow:
    """The dataflow."""
    return Dataflow.from_module(import_module(folder, text))


def run_of(
    flow: Dataflow,
    outputs: list[str],
    inputs: Mapping[str, Any],
    known: Mapping[str, Nature] | None = None,
    kept: Kept | None = None,
    **options: Any,
) -> Run:
    """A run in parts of the store, with these natures; its sample has the defaults of the params."""
    options = {"executor": "threads", "parts": 3, **options}
    request = Request(tuple(outputs), inputs, "store", **options)
    tables = {name: value for name, value in inputs.items() if name in flow.inputs}
    sample = sample_of(tables, "store")
    inner = flow._flow
    params = {name: inner.default(node) for name, node in flow.params.items()}
    world = make_world(
        flow.graph, inner.calls().function, {**params, **sample}, keys=("store",), times=("day",)
    )
    return Run(inner, request, natures() if known is None else known, world, kept)


def values_of(run: Run) -> dict[str, Any]:
    """Run it; the values of its outputs."""
    with run.done() as folder:
        return {name: run.value(folder, name) for name in run.request.outputs}


def assert_same(whole: Any, parts: Any) -> None:
    """Two values are the same in every cell, label and type."""
    if isinstance(whole, dict):
        assert list(whole) == list(parts)
        for name in whole:
            assert_same(whole[name], parts[name])
    elif isinstance(whole, pd.DataFrame):
        pd.testing.assert_frame_equal(parts, whole, check_exact=True, check_index_type="exact")
    elif isinstance(whole, pd.Series):
        pd.testing.assert_series_equal(parts, whole, check_exact=True, check_index_type="exact")
    elif isinstance(whole, np.ndarray):
        np.testing.assert_array_equal(parts, whole, strict=True)
    else:
        assert parts == whole
