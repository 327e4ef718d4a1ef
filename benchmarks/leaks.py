"""Leaks of the future in seeded cases: what `dagbook check --point-in-time` finds, and what freqtrade's analyses find.

Run it with `python -m benchmarks.leaks --freqtrade PYTHON`, where PYTHON has freqtrade. Its `LookaheadAnalysis` and
`RecursiveAnalysis` are used as they are; only their `prepare_data` is replaced, which loads candles and needs an
exchange: here it cuts the same candles. Trades are entered at every sixtieth candle.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import pandas as pd

FEATURES = """
def lag(candles):
    return candles["close"].shift(1)


def mean_24(candles):
    return candles["close"].rolling(24).mean()


def faded(candles):
    return candles["close"].ewm(span=500).mean()


def so_far(candles):
    return candles["close"].cummax()


def tomorrow(candles):
    return candles["close"].shift(-1)


def gain(tomorrow, candles):
    return tomorrow / candles["close"]


def gain_rounded(gain):
    return gain.round(2)


def centred(candles):
    return candles["close"].rolling(5, center=True).mean()


def usual(candles):
    return candles["close"].mean()


def against_usual(candles, usual):
    return candles["close"] / usual


def filled(candles):
    return candles["thin"].interpolate(limit_area="inside")


def day_total(candles):
    return candles.groupby(candles["date"].dt.date)["volume"].transform("sum")


def at_year_end(candles):
    late = (candles["date"].dt.month == 12) & (candles["date"].dt.day >= 25)
    return candles["close"].where(~late, candles["close"].shift(-1))


def after_a_jump(candles):
    jump = candles["close"].pct_change().abs() > 0.2
    return candles["close"].where(~jump, candles["close"].shift(-1))
"""
LEAKS = {"tomorrow", "centred", "usual", "filled", "day_total", "at_year_end", "after_a_jump"}
"""The nodes in which the future comes in."""
CLEAN = {"lag", "mean_24", "faded", "so_far"}
READS_A_LEAK = {"gain", "gain_rounded", "against_usual"}
HOURS, EVERY, TRADES = 24 * 60, 60, 20


def candles() -> pd.DataFrame:
    """Sixty days of hourly candles of one pair."""
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, HOURS)))
    table = pd.DataFrame(
        {"date": pd.date_range("2024-02-01", periods=HOURS, freq="h", tz="UTC"), "close": close}
    )
    table["volume"] = rng.gamma(2, 50, HOURS).round(1)
    table["thin"] = pd.Series(close.round(2)).mask(rng.random(HOURS) < 0.1)
    return table


def columns(table: pd.DataFrame) -> pd.DataFrame:
    """The features as columns of the candles, as a strategy has them."""
    made: dict[str, object] = {}
    exec(FEATURES, made)
    values: dict[str, object] = {"candles": table}
    for name, function in made.items():
        if isinstance(function, types.FunctionType):
            code = function.__code__
            values[name] = function(*(values[read] for read in code.co_varnames[: code.co_argcount]))
    return table.assign(**{name: value for name, value in values.items() if name != "candles"})


def by_freqtrade() -> dict[str, list[str]]:
    """The columns that each analysis of freqtrade names."""
    import logging  # noqa: PLC0415

    from freqtrade.optimize.analysis.lookahead import LookaheadAnalysis  # noqa: PLC0415
    from freqtrade.optimize.analysis.recursive import RecursiveAnalysis  # noqa: PLC0415
    from freqtrade.util import get_progress_tracker  # noqa: PLC0415

    whole = candles()
    pair = "A/B"

    def prepare(self, holder, pairs) -> None:
        startup = self.local_config.get("startup_candle_count", 0)
        since = pd.Timestamp(holder.from_dt) - pd.Timedelta(hours=startup)
        table = whole[(whole["date"] >= since) & (whole["date"] < pd.Timestamp(holder.to_dt))]
        made = columns(table.reset_index(drop=True))
        holder.timeframe, holder.indicators = "1h", {pair: made}
        entered = made["date"][(made["date"] - whole["date"][0]).dt.total_seconds() % (EVERY * 3600) == 0]
        trades = {"pair": pair, "open_date": entered, "close_date": entered + pd.Timedelta(hours=12)}
        holder.result = {"results": pd.DataFrame(trades | {"exit_reason": "roi"}).reset_index(drop=True)}
        self.pair_to_used = pair

    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("freqtrade").addHandler(listener)
    logging.getLogger("freqtrade").setLevel(logging.INFO)
    config = {
        "timerange": f"{int(whole['date'].iloc[0].timestamp())}-{int(whole['date'].iloc[-1].timestamp()) + 3600}",
        "minimum_trade_amount": 10,
        "targeted_trade_amount": TRADES,
        "pairs": [pair],
        "startup_candle": [199, 499, 999],
    }
    found: dict[str, list[str]] = {}
    for kind in (LookaheadAnalysis, RecursiveAnalysis):
        analysis = type("Ours", (kind,), {"prepare_data": prepare})(dict(config), {"name": "seeded"})
        said.clear()
        with get_progress_tracker() as progress:
            analysis.start(progress)
        if kind is LookaheadAnalysis:
            found["lookahead"] = list(analysis.current_analysis.false_indicators)
        else:
            found["recursive, ahead"] = [text.split()[-1] for text in said if "found lookahead" in text]
            found["recursive"] = sorted(analysis.dict_recursive)
    return found


def by_dagbook() -> dict[str, str]:
    """The nodes that are named, each with its counterexample."""
    from kernel_magics import Dataflow  # noqa: PLC0415
    from kernel_magics.loading.files import import_file  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "seeded_features.py"
        module.write_text(FEATURES)
        natures = Dataflow.from_module(import_file(str(module))).natures(inputs={"candles": candles()})
    return {leak.node: leak.text for leak in natures.leaks}


def row(name: str, found: set[str]) -> str:
    """A line of the table."""
    missed, wrong = LEAKS - found, found & CLEAN
    beside = sorted(found & READS_A_LEAK)
    shown = (", ".join(sorted(each)) or "none" for each in (found & LEAKS, missed, wrong, set(beside)))
    return f"| {name} | " + " | ".join(shown) + " |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leaks", description=__doc__)
    parser.add_argument("--freqtrade", metavar="PYTHON", help="an interpreter that has freqtrade")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(by_freqtrade()))
        return
    mine = by_dagbook()
    print("| | leaks found | missed | false | what only reads a leak, named too |\n|---|---|---|---|---|")
    print(row("dagbook", set(mine)))
    if options.freqtrade:
        command = [options.freqtrade, str(Path(__file__).resolve()), "--child"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for name, names in json.loads(done.stdout.splitlines()[-1]).items():
            print(row(f"freqtrade: {name}", set(names)))
    print("\n" + "\n".join(mine.values()))


if __name__ == "__main__":
    sys.exit(main())
