"""What the examples compute is right: judged row by row with loops and dictionaries."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tests.notebooks.running import Run

HOUR = timedelta(hours=1)
Key = tuple[str, datetime]


class Airports:
    """The two input tables of the weather notebook, as plain dictionaries and lists."""

    def __init__(self, run: Run) -> None:
        self.weather: dict[Key, dict[str, float]] = {
            (row["origin"], _time(row["time_hour"])): row for row in run.values["weather"].to_dict("records")
        }
        self.flights = [
            (row["origin"], _time(row["time_hour"]), row["minute"], row["dep_delay"])
            for row in run.values["flights"].to_dict("records")
        ]
        self.first = min(time for _, time in self.weather)

    def reading(self, origin: str, time: datetime, column: str) -> float:
        """What the instrument showed, or had shown at most three hours before."""
        for back in range(4):
            value = self.weather.get((origin, time - back * HOUR), {}).get(column, math.nan)
            if not math.isnan(value) and not (column == "wind_speed" and value > 150):
                return value
        return math.nan

    def scheduled(self, origin: str, time: datetime) -> list[float]:
        """Delays of the flights scheduled for an hour; NaN for those that never left."""
        return [delay for place, hour, _, delay in self.flights if (place, hour) == (origin, time)]

    def left(self, origin: str, start: datetime, end: datetime) -> list[float]:
        """Delays of the flights that left between two moments."""
        return [
            delay
            for place, hour, minute, delay in self.flights
            if place == origin and delay == delay and start <= hour + timedelta(minutes=minute + delay) < end
        ]

    def overdue(self, origin: str, time: datetime) -> int:
        """Flights of the three hours before that had not left."""
        due = [
            hour + timedelta(minutes=minute + delay) if delay == delay else None
            for place, hour, minute, delay in self.flights
            if place == origin and time - 3 * HOUR <= hour < time
        ]
        return sum(left is None or left >= time for left in due)


@pytest.fixture(scope="module")
def airports(example: Callable[[str], Run]) -> Airports:
    """The tables of the weather notebook."""
    return Airports(example("weather_features"))


@pytest.fixture(scope="module")
def rows(example: Callable[[str], Run]) -> list[Key]:
    """Forty rows drawn from the notebook's grid, and hours in which something unusual happened."""
    grid = [
        (place, time.to_pydatetime()) for place, time in example("weather_features").values["target"].index
    ]
    unusual = [
        ("EWR", _time("2013-02-12T09:00:00Z")),  # behind the broken anemometer
        ("LGA", _time("2013-02-08T22:00:00Z")),  # the blizzard
        ("JFK", _time("2013-03-10T07:00:00Z")),  # clocks change
        ("EWR", _time("2013-01-15T09:00:00Z")),
    ]
    return [*random.Random(3).sample(grid[200:2100] + grid[2400:4200] + grid[4600:6300], 40), *unusual]


@pytest.mark.slow
def test_there_are_more_than_forty_features(example: Callable[[str], Run]) -> None:
    """Features are the nodes that are one number for each hour and airport."""
    text = example("weather_features").text("dag")
    features = [line for line in text.split("\n") if "-> pd.Series" in line]
    assert len(features) > 40 + len(("left", "delay_sum", "late_departures", "target"))


@pytest.mark.slow
def test_weather_features(example: Callable[[str], Run], airports: Airports, rows: list[Key]) -> None:
    """Readings of the hour before, of a day before that, and sums, each from the raw table."""
    values = example("weather_features").values
    runways = {"EWR": 40, "JFK": 130, "LGA": 40}
    for origin, time in rows:
        known = time - HOUR
        fahrenheit = airports.reading(origin, known, "temp")
        _expect(values["temperature"], (origin, time), (fahrenheit - 32) / 1.8)
        day_before = airports.reading(origin, known - 24 * HOUR, "temp")
        _expect(values["temperature_lag_24"], (origin, time), (day_before - 32) / 1.8)
        inches = [airports.reading(origin, time - back * HOUR, "precip") for back in range(1, 7)]
        _expect(values["rain_sum_6"], (origin, time), 25.4 * math.fsum(inches))
        wind = airports.reading(origin, known, "wind_speed") * 1.609344
        _expect(values["wind_speed"], (origin, time), wind)
        across = math.sin(math.radians(airports.reading(origin, known, "wind_dir") - runways[origin]))
        _expect(values["crosswind"], (origin, time), abs(wind * across))


@pytest.mark.slow
def test_hours_dry(example: Callable[[str], Run], airports: Airports, rows: list[Key]) -> None:
    """Going back from each row until it rained."""
    hours_dry = example("weather_features").values["hours_dry"]
    for origin, time in rows:
        hours, at = 0, time - HOUR
        while at >= airports.first and not airports.reading(origin, at, "precip") > 0:
            hours, at = hours + 1, at - HOUR
        beyond_the_start = at < airports.first  # the first row has no past, and counts as dry
        assert hours_dry[(origin, time)] == hours + beyond_the_start


@pytest.mark.slow
def test_calendar_features(example: Callable[[str], Run], rows: list[Key]) -> None:
    """Local time as the standard library sees it, on both sides of the change to daylight saving time."""
    values = example("weather_features").values
    for origin, time in rows:
        local = time.astimezone(ZoneInfo("America/New_York"))
        assert values["hour_of_day"][(origin, time)] == local.hour
        assert values["weekday"][(origin, time)] == local.weekday()


@pytest.mark.slow
def test_flight_features(example: Callable[[str], Run], airports: Airports, rows: list[Key]) -> None:
    """Counts and delays from the list of flights; a delay counts from the minute the plane left."""
    values = example("weather_features").values
    for origin, time in rows:
        delays = airports.scheduled(origin, time)
        assert values["scheduled"][(origin, time)] == len(delays)
        assert values["scheduled_next_1"][(origin, time)] == len(airports.scheduled(origin, time + HOUR))
        _expect(values["target"], (origin, time), _mean([delay for delay in delays if delay == delay]))
        _expect(values["delay_mean_3"], (origin, time), _mean(airports.left(origin, time - 3 * HOUR, time)))
        late = [delay >= 15 for delay in airports.left(origin, time - HOUR, time)]
        _expect(values["late_share_1"], (origin, time), _mean(late))
        assert values["overdue"][(origin, time)] == airports.overdue(origin, time)
        others = {"EWR", "JFK", "LGA"} - {origin}
        elsewhere = [delay for place in others for delay in airports.left(place, time - HOUR, time)]
        _expect(values["delay_elsewhere"], (origin, time), _mean(elsewhere))


def test_quickstart_values(example: Callable[[str], Run]) -> None:
    """Numbers that fit into one's head."""
    values = example("quickstart").values
    assert values["cost_per_signup"].tolist() == [30, 25, 20, 25, 30, 20, 25, 25]
    assert values["avg_spend"].round().tolist()[:4] == [1200, 1350, 1267, 1467]
    assert values["what_if"]["avg_spend"].tolist()[:4] == [1200, 1350, 1300, 1450]
    assert values["spend_change"].tolist()[1] == 0.25
    assert values["spend_vs_average"].round(3).tolist()[1] == round(1500 / 1350, 3)
    assert values["signups_lag_2"].tolist()[2:4] == [40, 60]


@pytest.mark.slow
def test_churn_values(example: Callable[[str], Run]) -> None:
    """Each customer's features, from a loop over all events."""
    values = example("churn_features").values
    day = datetime(2026, 3, 31)
    events = list(values["events"].itertuples())
    tax = {"DE": 0.19, "FR": 0.2, "US": 0.0}
    for customer in list(values["customers"].itertuples())[::7]:
        own = [event for event in events if event.customer == customer.customer and event.time <= day]
        last = max([event.time for event in own], default=customer.joined)
        assert values["days_silent"][customer.customer] == (day - last).days
        spent = math.fsum(min(event.amount, 200.0) for event in own if event.kind == "purchase")
        _expect(values["spent"], customer.customer, spent)
        _expect(values["spent_net"], customer.customer, spent / (1 + tax[customer.country]))
        recent = sum(event.kind == "login" and event.time > day - timedelta(days=90) for event in own)
        assert values["logins_recent"][customer.customer] == recent


@pytest.mark.slow
def test_churn_as_of_another_day(example: Callable[[str], Run]) -> None:
    """At the end of 2025 only those who had joined have a row, and only what had happened counts."""
    values = example("churn_features").values
    day = datetime(2025, 12, 31)
    joined = values["customers"].loc[values["customers"]["joined"] <= day, "customer"].tolist()
    assert values["then"]["spent"].index.tolist() == joined
    assert 200 < len(joined) < 300
    early = [
        event for event in values["events"].itertuples() if event.time <= day and event.kind == "purchase"
    ]
    assert values["then"]["spent"].sum() == pytest.approx(
        math.fsum(min(event.amount, 200.0) for event in early)
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _mean(numbers: list[Any]) -> float:
    return math.fsum(numbers) / len(numbers) if numbers else math.nan


def _expect(series: pd.Series[Any], key: object, value: float) -> None:
    """The series has this value there, or misses it where there is none."""
    assert series[key] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), key
