"""A database on a command line: `URL#TABLE` or `URL#SELECT …`, where the URL may be a reference to one."""

from __future__ import annotations

import re
from typing import Final

from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.sources.reference import is_secret
from kernel_magics.sources.source import Sink, Source, shown

_TEXT: Final = re.compile(r"(env:[A-Za-z_]\w*|file:[^#]+|[A-Za-z][\w+.-]*://[^#]*)#(.+)", re.DOTALL)
_TABLE: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")


def source_of_text(text: str) -> Source | None:
    """The query or table that a text names; None for another text.

    Raises:
        SourceError: DB465 for a password on a command line, which others can read.
    """
    found = _found(text)
    if found is None:
        return None
    url, what = found
    if _TABLE.fullmatch(what):
        return Source(table=what, url=url, empty=True)
    return Source(sql=what, url=url, empty=True)


def sink_of_text(text: str) -> Sink | None:
    """The table that a text names, whose rows are replaced; None for another text.

    Raises:
        SourceError: DB465 for a password on a command line.
        UsageError: DB002 for what is no table.
    """
    found = _found(text)
    if found is None:
        return None
    url, what = found
    if not _TABLE.fullmatch(what):
        raise UsageError("DB002", f"'{what}' is no table.", hint="write -o URL#TABLE, or URL#SCHEMA.TABLE.")
    return Sink(table=what, url=url, mode="replace")


def _found(text: str) -> tuple[str, str] | None:
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    if is_secret(found[1]):
        raise SourceError(
            "DB465",
            f"a password stands in the command: {shown(found[1])}.",
            hint="set a variable of the environment and write env:NAME#…, or file:PATH#….",
        )
    return found[1], found[2]
