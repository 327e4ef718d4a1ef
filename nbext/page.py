"""A page: one self-contained HTML file that shows a dataflow, alive but without a kernel."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from nbext.static_files import static_text

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:;
 style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>body {{ margin: 0 }}
{css}</style>
</head>
<body>
<div id="dagbook"></div>
<noscript>This page draws a dataflow and needs JavaScript.</noscript>
<script type="application/json" id="dagbook-view">{view}</script>
<script>{script}</script>
</body>
</html>
"""


def html_page(view: Mapping[str, Any]) -> str:
    """Return the HTML document that shows `view`; raises FrontendMissing without the built front end."""
    return _PAGE.format(
        title=escape(str(view.get("title") or "dataflow")),
        css=static_text("widget.css"),
        view=_inline_json(view),
        script=static_text("standalone.js"),
    )


def _inline_json(value: object) -> str:
    """JSON that may stand inside a script element: no text in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
