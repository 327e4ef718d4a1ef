"""Fitted values are stored in the plainest format that gives them back, the same bytes each time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from kernel_magics.engine.errors import ExportError
from kernel_magics.envelope.keep import keep
from kernel_magics.envelope.shipped.stored import read_stored
from kernel_magics.tables.problem import Problem
from kernel_magics.values import VALUES
from tests.examples import examples

FORMATS: dict[str, tuple[Any, str]] = {
    "text": ("x", "json"),
    "nested": ({"a": [1, 2.5, None, True], "b": {}}, "json"),
    "array": (np.arange(6.0).reshape(2, 3), "npy"),
    "texts": (np.array(["a", "bc"]), "npy"),
    "number of NumPy": (np.float32(1.5), "npy"),
    "series": (pd.Series([1.0, 2.0], index=pd.Index(["a", "b"], name="k"), name="s"), "parquet"),
    "categories": (pd.DataFrame({"c": pd.Categorical(["x", "y", "x"])}), "parquet"),
    "moments": (pd.DataFrame({"t": pd.to_datetime(["2025-01-01", None])}), "parquet"),
    "tuple of arrays": ((np.arange(3), np.arange(2)), "skops"),
}


def back(root: Path, value: Any) -> tuple[Any, str]:
    """The value read from its file, and the format."""
    kept = keep("value", value, None)
    path = root / kept.record["file"]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(kept.data)
    return read_stored(root, kept.record, lambda name: None), kept.record["format"]


@pytest.mark.parametrize("case", FORMATS)
def test_a_value_comes_back_as_it_was(tmp_path: Path, case: str) -> None:
    """Types, index and missing values included."""
    value, form = FORMATS[case]
    found, used = back(tmp_path, value)
    assert used == form
    assert type(found) is type(value)
    assert VALUES.equal(found, value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
@examples(60)
def test_plain_values_are_json(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Numbers, texts, lists and dicts come back equal, with their types."""
    found, used = back(tmp_path_factory.mktemp("plain"), value)
    assert (repr(found), used) == (repr(value), "json")


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: "a"}, {"a": (1, 2)}, lambda: 1, object()])
def test_what_json_would_change_is_not_json(value: Any) -> None:
    """A key that is a number, a tuple, a gap: stored otherwise, or refused."""
    try:
        kept = keep("value", value, None)
    except ExportError as error:
        assert error.code == "DB542"
    else:
        assert kept.record["format"] == "skops"


ROWS = np.random.default_rng(0).normal(size=(60, 3))
ESTIMATORS = {
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(n_estimators=3, random_state=0),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_gives_the_same_predictions_and_the_same_bytes(tmp_path: Path, name: str) -> None:
    """Two fits of one state are one file: no address in memory and no time is in it."""
    first, second = (ESTIMATORS[name].fit(ROWS, ROWS[:, 0] > 0) for _ in range(2))
    assert keep("value", first, None) == keep("value", second, None)
    found, used = back(tmp_path, first)
    assert used == "skops"
    assert (found.predict_proba(ROWS) == first.predict_proba(ROWS)).all()


def test_estimators_in_a_dict_are_stored_together(tmp_path: Path) -> None:
    """An encoder and a scaler under their names."""
    fitted = {"city": OneHotEncoder().fit([["a"], ["b"]]), "scale": StandardScaler().fit(ROWS)}
    found, used = back(tmp_path, fitted)
    assert used == "skops"
    assert (found["city"].transform([["b"]]).toarray() == [[0.0, 1.0]]).all()
    assert (found["scale"].mean_ == fitted["scale"].mean_).all()


def test_a_file_that_was_changed_is_not_read(tmp_path: Path) -> None:
    """The digest is looked at before anything is made of the bytes."""
    kept = keep("value", [1, 2], lambda value: b"")
    (tmp_path / "values").mkdir()
    (tmp_path / kept.record["file"]).write_text("[1, 3]")
    with pytest.raises((Problem, Exception), match="is not what was exported"):
        read_stored(tmp_path, kept.record, lambda name: None)


def test_a_pickle_is_made_only_when_it_may_be() -> None:
    """Without a word, a value that no format holds is refused with the way out."""
    with pytest.raises(ExportError, match="--allow-pickle"):
        keep("value", object(), None)
    assert keep("value", object(), lambda value: b"bytes").record["format"] == "pickle"
