"""Feature code that the generator of examples was never tuned on, for the mutation benchmark."""

CELLS = [
    """%%setup
import math
import numpy as np
import pandas as pd

HOLIDAYS = pd.to_datetime(["2025-01-01", "2025-04-18", "2025-05-01"])
RISK = {"A": 0.5, "B": 1.0, "C": 2.5}
FREEZING = 32.0

def celsius(f):
    return (f - FREEZING) * 5 / 9
""",
    """%%inputs
loans: pd.DataFrame = pd.DataFrame({
    "id": range(80),
    "grade": [["A", "B", "C", None][n * 3 % 4] for n in range(80)],
    "principal": [1000.0 + 250 * (n * 13 % 29) for n in range(80)],
    "rate": [0.02 + 0.005 * (n % 12) for n in range(80)],
    "months": [12 * (1 + n % 5) for n in range(80)],
    "paid": [float(100 * (n * 7 % 40)) if n % 9 else None for n in range(80)],
    "start": pd.date_range("2024-01-05", periods=80, freq="6D"),
})
trips: pd.DataFrame = pd.DataFrame({
    "vehicle": [["bus", "tram", "bike"][n * 5 % 3] for n in range(90)],
    "begin": pd.date_range("2025-04-12 05:30", periods=90, freq="97min"),
    "minutes": [3 + (n * 11) % 50 for n in range(90)],
    "km": [round(0.4 + 0.35 * ((n * 17) % 31), 2) if n != 12 else 0.0 for n in range(90)],
    "note": [["ok", "Late: 5 min", "late: 12 min", "", "Broken door"][n % 5] for n in range(90)],
})
fahrenheit: pd.Series = pd.Series([20 + 60 * abs(math.sin(n / 7)) for n in range(100)], name="f")
age: int = 42
weight: float = 81.5
smoker: bool = False
""",
    """%%params
grace: int = 30
alpha: float = 0.3
""",
    """%%node
def instalment(loans: pd.DataFrame) -> pd.Series:
    "Monthly payment of an annuity."
    monthly = loans["rate"] / 12
    factor = 1 - (1 + monthly) ** -loans["months"]
    payment = loans["principal"] * monthly / factor
    return payment.where(monthly > 0, loans["principal"] / loans["months"])


def open_balance(loans: pd.DataFrame) -> pd.Series:
    return (loans["principal"] - loans["paid"].fillna(0)).clip(lower=0)


def overdue(loans: pd.DataFrame, open_balance: pd.Series, grace: int) -> pd.Series:
    due = loans["start"] + pd.to_timedelta(loans["months"] * 30 + grace, unit="D")
    return (due < pd.Timestamp("2025-06-30")) & (open_balance > 100)


def risk_weight(loans: pd.DataFrame, overdue: pd.Series) -> pd.Series:
    weight = loans["grade"].map(RISK).fillna(max(RISK.values()))
    return np.where(overdue, weight * 2, weight) * loans["principal"] / 1000


def exposure(loans: pd.DataFrame, risk_weight: pd.Series) -> pd.DataFrame:
    table = loans.assign(weight=risk_weight).groupby("grade", dropna=False)
    out = table.agg(total=("weight", "sum"), count=("id", "count"), longest=("months", "max"))
    out["mean"] = out["total"] / out["count"]
    return out.sort_values("total", ascending=False)
""",
    """%%node
def speed(trips: pd.DataFrame) -> pd.Series:
    hours = trips["minutes"] / 60
    return (trips["km"] / hours).replace([np.inf, -np.inf], np.nan)


def rush(trips: pd.DataFrame) -> pd.Series:
    "Working days at 7 to 9 and 16 to 18 o'clock."
    begin = trips["begin"].dt
    working = (begin.dayofweek < 5) & ~begin.normalize().isin(HOLIDAYS)
    return working & (begin.hour.between(7, 9) | begin.hour.isin([16, 17, 18]))


def delay(trips: pd.DataFrame) -> pd.Series:
    found = trips["note"].str.lower().str.extract(r"late: (\\d+) min")[0]
    return found.astype(float).fillna(0)


def slow(speed: pd.Series, trips: pd.DataFrame) -> pd.Series:
    usual = speed.groupby(trips["vehicle"]).transform("median")
    return speed < 0.75 * usual


def route_score(speed: pd.Series, delay: pd.Series, rush: pd.Series) -> pd.Series:
    base = 100 - 2 * delay - np.where(rush, 5, 0)
    bonus = (speed.rank(pct=True) * 10).fillna(0)
    return (base + bonus).round(1)


def best_vehicle(trips: pd.DataFrame, route_score: pd.Series) -> str:
    means = route_score.groupby(trips["vehicle"]).mean().dropna()
    if len(means) < 2:
        return "unclear"
    return str(means.idxmax())
""",
    """%%node
def warm(fahrenheit: pd.Series) -> pd.Series:
    c = celsius(fahrenheit)
    return c.rolling(5, center=True, min_periods=3).mean() >= 18


def degree_days(fahrenheit: pd.Series) -> pd.Series:
    c = celsius(fahrenheit)
    return np.maximum(15 - c, 0).cumsum()


def cold_spells(fahrenheit: pd.Series) -> int:
    cold = celsius(fahrenheit) <= 0
    starts = cold & ~cold.shift(1, fill_value=False)
    return int(starts.sum())


def smoothed(fahrenheit: pd.Series, alpha: float) -> list[float]:
    out = []
    level = None
    for value in fahrenheit:
        if level is None or math.isnan(level):
            level = value
        else:
            level = alpha * value + (1 - alpha) * level
        out.append(level)
    return out
""",
    """%%node
def dose(age: int, weight: float, smoker: bool) -> float:
    if weight <= 0 or age < 0:
        raise ValueError("weight and age must be positive")
    base = weight * 1.5
    if age < 12:
        base *= 0.5
    elif age >= 65:
        base *= 0.8
    if smoker and age > 17:
        base += 10
    return round(min(base, 150), 1)


def label(dose: float) -> str:
    for limit, name in [(20, "tiny"), (60, "small"), (120, "normal")]:
        if dose < limit:
            return name
    return "large"
""",
    """%%check speed
speed.dropna() < 250  # slower than a train
speed.notna().mean() > 0.5
""",
]
