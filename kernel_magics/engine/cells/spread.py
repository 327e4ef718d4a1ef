"""A block is what Apache Hamilton computes for each item of a `Parallelizable`, up to a `Collect`.

In cells each node of a block has the list of its values for all items.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kernel_magics.engine.cells.form import Form
from kernel_magics.engine.cells.modifiers import Unwritable
from kernel_magics.engine.cells.validators import Condition
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import Function, defaults
from kernel_magics.engine.span import Span, replaced, span_of

_SPLITS: Final = "Parallelizable"
_COLLECTS: Final = "Collect"


def hint_names(function: Function) -> set[str]:
    """The names with which types begin that begin or end a block."""
    hints = [function.returns, *(arg.annotation for arg, _ in defaults(function.args))]
    heads = [head for hint in hints if (head := _head(hint)).rpartition(".")[2] in (_SPLITS, _COLLECTS)]
    return {head.partition(".")[0] for head in heads}


def begins_block(function: Function) -> bool:
    """True for a function that gives the items of a block."""
    return _is(function.returns, _SPLITS)


def spread(forms: Sequence[Form]) -> list[Form]:
    """The forms with functions of lists in place of what is computed for each item.

    Raises:
        Unwritable: a block does not end among these functions, or contains another one.
    """
    functions = [item for form in forms for item in _functions(form)]
    starts = {item.name for item in functions if begins_block(item.node)}
    if not starts:
        return list(forms)
    inside, ended = _inside(functions, starts)
    if starts - ended:
        raise Unwritable(f"the block of '{min(starts - ended)}' does not end here by a {_COLLECTS}")
    return [_spread(form, starts, inside) for form in forms]


@dataclass(frozen=True)
class _Function:
    name: str
    node: Function
    block: Block


def _functions(form: Form) -> list[_Function]:
    found = blocks(form.text)
    return [
        _Function(block.node.name, block.node, block)
        for block in found
        if isinstance(block.node, Function) and not block.node.name.startswith("_")
    ]


def _inside(functions: Sequence[_Function], starts: set[str]) -> tuple[set[str], set[str]]:
    """The nodes inside blocks, starts included, and the starts of blocks that end."""
    origin = {name: {name} for name in starts}
    ended: set[str] = set()
    for _ in functions:  # as often as a chain can be long
        for item in functions:
            for arg, _ in defaults(item.node.args):
                if arg.arg not in origin:
                    continue
                if _is(arg.annotation, _COLLECTS):
                    ended |= origin[arg.arg]
                elif item.name in starts:
                    raise Unwritable(f"the block of '{item.name}' is inside another one")
                else:
                    origin[item.name] = origin.get(item.name, set()) | origin[arg.arg]
    return set(origin), ended


def _spread(form: Form, starts: Collection[str], inside: Collection[str]) -> Form:
    texts = []
    known = {item.name: item for item in _functions(form)}
    for block in blocks(form.text):
        item = known.get(getattr(block.node, "name", ""))
        if item is None:
            texts.append(block.text)
        elif item.name in starts:
            texts.append(_listed(item))
        elif item.name in inside:
            texts.append(_mapped(item, inside))
        else:
            texts.append(_collecting(item))
    conditions = tuple(_of_all(each) if each.subject in inside else each for each in form.conditions)
    return replace(form, text="\n\n\n".join(texts), conditions=conditions)


def _listed(item: _Function) -> str:
    """The items of a block as a list."""
    if isinstance(item.node, ast.AsyncFunctionDef):
        raise Unwritable(f"the items of '{item.name}' are computed by an async function")
    arguments = ", ".join(f"{arg.arg}={arg.arg}" for arg, _ in defaults(item.node.args))
    helper = f"_each_{item.name}"
    return _written(item, helper, f"list({helper}({arguments}))", (), _inner(item.node.returns))


def _mapped(item: _Function, inside: Collection[str]) -> str:
    """What is computed for each item, as a list."""
    params = [arg.arg for arg, _ in defaults(item.node.args)]
    several = [name for name in params if name in inside]
    each = {name: f"each_{name}" for name in several}
    arguments = ", ".join(f"{name}={each.get(name, name)}" for name in params)
    wait = "await " if isinstance(item.node, ast.AsyncFunctionDef) else ""
    loop = f"for {', '.join(each.values())} in {several[0]}"
    if len(several) > 1:
        loop = f"for {', '.join(each.values())} in zip({', '.join(several)}, strict=True)"
    helper = f"_each_{item.name}"
    hint = ast.unparse(item.node.returns) if item.node.returns is not None else ""
    return _written(item, helper, f"[{wait}{helper}({arguments}) {loop}]", several, hint)


def _written(item: _Function, helper: str, value: str, untyped: Collection[str], hint: str) -> str:
    """The function as a helper, and the node of its name."""
    rows = item.block.text.split("\n")
    node = next(block.node for block in blocks(item.block.text) if isinstance(block.node, Function))
    edits = [(_arrow(node, rows), "")] if _is(node.returns, _SPLITS) else []
    own = replaced(item.block.text, edits).replace(f"def {item.name}(", f"def {helper}(", 1)
    plain, optional = list[str](), list[str]()
    for arg, default in defaults(item.node.args):
        typed = arg.annotation is not None and arg.arg not in untyped
        text = f"{arg.arg}: {ast.unparse(arg.annotation)}" if typed and arg.annotation else arg.arg
        (plain if default is None else optional).append(
            text if default is None else f"{text}{' = ' if typed else '='}{item.block.segment(default)}"
        )
    word = "async def" if isinstance(item.node, ast.AsyncFunctionDef) else "def"
    returns = f" -> list[{hint}]" if hint else ""
    doc = ast.get_docstring(item.node)
    head = [f"{word} {item.name}({', '.join([*plain, *optional])}){returns}:"]
    return "\n".join([own, "", "", *head, *([f"    {doc!r}"] if doc else []), f"    return {value}"])


def _arrow(node: Function, rows: Sequence[str]) -> Span:
    """Where the type of a function's value stands, with its arrow."""
    assert node.returns is not None
    place = span_of(node.returns, list(rows))
    before = rows[place.start.line][: place.start.column].rstrip().removesuffix("->").rstrip()
    return Span(place.start._replace(column=len(before)), place.end)


def _collecting(item: _Function) -> str:
    """A function that takes lists where it collects."""
    rows = item.block.text.split("\n")
    node = next(block.node for block in blocks(item.block.text) if isinstance(block.node, Function))
    edits = [
        (span_of(arg.annotation, rows), f"list[{_inner(arg.annotation)}]")
        for arg, _ in defaults(node.args)
        if arg.annotation is not None and _is(arg.annotation, _COLLECTS)
    ]
    return replaced(item.block.text, edits)


def _of_all(condition: Condition) -> Condition:
    """A condition that holds for each item."""
    one = condition.of("each")
    test = f"({one}).all()" if condition.is_series else one
    return replace(condition, template=f"all(({test} for each in {{value}}))", is_series=False)


def _head(hint: ast.expr | None) -> str:
    """The name of a type with parameters; "" for any other."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        return hint.value.partition("[")[0]
    return ast.unparse(hint.value) if isinstance(hint, ast.Subscript) else ""


def _is(hint: ast.expr | None, word: str) -> bool:
    return _head(hint).rpartition(".")[2] == word


def _inner(hint: ast.expr | None) -> str:
    if isinstance(hint, ast.Constant):
        return str(hint.value).partition("[")[2].removesuffix("]")
    return ast.unparse(hint.slice) if isinstance(hint, ast.Subscript) else ""
