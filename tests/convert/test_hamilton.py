"""Notebooks of Apache Hamilton become notebooks of Dagbook that compute the same values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.convert import GivenCell
from kernel_magics.convert.hamilton import convert_modules
from kernel_magics.notebook import read_notebook
from tests.notebook_file import write_notebook

BOOK = [
    "# Load the extension\n%load_ext hamilton.plugins.jupyter_magic\nfrom hamilton import driver",
    "%%cell_to_module shop -d\ndef spend(clicks: int) -> int:\n    return clicks",
    "region = {'region': 'EU'}\nINPUTS = {'clicks': 12, 'names': ['a', 'b']}",
    (
        "%%cell_to_module shop -d -c region -i INPUTS --execute\n"
        "import pandas as pd\nfrom hamilton.function_modifiers import config, extract_columns, tag\n\n"
        "PRICE = 2.5\n\n\ndef _double(x):\n    return 2 * x\n\n\n"
        "# What was spent.\n@tag(owner='ads')\ndef spend(clicks: int) -> float:\n"
        '    """Clicks cost."""\n    return _double(clicks) * PRICE\n\n\n'
        "@config.when(region='US')\ndef tax__us(spend: float) -> float:\n    return spend * 0.1\n\n\n"
        "@config.when(region='EU')\ndef tax__eu(spend: float) -> float:\n    return spend * 0.2\n\n\n"
        "@extract_columns('low', 'high')\ndef table(names: list, tax: float) -> pd.DataFrame:\n"
        "    return pd.DataFrame({'low': [0.0] * len(names), 'high': [tax] * len(names)}, index=names)"
    ),
    "dr = driver.Builder().with_config(region).with_modules(shop).build()\ndr.display_all_functions()",
    "# Run it.\nresults = dr.execute(['tax', shop.table, 'high'], inputs=INPUTS)\nprint(results['tax'])",
    "print('other code')",
    "%%incr_cell_to_module parts 1\ndef first(x: int) -> int:\n    return x + 1",
    "%%incr_cell_to_module parts -i 2\ndef second(first: int) -> int:\n    return first * 10",
    "%%incr_cell_to_module parts 1 -d\ndef first(x: int = 4) -> int:\n    return x + 2",
    "%%cell_to_module -m clash\ndef spend(visits: int) -> int:\n    return visits * 3",
    (
        "%%cell_to_module whole\nfrom hamilton.function_modifiers import subdag\n\n\n"
        "@subdag('shop')\ndef inner(spend: int) -> int:\n    return spend"
    ),
]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A notebook with several modules, versions, variants, drivers and other code."""
    return write_notebook(tmp_path / "shop.ipynb", BOOK)


def given(path: Path) -> list[GivenCell]:
    """The cells of a notebook."""
    return [GivenCell(cell.id, cell.type, cell.source) for cell in read_notebook(path).cells]


def test_a_notebook_is_converted_and_proven(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last version of each module counts; each module that clashes has a notebook of its own."""
    assert main(["convert", str(book)]) == 0
    said = capsys.readouterr().out
    assert "proof: 7 values equal to Hamilton's" in said
    assert "module 'whole' stays" in said
    assert "`'shop'` of @subdag is no function beside it" in said
    flow = Dataflow.from_notebook(book.with_name("shop_dataflow.ipynb"))
    assert set(flow.nodes) == {"spend", "tax", "table", "low", "high", "first", "second"}
    assert flow.run(["spend", "tax", "second"], inputs={"clicks": 12}) == {
        "spend": 60.0,
        "tax": 12.0,
        "second": 60,
    }
    assert flow.run("tax", params={"region": "US"}) == {"tax": 6.0}
    assert flow.run("high")["high"].tolist() == [12.0, 12.0]
    assert dict(flow.nodes["spend"].tags) == {"owner": "ads"}
    assert flow.nodes["spend"].doc == "Clicks cost."
    other = Dataflow.from_notebook(book.with_name("shop_dataflow_clash.ipynb"))
    assert other.run(inputs={"visits": 2}) == {"spend": 6}


def test_what_becomes_of_the_other_cells(book: Path) -> None:
    """Driver cells go, requests become `%compute`, other code stays, older versions go."""
    main_book, clash = convert_modules(given(book))
    texts = [cell.source for cell in main_book.conversion.cells]
    whole = "\n\n".join(texts)
    assert texts[0] == "%load_ext kernel_magics\n%load_ext hamilton.plugins.jupyter_magic"
    assert "driver" not in whole
    request = next(text for text in texts if "%compute" in text)
    assert request.split("\n") == [
        "# Run it.",
        "%compute tax table high",
        "results = {'tax': tax, 'table': table, 'high': high}",
        "print(results['tax'])",
    ]
    assert "print('other code')" in texts
    assert "INPUTS = {" in whole
    assert "return x + 1" not in whole
    assert any(text.startswith("%%cell_to_module whole") for text in texts)
    assert [cell.id for cell in main_book.conversion.cells if cell.source == "print('other code')"] == [
        "cell7"
    ]
    assert clash.name == "clash"
    assert len({cell.id for cell in main_book.conversion.cells}) == len(texts)


REUSED = [
    "%%cell_to_module visits\n_BY = {'day': 1}\n\n\ndef counted(rows: list, grain: str) -> list:\n"
    "    return rows[:: _BY[grain]]\n\n\ndef users(counted: list, region: str) -> str:\n"
    "    return f'{len(counted)} in {region}'",
    "%%cell_to_module report\nimport visits as v\nfrom hamilton.function_modifiers import subdag, value\n\n\n"
    "def rows() -> list:\n    return [1, 2]\n\n\n"
    "@subdag(v, inputs={'grain': value('day')}, config={'region': 'US'})\ndef daily(users: str) -> str:\n"
    "    return users",
]


def test_a_module_that_decorators_of_another_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its functions are helpers, and no input of theirs is left over."""
    path = write_notebook(tmp_path / "n.ipynb", REUSED)
    assert main(["convert", str(path)]) == 0
    assert "proof: 4 values equal" in capsys.readouterr().out
    flow = Dataflow.from_notebook(tmp_path / "n_dataflow.ipynb")
    assert flow.run("daily") == {"daily": "2 in US"}
    assert not flow.inputs


def test_a_driver_of_the_module_alone_that_runs_another(tmp_path: Path) -> None:
    """Its dataflow has what its decorators run, too."""
    build = "from hamilton import driver\ndr = driver.Builder().with_modules(report).build()\ndr.execute(['daily'])"
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", [*REUSED, build]))]) == 0
    assert Dataflow.from_notebook(tmp_path / "n_dataflow.ipynb").run("daily") == {"daily": "2 in US"}


def test_helpers_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two modules that define a helper in two ways never share a setup: each gets a notebook."""
    cells = [
        f"%%cell_to_module {name}\ndef _by(x):\n    return x * {by}\n\n\ndef {name}(n: int = 1) -> int:\n    return _by(n)"
        for name, by in (("one", 2), ("two", 3))
    ]
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", cells))]) == 0
    assert capsys.readouterr().out.count("proof: 1 value equal") == 2
    assert Dataflow.from_notebook(tmp_path / "n_dataflow_two.ipynb").run("two") == {"two": 3}


def test_blocks_are_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hamilton runs them by its dynamic execution."""
    text = (
        "%%cell_to_module par\nfrom hamilton.htypes import Collect, Parallelizable\n\n\n"
        "def numbers(n: int = 3) -> Parallelizable[int]:\n    yield from range(n)\n\n\n"
        "def square(numbers: int) -> int:\n    return numbers**2\n\n\n"
        "def total(square: Collect[int]) -> int:\n    return sum(square)"
    )
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", [text]))]) == 0
    assert "proof: 2 values equal" in capsys.readouterr().out
    assert Dataflow.from_notebook(tmp_path / "n_dataflow.ipynb").run("total") == {"total": 5}


def test_async_functions_are_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hamilton runs them by its async driver; what lacks a sample names it."""
    text = (
        "%%cell_to_module m\nasync def first(n: int = 2) -> int:\n    return n + 1\n\n\n"
        "def second(first: int) -> int:\n    return first * 10\n\n\n"
        "async def third(a: int, second: int) -> int:\n    return a + second\n"
    )
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", [text]))]) == 0
    said = capsys.readouterr().out
    assert "proof: 2 values equal" in said
    assert "note 'third': Hamilton gives no value to compare with ('a' has no sample)" in said


@pytest.mark.parametrize("magic", ["insert_module", "module_to_cell"])
def test_a_module_that_a_magic_inserts(magic: str, tmp_path: Path) -> None:
    """It is the file's text, found by its path from the notebook."""
    (tmp_path / "src").mkdir()
    (tmp_path / "books").mkdir()
    (tmp_path / "src" / "clicks.py").write_text("def spend(clicks: int) -> int:\n    return clicks * 2\n")
    build = "dr = driver.Builder().with_modules(clicks).build()\ndr.execute(['spend'], inputs={'clicks': 2})"
    cells = ["from hamilton import driver", f"%{magic} ../src/clicks.py", build]
    assert main(["convert", str(write_notebook(tmp_path / "books" / "n.ipynb", cells))]) == 0
    flow = Dataflow.from_notebook(tmp_path / "books" / "n_dataflow.ipynb")
    assert flow.run("spend") == {"spend": 4}


def test_names_of_builtins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inputs, params and nodes get others, also where a driver asks for them; values are Hamilton's."""
    module = (
        "%%cell_to_module chat\n"
        "def prompt(input: str, type: str = 'x') -> str:\n    return f'{input} {type}'\n"
        "def id(prompt: str) -> int:\n    return len(prompt)\n"
        "def last(id: int) -> int:\n    return [id for id in range(id)][-1]\n"
    )
    cells = [
        "from hamilton import driver",
        module,
        "dr = driver.Builder().with_modules(chat).build()\ndr.execute(['last'], inputs={'input': 'abc'})",
        "dr.execute(['id'], inputs={'input': 'abcd', 'type': 'yz'})",
    ]
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", cells))]) == 0
    said = capsys.readouterr().out
    assert "3 values equal to Hamilton's" in said
    assert "'input' is called 'input_value' in cells" in said
    target = tmp_path / "n_dataflow.ipynb"
    assert Dataflow.from_notebook(target).run("last") == {"last": 4}
    assert "dr.run(['id_value'], inputs={'input_value': 'abcd', 'type_value': 'yz'})" in target.read_text()


def test_nothing_is_written_where_nothing_can_be_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason is told."""
    path = write_notebook(tmp_path / "n.ipynb", [BOOK[-1]])
    assert main(["convert", str(path)]) == 0
    assert "nothing to convert" in capsys.readouterr().out
    assert not (tmp_path / "n_dataflow.ipynb").exists()


def test_a_value_that_differs_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The proof compares values; it does not trust the conversion."""
    text = "%%cell_to_module m\nimport os\n\n\ndef pid(x: int = 1) -> int:\n    return os.getpid() + id(object())\n\n\ndef y(x: int = 1) -> int:\n    return x"
    path = write_notebook(
        tmp_path / "n.ipynb",
        [
            text.replace("os.getpid() + id(object())", "next(_COUNT)").replace(
                "import os", "import itertools\n\n_COUNT = itertools.count()"
            )
        ],
    )
    assert main(["convert", str(path)]) == 0
    assert "proof: 2 values equal" in capsys.readouterr().out
    path = write_notebook(
        tmp_path / "t.ipynb",
        [
            text.replace("os.getpid() + id(object())", "os.urandom(8)").replace(
                "-> int:\n    return os", "-> bytes:\n    return os", 1
            )
        ],
    )
    assert main(["convert", str(path)]) == 0
    said = capsys.readouterr().out
    assert "proof: 1 value equal" in said
    assert "note 'pid': its value differs from Hamilton's" in said


def test_json_and_no_run(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A preview writes nothing; without a run there is no proof."""
    assert main(["convert", str(book), "--json"]) == 0
    assert [group["changed"] for group in json.loads(capsys.readouterr().out)] == [True, True]
    assert not book.with_name("shop_dataflow.ipynb").exists()
    assert main(["convert", str(book), "--no-run"]) == 0
    assert "proof: not run" in capsys.readouterr().out
