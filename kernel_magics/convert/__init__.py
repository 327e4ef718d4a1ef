"""Converting an ordinary notebook: its cells become a dataflow that computes the same values."""

from kernel_magics.convert.conversion import Conversion, GivenCell, MadeCell, Note
from kernel_magics.convert.converting import convert

__all__ = ["Conversion", "GivenCell", "MadeCell", "Note", "convert"]
