"""Rows of a request that are read the quick way give the very inputs that `Form.read` gives, or are left to it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.envelope.shipped.request import as_json, form_of
from kernel_magics.serve.one_row import one_as_json, row_reader
from kernel_magics.serve.rows import quick_rows
from kernel_magics.tables.values import expect
from kernel_magics.values.one_row.look_alike import to_pandas
from tests.examples import examples

TEXTS = ["A", "b", "", "ß", "NA", "1.5"]
FRAME = pd.DataFrame(
    {
        "double": [1.5, np.nan],
        "single": np.array([1.5, 2.5], dtype="float32"),
        "long": [1, 2],
        "tiny": np.array([1, 2], dtype="int8"),
        "unsigned": np.array([1, 2], dtype="uint64"),
        "flag": [True, False],
        "text": ["a", None],
        "moment": np.array(["2024-01-01", "NaT"], dtype="datetime64[us]"),
        "kind": pd.Categorical(["A", "b"], TEXTS),
        "rank": pd.Categorical(["A", None], TEXTS, ordered=True),
    }
)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat()) | st.just("2024-02-30T00:00:00")
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "double": st.none() | st.floats(allow_nan=False),
    "single": st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False),
    "long": st.integers(-(2**63), 2**63 - 1),
    "tiny": st.integers(-128, 127),
    "unsigned": st.integers(0, 2**64 - 1),
    "flag": st.booleans(),
    "text": st.none() | st.text(max_size=5) | st.sampled_from(TEXTS),
    "moment": st.none() | MOMENTS | st.just("2013-06-26 00:00:00"),
    "kind": st.none() | st.sampled_from(TEXTS),
    "rank": st.none() | st.sampled_from(TEXTS),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=4)
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([])


@given(ROWS)
@examples(150)
def test_a_frame_of_rows_is_that_of_the_careful_way(rows: list[dict[str, Any]]) -> None:
    """Values, types, labels and index, for every type that has a converter."""
    form = form_of({"people": expect(None, FRAME)})
    quick = quick_rows(form)
    assert quick is not None
    found = quick(rows)
    if found is not None:
        (careful,) = form.read(rows, {})
        pd.testing.assert_frame_equal(found["people"], careful["people"], check_exact=True, check_freq=True)
        assert type(found["people"].index) is type(careful["people"].index)


@given(ROWS)
@examples(50)
def test_columns_of_rows_are_those_of_the_careful_way(rows: list[dict[str, Any]]) -> None:
    """Where each input is a series."""
    form = form_of({name: expect(None, FRAME[name]) for name in FRAME})
    quick = quick_rows(form)
    assert quick is not None
    found = quick(rows)
    if found is not None:
        (careful,) = form.read(rows, {})
        for name, series in careful.items():
            pd.testing.assert_series_equal(found[name], series, check_exact=True)


@pytest.mark.parametrize("name", list(FRAME))
@given(cell=ANYTHING)
@examples(40)
def test_other_cells_are_left_to_the_careful_way(name: str, cell: Any) -> None:
    """Whatever a cell is, the quick way never has another value or another opinion."""
    form = form_of({"people": expect(None, FRAME[[name]])})
    quick = quick_rows(form)
    assert quick is not None
    found = quick([{name: cell}])
    if found is not None:
        (careful,) = form.read([{name: cell}], {})
        pd.testing.assert_frame_equal(found["people"], careful["people"], check_exact=True)


@pytest.mark.parametrize(("name", "cell"), [("tiny", 128), ("unsigned", -1), ("single", 1e300)])
def test_numbers_that_are_too_large_are_refused(name: str, cell: Any) -> None:
    """They never become other ones, or infinite."""
    form = form_of({"people": expect(None, FRAME[[name]])})
    quick = quick_rows(form)
    assert quick is not None
    assert quick([{name: cell}]) is None
    with pytest.raises(DataflowError, match="does not fit the sample"):
        form.read([{name: cell}], {})


def test_usual_rows_are_read_the_quick_way() -> None:
    """A row as a request's model writes it; a row without a field, and one with a fraction of nothing, are not."""
    quick = quick_rows(form_of({"people": expect(None, FRAME)}))
    assert quick is not None
    row = {"double": 1.0, "single": 1.0, "long": 1, "tiny": 1, "unsigned": 1, "flag": True, "text": "a"}
    row |= {"moment": "2024-01-01T05:00:00", "kind": "A", "rank": None}
    assert quick([row, row]) is not None
    assert quick([row, {name: value for name, value in row.items() if name != "kind"}]) is None
    assert quick([{**row, "long": 1.5}]) is None


@pytest.mark.parametrize(
    "sample",
    [
        FRAME.set_index("text"),
        FRAME.rename(columns={"double": 1}),
        pd.DataFrame({"a": [pd.Timedelta(1)]}),
        pd.DataFrame({"a": [[1, 2]]}),
        pd.DataFrame({"a": pd.to_datetime(["2024-01-01T00:00:00Z"])}),
        np.array([1.0]),
        1.0,
    ],
)
def test_other_inputs_have_no_quick_way(sample: object) -> None:
    """An index, labels that are no texts, and types that need more than an array."""
    assert quick_rows(form_of({"value": expect(None, sample)})) is None


@given(st.fixed_dictionaries(CELLS))
@examples(150)
def test_one_row_by_cells_is_that_of_the_careful_way(row: dict[str, Any]) -> None:
    """The look-alike of a row stands for the table that `Form.read` makes, and is written as that is."""
    form = form_of({"people": expect(None, FRAME)})
    read = row_reader(form)
    assert read is not None
    found = read(row)
    if found is not None:
        (careful,) = form.read([row], {})
        one = found["people"]
        pd.testing.assert_frame_equal(to_pandas(one), careful["people"], check_exact=True, check_freq=True)
        assert json.dumps(one_as_json(one)) == json.dumps(as_json(careful["people"]))
        for name in FRAME.columns:
            assert json.dumps(one_as_json(one[name])) == json.dumps(as_json(careful["people"][name]))


@given(st.fixed_dictionaries(CELLS), st.sampled_from([*CELLS, "none"]), ANYTHING)
@examples(150)
def test_one_row_with_another_cell_is_read_as_many_are(row: dict[str, Any], name: str, cell: Any) -> None:
    """A cell of any type: what the reader of a row takes, the reader of rows takes, too, and makes the same."""
    form = form_of({"people": expect(None, FRAME)})
    read, quick = row_reader(form), quick_rows(form)
    assert read is not None
    assert quick is not None
    found = read(row | {name: cell})
    if found is not None:
        many = quick([row | {name: cell}])
        assert many is not None
        pd.testing.assert_frame_equal(to_pandas(found["people"]), many["people"], check_exact=True)


def test_one_row_of_columns() -> None:
    """Inputs that are columns of common rows are look-alikes under the names that they have."""
    form = form_of({"age": expect(None, FRAME["double"]), "what": expect(None, FRAME["text"].rename(None))})
    read = row_reader(form)
    assert read is not None
    found = read({"age": 1.5, "what": "a"})
    assert found is not None
    (careful,) = form.read([{"age": 1.5, "what": "a"}], {})
    for name, one in found.items():
        pd.testing.assert_series_equal(to_pandas(one), careful[name], check_exact=True)
    assert read({"age": "1.5", "what": "a"}) is None
    assert read({"age": 1.5}) is None
