"""A page: one self-contained HTML file that shows a dataflow, interactive but without a kernel."""

from typing import Any

from kernel_magics.view import to_html
from nbext.static_files import static_text


def html_page(view: dict[str, Any]) -> str:
    """Return the HTML document that shows `view`; raises FrontendMissing without the built front end."""
    return to_html(view, static_text("standalone.js"))
