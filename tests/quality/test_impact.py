"""`%impact`: what an edit changed downstream, worst first; "equal everywhere" is reported as clearly."""

from __future__ import annotations

import subprocess
import sys
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from kernel_magics.quality import distance as distances
from kernel_magics.quality.impact import Impact, compare, impact
from kernel_magics.quality.impact_view import headline, impact_html, impact_markdown, impact_text
from kernel_magics.quality.session_impact import session_impact
from tests.engine.driver import Notebook
from tests.quality.books import book_of

CELLS = (
    "%%inputs\nx = pd.Series([1.0, 2.0, 3.0, 4.0])",
    "%%node y\nx * 2",
    "%%node z\ny + 1",
    "%%node flag\ny > 0",
    "%%node other\nx.sum()",
    "%%check z\nz > 0  # positive",
)


def said(book: Notebook, *names: str) -> Impact:
    """The impact of the last edit."""
    return session_impact(book.session, names)


def verdicts(found: Impact) -> dict[str, str]:
    """Verdicts by name, in order."""
    return {node.name: node.verdict for node in found.nodes}


def test_an_edit_that_changes_values() -> None:
    """What is downstream and differs is named with its numbers; what is equal is named too."""
    book = book_of(*CELLS)
    book.run("2", "%%node y\nx * 3")
    found = said(book)
    assert found.edited == ("y",)
    assert verdicts(found) == {"y": "changed", "z": "changed"}
    assert found.equal == ("flag", "check_z")
    column = found.nodes[1].columns[0]
    assert (column.changed, column.compared) == (4, 4)
    assert (column.before and column.before.mean, column.after and column.after.mean) == (6.0, 8.5)
    assert column.distance == 0.5
    assert "6 → 8.5" in impact_text(found)


def test_an_edit_that_changes_nothing() -> None:
    """A rewrite with the same values is equal everywhere, and the impact before it is forgotten."""
    book = book_of(*CELLS)
    book.run("2", "%%node y\nx * 3")
    book.run("2", "%%node y\nx + x + x")
    found = said(book)
    assert found.nodes == ()
    assert headline(found) == "'y' edited: equal everywhere (4 nodes compared)"


def test_new_cells_do_not_hide_the_last_edit() -> None:
    """Only an edit of a node with a value starts a new impact."""
    book = book_of(*CELLS)
    assert headline(said(book)) == "nothing was edited yet: there are no values from before"
    book.run("2", "%%node y\nx * 3")
    book.run("9", "%%node more\nz.max()")
    book.run("10", "%%check y\ny > 0")
    assert set(verdicts(said(book))) == {"y", "z", "more", "check_y"}
    assert verdicts(said(book))["more"] == "added"


def test_inputs_that_ran_again_with_other_values() -> None:
    """Running an inputs cell again is an edit as soon as a value differs."""
    book = book_of("%%setup\nN = [1]", "%%inputs\na = 1\nb = 2", "%%node c\na + b")
    book.run("2", "%%inputs\na = 1\nb = 2")
    assert said(book).edited == ()
    book.run("2", "%%inputs\na = 1\nb = 5")
    assert verdicts(said(book)) == {"b": "changed", "c": "changed"}


def test_failures_and_checks_come_first() -> None:
    """A new failure is worst; a check lists the conditions that changed, with their rows."""
    book = book_of(*CELLS)
    book.run("2", "%%node y\n-x")
    found = said(book)
    assert next(iter(verdicts(found))) == "check_z"
    assert "positive: held before, fails now (4 of 4 rows (100 %)" in impact_text(found)
    book.run("2", "%%node y\nx / None")
    found = said(book)
    assert verdicts(found)["y"] == "broken"
    assert "fails now" in impact_text(found)
    book.run("2", "%%node y\nx * 2")
    assert verdicts(said(book))["y"] == "repaired"


def test_deleted_nodes_and_lazy_mode() -> None:
    """A removed node is listed as removed; one that is not computed yet as such."""
    book = book_of(*CELLS)
    book.delete("5")
    assert verdicts(said(book)) == {"other": "removed"}
    book.session.mode = "lazy"
    book.run("2", "%%node y\nx * 3")
    assert set(verdicts(said(book)).values()) == {"stale"}
    book.compute()
    assert verdicts(said(book)) == {"y": "changed", "z": "changed"}


def test_only_what_is_asked_for() -> None:
    """With names, only these and what is downstream of them is compared."""
    book = book_of(*CELLS)
    book.run("2", "%%node y\nx * 3")
    assert set(verdicts(said(book, "z"))) == {"z"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1, 2], [1, 2, 2], {"rows": (2, 3), "gained": 1}),
        ([1, 2], [1], {"rows": (2, 1), "lost": 1}),
    ],
)
def test_rows_that_came_and_went(before: list[int], after: list[int], expected: dict[str, object]) -> None:
    """Rows are matched by their labels."""
    found = compare("x", pd.Series(before), pd.Series(after))
    assert {key: getattr(found, key) for key in expected} == expected


def test_rows_are_compared_by_label() -> None:
    """A value that only moved to another place is the same value."""
    old = pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
    found = compare("x", old, old.iloc[::-1])
    assert found.columns == ()
    assert "another index" in found.note
    shifted = compare("x", pd.Series([1, 2], index=[0, 1]), pd.Series([1, 2], index=[1, 2]))
    assert (shifted.gained, shifted.lost) == (1, 1)
    assert "0 … 1 became 1 … 2" in shifted.note


def test_wide_frames_are_compared_by_column_first() -> None:
    """Of a wide frame only the columns that differ are looked into, worst first."""
    old = pd.DataFrame(np.arange(5000.0).reshape(5, 1000)).rename(columns=str)
    new = old.copy()
    new["7"] = 0.0
    new.loc[0, "9"] = 1.0
    new["8"] = new["8"].astype("float32")
    del new["3"]
    found = compare("x", old, new)
    assert [column.name for column in found.columns] == ["3", "7", "8", "9"]
    assert found.columns_equal == 996


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (1, 2.5, "int → float"),
        (pd.Series(["a", "b"]), pd.Series(["a", "c"]), "1 of 2 (50 %)"),
        (pd.Series([1.0, None]), pd.Series([1.0, 0.0]), "50 % → 0 %"),
        (pd.Series([1]), pd.DataFrame({"a": [1]}), "pd.Series became pd.DataFrame"),
        (pd.Series([1], name="a"), pd.Series([1], name="b"), "such as a name"),
        (
            pd.to_datetime(pd.Series(["2020-01-01"])),
            pd.to_datetime(pd.Series(["2020-01-02"])),
            "2020-01-02 00:00",
        ),
        (pd.Series([[1], [2]]), pd.Series([[1], [3]]), "1 of 2 (50 %)"),
        (object(), object(), "it differs in what is no value of a column"),
    ],
)
def test_every_kind_of_value(before: object, after: object, words: str) -> None:
    """Types, texts, gaps, moments and objects are compared; nothing raises."""
    assert words in impact_text(impact(["x"], {"x": before}, {"x": after}, ["x"]))


def test_html_and_markdown_escape_everything() -> None:
    """Names of columns and messages cannot become markup."""
    evil = "<img src=x onerror=alert(1)>|[a](b)"
    old, new = pd.DataFrame({evil: [1, 2]}), pd.DataFrame({evil: [1, 3]})
    found = impact([evil], {evil: old}, {evil: new}, [evil])
    assert "<img" not in impact_html(found)
    assert "<img" not in impact_markdown(found)
    assert "[a](b)" not in impact_markdown(found)
    assert "1 of 2 (50 %)" in impact_markdown(found)


def test_without_scipy_the_impact_says_what_is_missing() -> None:
    """Everything but the distance is there, and a line names the extra."""
    with mock.patch.object(distances.importlib, "import_module", side_effect=ImportError):
        found = impact(["x"], {"x": pd.Series([1.0, 2.0])}, {"x": pd.Series([1.0, 3.0])}, ["x"])
    assert "pip install 'dagbook[quality]'" in impact_text(found)
    assert "1 of 2 (50 %)" in impact_text(found)


def test_the_extension_loads_without_pandas() -> None:
    """Loading the magics imports neither pandas nor SciPy: they cost a second."""
    code = "import sys, kernel_magics.magics.extension; sys.exit(bool({'pandas', 'scipy', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_memory_of_a_thousand_edits_is_one_generation() -> None:
    """However often a cell is edited, at most one older value of each node is kept."""
    book = book_of("%%inputs\nx = np.zeros(10)", "%%node y\nx + 0", "%%node z\ny + 1")
    for number in range(1, 20):
        book.run("2", f"%%node y\nx + {number}")
        assert set(book.session.memos.before) <= {"y", "z"}
    old = book.session.memos.before["y"].value
    assert isinstance(old, np.ndarray)
    assert old[0] == 18


def test_values_that_were_evicted() -> None:
    """Under a memory budget the older values are evicted first: the change of a node is reported without details."""
    book = book_of("%%inputs\nx = np.zeros(1000)", "%%node y\nx + 1", "%%node z\ny.sum()")
    book.run("2", "%%node y\nx + 2")
    book.session.memos.memory.budget = 1
    assert book.session.memos.evict()
    found = said(book)
    assert verdicts(found) == {"y": "changed", "z": "changed"}
    assert "was evicted" in impact_text(found)
    book.session.memos.memory.budget = None
    book.run("2", "%%node y\nx + 3")
    assert said(book).nodes[0].name == "y"
