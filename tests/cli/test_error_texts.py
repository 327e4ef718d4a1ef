"""The text on stderr for each kind of error, recorded; a notebook shows the same lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.cell import is_ours
from tests.error_cases import AHEAD
from tests.error_cases import CASES as WRONG_CELLS
from tests.notebook_file import write_notebook
from tests.recorded import check_recorded

SETUP = "%%setup\nimport pandas as pd"
GOOD = [SETUP, "%%inputs\nx: pd.Series = pd.Series([1.0, 2.0])", "%%node y\nx * 2"]
RUN = ("run", "{nb}", "-o", "{dir}/out.csv", "--samples")

Case = tuple[list[str], tuple[str, ...]]
CASES: dict[str, Case] = {
    "DB002 a picture with an unknown suffix": (GOOD, ("graph", "{nb}", "-o", "dag.doc")),
    "DB002 an input without a path": (GOOD, (*RUN, "--input", "x")),
    "DB002 a report with an unknown suffix": (GOOD, (*RUN, "--report", "r.doc")),
    "DB002 a selection by an unknown method": (GOOD, ("graph", "{nb}", "--select", "tags:x")),
    "DB003 a package that is not installed": (GOOD, (*RUN, "--lineage", "{dir}/events.json")),
    "DB212 types that contradict each other": (
        [
            *GOOD,
            "%%node w\nstr(y)",
            "%%node\ndef z(w: str) -> str:\n    return w",
            "%%node\ndef v(z: int):\n    return z",
        ],
        ("check", "{nb}", "--types"),
    ),
    "DB115 a decorator that no cell obeys": (
        [
            "%%setup\nfrom hamilton.function_modifiers import subdag",
            *GOOD,
            "%%node\n@subdag('shop')\ndef z(y):\n    return y",
        ],
        ("check", "{nb}"),
    ),
    "DB112 a check that means nothing": ([*GOOD, "%%node z --check notnull\ny"], ("check", "{nb}")),
    "DB112 a check of nothing": ([*GOOD, '%%node z --check "0 < w"\ny'], ("check", "{nb}")),
    "DB210 a family over an unknown name": ([*GOOD, "%%node z_{k} --for k=LAGS\ny * k"], ("check", "{nb}")),
    "DB203 an input that nothing defines": ([*GOOD, "%%node z\nyy + 1"], (*RUN, "--outputs", "z")),
    "DB441 a decorator that lacks its config": (GOOD, ("graph", "{dir}/lacking.py", "--import")),
    "DB442 decorators that only an import resolves": (GOOD, ("graph", "{dir}/decorated.py")),
    "DB302 checks with rows and numbers": (
        [*GOOD, "%%check y\ny > 3  # large\ny.mean() < 1  # small\nlen(y) == len(x)"],
        ("check", "{nb}"),
    ),
    "DB303 a failing test": ([*GOOD, "%%test y\nassert y(2) == 5"], ("check", "{nb}")),
    "DB306 an input that does not exist": (GOOD, (*RUN, "--input", "xs={dir}/x.csv")),
    "DB306 an input that was not given": (GOOD, RUN[:-1]),
    "DB307 values that make no frame": ([*GOOD, "%%node z\n{'a': 1}"], (*RUN, "--outputs", "y,z")),
    "DB308 a name that does not exist": (GOOD, ("lineage", "{nb}", "yy")),
    "DB309 an executor that does not exist": (GOOD, (*RUN, "--executor", "thread")),
    "DB312 a value that a param cannot have": (
        [*GOOD, "%%params\nby: int = 3", "# Parameters\nby = 1.5", "%%node z\ny * by"],
        RUN,
    ),
    "DB321 a value of another type": (
        [*GOOD, "%%params\nby: int = 3", "%%node z\ny * by"],
        (*RUN, "--param", "by=1.5"),
    ),
    "DB331 a node that ends its worker": (
        ["%%setup\nimport os", "%%inputs\nx = 1", "%%node z\nos._exit(3) or x"],
        (*RUN, "--executor", "processes"),
    ),
    "DB332 a value that cannot be looked at": (
        [
            "%%setup\nclass Rude:\n    @property\n    def ndim(self):\n        raise BaseException('no')",
            "%%inputs\nx = 1",
            "%%node z\n[Rude(), x][0]",
        ],
        RUN,
    ),
    "DB326 stored values that are nowhere": (GOOD, (*RUN, "--fitted", "stored")),
    "DB341 a node that reads the future": ([*AHEAD], ("check", "{nb}", "--point-in-time")),
    "DB341 nodes that read the future": (
        [*AHEAD, "%%node mean\nsales.mean()", "%%node above\nsales > mean"],
        ("export", "{nb}", "-o", "{dir}/feats.py"),
    ),
    "DB342 a node that needs everything": (
        [*AHEAD[:2], "%%node total\nsales.cumsum()"],
        (*RUN, "--append", "--since", "2024-02-01"),
    ),
    "DB342 nothing to append to": (
        [*AHEAD[:2], "%%node double\nsales * 2"],
        ("run", "{nb}", "-o", "{dir}/new.parquet", "--samples", "--append", "--since", "2024-02-01"),
    ),
    "DB002 half of two options": (GOOD, (*RUN, "--append")),
    "DB401 no notebook": (GOOD, ("graph", "{dir}/text.ipynb")),
    "DB402 a notebook of the future": (GOOD, ("graph", "{dir}/future.ipynb")),
    "DB403 no such file": (GOOD, ("graph", "{dir}/nowhere.ipynb")),
    "DB404 a module that is not Python": (GOOD, ("graph", "{dir}/broken.py")),
    "DB405 a folder that is a file": (GOOD, ("graph", "{nb}", "-o", "{dir}/broken.py/dag.svg")),
    "DB406 a file that is not what its name says": (GOOD, (*RUN, "--input", "x={dir}/bad.json")),
    "DB407 limits with a wrong word": (GOOD, (*RUN, "--limits", "{dir}/wrong.toml")),
    "DB407 a baseline that is none": (GOOD, (*RUN, "--baseline", "{dir}/bad.json")),
    "DB408 a file that does not fit the sample": (GOOD, (*RUN, "--input", "x={dir}/words.csv")),
    "DB408 a file without a column": (
        [SETUP, "%%inputs\nx: pd.DataFrame = pd.DataFrame({'y': [1.0]})", "%%node z\nx"],
        (*RUN, "--input", "x={dir}/x.csv"),
    ),
    "DB409 a value that the format cannot hold": (
        [*GOOD, "%%node z\npd.DataFrame({'y': [object()]})"],
        (*RUN, "--outputs", "z"),
    ),
    "DB503 nothing to export": (GOOD[:2], ("export", "{nb}", "-o", "{dir}/feats.py", "--no-run")),
    "DB507 a test of nothing": (
        [*GOOD, "%%test y\nassert yy(1)"],
        ("export", "{nb}", "-o", "{dir}/feats.py", "--no-run"),
    ),
    "DB508 a module that would hide another": (GOOD, ("export", "{nb}", "-o", "{dir}/pandas.py", "--no-run")),
}


def prepare(folder: Path, cells: list[str]) -> Path:
    """The files that the cases name."""
    (folder / "text.ipynb").write_text("hello")
    (folder / "future.ipynb").write_text('{"nbformat": 9, "cells": []}')
    (folder / "broken.py").write_text("def y(x:\n    return\n")
    (folder / "decorated.py").write_text(
        "from hamilton.function_modifiers import extract_fields\n\n\n"
        '@extract_fields({"low": int})\ndef ends(n: int) -> dict:\n    return {"low": n}\n'
    )
    (folder / "lacking.py").write_text(
        "from hamilton.function_modifiers import ResolveAt, resolve, extract_fields\n\n\n"
        "@resolve(when=ResolveAt.CONFIG_AVAILABLE, decorate_with=lambda fields: extract_fields(fields))\n"
        'def ends(n: int) -> dict:\n    return {"low": n}\n'
    )
    (folder / "bad.json").write_text('{"a": ')
    (folder / "wrong.toml").write_text("[default]\npsy = {warn = 1}\n")
    pd.DataFrame({"x": [1.0]}).to_csv(folder / "x.csv")
    (folder / "words.csv").write_text("x\n1.5\nhigh\nlow\n")
    return write_notebook(folder / "n.ipynb", cells)


def test_the_text_of_each_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code, message, place and way out, as the command line prints them; nothing of ours, no traceback."""
    monkeypatch.setitem(sys.modules, "kernel_magics.lineage.openlineage", None)
    parts = []
    for number, (name, (cells, command)) in enumerate(CASES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        notebook = prepare(folder, cells)
        words = [word.format(nb=notebook, dir=folder) for word in command]
        code = main(words)
        said = capsys.readouterr().err.replace(str(folder), "FOLDER")
        said = re.sub(r"(is not valid json): .*", r"\1: what pandas says.", said)
        assert code in (1, 2), name
        assert name.split()[0] in said, said
        assert "kernel_magics" not in said
        shown = " ".join(word.format(nb="n.ipynb", dir="FOLDER") for word in command)
        parts.append(f"### {name}\n$ dagbook {shown}\n{said.rstrip()}\nexit code {code}")
    check_recorded("errors_cli.txt", "\n\n".join(parts) + "\n")


def test_the_text_of_each_cell_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dagbook check` says of a notebook what the kernel says of its last cell."""
    parts = []
    for number, (name, cells) in enumerate(WRONG_CELLS.items()):
        if not is_ours(cells[-1]):
            continue
        assert main(["check", str(write_notebook(tmp_path / f"{number}.ipynb", cells))]) == 1, name
        said = capsys.readouterr().err.rstrip()
        assert name.split()[0] in said, said
        parts.append(f"### {name}\n{said}")
    check_recorded("errors_check.txt", "\n\n".join(parts) + "\n")


def test_a_notebook_shows_the_same_lines(tmp_path: Path) -> None:
    """IPython renders an error of ours as exactly the lines that the command line prints."""
    error = DataflowError("DB302", "'y' fails.", hint="correct it.", frames=["  Cell [1], line 1"])
    render: Callable[[], list[str]] = error._render_traceback_
    assert render() == error.lines() == ["  Cell [1], line 1", "DB302 'y' fails.", "Hint: correct it."]
