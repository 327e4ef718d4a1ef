"""A page is a view as one self-contained HTML file: a picture, which a script can make interactive.

The view's JSON is in the element `dagbook-view`. A content security policy allows only the page's own script
to run, and nothing from a view.
"""

import json
import re
from base64 import b64encode
from hashlib import sha256

from kernel_magics.quality.page import GENERATOR
from kernel_magics.view.links import View
from kernel_magics.view.measure import escaped, one_line
from kernel_magics.view.svg import to_svg

_STYLE = (
    ":root{color-scheme:light dark}body{margin:0}"
    ".dagbook-svg{display:block;max-width:calc(100% - 48px);height:auto;margin:24px auto}"
)


def to_html(view: View, script: str = "") -> str:
    """The view as a self-contained page.

    `script` finds the view as JSON in `#dagbook-view` and fills `#dagbook-root`; readers without scripts,
    and a page without one, have the picture.
    """
    code = _script_text(script)
    digest = b64encode(sha256(code.encode()).digest()).decode()
    scripts = f"'sha256-{digest}' blob:; worker-src blob:" if code else "'none'"
    policy = (
        f"default-src 'none'; script-src {scripts}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    title = escaped(one_line(view.get("title") or "Dataflow"))
    picture = f"<noscript>{to_svg(view)}</noscript>" if code else to_svg(view)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{GENERATOR}\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<main id="dagbook-root">{picture}</main>\n'
        f'<script type="application/json" id="dagbook-view">{_json(view)}</script>\n'
        + (f"<script>{code}</script>\n" if code else "")
        + "</body>\n</html>\n"
    )


def _json(view: View) -> str:
    """JSON that cannot end its element, whatever its texts are."""
    text = json.dumps(view, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script_text(script: str) -> str:
    """The script with `</script` escaped in a way that strings and regexes read the same."""
    plain = script.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", plain, flags=re.IGNORECASE)
