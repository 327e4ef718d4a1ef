"""`--check` on a node's line: what each shorthand catches, what it leaves alone, and what is exported."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from tests.notebook_file import write_notebook
from tests.quality.books import book_of, details

GOOD_AND_BAD = [
    ("0 <= value <= 1", "pd.Series([0, 0.5, None, 1])", "pd.Series([0, 1.5])"),
    ("value > 0", "pd.Series([1, 2])", "pd.Series([0, 2])"),
    ("value > 0", "3", "0"),
    ("value > 0", "np.array([1.0, np.nan])", "np.array([1.0, -1.0])"),
    ("value in {'US', 'EU'}", "pd.Series(['US', None, 'EU'])", "pd.Series(['US', 'FR'])"),
    ("value in ('US', 'EU')", "'US'", "'FR'"),
    ("value not in [0]", "pd.Series([1])", "pd.Series([1, 0])"),
    ("not_null", "pd.Series([1, 2])", "pd.Series([1, None])"),
    ("not_null", "pd.Series([1, 2], dtype='Int64')", "pd.Series([1, None], dtype='Int64')"),
    ("not_null", "1.0", "float('nan')"),
    ("nulls <= 50%", "pd.Series([1, None])", "pd.Series([1, None, None])"),
    ("nulls < 0.5", "pd.Series([1, 2])", "pd.Series([1, None])"),
    ("unique", "pd.Series([1, 2])", "pd.Series([1, 1])"),
    ("increasing", "pd.Series([1, 1, None, 2])", "pd.Series([1, 2, 1])"),
    ("strictly increasing", "pd.Series([1, 2])", "pd.Series([1, 1])"),
    (
        "decreasing",
        "pd.to_datetime(pd.Series(['2020', '2019']))",
        "pd.to_datetime(pd.Series(['2019', '2020']))",
    ),
    ("rows == other", "[1, 2]", "[1]"),
    ("rows > 0", "pd.Series([1])", "pd.Series([], dtype=float)"),
    ("type float", "pd.Series([1.0])", "pd.Series([1])"),
    ("type int", "1", "1.0"),
    ("type datetime", "pd.to_datetime(pd.Series(['2020']))", "pd.Series(['2020'])"),
    ("type DataFrame", "pd.DataFrame()", "pd.Series([1])"),
    ("a: not_null", "pd.DataFrame({'a': [1], 'b': [None]})", "pd.DataFrame({'a': [None], 'b': [1]})"),
    ("a: 0 < value < 9", "pd.DataFrame({'a': [1]})", "pd.DataFrame({'a': [9]})"),
    ("a, b: unique", "pd.DataFrame({'a': [1, 1], 'b': [1, 2]})", "pd.DataFrame({'a': [1, 1], 'b': [1, 1]})"),
    ("'odd name': value >= 0", "pd.DataFrame({'odd name': [1]})", "pd.DataFrame({'odd name': [-1]})"),
    ("value.mean() < 3", "pd.Series([1, 2])", "pd.Series([5])"),
    ("value <= other[1]", "pd.Series([2])", "pd.Series([3])"),
]


@pytest.mark.parametrize(("rule", "good", "bad"), GOOD_AND_BAD)
def test_every_shorthand_tells_good_from_bad(rule: str, good: str, bad: str) -> None:
    """Each holds for the good value and fails for the bad one, with a reason that is no exception."""
    for value, held in ((good, True), (bad, False)):
        book = book_of("%%inputs\nother = [1, 2]", f'%%node x --check "{rule}"\n{value}')
        said = details(book, "check_x")
        assert list(said) == [rule]
        assert (said[rule] == "held") is held, said
        assert "Error" not in said[rule]


@pytest.mark.parametrize(
    ("hint", "rule"),
    [
        ("float", "0 <= value <= 1"),
        ("float", "not_null"),
        ("str", "value in ['a', 'b']"),
        ("pd.Series", "not_null"),
    ],
)
def test_a_declared_type_makes_the_condition_shorter(hint: str, rule: str) -> None:
    """With a hint the exported condition is the one a person would write for that type."""
    book = book_of(f'%%node --check "{rule}"\ndef x() -> {hint}:\n    return None')
    text = book.session.graph.node("check_x").source
    assert "hasattr" not in text
    assert "!=" not in text


def test_several_checks_and_warnings_of_one_node() -> None:
    """Rules of one severity are one check; warnings are another."""
    book = book_of(
        '%%node x --check "value >= 0" --check not_null --warn "value < 3"\npd.Series([1.0, -1.0, None, 5.0])'
    )
    assert details(book, "check_x") == {
        "value >= 0": "1 of 4 rows (25 %), such as 1: -1",
        "not_null": "1 of 4 rows (25 %), such as 2: nan",
    }
    assert list(details(book, "warn_x")) == ["value < 3"]


def test_families_outputs_and_variants_have_checks() -> None:
    """Every member, every output, every variant is checked; a rule may name one output."""
    book = book_of(
        "%%params\nregion = 'US'",
        '%%node lag_{k} --for k=1,2 --check "value < {k}"\nk',
        '%%node low, high --check "low: value == 1" --check "value < 2"\nlow = 1\nhigh = 2',
        '%%node price --when region=US --check "value == 1"\n1',
        '%%node price --when region=EU --check "value == 1"\n2',
    )
    assert details(book, "check_lag_2") == {"value < 2": "it is 2"}
    assert details(book, "check_low") == {"value == 1": "held", "value < 2": "held"}
    assert details(book, "check_high") == {"value < 2": "it is 2"}
    assert details(book, "check_price") == {"value == 1": "held"}


def test_a_check_cell_beside_a_shorthand_is_numbered() -> None:
    """The names of a node's checks do not clash, wherever they are written."""
    book = book_of("%%node x --check not_null\n1", "%%check x\nx > 0")
    assert {"check_x", "check_x_2"} <= set(book.session.graph.nodes)
    book.delete("1")
    assert "check_x_2" not in book.session.graph.nodes


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("notnull", "did you mean 'not_null'?"),
        ("0 <= x <= 1", "it says nothing about `value`"),
        ("value ==", "cannot be read"),
        ("a, b: not_null", "only `unique` takes several columns"),
        ("nulls <= 1.2.3%", "is no number"),
        ("value in", "cannot be read"),
    ],
)
def test_rules_that_mean_nothing(rule: str, words: str) -> None:
    """A rule that cannot be read is an error of the cell with the possible rules."""
    with pytest.raises(DataflowError) as caught:
        book_of(f'%%node x --check "{rule}"\n1')
    assert caught.value.code == "DB112"
    assert words in str(caught.value)


def test_shorthands_are_exported_as_check_functions(tmp_path: Path) -> None:
    """The module holds a plain function for each check, and a dataflow made of the module checks the same."""
    cells = [
        "%%setup\nimport pandas as pd",
        "%%inputs\nclicks: pd.Series = pd.Series([1.0, 2.0])",
        '%%node share --check "0 <= value <= 1" --check "rows == clicks"\nclicks / 4',
        '%%node lag_{k} --for k=1,2 --warn "nulls <= 60%"\nclicks.shift(k)',
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "shorthands_out.py")]) == 0
    text = (tmp_path / "shorthands_out.py").read_text()
    assert "def check_share(share: pd.Series, clicks: pd.Series)" in text
    assert "kernel_magics" not in text
    spec = importlib.util.spec_from_file_location("shorthands_out", tmp_path / "shorthands_out.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shorthands_out"] = module
    spec.loader.exec_module(module)
    flow = Dataflow.from_module(module)
    assert {node.subject for node in flow.checks.values()} == {"share", "lag_1", "lag_2"}
    assert set(flow.checks) == {"check_share", "warn_lag_1", "warn_lag_2"}
    with pytest.raises(DataflowError, match=r"0 <= value <= 1 \(1 of 2 rows \(50 %\), such as 1: 1.25\)"):
        flow.run(["share"], inputs={"clicks": pd.Series([1.0, 5.0])})
