"""Values that people have, handed through a dataflow: what an engine adds to each call."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.clock import Results, cpu, per_call
from benchmarks.columns import forest, numbers, table
from benchmarks.shapes import handed_text, load, readers_text, row_text

_ROWS = 10_000
_FIRST = 5

Run = Callable[[list[str], dict[str, Any]], object]
"""Computes outputs from inputs."""


def overheads(size: int, make: Callable[[Any], Run]) -> Results:
    """Seconds that each call takes longer than by itself: in the first run of a dataflow, and in a repeated one.

    Args:
        make: a dataflow of a module.
    """
    import pandas as pd  # noqa: PLC0415

    series = pd.Series(numbers(_ROWS))
    names = [f"n{i}" for i in range(size)]
    shapes: dict[str, tuple[str, Any, list[str]]] = {
        "series": (readers_text(size), series, names),
        "table": (handed_text(size, "pd.DataFrame"), table(_ROWS), names[-1:]),
        "mixed": (handed_text(size, "pd.DataFrame"), table(_ROWS, mixed=True), names[-1:]),
        "model": (handed_text(size, "Any"), forest(), names[-1:]),
    }
    found: Results = {}
    for kind, (text, value, outputs) in shapes.items():
        module = load(text)
        functions = [getattr(module, name) for name in names]
        bare = per_call(lambda: [function(value) for function in functions], 5)  # noqa: B023 - called at once
        given = {"x": value}
        firsts = []
        for _ in range(_FIRST):
            run = make(module)
            firsts.append(cpu(lambda: run(outputs, given)))  # noqa: B023
        run(outputs, given)
        run(outputs, given)
        again = per_call(lambda: run(outputs, given), 5)  # noqa: B023
        found[f"{kind}_first"] = max(statistics.median(firsts) - bare, 0.0) / size
        found[kind] = max(again - bare, 0.0) / size
    return found


def one_row(size: int, make: Callable[[Any], Run]) -> Results:
    """Seconds for one row, as a Series, through usual pandas code."""
    import pandas as pd  # noqa: PLC0415

    run, given = make(load(row_text(size))), {"x": pd.Series([1.5])}
    return {"one_row": per_call(lambda: run([f"n{size - 1}"], given), 20)}
