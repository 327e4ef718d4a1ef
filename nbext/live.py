"""A live view is the result of `%dag`: a widget that follows the session."""

from collections.abc import Callable
from typing import Any

from kernel_magics.view import to_svg, to_text
from kernel_magics.workspace import Workspace
from nbext.follower import Follower
from nbext.update import View
from nbext.widget import DagWidget


class LiveView(Follower):
    """The result of `%dag`: a widget that follows the session, with a picture for readers without a kernel.

    Args:
        view: returns the present view.
        height: in pixels; 0 for the natural height.
    """

    def __init__(self, workspace: Workspace, view: Callable[[], View], height: int = 0) -> None:
        self.widget = DagWidget(
            view(), on_compute=workspace.update_for_view, on_message=self.on_request, height=height
        )
        super().__init__(workspace, view, self.widget)

    def close(self) -> None:
        """The view's cell was deleted, or displays something else."""
        super().close()
        self.widget.close()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> View:
        bundle: Any = self.widget._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        view = self.widget.view
        return {**metadata, **data, "text/plain": to_text(view), "image/svg+xml": to_svg(view)}
