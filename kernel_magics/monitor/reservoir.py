"""A reservoir is an even choice of what comes: each item is as likely to be in it as any other."""

from __future__ import annotations

import random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Reservoir(Generic[Item]):
    """The choice.

    Attributes:
        items: the chosen ones, in no order.
        seen: how many came.
    """

    def __init__(self, most: int) -> None:
        self._most, self._random = most, random.Random(0)
        self.items: list[Item] = []
        self.seen = 0

    def add(self, item: Item) -> None:
        """Add an item, perhaps in place of another one."""
        self.seen += 1
        if len(self.items) < self._most:
            self.items.append(item)
        elif (place := int(self._random.random() * self.seen)) < self._most:
            self.items[place] = item
