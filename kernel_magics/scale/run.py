"""A run in parts: the plan is made, then its stages go to an executor one after the other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError, UsageError, did_you_mean
from kernel_magics.engine.graph.links import order
from kernel_magics.engine.graph.plan import make_plan as make_calling
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.run.verdicts import Checks, Verdicts
from kernel_magics.flow import Flow
from kernel_magics.nature.declared import declared
from kernel_magics.nature.kept import Kept
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.natures import Learning, learn_natures
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shorten import shortened
from kernel_magics.nature.table import names_of, seen_as_table
from kernel_magics.nature.world import World, make_world
from kernel_magics.placement.named import opened, width
from kernel_magics.scale.cutting import axes_of
from kernel_magics.scale.driver import Driver
from kernel_magics.scale.job import Job, Report, put_pieces
from kernel_magics.scale.memory import free_memory
from kernel_magics.scale.parts import (
    FEWEST_ROWS,
    PART_ROWS,
    Parts,
    added,
    balanced,
    counted,
    usual_parts,
)
from kernel_magics.scale.plan import Plan, Step, components
from kernel_magics.scale.planning import make_plan
from kernel_magics.scale.program import Program, import_paths, lines_of, packed
from kernel_magics.scale.shelf import (
    get_value,
    piece_path,
    put_bytes,
    put_object,
    put_value,
    remove,
    whole_path,
)
from kernel_magics.scale.source import Files
from kernel_magics.tables.outputs import several_tables, side_by_side
from kernel_magics.tables.plural import plural
from kernel_magics.tables.schema import is_table
from kernel_magics.tables.values import write_value
from kernel_magics.values import VALUES

Verify = int | Literal["off"] | None
SAMPLE_ROWS: Final = 4_000
SAMPLE_KEYS: Final = 6
SAMPLE_STEPS: Final = 400
_EVERY, _LEAST = 1000, 3
_TIMES: Final = 2
"""So many times the size of its values a part takes: functions make others on the way."""


Progress = Callable[[int, int, str], None]
"""Called with the rows that are done, all rows, and the stage."""


@dataclass(frozen=True)
class Into:
    """Where outputs are written in parts.

    Attributes:
        folder: each table gets a folder in it, with a file for each part; what is computed whole is one file.
        suffix: of the files.
    """

    folder: Path
    suffix: str = "parquet"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        given: values of inputs and params, and of nodes that are not to be computed; an input may be `Files`.
        parts: how many; None for as many as suit the rows and the workers.
        verify: how many values of the key are computed apart and compared; None for one in 1,000, at least 3.
        in_pieces: outputs that are computed in parts are not put together.
        into: where they are written.
        work: the run's folder; None for one that is removed at the end.
    """

    outputs: tuple[str, ...]
    given: Mapping[str, Any]
    key: str
    executor: Executor | str = "processes"
    parts: int | None = None
    verify: Verify = None
    checks: Checks = "raise"
    in_pieces: bool = False
    into: Into | None = None
    work: Path | None = None
    on_event: Callable[[Event], None] | None = None
    progress: Progress = lambda rows, total, what: None


@dataclass
class Tally:
    """What the jobs of a run took.

    Attributes:
        memory: the most bytes that one worker had.
        jobs: how many were done.
    """

    cpu: float = 0.0
    memory: int = 0
    jobs: int = 0
    missed: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """`23 jobs, 61.2 s of CPU, at most 412 MB in a worker`."""
        jobs = plural(self.jobs, "job")
        return f"{jobs}, {self.cpu:,.1f} s of CPU, at most {self.memory / 1e6:,.0f} MB in a worker"


class Run:
    """One run in parts.

    Args:
        flow: what is run.
        natures: of its nodes, by themselves.
        world: a sample with its values.
        kept: where a verdict that real data refutes is remembered.

    Attributes:
        reused: how many jobs an earlier run had done.
        written: what was written in parts, by name, for people.
    """

    def __init__(
        self, flow: Flow, request: Request, natures: Mapping[str, Nature], world: World, kept: Kept | None
    ) -> None:
        self._flow, self.request, self._kept, self._world = flow, request, kept, world
        self.inputs = dict(request.given)
        self.tally = Tally()
        self.reused = 0
        self.written: dict[str, str] = {}
        plan = make_plan(
            world,
            natures,
            request.key,
            request.outputs,
            given=[name for name in request.given if name not in flow.params],
            checks=flow.guards(request.outputs, request.given) if request.checks != "off" else (),
            in_pieces=request.outputs if request.in_pieces else (),
        )
        self.plan = self._counted(plan)

    # -- parts ---------------------------------------------------------------------------------------------

    def _counted(self, plan: Plan) -> Plan:
        """The plan with its parts; reads of files the key only."""
        key, tables = self.request.key, {}
        axes = []
        for name, value in self.inputs.items():
            if isinstance(value, Files):
                self.inputs[name] = value.counted(key)
                axes.append(self.inputs[name].rows)
        for name, value in self.inputs.items():
            if not isinstance(value, Files) and seen_as_table(value) is not None:
                tables[name] = value
        for name in tables:
            found = axes_of(tables, name, key)
            axes += [counted(axis) for axis in (found or {}).values()]
        if not axes:
            raise no_key(key, self.inputs)
        counts = added(axes)
        workers = width(self.request.executor)
        number = self.request.parts or usual_parts(counts, workers, self._most_rows(plan, workers))
        parts = balanced(counts, number)
        for name, value in self.inputs.items():
            if isinstance(value, Files):
                self.inputs[name] = value.parted(key, parts)
        return replace(plan, parts=parts)

    def _most_rows(self, plan: Plan, workers: int) -> int:
        """How many rows a part may have so that all values of a stage fit into the memory of a worker."""
        free = free_memory()
        if free is None:
            return PART_ROWS
        read = (name for step in plan.steps if step.kind == "parts" for name in (*step.cut, *step.nodes))
        bytes_of_row = sum(_bytes_of_row(self._world.values.get(name)) for name in dict.fromkeys(read))
        return max(FEWEST_ROWS, min(PART_ROWS, free // workers // max(1, _TIMES * bytes_of_row)))

    @property
    def missed(self) -> set[str]:
        """Nodes that no spot check could compare."""
        return self.tally.missed

    @property
    def parts(self) -> Parts:
        """The parts."""
        assert self.plan.parts is not None
        return self.plan.parts

    # -- running -------------------------------------------------------------------------------------------

    @bracket
    def done(self) -> Iterator[Path]:
        """Run; gives the folder with the values, which is removed at the end where nobody named it.

        Raises:
            DataflowError: a node failed, checks did not hold, a verdict was refuted.
        """
        request = self.request
        work = request.work
        folder = Path(tempfile.mkdtemp(prefix="dagbook-run-")) if work is None else work
        verdicts = Verdicts(lambda name: self._flow.graph.node(name).ref, request.checks)
        try:
            driver = Driver(
                folder, partial(opened, request.executor), self._end, width, keeps=work is not None
            )
            self._verdicts = verdicts
            with driver:
                try:
                    self._go(driver, folder)
                except DataflowError as error:
                    verdicts.finish(error)
                    raise
            verdicts.finish()
            yield folder
        finally:
            if work is None:
                remove(folder)

    def _go(self, driver: Driver, folder: Path) -> None:
        self._rows, self._total, self._what = (
            0,
            sum(self.parts.rows) * max(1, sum(step.kind == "parts" for step in self.plan.steps)),
            "",
        )
        put_bytes(b"here", folder / "here")
        driver.run([Job("look", "here")])
        self._shelve(driver, folder)
        for step in self.plan.steps:
            self._what = f"stage {step.number} of {len(self.plan.steps)}"
            if step.kind == "parts":
                self._run_parts(driver, folder, step)
            else:
                self._run_whole(driver, folder, step)
        checks = [
            (
                check,
                self._program(
                    f"check-{check}.program", folder, (check,), (), self._flow.graph.reads(check), (), ()
                ),
            )
            for check in self.plan.checks
        ]
        driver.run(Job("whole", name) for _, name in checks)
        if self.request.into is not None:
            self._write(driver, folder, self.request.into)
        self.reused = driver.reused

    def _write(self, driver: Driver, folder: Path, into: Into) -> None:
        """Write the outputs: a folder with a file for each part, or a file of what is computed whole."""
        in_parts = {name for step in self.plan.steps if step.kind == "parts" for name in step.nodes}
        values = {name: self._world.values[name] for name in self.request.outputs if name in in_parts}
        rest = {name: self.value(folder, name) for name in self.request.outputs if name not in in_parts}
        jobs = []
        for group in side_by_side(values):
            first = next(iter(group))
            orders = [self.plan.orders.get(name) for name in group]
            labelled = not any(order is not None and order.anew for order in orders)
            for part in range(len(self.parts)):
                path = into.folder / first / f"part-{part + 1:04}.{into.suffix}"
                jobs.append(Job("write", str(path), part, names=tuple(group), labelled=labelled))
            self.written[f"{first}/"] = f"{plural(len(self.parts), 'file')}, {plural(len(group), 'output')}"
        self._what = "writing"
        driver.run(jobs)
        for name, table in several_tables(rest).items():
            suffix = into.suffix if is_table(table) else "json"
            write_value(table, into.folder / f"{name}.{suffix}")
            self.written[f"{name}.{suffix}"] = "computed whole"

    def _shelve(self, driver: Driver, folder: Path) -> None:
        """Put the caller's tables on the shelf, and sort out files whose rows belong to several parts."""
        steps = self.plan.steps
        cut = {name for step in steps for name in step.cut}
        whole = {name for step in steps for name in step.given} | {
            read for check in self.plan.checks for read in self._flow.graph.reads(check)
        }
        tables = {name: value for name, value in self.inputs.items() if _is_shelved(value)}
        for name, value in tables.items():
            if name in whole:
                put_value(value, whole_path(folder, name))
            if name in cut:
                axes = axes_of(tables, name, self.plan.key)
                if axes is None:
                    raise no_key(self.plan.key, self.inputs)
                put_pieces(
                    folder,
                    name,
                    value,
                    {own: self.parts.of(axis) for own, axis in axes.items()},
                    len(self.parts),
                )
        files = {
            name: value for name, value in self.inputs.items() if isinstance(value, Files) and name in cut
        }
        jobs = [
            (name, place)
            for name, value in files.items()
            for place, chunk in enumerate(value.chunks)
            if len(chunk.parts) > 1
        ]
        if jobs:
            program = self._program("files.program", folder, (), tuple(files), (), (), ())
            self._what = "reading files"
            driver.run(Job("sort", program, name=name, chunk=place) for name, place in jobs)

    def _run_parts(self, driver: Driver, folder: Path, step: Step) -> None:
        program = self._program(
            f"stage-{step.number}.program", folder, step.nodes, step.cut, step.given, step.pieces, step.joined
        )
        checked = self._checked(step)
        largest_first = np.argsort([-rows for rows in self.parts.rows], kind="stable")
        driver.run(
            Job(
                "part",
                program,
                int(part),
                rows=self.parts.rows[part],
                checked=tuple(checked.get(int(part), ())),
            )
            for part in largest_first
        )
        driver.run(Job("join", program, name=name) for name in step.joined)

    def _run_whole(self, driver: Driver, folder: Path, step: Step) -> None:
        jobs = []
        for number, nodes in enumerate(components(step.nodes, self._flow.graph.reads)):
            reads = dict.fromkeys(
                read for name in nodes for read in self._flow.graph.reads(name) if read in step.given
            )
            program = self._program(
                f"stage-{step.number}-{number}.program",
                folder,
                nodes,
                (),
                tuple(reads),
                tuple(name for name in nodes if name in step.pieces),
                tuple(name for name in nodes if name in step.joined),
            )
            jobs.append(Job("whole", program))
        driver.run(jobs)

    def _program(
        self,
        file: str,
        folder: Path,
        nodes: Sequence[str],
        cut: tuple[str, ...],
        given: Collection[str],
        pieces: tuple[str, ...],
        joined: tuple[str, ...],
    ) -> str:
        """Write what the jobs of a stage need; returns the name of the file."""
        flow, graph = self._flow, self._flow.graph
        known = flow.sources | self.inputs.keys() | set(given) | set(cut) | (graph.nodes.keys() - set(nodes))
        calling = make_calling(graph, nodes, known, flow.deciding(self.request.given))
        calls = flow.calls()
        functions = {step.node.name: calls.function(step.node) for step in calling.steps}
        read = [calling.names[slot] for slot in calling.sources]
        tables = {
            name for name, value in self.inputs.items() if _is_shelved(value) or isinstance(value, Files)
        }
        tables |= set(self.plan.stages.partings)
        fixed = {
            name: self.inputs[name] if name in self.inputs else flow.default(graph.node(name))
            for name in read
            if name not in tables
        }
        program = Program(
            calling,
            functions,
            fixed,
            {name: value for name, value in self.inputs.items() if isinstance(value, Files)},
            cut,
            {name: self._columns(nodes, name, pieces) for name in read if name in tables and name not in cut},
            pieces,
            joined,
            self.plan.key,
            self.parts,
            self.plan.orders,
            lines_of(list(functions.values())),
            import_paths(),
            os.getcwd(),
        )
        put_object(program.paths, (folder / file).with_suffix(".paths"))
        put_bytes(packed(program), folder / file)
        return file

    def _columns(self, nodes: Sequence[str], read: str, pieces: Collection[str]) -> tuple[str, ...] | None:
        """The columns that nodes use of a value that they read whole; None for all."""
        found: dict[str, None] = {}
        for name in nodes:
            if read in self._flow.graph.reads(name):
                used = self.plan.columns.get((name, read))
                if used is None:
                    return None
                found.update(dict.fromkeys(used))
        value = self._world.values.get(read)
        if pieces and isinstance(value, pd.DataFrame) and self.plan.key in value.columns:
            found[self.plan.key] = None
        return tuple(found)

    def _checked(self, step: Step) -> dict[int, list[tuple[Any, int]]]:
        """For each part, values of the key to compute apart, each with a part to take rows from."""
        parts, verify = self.parts, self.request.verify
        if verify == "off" or len(parts.keys) < 2:
            return {}
        number = max(_LEAST, len(parts.keys) // _EVERY) if verify is None else verify
        rng = np.random.default_rng(int(step.number))
        found: dict[int, list[tuple[Any, int]]] = {}
        for place in rng.permutation(len(parts.keys))[:number]:
            part = int(parts.numbers[place])
            alone = int((parts.numbers == part).sum()) == 1
            found.setdefault(part, []).append((parts.keys[place], (part + 1) % len(parts) if alone else -1))
        return found

    # -- what comes back -----------------------------------------------------------------------------------

    def _end(self, job: Job, report: Report) -> None:
        self.tally.cpu += report.cpu
        self.tally.memory = max(self.tally.memory, report.memory)
        self.tally.jobs += 1
        self.tally.missed.update(report.missed)
        if report.refuted is not None:
            if self._kept is not None:
                self._kept.refute(self._flow.graph, report.refuted.node, self.plan.key, report.refuted.text)
            raise refuted_error(report, self._flow)
        for name, result in report.results.items():
            self._verdicts(name, result)
            if self.request.on_event is not None:
                self.request.on_event(Finished(name, result, report.seconds))
        self._rows += job.rows
        self.request.progress(self._rows, self._total, self._what)

    def value(self, folder: Path, name: str) -> Any:
        """A wanted value, with all rows."""
        if name in self.inputs and name not in self.plan.stages.partings:
            found = self.inputs[name]
            return found.whole() if isinstance(found, Files) else found
        return get_value(whole_path(folder, name))

    def piece(self, folder: Path, name: str, part: int) -> Any:
        """The rows of a wanted value that belong to a part."""
        return get_value(piece_path(folder, name, part))


def _bytes_of_row(value: object) -> int:
    """About how many bytes a row of a value takes, its index aside."""
    seen = seen_as_table(value)
    return 8 * (len(seen.columns) if isinstance(seen, pd.DataFrame) else 1) if seen is not None else 0


def _is_shelved(value: object) -> bool:
    return seen_as_table(value) is not None


def no_key(key: str, inputs: Mapping[str, Any]) -> UsageError:
    """The error for a key that no input has."""
    names: dict[str, None] = {}
    for name, value in inputs.items():
        if isinstance(value, Files):
            names.update(
                dict.fromkeys(
                    str(column.name) for column in (*(value.schema.columns or ()), *value.schema.index)
                )
            )
        elif (table := seen_as_table(value)) is not None:
            names.update(dict.fromkeys(names_of(table, name)))
    return UsageError(
        "DB347",
        f"no input has '{key}'.",
        hint=did_you_mean(key, list(names)) or f"there are {', '.join(list(names)[:8]) or 'no tables'}.",
    )


def refuted_error(report: Report, flow: Flow) -> RunError:
    """The error for a verdict that real data refuted."""
    assert report.refuted is not None
    node = flow.graph.node(report.refuted.node)
    return RunError(
        "DB348",
        (
            f"'{node.name}'",
            node.ref.on(),
            f" cannot be computed in parts of {report.refuted.key}: {report.refuted.text}.",
        ),
        hint="nothing was written. This is remembered: run again, and it is computed whole.",
        names=[node.name],
        concerns=[node.ref],
    )


def sample_of(inputs: Mapping[str, Any], key: str, times: Sequence[str] = ()) -> dict[str, Any]:
    """A sample of the inputs: some values of the key, and of these the last moments."""
    tables = {name: value for name, value in inputs.items() if isinstance(value, Files)}
    found = dict(inputs)
    if tables:
        for name, value in tables.items():
            found[name] = value.counted(key)
        counts = added(found[name].rows for name in tables).sort_values(ascending=False, kind="stable")
        keys = [*counts.index[: SAMPLE_KEYS - 2], counts.index[len(counts) // 2], counts.index[-1]]
        keys = list(dict.fromkeys(keys))
        for name in tables:
            found[name] = found[name].some(
                key, keys, lambda value, name=name: _shortened({name: value}, key, times)[name]
            )
    return _shortened(found, key, times)


def _shortened(inputs: Mapping[str, Any], key: str, times: Sequence[str]) -> dict[str, Any]:
    sample = Sample(dict(inputs), keys=(key,), times=times)
    return shortened(sample, SAMPLE_STEPS, SAMPLE_ROWS, SAMPLE_KEYS).inputs


def prepared(
    flow: Flow, request: Request, kept: Kept | None = None, note: Callable[[str], None] = lambda name: None
) -> Run:
    """A run with its plan: natures are those that were learnt last, or are learnt now on a sample.

    The sample is that of the notebook; of a module, some rows of its inputs.

    Args:
        note: called with each node whose nature is learnt.

    Raises:
        UsageError: DB347 where no input has the key.
    """
    graph = flow.graph
    given = {
        name: value.counted(request.key) if isinstance(value, Files) else value
        for name, value in request.given.items()
    }
    tables = {
        name: value for name, value in given.items() if name in flow.inputs and not flow.has_sample(name)
    }
    values = sample_of(tables, request.key, declared(graph, "--time"))
    for name, node in {**flow.inputs, **flow.params}.items():
        if name not in values and name in flow.sources and (name in flow.params or flow.has_sample(name)):
            values[name] = flow.default(node)
    fixed = {name: value for name, value in given.items() if graph.node(name).kind != "input"}
    world = make_world(
        graph, flow.calls().function, {**values, **fixed}, chosen=flow.deciding(given), keys=(request.key,)
    )
    if not any(axes_of(world.values, name, request.key) for name in flow.inputs if name in world.values):
        raise no_key(request.key, given)
    names = order(request.outputs, lambda name: () if name in given else graph.reads(name))
    guards = flow.guards(request.outputs, given) if request.checks != "off" else []
    names = order([*names, *guards], lambda name: () if name in given else graph.reads(name))
    needed = [
        name
        for name in names
        if name in graph.nodes and graph.node(name).kind == "value" and name not in given
    ]
    known = {name: kept.last(world, name) if kept is not None else None for name in needed}
    own = {
        name: nature for name, nature in known.items() if nature is not None and request.key in nature.keys
    }
    if len(own) < len(needed):
        learnt = learn_natures(world, needed, Learning(memory=kept, note=note))
        own = {name: learnt[name].own for name in needed}
    return Run(flow, replace(request, given=given), own, world, kept)


def digest_of(flow: Flow, request: Request, plan: Plan) -> str:
    """What decides what the jobs of a run do: code, values of inputs and params, the plan and its parts."""
    hashed = blake2b(digest_size=8)
    graph = flow.graph
    for name in sorted(graph.names()):
        for node in graph.nodes[name]:
            hashed.update(f"{name}\0{node.digest}\0{graph.setup.digest(node.uses)}\0".encode())
    for name, value in sorted(request.given.items()):
        if isinstance(value, Files):
            stats = [
                (str(chunk.path), chunk.path.stat().st_size, chunk.path.stat().st_mtime_ns)
                for chunk in value.chunks
            ]
            hashed.update(f"{name}\0{stats}\0".encode())
        else:
            hashed.update(f"{name}\0{VALUES.digest(value)}\0".encode())
    numbers = [] if plan.parts is None else plan.parts.numbers.tolist()
    hashed.update(f"{plan.to_text()}\0{numbers}\0{request.outputs}\0{request.checks}".encode())
    return hashed.hexdigest()
