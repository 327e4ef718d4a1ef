"""Names: what a piece of Python reads from outside and what it binds, by Python's own scope rules."""

import ast
import builtins

from kernel_magics.engine.source.references import Names, read_names

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


def body_names(source: str) -> Names:
    """The names of a bare body, judged as statements of a module. Raises SyntaxError."""
    return read_names(ast.parse(source).body)


def statement_names(node: ast.stmt) -> Names:
    """The names of one statement, judged as a statement of a module."""
    return read_names([node])


def builtin_names() -> frozenset[str]:
    """Python's own builtins, the same in a plain interpreter and in a kernel (which changes some)."""
    return _BUILTINS
