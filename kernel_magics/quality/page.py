"""A page is a report as one self-contained HTML file; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from kernel_magics.engine.source.secrets import masked

COLOURS: Final = """
:root { color-scheme: light dark; --soft: #646b78; --line: #8884; --bad: #c62828; --good: #2e7d32;
  --warn: #9a5b00 }
@media (prefers-color-scheme: dark) { :root { --soft: #9aa1ad; --bad: #ef9a9a; --good: #a5d6a7;
  --warn: #ffcc80 } }
"""
"""The colours of texts on our pages, on the browser's own light and dark ground."""

_STYLE: Final = (
    COLOURS
    + """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; margin: .5rem 0 1.5rem }
th, td { text-align: left; padding: .2rem 1.2rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line) }
td.number { text-align: right; font-variant-numeric: tabular-nums }
.bad { color: var(--bad) } .good { color: var(--good) } .warn { color: var(--warn) }
.verdict { font-size: 1.25rem; font-weight: 600 }
.soft { color: var(--soft) } code { font-size: 95% }
"""
)


GENERATOR: Final = '<meta name="generator" content="dagbook">'
"""In each page that we write: one without it is somebody's own, and is not replaced."""


def page(title: str, body: str) -> str:
    """A whole HTML file; `body` is HTML already, and no secret that is recognised is in it."""
    return masked(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{GENERATOR}'
        f"<title>{escape(title)}</title>"
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        f"'unsafe-inline'\"><style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}\n"
        "</body></html>\n"
    )


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of plain texts; those that are `Marked` have a class."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


class Marked(str):
    """A text of a table with a class of the page's style: bad, good, warn, soft or number."""

    kind: str

    def __new__(cls, text: str, kind: str) -> Marked:
        """The text, remembering its class."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


def _cell(text: str) -> str:
    kind = f' class="{escape(text.kind)}"' if isinstance(text, Marked) else ""
    return f"<td{kind}>{escape(text)}</td>"
