"""An old value is what an ordinary cell reads of a node that is stale or waits; the cell says so."""

from __future__ import annotations

import re
from collections.abc import Collection

from kernel_magics.engine.errors import quoted
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.references import body_names

_SHOWN = 5  # names listed one by one
_OF_SHELL = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


def old_lines(session: Session, text: str, names: Collection[str]) -> list[str]:
    """Lines about the old values that an ordinary cell reads.

    Args:
        text: of the cell.
        names: the nodes with a variable that the text mentions, perhaps only in a comment.
    """
    states = session.states_of(names)
    if not any(state in ("stale", "waiting") for state, _ in states.values()):
        return []
    read = _reads(text)
    stale = [name for name, (state, _) in states.items() if state == "stale" and name in read]
    lines = []
    if stale:
        them = "it" if len(stale) == 1 else "them"
        few = len(stale) <= _SHOWN
        more, command = (
            ("", f"%compute {' '.join(stale)}") if few else (f" and {len(stale) - _SHOWN} more", "%compute")
        )
        lines.append(
            f"{quoted(stale[:_SHOWN])}{more}: old, not computed since an edit. "
            f"`{command}` brings {them} up to date."
        )
    for name, (state, reasons) in states.items():
        if state == "waiting" and name in read:
            lines.append(f"'{name}': old, the node waits for {quoted(reasons)}.")
    return lines


def _reads(text: str) -> Collection[str]:
    """The names that a cell's Python reads; none if it is not Python."""
    try:
        return body_names(_OF_SHELL.sub("", text)).reads
    except (SyntaxError, ValueError, RecursionError):
        return ()
