"""The second zoo: functions that were labelled before the code saw them; what they showed has been mended since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.nature.labels import SHOP_KEYS, STORES, Zoo

SECOND = Zoo("shop", SHOP_KEYS)
row, past, anything = SECOND.row, SECOND.past, SECOND.any


@row()
def logarithm(price):
    return np.log(price)


@row()
def for_each_unit(df):
    return df["price"] / df["units"].replace(0, np.nan)


@row()
def some_stores(store):
    return store.isin(["s1", "s4"])


@row()
def choices_in_choices(sales, units):
    return np.where(units > 35, sales, np.where(units > 1000, -1.0, 0.0))


@row()
def labelled_bins(price):
    return pd.cut(price, [0, 5, 10, np.inf], labels=["lo", "mid", "hi"])


@row()
def queried(df):
    return df.query("promo and price > 3")[["store", "day", "price"]]


@row()
def largest_of_two(df):
    return df[["price", "units"]].max(axis=1)


@row()
def net(df):
    return df.assign(net=lambda rows: rows["price"] * 0.81)[["net", "store"]]


@anything()
def standardised(price):
    return (price - price.mean()) / price.std()


@anything()
def winsorised(price):
    low, high = price.quantile([0.05, 0.95])
    return price.clip(low, high)


@anything()
def last_tenth(df):
    return df.tail(max(1, len(df) // 10))


@anything()
def top_categories(category):
    top = category.value_counts().head(3).index
    return category.where(category.isin(top), "rest")


@anything("category")
def rank_in_category(price, category):
    return price.groupby(category).rank(ascending=False)


@anything(*STORES)
def against_store_mean(price, store):
    return price - price.groupby(store).transform("mean")


@anything(*STORES)
def last_of_store(units, store):
    return units.groupby(store).transform("last")


@past(*STORES)
def first_of_store(units, store):
    return units.groupby(store).transform("first")


@anything()
def mean_if_small(price, store):
    groups = price.groupby(store)
    return groups.transform("mean").where(groups.transform("size") >= 10, price.mean())


@past(*STORES, rows=13)
def largest_of_fourteen(units, store):
    return units.groupby(store).transform(lambda values: values.rolling(14, min_periods=1).max())


@past(*STORES, rows=3)
def three_before(sales, store):
    return sales.groupby(store).shift(3)


@past(*STORES)
def mean_so_far(sales, store):
    return sales.groupby(store).cumsum() / (sales.groupby(store).cumcount() + 1)


@past(*STORES)
def filled_forward(sales, store):
    return sales.groupby(store).ffill()


@anything(*STORES)
def filled_both_ways(sales, store):
    return sales.groupby(store).ffill().fillna(sales.groupby(store).bfill())


@anything()
def filled_with_the_mean(sales, store):
    return sales.groupby(store).ffill().fillna(sales.mean())


@past("region", "day", look=0)
def rank_in_region(price, region, day):
    return price.groupby([region, day]).rank()


@past(look=2)
def three_day_total(df):
    return df["day"].map(df.groupby("day")["units"].sum().rolling("3D").sum())


@past(look=6)
def week_mean_of_all(df):
    return df.set_index("day")["price"].rolling("7D").mean().groupby(level=0).last()


def _at(df: pd.DataFrame, days: int) -> pd.Series:
    there = df[["store", "day", "units"]].assign(day=df["day"] + pd.Timedelta(days=days))
    there = there.drop_duplicates(["store", "day"])
    return df[["store", "day"]].merge(there, on=["store", "day"], how="left")["units"].set_axis(df.index)


@past(*STORES, look=1)
def yesterday(df):
    return _at(df, 1)


@anything(*STORES)
def tomorrow(df):
    return _at(df, -1)


@past(*STORES)
def below_the_peak(price, store):
    return price / price.groupby(store).cummax() - 1


@past(*STORES)
def half_life(price, store):
    return price.groupby(store).transform(lambda values: values.ewm(halflife=2).mean())


@anything()
def month_total(units, day):
    return units.groupby(day.dt.to_period("M")).transform("sum")


@past()
def month_so_far(units, day):
    return units.groupby(day.dt.to_period("M")).cumsum()


@anything(*STORES)
def share_of_week(df):
    weeks = [df["store"], df["day"].dt.to_period("W")]
    return df["units"] / df["units"].groupby(weeks).transform("sum")


@anything()
def components(df):
    centred = df[["price", "units"]].to_numpy(float)
    centred = centred - centred.mean(0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2].T


@anything()
def fitted_line(df):
    slope, start = np.polyfit(df["units"], df["price"], 1)
    return df["units"] * slope + start


@anything("category")
def mean_of_others(sales, category):
    groups = sales.groupby(category)
    return (groups.transform("sum") - sales) / (groups.transform("count") - 1).clip(lower=1)


@past("category")
def mean_of_earlier(units, category):
    groups = units.groupby(category)
    return (groups.cumsum() - units) / groups.cumcount().clip(lower=1)


@anything()
def is_largest(price):
    return price == price.max()


@anything()
def sorted_anew(df):
    return df.sort_values(["price", "units"], ignore_index=True)


@anything()
def cheapest_of_each(df):
    return df.sort_values("price").drop_duplicates("store")


@anything()
def scaled_if_wide(price):
    return price / price.max() if price.max() / price.min() > 1000 else price


@anything()
def share_for_missing(sales):
    return sales.fillna(sales.isna().mean())


@anything()
def padded(note):
    return note.str.ljust(note.str.len().max())


@anything()
def smallest_type(units):
    return pd.to_numeric(units, downcast="integer").astype(str) + str(units.max() > 1000)


@past()
def note_seen(note):
    return note.duplicated()


@anything()
def note_ever_seen(note):
    return note.duplicated(keep=False)


@past(*STORES)
def sessions(day, store):
    return (day.groupby(store).diff() > pd.Timedelta(days=2)).groupby(store).cumsum()


@past()
def days_since_start(day):
    return (day - day.min()).dt.days


@past("day", look=0)
def dense_rank_of_day(price, day):
    return price.groupby(day).rank(method="dense")


@past("day", look=0)
def highest_of_day(df):
    return df.groupby("day")["price"].max()


@past(*STORES, rows=29)
def against_thirty(price, store):
    means = price.groupby(store).transform(lambda values: values.rolling(30, min_periods=5).mean())
    return price - means
