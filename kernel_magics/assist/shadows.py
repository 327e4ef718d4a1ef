"""A shadow is a name of the dataflow that an ordinary cell assigns; nodes do not see that value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.assist.document import Document
from kernel_magics.assist.edit import Replace
from kernel_magics.assist.place import Span
from kernel_magics.assist.problem import Fix
from kernel_magics.assist.reading import Reading
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.session.impure import import_origins
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.injected import injected_values
from kernel_magics.engine.source.occurrences import placed
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.span import span_of


@dataclass(frozen=True, slots=True)
class Shadow:
    """A name at the first place where a cell binds or deletes it."""

    name: str
    span: Span
    error: LinkError
    fix: Fix | None


def shadows(document: Document, reading: Reading) -> Iterator[Shadow]:
    """The names of the dataflow that an ordinary cell assigns; assignments for papermill are left out."""
    python = reading.ordinary.python
    try:
        names = body_names(python)
    except (SyntaxError, ValueError, RecursionError):
        return
    given = injected_values(reading.text)
    found: dict[str, Span] = {}
    for item in placed(names.references, python):
        if item.home.parent is None and item.role in ("write", "import"):
            found.setdefault(item.name, item.span)
    for name, where in found.items():
        home = _home(document, reading, name)
        if home is None or (name in given and home[0] == "a param"):
            continue
        what, cell = home
        error = LinkError(
            "DB209",
            (f"'{name}' is {what}", cell.on(), "; no node sees what this cell makes of it."),
            hint="give the variable another name.",
            names=[name],
        )
        yield Shadow(name, where, error, _as_default(document, reading, name))


def _home(document: Document, reading: Reading, name: str) -> tuple[str, CellRef] | None:
    """The kind of a name of the dataflow, and its cell; None if the ordinary cell means the same object."""
    nodes = document.graph.nodes.get(name, ())
    if nodes:
        kind = "node" if nodes[0].kind == "value" else nodes[0].kind
        return f"{'an' if kind == 'input' else 'a'} {kind}", document.ref(nodes[0].cell_id)
    statement = next((item for item in document.graph.setup.statements if name in item.binds), None)
    if statement is None:
        return None
    here = [item for item in reading.variables if item.name == name]
    origin = import_origins(statement.node).get(name)
    for item in here:
        same = import_origins(ast.parse(item.code)).get(name) if item.kind == "import" else None
        if item.code != statement.code and (origin is None or same != origin):
            return "of the setup", document.ref(statement.cell_id)
    return None if here else ("of the setup", document.ref(statement.cell_id))


def _as_default(document: Document, reading: Reading, name: str) -> Fix | None:
    """A fix that makes a constant, assigned to a param, the param's default."""
    here = [item for item in reading.variables if item.name == name]
    home = next(
        (item for item in document.readings.values() if item.magic == "params" and name in item.own), None
    )
    if (
        home is None
        or home.source is None
        or len(here) != 1
        or here[0].kind != "constant"
        or not here[0].lines
    ):
        return None
    rows = home.source.placed.split("\n")
    for block in blocks(home.source.placed):
        node = block.node
        if not isinstance(node, ast.AnnAssign | ast.Assign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if [item.id for item in targets if isinstance(item, ast.Name)] == [name]:
            given = Replace(home.id, span_of(node.value, rows), here[0].value)
            gone = Replace(reading.id, here[0].lines, "")
            return Fix(f"Make {here[0].value} the default of '{name}'", "params", (given, gone))
    return None
