"""Features of weather_features.ipynb, exported by Dagbook.

Source hash 60efbd3d2222.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

gaps: str = "carry"  # 'carry' the last reading over gaps, or 'keep' them
MPH = 1.609344  # km/h
INCH = 25.4  # mm
RUNWAYS = {"EWR": 40, "JFK": 130, "LGA": 40}  # compass direction of the longest runway


def _lag(values, hours):
    """The values of some hours earlier at the same airport."""
    return values.groupby(level="origin").shift(hours)


def _rolling(values, hours, how):
    """A statistic (`mean`, `max`, `sum`) of the last hours at the same airport."""
    windows = values.groupby(level="origin").rolling(hours, min_periods=1)
    return windows.agg(how).droplevel(0)


_Variant = TypeVar("_Variant", bound=Callable[..., object])


def _when(**params: object) -> Callable[[_Variant], _Variant]:
    """Mark the function that computes a node while every param has this value."""
    return lambda function: function


# --- Inputs ---


# cell check-weather 8757ed
def warn_weather(weather: pd.DataFrame) -> dict[str, Callable[[], object]]:
    return {
        "only airports whose runways we know": lambda: weather["origin"].isin(RUNWAYS),
        "one reading for each airport and hour": lambda: ~weather.duplicated(["origin", "time_hour"]),
        "°F that New York can have": lambda: weather["temp"].between(-30, 120),
        "mph: no wind beyond that of a hurricane": lambda: weather["wind_speed"].fillna(0) < 150,
    }


# cell check-flights dfcea2
def check_flights(flights: pd.DataFrame) -> dict[str, Callable[[], object]]:
    return {
        "only airports whose runways we know": lambda: flights["origin"].isin(RUNWAYS),
        "fewer than one flight in ten is cancelled": lambda: flights["dep_delay"].isna().mean() < 0.1,
        "nobody leaves two hours early": lambda: flights["dep_delay"].dropna() > -120,
    }


# --- The grid ---


# cell readings 413712
def readings(weather: pd.DataFrame) -> pd.DataFrame:
    """The weather table, indexed by airport and time, in order; impossible winds are missing."""
    table = weather.assign(time=pd.to_datetime(weather["time_hour"], utc=True)).drop(columns="time_hour")
    table["wind_speed"] = table["wind_speed"].where(table["wind_speed"] < 150)
    return table.set_index(["origin", "time"]).sort_index()


# cell grid ebff7d
def grid(readings: pd.DataFrame) -> pd.MultiIndex:
    """Each hour at each airport: the rows of all features."""
    airports = readings.index.unique("origin")
    times = readings.index.get_level_values("time")
    hours = pd.date_range(times.min(), times.max(), freq="h", name="time")
    return pd.MultiIndex.from_product([airports, hours], names=["origin", "time"])


# cell observed-carry 94fd21
@_when(gaps="carry")
def observed__carry(readings: pd.DataFrame, grid: pd.MultiIndex, max_gap: int = 3) -> pd.DataFrame:
    """Weather for each hour of the grid; the last reading is carried over short gaps."""
    table = readings.reindex(grid)
    carried = table.groupby(level="origin").ffill(limit=max_gap)
    return carried.assign(wind_gust=table["wind_gust"])


# cell observed-keep 7b9a66
@_when(gaps="keep")
def observed__keep(readings: pd.DataFrame, grid: pd.MultiIndex) -> pd.DataFrame:
    """Weather for each hour of the grid; hours without a reading stay empty."""
    return readings.reindex(grid)


# cell check-observed e4460d
def check_observed(observed: pd.DataFrame) -> dict[str, Callable[[], object]]:
    return {
        "one row for each airport and hour": lambda: observed.index.is_unique,
        "hardly an hour without a temperature": lambda: observed["temp"].isna().mean() < 0.01,
        "a percentage": lambda: observed["humid"].dropna().between(0, 100),
    }


# cell known 5660a3
def known(observed: pd.DataFrame) -> pd.DataFrame:
    """What is known of the weather when an hour begins: the readings of the hour before."""
    return _lag(observed, 1)


# --- The air ---


# cell air 9f9c9b
def temperature_and_5_more(known: pd.DataFrame) -> dict[str, pd.Series]:
    """Readings of the hour before, in metric units."""
    temperature = (known["temp"] - 32) * 5 / 9  # air temperature, °C
    dew_point = (known["dewp"] - 32) * 5 / 9  # temperature at which water condenses, °C
    humidity = known["humid"]  # relative humidity, %
    pressure = known["pressure"]  # air pressure at sea level, hPa
    visibility = known["visib"] * MPH  # how far one sees, km
    rain = known["precip"] * INCH  # rain and melted snow of the hour, mm
    return {
        "temperature": temperature,
        "dew_point": dew_point,
        "humidity": humidity,
        "pressure": pressure,
        "visibility": visibility,
        "rain": rain,
    }


def temperature(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Air temperature, °C."""
    return temperature_and_5_more["temperature"]


def dew_point(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Temperature at which water condenses, °C."""
    return temperature_and_5_more["dew_point"]


def humidity(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Relative humidity, %."""
    return temperature_and_5_more["humidity"]


def pressure(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Air pressure at sea level, hPa."""
    return temperature_and_5_more["pressure"]


def visibility(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """How far one sees, km."""
    return temperature_and_5_more["visibility"]


def rain(temperature_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Rain and melted snow of the hour, mm."""
    return temperature_and_5_more["rain"]


# cell air-defs 1738ee
def dew_point_spread(temperature: pd.Series, dew_point: pd.Series) -> pd.Series:
    """Degrees between temperature and dew point; near zero means fog."""
    return temperature - dew_point


def freezing(temperature: pd.Series) -> pd.Series:
    """Whether it freezes: planes need de-icing."""
    return temperature <= 0


def foggy(visibility: pd.Series) -> pd.Series:
    """Whether one sees less than a kilometre."""
    return visibility < 1


def rainy(rain: pd.Series) -> pd.Series:
    """Whether any rain or snow was measured."""
    return rain > 0


# cell hours-dry 96d668
def hours_dry(rainy: pd.Series) -> pd.Series:
    """Hours since the last measured rain or snow at this airport."""
    spells = rainy.groupby(level="origin").cumsum()
    return (~rainy).groupby([spells.index.get_level_values("origin"), spells]).cumsum()


# --- Lags and windows ---


# cell temperature-lags 49d827
def _temperature_lag_k(temperature: pd.Series, k: int) -> pd.Series:
    """Temperature {k} hours earlier, °C."""
    return _lag(temperature, k)


def temperature_lag_1(temperature: pd.Series) -> pd.Series:
    """Temperature 1 hours earlier, °C."""
    return _temperature_lag_k(temperature, k=1)


def temperature_lag_2(temperature: pd.Series) -> pd.Series:
    """Temperature 2 hours earlier, °C."""
    return _temperature_lag_k(temperature, k=2)


def temperature_lag_3(temperature: pd.Series) -> pd.Series:
    """Temperature 3 hours earlier, °C."""
    return _temperature_lag_k(temperature, k=3)


def temperature_lag_6(temperature: pd.Series) -> pd.Series:
    """Temperature 6 hours earlier, °C."""
    return _temperature_lag_k(temperature, k=6)


def temperature_lag_24(temperature: pd.Series) -> pd.Series:
    """Temperature 24 hours earlier, °C."""
    return _temperature_lag_k(temperature, k=24)


# cell temperature-change a38ebe
def _temperature_change_k(temperature: pd.Series, before: pd.Series) -> pd.Series:
    """Degrees warmer than {k} hours earlier."""
    return temperature - before


def temperature_change_3(temperature: pd.Series, temperature_lag_3: pd.Series) -> pd.Series:
    """Degrees warmer than 3 hours earlier."""
    return _temperature_change_k(temperature, temperature_lag_3)


def temperature_change_24(temperature: pd.Series, temperature_lag_24: pd.Series) -> pd.Series:
    """Degrees warmer than 24 hours earlier."""
    return _temperature_change_k(temperature, temperature_lag_24)


# cell pressure-change d8d3d1
def _pressure_change_k(pressure: pd.Series, k: int) -> pd.Series:
    """Change of the air pressure within {k} hours, hPa; a fall announces bad weather."""
    return pressure - _lag(pressure, k)


def pressure_change_3(pressure: pd.Series) -> pd.Series:
    """Change of the air pressure within 3 hours, hPa; a fall announces bad weather."""
    return _pressure_change_k(pressure, k=3)


def pressure_change_6(pressure: pd.Series) -> pd.Series:
    """Change of the air pressure within 6 hours, hPa; a fall announces bad weather."""
    return _pressure_change_k(pressure, k=6)


# cell rain-sum c9bc16
def _rain_sum_k(rain: pd.Series, k: int) -> pd.Series:
    """Rain and snow of the last {k} hours, mm."""
    return _rolling(rain, k, "sum")


def rain_sum_3(rain: pd.Series) -> pd.Series:
    """Rain and snow of the last 3 hours, mm."""
    return _rain_sum_k(rain, k=3)


def rain_sum_6(rain: pd.Series) -> pd.Series:
    """Rain and snow of the last 6 hours, mm."""
    return _rain_sum_k(rain, k=6)


def rain_sum_24(rain: pd.Series) -> pd.Series:
    """Rain and snow of the last 24 hours, mm."""
    return _rain_sum_k(rain, k=24)


# cell temperature-anomaly b7c22d
def temperature_anomaly(temperature: pd.Series) -> pd.Series:
    """Degrees warmer than the mean of the last seven days."""
    return temperature - _rolling(temperature, 7 * 24, "mean")


# cell check-temperature d15438
def check_temperature(temperature: pd.Series) -> dict[str, Callable[[], object]]:
    return {
        "°C that New York can have": lambda: temperature.dropna().between(-30, 45),
        "hardly ever missing": lambda: temperature.isna().mean() < 0.01,
    }


# --- The wind ---


# cell wind dd0518
def wind_speed_and_3_more(known: pd.DataFrame) -> dict[str, pd.Series]:
    """The wind of the hour before, km/h, and its parts across and along the longest runway."""
    wind_speed = known["wind_speed"] * MPH  # mean wind, km/h
    wind_gust_excess = (
        (known["wind_gust"] * MPH - wind_speed).clip(lower=0).fillna(0)
    )  # how much gusts exceed the mean wind, km/h
    runway = known.index.get_level_values("origin").map(RUNWAYS)
    angle = np.radians(known["wind_dir"] - runway)
    crosswind = (wind_speed * np.sin(angle)).abs()  # wind across the longest runway, km/h
    headwind = (wind_speed * np.cos(angle)).abs()  # wind along the longest runway, km/h
    return {
        "wind_speed": wind_speed,
        "wind_gust_excess": wind_gust_excess,
        "crosswind": crosswind,
        "headwind": headwind,
    }


def wind_speed(wind_speed_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """Mean wind, km/h."""
    return wind_speed_and_3_more["wind_speed"]


def wind_gust_excess(wind_speed_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """How much gusts exceed the mean wind, km/h."""
    return wind_speed_and_3_more["wind_gust_excess"]


def crosswind(wind_speed_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """Wind across the longest runway, km/h."""
    return wind_speed_and_3_more["crosswind"]


def headwind(wind_speed_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """Wind along the longest runway, km/h."""
    return wind_speed_and_3_more["headwind"]


# cell wind-rolling f0cc77
def _wind_how_k(wind_speed: pd.Series, k: int, how: str) -> pd.Series:
    """The {how} of the wind speed over the last {k} hours, km/h."""
    return _rolling(wind_speed, k, how)


def wind_mean_6(wind_speed: pd.Series) -> pd.Series:
    """The mean of the wind speed over the last 6 hours, km/h."""
    return _wind_how_k(wind_speed, k=6, how="mean")


def wind_mean_24(wind_speed: pd.Series) -> pd.Series:
    """The mean of the wind speed over the last 24 hours, km/h."""
    return _wind_how_k(wind_speed, k=24, how="mean")


def wind_max_6(wind_speed: pd.Series) -> pd.Series:
    """The max of the wind speed over the last 6 hours, km/h."""
    return _wind_how_k(wind_speed, k=6, how="max")


def wind_max_24(wind_speed: pd.Series) -> pd.Series:
    """The max of the wind speed over the last 24 hours, km/h."""
    return _wind_how_k(wind_speed, k=24, how="max")


# cell wind-chill d01954
# The formula of the US National Weather Service, which is made for °F and miles per hour.
def wind_chill(temperature: pd.Series, wind_speed: pd.Series) -> pd.Series:
    """How cold it feels, °C: what the ground crew works in."""
    fahrenheit, power = temperature * 9 / 5 + 32, (wind_speed / MPH) ** 0.16
    felt = 35.74 + 0.6215 * fahrenheit - 35.75 * power + 0.4275 * fahrenheit * power
    applies = (fahrenheit <= 50) & (wind_speed > 3 * MPH)
    return (felt.where(applies, fahrenheit) - 32) * 5 / 9


# --- The calendar ---


# cell calendar ba33d8
def hour_of_day_and_5_more(grid: pd.MultiIndex, timezone: str = "America/New_York") -> dict[str, pd.Series]:
    """The calendar of each row in local time."""
    local = pd.DatetimeIndex(grid.get_level_values("time")).tz_convert(timezone)
    days = local.tz_localize(None).normalize()
    hour_of_day = pd.Series(local.hour, index=grid)  # full hours since midnight
    weekday = pd.Series(local.day_of_week, index=grid)  # 0 is Monday
    weekend = weekday >= 5  # whether it is Saturday or Sunday
    holidays = USFederalHolidayCalendar().holidays(days.min(), days.max())
    holiday = pd.Series(days.isin(holidays), index=grid)  # whether it is a federal holiday
    turn = 2 * np.pi * hour_of_day / 24
    hour_sin = pd.Series(np.sin(turn), index=grid)  # the hour on a circle, where 23 is next to 0
    hour_cos = pd.Series(np.cos(turn), index=grid)  # the other coordinate of that point
    return {
        "hour_of_day": hour_of_day,
        "weekday": weekday,
        "weekend": weekend,
        "holiday": holiday,
        "hour_sin": hour_sin,
        "hour_cos": hour_cos,
    }


def hour_of_day(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Full hours since midnight."""
    return hour_of_day_and_5_more["hour_of_day"]


def weekday(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """0 is Monday."""
    return hour_of_day_and_5_more["weekday"]


def weekend(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Whether it is Saturday or Sunday."""
    return hour_of_day_and_5_more["weekend"]


def holiday(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """Whether it is a federal holiday."""
    return hour_of_day_and_5_more["holiday"]


def hour_sin(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """The hour on a circle, where 23 is next to 0."""
    return hour_of_day_and_5_more["hour_sin"]


def hour_cos(hour_of_day_and_5_more: dict[str, pd.Series]) -> pd.Series:
    """The other coordinate of that point."""
    return hour_of_day_and_5_more["hour_cos"]


# --- The timetable ---


# cell departures 11137d
def departures(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights with the hour they were scheduled for, and that in which they left (none if cancelled)."""
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    left = hour + pd.to_timedelta(flights["minute"] + flights["dep_delay"], unit="min")
    return flights.assign(scheduled_hour=hour, left_hour=left.dt.floor("h"))


# cell timetable 934d2f
def scheduled_and_3_more(departures: pd.DataFrame, grid: pd.MultiIndex) -> dict[str, pd.Series]:
    """What the timetable says about each hour."""
    hourly = departures.groupby(["origin", "scheduled_hour"])
    scheduled = hourly.size().reindex(grid, fill_value=0)  # departures
    carriers = hourly["carrier"].nunique().reindex(grid, fill_value=0)  # how many airlines fly
    destinations = hourly["dest"].nunique().reindex(grid, fill_value=0)  # how many places they fly to
    mean_distance = hourly["distance"].mean().reindex(grid)  # how far they fly, miles
    return {
        "scheduled": scheduled,
        "carriers": carriers,
        "destinations": destinations,
        "mean_distance": mean_distance,
    }


def scheduled(scheduled_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """Departures."""
    return scheduled_and_3_more["scheduled"]


def carriers(scheduled_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """How many airlines fly."""
    return scheduled_and_3_more["carriers"]


def destinations(scheduled_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """How many places they fly to."""
    return scheduled_and_3_more["destinations"]


def mean_distance(scheduled_and_3_more: dict[str, pd.Series]) -> pd.Series:
    """How far they fly, miles."""
    return scheduled_and_3_more["mean_distance"]


# cell timetable-defs 651c05
def scheduled_city(scheduled: pd.Series) -> pd.Series:
    """Departures from all three airports in this hour: they share one sky."""
    return scheduled.groupby(level="time").transform("sum")


def share_of_city(scheduled: pd.Series, scheduled_city: pd.Series) -> pd.Series:
    """This airport's part of the city's departures; missing when nothing flies."""
    return scheduled / scheduled_city.where(scheduled_city > 0)


def busyness(scheduled: pd.Series) -> pd.Series:
    """Departures as a multiple of what is usual here: the mean over the last seven days."""
    usual = _rolling(_lag(scheduled, 1), 7 * 24, "mean")
    return scheduled / usual.where(usual > 0)


# cell scheduled-next ce3e28
# --future 'the timetable is known ahead'
def _scheduled_next_k(scheduled: pd.Series, k: int) -> pd.Series:
    """Departures scheduled {k} hours later; a full hour ahead leaves no room to catch up."""
    return _lag(scheduled, -k)


def scheduled_next_1(scheduled: pd.Series) -> pd.Series:
    """Departures scheduled 1 hours later; a full hour ahead leaves no room to catch up."""
    return _scheduled_next_k(scheduled, k=1)


def scheduled_next_2(scheduled: pd.Series) -> pd.Series:
    """Departures scheduled 2 hours later; a full hour ahead leaves no room to catch up."""
    return _scheduled_next_k(scheduled, k=2)


# cell check-scheduled 2a2bd9
def check_scheduled(scheduled: pd.Series, flights: pd.DataFrame) -> dict[str, Callable[[], object]]:
    return {
        "a count": lambda: scheduled >= 0,
        "no flight gets lost on the way to the grid": lambda: scheduled.sum() == len(flights),
    }


# --- Delays so far ---


# cell left d1ff01
def left_and_delay_sum_and_late_departures(
    departures: pd.DataFrame, grid: pd.MultiIndex, late: float = 15.0
) -> dict[str, pd.Series]:
    """The departures of each hour."""
    gone = departures.dropna(subset=["left_hour"])
    hourly = gone.groupby(["origin", "left_hour"])
    left = hourly.size().reindex(grid, fill_value=0)  # flights that left
    delay_sum = hourly["dep_delay"].sum().reindex(grid, fill_value=0.0)  # the sum of their delays, minutes
    too_late = gone[gone["dep_delay"] >= late].groupby(["origin", "left_hour"])
    late_departures = too_late.size().reindex(grid, fill_value=0)  # how many of them were late
    return {"left": left, "delay_sum": delay_sum, "late_departures": late_departures}


def left(left_and_delay_sum_and_late_departures: dict[str, pd.Series]) -> pd.Series:
    """Flights that left."""
    return left_and_delay_sum_and_late_departures["left"]


def delay_sum(left_and_delay_sum_and_late_departures: dict[str, pd.Series]) -> pd.Series:
    """The sum of their delays, minutes."""
    return left_and_delay_sum_and_late_departures["delay_sum"]


def late_departures(left_and_delay_sum_and_late_departures: dict[str, pd.Series]) -> pd.Series:
    """How many of them were late."""
    return left_and_delay_sum_and_late_departures["late_departures"]


# cell delay-mean aae6ad
def _delay_mean_k(left: pd.Series, delay_sum: pd.Series, k: int) -> pd.Series:
    """Mean delay of the flights that left in the {k} hours before, minutes; missing when none left."""
    flown = _rolling(_lag(left, 1), k, "sum")
    return _rolling(_lag(delay_sum, 1), k, "sum") / flown.where(flown > 0)


def delay_mean_1(left: pd.Series, delay_sum: pd.Series) -> pd.Series:
    """Mean delay of the flights that left in the 1 hours before, minutes; missing when none left."""
    return _delay_mean_k(left, delay_sum, k=1)


def delay_mean_3(left: pd.Series, delay_sum: pd.Series) -> pd.Series:
    """Mean delay of the flights that left in the 3 hours before, minutes; missing when none left."""
    return _delay_mean_k(left, delay_sum, k=3)


def delay_mean_6(left: pd.Series, delay_sum: pd.Series) -> pd.Series:
    """Mean delay of the flights that left in the 6 hours before, minutes; missing when none left."""
    return _delay_mean_k(left, delay_sum, k=6)


# cell late-share 1ab5e1
def _late_share_k(left: pd.Series, late_departures: pd.Series, k: int) -> pd.Series:
    """Share of late flights among those that left in the {k} hours before."""
    flown = _rolling(_lag(left, 1), k, "sum")
    return _rolling(_lag(late_departures, 1), k, "sum") / flown.where(flown > 0)


def late_share_1(left: pd.Series, late_departures: pd.Series) -> pd.Series:
    """Share of late flights among those that left in the 1 hours before."""
    return _late_share_k(left, late_departures, k=1)


def late_share_3(left: pd.Series, late_departures: pd.Series) -> pd.Series:
    """Share of late flights among those that left in the 3 hours before."""
    return _late_share_k(left, late_departures, k=3)


# cell overdue 99df1f
def overdue(grid: pd.MultiIndex, departures: pd.DataFrame) -> pd.Series:
    """Flights scheduled in the three hours before that have not left: the queue that is still waiting."""
    waiting = pd.Series(0, index=grid)
    for hours in (1, 2, 3):
        now = departures["scheduled_hour"] + pd.Timedelta(hours=hours)
        gone = departures["left_hour"] < now
        queue = departures[~gone].assign(time=now).groupby(["origin", "time"]).size()
        waiting = waiting + queue.reindex(grid, fill_value=0)
    return waiting


# cell delay-elsewhere 817477
def delay_elsewhere(left: pd.Series, delay_sum: pd.Series) -> pd.Series:
    """Mean delay in the hour before at the other two airports of the city."""
    flown, delay = _lag(left, 1), _lag(delay_sum, 1)
    others = flown.groupby(level="time").transform("sum") - flown
    return (delay.groupby(level="time").transform("sum") - delay) / others.where(others > 0)


# cell cancelled-yesterday b3de48
def cancelled_yesterday(departures: pd.DataFrame, grid: pd.MultiIndex, scheduled: pd.Series) -> pd.Series:
    """Share of cancelled flights, from 48 to 24 hours ago: by now even the last of them is known."""
    cancelled = departures[departures["dep_delay"].isna()].groupby(["origin", "scheduled_hour"]).size()
    day_before = _rolling(_lag(cancelled.reindex(grid, fill_value=0), 24), 24, "sum")
    planned = _rolling(_lag(scheduled, 24), 24, "sum")
    return day_before / planned.where(planned > 0)


# cell check-late-share 62f3fe
def check_late_share_3(late_share_3: pd.Series) -> dict[str, Callable[[], object]]:
    return {
        "a share": lambda: late_share_3.dropna().between(0, 1),
        "known except at night, when nothing leaves": lambda: late_share_3.notna().mean() > 0.75,
    }


# cell check-delay-mean 6211ad
def warn_delay_mean_3(delay_mean_3: pd.Series) -> dict[str, Callable[[], object]]:
    return {
        "no airport at a standstill": lambda: delay_mean_3.dropna() < 120,
    }


# --- Weather meets timetable ---


# cell interactions f9a3e5
def crosswind_load(crosswind: pd.Series, scheduled: pd.Series) -> pd.Series:
    """Crosswind times departures."""
    return crosswind * scheduled


def deicing_load(freezing: pd.Series, rain_sum_3: pd.Series, scheduled: pd.Series) -> pd.Series:
    """Departures that have to be de-iced: it freezes, and something fell from the sky."""
    return scheduled.where(freezing & (rain_sum_3 > 0), 0)


def fog_load(foggy: pd.Series, scheduled: pd.Series, scheduled_next_1: pd.Series) -> pd.Series:
    """Departures of this hour and the next one in fog."""
    return (scheduled + scheduled_next_1.fillna(0)).where(foggy, 0)


def storm_pressure(pressure_change_3: pd.Series, busyness: pd.Series) -> pd.Series:
    """Fall of the air pressure, weighed by how busy it is."""
    return pressure_change_3.clip(upper=0).abs() * busyness


# --- The target ---


# cell target 568060
def target(departures: pd.DataFrame, grid: pd.MultiIndex) -> pd.Series:
    """Mean delay of the flights scheduled for this hour, minutes."""
    return departures.groupby(["origin", "scheduled_hour"])["dep_delay"].mean().reindex(grid)
