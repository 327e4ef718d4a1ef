"""The exported modules of the examples are fit for production; the one in the documentation is up to date."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ruff.__main__ import find_ruff_bin

from kernel_magics.engine.session.session import Session
from kernel_magics.export.examples.examples import Examples
from kernel_magics.export.examples.sharing import joined
from kernel_magics.export.export import export_flow
from kernel_magics.export.request import ExportRequest
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from tests.notebooks.running import NOTEBOOKS, ROOT, Run, dagbook
from tests.notebooks.test_examples import MODULES, NAMES
from tests.type_check import Mypy

SHOWN = NOTEBOOKS / "exported" / "weather_features.py"


@pytest.mark.parametrize("name", NAMES)
def test_ruff_and_mypy_accept_the_module(example: Callable[[str], Run], name: str, mypy: Mypy) -> None:
    """No finding of ruff's default rules, formatted as ruff does, and consistently typed."""
    module = example(name).folder / f"{MODULES[name]}.py"
    for command in (
        [find_ruff_bin(), "check", "--isolated", str(module)],
        [find_ruff_bin(), "format", "--check", "--isolated", str(module)],
    ):
        done = subprocess.run(command, cwd=module.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    done = mypy(module.parent, str(module))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_module_needs_nothing_of_dagbook(example: Callable[[str], Run], name: str) -> None:
    """It can be imported where Dagbook is not, and holds no path of the machine that exported it."""
    folder = example(name).folder
    code = f"import sys\nsys.modules['kernel_magics'] = None\nsys.path.insert(0, '.')\nimport {MODULES[name]}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for file in folder.glob(f"*{MODULES[name]}.*"):
        if file.suffix in (".py", ".json"):
            text = file.read_text(encoding="utf-8")
            assert str(folder) not in text
            assert str(ROOT) not in text


def test_the_module_in_the_documentation_is_up_to_date(tmp_path: Path) -> None:
    """Exporting the notebook again would change no byte of it (`dagbook export … -o notebooks/exported/…`)."""
    notebook = read_notebook(NOTEBOOKS / "weather_features.ipynb")
    session = Session(VALUES)
    session.register(*notebook.sources(), load=False)
    request = ExportRequest(notebook.title, notebook.path.name, SHOWN, tests=tmp_path, run=False, check=True)
    report = export_flow(session, request)
    rows = [
        row
        for row in report.drift.split("\n")
        if not row.endswith("test_weather_features.py does not exist.")
    ]
    assert rows == []


@pytest.mark.slow
def test_the_module_in_the_documentation_has_the_types_seen(example: Callable[[str], Run]) -> None:
    """The types in it are those of a real run, whatever the layout of lines."""
    exported = (example("weather_features").folder / "weather_features.py").read_text(encoding="utf-8")
    seen, shown = (_functions(text) for text in (exported, SHOWN.read_text(encoding="utf-8")))
    assert seen == shown


@pytest.mark.parametrize("name", NAMES)
def test_a_reviewer_reads_the_tests(example: Callable[[str], Run], name: str) -> None:
    """The test file holds what is about the module; recorded JSON is at most ten times the sample rows in it."""
    folder = example(name).folder
    cells = read_notebook(NOTEBOOKS / f"{name}.ipynb").cells
    written = sum(len(cell.source.split("\n")) for cell in cells if cell.source.startswith("%%test"))
    tests = (folder / f"test_{MODULES[name]}.py").read_text(encoding="utf-8")
    assert len(tests.split("\n")) < 60 + 2 * written
    assert _recorded_size(folder / f"test_{MODULES[name]}.json") <= 10


@pytest.mark.parametrize(
    "name",
    [
        "from_hamilton",
        pytest.param("guide/pipeline", marks=pytest.mark.slow),
        pytest.param("guide/production", marks=pytest.mark.slow),
        pytest.param("churn_model", marks=pytest.mark.slow),
    ],
)
def test_recorded_values_are_few_where_the_notebook_exports_none(name: str, tmp_path: Path) -> None:
    """Recorded JSON is at most ten times its sample rows, for the notebooks that are read as they are, too."""
    target = str(tmp_path / "module.py")
    done = dagbook("export", str(NOTEBOOKS / f"{name}.ipynb"), "-o", target, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 1 < _recorded_size(tmp_path / "test_module.json") <= 10


def _recorded_size(path: Path) -> float:
    """How many times the sample rows of the examples the file of recorded values is."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    samples = {
        label: joined(record, document["shared"])
        for label, record in document["values"].items()
        if label.endswith("/ sample")
    }
    return len(text) / len(Examples(values=samples).text())


def _functions(text: str) -> dict[str, str]:
    tree = ast.parse(text)
    return {node.name: ast.dump(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
