"""What is installed with Dagbook: a short list, a reason for each entry, and nothing else."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ALWAYS = {
    "cloudpickle": "functions and classes of a notebook cross to worker processes and onto disk",
    "ipython": "the magics",
    "numpy": "values",
    "packaging": "what distributions require, for the requirements of an envelope",
    "pandas": "values",
    "pytest": "the proof of an export runs the exported tests",
    "ruff": "the exported module is formatted, its imports sorted",
    "xxhash": "digests of large values",
}
EXTRAS = {
    "anywidget": "the live graph",
    "apache-hamilton": "the proof of a module for Apache Hamilton",
    "graphviz": "`to_dot()`",
    "ipykernel": "a kernel for the notebook",
    "ipywidgets": "the live graph",
    "jupyterlab": "where notebooks are written",
    "mcp": "`dagbook mcp`, tools for assistants",
    "mlflow-skinny": "a listener of runs",
    "openlineage-python": "events of lineage",
    "opentelemetry-api": "a listener of runs",
    "duckdb": "SQL nodes run on it; DuckDB databases",
    "sqlglot": "the text of SQL nodes is read with it",
    "fastapi": "`dagbook serve`",
    "pydantic": "the fields of a request",
    "prometheus-client": "the numbers that a service tells",
    "uvicorn": "`dagbook serve`",
    "httptools": "uvicorn reads requests with it, in C",
    "scikit-learn": "estimators, which an envelope stores",
    "skops": "files of estimators that run no code when they are read",
    "pyarrow": "Parquet and Feather files, Arrow values",
    "distributed": "the executor `dask`",
    "ray": "the executor `ray`",
    "pyspark": "the executor `spark`",
    "pyyaml": "pipeline files, the rules of a registry",
    "psycopg": "PostgreSQL",
    "sqlalchemy": "all other databases",
    "scipy": "statistics of drift and impact",
}
NOT_BY_NAME = {
    "httptools",
    "ipykernel",
    "ipywidgets",
    "jupyterlab",
    "scikit-learn",
    "scipy",
    "skops",
    "apache-hamilton",
    "duckdb",
    "psycopg",
    "sqlalchemy",
    "sqlglot",
}  # run beside us, or imported late
IMPORTED = {
    "prometheus-client": "prometheus_client",
    "ipython": "IPython",
    "pyyaml": "yaml",
    "apache-hamilton": "hamilton",
    "mlflow-skinny": "mlflow",
    "openlineage-python": "openlineage",
    "opentelemetry-api": "opentelemetry",
}
FOR_VALUES = {"polars", "sklearn"}  # recognized if installed, never required
WITH_IPYTHON = {"traitlets"}
ELSEWHERE = {"feast"}  # of a text that runs in an environment of its own
STARTS = {
    "kernel_magics": set(),
    "kernel_magics.cli.main": set(),
    "kernel_magics.dataflow": {"pandas", "numpy", "cloudpickle", "xxhash"},
    "kernel_magics.magics": {*ALWAYS},
    "nbext": set(),
    "nbext.live": {*ALWAYS, "anywidget", "mypy-extensions"},  # which anywidget's psygnal uses where it is
}


def name_of(requirement: str) -> str:
    """The distribution of a requirement, in its normal spelling."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def closure(names: set[str]) -> set[str]:
    """These distributions and all that they require here."""
    found: set[str] = set()
    queue = sorted(name for name in names if _installed(name))
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        requires = distribution(name).requires or []
        queue += [name_of(item) for item in requires if "extra ==" not in item and _installed(name_of(item))]
    return found


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except ImportError:
        return False
    return True


def test_the_core_knows_nothing_of_envelopes() -> None:
    """Importing the magics, the command or the dataflow imports neither envelopes nor what they are made with."""
    program = "import sys, kernel_magics.cli.main, kernel_magics.dataflow, kernel_magics.magics; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = done.stdout.split()
    assert not [
        name
        for name in loaded
        if name.startswith(
            ("kernel_magics.envelope", "kernel_magics.serve", "fastapi", "sklearn", "skops", "mlflow")
        )
    ]


def test_every_dependency_has_a_reason() -> None:
    """A new one needs a reason here; one that is not needed any more is removed."""
    assert {name_of(item) for item in PROJECT["dependencies"]} == set(ALWAYS)
    extras = PROJECT["optional-dependencies"]
    runtime = [
        item
        for extra in (
            "lab",
            "parquet",
            "quality",
            "hamilton",
            "lineage",
            "mlflow",
            "opentelemetry",
            "sklearn",
            "serve",
            "pipeline",
            "dask",
            "ray",
            "spark",
            "registry",
            "mcp",
            "sql",
        )
        for item in extras[extra]
    ]
    assert {name_of(item) for item in runtime} == set(EXTRAS)
    assert all(">=" in item for item in [*PROJECT["dependencies"], *runtime])


def test_the_source_imports_what_is_declared_and_nothing_else() -> None:
    """Of every third-party package that the source names there is an entry, and every entry is named."""
    named: set[str] = set()
    for path in [path for folder in ("kernel_magics", "nbext") for path in (ROOT / folder).rglob("*.py")]:
        if "node_modules" in path.parts or path.name == "build_hook.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named |= {item.name.partition(".")[0] for item in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                named.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
                word = node.args[0]
                named |= {str(word.value).partition(".")[0]} if isinstance(word, ast.Constant) else set()
    outside = named - set(sys.stdlib_module_names) - {"kernel_magics", "nbext", "__future__"}
    declared = {IMPORTED.get(name, name) for name in {*ALWAYS, *EXTRAS}}
    assert outside <= declared | FOR_VALUES | WITH_IPYTHON | ELSEWHERE
    assert declared - outside <= NOT_BY_NAME


@pytest.mark.parametrize("module", STARTS)
def test_an_import_brings_nothing_that_was_not_declared(module: str) -> None:
    """Each third-party package that is in memory afterwards belongs to a declared one, or to what that requires."""
    program = f"import sys, json; before = set(sys.modules); import {module}; print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    tops = {name.partition(".")[0] for name in json.loads(done.stdout)}
    owners = packages_distributions()
    brought = {
        name_of(owner) for top in tops if top not in sys.stdlib_module_names for owner in owners.get(top, ())
    }
    assert brought - {"dagbook"} <= closure(STARTS[module])


def test_the_root_imports_none_of_the_large_modules_of_the_library() -> None:
    """An exported module with variants imports the root for `when`: that stays cheap."""
    program = "import sys, kernel_magics; print(*{'ast', 'inspect', 'dataclasses', 'difflib', 'json'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == ""


def test_the_tests_of_the_engine_need_nothing_else() -> None:
    """Where only pytest and Hypothesis are installed, each of their files can be imported (the gate runs them there)."""
    there = closure({"pytest", "hypothesis"}) | {"dagbook"}
    absent = {
        top
        for top, owners in packages_distributions().items()
        if not there & {name_of(owner) for owner in owners}
    }
    program = f"""
import sys
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} beside pytest and Hypothesis", name=name)
sys.meta_path.insert(0, Bare())
import pytest
sys.exit(pytest.main(["--collect-only", "--quiet", "-o", "addopts=", "tests/engine"]))
"""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_front_end_is_locked_by_content() -> None:
    """Every package has the hash of its content, none comes from anywhere but the registry; few ship with a page."""
    lock = json.loads((ROOT / "nbext" / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert lock["lockfileVersion"] == 3
    assert packages
    for path, entry in packages.items():
        assert re.match(r"sha512-[A-Za-z0-9+/]+=*$", entry.get("integrity", "")), path
        assert entry.get("resolved", "https://registry.npmjs.org/").startswith(
            "https://registry.npmjs.org/"
        ), path
        assert not entry.get("link"), path
    declared = json.loads((ROOT / "nbext" / "frontend" / "package.json").read_text(encoding="utf-8"))
    assert list(declared["dependencies"]) == ["esbuild"]
