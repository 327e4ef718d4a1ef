"""`Dataflow.frame`: columns side by side, aligned, in the memory they were computed in."""

import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import RunError
from kernel_magics.tables.frame import make_frame
from tests.module_file import import_module


def series(*values: Any, index: Any = None) -> "pd.Series[Any]":
    """A Series of these values."""
    return pd.Series(list(values), index=index)


def refusal(**values: object) -> str:
    """The message with which these values are refused."""
    with pytest.raises(RunError) as caught:
        make_frame(values)
    assert caught.value.code == "DB307"
    return caught.value.message


def test_columns_stand_in_the_order_asked_for(tmp_path: Path) -> None:
    """Series, arrays, lists, tuples and scalars become columns under their names."""
    text = (
        "def a(x):\n    return x + 1\n\ndef b(x):\n    return x.to_numpy() * 2\n\n"
        "def c(x):\n    return ('u', 'v')\n\ndef d(x):\n    return 7\n\ndef e(x):\n    return 'text'\n"
    )
    flow = Dataflow.from_module(import_module(tmp_path, text))
    x = series(1.0, 2.0, index=["r", "s"])
    expected = pd.DataFrame(
        {"e": "text", "b": [2.0, 4.0], "a": [2.0, 3.0], "d": 7, "c": ["u", "v"]}, index=["r", "s"]
    )
    pd.testing.assert_frame_equal(flow.frame(["e", "b", "a", "d", "c"], inputs={"x": x}), expected)


def test_a_column_is_the_memory_it_was_computed_in() -> None:
    """Neither Series of one index nor those of equal indexes are copied, and every column is a block."""
    one, two = series(1.0, 2.0, index=[5, 6]), series(3.0, 4.0, index=[5, 6])
    frame = make_frame({"one": one, "two": two, "three": one})
    for name, column in {"one": one, "two": two, "three": one}.items():
        assert np.shares_memory(frame[name].to_numpy(), column.to_numpy())
    frame.loc[5, "one"] = 99.0
    assert one.tolist() == [1.0, 2.0]
    assert frame["three"].tolist() == [1.0, 2.0]


def test_writing_into_a_frame_reaches_no_input(tmp_path: Path) -> None:
    """Even a node that returns its input, Series or array, gives a column of the caller's own."""
    flow = Dataflow.from_module(
        import_module(tmp_path, "def a(x):\n    return x\n\ndef b(y):\n    return y\n")
    )
    x, y = series(1.0, 2.0), np.array([1.0, 2.0])
    frame = flow.frame(["a", "b"], inputs={"x": x, "y": y})
    frame.iloc[0, 0] = frame.iloc[0, 1] = 9.0
    assert frame.to_numpy().tolist() == [[9.0, 9.0], [2.0, 2.0]]
    assert x.tolist() == y.tolist() == [1.0, 2.0]


def test_different_indexes_are_aligned_on_their_union() -> None:
    """As `pd.DataFrame` does: a row for each label, gaps where a column has none."""
    parts = {"a": series(1, 2, index=[1, 2]), "b": series(3, 4, index=[2, 3]), "c": 5}
    pd.testing.assert_frame_equal(make_frame(dict(parts)), pd.DataFrame(parts))


def test_equal_indexes_may_have_duplicates() -> None:
    """Duplicates matter only where rows would have to be matched."""
    twice = [1, 1]
    frame = make_frame({"a": series(1, 2, index=twice), "b": series(3, 4, index=twice)})
    assert frame.to_numpy().tolist() == [[1, 3], [2, 4]]
    message = refusal(a=series(1, 2, index=twice), b=series(3, index=[1]))
    assert message == "'a' cannot become a column: its index differs from the others and has duplicates."


def test_a_frame_gives_its_columns() -> None:
    """The columns of a DataFrame keep their own names; a name that exists already is refused."""
    table = pd.DataFrame({"p": [1, 2], 3: [4, 5]})
    assert list(make_frame({"table": table, "q": series(6, 7)}).columns) == ["p", "3", "q"]
    assert "'p' exists already" in refusal(p=series(1, 2), table=table)
    assert "'p' exists already" in refusal(table=pd.DataFrame([[1, 2]], columns=["p", "p"]))


def test_without_a_series_the_rows_are_numbered() -> None:
    """Arrays and lists of one length have a plain index; scalars alone are one row."""
    pd.testing.assert_frame_equal(
        make_frame({"a": np.array([1, 2]), "b": [3, 4]}), pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    )
    pd.testing.assert_frame_equal(make_frame({"a": 1, "b": "x"}), pd.DataFrame({"a": [1], "b": ["x"]}))
    assert make_frame({}).shape[1] == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"a": series(1, 2), "b": [1, 2, 3]}, "it has 3 values for 2 rows"),
        ({"a": [1, 2], "b": np.zeros(3)}, "it has 3 values for 2 rows"),
        ({"b": np.zeros((2, 2))}, "it has 2 dimensions"),
        ({"b": {"k": 1}}, "it is a dict"),
        ({"b": {1, 2}}, "it is a set"),
        ({"a": series(1, index=[1]), "c": series(1, index=[2]), "b": [1, 2]}, "it has no index"),
        ({"a": series(1), "b": pl.Series([1])}, "it is of polars, others are of pandas"),
        ({"a": pl.Series([1, 2]), "b": pl.Series([1])}, "it has 1 value for 2 rows"),
        ({"b": pl.LazyFrame({"b": [1]})}, "it is a LazyFrame"),
        ({"a": pa.array([1, 2]), "b": [1]}, "it has 1 value for 2 rows"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(values: dict[str, object], reason: str) -> None:
    """DB307 names the output and says what is wrong with it."""
    assert refusal(**values).startswith(f"'b' cannot become a column: {reason}")


def test_polars_values_make_a_polars_frame(tmp_path: Path) -> None:
    """Where the outputs are of Polars the frame is, too, and scalars and lists fit in."""
    text = "def a(x):\n    return x * 2\n\ndef b(x):\n    return 'n'\n\ndef c(x):\n    return [1, 2]\n"
    frame = Dataflow.from_module(import_module(tmp_path, text)).frame(
        ["a", "b", "c"], inputs={"x": pl.Series([1, 2])}
    )
    expected: Any = pl.DataFrame({"a": [2, 4], "b": ["n", "n"], "c": [1, 2]})
    assert expected.equals(frame)
    table = make_frame({"table": expected, "d": pl.Series("other", [5, 6])})
    assert list(table.columns) == ["a", "b", "c", "d"]


def test_arrow_values_make_an_arrow_table() -> None:
    """Where the outputs are of Arrow the frame is a table."""
    table = pa.table({"p": [1, 2]})
    chunked = pa.chunked_array([[3], [4]])
    made: Any = make_frame({"table": table, "q": chunked, "r": 5, "s": ["u", "v"]})
    assert made.equals(pa.table({"p": [1, 2], "q": chunked, "r": [5, 5], "s": ["u", "v"]}))


def test_many_columns_are_no_fragmented_frame_on_the_way() -> None:
    """Thousands of columns are placed at once: pandas never warns, each is a block of its own."""
    column = series(1.0, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = make_frame({f"c{i}": column + i for i in range(2000)})
    assert frame.shape == (2, 2000)
    assert frame["c1999"].tolist() == [2000.0, 2001.0]


def test_copied_columns_are_released_one_by_one() -> None:
    """Arrays are copied, so that writes do not reach the original, but at most one exists twice at a time."""
    size, count = 1 << 17, 40
    tracemalloc.start()
    try:
        values: dict[str, object] = {f"c{i}": np.full(size, float(i)) for i in range(count)}
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        frame = make_frame(values)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not values
    assert frame["c7"].iloc[0] == 7.0
    assert peak - before < 4 * size * 8


def test_a_value_is_released_after_its_last_reader(tmp_path: Path) -> None:
    """A value without further readers is dropped during the run."""
    text = (
        "import weakref\nREFS = []\n\n"
        "def big(x):\n    value = x * 2\n    REFS.append(weakref.ref(value))\n    return value\n\n"
        "def total(big):\n    return big + 1\n\n"
        "def alive(total):\n    return REFS[-1]() is not None\n"
    )
    flow = Dataflow.from_module(import_module(tmp_path, text))
    x = series(1.0)
    assert not flow.frame(["total", "alive"], inputs={"x": x})["alive"].any()
    assert flow.frame(["big", "alive"], inputs={"x": x})["alive"].all()


def test_computing_a_frame_keeps_no_second_copy(tmp_path: Path) -> None:
    """Peak memory is the inputs, the result and a little: columns are not copied, steps in between are freed."""
    rows = ["def s0(x):\n    return x + 1\n"]
    rows += [f"def s{i}(s{i - 1}):\n    return s{i - 1} + 1\n" for i in range(1, 20)]
    rows += [f"def c{i}(s19):\n    return s19 * {i}\n" for i in range(40)]
    flow = Dataflow.from_module(import_module(tmp_path, "\n".join(rows)))
    x = pd.Series(np.ones(1 << 15))
    outputs = [f"c{i}" for i in range(40)]
    flow.frame(outputs, inputs={"x": x})
    tracemalloc.start()
    try:
        frame = flow.frame(outputs, inputs={"x": x})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert frame.shape == (1 << 15, 40)
    assert peak < 1.15 * 40 * x.nbytes


def test_the_command_writes_frames_of_any_library(tmp_path: Path) -> None:
    """`dagbook run` writes the file whatever library the outputs are of; Polars has no index."""
    text = "import polars as pl\n\ndef a():\n    return pl.Series([1, 2])\n"
    source, output = str(import_module(tmp_path, text).__file__), tmp_path / "out.csv"
    assert main(["run", source, "-o", str(output)]) == 0
    assert output.read_text() == "a\n1\n2\n"
