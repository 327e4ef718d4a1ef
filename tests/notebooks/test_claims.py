"""The claims in the examples' prose, tested."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from kernel_magics import Dataflow
from tests.magics.kernel import Kernel
from tests.notebooks.running import NOTEBOOKS, Run, dagbook

NOW = pd.Timestamp("2013-02-08T20:00:00Z")


@pytest.fixture(scope="module")
def module(example: Callable[[str], Run]) -> ModuleType:
    """The module that the weather notebook exported."""
    path = example("weather_features").folder / "weather_features.py"
    spec = importlib.util.spec_from_file_location("weather_features", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_no_feature_knows_the_future(example: Callable[[str], Run], module: ModuleType) -> None:
    """Whatever weather and delays come later, this hour's features do not change."""
    values = example("weather_features").values
    weather, flights = values["weather"], values["flights"]
    flow = Dataflow.from_module(module)
    own_hour = {"target", "left", "delay_sum", "late_departures"}  # not features
    names = [name for name, node in flow.nodes.items() if node.type == "pd.Series" and name not in own_hour]
    assert len(names) >= 40
    before = flow.run([*names, *own_hour], inputs={"weather": weather, "flights": flights}, checks="off")
    later = pd.to_datetime(weather["time_hour"]) >= NOW
    numbers = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    other_weather = weather.assign(**{name: weather[name].mask(later, 7.0) for name in numbers})
    leaves = pd.to_datetime(flights["time_hour"]) + pd.to_timedelta(
        flights["minute"] + flights["dep_delay"], "min"
    )
    unknown = flights.assign(dep_delay=flights["dep_delay"].mask(leaves >= NOW))
    inputs = {"weather": other_weather, "flights": unknown}
    after = flow.run([*names, *own_hour], inputs=inputs, checks="off")
    for name in names:
        for place in ("EWR", "JFK", "LGA"):
            pd.testing.assert_series_equal(
                before[name].loc[place].loc[:NOW],
                after[name].loc[place].loc[:NOW],
                check_freq=False,
                obj=name,
            )
    for name in own_hour:  # the change is one that the hour itself does notice
        assert not before[name].xs(NOW, level="time").equals(after[name].xs(NOW, level="time"))


@pytest.mark.slow
def test_the_command_of_the_notebook_works(example: Callable[[str], Run], tmp_path: Path) -> None:
    """The `dagbook run` line that the weather notebook shows gives the notebook's numbers."""
    run = example("weather_features")
    for name in ("weather", "flights"):
        run.values[name].to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "weather_features.py").write_bytes((run.folder / "weather_features.py").read_bytes())
    cells = json.loads((NOTEBOOKS / "weather_features.ipynb").read_text())["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    shown = re.findall(r"```\ndagbook (run .*?)\n```", prose, re.DOTALL)
    assert len(shown) == 1
    done = dagbook(*shlex.split(shown[0].replace("\\\n", " ")), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    frame = pd.read_parquet(tmp_path / "features.parquet")
    for name in ("delay_mean_3", "overdue"):
        pd.testing.assert_series_equal(frame[name], run.values[name], check_names=False, check_freq=False)


@pytest.mark.slow
def test_a_node_that_writes_to_its_input_hurts_nobody(example: Callable[[str], Run]) -> None:
    """The churn notebook caps amounts in place, and only the capped node has capped values."""
    highest = [
        float(text) for text in re.findall(r"\(([\d.]+)\)", example("churn_features").text("unharmed"))
    ]
    events, known, purchases = highest
    assert events == known > 200 >= purchases


def test_overwriting_a_value_in_an_ordinary_cell_hurts_nobody(example: Callable[[str], Run]) -> None:
    """The quickstart overwrites the spend, and the next cell gets it unchanged."""
    run = example("quickstart")
    assert "(0)" in run.text("vandal")
    assert "(15600)" in run.text("unharmed")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel with the quickstart's nodes, run as JupyterLab does, with cell ids."""
    kernel = Kernel(str(tmp_path_factory.mktemp("kernel")))
    for id, source in _sources("quickstart").items():
        if source.startswith("%%"):
            assert kernel.run(source, id).status == "ok", id
    yield kernel
    kernel.close()


def test_changing_the_window_updates_what_depends_on_it(kernel: Kernel) -> None:
    """The first experiment of the quickstart: its report is what the text describes."""
    cell = _sources("quickstart")["params"]
    result = kernel.run(cell.replace("window: int = 3", "window: int = 2"), "params")
    assert "also updated: avg_spend, spend_vs_average   (2 in" in result.text
    assert kernel.run("avg_spend.tolist()[:3]", "x").text == "[1200.0, 1350.0, 1300.0]"
    assert "also updated: avg_spend, spend_vs_average" in kernel.run(cell, "params").text


def test_a_misspelt_input_is_asked_about(kernel: Kernel) -> None:
    """The second experiment: the node waits, names the input that was meant, and recovers."""
    cell = _sources("quickstart")["cost-per-signup"]
    wrong = kernel.run(cell.replace("spend / signups", "spent / signups"), "cost-per-signup")
    assert wrong.status == "ok"
    assert "waits for 'spent': did you mean 'spend'?" in wrong.text
    assert "fresh" in kernel.run(cell, "cost-per-signup").text
    assert "\n11 fresh\n" in kernel.run("%dataflow status", "y").text


def _sources(name: str) -> dict[str, str]:
    """Source by cell id."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
