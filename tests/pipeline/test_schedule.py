"""Which days a schedule has, and on which of them a stage is due."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest

from kernel_magics.documents.document import parse_document
from kernel_magics.pipeline.run import day_of
from kernel_magics.pipeline.schedule import read_schedule
from kernel_magics.pipeline.spec import make_pipeline

YEAR = [dt.date(2026, 1, 1) + dt.timedelta(n) for n in range(365)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", 365),
        ("@daily", 365),
        ("0 5 * * *", 365),
        ("0 5 * * mon-fri", 261),
        ("0 5 * * 1-5", 261),
        ("@weekly", 52),
        ("0 0 * * 7", 52),
        ("@monthly", 12),
        ("@yearly", 1),
        ("30 6 1,15 jan-mar *", 6),
        ("0 0 */10 * *", 43),
        ("0 0 13 * 5", 61),
        ("0 0 */2 * 1", 26),
    ],
)
def test_the_days_of_a_schedule(text: str, days: int) -> None:
    """Cron's fields: numbers, names, lists, ranges and steps; a restricted day and weekday are alternatives."""
    schedule = read_schedule(text)
    found = list(schedule.between(YEAR[0], YEAR[-1]))
    assert len(found) == days
    assert all(later == schedule.after(earlier) for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 */2 * * *",
        "0 24 * * *",
        "0 5 30 2 *",
        "0 5 * * 8",
        "0 5 0 * *",
        "0 5 * x *",
        "0 5 5-3 * *",
        "0 5 */0 * *",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    """Several runs a day, days that never come, fields that cannot be read."""
    with pytest.raises(ValueError, match=r"\w"):
        read_schedule(text)


@pytest.mark.parametrize(
    ("text", "when", "days"),
    [
        ("", "daily", 365),
        ("", "weekly", 52),
        ("", "monthly", 12),
        ("", "yearly", 1),
        ("0 5 * * wed", "weekly", 52),
        ("0 5 * * 1-5", "monthly", 12),
        ("@monthly", "weekly", 12),
    ],
)
def test_a_stage_is_due_on_the_first_day_of_its_period(text: str, when: str, days: int) -> None:
    """Whatever the schedule: once in each period that has a day of it."""
    schedule = read_schedule(text)
    found = [day for day in YEAR if schedule.has(day) and schedule.is_due(day, when)]  # type: ignore[arg-type]
    assert len(found) == days
    assert all(later > earlier for earlier, later in pairwise(found))


def test_a_day_is_over_in_the_time_zone_of_the_pipeline() -> None:
    """Where clocks are 26 hours apart, the last day that is over is never the same."""
    days = []
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        text = f"name: n\nmodule: m.py\ntimezone: {zone}\nstages: {{a: {{outputs: [x]}}}}"
        days.append(day_of(make_pipeline(parse_document(text, Path("p.yaml"))), None, {}))
    assert days[0] > days[1]
