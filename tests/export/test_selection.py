"""Selections: named nodes with what they need are exported, or all that works; the rest is told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from tests.export.notebooks import Export, export, run_pytest
from tests.notebook_file import write_notebook

CELLS = (
    "%%setup\nimport math\n\n\ndef half(value):\n    return value / 2",
    "%%inputs\nx: list = [4.0, 9.0]\nunused: int = 1",
    "%%params\nfactor: float = 2.0\nregion: str = 'US'",
    "%%node\ndef roots(x):\n    return [math.sqrt(each) for each in x]\n\n\ndef broken(roots):\n    return roots['a']",
    "%%node scaled\n[half(each) * factor for each in roots]",
    "%%node waiting\nscaled + nowhere",
    "%%node below\nlen(broken)",
    "%%node price --when region=US\nscaled[0]",
    "%%node price --when region=EU\nscaled[1]",
    "%%node negative\n-scaled[0]",
    "%%node reader\nnegative + 1",
    "%%check negative\nnegative > 0",
    "%%check scaled\nlen(scaled) == len(x)",
    "%%check scaled\nlen(scaled) == len(below)",
    "%%test scaled\nassert scaled([2.0], factor=3.0) == [3.0]",
    "%%test roots\nassert broken({'a': 1}) == 1\nassert roots([4.0]) == [2.0]",
)


def functions(done: Export) -> list[str]:
    """The names of the module's functions."""
    return [node.name for node in ast.parse(done.text).body if isinstance(node, ast.FunctionDef)]


def test_named_nodes_are_exported_with_what_they_need(tmp_path: Path) -> None:
    """Failed, waiting and other nodes are left out, even of the same cell; tests pass; what is missed is told."""
    done = export(tmp_path, *CELLS, outputs=("scaled",))
    assert functions(done) == ["_half", "roots", "scaled", "check_scaled"]
    assert (done.report.nodes, done.report.checks, done.report.proven) == (2, 1, 2)
    assert "unused" not in done.text
    assert done.report.notes() == [
        "'check_scaled_2' is left out: it reads 'below', which is not exported.",
        "the test of 'roots' in cell [16] is left out: it calls others.",
    ]
    assert run_pytest(tmp_path).returncode == 0
    assert export(tmp_path, *CELLS, outputs=("scaled",), check=True).report.drift == ""


def test_variants_come_with_their_param(tmp_path: Path) -> None:
    """A node that exists in variants brings all of them, and the param that chooses."""
    done = export(tmp_path, *CELLS, outputs=("price", "roots"))
    assert {"scaled", "roots"} <= set(functions(done))
    assert len([name for name in functions(done) if name.startswith("price")]) == 2
    assert "region" in done.text


def test_without_names_one_failed_node_stops_everything(tmp_path: Path) -> None:
    """As ever: what waits is told first, and nothing is written."""
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *CELLS)
    assert caught.value.code == "DB203"
    assert not list(tmp_path.iterdir())


def test_what_fails_is_left_out_when_asked_to(tmp_path: Path) -> None:
    """--skip-failed leaves out what waits, fails or has a failing check, and all that reads it, each with a reason."""
    done = export(tmp_path, *CELLS, skip_failed=True)
    assert {"roots", "scaled", "check_scaled"} <= set(functions(done))
    assert not {"broken", "waiting", "below", "negative", "reader"} & set(functions(done))
    assert sorted(done.report.notes()) == [
        "'below' is left out: it reads 'broken'.",
        "'broken' is left out: it fails (DB301).",
        "'check_negative' is left out: it reads 'negative'.",
        "'check_scaled_2' is left out: it reads 'below'.",
        "'negative' is left out: its check 'check_negative' does not hold.",
        "'reader' is left out: it reads 'negative'.",
        "'waiting' is left out: it waits for 'nowhere'.",
        "input 'unused' (cell [2]) is left out: no node reads it.",
        "the test of 'roots' in cell [16] is left out: it calls others.",
    ]
    assert run_pytest(tmp_path).returncode == 0


def test_nothing_is_left_out_of_what_works(tmp_path: Path) -> None:
    """With nothing to skip, the export is the same, byte for byte."""
    cells = [
        *CELLS[:3],
        CELLS[3].partition("\n\n\ndef broken")[0],
        CELLS[4],
        *CELLS[7:9],
        CELLS[12],
        CELLS[14],
    ]
    whole, same = tmp_path / "a", tmp_path / "b"
    assert export(whole, *cells).report.notes() == export(same, *cells, skip_failed=True).report.notes()
    for path in whole.iterdir():
        assert path.read_bytes() == (same / path.name).read_bytes()


@pytest.mark.parametrize(
    ("name", "code"), [("scald", "DB308"), ("nowhere", "DB203"), ("waiting", "DB203"), ("below", "DB301")]
)
def test_a_name_that_cannot_be_exported_is_told(tmp_path: Path, name: str, code: str) -> None:
    """An unknown, waiting or failing name is an error as anywhere, and nothing is written."""
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *CELLS, outputs=(name,))
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())


def test_the_command_takes_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dagbook export NB -o M --outputs A,B` and `--skip-failed` say what was left out."""
    notebook = write_notebook(tmp_path / "nb.ipynb", CELLS)
    module = str(tmp_path / "m.py")
    assert main(["export", str(notebook), "-o", module, "--no-run"]) == 1
    assert main(["export", str(notebook), "-o", module, "--no-run", "--outputs", "roots, scaled"]) == 0
    assert "2 nodes and 1 check" in capsys.readouterr().out
    assert main(["export", str(notebook), "-o", module, "--no-run", "--force", "--skip-failed"]) == 0
    assert "note    'waiting' is left out: it waits for 'nowhere'." in capsys.readouterr().out


def test_a_command_exports_a_part_of_the_inputs(tmp_path: Path) -> None:
    """Of a cell with several inputs or params those that are needed; the cell runs when the others are left out."""
    source = write_notebook(tmp_path / "n.ipynb", list(CELLS[:5]))
    assert main(["export", str(source), "-o", str(tmp_path / "part.py"), "--outputs", "scaled"]) == 0
    assert "unused" not in (tmp_path / "part.py").read_text()
