"""Every command works in the notebook's folder: imports look there first, relative paths begin there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook
from tests.warm import run_warm

CELLS = [
    "%%setup\nimport pandas as pd\nfrom my_helper import RATE",
    "%%inputs\nx: pd.DataFrame = pd.read_csv('data/sample.csv')",
    "%%node a\nx['v'] * RATE",
    "%%check a\na > 0",
    "%%test a\nassert a(pd.DataFrame({'v': [1]})).tolist() == [3]",
]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook in a folder below the working one, with a helper module and data beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "sub" / "data").mkdir(parents=True)
    (tmp_path / "sub" / "my_helper.py").write_text("RATE = 3\n")
    (tmp_path / "sub" / "data" / "sample.csv").write_text("v\n1\n2\n")
    (tmp_path / "here.csv").write_text("v\n5\n")
    write_notebook(tmp_path / "sub" / "nb.ipynb", CELLS)
    yield tmp_path  # type: ignore[misc]
    sys.modules.pop("my_helper", None)


def test_commands_work_in_the_notebook_s_folder(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: files beside the notebook are found wherever a command is started (r14)."""
    assert main(["run", "sub/nb.ipynb", "-o", "out.csv", "--input", "x=here.csv"]) == 0
    assert Path("out.csv").read_text() == ",a\n0,15\n"
    assert main(["check", "sub/nb.ipynb", "--json"]) == 0
    assert main(["export", "sub/nb.ipynb", "-o", "sub/feats.py", "--tests", "tests"]) == 0
    assert main(["export", "sub/nb.ipynb", "-o", "sub/feats.py", "--tests", "tests", "--check"]) == 0
    assert main(["run", "sub/feats.py", "-o", "module.csv", "--input", "x=here.csv"]) == 0
    assert Path("module.csv").read_text() == Path("out.csv").read_text()
    assert (
        main(["diff", "--values", "sub/nb.ipynb", "sub/feats.py", "--input", "x=here.csv", "--exit-code"])
        == 0
    )
    capsys.readouterr()
    assert main(["diff", "sub/nb.ipynb", "sub/feats.py", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == []
    assert Path.cwd() == work
    assert str(work / "sub") not in sys.path[:1]


def test_nodes_read_beside_the_notebook(work: Path) -> None:
    """A node that opens a file itself, and one that imports when it runs, do so in the notebook's folder."""
    cells = [
        "%%node rows\nfrom pathlib import Path\nlen(Path('data/sample.csv').read_text().split())",
        "%%node late\nimport my_helper\nmy_helper.RATE",
    ]
    write_notebook(work / "sub" / "lazy.ipynb", cells)
    for executor in ([], ["--executor", "threads"]):
        assert main(["run", "sub/lazy.ipynb", "-o", "out.json", *executor]) == 0
        assert json.loads(Path("out.json").read_text()) == [{"rows": 3, "late": 3}]


def test_a_helper_beside_the_notebook_is_not_beside_every_module(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the module would not find a file, the export names the file's place."""
    assert main(["export", "sub/nb.ipynb", "-o", "elsewhere/feats.py"]) == 1
    said = capsys.readouterr().err
    assert "DB504" in said
    assert "'my_helper' is a file in 'sub': export into that folder" in said


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
@pytest.mark.parametrize("tests", ["sub", "tests/deep"])
def test_exported_tests_run_from_any_folder(work: Path, mode: str, tests: str) -> None:
    """The kind: the module is found however pytest is started (r30)."""
    assert main(["export", "sub/nb.ipynb", "-o", "sub/feats.py", "--tests", tests]) == 0
    for folder in (work, work / "sub", work / "sub" / "data"):
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--import-mode={mode}"]
        done = run_warm([*command, str(work / tests)], folder, dict(os.environ))
        assert done.returncode == 0, done.stdout
