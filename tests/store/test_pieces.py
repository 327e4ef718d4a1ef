"""Large frames are written, and compared with what was written, piece by piece."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics.store import arrow_, pandas_
from kernel_magics.values import VALUES

ROWS = 3000
VALUE = {
    "numbers": pd.DataFrame({"a": np.arange(ROWS), "b": np.linspace(0, 1, ROWS)}),
    "gaps first": pd.DataFrame({"a": pd.Series([None] * (ROWS - 1) + ["x"])}),
    "texts": pd.DataFrame({"a": (np.arange(ROWS) % 7).astype(str)}),
    "categories": pd.DataFrame({"a": pd.Categorical.from_codes(np.arange(ROWS) % 3, ["x", "y", "z"])}),
    "days": pd.DataFrame({"a": np.arange(ROWS)}, index=pd.date_range("2020", periods=ROWS, name="d")),
    "levels": pd.DataFrame(
        {"a": np.arange(ROWS)},
        index=pd.MultiIndex.from_product([["x", "y", "z"], range(ROWS // 3)], names=["k", None]),
    ),
    "two names": pd.DataFrame(np.ones((ROWS, 2)), columns=["a", "a"]),
    "a series": pd.Series(np.arange(ROWS) % 5, dtype="Int8", name=("a", 1)),
    "an index": pd.Index(np.arange(ROWS) * 1.5, name="i"),
    "nothing": pd.DataFrame({"a": pd.Series([], dtype="str")}),
    "no columns": pd.DataFrame(index=pd.RangeIndex(5, 5 + ROWS)),
}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of so few bytes and rows that the values have several."""
    monkeypatch.setattr(pandas_, "_PIECE", 1 << 10)
    monkeypatch.setattr(arrow_, "_BATCH", 700)


@pytest.mark.parametrize("kind", VALUE)
def test_a_value_comes_back_from_its_pieces(kind: str, tmp_path: Path) -> None:
    """Types that only a later piece shows, indexes of all kinds, double names, no rows, no columns."""
    value, path = VALUE[kind], tmp_path / "f"
    facts = pandas_.write(value, path)
    assert pandas_.holds(value, path, facts)
    assert VALUES.digest(pandas_.read(path, facts)) == VALUES.digest(value)


def changed(value: Any, place: int) -> Any:
    """The value with one other cell, or one row less."""
    if isinstance(value, pd.Index):
        return value.delete(place)
    other = value.copy()
    if place < len(value):
        return value.drop(value.index[place])
    return other


@pytest.mark.parametrize("kind", ["numbers", "texts", "categories", "days", "levels", "a series", "an index"])
@pytest.mark.parametrize("place", [0, 1500, ROWS - 1])
def test_a_file_of_another_value_is_not_taken(kind: str, place: int, tmp_path: Path) -> None:
    """A row less anywhere, a row that differs in the last piece, another name, another index."""
    value, path = VALUE[kind], tmp_path / "f"
    facts = pandas_.write(value, path)
    assert not pandas_.holds(changed(value, place), path, facts)
    if kind == "numbers":
        other = value.copy()
        other.iloc[place, 1] = -1.0
        assert not pandas_.holds(other, path, facts)
        assert not pandas_.holds(value.rename(columns={"a": "c"}), path, facts)
        assert not pandas_.holds(value.set_axis(range(1, ROWS + 1)), path, facts)
        assert not pandas_.holds(value.astype({"a": "int32"}), path, facts)


MEASURE = """
import re, tempfile
from pathlib import Path
import numpy as np, pandas as pd
from kernel_magics.engine.session.store import Result
from kernel_magics.store import DiskStore, secret
from kernel_magics.values import VALUES

folder = Path(tempfile.mkdtemp(dir="."))
secret._home = lambda: folder / "home"
store = DiskStore(folder / "cache")

def put(key, rows):
    made = {f"c{i}": np.random.default_rng(i).random(rows) for i in range(8)}
    frame = pd.DataFrame({**made, "n": np.arange(rows), "t": pd.Categorical.from_codes(np.arange(rows) % 3, list("abc"))})
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    before = memory("VmRSS")
    store.put(key, "x", Result(frame, VALUES.digest(frame), 0.0, 0.0))
    store.flush()
    return before, memory("VmHWM"), frame.memory_usage().sum()

def memory(what):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

put("a" * 40, 1000)
before, peak, size = put("b" * 40, 5_500_000)
assert len(list(folder.rglob("*.pandas"))) == 2
if READS:
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    found = store.get("b" * 40)
    peak = memory("VmHWM")
    assert found is not None
    found.value.iloc[0, 0] = 5.0
print((peak - before) / size)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak of memory")
def test_writing_a_frame_takes_a_fifth_of_it(tmp_path: Path) -> None:
    """Beside the frame itself, while 400 MB are written and compared; it was four times the frame."""
    assert measured(tmp_path, reads=False) < 0.2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak of memory")
def test_reading_a_frame_takes_no_second_one(tmp_path: Path) -> None:
    """The frame itself, and a part of its columns (1.56 to 1.61 times in all); it was three times the frame."""
    assert measured(tmp_path, reads=True) < 2


def measured(folder: Path, reads: bool) -> float:
    """The peak of memory while a frame of 400 MB is kept or read, as a share of it."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", f"READS = {reads}\n{MEASURE}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)
