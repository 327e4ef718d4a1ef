"""Connecting a workspace to browsers: the live graph of `%dag`, and pages of JupyterLab that open a comm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from kernel_magics.workspace import Workspace

if TYPE_CHECKING:
    from nbext.lab import Comm
    from nbext.live import LiveView

TARGET = "dagbook"  # the comm target of pages


class CommManager(Protocol):
    """The part of ipykernel that accepts comms opened by pages."""

    def register_target(self, name: str, opened: Callable[[Comm, object], None], /) -> None:
        """Call `opened` for each comm to that target."""


def open_view(
    workspace: Workspace, view: Callable[[], dict[str, Any]], height: int | None
) -> LiveView | None:
    """The live graph for `%dag`; None without anywidget or the built front end.

    Args:
        view: returns the present view.
        height: in pixels; None for the natural height.
    """
    try:
        from nbext.live import LiveView  # noqa: PLC0415  # anywidget is optional

        return LiveView(workspace, view, height or 0)
    except ImportError:
        return None


def await_pages(workspace: Workspace, manager: CommManager | None) -> None:
    """Let pages of JupyterLab connect to a workspace; no effect if the kernel has no comms (None)."""

    def opened(comm: Comm, _message: object) -> None:
        from nbext.lab import connect  # noqa: PLC0415  # completion and conversion, which few kernels need

        connect(workspace, comm)

    if manager is not None:
        manager.register_target(TARGET, opened)
