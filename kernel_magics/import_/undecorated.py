"""An undecorated module is one exported for Apache Hamilton, with the marks of an ordinary export."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

from kernel_magics.engine.cells.modifiers import PACKAGE
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import Function, defaults
from kernel_magics.engine.span import Position, Span, replaced, span_of
from kernel_magics.export.module.checksum import Part, read_parts
from kernel_magics.export.module.hamilton import OWN, shipped_imports

_OURS = ("check_output_custom", "config.when_in", "config.when_not_in", "tag", *OWN)


def is_for_hamilton(text: str) -> bool:
    """True for a module that was exported for Apache Hamilton."""
    return "exported by Dagbook." in text and f"\nfrom {PACKAGE}.function_modifiers import " in text


def undecorated(text: str) -> str:
    """The module with `@_when` above variants, constants for what chooses them, and one part for each cell.

    The text is read, never executed: it lacks the definition of `_when`, and its checksums are not valid.
    """
    found = read_parts(text)
    top = [block for block in blocks(found.top.text) if not _is_shipped(block)]
    texts: dict[str, list[str]] = {}
    groups: dict[str, str] = {}
    chosen: dict[str, str] = {}
    for part in found.parts:
        texts.setdefault(part.cell, []).append(_bare(part, chosen))
        groups.setdefault(part.cell, part.group)
    used = set(_read([*(each.text for each in top if not each.is_import), *itertools.chain(*texts.values())]))
    rows = [text[: text.index(found.top.text)]] if found.top.text else [text.split("\n# ", 1)[0]]
    rows += [kept for block in top if (kept := _kept(block, used))]
    there = {name for block in top for name in block.names.binds}
    rows += [f"{name} = {value}" for name, value in chosen.items() if name not in there]
    group = ""
    for cell, parts in texts.items():
        if groups[cell] != group:
            group = groups[cell]
            rows.append(f"\n\n# --- {group} ---")
        rows += [f"\n\n# cell {cell}", "\n\n\n".join(parts)]
    return "\n".join(rows) + "\n"


def _is_shipped(block: Block) -> bool:
    """True for what the module defines for its decorators alone."""
    node = block.node
    names = [node.name] if isinstance(node, Function | ast.ClassDef) else list(block.names.binds)
    return not block.is_import and any(name.strip("_") in _BARE for name in names)


_BARE = frozenset(name.strip("_") for name in OWN)


def _kept(block: Block, used: set[str]) -> str:
    """A statement; of an import that decorators need, only what other code reads."""
    node = block.node
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return block.text
    module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    needed = [
        alias
        for alias in node.names
        if not (f"{module}{alias.name}" in shipped_imports() or module.startswith(f"{PACKAGE}."))
        or (alias.asname or alias.name) in used
    ]
    if len(needed) == len(node.names):
        return block.text
    node.names = needed
    return ast.unparse(node) if needed else ""


def _bare(part: Part, chosen: dict[str, str]) -> str:
    """A part with `@_when` in place of decorators, and without `Any`, which stands where no type is known.

    Args:
        chosen: gets the value of the variant that is the default.
    """
    rows = part.text.split("\n")
    edits: list[tuple[Span, str]] = []
    for block in blocks(part.text):
        if not isinstance(block.node, Function):
            continue
        for decorator in block.node.decorator_list:
            name = ast.unparse(decorator.func) if isinstance(decorator, ast.Call) else ""
            if isinstance(decorator, ast.Call) and _plain(name) in map(_plain, _OURS):
                others = name.endswith(".when_not_in")
                when = list(_when(decorator, chosen)) if others or name.endswith(".when_in") else []
                place = Span(
                    Position(decorator.lineno - 1, 0), Position(decorator.end_lineno or decorator.lineno, 0)
                )
                edits.append((place, f"@_when{'_not' * others}({', '.join(when)})\n" if when else ""))
        edits += [(place, "") for place in _untyped(block.node, rows)]
    return replaced(part.text, edits)


def _untyped(node: Function, rows: list[str]) -> Iterator[Span]:
    """Where `: Any` and `-> Any` stand."""
    for arg, _ in defaults(node.args):
        if arg.annotation is not None and ast.unparse(arg.annotation) == "Any":
            start = span_of(arg, rows).start
            name = Position(start.line, start.column + len(arg.arg))
            yield Span(name, span_of(arg.annotation, rows).end)
    if node.returns is not None and ast.unparse(node.returns) == "Any":
        place = span_of(node.returns, rows)
        row = rows[place.start.line][: place.start.column]
        yield Span(Position(place.start.line, len(row.rstrip().removesuffix("->").rstrip())), place.end)


def _plain(name: str) -> str:
    """The name of a decorator without the underscores that keep it apart from names of the notebook."""
    return ".".join(word.strip("_") for word in name.split("."))


def _when(decorator: ast.Call, chosen: dict[str, str]) -> Iterator[str]:
    """`region='US'` of `@config.when_in(region=["US", None])`; None marks the default.

    Of `@config.when_not_in`, all values but None: `region=['US', 'CA']`.
    """
    others = ast.unparse(decorator.func).endswith(".when_not_in")
    for item in decorator.keywords:
        values = item.value.elts if isinstance(item.value, ast.List) else []
        shown = [ast.unparse(value) for value in values]
        if item.arg is None or not shown:
            continue
        if others:
            yield f"{item.arg}=[{', '.join(text for text in shown if text != 'None')}]"
            continue
        if "None" in shown[1:]:
            chosen[item.arg] = shown[0]
        else:
            chosen.setdefault(item.arg, shown[0])
        yield f"{item.arg}={shown[0]}"


def _read(texts: Sequence[str]) -> Iterator[str]:
    """The names in these texts."""
    for text in texts:
        for part in ast.walk(ast.parse(text)):
            if isinstance(part, ast.Name):
                yield part.id
