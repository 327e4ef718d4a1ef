"""Forms of decorators that Hamilton's users write are converted, and give its values."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.hamilton.cells import read_cells
from kernel_magics.notebook import read_notebook
from tests.notebook_file import write_notebook

HEAD = (
    "%%cell_to_module m\nimport sqlite3\n\nimport pandas as pd\nfrom hamilton.function_modifiers import (\n"
    "    extract_columns, extract_fields, inject, load_from, pipe, save_to, source, step, value\n)\n\n\n"
    "def table(n: int = 3) -> pd.DataFrame:\n"
    "    return pd.DataFrame({'net income': range(n), 'rate': [0.5] * n})\n\n\n"
)


def converted(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Dataflow, str]:
    """The dataflow of a module, and what the command says."""
    assert main(["convert", str(write_notebook(folder / "n.ipynb", [HEAD + text]))]) == 0
    return Dataflow.from_notebook(folder / "n_dataflow.ipynb"), capsys.readouterr().out


def test_fields_by_keyword(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`fields=` names what the first argument may give."""
    text = "@extract_fields(fields={'low': int, 'high': int})\ndef both(n: int = 3) -> dict:\n    return {'low': 1, 'high': n}"
    flow, said = converted(text, tmp_path, capsys)
    assert "proof: 4 values equal" in said
    assert flow.run(["low", "high"]) == {"low": 1, "high": 3}


TYPED = """
from typing import NotRequired, TypedDict


class Base(TypedDict):
    low: int


class Made(Base, total=False):
    high: NotRequired[float]


Other = TypedDict("Other", {"left": int})


@extract_fields()
def made(n: int = 1) -> "Made":
    return Made(low=n, high=2.0)


@extract_fields()
def second(low: int) -> Other:
    return {"left": low}
"""


def test_fields_of_a_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a TypedDict are read from the text, with those of its bases."""
    flow, said = converted(TYPED, tmp_path, capsys)
    assert "proof: 6 values equal" in said
    assert flow.run(["low", "high", "left"]) == {"low": 1, "high": 2.0, "left": 1}


@pytest.mark.parametrize(
    "hint", [" -> dict", " -> Unknown", " -> Loop", " -> Mixed", " -> 'not a type'", " -> Twice", ""]
)
def test_fields_of_a_type_that_lists_none(hint: str) -> None:
    """The reason names the type that is no TypedDict of the module."""
    classes = (
        "class Loop(Loop): a: int\nclass Mixed(TypedDict, dict): a: int\nTwice = TypedDict('A', {'a': int})\n"
        "Twice = dict\n"
    )
    said = hint.removeprefix(" -> ").replace('"', "'") or "a function without a type"
    text = f"{classes}@extract_fields()\ndef both(n){hint}:\n    return n"
    with pytest.raises(DataflowError) as caught:
        read_cells([(HEAD.partition("\n")[2] + text, "m")])
    assert "takes its fields from a TypedDict of the module, not from " in caught.value.message
    assert said in caught.value.message


COMPUTED = """
from hamilton.function_modifiers import parameterize, parameterize_values

RATES = {"low": 0.1, "high": 0.2}
NAMES = [*RATES, "top"]
GIVEN = {"one": {"n": value(1)}, "two": dict(n=value(2))}


@parameterize(**{f"{name}_rate": {"rate": value(RATES[name])} for name in RATES})
def tax(rate: float, spend: float = 10.0) -> float:
    return spend * rate


@parameterize(**GIVEN)
def each(n: int) -> int:
    return n


@parameterize_values("k", {(f"times_{i}", f"{i} times"): i for i in (1, 2)})
def times(k: int, low_rate: float) -> float:
    return k * low_rate


@extract_columns(*[f"{name}_column" for name in NAMES if name != "high"])
def columns() -> pd.DataFrame:
    return pd.DataFrame({"low_column": [1], "top_column": [2]})


@parameterize(only={"names": value(NAMES)})
def counted(names: list) -> int:
    return len(names)
"""


def test_arguments_computed_of_constants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Comprehensions over constants of the module are read, not run; values keep the names of constants."""
    flow, said = converted(COMPUTED, tmp_path, capsys)
    assert "proof: 11 values equal" in said
    assert flow.run(["high_rate", "two", "times_2", "only"]) == {
        "high_rate": 2.0,
        "two": 2,
        "times_2": 2.0,
        "only": 3,
    }
    assert flow.nodes["times_2"].doc == "2 times"
    assert "RATES['low']" in (tmp_path / "n_dataflow.ipynb").read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def made(): return {}", "**made()"),
        ("NAMES = ['a']\nNAMES.append('b')", "**{n: {'k': value(n)} for n in NAMES}"),
        ("NAMES = ['a']\nNAMES = ['b']", "**{n: {'k': value(n)} for n in NAMES}"),
        ("from other import NAMES", "**{n: {'k': value(n)} for n in NAMES}"),
        ("NAMES = ['a']\nNAMES += ['b']", "**{n: {'k': value(n)} for n in NAMES}"),
        ("NAMES = ['a']\nfor each in 'bc': NAMES.append(each)", "**{n: {'k': value(n)} for n in NAMES}"),
    ],
)
def test_arguments_computed_of_more(before: str, after: str) -> None:
    """What another statement may change is no constant, so the reason says what is computed."""
    text = f"{before}\n@parameterize({after})\ndef a(k): return k"
    with pytest.raises(DataflowError) as caught:
        read_cells([(f"from hamilton.function_modifiers import parameterize, value\n{text}", "m")])
    why = "`made()` is computed" if "made" in after else "`NAMES` is computed"
    assert f"the arguments of @parameterize are not made of constants alone ({why})" in caught.value.message


def test_columns_whose_names_are_no_names_of_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`net income` is the node `net_income`, for its readers and for the proof."""
    text = (
        "@extract_columns('net income', 'rate')\ndef taken(table: pd.DataFrame) -> pd.DataFrame:\n    return table\n\n\n"
        "@inject(income=source('net income'), rate=source('rate'))\n"
        "def tax(income: pd.Series, rate: pd.Series) -> pd.Series:\n    return income * rate"
    )
    flow, said = converted(text, tmp_path, capsys)
    assert "proof: 5 values equal" in said
    assert flow.run("tax")["tax"].tolist() == [0.0, 0.5, 1.0]
    assert "net_income" in flow.nodes


def test_the_old_name_of_pipe_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`@pipe` is `@pipe_input`."""
    text = (
        "def _more(table: pd.DataFrame, by: int) -> pd.DataFrame:\n    return table * by\n\n\n"
        "@pipe(step(_more, by=value(2)))\ndef doubled(table: pd.DataFrame) -> pd.DataFrame:\n    return table"
    )
    flow, said = converted(text, tmp_path, capsys)
    assert "proof: 2 values equal" in said
    assert flow.run("doubled")["doubled"]["net income"].tolist() == [0, 2, 4]


def test_a_saver_without_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hamilton names its node `save.report`; here it is `save__report`, which writes when it is asked for."""
    path = tmp_path / "report.csv"
    text = f"@save_to.csv(path=value({str(path)!r}))\ndef report(table: pd.DataFrame) -> pd.DataFrame:\n    return table"
    flow, _ = converted(text, tmp_path, capsys)
    path.unlink(missing_ok=True)
    assert flow.run("save__report")["save__report"]["path"] == str(path)
    assert path.exists()


def test_a_datasaver_writes_when_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `@save_to`: never because its cell ran, and each time that it is asked for."""
    text = (
        "from hamilton.function_modifiers import datasaver\n\n\n@datasaver()\n"
        "def kept(table: pd.DataFrame) -> dict:\n    return {'rows': len(table)}"
    )
    flow, _ = converted(text, tmp_path, capsys)
    assert flow.run("kept") == {"kept": {"rows": 3}}
    cells = [cell.source for cell in read_notebook(tmp_path / "n_dataflow.ipynb").cells]
    assert cells[-1].startswith("%%node --cache off --lazy\n")


def test_loaders_and_savers_of_its_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What has no plain form is read and written with what Hamilton has for it."""
    text = (
        "def place() -> sqlite3.Connection:\n    found = sqlite3.connect(':memory:')\n"
        "    found.execute('create table t (a int)')\n    found.execute('insert into t values (4)')\n    return found\n\n\n"
        "@load_from.sql(query_or_table=value('select a from t'), db_connection=source('place'))\n"
        "def rows(df: pd.DataFrame) -> pd.DataFrame:\n    return df\n\n\n"
        "@save_to.sql(table_name=value('u'), db_connection=source('place'), output_name_='stored')\n"
        "def kept(rows: pd.DataFrame) -> pd.DataFrame:\n    return rows"
    )
    flow, said = converted(text, tmp_path, capsys)
    assert "proof: 3 values equal" in said
    assert flow.run("kept")["kept"]["a"].tolist() == [4]
    assert flow.run("stored")["stored"]["sql_metadata"]["table_name"] == "u"


def test_a_module_that_cannot_be_loaded_is_converted_without_a_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package that is not here is the reason, and the notebook is written."""
    path = write_notebook(
        tmp_path / "n.ipynb",
        ["%%cell_to_module m\nimport no_such_package\n\n\ndef a() -> int:\n    return no_such_package.x"],
    )
    assert main(["convert", str(path)]) == 0
    said = capsys.readouterr().out
    assert (
        "proof: none, Hamilton cannot load this (ModuleNotFoundError: No module named 'no_such_package')"
        in said
    )
    assert (tmp_path / "n_dataflow.ipynb").exists()


def test_an_input_without_a_sample_is_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The proof says which input has no value."""
    _, said = converted("def more(x: int) -> int:\n    return x + 1", tmp_path, capsys)
    assert "note 'more': Hamilton gives no value to compare with ('x' has no sample)" in said


SHARED = (
    "%%cell_to_module one\nimport dataclasses\n\n\n@dataclasses.dataclass\nclass City:\n    name: str\n\n\n"
    "def city() -> City:\n    return City('a')"
)


def test_what_a_module_imports_of_another_one_of_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A class of the other module is in the setup; a node of it is none that can be imported."""
    two = "%%cell_to_module two\nfrom one import City\n\n\ndef name(city: City) -> str:\n    return city.name"
    build = "from hamilton import driver\ndr = driver.Builder().with_modules(one, two).build()"
    path = write_notebook(tmp_path / "n.ipynb", [SHARED, two, build])
    assert main(["convert", str(path)]) == 0
    said = capsys.readouterr().out
    assert "proof: 1 value equal" in said
    assert "note 'city': City is another class in the setup than in the module" in said
    assert Dataflow.from_notebook(tmp_path / "n_dataflow.ipynb").run("name") == {"name": "a"}
    calls = "%%cell_to_module two\nimport one\n\n\ndef name(n: int) -> str:\n    return one.city().name"
    path = write_notebook(tmp_path / "m.ipynb", [SHARED, calls])
    assert main(["convert", str(path)]) == 0
    said = capsys.readouterr().out
    assert "module 'two' stays: `import one`: 'one' is a module of cells, whose functions are nodes; " in said
