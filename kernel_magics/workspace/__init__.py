"""The workspace: the object that owns a kernel's dataflow and everything that displays it."""

from kernel_magics.workspace.workspace import Workspace

__all__ = ["Workspace"]
