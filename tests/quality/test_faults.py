"""Seeded faults in the weather notebook: what catches which, checks, impact or the baseline."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.flow import Flow
from kernel_magics.notebook import read_notebook
from kernel_magics.quality.drift import drift
from kernel_magics.quality.limits import Limits
from kernel_magics.quality.profile import Profile, profile
from kernel_magics.quality.session_impact import session_impact
from kernel_magics.values import VALUES
from tests.recorded import check_recorded

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "weather_features.ipynb"
Change = Callable[[pd.DataFrame], pd.DataFrame]


def shift_clock(weather: pd.DataFrame) -> pd.DataFrame:
    """The station writes local time and calls it UTC."""
    moved = pd.to_datetime(weather["time_hour"], utc=True) - pd.Timedelta(hours=5)
    return weather.assign(time_hour=moved.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


DATA: dict[str, tuple[str, Change]] = {
    "unit change: degrees Celsius for Fahrenheit": (
        "weather",
        lambda t: t.assign(temp=(t["temp"] - 32) * 5 / 9),
    ),
    "nulls filled with zero": ("weather", lambda t: t.assign(pressure=t["pressure"].fillna(0))),
    "a category renamed": ("flights", lambda t: t.assign(origin=t["origin"].replace("LGA", "LaGuardia"))),
    "clock shift": ("weather", shift_clock),
    "dropped rows": ("flights", lambda t: t[t.index % 3 > 0]),
}
CODE: dict[str, tuple[str, str, str]] = {
    "a join that duplicates rows": (
        "departures",
        "flights.assign(",
        'flights.merge(flights[["dest"]].drop_duplicates().pipe(lambda d: pd.concat([d, d.head(3)])), on="dest").assign(',
    ),
    "off-by-one lag": ("temperature-lags", "lag(temperature, k)", "lag(temperature, k + 1)"),
    "leak of the future": ("known", "lag(observed, 1)", "lag(observed, 0)"),
}


class Clean:
    """The notebook as it is: its cells, the session that ran them, and what a clean run is like."""

    def __init__(self) -> None:
        self.cells = {cell.id: cell for cell in read_notebook(NOTEBOOK).sources()}
        self.session = Session(VALUES)
        self.session.register(*self.cells.values(), load=False)
        list(self.session.compute())
        self.flow = Dataflow(Flow(self.session.graph, self.session.runtime, self.session))
        self.values = {name: memo.value for name, memo in self.session.memos.items()}
        kinds = self.session.graph
        self.baseline = {
            name: profile(value)
            for name, value in self.values.items()
            if kinds.node(name).kind in ("input", "value")
        }
        self.failing = failing(value for value in self.values.values())

    def run(self, inputs: dict[str, object]) -> tuple[set[str], dict[str, Profile]]:
        """A production run: conditions that fail, and the profile of everything."""
        results: list[object] = []
        profiles = {name: profile(value) for name, value in inputs.items()}

        def note(event: Event) -> None:
            if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                results.append(event.value)
            elif isinstance(event, Finished):
                profiles[event.name] = profile(event.value)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.flow.run(inputs=inputs, checks="warn", on_event=note)
        return failing(results), profiles


def failing(values: Iterator[object] | list[object]) -> set[str]:
    """The conditions that do not hold."""
    results = [value for value in values if isinstance(value, CheckResult)]
    return {f"{result.subject}: {item.message}" for result in results for item in result.failed}


@pytest.fixture(scope="module")
def clean() -> Clean:
    """The weather notebook, run once."""
    return Clean()


def edited(cell: CellSource, old: str, new: str) -> CellSource:
    """A cell with one piece of code replaced."""
    assert old in cell.body
    return replace(cell, body=cell.body.replace(old, new))


def drifted(clean: Clean, profiles: dict[str, Profile]) -> list[str]:
    """Nodes past a failing limit."""
    return [
        name
        for name, made in profiles.items()
        if any(shift.level == "fail" for shift in drift(name, clean.baseline[name], made, Limits()))
    ]


def test_a_clean_run_is_silent(clean: Clean) -> None:
    """The same data: no new failure, no drift; nothing edited: no impact."""
    inputs = {name: clean.values[name] for name in ("weather", "flights")}
    failed, profiles = clean.run(inputs)
    assert failed == clean.failing
    assert drifted(clean, profiles) == []
    assert session_impact(clean.session).nodes == ()


def test_every_seeded_fault_is_caught(clean: Clean) -> None:
    """Each fault is caught by at least one of the three; the recorded table says by which."""
    lines = []
    for name, (table, change) in DATA.items():
        value = clean.values[table]
        assert isinstance(value, pd.DataFrame)
        inputs = {
            "weather": clean.values["weather"],
            "flights": clean.values["flights"],
            table: change(value),
        }
        failed, profiles = clean.run(inputs)
        caught = {"checks": sorted(failed - clean.failing), "baseline": drifted(clean, profiles)}
        assert any(caught.values()), name
        lines += [f"{name} (in the data)", *told(caught)]
    for name, (id, old, new) in CODE.items():
        clean.session.register(edited(clean.cells[id], old, new))
        list(clean.session.compute())
        values = [memo.value for memo in clean.session.memos.values()]
        found = session_impact(clean.session)
        profiles = {n: profile(clean.session.memos[n].value) for n in clean.baseline}
        caught = {
            "checks": sorted(failing(values) - clean.failing),
            "impact": [node.name for node in found.nodes if node.verdict == "changed"],
            "baseline": drifted(clean, profiles),
        }
        assert any(caught.values()), name
        lines += [f"{name} (in the code)", *told(caught)]
        clean.session.register(clean.cells[id])
        list(clean.session.compute())
    check_recorded("faults.txt", "\n".join(lines) + "\n")


def told(caught: dict[str, list[str]]) -> list[str]:
    """What each of the three says, shortened."""
    shown = {}
    for key, items in caught.items():
        more = f" and {len(items) - 3} more" if len(items) > 3 else ""
        shown[key] = f"{', '.join(items[:3])}{more}" if items else "-"
    return [f"    {key:9} {text}" for key, text in shown.items()]
