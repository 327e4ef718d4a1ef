"""The sixth zoo: arrays that wrap or widen, duplicates, rows counted from the end, scikit-learn, merges with itself.

Labelled before the code saw them. No verdict was wrong; four labels were: a duplicate within a store and a merge on
stores are of the store, and two functions need so many rows of the past.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.preprocessing import LabelEncoder, PolynomialFeatures, StandardScaler

from tests.nature.labels import SHOP_KEYS, STORES, Zoo

SIXTH = Zoo("shop", SHOP_KEYS)
row, past, anything = SIXTH.row, SIXTH.past, SIXTH.any


@anything()
def rolled_around(units):
    return pd.Series(np.roll(units.to_numpy(), 1), units.index)


@anything()
def convolved_same(price):
    return pd.Series(np.convolve(price.fillna(0).to_numpy(), [1, 1, 1], "same"), price.index)


@past(rows=2)
def convolved_full(price):
    return pd.Series(np.convolve(price.fillna(0).to_numpy(), [1, 1, 1], "full")[: len(price)], price.index)


@anything(*STORES)
def count_down(units, store):
    return units.groupby(store).cumcount(ascending=False)


@anything(*STORES)
def last_rows(df):
    return df.groupby("store").tail(1)["units"]


@anything(*STORES)
def kept_last(df):
    return df.drop_duplicates("store", keep="last")["price"]


@anything(*STORES)
def any_twin(df):
    return df.duplicated(["store", "units"], keep=False)


@past(*STORES)
def twin_before(df):
    return df.duplicated(["store", "units"], keep="first")


@anything()
def digitized_at_means(price):
    return pd.Series(np.digitize(price.fillna(0), [price.mean()]), price.index)


@row()
def digitized(price):
    return pd.Series(np.digitize(price.fillna(0), [2.0, 5.0, 9.0]), price.index)


@anything()
def position_sorted(price):
    return pd.Series(np.searchsorted(np.sort(price.fillna(0)), price.fillna(0)), price.index)


@anything(*STORES)
def moved_mean_back(units, store):
    return units.groupby(store).transform(lambda s: s.rolling(7, min_periods=1).mean().shift(-3))


@past(*STORES, rows=7)
def pct_week(price, store):
    return price.groupby(store).pct_change(7, fill_method=None)


@past(*STORES)
def not_adjusted(price, store):
    return price.groupby(store).transform(lambda s: s.ewm(span=5, adjust=False).mean())


@anything()
def scaled_sklearn(df):
    return pd.Series(StandardScaler().fit_transform(df[["units"]].astype(float))[:, 0], df.index)


@row()
def poly_sklearn(df):
    return pd.DataFrame(PolynomialFeatures(2).fit_transform(df[["units"]].astype(float)), df.index)


@anything()
def labels_sklearn(store):
    return pd.Series(LabelEncoder().fit_transform(store.astype(str)), store.index)


@anything()
def fourier(price):
    return pd.Series(np.abs(np.fft.fft(price.fillna(0).to_numpy())), price.index)


@past(*STORES)
def gain_so_far(price, store):
    return price / price.groupby(store).cummax()


@anything(*STORES)
def gain_backwards(price, store):
    return price[::-1].groupby(store).cummax().sort_index()


@past("day", look=0)
def centred_by_day(price, day):
    return price - price.groupby(day).transform("median")


@anything(*STORES)
def next_valid(sales, store):
    return sales.groupby(store).bfill(limit=1)


@anything(*STORES)
def first_to_last(price, store):
    return price.groupby(store).transform("last") - price.groupby(store).transform("first")


@anything()
def half_of_rows(price):
    return price.where(np.arange(len(price)) < len(price) / 2)


@past(*STORES)
def place_in_store(units, store):
    return units.groupby(store).cumcount() % 2


@anything()
def rank_pct(price):
    return price.rank(pct=True)


@row()
def rounded_half_even(price):
    return (price * 2).round() / 2


@anything()
def most_common_note(note):
    return note.eq(note.value_counts().index[0])


@anything(*STORES)
def next_if_promo_next(df):
    p = df.groupby("store")["promo"].shift(-1)
    return df["units"].where(~p.eq(True), 0)


@anything(*STORES)
def mean_excluding_self(units, store):
    g = units.groupby(store)
    return (g.transform("sum") - units) / (g.transform("count") - 1)


@past(*STORES)
def mean_of_previous(units, store):
    return units.groupby(store).transform(lambda s: s.shift().expanding().mean())


@anything(*STORES)
def merged_with_itself_next(df):
    nxt = df.assign(day=df["day"] - pd.Timedelta("1D"))[["store", "day", "units"]].drop_duplicates(
        ["store", "day"]
    )
    return df.merge(nxt, on=["store", "day"], how="left", suffixes=("", "_n"))["units_n"].set_axis(df.index)
