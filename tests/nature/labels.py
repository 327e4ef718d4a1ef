"""A label is what a person knows of a function; the zoo holds functions with their labels."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

NEVER: Final = float("inf")
"""A look-back without an end."""

SHOP_KEYS: Final = ("store", "region", "category", "day")
STORES: Final = frozenset({"store", "region"})  # every store lies in one region
ALL: Final = frozenset(SHOP_KEYS)

Function = Callable[..., Any]


@dataclass(frozen=True)
class Label:
    """What is true of a function.

    Attributes:
        row: each row depends on the same row.
        keys: the keys by which it may be parted.
        pit: no row depends on later ones, nor does it depend on them which rows there are.
        look: steps of time that suffice for the same new rows; None: not asked.
        rows: rows (of a key, where it is key-wise) that suffice; asked only where no length of time does.
        stable: the same inputs give the same value.
        hard: it holds, but experiments are not expected to show it.
    """

    function: Function
    world: str
    row: bool = False
    keys: frozenset[str] = frozenset()
    pit: bool = False
    look: float | None = None
    rows: float = NEVER
    stable: bool = True
    hard: bool = False

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__


class Zoo(list[Label]):
    """Functions, each added with its label by a decorator."""

    def __init__(self, world: str, keys: Collection[str]) -> None:
        super().__init__()
        self.world, self.keys = world, frozenset(keys)

    def row(self, hard: bool = False) -> Callable[[Function], Function]:
        """The function is row-wise."""
        return self._add(row=True, keys=self.keys, pit=True, look=0, hard=hard)

    def past(
        self,
        *keys: str,
        look: float | None = NEVER,
        rows: float = NEVER,
        hard: bool = False,
    ) -> Callable[[Function], Function]:
        """The function is point-in-time, by these keys."""
        return self._add(keys=frozenset(keys), pit=True, look=look, rows=rows, hard=hard)

    def any(self, *keys: str, stable: bool = True) -> Callable[[Function], Function]:
        """The function reads rows of any time, by these keys."""
        return self._add(keys=frozenset(keys), stable=stable)

    def _add(self, **label: Any) -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.append(Label(function, self.world, **label))
            return function

        return add


def shop(stores: int = 6, days: int = 60, seed: int = 0) -> pd.DataFrame:
    """One row for each day and store, by day."""
    rng = np.random.default_rng(seed)
    n = stores * days
    number = np.tile(np.arange(stores), days)
    return pd.DataFrame(
        {
            "store": [f"s{i}" for i in number],
            "region": np.where(number % 2 == 0, "north", "south"),
            "day": np.repeat(pd.date_range("2024-01-01", periods=days), stores),
            "category": rng.choice(["a", "b", "c", "d"], n),
            "sales": pd.Series(rng.gamma(2.0, 50.0, n).round(2)).mask(rng.random(n) < 0.05),
            "price": rng.uniform(1, 20, n).round(2),
            "units": rng.integers(0, 40, n),
            "promo": rng.random(n) < 0.2,
            "note": rng.choice(["Great value", "bad", "so so, but OK", "never again", "fine"], n),
        }
    )


def sensors(many: int = 3, hours: int = 130, seed: int = 0) -> pd.DataFrame:
    """Readings each hour by the clock of New York, in the days around the change to summer time."""
    rng = np.random.default_rng(seed)
    moments = pd.date_range("2024-03-08", periods=hours, freq="h", tz="America/New_York")
    return pd.DataFrame(
        {
            "sensor": np.tile([f"x{i}" for i in range(many)], hours),
            "time": np.repeat(moments, many),
            "value": rng.normal(20, 5, many * hours).round(3),
        }
    )
