"""What values take in memory together: what several of them share counts once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from kernel_magics.engine.values import footprint as module
from kernel_magics.engine.values.footprint import footprint

ARRAY = np.zeros(100_000)
FRAME = pd.DataFrame({"a": np.arange(100_000.0), "s": ["a text"] * 100_000})
TABLE = pa.table({"a": np.arange(100_000), "b": np.arange(100_000)})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([ARRAY], ARRAY.nbytes),
        ([ARRAY, ARRAY[:10], ARRAY.reshape(10, -1)], ARRAY.nbytes),
        ([ARRAY[:10].copy()], 80),
        ([FRAME], FRAME.memory_usage(deep=True).sum()),
        ([FRAME, FRAME.copy(deep=False), FRAME["a"]], FRAME.memory_usage(deep=True).sum()),
        ([FRAME, FRAME.copy(deep=False).assign(b=1.0)], FRAME.memory_usage(deep=True).sum() + 800_000),
        ([TABLE, TABLE.slice(5), TABLE.select(["a"]), TABLE.column("b")], TABLE.nbytes),
        ([pl.DataFrame({"a": range(100_000)})], 800_000),
        ([{"k": [ARRAY]}, ARRAY], ARRAY.nbytes),
    ],
)
def test_shared_parts_count_once(values: list[Any], expected: int) -> None:
    """Views count as the array that they keep, copies of frames by their own columns alone."""
    total, whole = footprint(values)
    assert whole
    assert expected <= total <= expected * 1.01 + 2_000


def test_objects_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members of two lists count once; of too many objects the least is told; a class that raises is no obstacle."""
    members = [f"a text of {number}" for number in range(1_000)]
    alone, both = footprint([members])[0], footprint([members, list(members)])[0]
    assert alone < both < alone + 9_000

    class Rude:
        def __sizeof__(self) -> int:
            raise ValueError

    assert footprint([Rude()])[1]
    monkeypatch.setattr(module, "_MOST", 100)
    assert footprint([members])[1] is False


def test_programs_are_no_values() -> None:
    """A function, its module and its class do not count, though values refer to them."""
    assert (
        footprint([len, pytest, FRAME.sum, type(FRAME)])[0]
        < FRAME.memory_usage(deep=True).sum() * 1.01 + 2_000
    )
    assert footprint([footprint, pd])[0] == 0
