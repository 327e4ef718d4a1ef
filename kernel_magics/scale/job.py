"""A job is what a worker does at once: nodes for a part or for all rows, from and to the run's folder."""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import os
import pickle
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cloudpickle
import numpy as np
import pandas as pd

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError
from kernel_magics.engine.graph.plan import Plan as Calling
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Failed, Finished
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import schedule
from kernel_magics.engine.values.value import MISSING
from kernel_magics.nature.difference import short_text
from kernel_magics.nature.table import Rows
from kernel_magics.scale.cutting import axes_of, stacked, taken
from kernel_magics.scale.memory import free_memory, peak_memory
from kernel_magics.scale.ordering import Piece, Unordered, joined, places_as, put_together, tables_in
from kernel_magics.scale.program import Program
from kernel_magics.scale.shelf import (
    Labels,
    get_object,
    get_value,
    piece_path,
    places_path,
    put_object,
    put_value,
    size_of,
    whole_path,
)
from kernel_magics.scale.spot import Refuted, Spot, only, tolerance_for
from kernel_magics.tables.outputs import one_table
from kernel_magics.tables.values import write_value
from kernel_magics.values import VALUES

Kind = Literal["part", "whole", "join", "sort", "look", "write"]
_COPIED, _STACKED = 1.2, 2.2
"""So many times its size a value takes while it is read, or put together of others that are there, too."""
_WHOLE = (
    "--plan shows which node needs all rows; read fewer of its columns, write parts with -o FOLDER/, or use "
    "a larger machine."
)
_SHOWN = 3


@dataclass(frozen=True)
class Job:
    """Work for one worker.

    Attributes:
        kind: `part`: the nodes of a stage for a part; `whole`: nodes for all rows; `join`: put the parts of a
            value together; `sort`: write the rows of a chunk of files by part; `look`: find the run's folder;
            `write`: write values of a part side by side.
        program: the file with the program; of a `write`, the file to write.
        part: of a `part`.
        name: of the value that is put together, or of the input that is sorted out.
        chunk: the place of the chunk in the input.
        names: of the values that are written.
        labelled: row numbers that are written are those among all rows, even where they look like a range.
        rows: how many rows it goes through, for the progress.
        checked: values of the key to compute apart, each with another part to take rows from.
        home: the process that made the run; what is printed there needs not be sent back.
    """

    kind: Kind
    program: str
    part: int = -1
    name: str = ""
    chunk: int = -1
    names: tuple[str, ...] = ()
    labelled: bool = False
    rows: int = 0
    checked: tuple[tuple[Any, int], ...] = ()
    home: str = ""

    @property
    def id(self) -> str:
        """Tells it apart from the others of its run."""
        return "-".join(map(str, (self.program, self.kind, self.part, self.name, self.chunk)))


@dataclass
class Report:
    """What came of a job.

    Attributes:
        seconds: the time that it took; `cpu` the computing in it.
        memory: the most bytes that its process had.
        results: of checks.
        output: what was printed.
        missed: nodes that a spot check could not compare.
        again: it may succeed at another try.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    results: dict[str, CheckResult] = field(default_factory=dict)
    output: str = ""
    error: DataflowError | None = None
    refuted: Refuted | None = None
    missed: tuple[str, ...] = ()
    again: bool = False


def run_job(folder: str, content: bytes) -> bytes:
    """Do a job in the folder of its run; failures come back in the report."""
    job: Job = pickle.loads(content)
    report = Report()
    began, cpu = time.perf_counter(), time.process_time()
    printed = io.StringIO()
    try:
        with contextlib.nullcontext() if job.home == this_process() else _elsewhere(printed):
            _DO[job.kind](Path(folder), job, report)
    except DataflowError as error:
        report.error, report.again = error, isinstance(_root(error), OSError)
    except OSError as error:
        report.error, report.again = _disk_error(folder, error), True
    except MemoryError:
        report.error = _memory_error(job)
    report.seconds, report.cpu = time.perf_counter() - began, time.process_time() - cpu
    report.memory, report.output = peak_memory(), printed.getvalue()
    if report.error is not None:
        report.error.__cause__ = None
    return cloudpickle.dumps(report)  # type: ignore[no-any-return]


def _memory_error(job: Job) -> DataflowError:
    """The error for a job that needs more memory than there is."""
    what, hint = {
        "part": (f"part {job.part + 1}", "make more parts: --parts N."),
        "write": (f"part {job.part + 1}", "make more parts: --parts N."),
        "sort": (
            f"some of the files of '{job.name}'",
            "a file, or a group of rows of a Parquet file, has to fit: write more of them, each smaller.",
        ),
        "join": (f"all rows of '{job.name}'", _WHOLE),
    }.get(job.kind, ("a step that needs all rows", _WHOLE))
    return RunError("DB344", f"a worker has not enough memory for {what}.", hint=hint)


def this_process() -> str:
    """A name of this process that no other one has."""
    return f"{platform.node()}:{os.getpid()}"


@bracket
def _elsewhere(printed: io.StringIO) -> Iterator[None]:
    """In a worker process: what is printed goes into the report."""
    before = os.getcwd()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield
    finally:
        os.chdir(before)


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _disk_error(folder: str, error: OSError) -> DataflowError:
    return RunError(
        "DB345",
        f"a worker cannot use the run's folder '{folder}': {error.strerror or error}.",
        hint="write the output to a disk that all workers share; from Python, TMPDIR names one.",
    )


@functools.lru_cache(maxsize=2)
def _read_program(path: str, stamp: int) -> Program:
    for each in get_object(Path(path).with_suffix(".paths")):
        if each not in sys.path:
            sys.path.append(each)
    program: Program = pickle.loads(Path(path).read_bytes())
    for file, lines in program.lines.items():
        linecache.cache[file] = lines
    return program


def _program(folder: Path, job: Job) -> Program:
    """The program of a job; its nodes run in the folder of their notebook."""
    path = folder / job.program
    program = _read_program(str(path), path.stat().st_mtime_ns)
    if job.home != this_process() and os.path.isdir(program.folder):
        os.chdir(program.folder)
    return program


# -- parts -------------------------------------------------------------------------------------------------


def _do_part(folder: Path, job: Job, report: Report) -> None:
    program = _program(folder, job)
    labels = Labels()
    given, places = _cut_values(program, folder, job.part, labels)
    wholes = _whole_values(program, folder)
    spots = [_spot(program, folder, job.part, given, places, wholes, *each) for each in job.checked]
    tolerance = tolerance_for(given) if spots else None

    def seen(name: str, values: Mapping[str, Any]) -> None:
        for spot in spots:
            if report.refuted is None and tolerance is not None:
                report.refuted = spot.compare(name, values, tolerance)

    try:
        values = computed(program, {**wholes, **given}, seen if spots else None)
    except DataflowError as error:
        _tell_key(program, job.part, given, wholes, error)
        raise
    report.missed = tuple(sorted({name for spot in spots for name in spot.missed}))
    if report.refuted is not None:
        return
    for name in dict.fromkeys([*program.pieces, *program.joined]):
        put_value(values[name], piece_path(folder, name, job.part), labels)
        found = _places(program, name, values[name], given, places, folder, job.part)
        put_object(found, places_path(folder, name, job.part))


Places = Mapping[str, Rows]


def _cut_values(
    program: Program, folder: Path, part: int, labels: Labels
) -> tuple[dict[str, Any], dict[str, Places]]:
    """What a job reads of one part, and the places of these rows among all rows."""
    values: dict[str, Any] = {}
    places: dict[str, Places] = {}
    for name in program.cut:
        if name in program.files:
            values[name], rows = program.files[name].piece(part, folder)
            places[name] = {name: rows}
        else:
            values[name] = get_value(piece_path(folder, name, part), labels=labels)
            places[name] = get_object(places_path(folder, name, part))
    return values, places


def _places(
    program: Program,
    name: str,
    value: Any,
    given: Mapping[str, Any],
    places: Mapping[str, Places],
    folder: Path,
    part: int,
) -> dict[str, Rows]:
    """Where the rows of a node's tables belong, where that is told by those of another value."""
    found: dict[str, Rows] = {}
    for own, table in tables_in(name, value).items():
        order = program.orders.get(own)
        if order is None or not order.follows:
            continue
        rows = places_as(table, order, given[order.of], places[order.of][order.of])
        if rows is None and name in program.joined:
            raise unordered(name, f"its rows are not those of '{order.of}', as they are in the sample")
        if rows is not None:
            found[own] = rows
    return found


def unordered(name: str, why: str) -> RunError:
    """The error for a value whose parts cannot be put together."""
    return RunError(
        "DB346",
        f"the parts of '{name}' cannot be put together: {why}.",
        hint="run without --key, or give a sample that is more like the data.",
        names=[name],
    )


def computed(
    program: Program, given: Mapping[str, Any], seen: Callable[[str, Mapping[str, Any]], None] | None = None
) -> dict[str, Any]:
    """The values that a program makes: those that are written, or all where each is looked at.

    Args:
        seen: called with each node and the values so far.

    Raises:
        DataflowError: a node failed.
    """
    calling, calls = program.calling, program.calls()
    slots: list[object] = [MISSING] * len(calling.names)
    for slot in calling.sources:
        name = calling.names[slot]
        slots[slot] = given[name] if name in given else program.fixed[name]
    with VALUES.guard():
        for event in schedule(calling, slots, Inline(calls), free=seen is None):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Finished) and seen is not None:
                seen(event.name, {**given, event.name: event.value})
    return _held(calling, slots)


def _held(calling: Calling, slots: Sequence[object]) -> dict[str, Any]:
    return {name: value for name, value in zip(calling.names, slots, strict=True) if value is not MISSING}


def _spot(
    program: Program,
    folder: Path,
    part: int,
    given: Mapping[str, Any],
    places: Mapping[str, Places],
    wholes: Mapping[str, Any],
    value: Any,
    other: int,
) -> Spot:
    """One value of the key computed by itself; with the rows of another part where it is alone in its own."""
    apart: dict[str, Any] = {}
    if other < 0:
        for name in program.cut:
            rows = only(name, given, program.key, value)
            apart[name] = given[name] if rows is None else rows
    else:
        more, more_places = _cut_values(program, folder, other, Labels())
        for name in program.cut:
            apart[name] = _both(name, (given[name], more[name]), (places[name], more_places[name]))
    made: dict[str, Any] = {}
    computed(program, {**wholes, **apart}, lambda name, values: made.update({name: values[name]}))
    return Spot(program.key, value, {**apart, **made})


def _both(name: str, values: Sequence[Any], places: Sequence[Places]) -> Any:
    """The rows of two parts together, in the order that they have among all rows where that is known."""
    tables = {}
    for own in tables_in(name, values[0]):
        whole = stacked([tables_in(name, value)[own] for value in values])
        if all(own in each for each in places):
            order = np.argsort(np.concatenate([each[own] for each in places]), kind="stable")
            whole = taken(own, whole, {own: order})
        tables[own] = whole
    return joined(name, values, tables)


def _tell_key(
    program: Program, part: int, given: Mapping[str, Any], wholes: Mapping[str, Any], error: DataflowError
) -> None:
    """Add to an error which part it was, and the value of the key that fails by itself, if one does."""
    keys = program.parts.members(part)
    text = f"part {part + 1} of {len(program.parts)}"
    while len(keys) > 1:
        half = keys[: len(keys) // 2]
        keys = half if _fails(program, given, wholes, half) else keys[len(half) :]
    if keys and _fails(program, given, wholes, keys):
        text += f": {program.key} {short_text(keys[0])}"
    else:
        members = program.parts.members(part)
        shown = ", ".join(map(short_text, members[:_SHOWN])) + (", …" if len(members) > _SHOWN else "")
        text += f", {program.key} {shown}"
    error.add(f"\n  in {text}")


def _fails(
    program: Program, given: Mapping[str, Any], wholes: Mapping[str, Any], keys: Sequence[Any]
) -> bool:
    apart = dict(given)
    for name in program.cut:
        axes = axes_of(given, name, program.key)
        if axes is not None:
            rows = {own: np.flatnonzero(np.asarray(axis.isin(keys))) for own, axis in axes.items()}
            apart[name] = taken(name, given[name], rows)
    try:
        computed(program, {**wholes, **apart})
    except DataflowError:
        return True
    return False


# -- wholes ------------------------------------------------------------------------------------------------


def _whole_values(program: Program, folder: Path) -> dict[str, Any]:
    """What a job reads with all rows, as far as it is on the shelf or in files."""
    found = {}
    labels = Labels()
    for name, columns in program.columns.items():
        if name in program.files:
            _expect_room(name, program.files[name].size(columns), _STACKED)
            found[name] = program.files[name].whole(columns)
        else:
            path = whole_path(folder, name)
            _expect_room(name, size_of(path, columns), _COPIED)
            found[name] = get_value(path, columns, labels)
    return found


def _expect_room(name: str, size: int, times: float) -> None:
    """Refuse to read what does not fit.

    Args:
        times: how often it is in memory while it is read.

    Raises:
        RunError: DB344.
    """
    free = free_memory()
    if free is not None and size * times > free:
        raise RunError(
            "DB344",
            f"all rows of '{name}' are needed at once, and do not fit into memory: they take about "
            f"{size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free.",
            hint=_WHOLE,
            names=[name],
        )


def _do_whole(folder: Path, job: Job, report: Report) -> None:
    program = _program(folder, job)
    given = _whole_values(program, folder)
    values = computed(program, given)
    near = {**program.fixed, **given, **values}
    labels = Labels()
    for name in program.names:
        if isinstance(values.get(name), CheckResult):
            report.results[name] = values[name]
    for name in program.joined:
        put_value(values[name], whole_path(folder, name), labels)
    for name in program.pieces:
        axes = axes_of(near, name, program.key)
        if axes is None:
            raise unordered(name, f"nothing tells the '{program.key}' of its rows")
        put_pieces(
            folder,
            name,
            values[name],
            {own: program.parts.of(axis) for own, axis in axes.items()},
            len(program.parts),
        )


def put_pieces(folder: Path, name: str, value: Any, of: Mapping[str, Rows], parts: int) -> None:
    """Write a value with all rows as the pieces that its parts have of it.

    Args:
        of: by table, the part of each row.
    """
    for part in range(parts):
        places = {own: np.flatnonzero(each == part) for own, each in of.items()}
        put_value(taken(name, value, places), piece_path(folder, name, part))
        put_object(places, places_path(folder, name, part))


def _do_join(folder: Path, job: Job, report: Report) -> None:
    program = _program(folder, job)
    paths = [piece_path(folder, job.name, part) for part in range(len(program.parts))]
    _expect_room(job.name, sum(map(size_of, paths)), _STACKED)
    value = put_parts_together(program, folder, job.name)
    put_value(value, whole_path(folder, job.name))


def put_parts_together(program: Program, folder: Path, name: str) -> Any:
    """A value with all rows, from its parts.

    Raises:
        RunError: DB346 where the order of the rows cannot be told.
    """
    parts = range(len(program.parts))
    values = [get_value(piece_path(folder, name, part)) for part in parts]
    places = [get_object(places_path(folder, name, part)) for part in parts]
    tables = {}
    for own in tables_in(name, values[0]):
        pieces = [
            Piece(tables_in(name, value)[own], each.get(own))
            for value, each in zip(values, places, strict=True)
        ]
        try:
            tables[own] = put_together(pieces, program.orders[own], program.key, program.parts)
        except Unordered as error:
            raise unordered(name, str(error)) from None
    return joined(name, values, tables)


def _do_sort(folder: Path, job: Job, report: Report) -> None:
    program = _program(folder, job)
    program.files[job.name].sorted_out(job.chunk, program.key, program.parts, folder)


def _do_look(folder: Path, job: Job, report: Report) -> None:
    (folder / job.program).read_bytes()


def _do_write(folder: Path, job: Job, report: Report) -> None:
    labels = Labels()
    values = {
        name: get_value(piece_path(folder, name, job.part), labels=labels, lent=True) for name in job.names
    }
    table = one_table(values, "x.json")
    if (
        job.labelled
        and isinstance(table, pd.Series | pd.DataFrame)
        and isinstance(table.index, pd.RangeIndex)
    ):
        table = table.set_axis(pd.Index(table.index.to_numpy(), name=table.index.name), axis=0)
    write_value(table, Path(job.program))


_DO: Mapping[str, Callable[[Path, Job, Report], None]] = {
    "part": _do_part,
    "whole": _do_whole,
    "join": _do_join,
    "sort": _do_sort,
    "look": _do_look,
    "write": _do_write,
}
