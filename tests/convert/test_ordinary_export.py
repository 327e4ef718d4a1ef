"""What the converted notebooks export computes what the ordinary ones computed."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.convert import convert
from kernel_magics.convert.file import given_cells
from kernel_magics.convert.reading import read_cells
from kernel_magics.convert.running import in_clean_process, run_plain
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from tests.convert.test_ordinary import FOLDER, NAMES

pytestmark = pytest.mark.slow


def load(path: Path) -> ModuleType:
    """Import a module from its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_the_exported_module_reproduces_the_values(name: str, tmp_path: Path) -> None:
    """Fed with the samples, the module gives the variables of the ordinary notebook, run in a clean process."""
    source = Path(shutil.copy(FOLDER / f"{name}.ipynb", tmp_path))
    target, module = tmp_path / f"{name}_flow.ipynb", tmp_path / f"{name}.py"
    assert main(["convert", str(source), "-o", str(target)]) == 0
    assert main(["export", str(target), "-o", str(module)]) == 0
    cells = given_cells(read_notebook(source))
    plain = run_plain(read_cells(cells)[1], in_clean_process(tmp_path))
    notebook, shipped = Dataflow.from_notebook(target), Dataflow.from_module(load(module))
    samples = {key: notebook.run([key])[key] for key in shipped.inputs}
    values = shipped.run(inputs=samples)
    compared = 0
    for claim in convert(cells).claims:
        expected = plain.after.get(claim.statement, {}).get(claim.name)
        if claim.after and claim.node in values and expected is not None:
            assert VALUES.digest(values[claim.node]) == expected[0], claim
            compared += 1
    assert compared >= len(shipped.nodes) / 2
