"""An output is one of several values of a bare body; a joint function computes all, small ones select one."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kernel_magics.engine.cells.definition import Code, Definition, Param
from kernel_magics.engine.source.mapped import docstring, generated, tokens
from kernel_magics.engine.source.rows import output_doc

_PRAGMAS = ("noqa", "type:", "pragma", "pylint", "fmt:", "isort:", "pyright:", "mypy:", "ruff:", "nosec")


def joint(names: Sequence[str]) -> str:
    """The name of a joint function: `a_and_b`; from four outputs on `a_and_3_more`."""
    return "_and_".join(names) if len(names) <= 3 else f"{names[0]}_and_{len(names) - 1}_more"


def suffix(when: tuple[tuple[str, object], ...]) -> str:
    """What a variant's function has in its name after the name of its node."""
    return "__" + re.sub(r"\W+", "_", "_".join(str(value) for _, value in when)) if when else ""


def accessor(name: str, key: str, first: Definition, notes: Mapping[str, str]) -> Definition:
    """The node that selects one output of a computation with several."""
    whole, function = first.name, f"{name}{suffix(first.when)}"
    doc = notes.get(key) or output_doc(name, whole, first.doc)
    source = f'def {function}({whole}):\n    {docstring(doc)}\n    return {whole}["{key}"]'
    code = Code(function, generated(source, first.line), False, (Param(whole),))
    return replace(first, name=name, code=code, member=None, doc=doc, hint="", cache="memory")


def output_notes(source: str, statements: Sequence[ast.stmt]) -> dict[str, str]:
    """The comment after the last top-level assignment to each name, as a sentence."""
    comments = {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens(source)
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()
    }
    found: dict[str, str] = {}
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        note = comments.get(statement.end_lineno or 0, "")
        for target in targets:
            if isinstance(target, ast.Name) and note and not note.startswith(_PRAGMAS):
                found[target.id] = _sentence(note)
            elif isinstance(target, ast.Name):
                found.pop(target.id, None)
    return found


def _sentence(note: str) -> str:
    start = note if note[:2].isupper() else note[:1].upper() + note[1:]
    return start if start.endswith((".", "!", "?", "…")) else f"{start}."
