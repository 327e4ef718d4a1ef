"""`python -m benchmarks`: measure, print the table, and write it with a plot where that is asked for."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import Setting, measure
from benchmarks.plot import svg
from benchmarks.report import table
from benchmarks.rows import EXPERIMENTS

PEERS = ("hamilton", "marimo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks; returns the exit code."""
    names = [experiment.name for experiment in EXPERIMENTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000, 10_000], metavar="N")
    parser.add_argument("--only", action="append", choices=names, help="an experiment; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="processes for each number")
    parser.add_argument("--marimo", metavar="PYTHON", help="interpreter of an environment with marimo")
    parser.add_argument("--json", type=Path, help="write the numbers")
    parser.add_argument("--table", type=Path, help="write the Markdown table")
    parser.add_argument("--plot", type=Path, help="write the SVG plot of growth")
    options = parser.parse_args(argv)
    pythons = {"marimo": options.marimo} if options.marimo else {}
    missing = {peer for peer in PEERS if peer not in pythons and importlib.util.find_spec(peer) is None}
    for peer in sorted(missing):
        print(f"{peer} is not installed (pip install 'dagbook[bench]'): left out", file=sys.stderr)
    chosen = [item for item in EXPERIMENTS if not options.only or item.name in options.only]
    setting = Setting(tuple(options.nodes), options.rounds, pythons, frozenset(missing))
    results = measure(chosen, setting, say=lambda line: print(line, file=sys.stderr))
    text = table(results)
    print(text)
    if options.json:
        options.json.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    if options.table:
        options.table.write_text(text)
    if options.plot:
        options.plot.write_text(svg(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
