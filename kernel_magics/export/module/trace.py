"""A trace maps an exported line to its cell by the cell's id, which stays the same when cells move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LENGTH = 8
_READABLE = 20  # longer ones were made by programs


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Cell ids; long ones cut to eight characters if they stay distinct."""
    ids = list(dict.fromkeys(ids))
    short = {id: id if len(id) <= _READABLE else id[:_LENGTH] for id in ids}
    seen = list(short.values())
    return {id: text if seen.count(text) == 1 else id for id, text in short.items()}
