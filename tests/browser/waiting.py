"""Waiting until the page shows something: each part of it comes when it comes, also after the kernel is idle."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def until(page: Page, condition: Callable[[], object], what: str, shown: Callable[[], str]) -> None:
    """Wait for a condition; an AssertionError says what was shown instead."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"after {PATIENCE:.0f} s still not: {what}\n{shown()}")
        page.wait_for_timeout(30)


def shows(locator: Locator, *texts: str) -> None:
    """Wait until an element's text has all these parts."""
    until(
        locator.page,
        lambda: all(text in locator.inner_text() for text in texts),
        f"shown: {texts}",
        locator.inner_text,
    )
