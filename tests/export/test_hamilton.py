"""Apache Hamilton: plain modules run under its driver unchanged; the hamilton target has its decorators."""

import json
import logging
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hamilton import driver
from hamilton.data_quality.base import DataValidationError
from ruff.__main__ import find_ruff_bin

from kernel_magics import Dataflow
from kernel_magics.engine.errors import DataflowError
from kernel_magics.values import VALUES
from tests.export.notebooks import HOME, QUICK, export, run_python
from tests.module_file import import_module
from tests.recorded import check_recorded
from tests.type_check import Mypy

DRIVER = """
import pickle, sys
import features
from hamilton import driver
flow = driver.Builder().with_modules(features).build()
inputs = pickle.load(open("inputs.pickle", "rb"))
names = [item.name for item in flow.list_available_variables() if not item.is_external_input]
names = [name for name in names if not name.startswith("check_")]
pickle.dump(flow.execute(sorted(names), inputs=inputs), open("result.pickle", "wb"))
"""
CELLS = (
    "%%setup\nimport pandas as pd\nimport pandera.pandas as pa\nLIMIT = 100.0\nPRESENT = pa.SeriesSchema(float, nullable=False)",
    "%%inputs\nspend: pd.Series = pd.Series([10.0, 20.0, 40.0])\nsignups: pd.Series = pd.Series([1, 10, 50])",
    "%%params\nregion: str = 'US'\nrate: float = 1.5",
    "%%node cost --when region=US\n# What one account costs.\nspend / signups",
    "%%node cost --when region=EU\nspend * rate / signups",
    "%%node lag_{k} --for k=1,2\ncost.shift(k)",
    "%%node low, high\nlow = float(cost.min())\nhigh = float(cost.max())",
    "%%check cost\ncost > 0  # never free\ncost < LIMIT",
    "%%check high --warn\nhigh < 50  # a bargain",
    "%%check spend\nPRESENT",
    "%%check cost --warn\nlen(cost) == len(spend)  # no row lost",
    "%%test high\nassert high({'high': 2.0}) == 2.0",
)
GOOD: dict[str, Any] = {
    "spend": pd.Series([3.0, 6.0, 8.0]),
    "signups": pd.Series([1, 2, 4]),
}


def imported(folder: Path, text: str) -> ModuleType:
    """The module of a text; Hamilton looks for it where Python keeps imported modules."""
    module = import_module(folder, text)
    sys.modules[module.__name__] = module
    return module


def run(folder: Path, names: list[str], inputs: Mapping[str, Any], **config: object) -> dict[str, Any]:
    """What Hamilton's driver gives for the exported module."""
    module = imported(folder, (folder / "features.py").read_text(encoding="utf-8"))
    return dict(
        driver.Builder().with_modules(module).with_config(config).build().execute(names, inputs=inputs)
    )


def test_the_quickstart_under_the_driver(tmp_path: Path) -> None:
    """The example notebook's plain module gives there, without dagbook, what the notebook gives."""
    flow = Dataflow.from_notebook(HOME / "notebooks" / "quickstart.ipynb")
    document = json.loads((HOME / "notebooks" / "quickstart.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    export(tmp_path, *[cell for cell in cells if cell.startswith("%%")])
    inputs = {name: flow._flow.default(node) for name, node in flow.inputs.items()}
    (tmp_path / "inputs.pickle").write_bytes(pickle.dumps(inputs))
    done = run_python(DRIVER, tmp_path)
    assert done.returncode == 0, done.stderr
    theirs, ours = pd.read_pickle(tmp_path / "result.pickle"), flow.run()
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        assert VALUES.equal(theirs[name], value), name


def test_a_small_notebook_under_the_driver(tmp_path: Path) -> None:
    """Families, params and several outputs of one cell, too; on values that no sample had."""
    cells = [cell for cell in QUICK if not cell.startswith("%%check")]
    export(tmp_path, *cells)
    spend = pd.Series([10.0, 20.0, 40.0, 0.0, 50.0, 60.0], name="s")
    inputs = {"spend": spend, "signups": pd.Series([1, 4, 8, 0, 9, 7])}
    (tmp_path / "inputs.pickle").write_bytes(pickle.dumps(inputs))
    done = run_python(DRIVER, tmp_path)
    assert done.returncode == 0, done.stderr
    result = pd.read_pickle(tmp_path / "result.pickle")
    expected = spend * 1.25 / inputs["signups"].replace(0, float("nan"))
    pd.testing.assert_series_equal(result["cost"], expected)
    pd.testing.assert_series_equal(result["lag_1"], expected.shift(1))
    assert result["low"] == float(expected.min())


def test_several_outputs_are_computed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One run computes a cell of several outputs once: in Dagbook and under Hamilton."""
    cells = (
        "%%inputs\nx: float = 2.0",
        "%%node low, high\nprint('computed for', x)\nlow = x - 1\nhigh = x + 1",
        "%%node width\nhigh - low",
    )
    export(tmp_path, *cells, run=False)
    text = (tmp_path / "features.py").read_text(encoding="utf-8")
    for line in (
        "def low_and_high(x: float):",
        "def low(low_and_high):",
        "def high(low_and_high):",
        "def width(high, low):",
    ):
        assert line in text
    typed = text.replace("):\n", ") -> float:\n").replace("(low_and_high)", "(low_and_high: float)")
    typed = typed.replace("(high, low)", "(high: float, low: float)")
    module = imported(tmp_path, typed)
    wanted = ["low", "high", "width"]
    assert Dataflow.from_module(module).run(wanted, inputs={"x": 5.0})["width"] == 2.0
    assert capsys.readouterr().out == "computed for 5.0\n"
    driver.Builder().with_modules(module).build().execute(wanted, inputs={"x": 7.0})
    assert capsys.readouterr().out == "computed for 7.0\n"


def test_the_hamilton_target_reads_like_the_recorded_one(tmp_path: Path, mypy: Mypy) -> None:
    """The module with Hamilton's decorators is the one that was reviewed and recorded; its tests pass."""
    done = export(tmp_path, *CELLS, kind="hamilton")
    check_recorded("export/hamilton.py.txt", done.text)
    assert done.report.tests == 12
    paths = [str(done.module), str(done.tests)]
    for command in (["format", "--check", "--isolated"], ["check", "--isolated"]):
        result = subprocess.run(
            [find_ruff_bin(), *command, *paths], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert result.returncode == 0, result.stdout
    result = mypy(tmp_path, paths[0])
    assert result.returncode == 0, result.stdout


def test_the_configuration_chooses_the_variant(tmp_path: Path) -> None:
    """Hamilton's config chooses; without one the param's default does; values are the notebook's."""
    export(tmp_path, *CELLS, kind="hamilton", run=False)
    wanted = ["cost", "lag_1", "high", "check_spend"]
    plain = run(tmp_path, wanted, GOOD)
    chosen = run(tmp_path, wanted, GOOD, region="EU")
    assert plain["cost"].tolist() == [3.0, 3.0, 2.0]
    assert chosen["cost"].tolist() == [4.5, 4.5, 3.0]
    assert chosen["high"] == 4.5
    assert plain["lag_1"].tolist()[1:] == [3.0, 3.0]
    assert set(plain["check_spend"]) == {"PRESENT"}


@pytest.mark.parametrize(
    ("names", "inputs", "message"),
    [
        (["cost"], {"spend": pd.Series([-1.0, 500.0]), "signups": pd.Series([1, 1])}, "never free; cost < LIMIT"),
        (["lag_1"], {"spend": pd.Series([0.0]), "signups": pd.Series([1])}, "never free"),
        (["check_spend"], {**GOOD, "spend": pd.Series([None], dtype=float)}, "PRESENT"),
    ],
)  # fmt: skip
def test_a_failing_check_stops_the_driver(
    tmp_path: Path, names: list[str], inputs: Mapping[str, Any], message: str
) -> None:
    """A check of a computed value is evaluated whenever the value is; one of an input on request."""
    export(tmp_path, *CELLS, kind="hamilton", run=False)
    with pytest.raises(DataValidationError, match=message):
        run(tmp_path, names, inputs)


def test_a_failing_warning_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A check of severity warn does not stop the driver."""
    export(tmp_path, *CELLS, kind="hamilton", run=False)
    with caplog.at_level(logging.WARNING):
        result = run(tmp_path, ["high"], {"spend": pd.Series([99.0]), "signups": pd.Series([1])})
    assert result == {"high": 99.0}
    assert "a bargain" in caplog.text


def test_without_hamilton_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Hamilton is absent its module cannot be proven; nothing is computed or written."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataflowError, match="Apache Hamilton is not installed") as caught:
        export(tmp_path, *CELLS, kind="hamilton")
    assert caught.value.code == "DB504"
    assert "dagbook[hamilton]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_names_of_the_notebook_stay_its_own(tmp_path: Path) -> None:
    """Where the notebook uses a name of Hamilton's, the module imports that under another one."""
    cells = (
        "%%inputs\nconfig: int = 2\nx: int = 1",
        "%%node tag\nx + config",
        "%%check tag\ntag > 0",
    )
    export(tmp_path, *cells, kind="hamilton")
    assert "tag as tag_" in (tmp_path / "features.py").read_text(encoding="utf-8")
    assert run(tmp_path, ["tag"], {"x": 3, "config": 4}) == {"tag": 7}
