"""Feature code that the generator of examples was tuned with, for the mutation benchmark."""

CELLS = [
    """%%setup
import numpy as np
import pandas as pd

TIERS = {"free": 0, "basic": 1, "pro": 2}
""",
    """%%inputs
orders: pd.DataFrame = pd.DataFrame({
    "customer": [f"c{n * 7 % 11}" for n in range(120)],
    "day": pd.date_range("2025-01-01", periods=120, freq="13h"),
    "amount": [round(20 + 15 * ((n * 37) % 17) / 3 - (n % 9), 2) for n in range(120)],
    "quantity": [1 + (n * 5) % 6 for n in range(120)],
    "coupon": [None if n % 4 else ["SAVE10", "VIP", "save5"][n % 3] for n in range(120)],
})
customers: pd.DataFrame = pd.DataFrame({
    "customer": [f"c{n}" for n in range(11)],
    "tier": ["free", "basic", "pro", "free", "gold", "basic", "free", "pro", "basic", "free", "free"],
    "joined": pd.to_datetime(["2024-03-01", "2023-11-15", "2024-12-30", "2022-06-01", "2024-07-19", "2025-01-02",
                              "2021-02-28", "2023-05-05", "2024-10-10", "2024-02-29", "2024-12-31"]),
    "email": ["a@x.com", "B@Y.ORG", None, "d@x.com", "e@mail.x.com", "f", "g@y.org", "H@X.com", "", "j@z.net", "k@x.com"],
})
load: pd.Series = pd.Series(
    [50 + 10 * np.sin(n / 3.0) + (n % 5) - (40 if n == 30 else 0) for n in range(60)],
    index=pd.date_range("2025-03-01", periods=60, freq="h"), name="load",
)
""",
    """%%params
half_life: float = 3.0
cap: float = 90.0
sessions_gap: int = 2
""",
    """%%node
def revenue(orders: pd.DataFrame) -> pd.Series:
    "Amount after coupons, never below zero."
    coupon = orders["coupon"].str.upper().fillna("")
    rate = np.select([coupon == "SAVE10", coupon == "VIP", coupon == "SAVE5"], [0.10, 0.25, 0.05], 0.0)
    gross = orders["amount"] * orders["quantity"]
    return (gross * (1 - rate)).clip(lower=0).round(2)


def days_between(orders: pd.DataFrame) -> pd.Series:
    "Days since the customer's previous order; -1 for the first."
    previous = orders.groupby("customer")["day"].shift(1)
    return (orders["day"] - previous).dt.total_seconds().div(86400).fillna(-1)


def new_session(days_between: pd.Series, sessions_gap: int) -> pd.Series:
    return (days_between < 0) | (days_between > sessions_gap)


def session_number(orders: pd.DataFrame, new_session: pd.Series) -> pd.Series:
    return new_session.astype(int).groupby(orders["customer"]).cumsum()


def share_of_day(orders: pd.DataFrame, revenue: pd.Series) -> pd.Series:
    day = orders["day"].dt.normalize()
    total = revenue.groupby(day).transform("sum")
    return (revenue / total).where(total > 0, 0.0)


def spender(revenue: pd.Series, cap: float) -> pd.Series:
    bins = [-np.inf, 25, 60, cap, np.inf]
    return pd.cut(revenue, bins, labels=["low", "mid", "high", "whale"]).astype(str)
""",
    """%%node
def tier_rank(customers: pd.DataFrame) -> pd.Series:
    rank = customers["tier"].map(TIERS).fillna(-1).astype(int)
    return rank.set_axis(customers["customer"])


def domain(customers: pd.DataFrame) -> pd.Series:
    "The company behind an address; 'unknown' where there is none."
    parts = customers["email"].str.strip().str.lower().str.rsplit("@", n=1).str
    host = parts[1].where(customers["email"].str.contains("@", na=False))
    return host.str.split(".").str[-2].fillna("unknown")


def tenure_months(customers: pd.DataFrame) -> pd.Series:
    until = pd.Timestamp("2025-02-01")
    months = (until.year - customers["joined"].dt.year) * 12 + until.month - customers["joined"].dt.month
    return months - (customers["joined"].dt.day > 15)


def order_tier(orders: pd.DataFrame, tier_rank: pd.Series) -> pd.Series:
    return orders["customer"].map(tier_rank).fillna(-2)
""",
    """%%node smooth
# Exponentially weighted load.
load.ewm(halflife=half_life, min_periods=2).mean()
""",
    """%%node
def anomaly(load: pd.Series, smooth: pd.Series) -> pd.Series:
    error = load - smooth.shift(1)
    scale = error.rolling(12, min_periods=4).std()
    z = error / scale.replace(0, np.nan)
    return z.abs() > 2.5


def night(load: pd.Series) -> pd.Series:
    hour = load.index.hour
    return pd.Series((hour < 6) | (hour >= 22), index=load.index)


def streak(load: pd.Series) -> pd.Series:
    "How many hours the load has been rising."
    rising = load.diff() > 0
    run = (rising != rising.shift(1)).cumsum()
    return rising.astype(int).groupby(run).cumsum()


def peak_hour(load: pd.Series) -> int:
    by_hour = load.groupby(load.index.hour).max()
    if by_hour.empty or by_hour.isna().all():
        return -1
    return int(by_hour.idxmax())


def grade(peak_hour: int, cap: float) -> str:
    if peak_hour < 0:
        return "none"
    if peak_hour >= 18 or cap < 50:
        return "late"
    elif 7 <= peak_hour <= 9:
        return "commute"
    return "day" if peak_hour > 9 else "early"
""",
    """%%node lag_{k} --for k=1,24
load.shift(k).fillna(load.mean())
""",
    """%%node season_sin, season_cos
hour = load.index.hour + load.index.dayofweek * 24
season_sin = pd.Series(np.sin(2 * np.pi * hour / 168), index=load.index)
season_cos = pd.Series(np.cos(2 * np.pi * hour / 168), index=load.index)
""",
    """%%check revenue
revenue >= 0  # never negative
revenue.isna().mean() < 0.2
""",
]
