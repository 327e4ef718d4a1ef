"""Weather features of many airports: pandas at once, runs in parts on each executor, and what people write by hand.

Run it with `python -m benchmarks.scale [--airports 200] [--rows 5000000] [--on processes,dask]`. Executors whose
library is not installed are left out. Each contender runs in a process of its own, from Parquet to Parquet. By hand
is the same code in partitions of the file: with pandas, with Dask's `map_partitions`, with Spark's `mapInPandas`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

FEATURES = '''
import numpy as np
import pandas as pd


def _lag(values, hours):
    return values.groupby(level="airport").shift(hours)


def _rolling(values, hours, how):
    return values.groupby(level="airport").rolling(hours, min_periods=1).agg(how).droplevel(0)


def readings(weather):
    """One row for each airport and hour, in order."""
    return weather.set_index(["airport", "time"]).sort_index()


def temperature(readings):
    return (readings["temp"] - 32) * 5 / 9


def spread(readings):
    return (readings["temp"] - readings["dewp"]) * 5 / 9


def wind(readings):
    return readings["wind"] * 1.609344


def rain(readings):
    return readings["rain"] * 25.4


def dry(rain):
    spells = (rain > 0).groupby(level="airport").cumsum()
    return (rain == 0).groupby([spells.index.get_level_values("airport"), spells]).cumsum()


def chill(temperature, wind):
    power = wind**0.16
    felt = 13.12 + 0.6215 * temperature - 11.37 * power + 0.3965 * temperature * power
    return felt.where((temperature <= 10) & (wind > 4.8), temperature)


def anomaly(temperature):
    return temperature - _rolling(temperature, 168, "mean")


def climate(temperature):
    """The mean of each hour of the day, over all airports."""
    return temperature.groupby(temperature.index.get_level_values("time").hour).mean()


def above_climate(temperature, climate):
    hours = temperature.index.get_level_values("time").hour
    return temperature - climate.reindex(hours).to_numpy()


def share_wet(rain):
    """How many airports have rain in an hour."""
    return (rain > 0).groupby(level="time").mean()


def wet_elsewhere(rain, share_wet):
    return share_wet.reindex(rain.index.get_level_values("time")).to_numpy() - 0.01 * (rain > 0)
'''
FAMILIES = {
    "temperature_lag_{0}": ("temperature", "_lag(temperature, {0})", [(1,), (2,), (3,), (6,), (24,)]),
    "temperature_{1}_{0}": (
        "temperature",
        '_rolling(temperature, {0}, "{1}")',
        [(24, "min"), (24, "max"), (168, "median")],
    ),
    "rain_sum_{0}": ("rain", '_rolling(rain, {0}, "sum")', [(3,), (6,), (24,)]),
    "wind_{1}_{0}": (
        "wind",
        '_rolling(wind, {0}, "{1}")',
        [(6, "mean"), (24, "mean"), (6, "max"), (24, "max"), (24, "std")],
    ),
}
OUTPUTS = "temperature spread wind rain dry chill anomaly above_climate wet_elsewhere".split()  # noqa: SIM905
for _name, (_reads, _body, _members) in FAMILIES.items():
    for _member in _members:
        OUTPUTS.append(_name.format(*_member))
        FEATURES += f"\n\ndef {OUTPUTS[-1]}({_reads}):\n    return {_body.format(*_member)}\n"
PARTITIONS = 8


def weather(airports: int, rows: int, path: Path) -> None:
    """Write hourly readings, all airports of an hour after another, as a logger does."""
    hours = rows // airports
    rng = np.random.default_rng(1)
    times = pd.date_range("1990-01-01", periods=hours, freq="h", tz="UTC")
    index = pd.MultiIndex.from_product(
        [times, [f"A{n:03}" for n in range(airports)]], names=["time", "airport"]
    )
    size = len(index)
    level = np.tile(rng.normal(55, 12, airports), hours)
    temp = level + 9 * np.sin(np.repeat(np.arange(hours), airports) * 2 * np.pi / 24) + rng.normal(0, 5, size)
    frame = pd.DataFrame(
        {"time": index.get_level_values(0), "airport": index.get_level_values(1).astype("str")}
    )
    frame["temp"] = temp.round(1)
    frame["dewp"] = (temp - rng.gamma(2, 4, size)).round(1)
    frame["wind"] = rng.gamma(2, 5, size).round(1)
    frame["rain"] = np.where(rng.random(size) < 0.1, rng.gamma(1, 0.1, size), 0.0).round(2)
    frame.to_parquet(path, row_group_size=500_000, index=False)


def by_pandas(table: pd.DataFrame) -> pd.DataFrame:
    """The features of a table, by calling the functions of the module in order."""
    made: dict[str, object] = {}
    exec(FEATURES, made)  # the module's text, as a person would import it
    values: dict[str, object] = {"weather": table}

    def value(name: str) -> object:
        if name not in values:
            function = made[name]
            names = function.__code__.co_varnames[: function.__code__.co_argcount]  # type: ignore[attr-defined]
            values[name] = function(*map(value, names))  # type: ignore[operator]
        return values[name]

    return pd.DataFrame({name: value(name) for name in OUTPUTS}, copy=False)


def plain() -> None:
    """pandas, all rows at once."""
    by_pandas(pd.read_parquet("weather.parquet")).to_parquet("plain.parquet")


def by_hand() -> None:
    """What `map_partitions` does with the same functions: each partition of the file by itself."""
    table = pd.read_parquet("weather.parquet")
    cuts = np.linspace(0, len(table), PARTITIONS + 1).astype(int)
    parts = [by_pandas(table.iloc[start:stop]) for start, stop in pairwise(cuts)]
    pd.concat(parts).to_parquet("by_hand.parquet")


def by_dask() -> None:
    """Dask's `map_partitions` on the groups of rows of the file."""
    import dask.dataframe as dask  # noqa: PLC0415

    table = dask.read_parquet("weather.parquet", split_row_groups=1)
    made = by_pandas(pd.read_parquet("weather.parquet").head(1000))
    table.map_partitions(by_pandas, meta=made).compute(scheduler="processes").to_parquet("by_dask.parquet")


def by_spark() -> None:
    """Spark's `mapInPandas`, as its documentation has it."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.memory", "4g").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")

    def features(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            frame["time"] = frame["time"].dt.tz_localize("UTC")
            made = by_pandas(frame).reset_index()
            yield made.assign(time=made["time"].dt.tz_localize(None))

    schema = ", ".join(f"{name} double" for name in OUTPUTS)
    table = session.read.parquet("weather.parquet")
    made = table.mapInPandas(features, f"airport string, time timestamp, {schema}")
    made.write.mode("overwrite").parquet("by_spark.parquet")
    session.stop()


BY_HAND = {"plain": plain, "by hand": by_hand, "by dask": by_dask, "by spark": by_spark}


def in_parts(executor: str, parts: int) -> dict[str, float]:
    """`dagbook run` in parts."""
    from kernel_magics.cli.main import main as dagbook  # noqa: PLC0415

    told = io.StringIO()
    words = ["--key", "airport", "--executor", executor, "--input", "weather=weather.parquet"]
    words += ["--parts", str(parts)] if parts else []
    with contextlib.redirect_stderr(told):
        code = dagbook(["run", "features.py", "--outputs", ",".join(OUTPUTS), "-o", f"{executor}/", *words])
    if code:
        raise SystemExit(told.getvalue())
    cpu, memory = re.findall(r"([\d,.]+) s of CPU.*most ([\d,]+) MB", told.getvalue())[0]
    return {"worker_cpu": float(cpu.replace(",", "")), "worker_peak": float(memory.replace(",", ""))}


def child(what: str, parts: int) -> None:
    """Run one contender in this process, and print what it took."""
    began = time.perf_counter()
    more = BY_HAND[what]() if what in BY_HAND else in_parts(what, parts)
    wall = time.perf_counter() - began
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime
    if what in BY_HAND:
        cpu += others.ru_utime + others.ru_stime
    peak = max(own.ru_maxrss, others.ru_maxrss) / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, **(more or {})}))


def measured(what: str, parts: int, folder: Path) -> dict[str, float]:
    """What one contender took."""
    command = [sys.executable, "-m", "benchmarks.scale", "--child", what, "--parts", str(parts)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=folder, env=here, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def cells_apart(one: pd.DataFrame, other: pd.DataFrame) -> tuple[int, int]:
    """How many cells differ by more than 1e-12 of their column's largest, and how many differ at all."""
    far = near = 0
    for name in OUTPUTS:
        x, y = one[name].to_numpy(float), other[name].to_numpy(float)
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        near += int((~same).sum())
        gap = np.abs(x - y)
        far += int((~same & ~(gap <= 1e-12 * np.nanmax(np.abs(x)))).sum())
    return far, near


def available(executor: str) -> bool:
    """Whether an executor's library is installed."""
    library = {"dask": "distributed", "spark": "pyspark", "by dask": "dask", "by spark": "pyspark"}
    pure = executor in ("processes", "threads", "by hand")
    return pure or importlib.util.find_spec(library.get(executor, executor)) is not None


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--airports", type=int, default=200)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--parts", type=int, default=0, help="default: as the command chooses")
    parser.add_argument("--on", default="processes,dask,ray,spark")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.parts)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weather(options.airports, options.rows, folder / "weather.parquet")
        (folder / "features.py").write_text(FEATURES)
        began = time.perf_counter()
        plan = [sys.executable, "-m", "kernel_magics", "run", "features.py", "--outputs", ",".join(OUTPUTS)]
        plan += ["--key", "airport", "--plan", "--input", "weather=weather.parquet"]
        here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        print(subprocess.run(plan, cwd=folder, env=here, capture_output=True, text=True, check=True).stdout)
        print(f"natures and plan, once: {time.perf_counter() - began:.0f} s\n")
        print(
            "| | wall, s | CPU, s | peak of a process, MB | cells wrong | cells not bit for bit |\n|---|--:|--:|--:|--:|--:|"
        )
        truth = None
        wanted = [*options.on.split(","), "by hand", "by dask", "by spark"]
        for what in ("plain", *filter(available, wanted)):
            took = measured(what, options.parts, folder)
            file = folder / f"{what.replace(' ', '_')}.parquet"
            found = pd.read_parquet(file if file.exists() else folder / what / OUTPUTS[0])
            found = found.set_index(["airport", "time"]) if "airport" in found.columns else found
            found = found.sort_index()
            truth = found if truth is None else truth
            far, near = cells_apart(truth, found) if len(found) == len(truth) else (-1, -1)
            cpu = took["cpu"] + took.get("worker_cpu", 0.0)
            peak = took.get("worker_peak", took["peak"])
            print(
                f"| {what} | {took['wall']:.1f} | {cpu:.1f} | {peak:,.0f} | {far:,} | {near:,} |", flush=True
            )
            del found


if __name__ == "__main__":
    main()
