"""Values: isolation, comparison, digests, summaries and records of each library's values."""

from typing import Final

from kernel_magics.values.library import LibraryValues

__all__ = ["VALUES", "LibraryValues"]

VALUES: Final = LibraryValues()
"""The one instance that the project uses; creating it imports no library."""
