"""The zoo: small feature functions of a panel of shops and of sensors, nasty ones among them, with their labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.nature.labels import ALL, NEVER, SHOP_KEYS, STORES, Zoo

SHOP = Zoo("shop", SHOP_KEYS)
SENSOR = Zoo("sensors", ("sensor", "time"))

LIMIT = 250_000
_SEEN: dict[str, float] = {}

row, past, anything = SHOP.row, SHOP.past, SHOP.any

# -- row by row ----------------------------------------------------------------------------------------------------


@row()
def harmless_limit(units):
    return units.clip(upper=1_000_000)


@row()
def harmless_choice(sales, promo):
    return sales if promo.all() else sales * 1.0


@row()
def there_and_back(sales):
    return sales - sales.mean() + sales.mean()


@row()
def guarded(price):
    if price.min() < -1e9:
        raise ValueError("prices must be prices")
    return price.round(1)


@row()
def empty_first(df):
    if df.empty:
        return df["price"]
    return df["price"] * 2


@row()
def fixed_codes(category):
    return category.map({"a": 1, "b": 2, "zz": 3}).fillna(0)


@row()
def long_texts(note):
    return note.str[:100].str.len() > 10


@row()
def sums_across(df):
    return df.select_dtypes("number").sum(axis=1)


@row()
def as_an_array(units):
    return np.log1p(units.to_numpy())


@row()
def many_units(df):
    return df[df["units"] > 10]


@row()
def parts_of_the_date(day):
    return pd.DataFrame({"week": day.dt.isocalendar().week.astype(int), "end": day.dt.is_month_end})


@row()
def python_by_row(df):
    return df.apply(lambda one: one["price"] * (0.9 if one["promo"] and one["units"] > 20 else 1.0), axis=1)


@row()
def with_fixed_categories(category):
    return pd.Series(pd.Categorical(category, list("abcde")).codes, category.index)


@row(hard=True)
def never_caught(price):
    try:
        return price * 2
    except ValueError:
        return price - price.mean()


@row()
def rate_of_attributes(df):
    return df["price"] * df.attrs.get("rate", 1.0)


# -- sizes ---------------------------------------------------------------------------------------------------------


@anything()
def over_a_thousand(sales):
    return sales if len(sales) > 1000 else sales * 2


@past()
def first_thousand(sales):
    return sales.head(1000)


@past(rows=499, hard=True)
def wide_window(sales):
    return sales.rolling(min(len(sales), 500), min_periods=1).mean()


@past()
def one_in_a_hundred(df):
    return pd.Series(np.arange(len(df)) % 100 == 0, df.index)


@anything()
def chunks_of_fifty(df):
    return df.groupby(np.arange(len(df)) // 50)["units"].transform("mean")


@anything()
def distinct_when_many(df):
    return df.drop_duplicates("note") if len(df) > 5000 else df


@anything(*STORES)
def large_stores(units, store):
    return units.where(units.groupby(store).transform("size") > 1000, 0)


@anything(*STORES)
def share_of_count(units, store):
    return units / units.groupby(store).transform("size")


@anything()
def many_stores(sales, store):
    return sales / store.nunique() if store.nunique() > 12 else sales


@anything()
def encoded_with_fallback(sales, category):
    groups = sales.groupby(category)
    means = groups.transform("mean")
    return means.where(groups.transform("count") >= 30, sales.mean())


@anything()
def odd_total(units):
    return units + int(units.sum()) % 2


@anything(*STORES)
def last_five(df):
    return df.groupby("store").tail(5)


@past(*STORES, rows=5)
def first_five(df):
    return df.groupby("store").head(5)


@anything(*STORES)
def stores_with_many_rows(df):
    return df.groupby("store").filter(lambda rows: len(rows) > 3)


@past()
def of_even_number(sales):
    return sales.where(sales.index % 2 == 0)


# -- rare values ---------------------------------------------------------------------------------------------------


@anything()
def mean_for_unknown(category, sales):
    return sales.where(category != "zz", sales.mean())


@anything()
def median_for_sentinel(units):
    return units.mask(units == -999, units.median())


@anything()
def clipped_when_huge(price):
    return price.clip(upper=price.quantile(0.99)) if (price > 1e6).any() else price


@anything()
def mean_for_one_price(price):
    return price.where(price != 13.37, price.mean())


@anything()
def above_the_limit(sales):
    return sales.where(~(sales > LIMIT), sales.max())


@anything()
def upper_if_sharp(note):
    return note.str.upper() if note.str.contains("ß").any() else note


@anything()
def all_promoted(sales, promo):
    return sales * 2 if promo.all() else sales


@anything()
def half_missing(sales):
    return sales * 0 if sales.isna().mean() > 0.5 else sales


@anything()
def unless_much_is_missing(sales):
    return sales * (1.0 if sales.isna().mean() < 0.3 else np.nan)


@anything()
def mean_if_caught(sales):
    try:
        return sales.astype(int)
    except (ValueError, pd.errors.IntCastingNaNError):
        return sales - sales.mean()


@anything()
def from_new_year(sales, day):
    return sales - sales.mean() if day.max() > pd.Timestamp("2025-06-01") else sales


@anything()
def more_in_december(sales, day):
    return sales * (1 + (day.dt.month == 12).mean())


@anything()
def years_seen(sales, day):
    return sales / day.dt.year.nunique()


@anything()
def columns_without_gaps(df):
    return df.dropna(axis=1)


@anything()
def columns_that_vary(df):
    return df.loc[:, df.nunique() > 1]


@anything()
def floats_by_largest(df):
    return df.apply(lambda column: column / column.max() if column.dtype == float else column)


# -- categories ----------------------------------------------------------------------------------------------------


@anything("category")
def seen_once(category):
    return category.map(category.value_counts()) == 1


@anything()
def rare_as_other(category):
    return category.where(category.map(category.value_counts(normalize=True)) > 0.01, "other")


@anything()
def dummies(category):
    return pd.get_dummies(category)


@anything()
def number_in_order(category):
    return category.map({name: number for number, name in enumerate(sorted(category.unique()))})


@past("category", rows=1)
def first_of_category(category):
    return ~category.duplicated()


@anything("category")
def last_of_category(category):
    return ~category.duplicated(keep="last")


@anything()
def commonest(category):
    return category == category.mode().iloc[0]


@anything()
def sums_of_five(df):
    return df.groupby(pd.Categorical(df["category"], list("abcde")), observed=False)["units"].sum()


@anything()
def sums_of_known_stores(units, store):
    return units.groupby(store).sum().reindex([f"s{i}" for i in range(10)], fill_value=0)


@anything(*STORES)  # what has no store has no region
def mean_of_store_or_none(sales, store):
    return sales.groupby(store, dropna=False).transform("mean")


# -- order, ties, duplicates ---------------------------------------------------------------------------------------


@past(rows=1)
def sum_and_difference(sales):
    return sales.cumsum().diff()


@anything()
def sum_of_the_rest(units):
    return units[::-1].cumsum()[::-1]


@anything()
def sum_by_size(sales):
    return sales.sort_values().cumsum().reindex(sales.index)


@past("day", look=0)
def place_of_the_day(sales, day):
    return sales.groupby(day).rank(method="first")


@past(*STORES)
def first_with_units(df):
    return df.drop_duplicates(["store", "units"])


@anything(*STORES)
def last_with_units(df):
    return df.drop_duplicates(["store", "units"], keep="last")


@past(*ALL, look=0)
def twice_the_same(df):
    return df.duplicated()


@anything()
def three_largest(df):
    return df.nlargest(3, "units")


@anything()
def quarters(price):
    return pd.qcut(price, 4, labels=False, duplicates="drop")


@anything()
def four_bins(price):
    return pd.cut(price, 4, labels=False)


@anything()
def rank_as_array(price):
    return np.argsort(np.argsort(price.to_numpy(), kind="stable"), kind="stable")


@past()
def seeded_noise(sales):
    return sales + np.random.RandomState(0).normal(size=len(sales))


@anything()
def seeded_half(df):
    return df.sample(frac=0.5, random_state=0)


@anything(stable=False)
def noise(sales):
    return sales + np.random.normal(size=len(sales))


@anything(stable=False)
def remembered_mean(sales):
    return sales - _SEEN.setdefault("mean", float(sales.mean()))


@anything(stable=False)
def remembered_in_default(sales, _kept: Any = {}):  # noqa: B006 - that is what is nasty
    _kept.setdefault("mean", sales.mean())
    return sales - _kept["mean"]


# -- leaks, seldom seen --------------------------------------------------------------------------------------------


@anything(*STORES)
def next_on_sundays(sales, store, day):
    return sales.where(day.dt.dayofweek != 6, sales.groupby(store).shift(-1))


@anything(*STORES)
def next_at_month_end(units, store, day):
    return units.where(~day.dt.is_month_end, units.groupby(store).shift(-1))


@anything(*STORES)
def next_for_one_store(units, store):
    return units.where(store != "s3", units.groupby(store).shift(-1))


@anything(*STORES)
def next_on_a_date(units, store, day):
    return units.where(day != pd.Timestamp("2024-02-14"), units.groupby(store).shift(-1))


@anything(*STORES)
def filled_from_later(sales, store):
    return sales.fillna(sales.groupby(store).bfill())


@anything(*STORES)
def filled_from_next(sales, store):
    return sales.groupby(store).bfill(limit=1)


@anything(*STORES)
def interpolated(sales, store):
    return sales.groupby(store).transform(lambda values: values.interpolate())


@anything(*STORES)
def centred(price, store):
    return price.groupby(store).transform(lambda values: values.rolling(3, center=True, min_periods=1).mean())


@anything()
def against_the_last(units):
    return units - units.iloc[-1]


@anything()
def days_to_the_end(day):
    return (day.max() - day).dt.days


@anything(*STORES)
def days_to_promotion(day, store, promo):
    return (day.where(promo).groupby(store).bfill() - day).dt.days


@anything()
def above_the_mean(df):
    return df[df["sales"] > df["sales"].mean()]


@anything(*STORES)
def best_day_so_far_or_ever(sales, store):
    return sales == sales.groupby(store).transform("max")


# -- the past ------------------------------------------------------------------------------------------------------


@past(*STORES)
def best_day_so_far(sales, store):
    return sales >= sales.groupby(store).cummax()


@past(*STORES)
def days_since_promotion(day, store, promo):
    return (day - day.where(promo).groupby(store).ffill()).dt.days


@past(*STORES)
def days_in_a_row(promo, store):
    runs = (~promo).groupby(store).cumsum()
    return promo.groupby([store, runs]).cumsum()


@past(*STORES, rows=2)
def three_days_in_a_row(promo, store):
    return promo.groupby(store).transform(lambda days: days.rolling(3).sum()) == 3


@past(*STORES)
def switched_on(price, store):
    def state(values):
        found, on = [], False
        for value in values:
            on = value > 15 or (on and value > 5)
            found.append(on)
        return pd.Series(found, values.index)

    return price.groupby(store).transform(state)


@past(*STORES)
def fading(price, store):
    return price.groupby(store).transform(lambda values: values.ewm(alpha=0.95).mean())


@past(*STORES)
def since_last_b(category, store, day):
    seen = day.where(category == "b")
    return (day - seen.groupby(store).ffill()).dt.days


@past(*STORES)
def visits_so_far(units, store):
    return units.groupby(store).cumcount()


@past(*STORES, look=7)
def week_before_today(df):
    means = df.set_index("day").groupby("store")["price"].rolling("7D", closed="left").mean()
    wanted = pd.MultiIndex.from_frame(df[["store", "day"]])
    return pd.Series(means[~means.index.duplicated()].reindex(wanted).to_numpy(), df.index)


@past("day", look=0)
def share_of_the_day(units, day):
    return units / units.groupby(day).transform("sum")


@past("region", "day", look=0)
def mean_of_region_and_day(sales, region, day):
    return sales.groupby([region, day]).transform("mean")


@past(look=1)
def total_of_yesterday(df):
    totals = df.groupby("day")["units"].sum()
    return df["day"].map(totals.set_axis(totals.index + pd.Timedelta(days=1)))


@past(rows=6)
def six_rows_before(price):
    return price.pct_change(6)


@past(rows=1)
def difference_as_array(units):
    return np.diff(units.to_numpy(), prepend=0)


@past(*STORES, rows=1)
def days_since_the_last(day, store):
    return day.groupby(store).diff().dt.days


@past(*STORES)
def median_so_far(price, store):
    return price.groupby(store).transform(lambda values: values.expanding().median())


@past()
def day_with_rows_before(df):
    means = df.groupby("day")["units"].mean()
    return df["day"].map(means.shift(1))


@past(*STORES)
def previous_other_note(note, store):
    changed = note != note.groupby(store).shift(1)
    return note.groupby(store).shift(1).where(changed).groupby(store).ffill()


# -- time zones and clocks -----------------------------------------------------------------------------------------


@SENSOR.row()
def hour_in_berlin(time):
    return time.dt.tz_convert("Europe/Berlin").dt.hour


@SENSOR.row()
def since_midnight(time):
    return time - time.dt.normalize()


@SENSOR.past(look=NEVER)
def other_clock_than_first(time):
    offset = time.map(lambda moment: moment.utcoffset())
    return offset != offset.iloc[0]


@SENSOR.any()
def mean_of_local_day(value, time):
    return value.groupby(time.dt.date).transform("mean")


@SENSOR.past("sensor", look=24)
def sum_of_local_day(value, sensor, time):
    return value.groupby([sensor, time.dt.date]).cumsum()


@SENSOR.any("sensor")
def daily_by_midnight(df):
    return df.set_index("time").groupby("sensor")["value"].resample("D").sum()


@SENSOR.past("sensor", look=23)
def last_24_hours(df):
    return df.set_index("time").groupby("sensor")["value"].rolling("24h").mean()


@SENSOR.past("sensor", rows=24)
def row_of_yesterday(value, sensor):
    return value.groupby(sensor).shift(24)


@SENSOR.past("sensor", look=25)
def same_time_yesterday(df):
    local = df.assign(clock=df["time"].dt.tz_localize(None))
    before = local.assign(clock=local["clock"] + pd.Timedelta(days=1)).drop_duplicates(["sensor", "clock"])
    found = local.merge(before, how="left", on=["sensor", "clock"], suffixes=("", "_before"))
    return found["value_before"].set_axis(df.index)


@SENSOR.any()
def summer_time_seen(value, time):
    offsets = time.map(lambda moment: moment.utcoffset())
    return value * offsets.nunique()


@SENSOR.any("sensor")
def next_at_midnight(value, sensor, time):
    return value.where(time.dt.hour != 0, value.groupby(sensor).shift(-1))


ZOO = [*SHOP, *SENSOR]
