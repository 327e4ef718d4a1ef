"""The store of recorded inputs by label; equal inputs are stored once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kernel_magics.values import VALUES
from kernel_magics.values.codec import encode


class Store:
    """Recorded inputs; adds to `values`."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._labels: dict[str, str] = {}
        self._records: dict[str, Any] = {}
        self._seen: set[str] = set()

    def keep(self, label: str, record: Any, owner: str) -> str:
        """Store a record; returns its label."""
        text = json.dumps(record)
        if text not in self._labels:
            free = label
            if free in self._values:
                free = f"{label} / {owner}"
            number = 2
            while free in self._values:
                free, number = f"{label} / {owner} {number}", number + 1
            self._values[free] = record
            self._labels[text] = free
        return self._labels[text]

    def encoded(self, value: Any) -> Any:
        """Encode an input, once for equal ones."""
        digest = VALUES.digest(value)
        if digest is None:
            return encode(value)
        if digest not in self._records:
            self._records[digest] = encode(value)
        return self._records[digest]

    def adopt(self, given: Mapping[str, str], old: Mapping[str, Any], owner: str) -> dict[str, str]:
        """Store the inputs of an old example."""
        return {name: self.keep(label, old[label], owner) for name, label in given.items()}

    def is_new(self, given: Mapping[str, Any], owner: str) -> bool:
        """False for an edge case that changes nothing, such as gaps in booleans."""
        digests = [VALUES.digest(value) for value in given.values()]
        if None in digests:
            return True
        key = f"{owner}\0{digests}"
        known = key in self._seen
        self._seen.add(key)
        return not known
