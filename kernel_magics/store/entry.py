"""An entry is the small metadata file of a stored result: one line of JSON, and its signature."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kernel_magics.engine import ordinary
from kernel_magics.store.secret import is_signed, sign


@dataclass(frozen=True, slots=True)
class Entry:
    """The metadata of a result.

    Attributes:
        name: the node, for display only.
        kind: the format, see `formats`.
        facts: what the format needs besides its file; the whole value if it is small.
        reads: kind, name and digest of what the node read.
        file: name of the file beside the entry; "" if `facts` contain the value.
    """

    key: str
    name: str
    digest: str
    seconds: float
    ran_at: float
    kind: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    reads: list[list[str]] = field(default_factory=list)


def entry_text(entry: Entry) -> bytes:
    """The content of an entry's file."""
    text = json.dumps({item.name: getattr(entry, item.name) for item in fields(entry)}).encode()
    return text + b"\n" + json.dumps(sign(text)).encode() + b"\n"


def read_entry(path: Path, key: str) -> Entry | None:
    """The entry of this key; None for a file that is absent, damaged, of another key or of another user."""
    try:
        text, signature, end = ordinary.read_bytes(path).split(b"\n")
        if end or not is_signed(text, json.loads(signature)):
            return None
        entry = Entry(**json.loads(text))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return entry if entry.key == key else None
