"""The pre-commit hook that the documentation gives: an outdated module cannot be committed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebook_file import write_notebook

SNIPPET = r"""
repos:
  - repo: local
    hooks:
      - id: dagbook
        name: exported features are up to date
        entry: dagbook export notebooks/ads.ipynb -o src/ads.py --check --no-run
        language: system
        pass_filenames: false
        files: ^(notebooks/ads\.ipynb|src/(_examples|(test_)?ads(\.baseline|\.schema|\.natures)?)\.(py|json))$
"""
CELLS = ["%%inputs\na: int = 1", "%%node b\na + 1", "%%node c\nb * 2"]


def value(key: str) -> str:
    """A value of the snippet."""
    match = re.search(rf"^ *{key}: (.*)$", SNIPPET, re.MULTILINE)
    assert match is not None
    return match[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an exported notebook."""
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks" / "ads.ipynb", CELLS)
    assert run(tmp_path, value("entry").replace(" --check", "")).returncode == 0
    return tmp_path


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours as pre-commit does: words, without a shell, in the top folder."""
    words = shlex.split(command)
    assert words[0] == "dagbook"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command_line = [sys.executable, "-m", "kernel_magics", *words[1:]]
    return subprocess.run(
        command_line, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_hook_lets_up_to_date_files_pass(project: Path) -> None:
    """Exit code 0 after an export."""
    done = run(project, value("entry"))
    assert done.returncode == 0, done.stderr
    assert "up to date" in done.stdout


def test_the_hook_stops_outdated_files(project: Path) -> None:
    """Exit code 1, the nodes by name, a diff, and nothing written, when the notebook moved on."""
    before = (project / "src" / "ads.py").read_bytes()
    write_notebook(project / "notebooks" / "ads.ipynb", [*CELLS[:2], "%%node c\nb * 3", "%%node d\nc - 1"])
    done = run(project, value("entry"))
    assert done.returncode == 1
    assert "changed: c; added: d" in done.stdout
    assert "-    return b * 2" in done.stdout
    assert "+    return b * 3" in done.stdout
    assert (project / "src" / "ads.py").read_bytes() == before


def test_the_hook_says_what_was_edited_by_hand(project: Path) -> None:
    """An edit of the module is distinguished from a change of the notebook."""
    module = project / "src" / "ads.py"
    module.write_text(module.read_text().replace("a + 1", "a + 2"))
    done = run(project, value("entry"))
    assert done.returncode == 1
    assert "edited since the export: cell2" in done.stdout
    assert "dagbook import src/ads.py --into" in done.stdout


def test_the_hook_looks_at_its_own_files(project: Path) -> None:
    """The pattern matches the notebook and everything that an export writes, and nothing else."""
    pattern = re.compile(value("files"))
    written = [path.relative_to(project).as_posix() for path in (project / "src").iterdir()]
    for name in ("notebooks/ads.ipynb", "src/test_ads.json", "src/ads.baseline.json", *written):
        assert pattern.search(name)
    assert not pattern.search("src/other.py")
