"""By hand: what a person would write without any tool, and the least that an engine can do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from typing import Any

from benchmarks.clock import Results, cpu, peak_memory, per_call, process_cpu, wall
from benchmarks.shapes import chain, fan, feature_text, function, ladder, load, module_text, tree

_PARALLEL = 8


def startup(size: int) -> Results:
    """The interpreter alone."""
    return {"help": process_cpu(sys.executable, "-c", "pass")}


def build(size: int) -> Results:
    """Names and arguments into a sorted list, by the standard library."""
    functions = _functions(load(module_text(tree(size))))
    return {"build": cpu(lambda: _sorted(functions), 3)}


def run_chain(size: int) -> Results:
    """A flat plan: calls with slots, the time taken and the node at fault; `script` is only the calls."""
    functions = _functions(load(module_text(chain(size))))
    plan = _plan(functions)
    calls = max(1, 20_000 // size)
    return {"chain": per_call(lambda: _run(plan, size + 1, 1), calls) / size}


def script(size: int) -> Results:
    """The same calls as lines of a script."""
    functions = _functions(load(module_text(chain(size))))
    main = _script(functions, f"n{size - 1}")
    return {"chain": per_call(lambda: main(1), max(1, 20_000 // size)) / size}


def consumers(size: int) -> Results:
    """Build and run, with one source."""
    functions = _functions(load(module_text(fan(size))))
    return {"consumers": cpu(lambda: _run(_plan(functions), size + 1, 1), 3)}


def edits(size: int) -> Results:
    """Compile the edited function, call it and what is downstream of it."""
    shape = tree(size)
    functions = _functions(load(module_text(shape)))
    values: dict[str, Any] = {"x": 1}
    order = shape
    for name, reads in order:
        values[name] = functions[name](*[values[read] for read in reads])

    def edit(number: int, text: str) -> None:
        exec(compile(text, "<cell>", "exec"), functions)
        stale = {f"n{number}"}
        for name, reads in order[number:]:
            if name in stale or not stale.isdisjoint(reads):
                stale.add(name)
                values[name] = functions[name](*[values[read] for read in reads])

    results = {}
    for row, number in (("edit_leaf", size - 1), ("edit_root", 1)):
        times = [_edit_time(edit, number, function(*shape[number], turn)) for turn in range(1, 8)]
        results[row] = sorted(times)[3]
    return results


def serve(size: int) -> Results:
    """A function of straight-line calls."""
    main = _script(_functions(load(module_text(ladder(size)))), f"n{size - 1}")
    return {"serve": per_call(lambda: main(x=1), 2000)}


def frame(size: int) -> Results:
    """A dict of columns, given to pandas."""
    return _frame(size, None)


def frame_floor(size: int) -> Results:
    """The same with `copy=False`: one block a column."""
    return _frame(size, False)


def small_frame(size: int) -> Results:
    """The calls, and a dict of their columns given to pandas with `copy=False`."""
    import pandas as pd  # noqa: PLC0415

    from benchmarks.columns import inputs  # noqa: PLC0415

    module, given = load(feature_text(size)), inputs(10_000)

    def main() -> None:
        made = {f"c{i}": getattr(module, f"c{i}") for i in range(size)}
        columns = {name: each(*[given[read] for read in _reads(each)]) for name, each in made.items()}
        pd.DataFrame(columns, copy=False)

    first = cpu(main)
    return {"small_frame": first, "small_frame_again": cpu(main, 5)}


def one_row(size: int) -> Results:
    """The calls alone: what pandas takes."""
    from benchmarks.kinds import one_row  # noqa: PLC0415

    def make(module: Any) -> Callable[[list[str], dict[str, Any]], object]:
        functions = [getattr(module, f"n{i}") for i in range(size)]

        def run(outputs: list[str], given: dict[str, Any]) -> object:
            value = given["x"]
            for each in functions:
                value = each(value)
            return value

        return run

    return one_row(size, make)


def threads(size: int) -> Results:
    """Eight sleeping functions on a pool of eight threads."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return {"sleep": wall(lambda: list(pool.map(time.sleep, [0.5] * _PARALLEL)))}


def _frame(size: int, copy: bool | None) -> Results:
    import pandas as pd  # noqa: PLC0415

    from benchmarks.columns import inputs  # noqa: PLC0415

    module, given = load(feature_text(size)), inputs()

    def main() -> None:
        columns = {}
        for i in range(size):
            made = getattr(module, f"c{i}")
            columns[f"c{i}"] = made(*[given[read] for read in _reads(made)])
        pd.DataFrame(columns, index=given["a"].index, copy=copy)

    return {"frame": cpu(main), "frame_memory": peak_memory()}


Functions = dict[str, Callable[..., Any]]
_Plan = list[tuple[str, Callable[..., Any], tuple[int, ...], int]]


def _functions(module: Any) -> Functions:
    return {name: value for name, value in vars(module).items() if name[0] == "n" and callable(value)}


def _reads(made: Callable[..., Any]) -> tuple[str, ...]:
    code = made.__code__
    return code.co_varnames[: code.co_argcount]


def _sorted(functions: Functions) -> list[str]:
    return list(TopologicalSorter({name: _reads(made) for name, made in functions.items()}).static_order())


def _plan(functions: Functions) -> _Plan:
    slots = {name: number for number, name in enumerate(_sorted(functions))}
    calls = [(name, functions[name]) for name in slots if name in functions]
    return [(name, made, tuple(slots[read] for read in _reads(made)), slots[name]) for name, made in calls]


def _run(plan: _Plan, size: int, x: int) -> tuple[list[Any], list[float]]:
    slots: list[Any] = [None] * size
    slots[0] = x
    seconds: list[float] = []
    clock, name = time.perf_counter, ""
    try:
        for name, made, args, slot in plan:  # noqa: B007 - read by the handler
            start = clock()
            slots[slot] = made(*[slots[arg] for arg in args])
            seconds.append(clock() - start)
    except Exception as error:
        raise RuntimeError(name) from error
    return slots, seconds


def _script(functions: Functions, output: str) -> Callable[..., Any]:
    lines = [f"    {name} = f_{name}({', '.join(_reads(made))})" for name, made in functions.items()]
    text = "\n".join(["def main(x):", *lines, f"    return {{{output!r}: {output}}}"])
    namespace: dict[str, Any] = {f"f_{name}": made for name, made in functions.items()}
    exec(text, namespace)
    main: Callable[..., Any] = namespace["main"]
    return main


def _edit_time(edit: Callable[[int, str], None], number: int, text: str) -> float:
    return cpu(lambda: edit(number, text))
