"""The example notebooks make the round trip: export, import, export."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.export.examples.examples import Examples
from kernel_magics.import_.given import sample_records
from kernel_magics.notebook import read_notebook

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = ("quickstart", "weather_features", "churn_features")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_comes_back_byte_for_byte(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Module and tests of the imported notebook are those of the notebook itself; diff sees no change."""
    source, module = FOLDER / f"{name}.ipynb", tmp_path / f"{name}.py"
    assert main(["export", str(source), "-o", str(module), "--no-run"]) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    notebook = tmp_path / "imported.ipynb"
    assert main(["import", str(module), "-o", str(notebook)]) == 0
    assert f"gives {module.name} again, byte for byte" in capsys.readouterr().out
    assert main(["diff", str(module), str(notebook), "--exit-code"]) == 0
    assert main(["export", str(notebook), "-o", str(module), "--no-run", "--check"]) == 0
    assert main(["export", str(notebook), "-o", str(module), "--no-run", "--force"]) == 0
    notebook.unlink()
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_the_cells_are_of_the_same_kinds(name: str, tmp_path: Path) -> None:
    """As many check and test cells, families, variants and cells with several outputs as before."""
    source, module = FOLDER / f"{name}.ipynb", tmp_path / f"{name}.py"
    assert main(["export", str(source), "-o", str(module), "--no-run"]) == 0
    assert main(["import", str(module), "-o", str(tmp_path / "imported.ipynb")]) == 0

    def kinds(path: Path) -> list[str]:
        found = []
        for cell in read_notebook(path).sources():
            words = [
                word for word in ("--for", "--when", "--uses", ",") if word in cell.line.partition("#")[0]
            ]
            if cell.magic in ("check", "test") or (cell.magic == "node" and words):
                found.append(f"{cell.id[:8]} {cell.magic} {words}")
        return sorted(found)

    assert kinds(tmp_path / "imported.ipynb") == kinds(source)


def test_an_argument_that_the_tests_compute_is_no_sample() -> None:
    """A model is fitted by the module's own functions in the tests, so its reader has no sample for it."""
    cases = [{"case": "sample", "given": {"model": "model / sample", "table": "table / sample"}, "value": 3}]
    calls = {"model / sample": {"function": "model", "given": {"table": "table / sample"}}}
    examples = Examples({"score": {"cases": cases}}, {"table / sample": [1, 2]}, calls)
    assert sample_records(examples) == {"table": [1, 2]}
