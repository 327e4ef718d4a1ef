"""Secrets are literals in code that look like a key or a password and must not get into a repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.mapped import MappedSource, tokens
from kernel_magics.engine.source.tree import defaults

_SHAPES = re.compile(
    r"""
    \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                                 # Amazon
    | \bgh[pousr]_[A-Za-z0-9]{30,} | \bgithub_pat_[A-Za-z0-9_]{40,}    # GitHub
    | \bglpat-[A-Za-z0-9_-]{20,}                                  # GitLab
    | \bsk-[A-Za-z0-9_-]{20,} | \b[sr]k_(?:live|test)_[A-Za-z0-9]{16,} # OpenAI and alike, Stripe
    | \bxox[abprs]-[A-Za-z0-9-]{10,}                              # Slack
    | \bAIza[0-9A-Za-z_-]{35}                                     # Google
    | \bhf_[A-Za-z0-9]{30,} | \bpypi-[A-Za-z0-9_-]{30,}           # Hugging Face, PyPI
    | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}   # JSON web tokens
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----
    | \b[a-z][a-z0-9+]*://[^\s/:@'"{}]+:[^\s/@'"{}]+@             # user:password in an address
    """,
    re.VERBOSE,
)
_NAMES = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|passphrase|secret|token|api_?key|access_?key|private_?key|auth_?key|credentials?)s?$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"passw|pwd|passphrase|secret|token|key|credential", re.IGNORECASE)
"""A quick test: each name that `_NAMES` matches contains one of these."""
_HARMLESS = re.compile(r"^$|^[<{].*[>}]$|^\*+$|^x+$", re.IGNORECASE)


def refuse_secrets(parts: Iterable[tuple[CellRef, MappedSource]]) -> None:
    """Look for secrets in (cell, source) pairs.

    Raises:
        ExportError: DB506, naming the cell and the line but never the secret.
    """
    for cell, text in parts:
        for line, what in find_secrets(text.source):
            raise ExportError(
                "DB506",
                (what, cell.on(text.lines[line - 1]), " looks like a secret."),
                hint="read it from an environment variable, or make it an input; --allow-secrets exports it.",
            )


def find_secrets(source: str) -> Iterator[tuple[int, str]]:
    """The line and a description of each literal or comment that looks like a secret."""
    if not _SHAPES.search(source) and not _WORDS.search(source):
        return
    for token in tokens(source):
        if _SHAPES.search(token.string) and token.string.strip():
            yield token.start[0], "a text"
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        for name, value in _named(node):
            if _NAMES.search(name) and _is_secret(value):
                yield value.lineno, f"the value of '{name}'"


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Values, each with the name of its variable, argument or key."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield _name(target), node.value
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield _name(node.target), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value.replace("-", "_"), value
    elif isinstance(node, ast.arguments):
        yield from ((arg.arg, default) for arg, default in defaults(node) if default is not None)


def _name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return (
        target.id
        if isinstance(target, ast.Name)
        else target.attr
        if isinstance(target, ast.Attribute)
        else ""
    )


def _is_secret(value: ast.expr) -> bool:
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str | bytes):
        return False
    text = value.value if isinstance(value.value, str) else value.value.decode(errors="replace")
    return len(text) >= 4 and " " not in text and not _HARMLESS.match(text)
