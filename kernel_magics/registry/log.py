"""The log of a registry is a chain of records: each has the digest of the one before, so none can change.

A record is one line of JSON. A line without an end, at which a process was killed, does not count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from kernel_magics.engine.errors import SourceError
from kernel_magics.registry.rules import is_name

NAME: Final = "log.jsonl"
VERSION: Final = 1
Record = Mapping[str, Any]
_SCALAR: Final = (bool, int, float, str)
_Fits = Callable[[Any], bool]


def is_digest(value: Any) -> bool:
    """Whether a value is a digest: of an envelope, or of a record."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


def _are_facts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, _SCALAR) for item in value.values())


def _are_groups(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_are_facts, value.values()))


def _are_reasons(value: Any) -> bool:
    return isinstance(value, list) and all(
        item.keys() == {"text", "holds", "reason"} and _is_text(item["text"]) and _is_text(item["reason"])
        for item in value
    )


_ALWAYS: Final[Mapping[str, _Fits]] = {"time": _is_time, "by": _is_text}
_MOVED: Final[Mapping[str, _Fits]] = {
    "digest": is_digest,
    "environment": is_name,
    "from": lambda value: value == "" or is_digest(value),
    "reasons": _are_reasons,
    "rules": is_digest,
}
_NEEDS: Final[Mapping[str, Mapping[str, _Fits]]] = {
    "created": {"version": lambda value: isinstance(value, int), "name": _is_text},
    "published": {"digest": is_digest, "facts": _are_facts},
    "evidence": {"digest": is_digest, "groups": _are_groups},
    "approved": {"digest": is_digest, "environment": is_name, "role": is_name},
    "rules": {"rules": is_digest},
    "promoted": _MOVED,
    "rolled back": _MOVED,
}
"""What a record must have. The chain shows that nothing was changed later, not who began it."""


@dataclass(frozen=True, slots=True)
class Log:
    """The records, verified.

    Attributes:
        digests: of each record; the next one refers to the last.
        size: bytes that they take.
    """

    records: tuple[Record, ...]
    digests: tuple[str, ...]
    size: int

    @property
    def head(self) -> str:
        """The digest of the last record."""
        return self.digests[-1] if self.digests else ""

    def extend(self, entries: Sequence[Record]) -> tuple[Log, bytes]:
        """The log with further records, and the bytes to add to its file."""
        records, digests, data = list(self.records), list(self.digests), b""
        for entry in entries:
            before = digests[-1] if digests else ""
            line, digest = _line({"number": len(records), "before": before, **entry})
            records.append(json.loads(line))
            digests.append(digest)
            data += line + b"\n"
        return Log(tuple(records), tuple(digests), self.size + len(data)), data


def read_log(data: bytes, where: str) -> Log:
    """Read and verify a log.

    Args:
        where: the path of its file, for errors.

    Raises:
        SourceError: DB562 with the line that is not as it was written.
    """
    records: list[Record] = []
    digests: list[str] = []
    *lines, torn = data.split(b"\n")
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)
            before, digest = digests[-1] if digests else "", record["hash"]
            right = (record["number"], record["before"]) == (number, before)
            right = right and (line, digest) == _line(record)
            needs = {**_ALWAYS, **_NEEDS[record["what"]]}
            whole = all(fits(record[name]) for name, fits in needs.items())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            right = whole = False
            digest = ""
        if not (right and whole and (record["what"] == "created") == (number == 0)):
            raise changed(where, number + 1)
        records.append(record)
        digests.append(digest)
    if records and records[0]["version"] != VERSION:
        raise changed(where, 1, f"is of version {records[0]['version']}, which this Dagbook does not know")
    return Log(tuple(records), tuple(digests), len(data) - len(torn))


def _line(record: Record) -> tuple[bytes, str]:
    """The line of a record with its digest, and that digest."""
    entry = {name: value for name, value in record.items() if name != "hash"}
    digest = sha256(json.dumps(entry, allow_nan=False).encode()).hexdigest()
    return json.dumps({**entry, "hash": digest}).encode(), digest


def changed(
    where: str, line: int, what: str = "is not as it was written, or one before it is not"
) -> SourceError:
    """The error that a log was edited."""
    return SourceError(
        "DB562",
        f"line {line} of '{where}' {what}.",
        hint="the log of a registry is never edited: restore it. Nothing was changed.",
    )
