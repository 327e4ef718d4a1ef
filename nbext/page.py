"""A page: one self-contained HTML file that shows a dataflow, alive but without a kernel."""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Any

from nbext.static_files import static_text

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
</head>
<body>
<main id="dagbook-root"></main>
<noscript>This page draws a dataflow and needs JavaScript.</noscript>
<script type="application/json" id="dagbook-view">{view}</script>
<script>{script}</script>
</body>
</html>
"""


def html_page(view: Mapping[str, Any]) -> str:
    """Return the HTML document that shows `view`; raises FrontendMissing without the built front end."""
    script = static_text("standalone.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    # Only this one script may run, and nothing may be fetched.
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    title = escape(str(view.get("title") or "dataflow"))
    return _PAGE.format(policy=policy, title=title, view=_inline_json(view), script=script)


def _inline_json(value: object) -> str:
    """JSON that may stand inside a script element: no text in it can end the element or open a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
