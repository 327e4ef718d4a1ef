"""Learning: what is tried, what is told of it, and what is not known with the reason."""

from __future__ import annotations

import random
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics.engine.run.cost import WAITING
from kernel_magics.nature.branches import Branches
from kernel_magics.nature.code import literals_of
from kernel_magics.nature.difference import EXACT, Tolerance, difference
from kernel_magics.nature.enlarge import enlarged, is_small, poverty
from kernel_magics.nature.learn import learn
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shrink import replaced
from kernel_magics.nature.subject import Subject
from kernel_magics.nature.vary import variants
from kernel_magics.nature.words import look_back_words, reasons, scope_words, time_words
from tests.nature.labels import SHOP_KEYS, shop

LIMIT = 1000


def learnt(function: Any, keys: tuple[str, ...] = ("store",), seconds: float = 10.0, **inputs: Any) -> Nature:
    """The nature of a function of the shop's table, or of other inputs."""
    given = inputs or {"df": shop()}
    return learn(Subject(function, seconds=seconds), Sample(given, keys=keys, times=("day",)))


def test_a_counterexample_says_where_and_what() -> None:
    """A refuted verdict names key, time, both values and what was left out."""
    nature = learnt(lambda df: df.groupby("store")["units"].shift(-1))
    why = nature.point_in_time.why
    assert why.startswith("at store s0, day 2024-02-0")
    assert "became NaN when rows after 2024-02-0" in why
    assert why.endswith("were left out")
    assert (scope_words(nature), time_words(nature)) == ("by store", "leak")
    assert any(
        line.startswith("not point-in-time, not the same rows") or "not point-in-time" in line
        for line in reasons(nature)
    )


def test_a_verdict_that_holds_says_how_often_it_was_tried() -> None:
    """A verdict that holds comes with the number of probes."""
    nature = learnt(lambda df: df["price"] * 2)
    assert nature.row_wise.holds is True
    assert nature.row_wise.probes > 100
    assert (nature.shape, nature.carrier, scope_words(nature)) == ("rows of df", ("df",), "row-wise")
    assert look_back_words(nature) == "nothing"


def test_other_values_than_tables_have_verdicts_with_reasons() -> None:
    """Scalars, models, dicts of scalars and functions of no table are whole, or not known with the reason."""
    total = learnt(lambda df: df["units"].sum())
    assert (total.scope, total.row_wise.why) == ("whole", "its rows are not those of an input")
    assert total.keys["store"].why == "its value has no rows by 'store'"
    by_store = learnt(lambda df: df.groupby("store")["units"].sum().to_dict())
    assert by_store.scope == "whole"
    nothing = learnt(lambda n: n + 1, n=3)
    assert (nothing.scope, nothing.row_wise.why) == ("not known", "it reads no table")


def test_several_outputs_are_judged_together() -> None:
    """A dict of series is row-wise where each of them is."""
    both = learnt(lambda df: {"a": df["price"] * 2, "b": df["units"] + 1})
    assert (both.scope, both.shape) == ("row", "2 outputs: rows of df")
    mixed = learnt(lambda df: {"a": df["price"] * 2, "b": df["units"] - df["units"].mean()})
    assert (mixed.row_wise.holds, mixed.scope) == (False, "whole")


@pytest.mark.parametrize("columns", [["price", "units"], ["price"]])
def test_a_counterexample_in_an_array_names_the_row(columns: list[str]) -> None:
    """A row of an array is a row of the sample, however many columns it has."""
    nature = learnt(lambda df: (df[columns] - df[columns].mean()).to_numpy())
    assert nature.row_wise.holds is False
    assert nature.row_wise.why.startswith("at store s")


def test_a_function_that_fails_or_keeps_state_is_not_known() -> None:
    """What cannot be tried says why."""
    kept: list[float] = []

    def remembers(df: pd.DataFrame) -> Any:
        kept.append(1.0)
        return df["price"] * len(kept)

    assert "it fails on the sample: KeyError" in learnt(lambda df: df["nothing"]).row_wise.why
    assert "it changes 'kept'" in learnt(remembers).row_wise.why
    noisy = learnt(lambda df: df["price"] + np.random.normal(size=len(df)))
    assert (noisy.deterministic.holds, noisy.row_wise.holds) == (False, None)


def test_learning_leaves_random_generators_as_they_were() -> None:
    """Whoever draws numbers before and after gets those that a seed gives."""
    np.random.seed(3)
    random.seed(3)
    expected = np.random.random(2), random.random(), random.random()
    np.random.seed(3)
    random.seed(3)
    first, other = np.random.random(1), random.random()
    learnt(lambda df: df["price"] + np.random.normal(size=len(df)))
    assert (first[0], np.random.random(1)[0], other, random.random()) == (*expected[0], *expected[1:])


def test_the_budget_ends_in_not_known() -> None:
    """A function that takes long is not known, with the reason, and is not called again."""

    def slow(df: pd.DataFrame) -> Any:
        time.sleep(0.02)
        return df["price"] * 2

    nature = learnt(slow, seconds=0.05)
    assert nature.row_wise.holds is None
    assert "0.05 s for this node were used up" in f"{nature.row_wise.why} {nature.deterministic.why}"
    assert nature.calls * 0.02 / WAITING < 0.06


def test_a_small_sample_is_enlarged_or_proves_nothing() -> None:
    """Few rows are made more; where that is not possible, nothing that passes is called safe."""
    few = Sample({"df": shop(2, 5)}, keys=SHOP_KEYS, times=("day",))
    assert is_small(few)
    larger = enlarged(few, np.random.default_rng(0))
    assert larger is not None
    assert len(larger.steps) >= 40
    assert len(larger.key_values("store")) >= 4
    assert larger.inputs["df"].groupby("store")["region"].nunique().max() == 1
    assert poverty(larger) == ""

    def at_most_three(table: pd.DataFrame) -> Any:
        if len(table) > 3:
            raise ValueError("too many")
        return table["x"] * 2

    nature = learn(Subject(at_most_three), Sample({"table": pd.DataFrame({"x": [1.0, 2.0, 3.0]})}))
    assert nature.row_wise.holds is None
    assert "only 3 rows" in nature.row_wise.why


def test_tables_with_the_same_rows_are_cut_together() -> None:
    """Equal labels make a group; row numbers do so for columns and one frame of that length."""
    df = shop()
    sample = Sample(
        {"df": df, "sales": df["sales"], "other": df[["day"]].head(300), "array": df["units"].to_numpy()}
    )
    assert [group.tables for group in sample.groups] == [("df", "sales", "array"), ("other",)]
    two = Sample({"one": df, "two": df.copy()})
    assert [group.tables for group in two.groups] == [("one",), ("two",)]
    labelled = df.set_index(["store", "day"])
    assert len(Sample({"a": labelled, "b": labelled["sales"]}).groups) == 1


def test_row_numbers_alone_raise_no_alarm() -> None:
    """Whether two numbered frames have the same rows is not known: what is no leak if they do is not called one."""
    table = shop().reset_index(drop=True)
    other = table[["units"]] * 2.0
    alike = learnt(lambda df, other: df["price"] * other["units"], df=table, other=other)
    assert alike.point_in_time.holds is None
    assert alike.point_in_time.why == (
        "it reads no later rows if 'df' and 'other' have the same rows: give them one index to say so"
    )
    assert time_words(alike) == "not known"
    later = learnt(lambda df, other: df["price"] * other["units"].shift(-1), df=table, other=other)
    assert later.point_in_time.holds is False
    shorter = learnt(lambda df, other: df["price"] * other["units"], df=table, other=other[1:-1])
    assert shorter.point_in_time.holds is False


def test_keys_and_times_are_found_where_they_are_plain() -> None:
    """A level or text that comes again is a key, dates are the time; several dates need a word."""
    df = shop().set_index(["store", "day"]).drop(columns=["region", "category", "note"])
    sample = Sample({"df": df})
    assert (sample.keys, sample.time_names) == (("store",), {0: "day"})
    twice = shop().assign(later=lambda rows: rows["day"] + pd.Timedelta(days=1))
    assert Sample({"df": twice}).time_names == {}
    assert Sample({"df": twice}, times=("later",)).time_names == {0: "later"}
    texts = shop().assign(day=lambda rows: rows["day"].dt.strftime("%Y-%m-%d"))
    assert len(Sample({"df": texts}, times=("day",)).steps) == 60


@pytest.mark.parametrize("variant", variants(), ids=lambda variant: variant.name)
def test_variants_keep_what_keys_and_times_mean(variant: Any) -> None:
    """Each store stays in one region, columns keep their types, and tables of a group their common rows."""
    df = shop()
    sample = Sample({"df": df, "sales": df["sales"]}, keys=SHOP_KEYS, times=("day",))
    literals = literals_of(lambda df: df["price"] > 13.37)
    made = variant.make(sample, literals, np.random.default_rng(3))
    if made is None:
        return
    new = made.inputs["df"]
    assert new.dtypes.tolist() == df.dtypes.tolist()
    assert new.groupby("store")["region"].nunique().max() <= 1
    assert len(made.inputs["sales"]) == len(new)
    assert len(new) > 0


def _over_a_thousand(values: Any) -> Any:
    return values * 2 if len(values) > LIMIT else values


def _helped(values: Any) -> Any:
    return _over_a_thousand(values) if values.max() > 7 else values[:5]


def test_literals_of_code_and_helpers() -> None:
    """Numbers and sizes are those of the function, of its helpers and of the globals that they use."""
    found = literals_of(_helped)
    assert set(found.numbers) >= {2.0, 7.0, 5.0, 1000.0}
    assert 1000 in found.sizes
    assert literals_of(lambda day: day > "2024-02-01").dates == ("2024-02-01",)


def test_a_number_is_replaced_in_copies_only() -> None:
    """A shrunk function uses another number, in its helpers too, and the originals stay as they are."""
    small = replaced(_helped, 1000, 3)
    values = np.arange(10)
    assert small(values).tolist() == (values * 2).tolist()
    assert _helped(values).tolist() == values.tolist()
    assert LIMIT == 1000


def test_a_branch_that_never_ran_is_told() -> None:
    """A condition that has one outcome only leaves its other side unknown; one that only raises does not count."""

    def guarded(x: int) -> int:
        if x > 3:
            raise ValueError
        return x

    branches = Branches(_over_a_thousand)
    with branches.watched():
        _over_a_thousand([1])
    assert "was never taken" in branches.unseen()
    with branches.watched():
        _over_a_thousand(list(range(2000)))
    assert branches.unseen() == ""
    only_raises = Branches(guarded)
    with only_raises.watched():
        guarded(1)
    assert only_raises.unseen() == ""


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (pd.Series([1.0, np.nan]), pd.Series([1.0, np.nan]), None),
        (pd.Series([1, 2]), pd.Series([1.0, 2.0]), None),
        (pd.Series([1.0, 2.0]), pd.Series([1.0, np.nan]), "at 1: 2 became NaN"),
        (pd.Series(["a", None]), pd.Series(["a", "b"]), "at 1: NaN became b"),
        (pd.DataFrame({"x": [1]}), pd.DataFrame({"y": [1]}), "other columns: x, y"),
        (pd.Series([1, 2]), pd.Series([1]), "2 rows became 1"),
        (pd.Series([1, 2], [3, 4]), pd.Series([1, 2], [3, 5]), "row 4 became row 5"),
        ({"a": 1}, {"a": 2}, "1 became 2"),
        ([1, "x"], [1, "y"], "x became y"),
        (np.array([1.0, 2.0]), np.array([1.0, 3.0]), "at row 1: 2 became 3"),
        (
            np.array([[1.0, 2.0], [3.0, 4.0]]),
            np.array([[1.0, 2.0], [3.0, 5.0]]),
            "at row 1, column 1: 4 became 5",
        ),
        (np.array(1.0), np.array(2.0), "at row 0: 1 became 2"),
        (pd.Series([[1, 2]]), pd.Series([[1, 2]]), None),
    ],
)
def test_differences(old: Any, new: Any, text: str | None) -> None:
    """Missing equals missing, int equals float; anything else is told with its place."""
    found = difference(old, new, EXACT)
    assert (None if found is None else found.text) == text


def test_rounding_is_no_difference() -> None:
    """Numbers part by a share of the largest beside them, and where all are small, by what rounding may do."""
    old, new = pd.Series([1e6, 1.0]), pd.Series([1e6, 1.0 + 1e-5])
    assert difference(old, new, Tolerance(1e-9)) is None
    assert difference(old, new, Tolerance(1e-12)) is not None
    assert difference(pd.Series([0.0]), pd.Series([1e-15]), Tolerance(1e-9, 1e-14)) is None
