"""Revising writes the edited functions of a part into their cell, in the form that the cell has."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.cell import split_cell
from kernel_magics.engine.source.grammar import CELL_MAGICS
from kernel_magics.engine.source.permits import cut_permit
from kernel_magics.engine.source.select import is_sql
from kernel_magics.export.module.copies import without_copies
from kernel_magics.import_.forms import Style, forms
from kernel_magics.import_.functions import Written, functions_of, without


def revisions(
    source: str, cell: Cell, new: str, old: str, params: Collection[str], typed: bool
) -> Iterator[str]:
    """The cell's source with the edits of its part, in several forms, of which the first with the right
    export is used.

    Args:
        source: the cell's present text.
        new: the part as edited, helpers under their notebook names.
        old: the part in an export of the cell.
        typed: whether the cell must have hints, because they were edited.
    """
    (why, new), (before, old) = cut_permit(new), cut_permit(old)
    if why != before:
        source = _permitted(source, why)
    bare = without_copies(new, source)
    if bare != new:
        yield from _revisions(source, cell, bare, without_copies(old, source), params, typed)
    yield from _revisions(source, cell, new, old, params, typed)


def _revisions(
    source: str, cell: Cell, new: str, old: str, params: Collection[str], typed: bool
) -> Iterator[str]:
    cut = split_cell(source)
    above, head, body = cut.above, cut.head.rstrip("\n"), cut.body
    if cell.magic == "node" and not _is_bare(cell):
        yield f"{above}{head}\n{_functions(body, new, old, params, typed)}"
    style = _style(cell, typed)
    for candidate in forms(new, params, style):
        first, _, rest = candidate.partition("\n")
        kind = first.split(" ")[0]
        same = head.startswith(kind) and (cell.magic == "check" or _is_bare(cell) == (" " in first.strip()))
        if same:
            yield f"{above}{head}\n{rest}"
        options = _kept_options(head) if kind == "%%node" else ""
        line = first if not options or options in first else f"{first} {options}"
        yield f"{above}{line}\n{rest}"


def _is_bare(cell: Cell) -> bool:
    return any(item.code is not None and item.code.bare for item in cell.definitions)


def _style(cell: Cell, typed: bool) -> Style:
    """The present style of the cell."""
    tree = (
        [block.node for block in blocks(cell.body)] if cell.magic == "node" and not is_sql(cell.line) else []
    )
    doc = tree and isinstance(tree[0], ast.Expr) and isinstance(tree[0].value, ast.Constant)
    last = tree[-1] if tree else None
    names = {item.name for item in cell.definitions}
    assigned = (
        isinstance(last, ast.Assign)
        and len(last.targets) == 1
        and isinstance(last.targets[0], ast.Name)
        and last.targets[0].id in names
    )
    hinted = typed or any(item.hint for item in cell.definitions)
    return Style(bare=_is_bare(cell), as_comment=not doc, hinted=hinted, assigned=assigned)


def _permitted(source: str, why: str | None) -> str:
    """The cell's source with this reason to read later rows on its line; None for no reason."""
    cut = split_cell(source)
    head = _FUTURE.sub("", cut.head.rstrip("\n"))
    option = "" if why is None else f" --future {shlex.quote(why)}"
    return f"{cut.above}{head}{option}\n{cut.body}"


def _options(words: Sequence[str]) -> list[list[str]]:
    """The words of a line, an option with its value together."""
    found: list[list[str]] = []
    for word in words:
        option = CELL_MAGICS["node"].option(found[-1][0]) if found and len(found[-1]) == 1 else None
        if option is not None and option.value and not word.startswith("--"):
            found[-1].append(word)
        else:
            found.append([word])
    return found


_FUTURE: Final = re.compile(r"""[ \t]--future(?:=|[ \t]+)(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S+)""")
_KEPT: Final = ("--tag", "--cache", "--lazy", "--fitted", "--future")


def _kept_options(head: str) -> str:
    """The options on a magic's line, without names, families and variants."""
    kept = [each for each in _options(shlex.split(head)[1:]) if each[0].partition("=")[0] in _KEPT]
    return " ".join(shlex.quote(word) for option in kept for word in option)


def _functions(body: str, new: str, old: str, params: Collection[str], typed: bool) -> str:
    """A cell of functions with the edited ones replaced, new ones added and deleted ones removed."""
    own = {item.name: item for item in functions_of(body)}
    before = {item.name: item.text for item in functions_of(old)}
    wanted = list(functions_of(new))
    names = {item.name for item in wanted}
    for item in own.values():
        if item.name in before and item.name not in names:
            body = body.replace(item.text, "", 1)
    previous = ""
    for item in wanted:
        if item.name not in own:
            text = _fresh(item, params)
            body = body.replace(previous, f"{previous}\n\n\n{text}", 1) if previous else f"{body}\n\n\n{text}"
            previous = text
            continue
        text = own[item.name].text
        if typed or before.get(item.name) != item.text:
            text = _replaced(own[item.name], item, params, typed)
            body = body.replace(own[item.name].text, text, 1)
        previous = text
    return body.strip("\n")


def _fresh(item: Written, params: Collection[str]) -> str:
    return without(item, defaults=frozenset(params)) if item.is_public else item.text


def _replaced(own: Written, item: Written, params: Collection[str], typed: bool) -> str:
    """The edited function, without hints that the cell does not have and without defaults of params."""
    bare = frozenset(arg.arg for arg, _ in own.params if arg.annotation is None)
    returns = own.node.returns is None
    given = frozenset(arg.arg for arg, default in own.params if default is not None)
    defaults = frozenset(params) - given if item.is_public else frozenset()
    if typed or not item.is_public:
        return without(item, defaults=defaults)
    return without(item, defaults=defaults, hints=bare, returns=returns)
