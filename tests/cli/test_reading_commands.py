"""Commands that only read do not write, change or delete anything, whatever is in their folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.test_atomic_write import snapshot
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
WATCHED = """
import os, sys
temporary, log, words = sys.argv[1], sys.argv[2], sys.argv[3:]
found = []
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown", "os.utime", "shutil.rmtree", "shutil.copyfile", "shutil.move"}

def watch(event, given):
    if event == "open":
        path, mode, flags = given
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
            note(event, path)
    elif event in CHANGES:
        for path in given[:2]:
            if isinstance(path, (str, bytes, os.PathLike)):
                note(event, path)

def note(event, path):
    path = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else ""
    if path and not path.startswith((temporary, "/dev/")) and not found.append(f"{event} {path}"):
        pass

sys.addaudithook(watch)
from kernel_magics.cli.main import main
try:
    code = main(words)
finally:
    lines = list(found)
    with open(log, "w") as file:
        file.write("\\n".join(lines))
sys.exit(code)
"""


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
    repo, temporary = make_folder(tmp_path / "watched"), tmp_path / "temporary"
    temporary.mkdir()
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    before = snapshot(tmp_path / "watched")
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
        "HOME": str(tmp_path / "watched" / "home"),
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join([str(HOME), str(repo)]),
    }
    command = [sys.executable, str(script), str(temporary), str(tmp_path / "log"), *COMMANDS[name]]
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=False)
    expected = 1 if name.startswith("export") else 0  # the export is out of date
    assert done.returncode == expected, done.stderr
    assert snapshot(tmp_path / "watched") == before
    written = (tmp_path / "log").read_text().split("\n")
    assert [line for line in written if line and "__pycache__" not in line] == []
    assert not list(temporary.iterdir())


def test_leftovers_that_are_not_ours_are_named(tmp_path: Path) -> None:
    """An export and its check list files that look like theirs and were left alone."""
    repo = make_folder(tmp_path)
    command = [sys.executable, "-m", "kernel_magics", *COMMANDS["export --check --no-run"]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME), str(repo)])}
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=False)
    assert "'.features.py.dagbook-journal' is not a file of this export, and was left alone" in done.stdout
    assert (tmp_path / "home" / "thesis.txt").read_text() == "precious"
