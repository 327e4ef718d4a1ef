"""A trace maps an exported line to its cell by the cell's id, which stays the same when cells move."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_LENGTH = 8
_ID: Final = re.compile(r"[!-~]+")
_READABLE = 20  # longer ones were made by programs


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Cell ids; long ones cut to eight characters if they stay distinct."""
    whole = {id: _plain(id) for id in ids}
    short = {id: text if len(text) <= _READABLE else text[:_LENGTH] for id, text in whole.items()}
    seen = Counter(short.values())
    return {id: text if seen[text] == 1 else whole[id] for id, text in short.items()}


def _plain(id: str) -> str:
    """The id as a comment holds it: a file may give any text as one, also several lines of code."""
    if _ID.fullmatch(id):
        return id
    return (
        f"{re.sub(r'[^A-Za-z0-9_-]+', '-', id)[:_LENGTH]}-{hashlib.sha256(id.encode()).hexdigest()[:_LENGTH]}"
    )
