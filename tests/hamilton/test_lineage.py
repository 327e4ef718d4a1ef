"""The lineage of columns says nothing false of nodes that decorators made."""

from __future__ import annotations

from kernel_magics import hamilton
from kernel_magics.lineage.columns import origins
from tests.hamilton.conftest import Load

TEXT = """
def _product(**given: int) -> int:
    return 1

@check_output(range=(0, 100))
def width(low: int, high: int) -> int:
    return high - low

@does(_product)
def area(width: int, height: int) -> int:
    pass

@tag(owner="ads")
def plain(low: int) -> int:
    return low + 1
"""


def test_what_decorators_made_is_not_known_from_the_text(load: Load) -> None:
    """The text of the function is not what the node computes; one with tags alone is read as ever."""
    found = origins(hamilton.read([load(TEXT)]).graph)
    assert not found["width"].exact
    assert not found["area"].exact
    assert found["plain"].exact
