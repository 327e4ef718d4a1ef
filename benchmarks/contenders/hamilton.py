"""Apache Hamilton: its driver on the same modules."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from types import ModuleType

os.environ["HAMILTON_TELEMETRY_ENABLED"] = "false"
from hamilton import base, driver
from hamilton.plugins.h_threadpool import FutureAdapter

from benchmarks.clock import Results, cpu, import_cpu, peak_memory, per_call, process_cpu, wall
from benchmarks.shapes import (
    SLEEPERS,
    chain,
    decorated_text,
    fan,
    feature_text,
    function,
    importing,
    ladder,
    load,
    module_text,
    tree,
)

_LIMIT = 2000  # nodes in a chain, more than it can run


def imports(size: int) -> Results:
    """`from hamilton import driver`."""
    return {"import": import_cpu("from hamilton import driver")}


def build(size: int) -> Results:
    """The driver's graph and what is upstream of the last node; all variables; and one run of all."""
    _driver(load(module_text(tree(3))))
    module, last = load(module_text(tree(size))), f"n{size - 1}"
    names = [name for name, _ in tree(size)]
    return {
        "build": cpu(lambda: _driver(module).what_is_upstream_of(last), 3),
        "described": cpu(lambda: _driver(module).list_available_variables(), 3),
        "once": cpu(lambda: _driver(module).execute(names, inputs={"x": 1}), 3),
    }


def decorated(size: int) -> Results:
    """Build a module of decorated functions; one more run of all."""
    _driver(load(decorated_text(5)))
    module, names = load(decorated_text(size)), [name for name, _ in tree(size)]
    made = _driver(module)
    made.execute(names, inputs={"x": 1})
    return {
        "decorated": cpu(lambda: _driver(module), 3),
        "decorated_again": cpu(lambda: made.execute(names, inputs={"x": 1}), 3),
    }


def run_chain(size: int) -> Results:
    """`execute` for the last node of a chain; the recursion limit is raised for it."""
    made, last = _driver(load(module_text(chain(size)))), [f"n{size - 1}"]
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10 * size))
    calls = max(1, 2_000 // size)
    return {"chain": per_call(lambda: made.execute(last, inputs={"x": 1}), calls) / size}


def consumers(size: int) -> Results:
    """Build and run, with one source."""
    _driver(load(module_text(tree(3))))
    module = load(module_text(fan(size)))
    names = [name for name, _ in fan(size)]
    return {"consumers": cpu(lambda: _driver(module).execute(names, inputs={"x": 1}))}


def longest(size: int) -> Results:
    """The longest chain that runs at the default recursion limit."""
    made = _driver(load(module_text(chain(_LIMIT))))
    works, fails = 1, _LIMIT
    while fails - works > 1:
        middle = (works + fails) // 2
        try:
            made.execute([f"n{middle - 1}"], inputs={"x": 1})
            works = middle
        except RecursionError:
            fails = middle
    return {"longest": float(works)}


def edits(size: int) -> Results:
    """Build the driver anew from the edited module; the values of other nodes are handed over as overrides."""
    shape = tree(size)
    names = [name for name, _ in shape]
    values = _driver(load(module_text(shape))).execute(names, inputs={"x": 1})
    leaf: list[float] = []
    root: list[float] = []
    for turn in range(1, 6):
        for number, times in ((size - 1, leaf), (1, root)):
            text = "\n\n".join(
                function(name, reads, turn if place == number else 0)
                for place, (name, reads) in enumerate(shape)
            )
            module = load(text)
            stale = names[number:] if number == 1 else names[-1:]
            kept = {name: values[name] for name in names if name not in set(stale)}
            times.append(_rebuild(module, stale, kept))
    return {"edit_leaf": statistics.median(leaf), "edit_root": statistics.median(root)}


def restart(size: int) -> Results:
    """Its file cache: the first run, and the same by a driver that starts anew."""
    module = load(module_text(tree(size)))
    names = [name for name, _ in tree(size)]

    shape = tree(size)
    texts = [function(name, reads, int(place == size - 1)) for place, (name, reads) in enumerate(shape)]
    edited = load("\n\n".join(texts))

    def run(folder: str, module: ModuleType = module) -> None:
        made = driver.Builder().with_modules(module).with_cache(path=folder).build()
        made.execute(names, inputs={"x": 1})

    with tempfile.TemporaryDirectory() as folder:
        first = cpu(lambda: run(folder))
        again = cpu(lambda: run(folder), 3)
        return {"fill": first, "restart": again, "restart_leaf": cpu(lambda: run(folder, edited))}


def serve(size: int) -> Results:
    """`execute` of a driver that was built before."""
    made, last = _driver(load(module_text(ladder(size)))), [f"n{size - 1}"]
    return {"serve": per_call(lambda: made.execute(last, inputs={"x": 1}), 20)}


def kinds(size: int) -> Results:
    """Series, frames and a model through `execute`."""
    from benchmarks.kinds import overheads  # noqa: PLC0415

    return overheads(size, _running)


def one_row(size: int) -> Results:
    """One row, as a Series, by `execute`."""
    from benchmarks.kinds import one_row  # noqa: PLC0415

    return one_row(size, _running)


def _running(module: ModuleType) -> Callable[[list[str], dict[str, object]], object]:
    made = _driver(module)
    return lambda outputs, given: made.execute(outputs, inputs=given)


def program(size: int) -> Results:
    """A program that builds `size` functions and runs them once."""
    file = str(load(module_text(tree(size))).__file__)
    names = [name for name, _ in tree(size)]
    run = f"driver.Builder().with_modules(m).build().execute({names!r}, inputs={{'x': 1}})"
    code = importing(file, f"from hamilton import driver; {run}")
    return {"program": process_cpu(sys.executable, "-c", code)}


def threads(size: int) -> Results:
    """Eight sleeping nodes on its thread pool."""
    made = driver.Builder().with_modules(load(SLEEPERS)).with_adapters(FutureAdapter(8)).build()
    return {"sleep": wall(lambda: made.execute([f"n{i}" for i in range(8)]))}


def frame(size: int) -> Results:
    """The default result: a DataFrame of `size` columns."""
    from benchmarks.columns import inputs  # noqa: PLC0415

    builder = driver.Builder().with_modules(load(feature_text(size)))
    made, given = builder.with_adapters(base.PandasDataFrameResult()).build(), inputs()
    names = [f"c{i}" for i in range(size)]
    seconds = cpu(lambda: made.execute(names, inputs=given))
    return {"frame": seconds, "frame_memory": peak_memory()}


def small_frame(size: int) -> Results:
    """The default result: a DataFrame of `size` short columns, the first, and one of several."""
    from benchmarks.columns import inputs  # noqa: PLC0415

    builder = driver.Builder().with_modules(load(feature_text(size)))
    made, given = builder.with_adapters(base.PandasDataFrameResult()).build(), inputs(10_000)
    names = [f"c{i}" for i in range(size)]
    first = cpu(lambda: made.execute(names, inputs=given))
    return {"small_frame": first, "small_frame_again": cpu(lambda: made.execute(names, inputs=given), 5)}


def _rebuild(module: ModuleType, stale: list[str], kept: dict[str, object]) -> float:
    return cpu(lambda: _driver(module).execute(stale, inputs={"x": 1}, overrides=kept))


def _driver(module: ModuleType) -> driver.Driver:
    return driver.Builder().with_modules(module).build()
