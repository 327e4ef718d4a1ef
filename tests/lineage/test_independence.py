"""What a lineage says to be independent is: no result changes when an input column changes that it does not name."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.api.typing import (
    DataFrameGroupBy,
    Expanding,
    ExponentialMovingWindow,
    Resampler,
    Rolling,
    SeriesGroupBy,
)

from kernel_magics.lineage.columns import origin_lines
from kernel_magics.lineage.effects import EFFECTS, FRAME_NAMES, SERIES_NAMES
from kernel_magics.lineage.methods import METHODS
from tests.lineage.independence import Outcome, origin_of, outcomes, report, tried
from tests.lineage.programs import SETUP, inputs

BODIES = (Path(__file__).parent / "bodies.txt").read_text().strip().split("\n---\n")


def facts(found: list[Outcome]) -> list[str]:
    """The programs whose lineage is sure and wrong."""
    return [f"{each.body}\n{each.origin}\n{each.wrong[0]}" for each in found if each.wrong]


def test_nothing_that_is_said_to_be_independent_changes() -> None:
    """Twenty random programs: lineage is never sure and wrong, and sure often enough to be of use."""
    found = list(outcomes(range(20)))
    assert not facts(found)
    assert report(found)["sure"] > 0.6


@pytest.mark.slow
def test_nothing_that_is_said_to_be_independent_changes_in_thousands() -> None:
    """The same for two thousand programs, with the share of what does not matter that is said not to."""
    found = list(outcomes(range(20, 2100), every=True))
    assert not facts(found)
    assert report(found)["independent said"] > 0.55


@pytest.mark.parametrize("bodies", [BODIES[::6], pytest.param(BODIES, marks=pytest.mark.slow)], ids=len)
def test_code_that_hides_what_it_reads(bodies: list[str]) -> None:
    """Aliases, containers, closures, ways out of loops, calls by position: right, or not sure."""
    setup: dict[str, Any] = {}
    exec(SETUP, setup)
    draw = np.random.default_rng(7)
    given = inputs(draw)
    found = [Outcome(body, origin_of(body), []) for body in bodies]
    for each in found:
        each.tried += tried(each.body, each.origin, given, setup, draw)
    assert not facts(found)
    assert sum(len(each.tried) > 0 for each in found) > 0.6 * len(found)


@pytest.mark.parametrize(
    "body",
    [
        'df.swaplevels("a")["a"]',
        'df.no_such_method()["a"]',
        'df.no_such_method(df["b"])',
        'df.groupby("g").no_such_method()["a"]',
        'df.sum(no_such_parameter=1)["a"]',
        'df.sort_values(*["b"])["a"]',
        'df.merge(other)["v"]',
        'df.merge(other, on="g")["a_x"]',
        'df.join(other["v"])["v"]',
        'df.rename(columns=str.upper)["A"]',
        "df.query(text)",
        "df[name]",
    ],
)
def test_a_method_or_argument_that_is_not_modelled_is_not_sure(body: str) -> None:
    """The table of effects says what is known; everything else is said not to be sure."""
    origin = origin_of(body)
    assert not origin.exact
    assert any("not sure" in line for line in origin_lines("result", {"result": origin}))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('df[["a", "b"]].sum(axis=1)', {"a", "b"}),
        ('df[["a", "b"]].agg("sum", axis=1)', {"a", "b"}),
        ('df.apply(lambda r: r["a"] + r.b, axis=1)', {"a", "b"}),
        ('df.nlargest(1, "b")["a"]', {"a", "b"}),
        ('df.drop_duplicates("s")["a"]', {"a", "s"}),
        ('df.drop_duplicates()["a"]', {"a", "*"}),
        ('df.dropna(subset=["b"])["a"]', {"a", "b"}),
        ('df.dropna()["a"]', {"a", "*"}),
        ('df.sort_values(["b", "n"]).head(2)["a"]', {"a", "b", "n"}),
        ('df.explode("n")["a"]', {"a", "n"}),
        ('df.resample("W", on="t")["a"].sum()', {"a", "t"}),
        ('df.groupby(df["b"] > 0)["a"].sum()', {"a", "b"}),
        ('df.assign(c=df["a"] * 2, d=lambda x: x["c"] + x["b"])["d"]', {"a", "b"}),
        ('for c in ["a", "b"]:\n    df[f"{c}_lag"] = df[c].shift(1)\ndf["a_lag"]', {"a"}),
        ('(df[NUMBERS] - df[NUMBERS].mean())["b"]', {"b"}),
        ('df.query("`a` > @df.b.mean()")["n"]', {"n", "a", "*"}),
    ],
)
def test_rows_are_made_of_what_decides_them(body: str, expected: set[str]) -> None:
    """What is modelled is sure, with the columns that decide the rows among the sources."""
    origin = origin_of(body)
    assert origin.exact
    assert {column for _, column in origin.columns[""] | origin.rows} == expected


def _attributes(kind: type) -> set[str]:
    """The public attributes of a class of pandas, without accessors that imported libraries have registered."""
    public = {name for name in dir(kind) if not name.startswith("_")}
    accessors = {
        name: inspect.getattr_static(kind, name) for name in public & getattr(kind, "_accessors", set())
    }
    return public - {
        name
        for name, item in accessors.items()
        if not getattr(item, "_accessor", kind).__module__.startswith("pandas.")
    }


def test_every_attribute_of_pandas_is_known_to_be_no_column() -> None:
    """`df.name` is a column only where pandas has no attribute of that name."""
    assert _attributes(pd.DataFrame) <= FRAME_NAMES
    for kind in (
        pd.Series,
        DataFrameGroupBy,
        SeriesGroupBy,
        Rolling,
        Expanding,
        ExponentialMovingWindow,
        Resampler,
    ):
        assert _attributes(kind) <= FRAME_NAMES | SERIES_NAMES


def test_the_table_has_the_parameters_of_pandas() -> None:
    """An argument by position is the one that pandas takes it for."""
    assert len(METHODS) > 100
    for name, effect in EFFECTS.items():
        method = getattr(pd.DataFrame, name, None)
        if method is None:
            continue
        listed = list(inspect.signature(method).parameters.values())[1:]
        if any(item.kind is item.VAR_POSITIONAL for item in listed):
            continue
        places = [item.name for item in listed if item.kind is item.POSITIONAL_OR_KEYWORD]
        if places and name not in ("corr", "cov", "value_counts"):  # a frame as a whole, whatever is given
            known = effect.parameters[: len(places)]
            assert list(known) == places[: len(known)], name
