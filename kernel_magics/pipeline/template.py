"""A template is a text with `{{ ds }}` or another macro of the run, as Airflow writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

from kernel_magics.pipeline.schedule import Schedule

MACROS: Final = ("ds", "ds_nodash", "data_interval_start", "data_interval_end")
"""`ds` is the day of the run as 2026-01-31; the interval ends with the next day of the schedule."""
_MACRO: Final = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")
_DATE: Final = re.compile(r"\s*\|\s*ds$")


def macros_in(value: Any) -> list[str]:
    """The macros that a value of a param uses, known or not."""
    if not isinstance(value, str):
        return []
    return [_DATE.sub("", found) for found in _MACRO.findall(value)]


def macros(day: dt.date, schedule: Schedule) -> dict[str, str]:
    """The values of all macros for a day."""
    return {
        "ds": day.isoformat(),
        "ds_nodash": day.strftime("%Y%m%d"),
        "data_interval_start": day.isoformat(),
        "data_interval_end": schedule.after(day).isoformat(),
    }


def rendered(value: Any, known: Mapping[str, str]) -> Any:
    """A value with its macros replaced."""
    if not isinstance(value, str):
        return value
    return _MACRO.sub(lambda found: known[_DATE.sub("", found[1])], value)
