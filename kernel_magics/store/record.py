"""Plain values as JSON, in the entry itself: numbers, texts, dates, containers of them, results of checks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from kernel_magics.engine.run.check import CheckResult, Condition
from kernel_magics.store.formats import Facts
from kernel_magics.values.library import HANDLERS

_LIMIT = 10_000  # members


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`.

    Raises:
        ValueError: for a large container, or one of values of libraries: a pickle is faster and smaller.
    """
    if isinstance(value, CheckResult):
        conditions = [[item.message, item.held, item.detail] for item in value.conditions]
        return {"check": [value.subject, value.severity, conditions]}
    _refuse_large(value)
    if _is_json(value):
        return {"json": value}
    from kernel_magics.values.codec import encode  # noqa: PLC0415 - imports pandas, which integers do without

    return {"record": encode(value)}


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`."""
    if "json" in facts:
        return facts["json"]
    if "check" in facts:
        subject, severity, conditions = facts["check"]
        return CheckResult(subject, severity, tuple(Condition(*item) for item in conditions))
    from kernel_magics.values.decode import decode  # noqa: PLC0415  # only for values that have such a record

    return decode(facts["record"])


def _refuse_large(value: object) -> None:
    members = [value]
    for member in members:
        if isinstance(member, dict):
            members += [*member, *member.values()]
        elif isinstance(member, list | tuple | set | frozenset):
            members += member
        if len(members) > _LIMIT or type(member).__module__.partition(".")[0] in HANDLERS:
            raise ValueError(type(value).__name__)


def _is_json(value: object) -> bool:
    """True for a value that JSON returns unchanged."""
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is dict:
        return all(type(name) is str for name in value) and all(map(_is_json, value.values()))
    return value is None or type(value) in (bool, int, str)
