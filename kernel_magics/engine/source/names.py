"""Names: what a piece of Python reads from outside and what it binds, by Python's own scope rules."""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass

from kernel_magics.engine.source.statements import Statements, walk

# Listed, because kernels and libraries replace functions (`input`, `print`); types and exceptions stay.
_FUNCTIONS = """
abs aiter all anext any ascii bin breakpoint callable chr compile delattr dir divmod eval exec format getattr
globals hasattr hash hex id input isinstance issubclass iter len locals max min next oct open ord pow print
repr round setattr sorted sum vars copyright credits exit help license quit None True False Ellipsis
NotImplemented __debug__ __build_class__ __import__ __name__ __doc__ __package__ __loader__ __spec__
"""
_BUILTINS = frozenset(_FUNCTIONS.split()) | {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and value.__module__ == "builtins"
}


@dataclass(frozen=True, slots=True)
class Names:
    """Names read from outside (in order of first read), names bound at the end, and whether it awaits."""

    reads: tuple[str, ...]
    binds: tuple[str, ...]
    awaits: bool


def body_names(source: str) -> Names:
    """The names of a bare body, judged as statements of a module. Raises SyntaxError."""
    return _names(walk(ast.parse(source).body))


def statement_names(node: ast.stmt) -> Names:
    """The names of one statement, judged as a statement of a module. Raises SyntaxError."""
    return _names(walk([node]))


def function_globals(source: str) -> tuple[str, ...]:
    """The names that one `def`, `class` or lambda statement looks up outside itself, in order.

    Its own name is among them only if the code reads it (recursion does).

    Raises SyntaxError, and ValueError when the source is not exactly one statement.
    """
    body = ast.parse(source).body
    if len(body) != 1:
        raise ValueError(f"one statement is expected, not {len(body)}")
    own = {getattr(body[0], "name", "")}
    if isinstance(body[0], ast.Assign):
        own = {target.id for target in body[0].targets if isinstance(target, ast.Name)}
    return _names(walk(body), own).reads


def builtin_names() -> frozenset[str]:
    """Python's own builtins, the same in a plain interpreter and in a kernel (which changes some)."""
    return _BUILTINS


def _names(done: Statements, own: Iterable[str] = ()) -> Names:
    local = set(done.bound).difference(own)
    reads = tuple(name for name, at_once in done.reads.items() if at_once or name not in local)
    return Names(reads, tuple(done.at.live), done.awaits)
