"""The fourth zoo: hash buckets, filters, state machines, sessions, holidays, caps, words.

Labelled before the code saw them. Five labels were wrong. Two functions were called safe and are not, until samples
were added that show it: texts with the words of several (`weights_of_words`), and values that swing between two, which
keep a bounded state from its bounds (`clamped_walk`). One was called a leak for a missing value in a tuple (`trend`).
"""

from __future__ import annotations

import hashlib
import itertools
import math

import numpy as np
import pandas as pd
from scipy import signal
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import KNNImputer
from sklearn.model_selection import KFold
from sklearn.preprocessing import Normalizer

from tests.nature.labels import SHOP_KEYS, STORES, Zoo

FOURTH = Zoo("shop", SHOP_KEYS)
CLOCKS = Zoo("sensors", ("sensor", "time"))
row, past, anything = FOURTH.row, FOURTH.past, FOURTH.any

_HOLIDAYS = pd.to_datetime(["2024-01-01", "2024-02-14", "2024-12-25"])


# -- rows ----------------------------------------------------------------------------------------------------------


@row()
def hash_bucket(store, category):
    return (store + "|" + category).map(lambda text: int(hashlib.md5(text.encode()).hexdigest(), 16) % 17)


@row()
def days_to_holiday(day):
    return pd.Series([min(abs((d - h).days) for h in _HOLIDAYS) for d in day], day.index)


@row()
def cyclic_month(day):
    return pd.DataFrame(
        {"sin": np.sin(2 * np.pi * day.dt.month / 12), "cos": np.cos(2 * np.pi * day.dt.month / 12)}
    )


@row()
def clipped_price(price):
    return price.clip(2.0, 15.0).round(1)


@row()
def text_length(note):
    return note.str.len()


@row()
def has_good_word(note):
    return note.str.contains("great|fine", case=False, regex=True)


@row()
def logit(units):
    share = (units + 1) / 42
    return np.log(share / (1 - share))


@row()
def listed(category, units):
    return pd.Series(
        [[c] * int(u % 3) for c, u in zip(category, units, strict=True)], category.index, dtype=object
    )


@row()
def only_the_north(df):
    return df.loc[df["region"].eq("north"), ["store", "day", "units"]]


@row()
def melted_by_hand(df):
    return df[["price", "units"]].astype(float).sum(axis=1, min_count=1)


@row()
def applied(df):
    return df.apply(lambda r: r["price"] * (1.2 if r["promo"] else 1.0), axis=1)


@row(hard=True)  # its rows are those of no input
def exploded(df):
    return df.assign(word=df["note"].str.split(" "))[["store", "word"]].explode("word")


@row()
def vectorised(price):
    return np.vectorize(lambda v: math.floor(v) if v > 3 else 0.0, otypes=[float])(price.to_numpy())


# -- everything ----------------------------------------------------------------------------------------------------


@anything()
def rare_to_other(category):
    share = category.map(category.value_counts(normalize=True))
    return category.where(share >= 0.05, "other")


@anything()
def scaled_to_range(units):
    low, high = units.min(), units.max()
    return (units - low) / (high - low)


@anything()
def robust(price):
    return (price - price.median()) / (price.quantile(0.75) - price.quantile(0.25))


@anything()
def equal_sized_bins(price):
    return pd.qcut(price, 4, labels=False, duplicates="drop")


@anything()
def equal_wide_bins(price):
    return pd.cut(price, 5, labels=False)


@anything()
def regression_residual(price, units):
    known = units.notna() & price.notna()
    if known.sum() < 3:
        return price * 0.0
    slope, at = np.polyfit(units[known].astype(float), price[known], 1)
    return price - (slope * units + at)


@row()
def shuffled_and_sorted(price):
    return price.sample(frac=1, random_state=1).sort_index()


@anything()
def shuffled_values(price):
    return pd.Series(price.sample(frac=1, random_state=1).to_numpy(), price.index)


@anything()
def interpolated(sales):
    return sales.interpolate(limit_direction="both")


@anything("category")
def target_encoded(sales, category):
    return sales.groupby(category).transform("mean")


@anything("category")
def left_out_encoded(sales, category):
    groups = sales.groupby(category)
    return (groups.transform("sum") - sales.fillna(0)) / (groups.transform("count") - sales.notna()).replace(
        0, np.nan
    )


@anything()
def smoothed_encoding(sales, category):
    groups = sales.groupby(category)
    n = groups.transform("count")
    return (groups.transform("sum") + 10 * sales.mean()) / (n + 10)


@anything()
def cosine_to_mean(df):
    x = df[["price", "units"]].astype(float)
    m = x.mean()
    return x @ m / (np.sqrt((x**2).sum(axis=1)) * np.sqrt((m**2).sum()))


@anything()
def first_principal(df):
    x = df[["price", "units"]].astype(float).fillna(0)
    x = x - x.mean()
    _, _, vt = np.linalg.svd(x.to_numpy(), full_matrices=False)
    axis = vt[0] * np.sign(vt[0][np.argmax(np.abs(vt[0]))])
    return x.to_numpy() @ axis


@anything()
def day_of_the_period(day):
    return (day - day.min()).dt.days / max(1, (day.max() - day.min()).days)


@anything()
def capped_if_any_huge(price):
    return price.clip(upper=100.0) if (price > 1e6).any() else price


@anything()
def only_if_sorted(df):
    return df["units"] if df["day"].is_monotonic_increasing else df["units"] * -1


@anything()
def different_when_unique(price):
    return price if price.is_unique else price.rank(method="dense")


@anything()
def by_memory_layout(df):
    return df["price"] * (1 if df["note"].nunique() < 6 else 2)


# -- time ----------------------------------------------------------------------------------------------------------


@past(*STORES)
def sessions(units, store):
    return (units.eq(0)).groupby(store).cumsum()


@past(*STORES)
def streak(promo, store):
    block = (~promo).groupby(store).cumsum()
    return promo.groupby([store, block]).cumsum()


@past(*STORES)
def days_since_promo(day, promo, store):
    last = day.where(promo).groupby(store).ffill()
    return (day - last).dt.days


@anything(*STORES)
def days_until_promo(day, promo, store):
    nxt = day.where(promo).groupby(store).bfill()
    return (nxt - day).dt.days


@past(*STORES)
def drawdown(price, store):
    return price / price.groupby(store).cummax() - 1


@anything(*STORES)
def regret(price, store):
    return price / price[::-1].groupby(store[::-1]).cummax()[::-1] - 1


@past(*STORES)
def state_machine(units, store):
    out = pd.Series(0, units.index)
    level: dict[str, int] = {}
    for i, (u, s) in enumerate(zip(units, store, strict=True)):
        now = level.get(s, 0)
        now = min(now + 1, 3) if u > 20 else max(now - 1, 0)
        level[s] = now
        out.iloc[i] = now
    return out


@past()
def running_total(units):
    return units.cumsum()


@past()
def accumulated(units):
    return pd.Series(list(itertools.accumulate(units.fillna(0), max)), units.index)


@past(*STORES, rows=1)
def change(price, store):
    return price.groupby(store).pct_change(fill_method=None)


@anything(*STORES)
def centred_mean(price, store):
    return price.groupby(store).transform(lambda v: v.rolling(5, center=True, min_periods=1).mean())


@anything(*STORES)
def label_next_week(units, store):
    return units[::-1].groupby(store[::-1]).transform(lambda v: v.rolling(7, min_periods=7).sum())[::-1]


@past(*STORES, rows=2)
def weighted(price, store):
    g = price.groupby(store)
    return 0.5 * price + 0.3 * g.shift(1) + 0.2 * g.shift(2)


@past(*STORES)
def z_so_far(price, store):
    g = price.groupby(store)
    mean = g.transform(lambda v: v.expanding().mean())
    std = g.transform(lambda v: v.expanding().std())
    return (price - mean) / std


@past("day", look=0)
def share_of_day(units, day):
    return units / units.groupby(day).transform("sum").replace(0, np.nan)


@anything()
def month_total(units, day):
    return units.groupby(day.dt.to_period("M")).transform("sum")


@anything(*STORES)
def store_month_total(units, day, store):
    return units.groupby([store, day.dt.to_period("M")]).transform("sum")


@past(*STORES)
def month_to_date(units, day, store):
    return units.groupby([store, day.dt.to_period("M")]).cumsum()


@past(*STORES, look=3)
def three_days(df):
    there = df[["store", "day", "units"]].groupby(["store", "day"], as_index=False)["units"].max()
    there["day"] = there["day"] + pd.Timedelta(days=3)
    return df[["store", "day"]].merge(there, on=["store", "day"], how="left")["units"].set_axis(df.index)


@anything(*STORES)
def three_days_later(df):
    there = df[["store", "day", "units"]].groupby(["store", "day"], as_index=False)["units"].max()
    there["day"] = there["day"] - pd.Timedelta(days=3)
    return df[["store", "day"]].merge(there, on=["store", "day"], how="left")["units"].set_axis(df.index)


@anything(*STORES)
def next_at_month_end(units, store, day):
    return units.where(~day.dt.is_month_end, units.groupby(store).shift(-1))


@anything(*STORES)
def next_if_holiday(units, store, day):
    return units.where(~day.isin(_HOLIDAYS), units.groupby(store).shift(-1))


@anything(*STORES)
def next_when_text_odd(units, store, note):
    return units.where(note.str.len() < 14, units.groupby(store).shift(-1))


@anything(*STORES)
def next_if_missing(sales, store):
    return sales.fillna(sales.groupby(store).shift(-1))


@anything(*STORES)
def next_after_two_equal(units, store):
    same = units.groupby(store).diff().eq(0)
    return units.where(~same, units.groupby(store).shift(-1))


@anything(*STORES)
def next_after_long_streak(units, promo, store):
    block = (~promo).groupby(store).cumsum()
    long = promo.groupby([store, block]).cumsum() >= 4
    return units.where(~long, units.groupby(store).shift(-1))


@anything(*STORES)
def next_on_price_jump(price, store):
    jump = price.groupby(store).pct_change(fill_method=None) > 5
    return price.where(~jump, price.groupby(store).shift(-1))


@anything(*STORES)
def next_when_negative(units, store):
    return units.where(units >= 0, units.groupby(store).shift(-1))


@anything(*STORES)
def next_when_integer(price, store):
    return price.where(price % 1 != 0, price.groupby(store).shift(-1))


@anything(*STORES)
def next_when_prime_day(units, store, day):
    return units.where(~day.dt.dayofyear.isin([97, 211, 307]), units.groupby(store).shift(-1))


@anything(*STORES)
def median_of_store_so_far_or_all(price, store, units):
    so_far = price.groupby(store).transform(lambda v: v.expanding().median())
    return so_far.where(units < 38, price.groupby(store).transform("median"))


@anything()
def gradient(price):
    return np.gradient(price.to_numpy())


@anything(*STORES)
def change_to_come(price, store):
    return price.groupby(store).pct_change(-2, fill_method=None)


@anything(*STORES)
def polynomials(price, store):
    return price.groupby(store).transform(lambda v: signal.savgol_filter(v, 5, 2) if len(v) >= 5 else v)


@anything(*STORES)
def filtered_both_ways(price, store):
    b, a = signal.butter(2, 0.2)
    return price.groupby(store).transform(lambda v: signal.filtfilt(b, a, v) if len(v) > 12 else v)


@past(*STORES)
def filtered_once(price, store):
    b, a = signal.butter(2, 0.2)
    return price.groupby(store).transform(lambda v: signal.lfilter(b, a, v))


@anything()
def weights_of_words(note):
    return TfidfVectorizer(vocabulary=["great", "bad", "ok", "never"]).fit_transform(note).toarray()


@row()
def hashes_of_words(note):
    return HashingVectorizer(n_features=16).transform(note).toarray()


@row()
def one_length(df):
    return Normalizer().fit_transform(df[["price", "units"]])


@anything()
def out_of_fold(sales, category):
    out = pd.Series(np.nan, sales.index)
    for fit, use in KFold(5, shuffle=True, random_state=0).split(sales) if len(sales) >= 5 else []:
        means = sales.iloc[fit].groupby(category.iloc[fit]).mean()
        out.iloc[use] = category.iloc[use].map(means).to_numpy()
    return out


@anything()
def neighbours(df):
    return KNNImputer(n_neighbors=2).fit_transform(df[["sales", "price"]])


@past(*STORES, rows=4)
def four_before(units, store):
    return units.groupby(store).transform(lambda v: v.rolling(4, closed="left", min_periods=1).mean())


@past(*STORES, rows=3)
def filled_three(sales, store):
    return sales.groupby(store).ffill(limit=3)


@anything(*STORES)
def filled_back_one(sales, store):
    return sales.groupby(store).bfill(limit=1)


@anything(*STORES)
def padded_outside(sales, store):
    return sales.groupby(store).transform(lambda v: v.interpolate(method="linear", limit_area="outside"))


@anything(*STORES)
def sums_of_three_around(units, store):
    def around(values):
        if len(values) < 3:
            return values * 1.0
        return pd.Series(np.convolve(values.fillna(0), [1, 1, 1], mode="same"), values.index)

    return units.groupby(store).transform(around)


@past(*STORES)
def sum_before(units, store):
    return units.groupby(store).cumsum() - units


@past()
def weekday_mean_so_far(units, day):
    return units.groupby(day.dt.dayofweek).transform(lambda v: v.expanding().mean())


@past(look=1)
def total_of_the_day_before(df):
    total = df.groupby("day")["units"].sum()
    return df["day"].map(total.shift(1, freq="D"))


@anything()
def total_of_the_next_day(df):
    total = df.groupby("day")["units"].sum()
    return df["day"].map(total.shift(-1))


# -- states --------------------------------------------------------------------------------------------------------


def scan(step, start, values, store):
    """The state of each store after each of its values."""
    states, out = {}, []
    for value, name in zip(values, store, strict=True):
        states[name] = step(states.get(name, start), value)
        out.append(states[name])
    return pd.Series(out, values.index)


@past(*STORES)
def hysteresis(units, store):
    return scan(lambda state, value: 1 if value > 35 else 0 if value < 4 else state, 0, units, store)


@past(*STORES)
def leaking_bucket(units, store):
    return scan(lambda state, value: min(60, max(0, state + value - 20)), 0, units, store)


@past(*STORES)
def clamped_walk(units, store):
    return scan(lambda state, value: min(3, max(0, state + (1 if value > 20 else -1))), 0, units, store)


@past(*STORES)
def toggled(promo, store):
    return scan(lambda state, value: 1 - state if value else state, 0, promo, store)


@past(*STORES)
def cooling_down(promo, store):
    return scan(lambda state, value: 5 if not state and value else max(0, state - 1), 0, promo, store)


@past(*STORES, rows=1)
def two_in_a_row(promo, store):
    return scan(lambda state, value: min(2, state + 1) if value else 0, 0, promo, store)


@past(*STORES)
def price_band(price, store):
    return scan(lambda state, value: value if abs(value - state) > 4 else state, 0.0, price, store)


@past(*STORES)
def logged_in(note, store):
    return scan(lambda state, value: {"fine": "in", "bad": "out"}.get(value, state), "out", note, store)


@past(*STORES)
def trend(price, store):
    def step(state, value):
        return value, state[1] + 1 if value > state[0] else state[1] if value == state[0] else 0

    return scan(step, (0.0, 0), price, store)


# -- clocks --------------------------------------------------------------------------------------------------------


@CLOCKS.row()
def local_hour(time):
    return time.dt.hour


@CLOCKS.row()
def night(time):
    return ~time.dt.hour.between(7, 19)


@CLOCKS.past("sensor", look=None)
def same_hour_yesterday(df):
    there = df[["sensor", "time", "value"]].drop_duplicates(["sensor", "time"])
    there = there.assign(time=there["time"] + pd.Timedelta(hours=24))
    return df[["sensor", "time"]].merge(there, on=["sensor", "time"], how="left")["value"].set_axis(df.index)


@CLOCKS.past("sensor", look=24)
def count_of_local_day_so_far(df):
    return df.groupby(["sensor", df["time"].dt.date]).cumcount()


@CLOCKS.any("sensor")
def largest_of_local_day(df):
    return df.groupby(["sensor", df["time"].dt.date])["value"].transform("max")


@CLOCKS.past("time", look=0)
def sensor_above_others(value, time):
    return value > value.groupby(time).transform("median")


@CLOCKS.any("sensor")
def next_hour_at_change(df):
    shift = df["time"].map(lambda t: t.utcoffset())
    moved = shift.groupby(df["sensor"]).diff().dt.total_seconds().fillna(0) != 0
    return df["value"].where(~moved, df.groupby("sensor")["value"].shift(-1))


@CLOCKS.any("sensor")
def next_at_midnight(df):
    return df["value"].where(df["time"].dt.hour != 0, df.groupby("sensor")["value"].shift(-1))


ALL_FOURTH = [*FOURTH, *CLOCKS]
