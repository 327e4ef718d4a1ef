"""A bare form is a function written as the body of a cell: without header, ending with its value."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from kernel_magics.engine.cells.family import compact, literal, member_name, name_of_setup, spelled
from kernel_magics.engine.source.mapped import dedent, text_of
from kernel_magics.engine.source.tree import Function
from kernel_magics.import_.functions import Written


def body_rows(function: Written) -> list[str] | None:
    """The unindented lines of a body below its docstring; None for a body on the header's line."""
    node = function.node
    first = node.body[0]
    if first.lineno == node.lineno or not function.rows[first.lineno - 1][: first.col_offset].isspace():
        return None
    statements = function.statements
    start = first.lineno
    if statements is not node.body:
        start = (first.end_lineno or first.lineno) + 1
    else:
        while function.rows[start - 2].lstrip().startswith("#"):
            start -= 1
    shift = " " * (first.col_offset - 4)
    rows = [row.removeprefix(shift) for row in function.rows[start - 1 :]]
    return dedent(text_of("\n".join(rows))).source.split("\n") if statements else None


def with_doc(function: Written, rows: list[str], as_comment: bool) -> list[str]:
    """A docstring, as a comment or as a string, followed by the lines of the body.

    Without a docstring, an empty one stands above a comment, which would be read as one.
    """
    doc = ast.get_docstring(function.node)
    while rows and not rows[0].strip():
        rows = rows[1:]
    if doc is None:
        return ['""', *rows] if rows and rows[0].startswith("#") else rows
    if not as_comment or not _fits_comment(doc):
        node = function.node.body[0]
        return [*dedent(text_of("    " + function.segment(node))).source.split("\n"), *rows]
    notes = [f"# {row}".rstrip() for row in doc.split("\n")]
    return [*notes, *([""] if rows and rows[0].startswith("#") else []), *rows]


def _fits_comment(doc: str) -> bool:
    rows = doc.split("\n")
    plain = all(row == row.strip() and not row.startswith("#") and row.isprintable() for row in rows)
    return plain and bool(rows[0]) and bool(rows[-1])


def ending(
    function: Written, rows: list[str], name: str, hint: str, assigned: bool = False
) -> list[str] | None:
    """The body with its value in place of the final `return`; None if that is not possible.

    Args:
        name: the value is assigned to it if the hint must be kept, or if `assigned`.
    """
    last = function.node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None or _returns(function) != 1:
        return None
    place = len(rows) - (len(function.rows) - last.lineno) - 1
    if not rows[place].startswith("return "):
        return None
    plain = isinstance(last.value, ast.Name) and last.value.id == name
    head = f"{name}: {hint} = " if hint and not plain else f"{name} = " if assigned and not plain else ""
    return [*rows[:place], head + rows[place].removeprefix("return ").lstrip(), *rows[place + 1 :]]


def outputs(function: Written) -> list[str] | None:
    """The names of a computation that ends with `return {"a": a, "b": b}`; None for any other."""
    last = function.node.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Dict):
        return None
    names: list[str] = []
    for key, value in zip(last.value.keys, last.value.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(value, ast.Name) and key.value == value.id):
            return None
        names.append(value.id)
    return names if len(names) > 1 else None


def without_return(function: Written, rows: list[str]) -> list[str] | None:
    """The body without the final `return {…}` of a computation with several outputs."""
    if _returns(function) != 1:
        return None
    last = function.node.body[-1]
    place = len(rows) - (len(function.rows) - last.lineno) - 1
    return rows[:place] or None


def _returns(function: Written) -> int:
    """How many times a function returns or yields, not counting functions inside it."""
    count = 0
    queue: list[ast.AST] = list(function.node.body)
    while queue:
        node = queue.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        count += isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)
        queue += ast.iter_child_nodes(node)
    return count


def template(plain: str, members: Sequence[tuple[Mapping[str, object], str]]) -> str | None:
    """`lag_{k}` for the plain name `lag_k`, given its members' bindings and names; None if there is none."""
    variables = list(members[0][0]) if members else []
    for candidate in braced(plain, variables):
        if all(fill(candidate, bindings) == name for bindings, name in members):
            return candidate
    return None


def braced(plain: str, variables: Sequence[str], start: int = 0) -> Iterable[str]:
    """Every way to put braces around variables in a plain name, those with more braces first."""
    for place in range(start, len(plain)):
        for variable in variables:
            if plain.startswith(variable, place):
                end = place + len(variable)
                for rest in braced(plain[end:], variables):
                    yield f"{plain[:place]}{{{variable}}}{rest}"
    yield plain


def unfilled(
    members: Sequence[tuple[Mapping[str, object], str]], spell: Callable[[object], str] = spelled
) -> str | None:
    """`sales_{k}` for what members read: `sales_1` where k is 1, `sales_7` where it is 7.

    Args:
        spell: how values are written.
    """
    bindings, name = members[0]
    found = {name}
    for variable, value in bindings.items():
        text = spell(value)
        more = set()
        for known in found:
            place = known.find(text) if text else -1
            while place >= 0:
                more.add(f"{known[:place]}{{{variable}}}{known[place + len(text) :]}")
                place = known.find(text, place + 1)
        found |= more
    for candidate in sorted(found, key=lambda item: (-item.count("{"), item)):
        if all(fill(candidate, bindings, spell) == name for bindings, name in members):
            return candidate
    return None


def fill(text: str, bindings: Mapping[str, object], spell: Callable[[object], str] = spelled) -> str:
    """Fill a template for one member."""
    return member_name(text, bindings, spell)


def option(name: str, key: str, values: Iterable[object]) -> str:
    """`--for k=1,7,28`, quoted as in a shell."""
    listed = list(values)
    for first, last in compact(listed):
        return f"{name} {key}={first}..{last}"
    text = ",".join(map(_value, listed))
    if name == "--for" and any("," in str(value) for value in listed):
        text = repr(listed)
    if name == "--for" and name_of_setup(text):
        text += ","  # a text, not a name of the setup
    return f"{name} {shlex.quote(f'{key}={text}')}"


def _value(value: object) -> str:
    text = str(value)
    plain = literal(text) == value and type(literal(text)) is type(value) and text == text.strip()
    return text if plain and text else repr(value)
