"""A shadow is a variable of an ordinary cell under a name of the dataflow: cells see it, nodes do not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kernel_magics.engine.errors import DataflowError, quoted
from kernel_magics.engine.session.session import Session

_SHOWN = 5  # names listed one by one


def injected_lines(session: Session, names: Collection[str]) -> tuple[list[str], bool]:
    """Lines about params with injected values, and whether all of these can be converted."""
    lines: list[str] = []
    for cell in session.graph.cells.values():
        given = [name for name in cell.injected if name in names]
        try:
            if given:
                session.memos.run_values(cell)
        except DataflowError as error:  # the nodes that read it fail with it
            return error.lines(), False
        for name in given:
            item = cell.injected[name]
            lines.append(
                f"param '{name}' is {item.source} from this cell on; its default is {item.declared}."
            )
    return lines, True


def shadow_lines(session: Session, found: Mapping[str, bool]) -> list[str]:
    """Lines about names of the dataflow that a cell assigned or deleted.

    Args:
        found: by name, whether there is another value now; otherwise the name was deleted.
    """
    hidden = [name for name, there in found.items() if there]
    deleted = [name for name, there in found.items() if not there]
    lines = [
        f"'{name}' is {what_is(session, name)}: this variable hides it in cells, and no node sees the "
        "variable. Give it another name."
        for name in hidden[:_SHOWN]
    ]
    if len(hidden) > _SHOWN:
        lines.append(f"… and {len(hidden) - _SHOWN} more names of the dataflow.")
    if deleted:
        more = f" and {len(deleted) - _SHOWN} more" if len(deleted) > _SHOWN else ""
        lines.append(f"{quoted(deleted[:_SHOWN])}{more}: deleted here only; the dataflow keeps what it has.")
    return lines


def what_is(session: Session, name: str) -> str:
    """`a node of cell [3]`, for messages."""
    graph = session.graph
    if name not in graph.nodes:
        statement = next(item for item in graph.setup.statements if name in item.binds)
        return f"part of the setup in cell {graph.cells[statement.cell_id].label}"
    node = graph.nodes[name][0]
    kind = "node" if node.kind == "value" else node.kind
    return f"{'an' if kind == 'input' else 'a'} {kind} of cell {node.cell}"
