"""`%dataflow samples LOG`: what production saw becomes the samples of the inputs, in files near the notebook.

The cells of the inputs then read these files. The notebook's page changes the cells, which one undo takes
back; where no page is connected, the new text goes into the next cell. A file has the digest of its content
in its name, so that an older text of a cell always finds the file that it was written for.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from kernel_magics.assist.edit import edited
from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import quoted
from kernel_magics.engine.graph.private import private_marks
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.value import MISSING
from kernel_magics.export.private import Private
from kernel_magics.import_.samples import sample_source
from kernel_magics.magics.arguments import refuse
from kernel_magics.magics.context import Context
from kernel_magics.magics.rewrite import LIBRARIES, edits_in, unchangeable, value_edits
from kernel_magics.monitor.labels import Labels
from kernel_magics.monitor.samples import Samples, Wanted, read_samples
from kernel_magics.registry.expression import Unreadable, read_expression
from kernel_magics.tables.files import optional, put, write_whole
from kernel_magics.tables.schema import schema_of
from kernel_magics.tables.values import write_value
from kernel_magics.values import VALUES
from kernel_magics.values.codec import encode
from kernel_magics.values.record import Unsupported
from nbext.connect import edit_cells

FOLDER: Final = "samples"
_ROWS: Final = 1000
_KINDS: Final = ("pandas.DataFrame", "pandas.Series", "numpy.array", "polars.DataFrame")


def samples(context: Context, asked: Any) -> None:
    """Take samples from a log, and let the cells of the inputs read them.

    Args:
        asked: the line: the log is its `value`.

    Raises:
        DataflowError: see `read_samples`; DB001, DB003, DB405, DB574 for an input that cannot be changed.
    """
    if asked.rows is not None and asked.rows < 1:
        refuse("dataflow", "--rows must be at least 1")
    try:
        where = read_expression(asked.where) if asked.where else None
    except Unreadable as error:
        refuse("dataflow", f"--where: {error}")
    session = context.workspace.session
    labels = Labels.read(Path(asked.labels), asked.on) if asked.labels else None
    old = _samples(session)
    private = Private.of(private_marks(session.graph), old)
    found = read_samples(
        Path(asked.value), old, Wanted(asked.rows or _ROWS, where, labels), lambda: private.disguised(old)
    )
    cells = {cell.id: cell for name in found.values if (cell := _cell_of(session, name)) is not None}
    # before any file is written: each of them can be changed
    for cell in cells.values():
        value_edits(cell.id, _text(cell), dict.fromkeys(found.values, ""))
    sources = {name: _source(name, value) for name, value in found.values.items()}
    for source in sources.values():
        if source.path is not None:
            write_whole(source.path, partial(_put, source.data))

    edits = edits_in(cells, {name: source.text for name, source in sources.items()})
    labelled = ", ".join(cell.label for cell in cells.values())
    if edit_cells(context.workspace, edits, list(cells)):
        done = f"{labelled} read them: run {'it' if len(cells) == 1 else 'them'}; one undo takes that back."
    else:
        texts = {id: _text(cell) for id, cell in cells.items()}
        own = edits(texts)
        new = [edited(text, [edit for edit in own if edit.cell == id]) for id, text in texts.items()]
        shell: Any = context.shell
        shell.set_next_input("\n\n".join(new))
        done = f"put the text of the next cell into {labelled}."
    print("\n".join(_told(found, done)))


def _told(found: Samples, done: str) -> Iterable[str]:
    yield f"{quoted(list(found.values))}: {found.rows} rows, from {found.first} to {found.last}; {done}"
    yield from found.notes


def _samples(session: Session) -> dict[str, Any]:
    """The samples of the inputs that something reads."""
    graph, memos = session.graph, session.memos
    names = [name for name in graph.names() if graph.node(name).kind == "input" and name in graph.readers]
    session.hold(names)
    return {
        name: memo.value
        for name in names
        if (memo := memos.get(name)) is not None and memo.error is None and memo.value is not MISSING
    }


def _cell_of(session: Session, name: str) -> Cell | None:
    return session.graph.cells.get(session.graph.node(name).cell_id)


def _text(cell: Cell) -> str:
    """The text of a cell, its magic in the first line."""
    return f"%%{cell.magic}{' ' if cell.line else ''}{cell.line}\n{cell.body}"


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a sample.

    Attributes:
        text: an expression that gives it.
        path: the file that the expression reads; None where it reads none.
        data: the content of that file.
    """

    text: str
    path: Path | None = None
    data: bytes = b""


def _source(name: str, value: Any) -> _Source:
    """The source of a sample: a literal, or a file for a table.

    Raises:
        DataflowError: DB574 for a value that would come back otherwise, DB003, DB405.
    """
    schema = schema_of(value)
    if schema is None:
        return _Source(_literal(name, value))
    kind = schema.kind
    column = str(getattr(value, "name", None) or name)
    if kind == "pandas.Series":
        table, rest = value.to_frame(column), f"[{column!r}]{'' if value.name else '.rename(None)'}"
    elif kind == "numpy.array":
        table, rest = pd.DataFrame({column: value}), f"[{column!r}].to_numpy()"
    else:
        table, rest = value, ""
    library = "pl" if schema.library == "polars" else "pd"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.parquet"
        write_value(table, path)
        data = path.read_bytes()
        if kind not in _KINDS or not _gives(library, path, rest, value):
            raise unchangeable(name, f"a file does not give a {schema.kind} such as its sample back")
    path = Path(FOLDER) / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.parquet"
    return _Source(f'{library}.read_parquet("{path.as_posix()}"){rest}', path, data)


def _gives(library: str, path: Path, rest: str, value: object) -> bool:
    """Whether an expression of ours gives a value."""
    names = {library: optional(LIBRARIES[library], "tables")}
    try:
        found = eval(f"{library}.read_parquet({str(path)!r}){rest}", names)
    except Exception:  # whatever a library says of a file that it does not understand
        return False
    return bool(VALUES.equal(found, value))


def _put(data: bytes, path: Path) -> None:
    put(path, data)


def _literal(name: str, value: object) -> str:
    try:
        found = sample_source(encode(value))
    except Unsupported:
        found = None
    if found is None or found[1]:
        raise unchangeable(name, f"a {VALUES.type_name(value)} cannot be written as a literal")
    return found[0]
