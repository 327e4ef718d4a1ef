"""Static files: the built front end inside the package, read once, with a clear error if it is missing."""

from functools import cache
from importlib.resources import files


class FrontendMissing(ImportError):
    """The package was built without its front end."""


@cache
def static_text(name: str) -> str:
    """Return the text of `nbext/static/<name>`; raises FrontendMissing when it was not built."""
    try:
        return files("nbext").joinpath("static", name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FrontendMissing(
            f"nbext/static/{name} is missing: the front end was not built. "
            "Reinstall dagbook, or in a clone run: npm ci && npm run build (in nbext/frontend)."
        ) from None
