"""The fields of a TypedDict, read from the text that defines it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from kernel_magics.engine.cells.modifiers import Unwritable, items_of
from kernel_magics.engine.source.tree import expression

Classes = Mapping[str, ast.ClassDef]


def typed_fields(
    hint: ast.expr | None, classes: Classes, constants: Mapping[str, ast.expr]
) -> dict[str, ast.expr]:
    """The fields that a function's type has, with the type of each; those of base classes come first.

    Raises:
        Unwritable: the type is no TypedDict of this text.
    """
    fields = _fields(hint, classes, constants, ())
    if fields is None:
        said = f"`{ast.unparse(hint)}`" if hint is not None else "a function without a type"
        raise Unwritable(
            f"@extract_fields() takes its fields from a TypedDict of the module, not from {said}"
        )
    return {name: _bare(type) for name, type in fields.items()}


def _fields(
    hint: ast.expr | None, classes: Classes, constants: Mapping[str, ast.expr], within: tuple[str, ...]
) -> dict[str, ast.expr] | None:
    """The fields of a TypedDict; None for any other type.

    Args:
        within: the classes whose bases are looked at.
    """
    match hint:
        case ast.Constant(str() as text):
            try:
                return _fields(expression(text), classes, constants, within)
            except SyntaxError:
                return None
        case ast.Name("TypedDict") | ast.Attribute(_, "TypedDict"):
            return {}
        case ast.Name(name) if name in classes and name not in within:
            bases = [_fields(base, classes, constants, (*within, name)) for base in classes[name].bases]
            known = [base for base in bases if base is not None]
            if not known or len(known) < len(bases):
                return None
            inherited = {field: type for base in known[::-1] for field, type in base.items()}
            return {**inherited, **dict(_annotated(classes[name]))}
        case ast.Name(name) if name in constants and name not in within:
            return _fields(constants[name], classes, constants, (*within, name))
        case ast.Call(ast.Name("TypedDict") | ast.Attribute(_, "TypedDict"), [_, ast.Dict() as given]):
            return items_of(given)
    return None


def _annotated(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id, part.annotation


def _bare(hint: ast.expr) -> ast.expr:
    """The type in `Required[…]`, `NotRequired[…]` and `ReadOnly[…]`."""
    words = ("Required", "NotRequired", "ReadOnly")
    while isinstance(hint, ast.Subscript) and ast.unparse(hint.value).split(".")[-1] in words:
        hint = hint.slice
    return hint
