"""Thirteen notebooks in the styles of strangers convert whole: competitions, books, lessons, models, mistakes.

`strangers/README.md` has the table of what each gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from kernel_magics.cli.main import main
from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.proving import Proven, prove
from kernel_magics.convert.report import in_the_dataflow
from tests.convert.machine import ask

FOLDER = Path(__file__).with_name("strangers")
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
LONG = {"clusters", "houses", "passengers", "rides"}
"""They take more than two seconds each."""
SOME = [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in NAMES]
FAILING = {"mistakes": 5}
"""How many cells of a notebook fail on purpose."""
SHARE = 0.85


def cells_of(name: str) -> Iterator[GivenCell]:
    """The cells of a notebook, parted by lines `#%%` and `#%% md`."""
    parts = re.split(r"(?m)^#%%(.*)\n", (FOLDER / f"{name}.txt").read_text(encoding="utf-8"))[1:]
    for number, (kind, text) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        yield GivenCell(f"c{number}", "markdown" if kind.strip() == "md" else "code", text.strip("\n"))


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a notebook writes go to a folder of their own; nothing opens a window."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")


def proven(name: str) -> Proven:
    """The conversion of a notebook with its proof."""
    return prove(list(cells_of(name)), ask, name)


def test_there_are_thirteen() -> None:
    """Of 10 to 60 code cells; the longest has 56."""
    sizes = [sum(cell.type == "code" for cell in cells_of(name)) for name in NAMES]
    assert len(NAMES) == 13
    assert min(sizes) >= 10
    assert max(sizes) == 56


@pytest.mark.parametrize("name", SOME)
def test_a_notebook_of_a_stranger_converts(name: str) -> None:
    """Every value is compared and equal, nothing was given up, and what stays fails by itself or draws anew."""
    done = proven(name)
    assert not done.refuted
    assert not {*(done.opaque or {}).values()} - {"GridSearchCV"}  # it measures how long each fit takes
    flow, every = in_the_dataflow(done.conversion)
    assert flow >= SHARE * (every - FAILING.get(name, 0))
    failing = [note for note in done.conversion.notes if note.message.startswith("it fails: ")]
    assert len(failing) == FAILING.get(name, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_its_module_passes_its_tests(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Convert, export, a module that agrees with the notebook, tests that pass, for most of its nodes."""
    book = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    for cell in cells_of(name):
        make = nbformat.v4.new_code_cell if cell.type == "code" else nbformat.v4.new_markdown_cell
        book.cells.append(make(cell.source, id=cell.id))  # type: ignore[no-untyped-call]
    source = tmp_path / f"{name}.ipynb"
    nbformat.write(book, source)  # type: ignore[no-untyped-call]
    assert main(["convert", str(source), "-o", str(tmp_path / "flow.ipynb")]) == 0
    assert main(["export", str(tmp_path / "flow.ipynb"), "-o", str(tmp_path / f"{name}_module.py")]) == 0
    said = capsys.readouterr().out
    nodes, tests = re.search(r"module +(\d+) node", said), re.search(r"tests +(\d+) passed", said)
    assert nodes is not None
    assert tests is not None
    assert int(tests[1]) >= int(nodes[1]) / 2  # what cannot be recorded, such as a model, has none
