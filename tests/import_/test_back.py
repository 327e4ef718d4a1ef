"""Bringing back: edits made in the module return into their cells; conflicts are reported and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import METADATA

CELLS = {
    "title": "# Features of ads",
    "setup": "%%setup\nimport numpy as np\nimport pandas as pd\n\nWEEK = 7   # days\n\n\ndef scaled(x):\n    return x/WEEK",
    "inputs": "%%inputs\nspend: float = 2.0   # euro\nsignups: float = 3.0",
    "params": "%%params\nwindow: int = 3   # days\nsteps: list[int] = [1,2]",
    "defs": "%%node --tag owner=ads\n# Cost.\ndef cost(spend, signups):\n    return spend/signups\n\n\n"
    "def own(cost: float) -> float:\n    return   cost + 1",
    "bare": "%%node rolled --tag owner=ads\n# Rolled up.\nhalf = scaled(spend)\nrolled = half * window",
    "plain": "%%node stepped\n[spend*step for step in steps]",
    "family": "%%node lag_{k} --for k=1,2 --cache off\n# Lag {k}.\ncost - k",
    "several": "%%node low, high\nlow = cost - 1  # the low end\nhigh = cost + 1",
    "check": "%%check cost\ncost>0  # positive",
    "plot": "cost",
    "untouched": "%%node   far\nspend   *   window",
}


def write(path: Path, cells: dict[str, str]) -> None:
    """A notebook file with outputs and metadata that must stay."""
    items: list[dict[str, Any]] = []
    for id, source in cells.items():
        cell: dict[str, Any] = {
            "cell_type": "markdown",
            "id": id,
            "metadata": {"tags": [id]},
            "source": source,
        }
        if not source.startswith("# "):
            output = {"name": "stdout", "output_type": "stream", "text": ["ü\n"]}
            rows = source.splitlines(keepends=True)
            cell |= {"cell_type": "code", "source": rows, "outputs": [output], "execution_count": 3}
        items.append(cell)
    document = {"cells": items, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, str]:
    """The cells' sources by id."""
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]}


class World:
    """A notebook and its module in a folder."""

    def __init__(self, folder: Path, cells: dict[str, str] = CELLS) -> None:
        self.notebook, self.module = folder / "ads.ipynb", folder / "ads.py"
        write(self.notebook, cells)
        self.export()

    def export(self, *options: str) -> int:
        return main(["export", str(self.notebook), "-o", str(self.module), "--no-run", *options])

    def edit(self, *pairs: tuple[str, str]) -> None:
        text = self.module.read_text()
        for old, new in pairs:
            assert old in text, text
            text = text.replace(old, new)
        self.module.write_text(text)

    def back(self) -> int:
        return main(["import", str(self.module), "--into", str(self.notebook)])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "cell", "text"),
    [
        (
            "return spend / signups",
            "x = spend\n    return x / signups",
            "defs",
            '%%node --tag owner=ads\ndef cost(spend, signups):\n    """Cost."""\n    x = spend\n    return x / signups'
            "\n\n\ndef own(cost: float) -> float:\n    return   cost + 1",
        ),
        (
            "    return half * window",
            "    # twice\n    return 2 * half * window",
            "bare",
            "%%node rolled --tag owner=ads\n# Rolled up.\nhalf = scaled(spend)\n# twice\nrolled = 2 * half * window",
        ),
        ('"""Rolled up."""', '"""Rolled."""', "bare", CELLS["bare"].replace("Rolled up", "Rolled")),
        (
            "[spend * step for step in steps]",
            "[spend + step for step in steps]",
            "plain",
            "%%node stepped\n[spend + step for step in steps]",
        ),
        ("return cost - k", "return cost - 2 * k", "family", CELLS["family"].replace("- k", "- 2 * k")),
        ("low = cost - 1", "low = cost - 2", "several", CELLS["several"].replace("- 1", "- 2")),
        (
            "low = cost - 1",
            "# a comment, no docstring\n    low = cost - 1",
            "several",
            CELLS["several"].replace("low = c", '""\n# a comment, no docstring\nlow = c'),
        ),
        ("lambda: cost > 0", "lambda: cost > 1", "check", "%%check cost\ncost > 1  # positive"),
        ("WEEK = 7  # days", "WEEK = 8  # days", "setup", CELLS["setup"].replace("7   #", "8  #")),
        ("return x / WEEK", "return x / WEEK + 1", "setup", CELLS["setup"].replace("x/WEEK", "x / WEEK + 1")),
        ("window: int = 3", "window: int = 4", "params", CELLS["params"].replace("3", "4")),
        ("STEPS: list[int] = [1, 2]", "STEPS: list[int] = [1, 3]", "params", CELLS["params"].replace("[1,2]", "[1, 3]")),
        (
            "def far(spend: float, window: int = 3):",
            "def far(spend: float, window: int = 3) -> float:",
            "untouched",
            "%%node   far\nfar: float = spend * window",
        ),
    ],
)  # fmt: skip
def test_an_edit_returns_into_its_cell(
    world: World, old: str, new: str, cell: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One cell changes, in the form that it has; everything else of the file stays byte for byte."""
    before = json.loads(world.notebook.read_text())
    world.edit((old, new))
    edited = world.module.read_text()
    assert world.back() == 0, capsys.readouterr().err
    assert read(world.notebook) == {**CELLS, cell: text}
    after = json.loads(world.notebook.read_text())
    for one, two in zip(before["cells"], after["cells"], strict=True):
        assert {**one, "source": ""} == {**two, "source": ""}
        assert one == two or two["id"] == cell
    assert world.export() == 0  # not refused: nothing of the edit would be lost
    plain = [row for row in edited.split("\n") if "# cell" not in row and "hash" not in row]
    assert plain == [
        row for row in world.module.read_text().split("\n") if "# cell" not in row and "hash" not in row
    ]


@pytest.mark.parametrize(
    ("old", "new", "cell", "head"),
    [
        ("def stepped", "# --future 'a label'\ndef stepped", "plain", "%%node stepped --future 'a label'"),
        (
            "# --future 'two words'\ndef _lag",
            "# --future other\ndef _lag",
            "family",
            "%%node lag_{k} --for k=1,2 --cache off --future other",
        ),
        ("# --future 'two words'\ndef _lag", "def _lag", "family", "%%node lag_{k} --for k=1,2 --cache off"),
        ("return cost - k", "return cost - 2 * k", "family", '%%node lag_{k} --future "two words" --for k=1,2 --cache off'),
    ],
)  # fmt: skip
def test_a_permission_returns_into_its_cell(
    tmp_path: Path, old: str, new: str, cell: str, head: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comment is the option on the line of the cell: added, changed, removed, or left as it is."""
    family = CELLS["family"].replace("lag_{k}", 'lag_{k} --future "two words"', 1)
    world = World(tmp_path, {**CELLS, "family": family})
    world.edit((old, new))
    assert world.back() == 0, capsys.readouterr().err
    cells = read(world.notebook)
    assert cells[cell].partition("\n")[0] == head
    changed = [id for id in CELLS if cells[id] != {**CELLS, "family": family}[id]]
    assert changed == [cell]
    assert world.export() == 0


def test_what_stands_above_a_magic_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Comments and magics of others above ours are no part of what an edit replaces."""
    above = "\n# said\n%%time\n"
    world = World(tmp_path, {id: text if id == "title" else above + text for id, text in CELLS.items()})
    world.edit(
        ("return spend / signups", "x = spend\n    return x / signups"),
        ("    return half * window", "    # twice\n    return 2 * half * window"),
        ("return cost - k", "return cost - 2 * k"),
        ("lambda: cost > 0", "lambda: cost > 1"),
        ("WEEK = 7  # days", "WEEK = 8  # days"),
        ("window: int = 3", "window: int = 4"),
    )
    assert world.back() == 0, capsys.readouterr().err
    cells = read(world.notebook)
    edited = [id for id in CELLS if not cells[id].endswith(CELLS[id])]
    assert edited == ["setup", "params", "defs", "bare", "family", "check"]
    assert all(cells[id].startswith(above) for id in CELLS if id != "title")


@pytest.mark.parametrize(
    "layout",
    [{"indent": 1, "ensure_ascii": False}, {"indent": 2}, {"separators": (",", ":")}, {}],
    ids=["jupyter", "two", "dense", "one line"],
)
@pytest.mark.parametrize("end", ["\n", ""], ids=["newline", "open"])
def test_the_file_keeps_its_layout(world: World, layout: dict[str, Any], end: str) -> None:
    """Only the text of the edited cell differs in the notebook's file, however that is laid out."""
    world.notebook.write_text(json.dumps(json.loads(world.notebook.read_text()), **layout) + end)
    before = world.notebook.read_text()
    world.edit(("cost - k", "cost - 3 * k"))
    assert world.back() == 0
    assert world.notebook.read_text() == before.replace('"cost - k"', '"cost - 3 * k"')


def test_new_functions_imports_and_constants(world: World) -> None:
    """What is new in the module gets a place in the notebook."""
    mine = "# cell mine\ndef mine(cost: float) -> float:\n    return cost * LIMIT\n\n\n"
    world.edit(
        ("WEEK = 7", "LIMIT = 9\nWEEK = 7"),
        ("    return x / WEEK", "    return math.floor(x / WEEK)"),
        ("# cell check ", f"{mine}# cell check "),
    )
    text = world.module.read_text()
    top = text.index("from collections")
    world.module.write_text(text[:top] + "import math\n" + text[top:])
    assert world.back() == 0
    cells = read(world.notebook)
    assert "import math" in cells["setup"]
    assert "LIMIT = 9" in cells["setup"]
    assert "math.floor(x / WEEK)" in cells["setup"]
    assert cells["mine"] == "%%node\ndef mine(cost: float) -> float:\n    return cost * LIMIT"
    assert list(cells).index("mine") == list(cells).index("several") + 1
    assert world.export() == 0
    assert "def mine(cost: float) -> float:" in world.module.read_text()


def test_changes_of_different_cells_meet(world: World) -> None:
    """A cell that changed in the notebook and another one that changed in the module are no conflict."""
    cells = {**CELLS, "plain": "%%node stepped\n[7 * step for step in steps]"}
    write(world.notebook, cells)
    world.edit(("cost - k", "cost - 3 * k"))
    assert world.back() == 0
    assert read(world.notebook) == {**cells, "family": CELLS["family"].replace("- k", "- 3 * k")}
    assert world.export() == 0
    assert "7 * step" in world.module.read_text()


@pytest.mark.parametrize(
    ("cell", "theirs", "edit", "place"),
    [
        ("plain", "%%node stepped\n[7]", ("[spend * step", "[spend + step"), "cell [6]"),
        ("setup", CELLS["setup"].replace("7", "9"), ("WEEK = 7", "WEEK = 8"), "'WEEK' of the setup"),
        ("family", "%%node other\n1", ("cost - k", "cost + k"), "cell [7]"),
    ],
)
def test_conflicts_are_said_with_both_texts(
    world: World,
    capsys: pytest.CaptureFixture[str],
    cell: str,
    theirs: str,
    edit: tuple[str, str],
    place: str,
) -> None:
    """What changed on both sides stops the import; both texts are shown, and no file changes."""
    write(world.notebook, {**CELLS, cell: theirs})
    world.edit(edit)
    before = world.notebook.read_bytes(), world.module.read_bytes()
    assert world.back() == 1
    said = capsys.readouterr().err
    assert f"DB415 {place}: changed in the notebook and in 'ads.py'" in said
    assert ("WEEK = 9" if cell == "setup" else theirs.split("\n")[-1]) in said
    assert edit[1] in said
    assert (world.notebook.read_bytes(), world.module.read_bytes()) == before


def test_a_cell_that_was_deleted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An edit of a function whose cell was deleted is a conflict, too."""
    write(world.notebook, {id: text for id, text in CELLS.items() if id != "plain"})
    world.edit(("[spend * step", "[spend + step"))
    assert world.back() == 1
    assert "DB415 cell 'plain'" in capsys.readouterr().err


def test_half_an_edit_of_a_default(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A default that was edited in one of several functions is a conflict, not a guess."""
    text = world.module.read_text()
    place = text.rindex("window: int = 3")
    world.module.write_text(text[:place] + text[place:].replace("= 3", "= 4", 1))
    assert world.back() == 1
    assert "param 'window'" in capsys.readouterr().err


def test_nothing_to_bring_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Without edits the notebook is not touched, even where it changed since."""
    write(world.notebook, {**CELLS, "params": CELLS["params"].replace("3", "5")})
    before = world.notebook.read_bytes()
    assert world.back() == 0
    assert "nothing was edited in ads.py" in capsys.readouterr().out
    assert world.notebook.read_bytes() == before


def test_edits_that_no_cell_can_say(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An edit that would not export as it was made is refused with its reason."""
    before = world.notebook.read_bytes()
    world.edit(("def lag_2(cost", "def lag_2(*cost"))
    assert world.back() == 1
    assert "DB416" in capsys.readouterr().err
    assert world.notebook.read_bytes() == before


def test_modules_that_lead_back_to_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A module of another origin, a broken one, a notebook that is none: one clear error each."""
    world.module.write_text("def a(b):\n    return b\n")
    assert world.back() == 1
    assert "DB414 'ads.py' was not exported by Dagbook" in capsys.readouterr().err
    world.module.write_text("def a(:\n")
    assert world.back() == 1
    assert "DB404" in capsys.readouterr().err
    world.notebook.write_text("{}")
    assert world.back() == 1
    assert "DB401" in capsys.readouterr().err
