"""Faults to plant in the kernel that works, so that the tester is seen to find them."""

from __future__ import annotations

from collections.abc import Callable

from kernel_magics.engine.session import watch
from kernel_magics.engine.session.memo_table import MemoTable
from kernel_magics.engine.session.session import Session
from kernel_magics.values import VALUES


def never_stale() -> None:
    """A value stays fresh when its inputs change."""
    right = MemoTable.key
    MemoTable.key = lambda self, node: (*right(self, node)[:2], ())  # type: ignore[method-assign, assignment]


def never_copied() -> None:
    """Nodes get the stored values themselves."""
    type(VALUES).isolate = lambda self, value: value  # type: ignore[method-assign]


def never_forgotten() -> None:
    """Deleted cells stay."""
    Session.forget = lambda self, *ids: []  # type: ignore[method-assign]


def never_watched() -> None:
    """Changes of the setup are not seen."""
    watch._changed = lambda seen: []


FAULTS: dict[str, Callable[[], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (never_stale, never_copied, never_forgotten, never_watched)
}
