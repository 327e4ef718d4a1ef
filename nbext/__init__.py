"""The extension: what Dagbook shows in a browser, the live graph first of all."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


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
