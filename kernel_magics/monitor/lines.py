"""The lines of a service's log, read one by one; a line that is damaged is counted and left out."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from kernel_magics.engine.errors import SourceError

_LONGEST: Final = 64_000_000  # bytes of a line; a service takes no such body
_GZIP: Final = b"\x1f\x8b"


@dataclass
class Skipped:
    """Lines that are not of the envelope: of another one, or damaged."""

    others: int = 0
    damaged: int = 0


def read_lines(path: Path, digest: str | None, skipped: Skipped) -> Iterator[Mapping[str, Any]]:
    """The entries of an envelope in the order of the log; in memory there is one line at a time.

    Args:
        digest: of the envelope; None for the entries of all.

    Raises:
        SourceError: DB403 where it cannot be read, DB571 where none of its lines is one of a service.
    """
    mark = (digest or '"digest": "').encode()
    found = False
    try:
        with _opened(path) as file:
            while line := file.readline(_LONGEST):
                if mark not in line:
                    known = b'"digest": "' in line
                    skipped.others += known
                    skipped.damaged += not known
                    found = found or known
                    continue
                entry = _entry(line, digest)
                if entry is None:
                    skipped.damaged += 1
                    continue
                found = True
                yield entry
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise SourceError("DB403", f"cannot read '{path}': {reason}.", hint="check the path.") from None
    if not found and skipped.damaged:
        raise SourceError(
            "DB571",
            f"'{path}' is no log of a service: none of its {skipped.damaged} lines is a request.",
            hint="`dagbook serve ENVELOPE --log FILE` writes one.",
        )


def _opened(path: Path) -> IO[bytes]:
    """The log, also one that was put away compressed."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return gzip.open(path) if compressed else path.open("rb")  # type: ignore[return-value]


def _entry(line: bytes, digest: str | None) -> Mapping[str, Any] | None:
    """The entry of a line that ends and has what each entry has."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    right = isinstance(entry, dict) and isinstance(entry.get("digest"), str)
    right = right and entry["digest"] == (digest or entry["digest"])
    right = right and isinstance(entry.get("status"), int) and isinstance(entry.get("id"), str)
    return entry if right and isinstance(entry.get("seconds"), int | float) else None


def row_of(outputs: object, number: int, rows: int) -> dict[str, Any]:
    """The outputs of one row of a request; those that have not one value for each row are left out.

    Args:
        outputs: of the request, as its entry has them.
        rows: number of rows of the request.
    """
    if not isinstance(outputs, dict):
        return {}
    return {
        name: values[number]
        for name, values in outputs.items()
        if isinstance(values, list) and len(values) == rows
    }


def rows_of(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a request; none where its inputs are given by name."""
    inputs = entry.get("inputs")
    rows = inputs.get("rows") if isinstance(inputs, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
