"""The proof: an export stops, and leaves the old files, when the module would not be what the notebook is."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export import draft as orchestra
from kernel_magics.export.clean import process, proof
from kernel_magics.export.clean.pickling import Candidate
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.module import Module
from tests.export.notebooks import QUICK, export, make_session

INPUT = "%%inputs\na: int = 1"


def _refused(folder: Path, *cells: str, **options: object) -> DataflowError:
    """The error of an export that must stop; the files of a good one before it must be untouched."""
    export(folder, *QUICK)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(DataflowError) as caught:
        export(folder, *cells, **options)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    return caught.value


def test_every_value_is_compared(tmp_path: Path) -> None:
    """The report counts the nodes whose value in the clean process is the notebook's."""
    report = export(tmp_path, *QUICK).report
    assert (report.nodes, report.checks, report.proven, report.unproven) == (8, 1, 8, {})
    assert (
        "proof   module and notebook agree on all 8 nodes (checked in a fresh Python process)"
        in report.text()
    )


def test_no_file_beside_the_temporary_folder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run in a temporary folder; a `conftest.py` of the folders above, which others can write, is not read."""
    (tmp_path / "conftest.py").write_text("raise SystemExit(7)")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "out").mkdir()
    assert export(tmp_path / "out", *QUICK).report.proven == 8


def test_a_different_module_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that differs stops the export with the node, its cell, the row and both values."""
    real = orchestra.make_module

    def wrong(*given: object) -> Module:
        module = real(*given)  # type: ignore[arg-type]
        return Module(module.text.replace("cost.shift(k)", "cost.shift(k + 1)"), module.setup)

    export(tmp_path, *QUICK)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(orchestra, "make_module", wrong)
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *QUICK)
    assert caught.value.code == "DB501"
    assert caught.value.cells == ("[7]",)
    assert (
        "'lag_1' in cell [7] is not the same in the module: row 1: nan instead of 12.5"
        in caught.value.message
    )
    assert "1 more" in caught.value.message
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_node_that_changes_what_others_read_is_refused(tmp_path: Path) -> None:
    """If the code does not show the change, the export names the function, the input and the fix."""
    error = _refused(
        tmp_path,
        "%%setup\nimport pandas as pd",
        "%%inputs\ntable: pd.DataFrame = pd.DataFrame({'a': [1, 2]})",
        "%%node\ndef wide(table):\n    pd.DataFrame.insert(table, 1, 'b', table['a'] * 2)\n    return table",
        "%%node\ndef width(table):\n    return table.shape[1]",
    )
    assert error.code == "DB501"
    assert "'width'" in error.message
    assert "'wide' changes its input 'table' in place: begin it with `table = table.copy()`" in error.hint


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ([INPUT, "%%node b\na / 0"], "DB301", "'b' failed on line 2 of cell [2]: ZeroDivisionError"),
        ([INPUT, "%%node b\na + views"], "DB203", "'b' needs 'views', which nothing defines"),
        ([INPUT, "%%node b\na\n", "%%check b\nb > 1  # large"], "DB302", "large"),
        ([INPUT, "%%node b\na\n", "%%test b\nassert b(1) == 2"], "DB502", "test_b (cell [3])"),
        ([INPUT, "%%node b\na\n", "%%test b\nassert nobody(1) == 2"], "DB507", "'nobody'"),
        ([INPUT], "DB503", "no node"),
        (["%%setup\nimport os\nHERE = open(os.environ['DAGBOOK_TEST_FILE']).read()", INPUT, "%%node b\nHERE + str(a)"],
         "DB504", "cannot be imported in a clean process: KeyError"),
        (["%%setup\nimport os\ndef text():\n    return os.environ.get('DAGBOOK_TEST_FILE', '')",
          "%%setup\nHERE = 1 / len(text())", INPUT, "%%node b\nHERE + a"],
         "DB504", "ZeroDivisionError: division by zero (cell [2])."),
        (["%%setup\nimport os", INPUT, "%%node b\na if 'DAGBOOK_TEST_FILE' in vars(os)['environ'] else os._exit(3)"],
         "DB505", "ended with code 3"),
    ],
)  # fmt: skip
def test_what_stops_an_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: list[str], code: str, words: str
) -> None:
    """Each failure has one message with its cell and a hint, and leaves the files of before."""
    file = tmp_path.parent / f"{tmp_path.name}.txt"
    file.write_text("x")
    monkeypatch.setenv("DAGBOOK_TEST_FILE", str(file))
    real = process.run_clean
    monkeypatch.setattr(process, "run_clean", lambda *given: _without_variable(monkeypatch, real, *given))
    error = _refused(tmp_path, *cells)
    assert error.code == code, str(error)
    assert words in error.message
    assert error.hint


def _without_variable(monkeypatch: pytest.MonkeyPatch, real: object, *given: object) -> object:
    with monkeypatch.context() as patch:
        patch.delenv("DAGBOOK_TEST_FILE")
        return real(*given)  # type: ignore[operator]


def test_a_failing_warning_does_not_stop(tmp_path: Path) -> None:
    """A check of severity warn is exported although it does not hold."""
    done = export(tmp_path, INPUT, "%%node b\na", "%%check b --warn\nb > 1")
    assert "def warn_b(b: int)" in done.text


def test_failing_tests_show_their_lines(tmp_path: Path) -> None:
    """pytest's message about the failing test is part of the error."""
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, INPUT, "%%node b\na", "%%test b\nassert b(1) == 2")
    assert caught.value.cells == ("[3]",)
    assert any("assert b(1) == 2" in line for line in caught.value.frames)


def test_equal_but_for_rounding_is_equal() -> None:
    """Rounding in the last digits is no difference; anything that a reader could distinguish is."""
    assert proof.describe_difference(pd.Series([0.1 + 0.2]), pd.Series([0.3])) == ""
    assert (
        proof.describe_difference(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.5])) == "row 1: 2.0 instead of 2.5"
    )
    assert "dtype" in proof.describe_difference(pd.Series([1]), pd.Series([1.0]))
    assert "name" in proof.describe_difference(pd.Series([1], name="a"), pd.Series([1]))
    assert "index" in proof.describe_difference(pd.Series([1], index=[1]), pd.Series([1]))
    assert proof.describe_difference(1, True) != ""
    objects = [[1, True, [0.1 + 0.2]], [1, True, [0.3]], [1, 1, [0.3]], [1, True, (0.3,)]]
    first, rounded, number, other = (pd.Series(members, dtype=object) for members in objects)
    assert proof.describe_difference(first, rounded) == ""
    assert proof.describe_difference(first, number) == "row 1: True instead of 1"
    assert "row 2: list" in proof.describe_difference(first, other)


def test_without_a_run_nothing_is_computed(tmp_path: Path) -> None:
    """`--no-run` writes module and written tests with a notice, and keeps derived types and recorded examples."""
    first = export(tmp_path, *QUICK)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    second = export(tmp_path, *QUICK, run=False)
    assert second.report.proven is None
    assert "none: nothing ran (--no-run)" in second.report.text()
    assert files == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    folder = tmp_path / "fresh"
    folder.mkdir()
    fresh = export(folder, *QUICK, run=False)
    assert "def cost(spend: pd.Series, signups, rate: float = 1.25):" in fresh.text
    assert not fresh.examples.exists()
    assert "test_example" not in fresh.tests.read_text(encoding="utf-8")
    assert first.module.name == fresh.module.name


def test_unpicklable_samples_are_skipped_with_a_reason() -> None:
    """A sample that cannot reach another process is no error; the nodes behind it are not compared."""
    session = make_session(
        "%%setup\nimport threading", "%%inputs\nlock = threading.Lock()", "%%node b\nlock.locked()"
    )
    list(session.compute())
    text = "def b(lock):\n    return lock.locked()\n"
    found = proof.prove(session, Candidate(Exported.of(session.graph), "features", text, {}), {}, None)
    assert found.compared == ()
    assert found.skipped == {"b": "its inputs cannot be given to another process"}
