"""Values: how each library's values are isolated, compared, digested, summarised and recorded."""

from typing import Final

from kernel_magics.values.library import LibraryValues

__all__ = ["VALUES", "LibraryValues"]

VALUES: Final = LibraryValues()
"""The one instance that the rest of the project uses; importing it imports no library."""
