"""Problems of a notebook that are found without running it: errors, contradictions, unknown names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

from kernel_magics.assist.columns import Frames, corrected
from kernel_magics.assist.describe import nodes_of
from kernel_magics.assist.document import Document
from kernel_magics.assist.fixes import (
    declare,
    delete_line,
    free_name,
    make_parameter,
    move_statement,
    move_to_setup,
    rename_here,
)
from kernel_magics.assist.locate import error_span, name_span, row_span
from kernel_magics.assist.marks import is_global
from kernel_magics.assist.place import Span
from kernel_magics.assist.problem import Fix, Problem, Severity
from kernel_magics.assist.quiet import quietly
from kernel_magics.assist.reading import Reading
from kernel_magics.assist.shadows import shadows
from kernel_magics.engine.errors import DataflowError, LinkError, WaitingError, close_name, did_you_mean
from kernel_magics.engine.graph.link import ALIASES, lacking
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.run.testing import undefined_names
from kernel_magics.engine.source.choice import Except
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import body_names
from kernel_magics.lineage.missing import Table
from kernel_magics.nature.declared import allowed
from kernel_magics.nature.leak import Leak, leak_error

_BY_PYTHON = ("__file__", "__name__", "display", "get_ipython")
_READ = ("read", "parameter", "line", "query", "keyword")
_ROLES = (*_READ, "write")


@quietly()
def problems(
    document: Document,
    cell_id: str | None = None,
    outside: Mapping[str, str] = MappingProxyType({}),
    leaks: Iterable[Leak] = (),
    seen: Mapping[str, Table] = MappingProxyType({}),
) -> tuple[Problem, ...]:
    """Everything that is wrong, in notebook order; nothing runs.

    Args:
        cell_id: only the problems in this cell.
        outside: the notebook's variables, as `Graph.outside` has them, for hints.
        leaks: nodes that were seen reading the future, whose code is still the same.
        seen: the columns of samples, of inputs whose cell is still the same.
    """
    names = {**outside, **{name: item.outside for name, item in document.variables.items()}}
    found: list[Problem] = [
        *_contradictions(document),
        *(item for id in _ids(document, cell_id) for item in _of_cell(document, id, names)),
        *_unused(document),
        *_columns(document, cell_id, seen),
        *_reading_ahead(document, leaks),
    ]
    wanted = [item for item in found if cell_id in (None, item.place.cell)]
    unique = {(item.code, item.place.cell, item.place.span, item.message): item for item in wanted}
    order = sorted(unique.values(), key=lambda item: (document.places[item.place.cell], item.place.span))
    return tuple(order)


def _ids(document: Document, cell_id: str | None) -> Iterable[str]:
    return document.readings if cell_id is None else [cell_id] if cell_id in document.readings else []


def _problem(
    document: Document,
    id: str,
    where: Span,
    error: DataflowError,
    name: str = "",
    fixes: Iterable[Fix | None] = (),
    severity: Severity = "error",
) -> Problem:
    """The problem for an error of the engine, with the present labels of cells."""
    shown = document.shown(error)
    ids = [cell.id for cell in error.concerns if cell.id in document.places]
    return Problem(
        error.code,
        severity,
        shown.message,
        shown.hint,
        document.spot(id, name, where, "problem"),
        tuple(dict.fromkeys([id, *ids])),
        tuple(fix for fix in fixes if fix is not None),
    )


# --- cells that contradict each other


def _contradictions(document: Document) -> Iterator[Problem]:
    """Link errors of cells left out of the graph, in every cell that they concern."""
    for id, error in document.draft.refused.items():
        if error.code == "DB109" or document.readings[id].error is not None:
            continue  # reported for each name below; contradictions of an incomplete cell are not known yet
        ids = [cell.id for cell in error.concerns if cell.id in document.readings]
        if error.code == "DB202":
            yield from _cycle(document, list(dict.fromkeys([id, *ids])), error)
            continue
        for each in dict.fromkeys([id, *ids]):
            reading = document.readings[each]
            where = error_span(reading, error)
            fixes: list[Fix | None] = []
            name = error.names[0] if error.names else ""
            if error.code == "DB201" and name in reading.own:
                new = free_name(document, name)
                fixes = [rename_here(document, each, name, new, f"Rename this one to '{new}'")]
            yield _problem(document, each, where, error, name, fixes)


def _cycle(document: Document, ids: list[str], error: LinkError) -> Iterator[Problem]:
    """A cycle, in each of its cells: the link to the next name is underlined."""
    for id in ids:
        reading = document.readings[id]
        own = {item.name for item in reading.parsed.definitions} if reading.parsed else set()
        follows = [after for name, after in pairwise(error.path) if name in own]
        spans = [(name, name_span(reading, name, _ROLES)) for name in follows]
        name, where = next(
            ((name, place) for name, place in spans if place), (error.path[0], error_span(reading, error))
        )
        yield _problem(document, id, where, error, name)


# --- one cell


def _of_cell(document: Document, id: str, outside: Mapping[str, str]) -> Iterator[Problem]:
    reading = document.readings[id]
    if reading.error is not None:
        names = reading.error.names if reading.error.code in ("DB103", "DB107", "DB108") else ()
        name = names[0] if names else ""
        fixes = [move_statement(document, id, reading.error.line)] if reading.error.code == "DB105" else []
        yield _problem(document, id, error_span(reading, reading.error), reading.error, name, fixes)
        return
    yield from _lacks(document, reading, outside)
    yield from _globals(document, reading)
    yield from _waits(document, reading, outside)
    yield from _tests(document, reading)
    if reading.source is None:
        for item in shadows(document, reading):
            yield _problem(document, id, item.span, item.error, item.name, [item.fix], "warning")
        for mark in reading.marks:
            if mark.role == "line" and not document.known(mark.text):
                hint = did_you_mean(mark.text, document.graph.nodes)
                error = DataflowError(
                    "DB308", f"the dataflow has no '{mark.text}'.", hint=hint, names=[mark.text]
                )
                yield _problem(document, id, mark.span, error, mark.text, (), "warning")


def _lacks(document: Document, reading: Reading, outside: Mapping[str, str]) -> Iterator[Problem]:
    """Globals of functions that the setup does not define."""
    for node in nodes_of(document, reading):
        for name in node.lacks:
            error = lacking(replace(node, lacks=(name,)), document.graph.nodes, document.shared, outside)
            shared = (mark.span for mark in reading.marks if mark.text == name and is_global(mark))
            where = next(shared, None) or row_span(reading, reading.head)
            fixes = [move_to_setup(document, reading.id, name)]
            if fixes == [None] or document.known(name):
                fixes = [make_parameter(document, reading.id, node.name, name), *fixes]
            close = close_name(name, document.shared)
            fixes += [rename_here(document, reading.id, name, close)] if close else []
            yield _problem(document, reading.id, where, error, name, fixes)


def _globals(document: Document, reading: Reading) -> Iterator[Problem]:
    """Names that a cell of setup, inputs or params reads, although only the setup is visible there."""
    if reading.parsed is None or reading.magic not in ("setup", "inputs", "params"):
        return
    for name in body_names(reading.parsed.body).reads:
        if name in document.shared or name in _BY_PYTHON or name in builtin_names():
            continue
        close = close_name(name, document.shared)
        hint = did_you_mean(name, document.shared) or "define it in %%setup, before it is used."
        what = (reading.parsed.ref.subject(), f" uses '{name}', which the setup does not define.")
        error = LinkError("DB109", what, hint=hint, names=[name])
        where = next(
            (mark.span for mark in reading.marks if mark.text == name), row_span(reading, reading.head)
        )
        fixes = [
            move_to_setup(document, reading.id, name),
            rename_here(document, reading.id, name, close) if close else None,
        ]
        yield _problem(document, reading.id, where, error, name, fixes)


def _waits(document: Document, reading: Reading, outside: Mapping[str, str]) -> Iterator[Problem]:
    """Names that a cell needs and that are not defined."""
    said: set[str] = set()
    graph = replace(document.graph, outside=lambda: outside)
    for node in nodes_of(document, reading):
        wanted = [(item.name, "inputs", "") for item in node.inputs if not item.optional]
        wanted += [(key, "params", _default(value)) for key, value in node.when]
        for name, magic, value in wanted:
            if name in said or document.known(name):
                continue
            said.add(name)
            error = waiting_error(graph, name)
            where = name_span(reading, name, _READ) or name_span(reading, name, _ROLES)
            where = where or row_span(reading, reading.head)
            yield _problem(
                document,
                reading.id,
                where,
                error,
                name,
                _ways_out(document, reading.id, name, magic, value),
            )


def _default(choice: object) -> str:
    """A value of a param for which a variant exists, as source; "" where any other one does."""
    return "" if isinstance(choice, Except) else repr(choice)


def _ways_out(document: Document, id: str, name: str, magic: str, value: str = "") -> list[Fix | None]:
    assigned = name_span(document.readings[id], name, ("write",)) is not None  # assigned on some paths only
    if assigned or name in ("display", "get_ipython"):
        return []
    taken = document.graph.read_by(name)
    known = {*document.graph.nodes, *document.defined, *document.shared} - taken
    close = close_name(name, known)
    setup = move_to_setup(document, id, name)
    first = rename_here(document, id, name, close) if close else None
    variable = document.variables.get(name)
    code = name in ALIASES or (variable is not None and variable.kind in ("import", "function"))
    return [first, setup, None if code else declare(document, id, name, magic, value)]


def _tests(document: Document, reading: Reading) -> Iterator[Problem]:
    """Names that a test calls and that are not defined."""
    parsed = reading.parsed
    if parsed is None or parsed.test is None:
        return
    for name in undefined_names(document.graph, parsed):
        if document.known(name):
            continue
        close = close_name(name, document.graph.nodes)
        hint = (
            did_you_mean(name, document.graph.nodes) or "nodes, the setup and pytest are what a test knows."
        )
        about = (
            f"the test is of '{name}'"
            if name == parsed.subject
            else f"the test of '{parsed.subject}' needs '{name}'"
        )
        error = WaitingError("DB203", f"{about}, which nothing defines.", hint=hint, names=[name])
        where = name_span(reading, name) or row_span(reading, reading.head)
        fixes = [rename_here(document, reading.id, name, close)] if close else []
        yield _problem(document, reading.id, where, error, name, fixes)


# --- columns


def _columns(document: Document, cell_id: str | None, seen: Mapping[str, Table]) -> Iterator[Problem]:
    """Columns that a frame does not have."""
    frames = Frames(document, seen)
    for id in _ids(document, cell_id):
        reading = document.readings[id]
        for item in frames.wrong(reading):
            fixes = [corrected(reading, item)]
            yield _problem(document, id, item.span, item.error, item.missing.name, fixes, "warning")


# --- nodes that read the future


def _reading_ahead(document: Document, leaks: Iterable[Leak]) -> Iterator[Problem]:
    """Leaks that were found by experiment, unless the cell says by now that it may read later rows."""
    permitted = allowed(document.graph)
    for leak in leaks:
        if leak.node in document.graph.nodes and leak.node not in permitted:
            error = leak_error(document.graph, [leak])
            reading = document.readings[document.graph.node(leak.node).cell_id]
            yield _problem(document, reading.id, error_span(reading, error), error, leak.node)


# --- inputs that nothing reads


def _unused(document: Document) -> Iterator[Problem]:
    graph = document.graph
    declared = [node for node in graph if node.kind in ("input", "param") and node.name not in graph.readers]
    if not declared:
        return
    begun = bool(document.draft.refused) or any(node.kind == "value" for node in graph)
    apart = [document.readings[id] for id in document.draft.refused]
    apart += [reading for reading in document.readings.values() if reading.error is not None]
    words = {word for reading in apart for word in re.findall(r"[^\W\d]\w*", reading.text)}
    ordinary = {
        mark.text for reading in document.readings.values() if not reading.magic for mark in reading.marks
    }
    for node in declared:
        if node.name in words:
            continue
        only = node.name in ordinary
        message = f"'{node.name}' is declared, and {'no node' if only else 'nothing'} reads it."
        error = DataflowError(
            "DB208",
            message,
            hint=f"use it in a node, or delete it from %%{node.kind}s.",
            names=[node.name],
            concerns=[node.ref],
        )
        reading = document.readings[node.cell_id]
        where = name_span(reading, node.name) or row_span(reading, reading.head)
        fixes = [None if only else delete_line(document, node.cell_id, node.name)]
        severity: Severity = "warning" if begun and not only else "info"
        yield _problem(document, node.cell_id, where, error, node.name, fixes, severity)
