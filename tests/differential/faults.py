"""Faults to plant in the kernel that works, so that the tester is seen to find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel_magics.engine.session.memo_table import MemoTable
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.picture import Seen
from kernel_magics.values import VALUES


def never_stale() -> None:
    """A value stays fresh when its inputs change."""
    right = MemoTable.key
    _plant(MemoTable, "key", lambda self, node: (*right(self, node)[:2], ()))


def never_copied() -> None:
    """Nodes get the stored values themselves."""
    _plant(type(VALUES), "isolate", lambda self, value: value)


def never_forgotten() -> None:
    """Deleted cells stay."""
    _plant(Session, "forget", lambda self, *ids: [])


def never_watched() -> None:
    """Changes of the setup are not seen."""
    _plant(Seen, "changed", lambda self: False)


def _plant(owner: type, name: str, wrong: Callable[..., Any]) -> None:
    """Replace a method; one that is no longer there would be a fault that nothing has."""
    getattr(owner, name)
    setattr(owner, name, wrong)


FAULTS: dict[str, Callable[[], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (never_stale, never_copied, never_forgotten, never_watched)
}
