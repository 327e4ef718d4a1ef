"""What a condition is: a boolean or booleans; anything else is an error, and what is missing is not true."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import CellError, CheckError
from kernel_magics.engine.run.check import CheckResult
from tests.notebook_file import write_notebook
from tests.quality.books import book_of, details

FRAME = '%%inputs\nx = pd.DataFrame({"a": [1, -2], "t": ["u", "v"], "o": [object(), True]})'
CALL = "this is no condition but a method that is not called: write "


@pytest.mark.parametrize(
    ("condition", "problem", "hint"),
    [
        ('x["a"] > 0, "a is positive"', "a comma makes a tuple", 'write `x["a"] > 0  # a is positive`'),
        ('(x["a"] > 0, len(x) > 5)', "a comma makes a tuple", "write one condition on each line."),
        ('[x["a"] > 0]', "a list", "write one condition on each line."),
        ('[a > 0 for a in x["a"]]', "a list", "write one condition on each line."),
        ('{x["a"].min() > 0}', "a set", "write one condition on each line."),
        ('{"a": x["a"] > 0}', "a dict", "write a comparison"),
        ('(a > 0 for a in x["a"])', "a generator", "write a comparison"),
        ('lambda: x["a"] > 0', "a function", "write a comparison"),
        ('f"{x}"', "a text", "write a comparison"),
        ("1", "'1'", "write a comparison"),
        ("...", "'...'", "write a comparison"),
    ],
)
def test_what_can_never_be_a_condition_is_refused(condition: str, problem: str, hint: str) -> None:
    """The kind: an expression whose form alone says that it is always true (or breaks the check's text).

    r04 and r05 hold a tuple and a list; beside these a set, a dict, a generator, a lambda, a text, numbers.
    """
    book = book_of(FRAME)
    with pytest.raises(CellError) as caught:
        book.run("2", f"%%check x\nx is not None\n{condition}")
    assert f"line 3 of cell [2]: this is no condition: {problem}." in str(caught.value)
    assert hint in caught.value.hint
    assert "check_x" not in book.session.graph.nodes
    assert book.run("3", "%%node y\nx.shape") is not None


def test_every_line_that_is_no_condition_is_named() -> None:
    """One error lists them all."""
    book = book_of(FRAME)
    with pytest.raises(CellError, match=r"line 2 .*: a comma makes a tuple; line 3: a list\."):
        book.run("2", '%%check x\nx["a"] > 0, x["a"] < 9\n[x["a"] > 0]')


@pytest.mark.parametrize(
    ("condition", "detail"),
    [
        ('(x["a"] > 0).all', f"{CALL}`.all()`"),
        ('x["a"].is_unique.__bool__', f"{CALL}`.__bool__()`"),
        ("pd.isna", "this is no condition but a function that is not called: write `isna(…)`"),
        ('x["a"]', "this is no condition but Series of 2 rows of int64: compare it with something"),
        ('x["a"].sum()', "this is no condition but int64 of int64: compare it with something"),
        ('x["t"]', "this is no condition but Series of 2 rows of str: compare it with something"),
        ('x["o"]', "this is no condition but Series of 2 rows of object: compare it with something"),
        ("x", "this is no condition but DataFrame of 2 rows x 3 columns: compare it with something"),
        ('x["a"].tolist()', "this is no condition but list of 2: write one condition on each line"),
        ('x["a"].to_numpy() * 1.5', "this is no condition but ndarray of 2 rows of float64: compare it"),
        ("x.get('nowhere')", "this is no condition but None: compare it with something"),
        ("print(x)", "this is no condition but None: compare it with something"),
        ("x.query('a > 100')", "this is no condition but DataFrame of 0 rows x 3 columns: compare it"),
        ('x[["t"]].iloc[:0]', "this is no condition but DataFrame of 0 rows x 1 column"),
        ('x["t"].iloc[:0]', "this is no condition but Series of 0 rows of str: compare it with something"),
        ('x["a"].iloc[:0]', "this is no condition but Series of 0 rows of int64: compare it with something"),
        ('x["a"].astype("category").iloc[:0]', "this is no condition but Series of 0 rows of category"),
        ('__import__("polars").Series(["a"]).head(0)', "this is no condition but Series of 0 rows of String"),
        (
            '__import__("polars").DataFrame({"a": ["a"]}).head(0)',
            "this is no condition but DataFrame of 0 rows",
        ),
        ('__import__("pyarrow").array([], "string")', "this is no condition but StringArray"),
    ],
)
def test_a_value_that_is_neither_true_nor_false_fails_the_check(condition: str, detail: str) -> None:
    """The kind: a value that Python takes for true. Each is reported when the cell runs, and hides no other."""
    book = book_of(FRAME, f"%%check x\n{condition}  # said\nlen(x) == 2  # two rows")
    found = details(book, "check_x")
    assert found["said"].startswith(detail)
    assert found["two rows"] == "held"


def test_a_warning_that_is_no_condition_stops() -> None:
    """Only data can deserve a warning; code that is no condition is wrong."""
    book = book_of(FRAME, '%%check x --warn\nx["a"].all')
    result = book.value("warn_x")
    assert isinstance(result, CheckResult)
    assert (result.held, result.severity) == (False, "fail")


@pytest.mark.parametrize(
    "condition",
    [
        "True",
        "np.True_",
        'x["t"].map({"u": True, "v": True})',
        'pd.array([True, True], "boolean")',
        'pd.Series([True], dtype="bool[pyarrow]")',
        'pd.Series([True], dtype="Sparse[bool]")',
        "x.index >= 0",
        'x[["a"]].notna()',
        "x[[]].notna()",
        'x["a"].iloc[:0] > 0',
        'x["t"].iloc[:0] == "u"',
        'x["o"].iloc[:0].map(lambda cell: True)',
        '(x["a"] > 0).astype("category").iloc[:0]',
        'x["a"].iloc[:0].astype("Int64") > 0',
        'x[["a", "t"]].iloc[:0].notna()',
        'pl.DataFrame({"a": [True]}).head(0)',
        'pa.array([], "bool")',
        "pl.Series([True])",
        'pl.DataFrame({"a": [True]})',
        "pa.array([True])",
        "pa.chunked_array([[True]])",
        "pa.scalar(True)",
    ],
)
def test_booleans_of_every_library_are_conditions(condition: str) -> None:
    """One truth, or one for each row or cell, whatever holds them; no rows break no rule."""
    libraries = "%%setup\nimport polars as pl\nimport pyarrow as pa"
    book = book_of(libraries, FRAME, f"%%check x\n{condition}  # said")
    assert details(book, "check_x") == {"said": "held"}


MISSING = [
    "pd.Series([1.0, None])",
    'pd.Series([1, None], dtype="Int64")',
    'pd.Series([1.0, None], dtype="Float64")',
    'pd.Series([1, None], dtype="int64[pyarrow]")',
    "pl.Series([1, None])",
]


@pytest.mark.parametrize("value", MISSING)
@pytest.mark.parametrize("condition", ["x >= 0", "x == 1", "x == x", "(x > 0) & (x < 9)", "x < 9"])
def test_what_is_missing_fulfils_no_comparison(value: str, condition: str) -> None:
    """The kind: NaN, NA and null mean the same; a comparison with what is missing does not hold.

    r31 has `>=` for Series of floats and Int64; beside it equality, both ends, Arrow's integers, Polars.
    """
    book = book_of(
        "%%setup\nimport polars as pl", f"%%inputs\nx = {value}", f"%%check x\n{condition}  # said"
    )
    assert details(book, "check_x")["said"].startswith("1 of 2 rows (50 %), such as 1: ")


@pytest.mark.parametrize("value", [*MISSING, "np.array([1.0, np.nan])"])
@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ("0 <= value <= 9", True),
        ("value > 0", True),
        ("not_null", False),
        ("nulls <= 50%", True),
        ("nulls < 50%", False),
    ],
)
def test_shorthands_leave_gaps_to_not_null(value: str, rule: str, held: bool) -> None:
    """A range ignores gaps of any library, `not_null` and `nulls` count them."""
    book = book_of("%%setup\nimport polars as pl", f'%%node x --check "{rule}"\n{value}')
    assert (details(book, "check_x")[rule] == "held") is held


def test_a_scalar_that_is_missing_is_not_true() -> None:
    """`pd.NA > 0` is NA: it fails as NaN does, and is no error."""
    book = book_of("%%inputs\nx = pd.NA\ny = float('nan')", "%%check x\nx > 0", "%%check y\ny > 0")
    assert details(book, "check_x") == {"x > 0": ""}
    assert details(book, "check_y") == {"y > 0": "it is nan"}


def test_a_module_judges_as_the_notebook_does(tmp_path: Path) -> None:
    """Missing truths and what is no condition fail in the exported module, its tests and its commands, too."""
    cells = [
        "%%setup\nimport pandas as pd",
        '%%inputs\nx: pd.Series = pd.Series([1, 2], dtype="Int64")',
        "%%node y\nx * 2",
        "%%check y\ny > 0",
        "%%check y\ny.gt(0).all()",
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "conditions_out.py")]) == 0
    path = tmp_path / "conditions_out.py"
    path.write_text(path.read_text().replace("y.gt(0).all()", "y.gt(0).all"))
    spec = importlib.util.spec_from_file_location("conditions_out", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["conditions_out"] = module
    spec.loader.exec_module(module)
    flow = Dataflow.from_module(module)
    with pytest.raises(CheckError) as caught:
        flow.run(["y"], inputs={"x": pd.Series([1, None], dtype="Int64")})
    assert "y > 0 (1 of 2 rows (50 %), such as 1: <NA>)" in str(caught.value)
    assert "write `.all()`" in str(caught.value)
