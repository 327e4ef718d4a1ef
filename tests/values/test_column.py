"""Conditions that only compare: tested on bare numbers they give pandas' result, or nothing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.check import CheckResult, evaluate, quick_result
from kernel_magics.values import VALUES

NODE = Node("check_x", "check", "c", "[1]", 1, subject="x", severity="fail")
CONDITIONS = (
    "x > {n}",
    "{n} <= x",
    "x == {n}",
    "x != {n}",
    "x == x",
    "x < -x.min()",
    "((-3 <= x) & (x <= {n})) | (x != x)",
    "~((x < {n}) | (x > 4))",
    "(x != x).mean() <= 0.5",
    "x.isna().mean() < 0.2",
    'x.notna() if hasattr(x, "notna") else x == x',
    'x.isin([1.0, 2.0]) | x.isna() if hasattr(x, "isin") else x in [1.0]',
    "(x > {n}).all()",
    "x.mean() > {n}",
    "len(x) > 2",
    "isinstance(x, pd.Series)",
    "type(x) is pd.Series",
    "(x - 1 > {n}) | (x > {n})",
    "not (x > {n}).all()",
    "str(x) == ''",
    "x > x",
    "x <= np.float64({n})",
    "x.dtype == 'float64'",
)
NUMBERS = st.sampled_from([-7.0, -1.0, 0.0, 1.0, 2.0, 5.0, math.nan, math.inf, -math.inf])
COLUMNS = st.one_of(
    st.lists(NUMBERS, max_size=6).map(lambda rows: pd.Series(rows, dtype="float64")),
    st.lists(st.integers(-5, 5), max_size=6).map(lambda rows: pd.Series(rows, dtype="int64")),
)


def check_of(*conditions: str) -> object:
    """The function of a check."""
    namespace: dict[str, object] = {"pd": pd, "np": np}
    tests = ", ".join(f"{text!r}: lambda: {text}" for text in conditions)
    exec(f"def check_x(x):\n    return {{{tests}}}", namespace)
    return namespace["check_x"]


def both(value: object, *conditions: str) -> tuple[CheckResult | None, CheckResult]:
    """The result of the fast path, and the right one."""
    function = check_of(*conditions)
    quick = quick_result(NODE, function, value, VALUES)  # type: ignore[arg-type]
    return quick, evaluate(NODE, value, function(value), VALUES)  # type: ignore[operator]


@given(
    COLUMNS, st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3), st.sampled_from([-2, 0, 1.5, 3])
)
def test_the_quick_way_agrees_or_says_nothing(column: object, texts: list[str], number: float) -> None:
    """Whatever the numbers and conditions: a result is that of pandas, and only given when all hold."""
    quick, real = both(column, *dict.fromkeys(text.format(n=number) for text in texts))
    assert quick is None or quick == real
    assert quick is None or quick.held


@pytest.mark.parametrize("rows", [[1.0, 2.0, 3.0], [1.0, math.nan, 3.0], []])
def test_what_only_compares_is_quick(rows: list[float]) -> None:
    """A range, few gaps, not missing: on columns with and without gaps, and of no rows."""
    column = pd.Series(rows, dtype="float64")
    texts = ["((0 <= x) & (x <= 5)) | (x != x)", "(x > 0) | x.isna()"]
    quick, real = both(column, *texts, *(["(x != x).mean() <= 0.5"] if rows else []))
    assert quick == real
    assert real.held


@pytest.mark.parametrize(
    "text",
    [
        "x.mean() > 0",
        "isinstance(x, pd.Series)",
        "type(x) is pd.Series",
        "len(x) > 1",
        "x * 2 > 0",
        "(x > 0) if x is not None else False and x.std() > 1 or True",
    ],
)
def test_anything_else_is_left_to_the_value(text: str) -> None:
    """Attributes, classes, lengths, arithmetic: they hold, but not by the quick way."""
    quick, real = both(pd.Series([1.0, 2.0]), text)
    assert real.held
    assert quick is None


@pytest.mark.parametrize(
    "value",
    [
        pd.Series([1.0, 2.0], dtype="Float64"),
        pd.Series([1.0, 2.0], dtype="float32"),
        pd.Series(["1"]),
        pd.DataFrame({"x": [1.0]}),
        np.array([1.0]),
        1.0,
        None,
    ],
)
def test_other_values_are_left_alone(value: object) -> None:
    """Only columns whose comparisons are exactly NumPy's."""
    assert quick_result(NODE, check_of("x == x"), value, VALUES) is None  # type: ignore[arg-type]


def test_a_helper_of_the_setup_with_a_known_name_is_not_taken_for_a_method() -> None:
    """`mean(x)` may be anybody's function."""
    namespace: dict[str, object] = {"mean": lambda value: not isinstance(value, pd.Series)}
    exec("def check_x(x):\n    return {'a': lambda: mean(x)}", namespace)
    assert quick_result(NODE, namespace["check_x"], pd.Series([1.0]), VALUES) is None  # type: ignore[arg-type]
