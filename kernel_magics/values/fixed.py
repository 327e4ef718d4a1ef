"""Fixed types are the immutable types of libraries."""

import sys


def fixed_types() -> frozenset[type]:
    """NumPy's scalar types; empty if NumPy is not imported, since then there are no values of them."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return frozenset()
    return frozenset(set(numpy.sctypeDict.values()) - {numpy.void, numpy.object_})
