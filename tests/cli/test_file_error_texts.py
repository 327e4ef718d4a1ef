"""The text on stderr when an export, an import or a comparison of files is refused, recorded."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.export import guards
from kernel_magics.export.clean import process
from kernel_magics.export.module import format as formatting
from tests.notebook_file import write_notebook
from tests.recorded import check_recorded

INPUT = "%%inputs\na: int = 1"
GOOD = [INPUT, "%%node\ndef b(a):\n    return a * 2"]
GOOD_VARIANT = [
    "%%params\nmode = 'US'",
    INPUT,
    "%%node b --when mode=US\na",
    "%%node b --when mode=EU\na * 2",
]
EXPORT = ("export", "nb.ipynb", "-o", "feats.py")
QUICK = (*EXPORT, "--no-run")
OF_ENV = "%%setup\nimport os\nLIMIT = int(os.environ['DAGBOOK_TEST_LIMIT'])"
HELPER = "%%setup\ndef double(x):\n    return 2 * x\n\n\n_double = 3"

Step = tuple[str, ...] | Callable[[], object]
Case = tuple[list[str], list[Step]]


def edited(name: str, old: str, new: str) -> Step:
    """Edit a file by hand."""

    def edit() -> None:
        text = Path(name).read_text()
        assert old in text, text
        Path(name).write_text(text.replace(old, new))

    return edit


def written(name: str, text: str) -> Step:
    """Write a file by hand."""
    return lambda: Path(name).write_text(text)


def cells(*texts: str) -> Step:
    """Change the notebook."""
    return lambda: write_notebook(Path("nb.ipynb"), texts)


def git(*words: str) -> Step:
    """A command of git."""
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return lambda: subprocess.run(["git", *person, *words], check=True, capture_output=True)


EXPORTS: dict[str, Case] = {
    "DB431 a link out of the folder": (
        GOOD,
        [lambda: Path("test_feats.py").symlink_to("../other.py"), QUICK],
    ),
    "DB432 a file that changes meanwhile": (
        [*GOOD, "%%node c\nopen('feats.py', 'w').write('x') + b"],
        [EXPORT],
    ),
    "DB433 something in the way": (GOOD, [written(".dagbook-write", ""), QUICK]),
    "DB501 a node changes what another one reads": (
        [
            "%%inputs\nrows: list[int] = [1]",
            "%%node\ndef longer(rows):\n    list.append(rows, 2)\n    return rows",
            "%%node\ndef length(rows):\n    return len(rows)",
        ],
        [EXPORT],
    ),
    "DB502 a test that fails": ([*GOOD, "%%test b\nassert b(1) == 3  # three"], [EXPORT]),
    "DB504 a setup that works on this machine only": ([OF_ENV, *GOOD[:1], "%%node b\na + LIMIT"], [EXPORT]),
    "DB504 a target whose package is not installed": (GOOD, [(*EXPORT, "--target", "hamilton")]),
    "DB505 a node that ends its process": (
        [
            "%%setup\nimport os",
            INPUT,
            "%%node b\na if 'DAGBOOK_TEST_LIMIT' in vars(os)['environ'] else os._exit(3)",
        ],
        [EXPORT],
    ),
    "DB506 a secret": (["%%setup\nAPI_KEY = 'abcd1234'", INPUT, "%%node b\nf'{a}{API_KEY}'"], [QUICK]),
    "DB509 a helper that cannot be private": ([HELPER, INPUT, "%%node b\ndouble(a) + _double"], [QUICK]),
    "DB510 a formatter that cannot run": (GOOD, [QUICK]),
    "DB511 a value that is not the recorded one": (
        GOOD,
        [EXPORT, cells(INPUT, "%%node\ndef b(a):\n    return a * 3"), EXPORT],
    ),
    "DB512 a private column that does not exist": (
        ["%%inputs --private emial\na = {'email': 'ann.b@corp.com'}", "%%node b\nlen(a)"],
        [EXPORT],
    ),
    "DB513 a private value in an input that is not private": (
        ["%%inputs\na = 'Ann Bowler'  # private\nc = 'Ann Bowler'", "%%node b\na + c"],
        [EXPORT],
    ),
    "DB521 a module that was edited": (GOOD, [QUICK, edited("feats.py", "a * 2", "a * 4"), QUICK]),
    "DB521 a module of somebody else": (GOOD, [written("feats.py", "def mine(a):\n    return a\n"), QUICK]),
    "DB521 settings": (GOOD, [written("feats.py", "TIMEOUT = 30\n"), QUICK]),
    "DB521 code below a heading": (
        [INPUT, "#md # Part", GOOD[1]],
        [QUICK, edited("feats.py", "# --- Part ---\n", "# --- Part ---\nLIMIT = 3\n"), QUICK],
    ),
    "DB521 examples of somebody else": (
        GOOD,
        [written("test_feats.json", "[1]"), (*QUICK, "--refresh-examples")],
    ),
    "DB521 tests that were edited": (
        [*GOOD, "%%test b\nassert b(1) == 2"],
        [EXPORT, edited("test_feats.py", "b(1) == 2", "b(2) == 4"), EXPORT],
    ),
}
INTO = ("import", "feats.py", "--into", "nb.ipynb")
NEW = ("import", "feats.py", "-o", "new.ipynb")
FILES: dict[str, Case] = {
    "DB411 a module without functions": ([], [written("feats.py", "LIMIT = 3\n"), NEW]),
    "DB412 a module whose functions go in a circle": (
        [],
        [written("feats.py", "def a(b):\n    return b\n\n\ndef b(a):\n    return a\n"), NEW],
    ),
    "DB412 a part that is no cell": (
        GOOD,
        [
            QUICK,
            edited("feats.py", "\n    return a * 2", "\n    return a * 2\n\n\nprint('mine')"),
            NEW,
        ],
    ),
    "DB413 a notebook that is there": (GOOD, [QUICK, written("new.ipynb", "{}"), NEW]),
    "DB414 a module of somebody else": (
        GOOD,
        [written("feats.py", "def a(b):\n    return b\n"), INTO],
    ),
    "DB415 an edit on both sides": (
        GOOD,
        [
            QUICK,
            edited("feats.py", "a * 2", "a * 4"),
            cells(INPUT, "%%node\ndef b(a):\n    return a * 3"),
            INTO,
        ],
    ),
    "DB416 an edit that no cell can say": (
        [INPUT, "%%node b_{k} --for k=1,2\na * k"],
        [QUICK, edited("feats.py", "def b_2(a", "def b_2(*a"), INTO],
    ),
    "DB417 a revision that is not there": (
        GOOD,
        [
            git("init", "-q"),
            git("add", "."),
            git("commit", "-qm", "one"),
            ("diff", "v9:nb.ipynb", "nb.ipynb"),
        ],
    ),
    "DB417 a file that the revision lacks": (
        GOOD,
        [
            git("init", "-q"),
            git("add", "."),
            git("commit", "-qm", "one"),
            ("diff", "HEAD:old.ipynb", "nb.ipynb"),
        ],
    ),
    "DB417 no repository": (GOOD, [("diff", "HEAD:nb.ipynb", "nb.ipynb")]),
    "DB421 a notebook that fails itself": (
        ["rows = [1, 0]", "shares = [1 / row for row in rows]"],
        [("convert", "nb.ipynb", "-o", "new.ipynb")],
    ),
    "DB422 a notebook that ends its process": (
        ["import os\nrows = [1, 0]", "total = sum(rows)", "os._exit(3)"],
        [("convert", "nb.ipynb", "-o", "new.ipynb")],
    ),
    "DB418 a module for Apache Hamilton": (GOOD_VARIANT, [(*QUICK, "--target", "hamilton"), INTO]),
}


def play(folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int]:
    """Do what the case says in a folder of its own; the last command and its exit code."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_notebook(folder / "nb.ipynb", case[0])
    command, code = "", 0
    for step in case[1]:
        if callable(step):
            step()
        else:
            command, code = " ".join(step), main(step)
    return command, code


def record(
    file: str,
    cases: dict[str, Case],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    patch: pytest.MonkeyPatch,
) -> None:
    """Compare what stderr says at the end of each case."""
    parts = []
    for number, (name, case) in enumerate(cases.items()):
        if name.startswith("DB510"):
            patch.setattr(formatting, "_binary", lambda: "nowhere/ruff")
        if name == "DB504 a target whose package is not installed":
            patch.setattr(guards.importlib.util, "find_spec", lambda _: None)
        command, code = play(tmp_path / str(number), case, patch)
        patch.undo()
        said = capsys.readouterr().err.replace(str(tmp_path / str(number)), "FOLDER")
        said = re.sub(r"\n +\^+(?=\n)", "", said)  # some versions of pytest point at the place
        assert code in (1, 2), name
        assert "kernel_magics" not in said
        assert name.split()[0] in said, said
        parts.append(f"### {name}\n$ dagbook {command}\n{said.rstrip()}\nexit code {code}")
    check_recorded(file, "\n\n".join(parts) + "\n")


def test_the_texts_of_refused_exports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason not to export names the cell, and the way to go on."""
    real = process.run_clean

    def elsewhere(*given: object) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("DAGBOOK_TEST_LIMIT")
            return real(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGBOOK_TEST_LIMIT", "3")
        patch.setattr(process, "run_clean", elsewhere)
        record("errors_export.txt", EXPORTS, tmp_path, capsys, monkeypatch)


def test_the_texts_of_refused_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reason not to import or compare says which file and what to do; no file changes."""
    record("errors_files.txt", FILES, tmp_path, capsys, monkeypatch)
