"""Failures are shown in the user's own code: their cell, their line, their values, no frames of Dagbook."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, NodeError, RunError, quoted
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.run.columns import column_hint

CELL_FILE = "<cell "
_SHOWN = 8
_LONG = 2_000  # characters of an error that are shown


def node_error(node: Node, error: BaseException, given: Mapping[str, object]) -> DataflowError:
    """The error DB301 for an exception that a node's function raised."""
    if isinstance(error, DataflowError):
        return error
    rows = own_frames(error, _files(node))
    if _is_generated(node):  # a family member only calls the shared function in the cell
        rows = [row for row in rows if row.name != node.function]
    line = next((row.lineno for row in reversed(rows) if _in_cell(row, node)), None) or node.line
    text = first_line(error)
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    shown = ", ".join(f"{name}={describe(value)}" for name, value in given.items())
    hint = f"inputs were {shown}." if shown else ""
    absent = [name for name, value in given.items() if value is ...]
    if absent:  # the placeholder that an import writes for an unknown sample
        hint = f"`...` stands for {quoted(absent)}: write a sample in its place in the %%inputs cell."
    column = column_hint(error)
    if column:
        hint = f"{column} {hint[:1].upper()}{hint[1:]}".strip()
    if "read-only" in text or "read only" in text:
        hint = f"inputs cannot be changed in place: copy first, for example `x = x.copy()`. {hint}".strip()
    place = [node.ref.on(line)] if node.cell else []
    failure = NodeError(
        "DB301",
        (f"'{node.name}' failed", *place, f": {what.rstrip('.')}."),
        hint=hint,
        names=[node.name],
        line=line,
        reason=f"{what.rstrip('.')}.",
        frames=format_frames(rows, error),
    )
    failure.__cause__ = error
    return failure


@bracket
def looking() -> Iterator[None]:
    """Around code that shows and compares values.

    Raises:
        RunError: DB332 for what the code of a value raised there.
    """
    try:
        yield
    except (DataflowError, KeyboardInterrupt):
        raise
    except BaseException as error:
        rows = own_frames(error)
        if not rows:
            raise
        raise _rude(error, rows) from error


def _rude(error: BaseException, rows: list[traceback.FrameSummary]) -> RunError:
    return RunError(
        "DB332",
        f"a value cannot be looked at: its own code raised {type(error).__name__} in `{rows[-1].name}`.",
        hint="let the methods of its class answer or raise an `Exception` such as TypeError.",
        reason=first_line(error),
        frames=format_frames(rows, error),
    )


def own_frames(error: BaseException, files: Collection[str] = ()) -> list[traceback.FrameSummary]:
    """The frames in the user's code: in cells and in the given files."""
    frames = traceback.extract_tb(error.__traceback__)
    return [row for row in frames if row.filename.startswith(CELL_FILE) or row.filename in files]


def format_frames(rows: list[traceback.FrameSummary], error: BaseException) -> list[str]:
    """Traceback lines of these frames, a recursion shortened."""
    lines: list[str] = []
    shown = rows if len(rows) <= _SHOWN else [*rows[: _SHOWN // 2], *rows[-_SHOWN // 2 :]]
    for number, row in enumerate(shown):
        if shown is not rows and number == _SHOWN // 2:
            lines.append(f"  … {len(rows) - len(shown)} more …")
        if row.filename.startswith(CELL_FILE):
            label = row.filename.removeprefix(CELL_FILE).split(" ")[0]
            lines.append(f"  Cell {label}, line {row.lineno}, in {row.name}")
        else:
            lines.append(f"  File {row.filename}, line {row.lineno}, in {row.name}")
        if row.line:
            lines.append(f"    {row.line}")
    last = _cut("".join(traceback.format_exception_only(error)).rstrip())
    return [*lines, last.removeprefix("dagbook_setup.")] if lines else []


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, cut where it is long; "" if converting it raises."""
    return _cut(_text_by(error, str, "").strip().split("\n")[0])


def _cut(text: str) -> str:
    """The start of a text that may hold a whole value."""
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} characters)"


def _text_by(value: object, convert: Callable[[object], str], otherwise: str) -> str:
    """The text that `convert` gives for an object; `otherwise` where code of its class raises."""
    try:
        text = convert(value)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return otherwise
    return text if type(text) is str else otherwise


def refuse_iterator(name: str, cell: CellRef, value: object) -> None:
    """Refuse a one-shot iterator: its second reader would find it empty.

    Raises:
        NodeError: DB304.
    """
    if isinstance(value, Iterator | AsyncIterator):
        raise NodeError(
            "DB304",
            (
                f"'{name}'",
                cell.on(),
                f" is of type {type(value).__name__}, which can be read only once.",
            ),
            hint="make it a list, a tuple or a frame.",
            names=[name],
        )


def shared_generator(name: str, cell: CellRef, readers: Sequence[str]) -> NodeError:
    """The warning DB304 for a random generator with several readers: here each draws from a copy."""
    draw = f" is a random generator, from which {quoted(readers)} draw the same numbers."
    return NodeError(
        "DB304",
        (f"'{name}'", cell.on(), draw),
        hint="it is state, not a value: make it from a seed inside each node, or they depend on their order.",
        names=[name, *readers],
    )


def describe(value: object) -> str:
    """A short description of a value, such as `int 10` or `Series of 365 rows`."""
    return _text_by(value, _described, type(value).__name__)


def _described(value: object) -> str:
    name = type(value).__name__
    if isinstance(value, int | float | bool | str | bytes | None):
        text = repr(value)
        return f"{name} {text if len(text) <= 40 else text[:37] + '…'}" if value is not None else "None"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        rows = f"{shape[0]} row{'' if shape[0] == 1 else 's'}"
        return f"{name} of {rows}" + (f" x {shape[1]} columns" if len(shape) == 2 else "")
    if isinstance(value, list | tuple | dict | set | frozenset):
        return f"{name} of {len(value)}"
    return name


def _files(node: Node) -> tuple[str, ...]:
    return (node.cell_id,) if node.cell_id.endswith(".py") else ()


def _is_generated(node: Node) -> bool:
    lines = node.text.lines if node.text is not None and node.helpers else ()
    return len(lines) > len(set(lines)) == 1


def _in_cell(row: traceback.FrameSummary, node: Node) -> bool:
    return row.filename == cell_file(node.cell, node.cell_id) or row.filename == node.cell_id


def cell_file(label: str, id: str) -> str:
    """The file name under which a cell's code is compiled."""
    return f"{CELL_FILE}{label} {id}>"
