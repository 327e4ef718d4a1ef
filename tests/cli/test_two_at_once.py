"""Two commands that write one output at one time: the files of one of them are there, and no work is lost."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli import (
    convert_command,
    docs_command,
    import_command,
    new_command,
    run_command,
    tutorial_command,
)
from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook

FLOW = ["%%inputs\nx: int = 1", "%%node a\nx + 1", "%%node b\n[a] * 2"]


def both(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, before: Callable[[], object]) -> None:
    """Let the other command come just before a function of this one is called."""
    own = getattr(owner, name)

    def called(*given: Any, **named: Any) -> Any:
        before()
        return own(*given, **named)

    monkeypatch.setattr(owner, name, called)


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [
        (new_command, "template_text", ["new", "out.ipynb"]),
        (import_command, "notebook_text", ["import", "m.py", "-o", "out.ipynb"]),
        (import_command, "notebook_text", ["import", "m.py", "n.py", "-o", "out.ipynb"]),
        (convert_command, "converted_text", ["convert", "o.ipynb", "-o", "out.ipynb", "--no-run"]),
        (tutorial_command, "quickstart", ["tutorial", ".", "--no-open"]),
    ],
    ids=["new", "import", "import of two", "convert", "tutorial"],
)
def test_a_notebook_that_another_command_made_meanwhile_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: Any,
    name: str,
    words: list[str],
) -> None:
    """It was not there when the command began; it is when the command writes, which is said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text("def y(x: int) -> int:\n    return x\n")
    (tmp_path / "n.py").write_text("def z(y: int) -> int:\n    return y\n")
    write_notebook(tmp_path / "o.ipynb", ["a = 1", "b = a + 1", "c = b + a"])
    target = tmp_path / (tutorial_command.NAME if owner is tutorial_command else "out.ipynb")
    both(monkeypatch, owner, name, lambda: target.write_text("of another"))
    assert main(words) == 1
    assert f"DB413 '{target.name}' exists: another program made it meanwhile." in capsys.readouterr().err
    assert target.read_text() == "of another"
    assert not list(tmp_path.glob(".dagbook-*"))


def is_locked(folder: Path) -> bool:
    """Whether somebody holds the lock of a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [
        (docs_command, "write_text", ["docs", "nb.ipynb", "-o", "out"]),
        (run_command, "write_value", ["run", "nb.ipynb", "--samples", "-o", "out/", "--outputs", "a,b"]),
        (run_command, "write_value", ["run", "nb.ipynb", "--samples", "-o", "far/away/out.csv"]),
    ],
    ids=["docs", "run to a folder", "run to a file"],
)
def test_the_files_of_one_command_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, words: list[str]
) -> None:
    """From the first file to the last one, no other command writes to the same place; nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "nb.ipynb", FLOW)
    held: list[bool] = []
    both(monkeypatch, owner, name, lambda: held.append(is_locked(tmp_path)))
    assert main(words) == 0
    assert held
    assert all(held)
    assert not is_locked(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "nb.ipynb",
        words[words.index("-o") + 1].split("/")[0],
    }


def test_older_rows_are_read_when_no_other_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that appends joins its rows to what is there at last, not to what another one replaces."""
    monkeypatch.chdir(tmp_path)
    cells = [
        "%%setup\nimport pandas as pd",
        "%%inputs --time day\nt = pd.DataFrame({'day': pd.date_range('2024-01-01', periods=20), 'v': range(20)})",
        "%%node double\nt.assign(v=t['v'] * 2)",
    ]
    write_notebook(tmp_path / "nb.ipynb", cells)
    words = ["run", "nb.ipynb", "--samples", "-o", "out.parquet"]
    assert main(words) == 0
    from kernel_magics.cli import append  # noqa: PLC0415  # needs pandas

    held: list[bool] = []
    both(monkeypatch, append, "read_old", lambda: held.append(is_locked(tmp_path)))
    assert main([*words, "--append", "--since", "2024-01-15"]) == 0
    assert held == [True]
