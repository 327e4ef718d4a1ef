"""The compiled file uses of Airflow 2.9 what that release has; both releases run it for real in tests/airflow."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import make_project
from tests.pipeline.test_compile import AFTER, RICH

HAS = {  # names and keywords of Airflow 2.9 (its reference of Python's interface)
    "dag": {"dag_id", "description", "schedule", "start_date", "catchup", "params", "default_args", "tags"},
    "external_python": {"python", "expect_airflow"},
    "task": {"task_id", "outlets", "retries", "retry_delay", "pool"},
    "BashOperator": {"bash_command", "env", "append_env"},
    "CronDataIntervalTimetable": {"timezone"},
}


class _Task:
    """A task of the file; `>>` orders it before another."""

    made: list[_Task] = []  # noqa: RUF012  # cleared by each test

    def __init__(self, **given: Any) -> None:
        self.given, self.after = given, list[str]()
        _Task.made.append(self)

    def __rshift__(self, other: _Task) -> _Task:
        other.after.append(self.given["task_id"])
        return other


def _known(name: str, given: dict[str, Any]) -> None:
    unknown = given.keys() - HAS[name]
    if unknown:
        raise TypeError(f"{name}() got unexpected keywords {sorted(unknown)}")


def _dag(**given: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
    _known("dag", given)
    return lambda function: function


def _external_python(**given: Any) -> Callable[[Callable[..., None]], Any]:
    _known("external_python", given)

    def override(**options: Any) -> Callable[..., _Task]:
        _known("task", options)
        return lambda *arguments: _Task(**options, arguments=arguments)

    return lambda function: types.SimpleNamespace(override=override)


def _bash(**given: Any) -> _Task:
    _known("BashOperator", {key: value for key, value in given.items() if key not in HAS["task"]})
    return _Task(**given)


def _timetable(cron: str, **given: Any) -> tuple[str, dict[str, Any]]:
    _known("CronDataIntervalTimetable", given)
    return cron, given


@contextmanager
def airflow2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of the names that Airflow 2.9 has, and no others."""
    modules: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.datasets": {"Dataset": str},
        "airflow.decorators": {"dag": _dag, "task": types.SimpleNamespace(external_python=_external_python)},
        "airflow.operators": {},
        "airflow.operators.bash": {"BashOperator": _bash},
        "airflow.timetables": {},
        "airflow.timetables.interval": {"CronDataIntervalTimetable": _timetable},
        "pendulum": {"datetime": lambda *day, tz: (day, tz)},
        "alerts": {},
        "alerts.pager": {"page": print},
    }
    for name, holds in modules.items():
        module = types.ModuleType(name)
        vars(module).update(holds)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("airflow.sdk", "airflow.providers"):
        monkeypatch.setitem(sys.modules, name, None)
    _Task.made.clear()
    yield


@pytest.mark.parametrize("text", [RICH, AFTER], ids=["rich", "after"])
@pytest.mark.parametrize("form", ["python", "bash"])
def test_the_file_is_a_dag_of_airflow_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, text: str
) -> None:
    """Imported where `airflow.sdk` is not, every call has keywords of 2.9, and the stages are in order."""
    path = make_project(tmp_path, text)
    words = ["-o", str(tmp_path / "dags"), "--form", form, "--python", "/opt/python"]
    assert main(["pipeline", "compile", str(path), *words]) == 0
    made = (tmp_path / "dags" / "shop_daily.py").read_text()
    with airflow2(monkeypatch):
        exec(compile(ast.parse(made), "shop_daily.py", "exec"), {"__name__": "shop_daily"})
    first, second = _Task.made
    assert (first.given["task_id"], second.given["task_id"]) == ("features", "score")
    assert second.after == ["features"]
    assert first.given["outlets"] == ["dagbook://shop_daily/features"]
    if text is RICH:
        assert first.given["retry_delay"] == timedelta(seconds=30)
        assert first.given["pool"] == "large"
    day = first.given["env"]["DAY"] if form == "bash" else first.given["arguments"][2]
    assert ("triggering_dataset_events" in day) == (text is AFTER)
    assert "triggering_asset_events" not in day
