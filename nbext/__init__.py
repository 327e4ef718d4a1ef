"""The extension: what Dagbook shows in a browser, the live graph first of all."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

TARGET = "dagbook"  # what pages open a comm to


def open_view(magics: Any, view: Callable[[], dict[str, Any]], height: int | None) -> object:
    """The live graph for `%dag`; None where anywidget or the built front end is missing.

    Args:
        magics: the magics whose session is shown.
        view: gives the view as it is now.
        height: in pixels; as high as it needs by default.
    """
    try:
        live = import_module("nbext.live")
        return live.LiveView(magics, view, height or 0)
    except ImportError:
        return None


def await_pages(magics: Any) -> None:
    """Let pages of JupyterLab connect to this kernel's session; nothing where the kernel knows no comms."""
    manager = getattr(getattr(magics.shell, "kernel", None), "comm_manager", None)
    if manager is not None:
        manager.register_target(
            TARGET, lambda comm, _message: import_module("nbext.lab").connect(magics, comm)
        )
