"""`dagbook check --types` refuses what Apache Hamilton refuses, and nothing that it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hamilton import driver

from kernel_magics.cli.main import main
from kernel_magics.engine.graph.agreement import type_errors
from kernel_magics.hamilton import read
from tests.hamilton.conftest import Load
from tests.hamilton.modules import CASES
from tests.notebook_file import write_notebook

TYPING = "import typing\nfrom typing import Any, Union\n\n"
PAIRS = [  # what a node is, what its reader takes
    ("int", "int"),
    ("int", "str"),
    ("int", "float"),
    ("bool", "int"),
    ("int", "bool"),
    ("pd.Series", "pd.DataFrame"),
    ("pd.Series", "pd.Series"),
    ("list[int]", "list"),
    ("list", "list[int]"),
    ("list[int]", "list[str]"),
    ("dict[str, int]", "dict[str, int]"),
    ("dict[str, int]", "list"),
    ("int", "Any"),
    ("int", "Union[int, str]"),
    ("bytes", "Union[int, str]"),
    ("int", "typing.Optional[int]"),
    ("tuple[int, str]", "tuple[int, str]"),
    ("tuple[int, str]", "tuple[int, int]"),
    ("None", "int"),
    ("int", "None"),
    ("typing.Callable[[int], int]", "typing.Callable[[str], int]"),
    ("typing.Callable[[int], int]", "typing.Callable[[int], int]"),
    ("typing.Callable[[int], int]", "typing.Callable[[int, int], int]"),
    ("typing.Optional[int]", "int"),
    ("int", "typing.Sequence[int]"),
    ("list[int]", "typing.Sequence[int]"),
    ("float", "int"),
    ("type[int]", "type"),
    ("frozenset[int]", "set[int]"),
]


@pytest.mark.parametrize(("given", "wanted"), PAIRS)
def test_pairs_of_types(given: str, wanted: str, load: Load) -> None:
    """Each pair is refused exactly where Hamilton's driver refuses it."""
    module = load(
        f"{TYPING}@tag(a='b')\ndef x(n: int) -> {given}:\n    return n\n\n"
        f"def y(x: {wanted}) -> int:\n    return 1\n"
    )
    try:
        driver.Builder().with_modules(module).build()
        refused = False
    except ValueError:
        refused = True
    errors = type_errors(read([module]).graph, vars(module))
    assert bool(errors) is refused
    assert [error.code for error in errors] == ["DB212"] * refused


PARTS = {
    "column": "@extract_columns('a')\ndef t(n: int) -> pd.DataFrame:\n    return n\n\ndef y(a: {}) -> int:\n    return 1\n",
    "field": "@extract_fields({{'a': pd.Series}})\ndef t(n: int) -> dict:\n    return n\n\ndef y(a: {}) -> int:\n    return 1\n",
}


@pytest.mark.parametrize("kind", PARTS)
def test_parts_of_values(kind: str, load: Load) -> None:
    """What a decorator takes out of a value has a type, too, of which it gives the name alone."""
    for hint, wrong in (("pd.Series", False), ("int", True), ("pd.DataFrame", True)):
        module = load(PARTS[kind].format(hint))
        assert [error.code for error in type_errors(read([module]).graph, vars(module))] == ["DB212"] * wrong


def test_readers_of_an_input_that_disagree(load: Load) -> None:
    """Two functions that want other types of one input, which nothing declares."""
    text = "{}def x(n: int) -> int:\n    return n\n\ndef y(n: {}) -> int:\n    return 1\n"
    module = load(text.format(TYPING, "str"))
    (error,) = type_errors(read([module]).graph, vars(module))
    assert "'y'" in error.message
    assert "takes 'n' as str, which is, for 'x', int" in error.message
    module = load(text.format(TYPING, "Union[int, str]"))
    assert type_errors(read([module]).graph, vars(module)) == []


@pytest.mark.parametrize("name", CASES)
def test_no_alarm_on_modules_that_run(name: str, load: Load) -> None:
    """Every module that Hamilton runs has types that agree."""
    module = load(CASES[name].text)
    graph = read([module], CASES[name].config).graph
    assert type_errors(graph, vars(module)) == []


def test_types_of_a_block_are_those_of_its_items(load: Load) -> None:
    """Inside a block a reader takes one item; one that declares another type is named."""
    text = CASES["parallel block"].text
    module = load(text.replace("square(numbers: int", "square(numbers: str"))
    (error,) = type_errors(read([module], {}).graph, vars(module))
    assert "takes 'numbers' as str, which is int" in error.message


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a notebook beside all else, of a module alone; without the option nothing compares types."""
    cells = [
        "%%inputs\nn: int = 1",
        "%%node\ndef a(n: int) -> int:\n    return n",
        "%%node\ndef b(a: str) -> int:\n    return 1",
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["check", str(notebook)]) == 0
    assert main(["check", str(notebook), "--types", "--json"]) == 1
    assert json.loads(capsys.readouterr().out.rpartition("all pass")[2])["errors"][0]["code"] == "DB212"
    module = tmp_path / "typed_module.py"
    module.write_text("def a(n: int) -> int:\n    return n\n\n\ndef b(a: str) -> int:\n    return 1\n")
    assert main(["check", str(module), "--types"]) == 1
    assert "'b'" in capsys.readouterr().err
    module.write_text(module.read_text().replace("a: str", "a: int"))
    assert main(["check", str(module), "--types"]) == 0
    assert "types agree" in capsys.readouterr().out
    assert main(["check", str(module)]) == 2
