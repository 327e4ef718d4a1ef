"""A schedule says on which days a pipeline runs: five fields as in cron, at most once a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

When = Literal["daily", "weekly", "monthly", "yearly"]
PRESETS: Final = {
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS: Final = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_HORIZON: Final = 366 * 9  # days within which every date of the calendar comes again


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days of a pipeline.

    Attributes:
        cron: the five fields; "" for every day, started by hand.
        days, months, weekdays: those that fit; weekdays count from Sunday, 0.
        either: a day fits by its number or by its weekday, as cron has it where both are restricted.
    """

    cron: str = ""
    days: frozenset[int] = frozenset(range(1, 32))
    months: frozenset[int] = frozenset(range(1, 13))
    weekdays: frozenset[int] = frozenset(range(7))
    either: bool = False

    def has(self, day: dt.date) -> bool:
        """Whether the pipeline runs for a day."""
        numbered, named = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((numbered or named) if self.either else (numbered and named))

    def after(self, day: dt.date) -> dt.date:
        """The next day of the schedule.

        Raises:
            ValueError: there is none, as for 30 February.
        """
        for step in range(1, _HORIZON):
            if self.has(day + dt.timedelta(step)):
                return day + dt.timedelta(step)
        raise ValueError(f"'{self.cron}' fits no day")

    def before(self, day: dt.date) -> dt.date:
        """The last day of the schedule before a day."""
        days = (day - dt.timedelta(step) for step in range(1, _HORIZON))
        return next(each for each in days if self.has(each))

    def between(self, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """The days of the schedule from the first to the last, both included."""
        for step in range((last - first).days + 1):
            if self.has(first + dt.timedelta(step)):
                yield first + dt.timedelta(step)

    def is_due(self, day: dt.date, when: When) -> bool:
        """Whether a stage runs on a day: on the first scheduled one of its week, month or year."""
        match when:
            case "daily":
                return True
            case "weekly":
                start = day - dt.timedelta(day.weekday())
            case "monthly":
                start = day.replace(day=1)
            case "yearly":
                start = day.replace(month=1, day=1)
        return not any(self.has(start + dt.timedelta(step)) for step in range((day - start).days))


def read_schedule(text: str) -> Schedule:
    """The schedule of a text.

    Raises:
        ValueError: a field cannot be read, or there would be several runs a day.
    """
    if not text:
        return Schedule()
    cron = PRESETS.get(text, text)
    minute, hour, days, months, weekdays = cron.split()
    for name, field, most in (("minute", minute, 59), ("hour", hour, 23)):
        if not field.isdecimal() or int(field) > most:
            raise ValueError(f"the {name} must be a number from 0 to {most}: a pipeline runs once a day")
    made = Schedule(
        cron,
        _field(days, 1, 31, [], "day"),
        _field(months, 1, 12, _MONTHS, "month"),
        frozenset(number % 7 for number in _field(weekdays, 0, 7, _DAYS, "weekday")),
        either=not days.startswith("*") and not weekdays.startswith("*"),
    )
    made.after(dt.date(2000, 1, 1))
    return made


def _field(text: str, first: int, last: int, names: list[str], what: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, dash, high = span.partition("-")
        try:
            start = first if span == "*" else _number(low, first, names)
            single = not dash and span != "*" and not step
            end = start if single else _number(high, first, names) if dash else last
            width = int(step) if step else 1
        except ValueError:
            raise ValueError(f"'{part}' is no {what}") from None
        if not (first <= start <= end <= last and width > 0):
            raise ValueError(f"'{part}' is no {what} from {first} to {last}")
        found |= set(range(start, end + 1, width))
    return frozenset(found)


def _number(text: str, first: int, names: list[str]) -> int:
    lower = text.lower()
    return names.index(lower) + first if lower in names else int(text)
