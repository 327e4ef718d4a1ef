"""`--check` reports whether the files are what the notebook would export, and writes nothing."""

from pathlib import Path

import pytest

from kernel_magics.engine.errors import DataflowError
from tests.export.notebooks import QUICK, export, run_pytest


def test_files_that_are_up_to_date(tmp_path: Path) -> None:
    """No drift after an export, with and without a run."""
    export(tmp_path, *QUICK)
    for run in (True, False):
        report = export(tmp_path, *QUICK, check=True, run=run).report
        assert report.drift == ""
        assert "up to date" in report.text()


def test_drift_names_the_nodes(tmp_path: Path) -> None:
    """Changed, added and removed nodes are named, with a diff; the files stay."""
    export(tmp_path, *QUICK)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    cells = [cell for cell in QUICK if "lag_" not in cell]
    cells[4] = cells[4].replace("* rate", "* rate * 1.0")
    report = export(tmp_path, *cells, "%%node double\ncost * 2", check=True).report
    assert "changed: cost; added: double; removed: _lag_k, lag_1, lag_2" in report.drift
    assert "-    return spend * rate / signups.replace(0, np.nan)" in report.drift
    assert "+    return spend * rate * 1.0 / signups.replace(0, np.nan)" in report.drift
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_edits_by_hand_are_drift(tmp_path: Path) -> None:
    """An edited module no longer matches its notebook."""
    done = export(tmp_path, *QUICK)
    done.module.write_text(done.text.replace("min_periods=1", "min_periods=2"), encoding="utf-8")
    assert "changed: rolling_mean" in export(tmp_path, *QUICK, check=True, run=False).report.drift
    done.tests.unlink()
    assert "test_features.py does not exist" in export(tmp_path, *QUICK, check=True).report.drift


def test_tests_in_another_folder_find_the_module(tmp_path: Path) -> None:
    """With `--tests` the test file adds the module's folder to the path, relative to itself."""
    folder = tmp_path / "tests" / "unit"
    report = export(tmp_path / "src", *QUICK, tests=folder).report
    assert [Path(path).name for path in report.files] == [
        "features.py",
        "test_features.py",
        "test_features.json",
        "_examples.py",
        "features.schema.json",
        "features.baseline.json",
    ]
    text = (folder / "test_features.py").read_text(encoding="utf-8")
    assert 'sys.path.insert(0, str(Path(__file__).resolve().parent / "../../src"))' in text
    assert run_pytest(tmp_path).returncode == 0
    assert export(tmp_path / "src", *QUICK, tests=folder, check=True).report.drift == ""


def test_tests_in_a_package_find_the_module(tmp_path: Path) -> None:
    """In a folder with `__init__.py` pytest would look one folder up."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    export(tmp_path / "pack", *QUICK)
    assert run_pytest(tmp_path).returncode == 0


@pytest.mark.parametrize(
    "name", ["my-features.py", "features", "features.txt", "class.py", "json.py", "pandas.py"]
)
def test_names_that_no_module_can_have(tmp_path: Path, name: str) -> None:
    """Keywords, other suffixes and names that would hide a library are refused before anything runs."""
    from kernel_magics.export.export import export_flow  # noqa: PLC0415
    from kernel_magics.export.request import ExportRequest  # noqa: PLC0415
    from tests.export.notebooks import make_session  # noqa: PLC0415

    with pytest.raises(DataflowError) as caught:
        export_flow(make_session(*QUICK), ExportRequest("nb", "nb.ipynb", tmp_path / name))
    assert caught.value.code == "DB508"


def test_names_of_nodes_that_the_test_file_uses_itself(tmp_path: Path) -> None:
    """Nodes called like a part of the test file, or like a test, are imported where they are used."""
    export(
        tmp_path,
        "%%inputs\na: int = 1",
        "%%node json\na + 1",
        "%%node test_group\na % 2",
        "%%node features\na * 2",
        "%%node decode\na * 3",
        "%%test json\nassert json(1) == 2\nassert test_group(3) == 1",
        "%%test features\nassert features(1) == 2\nassert decode(1) == 3",
    )
    result = run_pytest(tmp_path)
    assert "6 passed" in result.stdout
