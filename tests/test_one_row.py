"""`Dataflow.compile(one_row=…)`: one row gets the values of pandas, by look-alikes where that is shown."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.errors import NodeError
from kernel_magics.values import VALUES
from kernel_magics.values.one_row import frame, number, text
from tests.module_file import import_module

MODULE = """
from collections.abc import Callable

import numpy as np
import pandas as pd

BANDS = {"a": 0.5, "b": 2.0}

def ratio(df: pd.DataFrame) -> pd.Series:
    return (df["x"] / df["n"]).clip(0, 10).fillna(-1.0)

def logged(ratio: pd.Series) -> pd.Series:
    return np.log1p(ratio.where(ratio > 0, 0.0)).round(3)

def band(df: pd.DataFrame, rate: float = 2.0) -> pd.Series:
    return df["text"].map(BANDS).fillna(rate)

def days(df: pd.DataFrame) -> pd.Series:
    return (pd.Timestamp("2024-03-01") - df["at"]).dt.days

def label(df: pd.DataFrame) -> pd.Series:
    return df["text"].str.upper() + "!"

def table(ratio: pd.Series, logged: pd.Series, band: pd.Series) -> pd.DataFrame:
    return pd.concat([ratio, logged, band], axis=1, keys=["r", "l", "b"])

def total(table: pd.DataFrame) -> pd.Series:
    return table.sum(axis=1) * 2

def first(df: pd.DataFrame) -> float:
    return float(df["x"].iloc[0])

def asked(df: pd.DataFrame) -> pd.Series:
    return df["x"] * 2 if isinstance(df, pd.DataFrame) else df["x"]

def told(df: pd.DataFrame) -> pd.Series:
    return df["x"] * (2 if type(df) is pd.DataFrame else 3)

def quiet(df: pd.DataFrame) -> pd.Series:
    try:
        return df["x"].loc[0] + df["n"]
    except:
        return df["n"]

def chosen(df: pd.DataFrame, how: str = "mul") -> pd.Series:
    return df["x"] * 2 if how == "mul" else df["x"].groupby(df["n"]).transform("sum")

def filtered(df: pd.DataFrame) -> pd.Series:
    return df["x"][df["x"] > 0]

def mine(df: pd.DataFrame) -> pd.DataFrame:
    df["y"] = df["x"] + 1
    return df

def parts(df: pd.DataFrame) -> dict:
    return {"x": df["x"]}

def part(parts: dict) -> pd.Series:
    return parts["x"] + 1

def check_ratio(ratio: pd.Series) -> dict[str, Callable[[], object]]:
    return {"small": lambda: ratio < 5, "there": lambda: ratio.notna()}
"""
SAMPLE = pd.DataFrame(
    {
        "x": [1.5, -2.0, np.nan],
        "n": [2, 0, 7],
        "text": ["a", "c", None],
        "at": np.array(["2024-01-01", "2023-05-05", "NaT"], dtype="datetime64[us]"),
    }
)
NODES = ["ratio", "logged", "band", "days", "label", "table", "total", "first", "asked", "told", "quiet"]
NODES += ["chosen", "filtered", "mine", "parts", "part"]


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Dataflow:
    """A dataflow of nodes that look-alikes know, and of nodes that they do not know."""
    return Dataflow.from_module(import_module(tmp_path_factory.mktemp("one"), MODULE))


def rows() -> list[pd.DataFrame]:
    """One row each: the samples and others."""
    more = SAMPLE.assign(x=[0.0, np.inf, -1e308], n=[-(2**63), 2**63 - 1, 1], text=["", "b", "ß"])
    return [each.iloc[i : i + 1].reset_index(drop=True) for each in (SAMPLE, more) for i in range(3)]


@pytest.fixture(scope="module")
def every(flow: Dataflow) -> Any:
    """All nodes, compiled for one row."""
    return flow.compile(NODES, one_row={"df": SAMPLE})


def test_one_row_has_the_values_of_pandas(flow: Dataflow, every: Any) -> None:
    """Every node, whether pandas computes it or not."""
    plain = flow.compile(NODES)
    for row in rows():
        found, expected = every(df=row), plain(df=row)
        for name in NODES:
            assert type(found[name]) is type(expected[name])
            assert VALUES.equal(found[name], expected[name]), (name, found[name], expected[name])


def test_says_which_nodes_pandas_computes_and_why(every: Any) -> None:
    """Usual code needs no pandas; for the others there is a reason."""
    reasons = every.one_row.reasons
    known = {"ratio", "logged", "band", "days", "label", "table", "total", "chosen"}
    assert reasons.keys() == set(NODES) - known - {"part"}, reasons
    assert reasons["first"] == "no look-alike has .iloc"
    assert reasons["asked"] == "no look-alike has isinstance"
    assert reasons["told"] == "its code calls type()"
    assert reasons["quiet"] == "its code goes on after what no look-alike has"
    assert reasons["mine"] == "no look-alike has a write to a DataFrame"
    assert reasons["parts"] == "its value is a dict"


def test_other_requests_are_those_of_pandas(flow: Dataflow) -> None:
    """Several rows, another index, attributes: the values of the plain function, index and all."""
    quick: Any = flow.compile(["total", "label"], one_row={"df": SAMPLE})
    plain = flow.compile(["total", "label"])
    for given in (SAMPLE, SAMPLE.iloc[1:2], SAMPLE.iloc[:0]):
        assert VALUES.equal(quick(df=given), plain(df=given))


def test_a_param_that_chooses_unknown_code(flow: Dataflow) -> None:
    """What no look-alike knows is seen at run time, too: pandas answers this request, and all later ones."""
    quick: Any = flow.compile(["chosen"], one_row={"df": SAMPLE})
    row = rows()[0]
    assert not quick.one_row.reasons
    assert quick(df=row, how="sum")["chosen"].tolist() == [1.5]
    assert quick.one_row.reasons == {"chosen": "no look-alike has .groupby"}
    assert quick(df=row)["chosen"].tolist() == [3.0]


def test_errors_are_those_of_pandas(flow: Dataflow) -> None:
    """A request that fails raises what the plain function raises: node, message and inputs."""
    quick: Any = flow.compile(["ratio"], one_row={"df": SAMPLE})
    plain = flow.compile(["ratio"])
    for given in (SAMPLE[["x"]].iloc[:1], SAMPLE.assign(n="text").iloc[:1]):
        with pytest.raises(NodeError) as expected:
            plain(df=given)
        with pytest.raises(NodeError) as found:
            quick(df=given)
        assert str(found.value) == str(expected.value)
    assert not quick.one_row.reasons  # the request was wrong, not the node
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        quick(other=1)


def test_checks(flow: Dataflow) -> None:
    """A check has the same conditions, with the same failing rows."""
    quick: Any = flow.compile(["check_ratio"], one_row={"df": SAMPLE})
    plain = flow.compile(["check_ratio"])
    assert quick.one_row.reasons == {}
    held = [quick(df=row)["check_ratio"] for row in rows()]
    assert held == [plain(df=row)["check_ratio"] for row in rows()]
    assert {one.held for one in held} == {True, False}


def test_survives_pickling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof is made again from the samples where it is read."""
    monkeypatch.syspath_prepend(str(tmp_path))
    flow = Dataflow.from_module(import_module(tmp_path, MODULE))
    quick: Any = pickle.loads(pickle.dumps(flow.compile(["ratio"], one_row={"df": SAMPLE})))
    assert quick.one_row.reasons == {}
    assert quick(df=rows()[0])["ratio"].tolist() == [0.75]


def test_without_tables_it_is_the_plain_function(tmp_path: Path) -> None:
    """Nothing to look like, nothing to prove."""
    plain: Any = Dataflow.from_module(import_module(tmp_path, "def n(x):\n    return x + 1\n")).compile(
        ["n"], one_row={"x": 1}
    )
    assert plain.one_row is None
    assert plain(x=1) == {"n": 2}


def wrong_sign(self: Any, other: Any) -> Any:
    """Subtracts the other way round."""
    return number.OneFloat(other - self._value if type(other) is float else 0.0, self._name)


MUTANTS = {
    "clip": (number.OneFloat, "clip", lambda self, lower, upper: self),
    "gaps": (number.OneFloat, "fillna", lambda self, value: self),
    "zero": (number.OneFloat, "isna", lambda self: number.OneBool(self._value != 0, self._name)),
    "minus": (number.OneFloat, "__sub__", wrong_sign),
    "name": (number.OneFloat, "__neg__", lambda self: number.OneFloat(-self._value, "z")),
    "sign": (number.OneFloat, "__neg__", lambda self: number.OneFloat(0.0 - self._value, self._name)),
    "overflow": (number.OneInt, "__mul__", lambda self, n: number.OneInt(self._value * n, self._name)),
    "dtype": (number.OneInt, "abs", lambda self: number.OneFloat(float(abs(self._value)), self._name)),
    "missing": (text.OneText, "_equal", lambda self, o, same, op: number.OneBool(self._value == o, None)),
    "inverse": (number.OneBool, "__invert__", lambda self: self),
    "order": (frame.OneFrame, "assign", lambda self, **new: frame.OneFrame({**new, **self._columns})),
}
MUTABLE = """
import pandas as pd

def clip(df): return df["x"].clip(0, 2)
def gaps(df): return df["x"].fillna(1.0)
def zero(df): return df["x"].isna()
def minus(df): return df["x"] - 1.5
def name(df): return -df["x"]
def sign(df): return -df["x"]
def overflow(df): return df["n"] * 3
def dtype(df): return df["n"].abs()
def missing(df): return df["text"] != "a"
def order(df): return df.assign(z=df["x"])
def inverse(df): return ~(df["x"] > 0)
"""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_look_alike_is_seen_by_the_proof(
    mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-alike with a fault is not used for the node, and its values stay those of pandas."""
    flow = Dataflow.from_module(import_module(tmp_path, MUTABLE))
    plain = flow.compile([mutant])
    assert not flow.compile([mutant], one_row={"df": SAMPLE.iloc[:1]}).one_row.reasons  # type: ignore[attr-defined]
    kind, method, wrong = MUTANTS[mutant]
    monkeypatch.setattr(kind, method, wrong)
    quick: Any = flow.compile([mutant], one_row={"df": SAMPLE.iloc[:1]})
    assert quick.one_row.reasons.keys() == {mutant}
    for row in rows():
        assert VALUES.equal(quick(df=row), plain(df=row))
