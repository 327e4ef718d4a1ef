"""Tests that one row without pandas is what pandas makes of it, to the bit, or is declined."""

from __future__ import annotations

import copy
import json
import operator
import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.values import VALUES
from kernel_magics.values.one_row.declined import Declined
from kernel_magics.values.one_row.hard import hard_values
from kernel_magics.values.one_row.library import LIBRARY
from kernel_magics.values.one_row.look_alike import of_pandas, to_pandas
from tests.examples import examples

FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 0.5, 1.5, 2.5, float("nan"), float("inf"), float("-inf"), 1e308, 5e-324]
FLOATS += [2.0**53, -(2.0**63), 2.0**63, 1e22, 123456.789, -0.3]
INTS = [0, 1, -1, 2, 3, 7, -5, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 10**18]
TEXTS = ["", "a", " Ab ", "é", "ß", "İ", "0", "-1.5", "nan", "x" * 40, "a\x1c", None, float("nan")]
MOMENTS = ["NaT", "1970-01-01", "2024-02-29T23:59:59.999999", "1900-01-01", "2262-01-01", "2013-05-05T12:00"]
SPANS = [0, 1, -1, 86_400_000_000, -86_399_999_999, 10**15, np.iinfo(np.int64).min]


def series(values: Any, dtype: Any) -> st.SearchStrategy[pd.Series]:
    """A Series of one row."""
    names = st.sampled_from([None, "a", "b"])
    return st.builds(lambda v, n: pd.Series([v], dtype=dtype, name=n), st.sampled_from(values), names)


def times(kind: str) -> st.SearchStrategy[pd.Series]:
    """Moments or spans in one of three units."""
    values = MOMENTS if kind == "datetime64" else SPANS
    return st.builds(
        lambda v, unit, n: pd.Series(
            np.array([v], dtype=f"{kind}[{unit}]" if kind == "datetime64" else np.int64).view(
                f"{kind}[{unit}]"
            ),
            name=n,
        ),
        st.sampled_from(values),
        st.sampled_from(["us", "ns", "s"]),
        st.sampled_from([None, "a"]),
    )


FLOAT = st.one_of(series(FLOATS, "float64"), st.builds(lambda v: pd.Series([v]), st.floats()))
INT = st.one_of(
    series(INTS, "int64"),
    st.builds(lambda v: pd.Series([v], dtype="int64"), st.integers(-(2**63), 2**63 - 1)),
)
BOOL = series([True, False], "bool")
TEXT = st.one_of(series(TEXTS, "str"), st.builds(lambda v: pd.Series([v], dtype="str"), st.text(max_size=4)))
OTHER = st.one_of(
    series([1, None, 3], "Int64"),
    series([1.5, None], "Float64"),
    series([True, None], "boolean"),
    series(["a", None], "string"),
    series(["a", "b", None], pd.CategoricalDtype(["a", "b"])),
    series([1, "a", None, 1.5], "object"),
    series([0, 1, 100, -128], "int8"),
    series([0, 2**64 - 1], "uint64"),
    series([0.1, float("nan"), 1e38], "float32"),
    series(["2024-01-01T05:00Z", None], "datetime64[us, UTC]"),
)
COLUMN = st.one_of(FLOAT, INT, BOOL, TEXT, times("datetime64"), times("timedelta64"), OTHER)
SCALAR = st.one_of(
    st.sampled_from(
        [*FLOATS, *INTS, True, False, "a", "", None, 2**64, 10**400, np.float64(0.5), np.int64(3)]
    ),
    st.sampled_from([np.float32(0.1), np.int8(100), np.bool_(True), np.str_("a"), pd.NA, pd.NaT, 1j]),
    st.sampled_from(
        [
            pd.Timestamp("2013-07-01"),
            pd.Timestamp(0, tz="UTC"),
            pd.Timedelta("1D"),
            np.datetime64("2024-01-01"),
        ]
    ),
    st.floats(),
    st.integers(-(2**64), 2**64),
)
BINARY = [
    *(
        getattr(operator, name)
        for name in ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor"]
    ),
    *(getattr(operator, name) for name in ["eq", "ne", "lt", "le", "gt", "ge"]),
]
SWAPPED = [lambda a, b, op=op: op(b, a) for op in BINARY]
METHODS_OF_TWO = [
    *(
        lambda a, b, name=name: getattr(a, name)(b)
        for name in ["add", "rsub", "mul", "div", "floordiv", "eq", "lt", "fillna", "where"]
    ),
    lambda a, b: a.clip(b),
    lambda a, b: a.clip(upper=b),
    lambda a, b: a.clip(0, b),
    lambda a, b: a.between(0, b),
    lambda a, b: a.between(b, 1.5, inclusive="left"),
    lambda a, b: a.isin([b]),
    lambda a, b: a.isin([b, 1, 2]),
    lambda a, b: a.where(a > 0, b),
    lambda a, b: a.where(a.notna(), b),
    lambda a, b: a.mask(a == 0, b),
    lambda a, b: a.where(b),
    lambda a, b: a.map({b: 1.0}),
    lambda a, b: a.map({1: b, 2: b}),
    lambda a, b: a.map({"a": 0.5, "b": b}),
    lambda a, b: a.replace(b, 1),
    lambda a, b: np.maximum(a, b),
    lambda a, b: np.minimum(b, a),
    lambda a, b: np.where(a > 0, a, b),
    lambda a, b: np.power(a, b),
    lambda a, b: np.hypot(a, b),
    lambda a, b: np.logical_and(a, b),
    lambda a, b: np.arctan2(a, b),
    lambda a, b: np.multiply(a, b),
    lambda a, b: np.clip(a, 0, b),
]
METHODS_OF_ONE = [
    *(
        lambda a, name=name: getattr(a, name)()
        for name in ["isna", "notna", "abs", "round", "sum", "mean", "min", "max", "any", "all", "median"]
    ),
    *(
        lambda a, to=to: a.astype(to)
        for to in (
            float,
            int,
            bool,
            str,
            "float64",
            "int64",
            "float32",
            "Int64",
            "category",
            "int8",
            "object",
        )
    ),
    *(
        lambda a, f=f: f(a)
        for f in (
            np.log,
            np.log1p,
            np.exp,
            np.sqrt,
            np.abs,
            np.sign,
            np.floor,
            np.isnan,
            np.isfinite,
            np.sin,
            np.square,
            np.rint,
        )
    ),
    lambda a: -a,
    lambda a: +a,
    lambda a: ~a,
    lambda a: abs(a),
    lambda a: a.round(2),
    lambda a: a.round(-2),
    lambda a: a**2,
    lambda a: a**0.5,
    lambda a: a**-1,
    lambda a: 2**a,
    lambda a: a.fillna(a.median()),
    lambda a: a.clip(),
    lambda a: a.clip(2, 1),
    lambda a: a.clip(0, 1e6),
    lambda a: a.rename("z"),
    lambda a: a.map(lambda v: v * 2),
    lambda a: a.map(lambda v: v == v),
    lambda a: a.map(lambda v: type(v).__name__),
    lambda a: a.map(str),
    lambda a: a.map(len),
    lambda a: a.apply(lambda v: v + 0.5),
    lambda a: a.map({}),
    lambda a: a.map({1: 0.25, 0: 2.0}),
    lambda a: a.map({1: 1, 2: 2}),
    lambda a: a.map({"a": 1.5, "": 0.5}),
    lambda a: a.map({"a": "b"}),
    lambda a: a.map({1.0: 2.0}),
    lambda a: a.map({True: 2.0}),
    lambda a: a.str.upper(),
    lambda a: a.str.strip().str.lower(),
    lambda a: a.str.len(),
    lambda a: a.str.contains("a"),
    lambda a: a.str.startswith("a"),
    lambda a: a.str[0],
    lambda a: a.str.replace("a", "b") + "c",
    lambda a: a.dt.days,
    lambda a: a.dt.total_seconds(),
    lambda a: a.dt.year,
    lambda a: a.dt.dayofweek >= 5,
    lambda a: a.dt.normalize(),
    lambda a: a.shape,
    lambda a: a.dtype,
    lambda a: a.name,
    lambda a: len(a),
    lambda a: a.to_numpy(),
    lambda a: a.shift(1),
    lambda a: a.iloc[0],
    lambda a: a[a > 0],
    lambda a: a.head(1),
    lambda a: float(a.iloc[0]) if isinstance(a, pd.Series) else 7,
    lambda a: 1 if a else 2,
    lambda a: f"{a}",
    lambda a: [*a],
]


def outcome(function: Any, *args: Any) -> Any:
    """What a function returns, or the exception that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args)
        except (Exception, Declined) as error:
            return error


def held(function: Any, *args: Any) -> bool:
    """True where look-alikes gave an answer, which is then that of pandas; False where they left it."""
    before = Declined.latest
    found = outcome(function, *map(of_pandas, args))
    if issubclass(type(found), BaseException) or Declined.latest != before:
        return False
    expected = outcome(function, *args)
    assert not isinstance(expected, Exception), f"{found!s} where pandas raises {expected!r}"
    back = to_pandas(found)
    assert type(back) is type(expected), (type(back), type(expected))
    assert VALUES.equal(back, expected), (
        f"{back} {getattr(back, 'dtype', '')}\n{expected} {getattr(expected, 'dtype', '')}"
    )
    return True


@given(COLUMN, st.one_of(COLUMN, SCALAR), st.sampled_from(BINARY + SWAPPED + METHODS_OF_TWO))
@examples(500)
def test_operations_of_two(a: pd.Series, b: Any, operation: Any) -> None:
    """An operation of a column with a column or a plain value gives what pandas gives, or is left to it."""
    held(operation, a, b)


@given(COLUMN, st.sampled_from(METHODS_OF_ONE))
@examples(400)
def test_operations_of_one(a: pd.Series, operation: Any) -> None:
    """An operation of one column gives what pandas gives, or is left to it."""
    held(operation, a)


def sets_a_cell(a: Any) -> None:
    """Writes to a Series."""
    a.iloc[0] = 5.0


def sets_a_name(a: Any) -> None:
    """Renames a Series in its place."""
    a.name = "other"


def sets_by_label(a: Any) -> None:
    """Writes to a Series."""
    a[0] = 5.0


@pytest.mark.parametrize(
    "code",
    [
        lambda a: isinstance(a, pd.Series),
        lambda a: isinstance(a, float),
        lambda a: bool(a > 0),
        lambda a: 1 if a > 0 else 2,
        lambda a: max(a, 2),
        lambda a: 5 in [a],
        float,
        int,
        str,
        repr,
        list,
        hash,
        lambda a: f"{a}",
        lambda a: "%s" % a,  # noqa: UP031
        lambda a: a[0],
        lambda a: a.iloc[0],
        lambda a: a.loc[0],
        lambda a: a.groupby(a),
        lambda a: a.attrs,
        lambda a: a.T,
        lambda a: a._values,
        lambda a: a.fillna(0, inplace=True),
        lambda a: np.asarray(a),
        lambda a: np.log(a, out=np.zeros(1)),
        lambda a: np.put(a, 0, 5),
        lambda a: pd.concat([a, a]),
        lambda a: pd.isna(a),
        lambda a: pd.Series(a),
        lambda a: pd.DataFrame({"x": a}),
        lambda a: copy.copy(a),
        lambda a: copy.deepcopy(a),
        pickle.dumps,
        json.dumps,
        sets_a_cell,
        sets_a_name,
        sets_by_label,
    ],
)
def test_what_could_tell_or_change_it_is_left_to_pandas(code: Any) -> None:
    """No code gets an answer that tells a look-alike from a Series, and no write gets lost."""
    one = of_pandas(pd.Series([1.5], name="a"))
    with pytest.raises((Declined, TypeError, AttributeError)):
        code(one)
    pd.testing.assert_series_equal(to_pandas(one), pd.Series([1.5], name="a"))


@pytest.mark.parametrize(
    "table",
    [
        pd.Series([1.0, 2.0]),
        pd.Series([], dtype=float),
        pd.Series([1.0], index=[3]),
        pd.Series([1.0], index=pd.RangeIndex(1, name="i")),
        pd.Series([1.0], name=3),
        pd.DataFrame({"a": [1.0, 2.0]}),
        pd.DataFrame([[1.0]]),
        pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]),
        pd.DataFrame({"a": [1.0]}, index=["x"]),
    ],
)
def test_other_tables_have_no_look_alike(table: Any) -> None:
    """More rows, other indexes and unusual names are left to pandas, as are attributes."""
    with pytest.raises(Declined):
        of_pandas(table)
    marked = pd.Series([1.0])
    marked.attrs["unit"] = "m"
    with pytest.raises(Declined):
        of_pandas(marked)


FRAME = pd.DataFrame(
    {
        "a": [1.5],
        "b": [2],
        "c": ["x"],
        "d": [True],
        "t": np.array(["2013-05-05"], dtype="datetime64[us]"),
        "k": pd.Categorical(["u"], ["u", "v"]),
    }
)


def columns_added(df: Any) -> Any:
    """Columns set in a copy, one of them read before."""
    mine = df.copy()
    mine["e"] = mine["a"] * 2
    mine["f"] = 1
    mine["g"] = np.where(mine["a"] > 1, mine["b"], 0)
    mine["e"] += 1
    return mine


@pytest.mark.parametrize(
    "code",
    [
        lambda df: df["a"] + df.b,
        lambda df: df[["b", "a"]],
        lambda df: df.assign(z=df["a"] / df["b"], y=lambda d: d.z + 1, x="text", w=2, v=True),
        columns_added,
        lambda df: df[["a", "b"]].sum(axis=1),
        lambda df: df[["a", "b"]].mean(axis=1) > 1,
        lambda df: df[["a"]].to_numpy() @ np.array([2.0]),
        lambda df: df[["a", "b"]] * 2,
        lambda df: df.drop(columns=["a", "k"]),
        lambda df: df.rename(columns={"a": "z"}),
        lambda df: df.fillna({"a": 0.0}),
        lambda df: df.astype({"a": "int64"}),
        lambda df: "a" in df and len(df) == 1 and list(df.columns) == list("abcdtk"),
        lambda df: df["t"].dt.month + df["k"].isna(),
        lambda df: df["k"].astype("str").str.upper() + df["c"],
        lambda df: (pd.Timestamp("2013-07-01") - df["t"]).dt.days.astype(float),
        lambda df: pd.Series(np.log(df[["a"]].to_numpy())[:, 0], index=df.index, name="log"),
    ],
)
def test_a_frame_of_one_row(code: Any) -> None:
    """What usual code makes of a frame is what pandas makes of it, without a look at pandas by the caller."""
    assert held(code, FRAME)


@pytest.mark.parametrize(
    "code",
    [
        lambda pd, a, b: pd.concat([a, b], axis=1, keys=["x", "y"]),
        lambda pd, a, b: pd.concat([a.rename("u"), b.rename("v")], axis=1),
        lambda pd, a, b: pd.DataFrame({"x": a, "y": b * 2, "z": 1.5, "w": "text", "v": 3}),
        lambda pd, a, b: pd.isna(a) | pd.notna(b),
        lambda pd, a, b: pd.to_numeric(a.astype("str")),
        lambda pd, a, b: pd.cut(a, [0, 1, 2]),
        lambda pd, a, b: pd.Series(a, name="z"),
        lambda pd, a, b: pd.Timestamp("2024-01-01") if pd.isna(3.0) else a,
    ],
)
def test_functions_of_pandas_take_look_alikes(code: Any) -> None:
    """The module that stands for pandas does with look-alikes what pandas does with tables."""
    a, b = pd.Series([1.5], name="a"), pd.Series([2], name="b")
    found, expected = to_pandas(code(LIBRARY, of_pandas(a), of_pandas(b))), code(pd, a, b)
    assert type(found) is type(expected)
    assert VALUES.equal(found, expected), (found, expected)


def test_a_frame_that_others_have_is_not_written_to() -> None:
    """A column is set in a copy only, as copy-on-write has it."""
    given_ = of_pandas(FRAME)
    with pytest.raises(Declined):
        given_["a"] = 3.0
    mine = given_.copy()
    mine["a"] = 3.0
    assert to_pandas(given_["a"]).tolist() == [1.5]
    assert to_pandas(mine["a"]).tolist() == [3.0]


@given(COLUMN)
@examples(200)
def test_there_and_back(a: pd.Series) -> None:
    """A Series of one row is itself again, and shares no memory with its look-alike."""
    one = of_pandas(a)
    for _ in range(2):
        back = to_pandas(one)
        assert VALUES.equal(back, a)
        if back.dtype == np.float64:
            back.iloc[0] = 77.0  # a write to what the look-alike gave is no write to it


@given(COLUMN)
@examples(100)
def test_hard_values_are_of_the_same_dtype(a: pd.Series) -> None:
    """The proof tries values that the column could hold, several for each dtype."""
    found = hard_values(a)
    assert len(found) > 1
    assert {(one.dtype, one.name, len(one)) for one in found} == {(a.dtype, a.name, 1)}
