"""The example runtime: one file for all modules whose tests stand in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.examples.examples import read_examples
from kernel_magics.export.examples.runner import Recorded
from kernel_magics.export.examples.runtime import runtime_text
from kernel_magics.export.examples.sharing import VERSION
from kernel_magics.export.export import export_flow
from kernel_magics.export.module.checksum import write_hash
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from kernel_magics.notebook import read_notebook
from tests.export.notebooks import make_session
from tests.notebook_file import write_notebook
from tests.warm import run_warm

CELLS = ("%%inputs\nx: list = [1.0, 2.0]", "%%node double\n[2 * each for each in x]")


def export(module: Path, **options: object) -> Report:
    """Export a small notebook."""
    return export_flow(make_session(*CELLS), ExportRequest("nb", "nb.ipynb", module, **options))


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a person would, started in a folder."""
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    return run_warm(command, folder, dict(os.environ))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules `one` and `two`, and `three` elsewhere with its tests in it, too."""
    folder = tmp_path_factory.mktemp("shared")
    for module in ("one.py", "two.py"):
        export(folder / module)
    export(folder / "src" / "three.py", tests=folder)
    return folder


def test_modules_of_a_folder_share_one_file(shared: Path) -> None:
    """Several exports into one folder write the same example runtime, once; each test file holds its module's alone."""
    names = {path.name for path in shared.iterdir() if path.suffix == ".py"}
    assert names == {"one.py", "two.py", "test_one.py", "test_two.py", "test_three.py", "_examples.py"}
    assert (shared / "_examples.py").read_text(encoding="utf-8") == runtime_text()
    for name in ("one", "two", "three"):
        text = (shared / f"test_{name}.py").read_text(encoding="utf-8")
        assert f"\nimport {name}\n" in text
        assert len(text.split("\n")) < 30


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_their_tests_run_together_from_any_folder(shared: Path, mode: str, tmp_path: Path) -> None:
    """Whatever pytest's import mode and working directory are, the tests find their module and the example runtime."""
    done = run_pytest(tmp_path, f"--import-mode={mode}", f"--rootdir={tmp_path}", str(shared))
    assert (done.returncode, done.stdout.split("\n")[-2][:8]) == (0, "3 passed"), done.stdout


def test_folders_with_tests_run_together(shared: Path, tmp_path: Path) -> None:
    """Two folders, each with its own example runtime, pass in one run of pytest."""
    export(tmp_path / "four.py")
    done = run_pytest(tmp_path, "--import-mode=importlib", str(shared), str(tmp_path))
    assert "4 passed" in done.stdout, done.stdout


def _of_version(version: int) -> str:
    changed = runtime_text().replace(f"VERSION: Final = {VERSION}", f"VERSION: Final = {version}")
    return write_hash(changed)


def test_an_older_file_is_replaced_and_a_later_one_kept(tmp_path: Path) -> None:
    """What an older Dagbook wrote is brought up to date; what a later one wrote runs the examples as it is."""
    there = tmp_path / "_examples.py"
    there.write_text(_of_version(1), encoding="utf-8")
    export(tmp_path / "one.py")
    assert there.read_text(encoding="utf-8") == runtime_text()
    later = _of_version(VERSION + 1)
    there.write_text(later, encoding="utf-8")
    report = export(tmp_path / "two.py")
    assert there.read_text(encoding="utf-8") == later
    assert report.tests == 1
    assert export(tmp_path / "two.py", check=True).drift == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def mine():\n    return 1\n", "was not exported by Dagbook"),
        (runtime_text().replace("1e-9", "1e-3"), "was edited since it was exported"),
        (_of_version(VERSION + 1).replace("1e-9", "1e-3"), "was edited since it was exported"),
    ],
    ids=["foreign", "edited", "later and edited"],
)
def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path, text: str, problem: str) -> None:
    """A foreign or edited `_examples.py` stops the export, which says what to do; --force replaces it."""
    there = tmp_path / "_examples.py"
    there.write_text(text, encoding="utf-8")
    with pytest.raises(DataflowError) as caught:
        export(tmp_path / "one.py")
    assert (caught.value.code, [path.name for path in tmp_path.iterdir()]) == ("DB521", ["_examples.py"])
    assert problem in caught.value.message
    assert "--tests" in caught.value.hint
    assert there.read_text(encoding="utf-8") == text
    export(tmp_path / "one.py", run=False)  # nothing is recorded, so nothing of it is needed
    export(tmp_path / "two.py", force=True)
    assert there.read_text(encoding="utf-8") == runtime_text()


def test_check_says_that_the_runtime_is_of_another_version(tmp_path: Path) -> None:
    """`export --check` compares the file like any other, without its four hundred lines."""
    export(tmp_path / "one.py")
    (tmp_path / "_examples.py").write_text(_of_version(1), encoding="utf-8")
    drift = export(tmp_path / "one.py", check=True).drift
    assert re.fullmatch(r".*_examples\.py: of another version of Dagbook\.", drift)


def test_a_module_of_that_name_is_refused(tmp_path: Path) -> None:
    """A module `_examples` would be overwritten by the example runtime."""
    with pytest.raises(DataflowError) as caught:
        export(tmp_path / "_examples.py")
    assert caught.value.code == "DB508"


def test_examples_of_a_later_version_are_refused() -> None:
    """An example runtime that is too old for recorded examples says so, whichever file of that name Python found."""
    with pytest.raises(ValueError, match=f"version {VERSION + 1}, and .* reads up to {VERSION}: export"):
        Recorded({"version": VERSION + 1, "nodes": {}, "values": {}}, sys)


def test_examples_of_the_first_version_are_kept(tmp_path: Path) -> None:
    """Examples that the first Dagbook recorded, with long indexes alone shared, hold on after an upgrade."""
    export(tmp_path / "one.py")
    there = tmp_path / "test_one.json"
    known = read_examples(there.read_text(encoding="utf-8"), "")
    old = {"version": 1, "hash": "0" * 12, "nodes": known.nodes, "values": known.values, "shared": {}}
    old["nodes"]["double"]["cases"][0]["value"] = [2.0, 4.0]
    old["nodes"]["double"]["cases"][0]["case"] = "of old"
    there.write_text(write_hash(json.dumps(old)), encoding="utf-8")
    export(tmp_path / "one.py")
    cases = read_examples(there.read_text(encoding="utf-8"), "").nodes["double"]["cases"]
    assert [case["case"] for case in cases if case["case"] == "of old"] == ["of old"]


def test_each_change_of_the_runtime_is_counted() -> None:
    """Files of one version are the same everywhere: whoever changes the text counts `VERSION` up, and notes it here."""
    found = hashlib.sha256(runtime_text().encode()).hexdigest()[:12]
    assert (VERSION, found) == (7, "8af29d388cdd")


def test_an_import_leaves_the_runtime_out(tmp_path: Path) -> None:
    """A notebook made of a module and its tests has neither the import of the example runtime nor anything of it."""
    notebook = tmp_path / "nb.ipynb"
    write_notebook(notebook, [*CELLS, "%%test double\nassert double([1]) == [2]"])
    assert main(["export", str(notebook), "-o", str(tmp_path / "one.py")]) == 0
    assert main(["import", str(tmp_path / "one.py"), "-o", str(tmp_path / "back.ipynb")]) == 0
    texts = [cell.source for cell in read_notebook(tmp_path / "back.ipynb").cells]
    assert not any("Recorded" in text or "_examples" in text for text in texts)
    assert any(text == "%%test double\nassert double([1]) == [2]" for text in texts)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*one*")}
    assert main(["export", str(tmp_path / "back.ipynb"), "-o", str(tmp_path / "one.py")]) == 0
    assert before == {path.name: path.read_bytes() for path in tmp_path.glob("*one*")}
