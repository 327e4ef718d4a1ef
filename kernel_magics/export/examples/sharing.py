"""The form of recorded examples: its version; what several records have is written once, under a label."""

from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = 7
"""Counts every change of the file that runs examples; it reads all forms up to this one."""


def joined(record: Any, shared: Mapping[str, Any]) -> Any:
    """The record with what it shares with others in its place."""
    if isinstance(record, list):
        plain = not any(isinstance(member, dict | list) for member in record)
        return record if plain else [joined(member, shared) for member in record]
    if not isinstance(record, dict):
        return record
    if list(record) == ["shared"]:
        return joined(shared[record["shared"]], shared)
    return {key: joined(member, shared) for key, member in record.items()}
