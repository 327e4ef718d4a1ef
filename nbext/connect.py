"""Connecting a workspace to browsers: the live graph of `%dag`, and pages of JupyterLab that open a comm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kernel_magics.workspace import Workspace

if TYPE_CHECKING:
    from kernel_magics.assist.edit import Replace
    from nbext.lab import Comm
    from nbext.live import LiveView

TARGET = "dagbook"  # the comm target of pages


class CommManager(Protocol):
    """The part of ipykernel that accepts comms opened by pages."""

    def register_target(self, name: str, opened: Callable[[Comm, object], None], /) -> None:
        """Call `opened` for each comm to that target."""


@runtime_checkable
class Editable(Protocol):
    """A page with cells that can be changed."""

    def has(self, ids: Sequence[str], /) -> bool:
        """Whether it has all these cells."""

    def edit(self, edits: Callable[[Mapping[str, str]], Sequence[Replace]], /) -> bool:
        """Change cells by edits of their present texts; False where there is nothing to change."""


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


def edit_cells(
    workspace: Workspace, edits: Callable[[Mapping[str, str]], Sequence[Replace]], ids: Sequence[str]
) -> bool:
    """Let a page change cells, in one step that can be undone.

    Args:
        edits: the edits of texts, as the page has them, by the ids of their cells.
        ids: of the cells.

    Returns:
        False if no connected page has these cells.
    """
    pages = [view for view in workspace.views.values() if isinstance(view, Editable)]
    return any(page.edit(edits) for page in reversed(pages) if page.has(ids))


def await_pages(workspace: Workspace, manager: CommManager | None) -> None:
    """Let pages of JupyterLab connect to a workspace; no effect if the kernel has no comms (None)."""

    def opened(comm: Comm, _message: object) -> None:
        from nbext.lab import connect  # noqa: PLC0415  # completion and conversion, which few kernels need

        connect(workspace, comm)

    if manager is not None:
        manager.register_target(TARGET, opened)
