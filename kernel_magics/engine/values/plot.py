"""A plot is a figure of matplotlib or a part of one: it is displayed, not computed with.

Copies of a figure, and unpickled figures, are drawn below the cell like the figure itself, and some cannot be
drawn at all. So readers get the plot itself, and plots are not compared.
"""

import sys
from collections.abc import Iterable


def is_plot(value: object) -> bool:
    """True when a value is of a class of matplotlib."""
    if "matplotlib" not in sys.modules:
        return False
    return any(kind.__module__.partition(".")[0] == "matplotlib" for kind in type(value).__mro__)


def holds_plot(value: object) -> bool:
    """True for a plot or a container of one, such as the results of `plt.subplots` and `plt.hist`."""
    if "matplotlib" not in sys.modules:
        return False
    members: list[object] = []
    if isinstance(value, dict):
        members = list(value.values())
    elif isinstance(value, list | tuple | set):
        members = list(value)
    elif isinstance(value, Iterable) and getattr(getattr(value, "dtype", None), "kind", "") == "O":
        members = list(value)  # an array of objects
    return is_plot(value) or any(holds_plot(member) for member in members)
