"""The context of a magic: the shell, the cell that runs in it, and the workspace."""

from __future__ import annotations

from dataclasses import dataclass

from IPython.core.interactiveshell import InteractiveShell

from kernel_magics.magics.cells import CellTracker
from kernel_magics.magics.progress import Ticker
from kernel_magics.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Context:
    """What every magic of one shell needs.

    Attributes:
        cells: determines the running cell.
        ticker: displays the progress of long runs.
    """

    shell: InteractiveShell
    workspace: Workspace
    cells: CellTracker
    ticker: Ticker

    @property
    def in_notebook(self) -> bool:
        """True when outputs can be changed later: in a kernel, but not in a console."""
        return getattr(self.shell, "kernel", None) is not None
