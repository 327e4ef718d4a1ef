"""Bringing back: edits of an exported module are written into the cells that the code came from.

The checksums in the module show which parts were edited there, and whether the notebook's cells are still
those that were exported. A part that changed on both sides is a conflict, and then nothing is written.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError, SourceError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.blocks import block_of, blocks
from kernel_magics.engine.source.cell import CellSource, cut_below_magic, read_cell
from kernel_magics.engine.source.permits import cut_permit
from kernel_magics.engine.source.tree import Function
from kernel_magics.export.draft import types_written
from kernel_magics.export.module.checksum import ModuleParts, Part, joined_text, read_parts, same_top
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.hints import make_hints
from kernel_magics.export.module.module import Module, make_module
from kernel_magics.export.module.privates import rename
from kernel_magics.export.module.style import PLAIN, Style
from kernel_magics.export.module.trace import short_ids
from kernel_magics.import_.conflict import Conflict, conflict_error, indented_lines
from kernel_magics.import_.draft import DraftCell, free_id
from kernel_magics.import_.functions import functions_of
from kernel_magics.import_.importing import refuse_decorated
from kernel_magics.import_.revise import revisions
from kernel_magics.import_.shared import (
    constant_value,
    default_edits,
    param_constants,
    same_value,
    setup_texts,
    top_edits,
    with_added,
    with_default,
    with_statement,
)
from kernel_magics.import_.split import shared_blocks
from kernel_magics.import_.undecorated import is_for_hamilton
from kernel_magics.notebook import Notebook


@dataclass(frozen=True, slots=True)
class Brought:
    """The edits to make in a notebook.

    Attributes:
        changes: new text of cells by id.
        added: new cells after the cell of that id ("" for the beginning).
        notes: remarks for the user.
    """

    changes: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, Sequence[DraftCell]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def bring_back(text: str, name: str, notebook: Notebook, style: Style = PLAIN) -> Brought:
    """The cells of a notebook with the edits of a module.

    Args:
        text: the module.
        name: its file name.
        style: of its folder.

    Raises:
        SourceError: DB404 not Python, DB414 no exported module, DB415 conflicts, DB416 an edit that no cell
            can say, DB418 decorators of Apache Hamilton.
    """
    if is_for_hamilton(text):
        raise SourceError(
            "DB418",
            f"'{name}' was exported for Apache Hamilton: its edits cannot be brought into cells.",
            hint="make a notebook of it with -o, or edit the cells and export them again.",
        )
    refuse_decorated(text, name)
    work = _Work(text.replace("\r\n", "\n"), name, notebook, style)
    if not work.module.edited:
        return Brought(notes=(f"nothing was edited in {name} since it was exported.",))
    work.defaults()
    work.top()
    for part in work.module.parts:
        work.part(part)
    for part in work.module.loose:
        work.unmarked(part)
    work.finish()
    return Brought(work.changes(), work.added, tuple(work.notes))


def _keeps(before: Sequence[Node], after: Sequence[Node]) -> bool:
    """Whether nodes that are still there keep what no function's text says."""
    known = {node.function: (dict(node.tags), node.cache, node.fitted) for node in before}
    found = {
        node.function: (dict(node.tags), node.cache, node.fitted) for node in after if node.function in known
    }
    return all(known[name] == facts for name, facts in found.items())


class _Work:
    """The state of one import: changed cells, and conflicts found so far."""

    def __init__(self, text: str, name: str, notebook: Notebook, style: Style) -> None:
        self.text, self.name, self.style = text, name, style
        self.module = _read(text, name)
        self.source_name = notebook.source_name
        self.before = {cell.id: cell.source for cell in notebook.cells if cell.type == "code"}
        self.cells: dict[str, CellSource] = {cell.id: cell for cell in notebook.sources()}
        self.texts = dict(self.before)
        self.order = [cell.id for cell in notebook.cells]
        self.added: dict[str, list[DraftCell]] = {}
        self.conflicts: list[Conflict] = []
        self.notes: list[str] = []
        self.graph, exported = self.export(text)
        self.ids = {short: id for id, short in short_ids(self.graph.cells).items()}
        self.public = {new: old for old, new in exported.setup.items() if old != new}
        self.now = {part.cell: part for part in read_parts(exported.text).all}
        known = joined_text(self.module, edited=False)
        self.learnt = {part.cell: part for part in read_parts(self.export(known)[1].text).all}

    def export(self, types: str) -> tuple[Graph, Module]:
        """The module that an export would write now, with the types of a given text."""
        cells = sorted(self.cells.values(), key=lambda cell: cell.magic != "setup")
        graph = Graph().put(*(parse_cell(cell) for cell in cells))
        hints = make_hints(graph, types_written(types, graph))
        return graph, make_module(Exported.of(graph), self.source_name, hints, self.style)

    def put(self, id: str, text: str) -> None:
        """Give a cell another text."""
        old = self.cells[id]
        new = read_cell(text, id, old.label, old.group)
        if new is not None:
            self.cells[id], self.texts[id] = new, text

    def source(self, id: str) -> str:
        """A cell's text as it is now."""
        return self.texts[id]

    def changes(self) -> dict[str, str]:
        """The texts that differ from the notebook."""
        return {
            id: self.source(id)
            for id in self.cells
            if id in self.before and self.source(id) != self.before[id]
        }

    def conflict(self, place: str, cell: str, module: str) -> None:
        """Record a change on both sides."""
        self.conflicts.append(Conflict(place, cell, module))

    def unchanged(self, part: Part) -> bool:
        """True when the notebook's cell is still the one that was exported."""
        there = [known[part.cell] for known in (self.now, self.learnt) if part.cell in known]
        return any(part.matches(other.text) for other in there)

    def defaults(self) -> None:
        """Bring back defaults of params that were edited in the headers of functions."""
        kept = default_edits([part.text for part in self.module.parts if not part.edited], self.graph)
        edited = default_edits([part.text for part in self.module.parts if part.edited], self.graph)
        for name, values in edited.items():
            param, others = self.graph.node(name), kept.get(name, set())
            new = [value for value in values - others if not same_value(value, param.value)]
            if new and len(values | others) > 1:
                shown = " and ".join(sorted(values | others))
                self.conflict(f"param '{name}'", f"{name} = {param.value}", f"its functions have {shown}")
            elif new:
                self.value(param.cell_id, name, new[0])

    def value(self, id: str, name: str, value: str) -> None:
        """Write a new default into a %%params cell."""
        head, body = cut_below_magic(self.source(id))
        self.put(id, f"{head}{with_default(body, name, value)}")

    def top(self) -> None:
        """Bring back edits above the functions."""
        if not self.module.top.edited:
            return
        base = any(same_top(self.module, known[""].text) for known in (self.now, self.learnt))
        constants, known = param_constants(self.graph), setup_texts(self.graph)
        fresh: list[str] = []
        for edit in top_edits(self.module.top.text, self.now[""].text):
            name = edit.names[0]
            if name.startswith(("_when", "_Variant", "_member", "_Value")):
                continue
            old = self.public.get(name, name)
            if edit.new is None:
                self.notes.append(f"'{name}' is no longer in {self.name}: it is left in the notebook.")
            elif edit.old and not base:
                self.conflict(f"'{old}' of the setup", known.get(old, ("", edit.old))[1], edit.new.text)
            elif name in constants:
                param = constants[name]
                self.value(self.graph.node(param).cell_id, param, constant_value(edit.new))
            elif edit.old and old in known:
                self.statement(*known[old], self.renamed(edit.new.text))
            elif old in known and known[old][1] != edit.new.text and " import " not in f" {edit.new.text}":
                self.conflict(f"'{old}' of the setup", known[old][1], edit.new.text)
            elif old not in known:
                fresh.append(self.renamed(edit.new.text))
        self.setup(fresh)

    def renamed(self, text: str) -> str:
        """A text with the helpers under their notebook names."""
        return rename(text, self.public, CellRef("", ""))

    def statement(self, id: str, old: str, new: str) -> None:
        """Replace a statement of a setup cell."""
        head, body = cut_below_magic(self.source(id))
        changed = with_statement(body, old, new)
        if changed == body:
            self.conflict(f"cell {self.cells[id].label}", old, new)
        self.put(id, f"{head}{changed}")

    def setup(self, statements: Sequence[str]) -> None:
        """Add statements to the last setup cell, or to a new one."""
        if not statements:
            return
        last = next((cell for cell in reversed(self.cells.values()) if cell.magic == "setup"), None)
        if last is None:
            self.add("", "setup", "\n".join(["%%setup", *statements]))
        else:
            head, body = cut_below_magic(self.source(last.id))
            self.put(last.id, f"{head}{with_added(body, [block_of(text) for text in statements])}")

    def add(self, behind: str, name: str, text: str) -> str:
        """A new cell."""
        id = free_id(name, {*self.order, *self.cells})
        self.added.setdefault(behind, []).append(DraftCell(id, "code", text))
        cell = read_cell(text, id, f"[new {name}]", "")
        if cell is not None:
            self.cells[id], self.texts[id] = cell, text
        return id

    def part(self, part: Part) -> None:
        """Bring back edits in the part of one cell."""
        id = self.ids.get(part.cell, part.cell)
        there = self.now.get(part.cell)
        if there is None:
            self.absent(part)
        elif part.edited and part.text != there.text and not self.unchanged(part):
            self.conflict(f"cell {self.cells[id].label}", self.source(id), part.text)
        elif part.edited and not self.conflicts:
            self.revise(id, part, there)

    def absent(self, part: Part) -> None:
        """Bring back a part whose cell is not in the notebook: it is new, or was deleted there."""
        if part.edited:
            self.conflict(f"cell '{part.cell}'", "(deleted)", part.text)
        elif not part.checksum:
            before = [
                other.cell for other in self.module.parts if other.line < part.line and other.cell in self.now
            ]
            behind = self.ids.get(before[-1], "") if before else self.order[-1] if self.order else ""
            why, text = cut_permit(self.renamed(part.text))
            head = "%%node" if why is None else f"%%node --future {shlex.quote(why)}"
            self.add(behind, part.cell, f"{head}\n{text}")
        else:
            self.notes.append(
                f"cell '{part.cell}' is not in the notebook: its part of {self.name} is left out."
            )

    def unmarked(self, part: Part) -> None:
        """Bring back code below a heading and above its first cell: a new cell, or setup."""
        found = blocks(part.text)
        if found and all(isinstance(block.node, Function) for block in found):
            self.absent(replace(part, cell=getattr(found[-1].node, "name", "")))
        else:
            self.setup([self.renamed(block.text) for block in shared_blocks(found)])

    def revise(self, id: str, part: Part, there: Part) -> None:
        """Use the first form of the cell whose export is the edited part."""
        typed = part.text == there.text
        types = joined_text(self.module, edited=False) if typed else self.text
        cell, text = parse_cell(self.cells[id]), self.source(id)
        params = {node.name for node in self.graph if node.kind == "param"}
        problem: DataflowError | None = None
        edited = revisions(text, cell, self.renamed(part.text), self.renamed(there.text), params, typed)
        for candidate in (text, *edited):
            try:
                self.put(id, candidate)
                graph, module = self.export(types)
                new = read_parts(module.text).parts
                if any(item.cell == part.cell and item.text == part.text for item in new):
                    if _keeps(self.graph.owned[id], graph.owned[id]):
                        return
                    reason = "its decorators say more of the nodes than functions do: tags, or a cache."
                    problem = problem or SourceError("DB416", reason, hint="")
            except DataflowError as error:
                problem = problem or error
        self.put(id, text)
        names = quoted([item.name for item in functions_of(part.text)])
        raise SourceError(
            "DB416",
            (
                f"the edit of {names} (line {part.line} of '{self.name}') cannot stand in ",
                self.cells[id].ref.subject(),
                f": {problem.message}" if problem else ".",
            ),
            hint="write it into the cell by hand; nothing was changed.",
            frames=[
                "  in the module:",
                *indented_lines(part.text),
                "  in the notebook:",
                *indented_lines(text),
            ],
        )

    def finish(self) -> None:
        """Refuse conflicts; note what the module no longer has."""
        if self.conflicts:
            raise conflict_error(self.conflicts, self.name)
        self.export(self.text)
        there = {part.cell: part for part in self.module.parts}
        for short, part in self.now.items():
            names = ", ".join(item.name for item in functions_of(part.text)) if short else ""
            if short and short not in there:
                self.notes.append(f"{names} (cell '{short}') is no longer in {self.name}: the cell is left.")
            elif short and there[short].group != part.group:
                self.notes.append(f"sections are left as they are: change the heading above cell '{short}'.")


def _read(text: str, name: str) -> ModuleParts:
    try:
        module = read_parts(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        raise SourceError(
            "DB404", f"'{name}' is not valid Python on line {line}: {error}.", hint="correct it."
        ) from None
    if module.source is None or not any(part.checksum for part in module.parts):
        raise SourceError(
            "DB414",
            f"'{name}' was not exported by Dagbook: nothing in it leads back to a cell.",
            hint=f"make a new notebook of it: `dagbook import {name} -o NB.ipynb`.",
        )
    return module
