"""Declined is raised by a look-alike for what only pandas can answer."""

from __future__ import annotations

import itertools
from typing import Final, NoReturn

_COUNT: Final = itertools.count(1)


class Declined(BaseException):
    """What was asked of a look-alike that it does not know; the node runs through pandas then.

    It is no `Exception`, so that code of a node does not take it for an error of its own. Code that takes
    even this one is found by `declined`.
    """

    latest = 0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        Declined.latest = next(_COUNT)


def decline(reason: str) -> NoReturn:
    """Leave it to pandas.

    Raises:
        Declined: always.
    """
    raise Declined(reason)
