"""The names that Python itself defines, in every interpreter."""

import builtins

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


def builtin_names() -> frozenset[str]:
    """Python's own builtins, the same in a plain interpreter and in a kernel, which replaces some."""
    return _BUILTINS
