"""The workspace: the one object that owns a kernel's dataflow, with all that shows it."""

from kernel_magics.workspace.workspace import Workspace

__all__ = ["Workspace"]
