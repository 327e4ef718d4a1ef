"""Modules whose functions cells cannot have as they are written become notebooks with the same values."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from tests.hamilton.conftest import Load
from tests.hamilton.modules import HEAD

CALLS = """
@tag(owner="ads")
def base(n: int) -> int:
    return n + 1

def _twice(n: int) -> int:
    return 2 * base(n)

def direct(n: int) -> int:
    return base(n) + _twice(n)

def after(base: int) -> int:
    return base * 10
"""
CHANGED = """
def start(n: int) -> int:
    return n

@mutate(start)
def _more(x: int) -> int:
    return x + 5

def whole(start: int) -> int:
    return start * 2

def plain(n: int) -> int:
    return start(n) + _more(n)
"""
BLOCK = """
from hamilton.htypes import Collect, Parallelizable

def item(n: int) -> Parallelizable[int]:
    yield from range(n)

def square(item: int) -> int:
    return item * item

def total(square: Collect[int]) -> int:
    return sum(square)
"""
BUILTINS = """
def id(input: int, type: int = 2) -> int:
    return input * type

def length(id: int) -> int:
    return [id for id in range(id)][-1] + len(str(id))
"""
CALLED_BLOCK = (
    BLOCK
    + """
def _by_hand(n: int) -> int:
    return total([square(each) for each in item(n)])

def again(n: int) -> int:
    return _by_hand(n) + 1
"""
)
CASES = {
    "block that is called": CALLED_BLOCK,
    "calls": CALLS,
    "calls of what is changed": CHANGED,
    "block": BLOCK,
    "builtins": BUILTINS,
}


@pytest.mark.parametrize("name", CASES)
def test_the_notebook_has_the_values_of_the_module(name: str, load: Load, tmp_path: Path) -> None:
    """Calls of nodes call helpers, blocks are lists, names of builtins become others."""
    flow = Dataflow.from_module(load(CASES[name]))
    module, target = tmp_path / "features.py", tmp_path / "features.ipynb"
    module.write_text(HEAD + CASES[name])
    assert main(["import", str(module), "-o", str(target)]) == 0
    book = Dataflow.from_notebook(target)
    inputs = {"n": 4} if "n" in flow.inputs else {"input": 4}
    wanted = flow.run(list(flow.nodes), inputs=inputs)
    got = book.run(list(book.nodes), inputs={key if key == "n" else f"{key}_value": 4 for key in inputs})
    shown = {key.removesuffix("_value"): value for key, value in got.items()}
    assert shown == {key: value for key, value in wanted.items() if "." not in key}


def test_a_name_that_is_taken_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that reads both names is named."""
    module = tmp_path / "features.py"
    module.write_text("def size(input: str, input_value: str) -> int:\n    return len(input + input_value)\n")
    assert main(["import", str(module), "-o", str(tmp_path / "features.ipynb")]) == 1
    assert "'size' reads 'input_value', too" in capsys.readouterr().err
