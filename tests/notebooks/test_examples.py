"""The example notebooks run, export, and agree with their prose."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.running import NOTEBOOKS, Run, dagbook, python

MODULES = {
    "quickstart": "features",
    "churn_features": "churn_features",
    "weather_features": "weather_features",
}
WRONG = {  # for each example a piece of its module, and how a careless edit might leave it
    "quickstart": ("spend / signups", "spend * signups"),
    "churn_features": ('as_of - members["joined"]', 'members["joined"] - as_of'),
    "weather_features": ("temperature - dew_point", "temperature + dew_point"),
}
NAMES = ["quickstart", *(pytest.param(name, marks=pytest.mark.slow) for name in list(MODULES)[1:])]
ENVELOPES = ("churn_model", "from_hamilton")
"""Notebooks with tests of their own."""


@pytest.mark.parametrize("name", [*MODULES, *ENVELOPES])
def test_the_committed_file_is_clean(name: str) -> None:
    """No outputs, no counters, an id for each cell: diffs show edits only."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None and cell.metadata == {} for cell in code)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert code[0].source == "%load_ext kernel_magics"


def test_no_other_notebook_is_shipped() -> None:
    """Every notebook in the folder is one that these tests run."""
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {*MODULES, *ENVELOPES}


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_exports_a_tested_module(example: Callable[[str], Run], name: str) -> None:
    """From top to bottom without an error; the exported tests pass on their own."""
    run = example(name)
    module = MODULES[name]
    report = run.text("export")
    assert "module and notebook agree on" in report
    assert f"{module}.py, test_{module}.py, test_{module}.json" in report
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{module}.py", cwd=run.folder)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 9
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_exported_tests_notice_a_changed_module(
    example: Callable[[str], Run], name: str, tmp_path: Path
) -> None:
    """With one sign turned around in the module its tests go red, so that green means something."""
    folder, module = example(name).folder, MODULES[name]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    source = (tmp_path / f"{module}.py").read_text()
    right, wrong = WRONG[name]
    assert source.count(right) == 1
    changed = source.replace(right, wrong)
    (tmp_path / f"{module}.py").write_text(changed)
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{module}.py", cwd=tmp_path)
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_command_writes_the_same_bytes(example: Callable[[str], Run], name: str, tmp_path: Path) -> None:
    """`dagbook export` of the file and `%export` in the notebook agree on every byte."""
    run, module = example(name), MODULES[name]
    notebook = run.folder / f"{name}.ipynb"
    (tmp_path / notebook.name).write_bytes(notebook.read_bytes())
    done = dagbook("export", notebook.name, "-o", f"{module}.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for file in (f"{module}.py", f"test_{module}.py", f"test_{module}.json"):
        assert (tmp_path / file).read_bytes() == (run.folder / file).read_bytes(), file


@pytest.mark.parametrize("name", NAMES)
def test_graph_and_lineage_read_the_file(name: str, tmp_path: Path) -> None:
    """Both work on the file alone, and agree on what a node reads."""
    notebook = str(NOTEBOOKS / f"{name}.ipynb")
    done = dagbook("graph", notebook, "-o", "graph.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    nodes = {node["name"]: node for node in json.loads((tmp_path / "graph.json").read_text())["nodes"]}
    known = set(nodes)
    assert all(set(node["inputs"]) <= known and node["waiting"] == [] for node in nodes.values())
    last = [node["name"] for node in nodes.values() if node["kind"] == "value"][-1]
    done = dagbook("lineage", notebook, last, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(nodes[last]["inputs"]) <= {row["name"] for row in json.loads(done.stdout)}


@pytest.mark.parametrize("name", NAMES)
def test_every_check_and_test_of_the_notebook_passes(name: str, tmp_path: Path) -> None:
    """`dagbook check` finds no error; what only warns is counted, not hidden."""
    done = dagbook("check", str(NOTEBOOKS / f"{name}.ipynb"), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    summary = json.loads(done.stdout)
    assert summary["checks"] >= 1
    assert summary["tests"] >= 1
    assert len(summary["warnings"]) == {"quickstart": 0, "churn_features": 1, "weather_features": 2}[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_module_has_every_node_with_a_docstring(example: Callable[[str], Run], name: str) -> None:
    """Nothing that a reader of the notebook learns about a node is lost on the way."""
    tree = ast.parse((example(name).folder / f"{MODULES[name]}.py").read_text())
    public = [
        item
        for item in tree.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_")
    ]
    nodes = [item for item in public if not item.name.startswith(("check_", "warn_"))]
    assert len(nodes) >= {"quickstart": 7, "churn_features": 20, "weather_features": 60}[name]
    assert all(ast.get_docstring(item) and item.returns is not None for item in nodes)
