"""Values of ordinary code that enter the dataflow as inputs, so that what reads them can be nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.convert.conversion import in_the_dataflow
from kernel_magics.convert.handing import files_of_proof
from tests.convert.books import converted, reasons, texts
from tests.convert.test_proving import nodes, proven
from tests.notebook_file import write_notebook

LOAD = "import numpy as np\nimport pandas as pd\nt = pd.DataFrame({'a': [1.0, 4.0, 9.0], 'k': [0, 1, 1]})"
TOLD = "what it makes enters the dataflow as the input"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that ordinary code writes go to a folder of their own."""
    monkeypatch.chdir(tmp_path)


def test_a_column_that_is_drawn() -> None:
    """The cell that draws stays, and the frame that it makes is the input of all that reads it."""
    cells = (
        LOAD,
        "t['r'] = np.random.rand(3)\nprint(t.shape)",
        "m = t.groupby('k').r.mean()",
        "print(m.shape)",
    )
    done = proven(*cells)
    assert texts(done.conversion)[1:] == [
        "t_drawn = t_raw.copy()\nt_drawn['r'] = np.random.rand(3)\npd.to_pickle(t_drawn, \"n.t.sample.pkl\")",
        '%%inputs\nt = pd.read_pickle("n.t.sample.pkl")',
        "print(t.shape)",
        "%%node m\nm = t.groupby('k').r.mean()",
        "print(m.shape)",
    ]
    assert in_the_dataflow(done.conversion) == (3, 3)
    assert any(TOLD in reason for reason in reasons(done.conversion))


def test_several_values_of_one_statement() -> None:
    """Those that nodes read are handed on, in the order of their names; others stay variables."""
    cells = (
        LOAD,
        "def halves(x):\n    x = x.sample(frac=1)\n    return x[:1], x[1:2], x[2:]",
        "one, two, three = halves(t)",
        "a = three.a.sum()\nb = one.a.sum()",
        "print(a + b > 0, len(two))",
    )
    done = proven(*cells)
    written = [text for text in texts(done.conversion) if "halves(t)" in text]
    assert written == [
        "one_drawn, two, three_drawn = halves(t)\n"
        'pd.to_pickle(one_drawn, "n.one.sample.pkl")\npd.to_pickle(three_drawn, "n.three.sample.pkl")'
    ]
    assert len(nodes(done.conversion)) == 2


def test_nothing_is_handed_on_that_no_node_needs() -> None:
    """A value that is only shown stays in its cell, and no file is written."""
    done = proven(LOAD, "t['r'] = np.random.rand(3)", "print(t.shape)")
    assert "pickle" not in "".join(texts(done.conversion))
    assert list(Path().iterdir()) == []


def test_what_a_file_does_not_hold_is_not_handed_on() -> None:
    """A model stays ordinary, and what is computed with it is handed on."""
    cells = (
        LOAD,
        "class Model:\n    def fit(self, x):\n        self.shift = np.random.rand()\n        self.f = lambda v: v + self.shift\n        return self",
        "model = Model().fit(t)",
        "p = model.f(t.a)\nprint(len(p))",
        "q = p.round().size",
        "print(q)",
    )
    done = proven(*cells)
    assert nodes(done.conversion)[-1] == "%%node q\nq = p.round().size"
    assert 'p_made = model.f(t.a)\npd.to_pickle(p_made, "n.p.sample.pkl")' in texts(done.conversion)


def test_two_values_of_one_name_have_two_files() -> None:
    """What is drawn twice under one name is read from two files."""
    cells = (
        LOAD,
        "x = t.a + np.random.rand(3)\nu = x.size\nx = t.a - np.random.rand(3)",
        "v = x.size\nprint(u + v)",
    )
    text = "\n".join(texts(proven(*cells).conversion))
    assert '"n.x.sample.pkl"' in text
    assert '"n.x-2.sample.pkl"' in text


def test_what_needs_only_what_is_freed_is_a_node() -> None:
    """One value is handed on; what is computed from it, step by step, needs no file."""
    cells = (
        LOAD,
        "x = t.a + np.random.rand(3)\nprint(len(x))",
        "y = x[:2]",
        "z = y.sum()",
        "w = z * 0",
        "print(w)",
    )
    text = "\n".join(texts(proven(*cells).conversion))
    assert text.count("read_pickle") == 1
    assert "%%node w\nw = z * 0" in text


def test_an_object_of_a_class_of_the_notebook_is_not_handed_on() -> None:
    """Only the notebook can read it back; what is computed with it goes on."""
    cells = (
        LOAD,
        "class Shift:\n    def __init__(self):\n        self.by = np.random.rand()\n    def of(self, x):\n        return x + self.by",
        "shift = Shift()\nprint(shift.by < 1)",
        "p = shift.of(t.a)\nprint(len(p))",
        "q = p.size",
        "print(q)",
    )
    text = "\n".join(texts(proven(*cells).conversion))
    assert "n.shift.sample.pkl" not in text
    assert "%%node q\nq = p.size" in text


def test_a_proof_leaves_only_the_files_of_what_is_written() -> None:
    """A preview leaves none; a conversion those that its text reads; files that were there stay."""
    Path("old.sample.pkl").write_bytes(b"of somebody")
    text = ""
    with files_of_proof(Path(), lambda: text):
        Path("n.x.sample.pkl").write_bytes(b"")
    assert [path.name for path in Path().iterdir()] == ["old.sample.pkl"]
    with files_of_proof(Path(), lambda: text):
        Path("n.x.sample.pkl").write_bytes(b"")
        Path("n.y.sample.pkl").write_bytes(b"")
        text = 'pd.read_pickle("n.x.sample.pkl")'
    assert {path.name for path in Path().iterdir()} == {"old.sample.pkl", "n.x.sample.pkl"}


def test_the_command_keeps_what_the_written_notebook_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json` nothing is written; the file bears the name of its notebook."""
    cells = (
        LOAD,
        "t['r'] = np.random.rand(3)\nprint(t.shape)",
        "m = t.groupby('k').r.mean()\nprint(m.shape)",
    )
    write_notebook(Path("book.ipynb"), list(cells))
    assert main(["convert", "book.ipynb", "--json"]) == 0
    assert [path.name for path in Path().iterdir()] == ["book.ipynb"]
    assert main(["convert", "book.ipynb"]) == 0
    names = {path.name for path in Path().iterdir()}
    assert names == {"book.ipynb", "book_dataflow.ipynb", "book.t.sample.pkl"}
    assert '"book.t.sample.pkl' in Path("book_dataflow.ipynb").read_text().replace("\\", "")


def test_a_value_that_enters_by_a_file_is_not_drawn_in_the_dataflow_later() -> None:
    """Converting once more leaves the ordinary code alone that draws a value and writes it."""
    cells = (
        "import numpy as np\nimport pandas as pd",
        'a_drawn = np.random.default_rng().normal(size=3)\npd.to_pickle(a_drawn, "n.a.sample.pkl")',
        '%%inputs\na = pd.read_pickle("n.a.sample.pkl")',
        "print(a.sum())",
    )
    assert [cell.role for cell in converted(*cells).cells if cell.origin == ("c2",)] == ["kept"]
