"""Commands that only read do not write, change or delete anything, whatever is in their folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.test_atomic_write import snapshot
from tests.file_monitor import monitored
from tests.notebook_file import write_notebook

HOME = Path(__file__).parents[2]
CELLS = (
    "%%setup\nimport helper",
    "%%inputs\nx: int = 1",
    "%%node y\nhelper.double(x)",
    "%%check y\ny > 0",
    "%%test y\nassert y(1) == 2",
)
COMMANDS = {
    "export --check": ("export", "nb.ipynb", "-o", "features.py", "--check"),
    "export --check --no-run": ("export", "nb.ipynb", "-o", "features.py", "--check", "--no-run"),
    "export --check of a package": (
        "export",
        "nb.ipynb",
        "-o",
        "pkg",
        "--check",
        "--target",
        "package",
        "--no-run",
    ),
    "check": ("check", "nb.ipynb"),
    "check --json": ("check", "nb.ipynb", "--json"),
    "graph": ("graph", "nb.ipynb"),
    "graph of a module": ("graph", "module.py"),
    "lineage": ("lineage", "nb.ipynb", "y"),
    "lineage --json": ("lineage", "module.py", "y", "--json"),
    "diff": ("diff", "nb.ipynb", "module.py"),
    "diff --values": ("diff", "nb.ipynb", "nb.ipynb", "--values"),
    "convert --json": ("convert", "ordinary.ipynb", "--json", "--no-run"),
}


def make_folder(folder: Path) -> Path:
    """A cloned repository with everything in it that once was an order: journals, leftovers, links, caches."""
    repo, home = folder / "repo", folder / "home"
    for each in (repo, home, repo / "blocked", repo / ".dagbook-write", repo / ".dagbook" / "cache" / "ab"):
        each.mkdir(parents=True)
    (home / "thesis.txt").write_text("precious")
    write_notebook(repo / "nb.ipynb", list(CELLS))
    write_notebook(repo / "ordinary.ipynb", ["x = 1", "y = x + 1"])
    (repo / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (repo / "module.py").write_text("def y(x):\n    return x + 1\n")
    for name in (".blocked.dagbook-new", ".features.py.dagbook-new", ".features.py.dagbook-old"):
        (repo / name).write_text("planted")
    for name in ("0.new", "0.old", "lock"):
        (repo / ".dagbook-write" / name).write_text("planted")
    (repo / ".dagbook" / "cache" / "go").symlink_to(home)
    journal = {"files": ["../home/thesis.txt", str(home / "thesis.txt"), "blocked"]}
    for name in ("features.py", "test_features.py", "features.baseline.json"):
        (repo / f".{name}.dagbook-journal").write_text(json.dumps(journal))
    return repo


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reading_command_changes_no_file(tmp_path: Path, name: str) -> None:
    """Neither in the working folder nor anywhere else but below the folder for temporary files."""
    repo, scratch = make_folder(tmp_path / "watched"), tmp_path / "scratch"
    before = snapshot(tmp_path / "watched")
    seen = monitored(repo, COMMANDS[name], scratch=scratch)
    expected = 1 if name.startswith("export") else 0  # the export is out of date
    assert seen.codes == [expected], seen.said
    assert snapshot(tmp_path / "watched") == before
    assert [line for line in seen.done if not line.startswith("subprocess")] == []
    assert not list((scratch / "temporary").iterdir())


def test_leftovers_that_are_not_ours_are_named(tmp_path: Path) -> None:
    """An export and its check list files that look like theirs and were left alone."""
    repo = make_folder(tmp_path)
    command = [sys.executable, "-m", "kernel_magics", *COMMANDS["export --check --no-run"]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(repo)])}
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=False)
    assert "'.features.py.dagbook-journal' is not a file of this export, and was left alone" in done.stdout
    assert (tmp_path / "home" / "thesis.txt").read_text() == "precious"
