"""The module is a graph written out as Python: imports, constants, helpers, functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.runtime import shipped_text
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.mapped import Signature, annotate
from kernel_magics.engine.source.permits import permit
from kernel_magics.engine.source.tree import FunctionOrClass
from kernel_magics.engine.visible import visible
from kernel_magics.export.module.checksum import BLANK, write_checksums
from kernel_magics.export.module.constants import Constants, make_constants
from kernel_magics.export.module.copies import Copies, make_copies
from kernel_magics.export.module.dialect import Dialect
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.families import helper_signatures
from kernel_magics.export.module.format import format_python
from kernel_magics.export.module.hints import Hints
from kernel_magics.export.module.imports import shared_part
from kernel_magics.export.module.privates import private_names, rename
from kernel_magics.export.module.style import PLAIN, Style
from kernel_magics.export.module.tables import Tables, make_tables
from kernel_magics.export.module.variants import python_dialect


@dataclass(frozen=True, slots=True)
class Module:
    """An exported module.

    Attributes:
        text: its source.
        setup: names of the setup that it holds, by the name they have in the module.
        notes: remarks for the user.
    """

    text: str
    setup: Mapping[str, str]
    notes: tuple[str, ...] = ()


def make_module(
    exported: Exported,
    source_name: str,
    hints: Hints,
    style: Style = PLAIN,
    dialect: Callable[[Graph, Sequence[Node]], Dialect] = python_dialect,
) -> Module:
    """The module of a graph whose nodes wait for nothing.

    Args:
        source_name: file name of the notebook.
        style: of the module's folder.
        dialect: how variants and checks are written.

    Raises:
        ExportError: DB509, DB510.
    """
    graph, nodes = exported.graph, exported.nodes
    statements = exported.shared(hints.uses)
    names = [name for statement in statements for name in statement.binds]
    renamed = private_names(statements, {*graph.owners, *graph.setup.names})
    shared = shared_part(statements, renamed)
    spoken = dialect(graph, nodes)
    hints = hints.complete(spoken.untyped)
    constants = make_constants(graph, nodes, spoken.choices)
    copies = make_copies(graph, spoken.nodes, hints.types)
    taken = {*graph.setup.names, *graph.owners, *graph.nodes, *renamed.values()}
    tables = make_tables(exported, spoken, hints, constants.names, taken)
    parts = [_header(source_name), *shared.imports, *hints.imports, *copies.imports, *spoken.imports]
    parts += [*tables.imports, *constants.early, *shared.rest, *constants.late, spoken.code, tables.code]
    parts += _functions(exported, spoken, hints, renamed, constants, copies, tables)
    text = write_checksums(format_python("\n".join(parts) + "\n", style=style))
    bound = {name for block in blocks(text) for name in _bound(block)}
    setup = {name: renamed.get(name, name) for name in names if renamed.get(name, name) in bound}
    return Module(text, setup, tuple(_notes(graph, nodes)))


def _bound(block: Block) -> Iterable[str]:
    """The names that a statement of the module binds; a definition binds its own name only."""
    if isinstance(block.node, FunctionOrClass):
        return (block.node.name,)
    return block.names.binds


def _header(source_name: str) -> str:
    origin = f"of {source_name}" if source_name else "of a notebook"
    origin = origin.replace("\\", "/").replace('"', "'")
    return f'"""Features {origin}, exported by Dagbook.\n\nSource hash {BLANK}.\n"""'


def _functions(
    exported: Exported,
    dialect: Dialect,
    hints: Hints,
    renamed: Mapping[str, str],
    constants: Constants,
    copies: Copies,
    tables: Tables,
) -> Iterator[str]:
    """Headings as section comments, each cell's id above its first function, helpers before their users."""
    families = helper_signatures(dialect.nodes, hints)
    group = cell = ""
    done: set[str] = set()
    for node in dialect.nodes:
        if node.group and node.group != group:
            yield f"\n\n# --- {visible(' '.join(node.group.split()))} ---\n"
        if node.cell_id != cell:
            yield f"\n\n# cell {exported.traces[node.cell_id]}{_permit(exported.graph, node.cell_id)}"
        group, cell = node.group or group, node.cell_id
        for helper in node.helpers:
            if helper.name in done:
                continue
            done.add(helper.name)
            if helper.name in tables.families:
                table = tables.families[helper.name]
                yield copies.into_shared(node, rename(table.shared.source, renamed, node.ref)) + "\n\n"
                yield table.text(tables.maker)
            else:
                typed = annotate(helper.text, families.get(helper.name, Signature()))
                yield rename(typed.source, renamed, node.ref) + "\n\n"
        if node.function in tables.functions:
            continue
        signature = replace(hints.signature(node), defaults=constants.names)
        own = annotate(shipped_text(exported.graph, node), signature)
        source = copies.into(node.function, rename(own.source, renamed, node.ref))
        yield dialect.above.get(node.function, "") + source + "\n\n"


def _permit(graph: Graph, cell: str) -> str:
    """The line below that of a cell which says why its nodes may read later rows; "" for none."""
    whys = [node.future for node in graph.owned[cell] if node.future is not None]
    return f"\n{permit(visible(' '.join(whys[0].split())))}" if whys else ""


def _notes(graph: Graph, nodes: Sequence[Node]) -> Iterator[str]:
    read = {name for node in nodes for name in node.input_names}
    for node in graph:
        if node.kind in ("input", "param") and node.name not in read:
            yield f"{node.kind} '{node.name}' (cell {node.cell}) is left out: no node reads it."
    for node in graph:
        given = graph.cells[node.cell_id].injected.get(node.name) if node.kind == "param" else None
        if given is not None and node.name in read and given.source != node.value:
            yield (
                f"param '{node.name}' (cell {node.cell}) has its own default {node.value} in the module; "
                f"{given.given} was given for this run."
            )
    for node in graph:
        if node.kind == "param" and node.name in read and not _has_default(graph, node.name, nodes):
            yield (
                f"the default of param '{node.name}' (cell {node.cell}) is not in the module: every function "
                f"that reads it has inputs without a default behind it. Move it behind them."
            )


def _has_default(graph: Graph, name: str, nodes: Sequence[Node]) -> bool:
    for node in nodes:
        names = [item.name for item in node.inputs]
        if name not in names:
            continue
        behind = node.inputs[names.index(name) + 1 :]
        later = [
            item
            for item in behind
            if not item.keyword_only and not node.inputs[names.index(name)].keyword_only
        ]
        if all(item.optional or _is_param(graph, item.name) for item in later):
            return True
    return any(name in dict(node.when) for node in nodes) and not any(
        name in [item.name for item in node.inputs] for node in nodes
    )


def _is_param(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).kind == "param"
