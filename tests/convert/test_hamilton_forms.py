"""Forms of decorators that Hamilton's users write are converted, and give its values."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
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


def test_fields_of_a_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason says that no fields are listed."""
    text = "@extract_fields()\ndef both(n: int = 3) -> dict:\n    return {'low': 1}"
    assert main(["convert", str(write_notebook(tmp_path / "n.ipynb", [HEAD + text]))]) == 0
    said = capsys.readouterr().out
    assert "@extract_fields() takes its fields from a type, and does not list them" in said


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
    assert "module 'two' stays: `import one`: 'one' is a module of cells, whose functions are nodes." in said
