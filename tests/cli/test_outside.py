"""What ordinary cells define and no node sees: every command that reads a notebook says which to move."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from tests.notebook_file import write_notebook

INPUTS = "%%inputs\nx: int = 2"
CASES = {  # the name, the ordinary cell, cells of the dataflow
    "a function": ("helper", "!ls\ndef helper(v):\n    return v", ["%%node a\nhelper(x)"]),
    "a class, in a def": ("Row", "%time 1\nclass Row:\n    pass", ["%%node\ndef a(x):\n    return Row()"]),
    "a class, as a hint": ("Row", "class Row:\n    pass", ["%%node\ndef a(x) -> Row:\n    return x"]),
    "an import": ("waves", "import wave as waves", ["%%node a\nwaves.open(x)"]),
    "a lambda, in a check": ("ok", "ok = lambda v: v > 0", ["%%node a\nx", "%%check a\nok(a)"]),
    "a decorator": ("deco", "def deco(f):\n    return f", ["%%node\n@deco\ndef a(x):\n    return x"]),
    "a private function": ("_clean", "%%time\ndef _clean(v):\n    return v", ["%%node a\n_clean(x)"]),
    "a private constant": ("_RATE", "if True:\n    _RATE = 3", ["%%node a\nx * _RATE"]),
}


@pytest.mark.parametrize("case", CASES)
def test_commands_name_what_to_move_to_the_setup(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind: code of an ordinary cell that a node uses, wherever in the node; each command says the same."""
    name, ordinary, cells = CASES[case]
    book = str(write_notebook(tmp_path / "nb.ipynb", [INPUTS, ordinary, *cells]))
    hint = f"an ordinary cell defines '{name}': move it to %%setup."
    for command in (
        ("check", book),
        ("run", book, "-o", str(tmp_path / "out.json"), "--samples"),
        ("export", book, "-o", str(tmp_path / "module.py")),
        ("export", book, "-o", str(tmp_path / "box"), "--target", "envelope"),
    ):
        assert main(list(command)) == 1
        assert f"Hint: {hint}" in capsys.readouterr().err, command
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nb.ipynb"]
    with pytest.raises(DataflowError) as caught:
        Dataflow.from_notebook(book).run(inputs={"x": 2})
    assert caught.value.hint == hint


def test_reading_commands_and_tests_name_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: commands that need no value of the node: a nature, a comparison, the test of an export."""
    helper = "def helper(v):\n    return v"
    hint = "an ordinary cell defines 'helper': move it to %%setup."
    waits = str(write_notebook(tmp_path / "waits.ipynb", [INPUTS, helper, "%%node a\nhelper(x)"]))
    main(["nature", waits])
    assert f"it waits for 'helper': {hint}" in capsys.readouterr().out
    lacks = str(write_notebook(tmp_path / "lacks.ipynb", [helper, "%%node\ndef a(x):\n    return helper(x)"]))
    for command in (("graph", lacks), ("lineage", lacks, "a"), ("diff", waits, lacks)):
        assert main(list(command)) == 1
        assert hint in capsys.readouterr().err, command
    cells = [INPUTS, helper, "%%node a\nx", "%%test a\nassert a(2) == helper(2)"]
    tested = str(write_notebook(tmp_path / "tested.ipynb", cells))
    for command in (("check", tested), ("export", tested, "-o", str(tmp_path / "module.py"))):
        assert main(list(command)) == 1
        assert hint in capsys.readouterr().err, command


def test_a_variable_of_an_ordinary_cell_is_declared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind: values, not code, which become inputs; the last cell that defines a name decides."""
    cells = ["def rate():\n    pass", "rate, other = 3, 4", "%%bash\nhelper() {\n}", "%%node a\nrate + 1"]
    book = str(write_notebook(tmp_path / "nb.ipynb", cells))
    assert main(["check", book]) == 1
    assert "'rate' is a notebook variable; declare it in %%inputs: `rate = …`." in capsys.readouterr().err
