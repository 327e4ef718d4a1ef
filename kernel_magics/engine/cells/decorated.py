"""Decorated functions of a cell become the functions that Apache Hamilton's decorators stand for."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.cells.conditions import Entry, check_on
from kernel_magics.engine.cells.definition import Definition
from kernel_magics.engine.cells.delayed import settled
from kernel_magics.engine.cells.form import Form, Source, called_name
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, decorators
from kernel_magics.engine.cells.outputs import suffix
from kernel_magics.engine.cells.spread import hint_names, spread
from kernel_magics.engine.cells.validators import Condition
from kernel_magics.engine.cells.written import together, write
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.mapped import MappedSource
from kernel_magics.engine.source.references import definition_reads, read_names
from kernel_magics.engine.source.rewrite import renamed
from kernel_magics.engine.source.scopes import Reference
from kernel_magics.engine.source.tree import Function


@dataclass(frozen=True)
class Piece:
    """A statement of a `%%node` cell of functions, as it is written or as its decorators say.

    Attributes:
        block: the statement, in the text of the cell or in a text of its own.
        lines: of a text of its own, the line of the cell for each of its lines.
        when: the values of params for which it exists.
    """

    block: Block
    lines: tuple[int, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    when: tuple[tuple[str, object], ...] = ()
    cache: str = ""
    conditions: tuple[Condition, ...] = ()
    lazy: bool = False

    @property
    def name(self) -> str:
        """The name of the function: that of the node, and of a variant what it is for."""
        name = getattr(self.block.node, "name", "")
        return name if name.startswith("_") else name + suffix(self.when)

    def line(self, number: int) -> int:
        """The line of the cell from which a line of the text comes."""
        return self.lines[number - 1] if self.lines else number

    def placed(self, text: MappedSource) -> MappedSource:
        """A part of the text, with lines of the cell."""
        if not self.lines:
            return text
        source = text.source
        if self.when:
            own = getattr(self.block.node, "name", "")
            source = re.sub(rf"(?m)^((?:async )?def ){own}\b", rf"\g<1>{self.name}", source, count=1)
        return MappedSource(source, tuple(map(self.line, text.lines)))

    def checks(self, node: Definition) -> Iterator[Definition]:
        """What validators demand of this node."""
        for severity in ("fail", "warn"):
            entries = [
                Entry(item.of("value"), item.of(node.name), node.line, node.line)
                for item in self.conditions
                if item.severity == severity
            ]
            if entries:
                yield check_on(node, entries, severity)


def expanded(cell: CellSource, found: Iterable[Block], modifiers: Mapping[str, str]) -> Iterator[Piece]:
    """The statements of a cell; a decorated function is replaced by those that it stands for.

    Args:
        modifiers: names that stand for decorators of Apache Hamilton, with what they mean there.

    Raises:
        CellError: DB115 for a decorator that no function stands for.
    """
    found = list(found)
    functions = [
        (block, _settled(cell, block, block.node, modifiers))
        for block in found
        if isinstance(block.node, Function)
    ]
    splits = [block for block, _ in functions if modifiers and _is_of_block(block)]
    if not splits and not any(known for _, known in functions):
        yield from map(Piece, found)
        return
    sources = {id(source.block): source for source in _together(cell, functions)}
    made = {
        id(block): _forms(cell, source)
        for block in found
        if (source := sources.get(id(block))) is not None and (splits or not _is_plain(source))
    }
    if splits:
        made = _spread(cell, splits[0], made)
    shared: set[str] = set()
    for block in found:
        source = sources.get(id(block))
        if source is None or id(block) not in made:
            yield Piece(block)
            continue
        for form in made[id(block)]:
            text = _private(cell, source, form.text)
            lines = _lines(text, block, source.private)
            for part in blocks(text):
                name = getattr(part.node, "name", "")
                if name.startswith("_") and form.when:  # variants for several values share their helper
                    if name in shared:
                        continue
                    shared.add(name)
                conditions = tuple(item for item in form.conditions if item.subject == name)
                off = "off" if form.uncached else ""
                tags = {**form.tags, **form.own_tags.get(name, {})}
                yield Piece(part, lines, tags, form.when, off, conditions, form.lazy)


def _settled(
    cell: CellSource, block: Block, function: Function, modifiers: Mapping[str, str]
) -> list[Decorator]:
    """The decorators of a function, each delayed one as what it stands for."""
    try:
        return [settled(each, modifiers, None) for each in decorators(function, modifiers)]
    except Unwritable as error:
        raise _refused(cell, block, error) from None


def _together(cell: CellSource, functions: Sequence[tuple[Block, list[Decorator]]]) -> list[Source]:
    try:
        return together(functions, None, setup=False)
    except Unwritable as error:
        block = next(block for block, known in functions if any(item.name == "mutate" for item in known))
        raise _refused(cell, block, error) from None


def _is_of_block(block: Block) -> bool:
    return isinstance(block.node, Function) and bool(hint_names(block.node))


def _spread(cell: CellSource, first: Block, made: Mapping[int, Sequence[Form]]) -> dict[int, list[Form]]:
    """The forms of all functions of a cell that has blocks of parallel computations."""
    listed = [(id, form) for id, forms in made.items() for form in forms]
    try:
        done = spread([form for _, form in listed])
    except Unwritable as error:
        raise _refused(cell, first, error, "types") from None
    found: dict[int, list[Form]] = {id: [] for id in made}
    for (id, _), form in zip(listed, done, strict=True):
        found[id].append(form)
    return found


def _is_plain(source: Source) -> bool:
    """True for a function that stays as it is written."""
    if source.decorators or source.node.name in source.private:
        return False
    return source.private.isdisjoint(definition_reads(source.node))


def _forms(cell: CellSource, source: Source) -> list[Form]:
    """What a function stands for."""
    own, words = source.node.name, [each.name for each in source.decorators]
    try:
        if "mutate" in words and len(words) > 1:
            other = next(word for word in words if word != "mutate")
            raise Unwritable(f"@{other} above a helper has no form in cells")
        if source.is_helper or own.startswith("_"):
            return [Form(source.defined(called_name(own, source.private)), ())]
        forms = write(source)
        notes = [note for form in forms for note in form.notes]
        if notes:
            raise Unwritable(notes[0])
    except Unwritable as error:
        raise _refused(cell, source.block, error) from None
    return forms


def _refused(cell: CellSource, block: Block, error: Unwritable, what: str = "decorators") -> CellError:
    name = getattr(block.node, "name", "")
    return CellError(
        "DB115",
        (
            f"'{name}'",
            cell.ref.on(block.node.lineno),
            f" has {what} of Apache Hamilton that no cell obeys: {error}.",
        ),
        hint="write what they make as nodes, or keep the function in a module for Dataflow.from_module.",
        names=[name],
        line=block.node.lineno,
    )


def _private(cell: CellSource, source: Source, text: str) -> str:
    """The text, in which functions of the cell that it calls have their private names."""
    found = text
    if any(source.private.intersection(read_names([block.node]).reads) for block in blocks(text)):
        new = renamed(text, lambda item: f"_{item.name}" if _is_of_cell(item, source.private) else item.name)
        if new is None:
            raise _refused(cell, source.block, Unwritable("what it calls cannot be a helper of the cell"))
        found = new
    return found


def _is_of_cell(item: Reference, private: Collection[str]) -> bool:
    """True for a mention of a function of the cell, which is not a node's value."""
    return (
        item.name in private
        and item.role == "read"
        and item.home.parent is None
        and item.name not in item.home.bound
    )


def _lines(text: str, block: Block, private: Collection[str]) -> tuple[int, ...]:
    """The line of the cell for each line of a text made of a function: its own, or that of the header."""
    assert isinstance(block.node, ast.FunctionDef | ast.AsyncFunctionDef)
    first = block.node.lineno
    rows = block.source.split("\n")[first : block.last]
    names = "|".join(map(re.escape, private))
    place, found = 0, []
    for row in text.split("\n"):
        plain = re.sub(rf"\b_({names})\b", r"\1", row) if names else row
        known = next((each for each in (row, plain) if each.strip() and each in rows[place:]), None)
        if known is not None:
            place = rows.index(known, place) + 1
            found.append(first + place)
        else:
            found.append(first)
    return tuple(found)
