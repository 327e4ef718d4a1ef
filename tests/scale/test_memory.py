"""An input of three times the memory limit runs in parts; what needs all rows at once is refused in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's limits"),
]
FEATURES = """
def level(df):
    return df["a"] + df["b"] * df["c"]


def before(level, df):
    return level.groupby(df["store"]).shift(1)


def usual(level):
    return level.mean()


def above(level, usual):
    return level - usual


def everything(df):
    return df.drop(columns="store").rank().sum(axis=1)
"""
RUN = """
import json, re, resource, sys
from kernel_magics.cli.main import main

limit, *words = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
code = main(["run", "feats.py", *words])
size = re.search(r"VmPeak:\\s+(\\d+)", open("/proc/self/status").read())
print(json.dumps({"code": code, "size": int(size[1]) * 1024}))
"""
STORES, GROUPS = 40, 40
ROWS = 4_000_000
PARTED = ["--key", "store", "--executor", "processes", "-o", "out/"]


class Done(NamedTuple):
    """A run that ended: its exit code, the most address space that it had, and what it said."""

    code: int
    size: int
    said: str


def write(path: Path, rows: int, groups: int) -> int:
    """Write a table in groups of rows; returns the bytes that it takes in memory."""
    rng = np.random.default_rng(1)
    size, writer = 0, None
    for _ in range(groups):
        stores = np.array([f"s{store:02}" for store in range(STORES)])[np.arange(rows // groups) % STORES]
        numbers = {name: rng.normal(size=rows // groups) for name in "abcdefg"}
        frame = pd.DataFrame({"store": pd.array(stores, dtype="str"), **numbers})
        size += int(frame.memory_usage(index=False, deep=True).sum())
        table = pa.Table.from_pandas(frame, preserve_index=False)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return size


def run(folder: Path, file: str, outputs: str, limit: int, *words: str) -> Done:
    """`dagbook run` in a process of its own, whose address space and that of its workers is limited."""
    command = [sys.executable, "-c", RUN, str(limit), "--input", f"df={file}", "--outputs", outputs, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    return Done(told["code"], told["size"], done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module, and a small and a large file."""
    found = tmp_path_factory.mktemp("memory")
    (found / "feats.py").write_text(FEATURES.lstrip())
    return found


def test_an_input_of_three_times_the_limit(folder: Path) -> None:
    """In parts it runs, and gives what a run without a limit gives; at once, or whole, it does not fit."""
    write(folder / "small.parquet", 40_000, 2)
    size = write(folder / "large.parquet", ROWS, GROUPS)
    base = run(folder, "small.parquet", "level,before,above", 0, *PARTED)
    assert base.code == 0, base.said
    limit = base.size + size // 3

    parted = run(folder, "large.parquet", "level,before", limit, *PARTED)
    assert parted.code == 0, parted.said
    assert len(list((folder / "out" / "level").iterdir())) > 4
    table = pd.read_parquet(folder / "large.parquet", columns=["store", "a", "b", "c"])
    found = pd.read_parquet(folder / "out" / "level").sort_index()
    level = table["a"] + table["b"] * table["c"]
    assert np.array_equal(found["level"], level)
    assert np.array_equal(found["before"], level.groupby(table["store"]).shift(1), equal_nan=True)
    del table, found, level

    plain = run(folder, "large.parquet", "level,before", limit, "-o", "plain.parquet")
    assert plain.code == 1
    assert "emory" in plain.said
    assert not (folder / "plain.parquet").exists()

    whole = run(folder, "large.parquet", "everything", limit, *PARTED[:-1], "whole/")
    assert whole.code == 1
    assert "DB344 all rows of 'df' are needed at once, and do not fit into memory" in whole.said
    assert "Hint: --plan shows which node needs all rows" in whole.said
    assert not (folder / "whole").exists()
