"""A page is the picture of a view as one HTML file that needs nothing else: pan, zoom, search, details.

The view's JSON stands in the element `dagbook-view`, the static picture in `dagbook-root`. A content security
policy lets exactly the page's own script run, so that nothing a view contains ever could.
"""

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from kernel_magics.view.links import View
from kernel_magics.view.measure import escaped, one_line
from kernel_magics.view.svg import to_svg


def to_html(view: View, script: str | None = None) -> str:
    """The view as a self-contained page.

    `script` replaces the page's own script; it is run as a module, finds the view as JSON in `#dagbook-view`
    and may replace what is in `#dagbook-root`.
    """
    code = _script_text(_part("page.js") if script is None else script)
    digest = b64encode(sha256(code.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    title = escaped(one_line(view.get("title") or "Dataflow"))
    number = len(view.get("nodes", ()))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_part('page.css')}</style>\n</head>\n<body>\n"
        f'<header><h1>{title} · {number} nodes</h1><input type="search" placeholder="Search ( / )" '
        'aria-label="Search a node"><button type="button">Fit</button></header>\n'
        f'<main id="dagbook-root">{to_svg(view)}</main>\n<aside aria-live="polite" hidden></aside>\n'
        f'<script type="application/json" id="dagbook-view">{_json(view)}</script>\n'
        f'<script type="module">{code}</script>\n</body>\n</html>\n'
    )


def _json(view: View) -> str:
    """JSON that cannot end the element it stands in, whatever its texts are."""
    text = json.dumps(view, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script_text(script: str) -> str:
    """The script with what would end its element written in a way that strings and regexes read the same."""
    plain = script.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", plain, flags=re.IGNORECASE)


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
