"""Fixed types are those of libraries whose instances nobody can change."""

import sys


def fixed_types() -> frozenset[type]:
    """NumPy's scalar types; empty where NumPy was not imported, because then there is no value of them."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return frozenset()
    return frozenset(set(numpy.sctypeDict.values()) - {numpy.void, numpy.object_})
