"""Facts are evidence by dotted names: those of an envelope's record, and those of files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import SourceError
from kernel_magics.registry.expression import Value
from kernel_magics.registry.rules import OF_ENVELOPE, OF_REGISTRY, is_name

_OWN: Final = (*OF_ENVELOPE, "checks")
_LARGEST: Final = 1_000_000
_MOST: Final = 2000
_DEEPEST: Final = 5
_LONGEST: Final = 1000  # characters of a text


def own_facts(record: Mapping[str, Any]) -> dict[str, Value]:
    """What the record of an envelope says."""
    said = {name: record[name] for name in _OWN if record.get(name) is not None}
    return {name: value for name, value in _flat("", said, 0) if _is_fact(value)}


def groups_of(path: Path, digest: str) -> dict[str, dict[str, Value]]:
    """The evidence of a file, by group: an object of objects with numbers, texts, true and false.

    Args:
        digest: of the envelope that it must be about, if it says about which it is in `envelope`.

    Raises:
        SourceError: DB565, DB403.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise SourceError(
            "DB403", f"cannot read '{path}': {error.strerror}.", hint="check the path."
        ) from None
    if len(data) > _LARGEST:
        raise _wrong(path, f"it has more than {_LARGEST} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise _wrong(path, "it is no object with groups")
    about = document.pop("envelope", digest)
    if about != digest:
        raise _wrong(path, f"it is about the envelope {str(about)[:12]}, not {digest[:12]}")
    found: dict[str, dict[str, Value]] = {}
    for group, inner in document.items():
        if not is_name(group) or group in (*OF_ENVELOPE, *OF_REGISTRY):
            reason = "is not evidence that a file can give" if is_name(group) else "is no name of a group"
            raise _wrong(path, f"'{group[:40]}' {reason}")
        if not isinstance(inner, dict):
            raise _wrong(path, f"'{group}' must be an object with names")
        found[group] = {}
        for name, value in _flat(f"{group}.", inner, 0):
            if not all(part.isidentifier() for part in name.split(".")):
                raise _wrong(path, f"'{name[:80]}' is no name")
            if not _is_fact(value):
                raise _wrong(path, f"'{name[:80]}' is no number, no text and no truth")
            found[group][name] = value
    if not found or sum(map(len, found.values())) > _MOST:
        raise _wrong(path, f"it has no evidence, or more than {_MOST} values")
    return found


def _flat(before: str, values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _flat(f"{before}{name}.", value, depth + 1)
        else:
            yield f"{before}{name}", value


def _is_fact(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return isinstance(value, bool | int | float) and abs(value) <= sys.float_info.max


def _wrong(path: Path, problem: str) -> SourceError:
    hint = 'write groups of values, such as {"checks": {"failed": 0}}. Nothing was changed.'
    return SourceError("DB565", f"'{path}' is no evidence: {problem}.", hint=hint)
