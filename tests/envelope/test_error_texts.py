"""The message when an envelope cannot be made, or is not what was exported: recorded."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.envelope.making import SETUP
from tests.notebook_file import write_notebook
from tests.recorded import check_recorded

X = "%%inputs\nx: pd.Series = pd.Series([1.0, 2.0])"
CASES: dict[str, list[str]] = {
    "DB542 a fitted value that nothing holds": [SETUP, X, "%%node f --fitted\nlambda y: y", "%%node z\nf(x)"],
    "DB543 a sample that only the notebook has": [
        SETUP,
        "%%inputs\nx = (lambda y: y)",
        "%%node z\npd.Series([x(1.0)])",
    ],
    "DB544 a module of this machine": [
        f"{SETUP}\nimport kernel_magics",
        X,
        "%%node z\nx + len(kernel_magics.__all__)",
    ],
}


def test_the_text_of_each_error(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its code, its place and a way out; the folder is as it was."""
    monkeypatch.chdir(tmp_path)
    parts = []
    shutil.copytree(whole, tmp_path / "people")
    (tmp_path / "people" / "MLmodel").write_text("")
    assert main(["run", "people", "-o", "out.csv"]) == 1
    parts.append(f"### DB541 a changed file\n$ dagbook run people -o out.csv\n{capsys.readouterr().err}")
    for title, cells in CASES.items():
        write_notebook(tmp_path / "n.ipynb", cells)
        words = ["export", "n.ipynb", "-o", "out", "--target", "envelope", "--outputs", "z"]
        assert main(words) == 1, title
        parts.append(f"### {title}\n$ dagbook {' '.join(words)}\n{capsys.readouterr().err}")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["n.ipynb", "people"]
    write_notebook(tmp_path / "n.ipynb", [SETUP, X, "%%node z\nx.cumsum()"])
    assert main(words) == 0
    capsys.readouterr()
    assert main(["serve", "out"]) == 2
    parts.append(f"### DB551 a row that needs others\n$ dagbook serve out\n{capsys.readouterr().err}")
    shutil.copy(whole / "MLmodel", tmp_path / "people" / "MLmodel")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert main(["serve", "people", "--port", port]) == 1
    said = capsys.readouterr().err.replace(port, "8000")
    parts.append(f"### DB552 a port that is taken\n$ dagbook serve people\n{said}")
    assert not list(tmp_path.glob("*.jsonl"))
    check_recorded("errors_envelope.txt", "\n".join(parts))
