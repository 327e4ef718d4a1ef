"""The output below a cell for each kind of error: the traceback that the kernel sends, recorded."""

from __future__ import annotations

import re
from pathlib import Path

from kernel_magics.assist.explain import explanations
from tests.error_cases import CASES
from tests.magics.kernel import Kernel
from tests.recorded import check_recorded

FILES = {
    "text.ipynb": "hello",
    "future.ipynb": '{"nbformat": 9, "cells": []}',
    "broken.py": "def y(x:\n    return\n",
    "mine.py": "def c(a):\n    return a\n",
}
_SHARED = "2"  # the id of the second cell; `=` in front of a text edits that cell


def begin(kernel: Kernel, folder: Path) -> None:
    """An empty dataflow, and the files that the cases name."""
    for old in folder.iterdir():
        if old.is_file() or old.is_symlink():
            old.unlink()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    kernel.empty()


def shown_cells(cells: tuple[str, ...]) -> str:
    """The last cell; those before it, too, where it is a line such as `%export` that says nothing by itself."""
    alone = not re.match(r"%[a-z]", cells[-1]) or cells[-1].startswith("%dataflow")
    return "\n\n".join(_shown(cell) for cell in (cells[-1:] if alone else cells))


def _shown(cell: str) -> str:
    rows = cell.removeprefix("=").split("\n")
    return "\n".join(f"    | {row if len(row) < 200 else f'{row[:60]} …'}" for row in rows)


def play(kernel: Kernel, folder: Path, cells: tuple[str, ...]) -> str:
    """Run the cells in an empty dataflow; what the last one shows as its error."""
    begin(kernel, folder)
    before = int(kernel.run("print(len(In) - 1)").text)
    for number, text in enumerate(cells, start=1):
        edit = text.startswith("=")
        result = kernel.run(text.removeprefix("="), _SHARED if edit else str(number))
        if number < len(cells):
            assert not result.error.startswith("DB1"), result.error

    def from_one(found: re.Match[str]) -> str:
        return f"[{int(found[1]) - before}]" if int(found[1]) > before else found[0]

    shown_only = "%%timed" in cells[-1]  # %%time of IPython 8 shows an error and returns
    assert result.status == "error" or shown_only, cells
    said = re.sub(r"\n +\^+(?=\n(?!DB101))", "", result.error.replace(str(folder), "FOLDER"))
    return re.sub(r"\[(\d+)\]", from_one, said)


def test_what_a_cell_shows_for_each_error(kernel: Kernel, folder: Path) -> None:
    """Code, message, place and hint; lines of the user's own code, none of ours."""
    parts = []
    for name, cells in CASES.items():
        said = play(kernel, folder, cells)
        assert name.split()[0] in said, f"{name}: {said}"
        assert "kernel_magics/" not in said, said
        assert "Traceback" not in said, said
        parts.append(f"### {name}\n{shown_cells(cells)}\n{said.rstrip()}")
    check_recorded("errors_magics.txt", "\n\n".join(parts) + "\n")


def test_what_an_explanation_calls_right_runs(kernel: Kernel, folder: Path) -> None:
    """The cells of `dagbook explain` raise no error in place of the last cell of the example that fails."""
    cases = {name.split()[0]: cells for name, cells in reversed(CASES.items())}
    failed = {}
    for code, known in explanations().items():
        if not known.right or known.right[0].startswith("$ "):
            continue
        cells = cases.get(code, ())  # none for what only a command tells
        before = cells[: max(len(cells) - 1, 0) if known.after is None else known.after]
        begin(kernel, folder)
        for number, text in enumerate((*before, *known.right), start=1):
            edit = text.startswith("=")
            result = kernel.run(text.removeprefix("="), _SHARED if edit else str(number))
        if result.status == "error":
            failed[code] = result.error
    assert failed == {}
