"""The store keeps what examples are given by label, equal things once: records, and calls that compute it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from kernel_magics.export.examples.sample import Sample
from kernel_magics.values import VALUES
from kernel_magics.values.codec import Unsupported, encode

_LARGE = 20_000  # characters: of what is larger, the call that computes it is kept
Label = str
"""What a value was made for, and how, such as "spend / gaps"."""


class Store:
    """What examples are given.

    Args:
        module: the module that knows the classes of values.

    Attributes:
        values: records by label.
        calls: by label, the `function` that computes a value, and the labels of what it is `given`.
    """

    def __init__(self, module: ModuleType | None = None) -> None:
        self.values: dict[Label, Any] = {}
        self.calls: dict[Label, Any] = {}
        self._module = module
        self._labels: dict[str, Label] = {}
        self._records: dict[str, Any] = {}
        self._seen: set[str] = set()

    def encoded(self, value: Any) -> Any:
        """The record of a value; equal ones are encoded once.

        Raises:
            Unsupported: there is none.
        """
        digest = VALUES.digest(value)
        if digest is None:
            return encode(value, self._module)
        if digest not in self._records:
            self._records[digest] = encode(value, self._module)
        return self._records[digest]

    def planned(self, name: str, value: Any, sample: Sample) -> Any:
        """How a value will be given: its record, or the call that computes it on the sample, for `keep`.

        Raises:
            Unsupported: neither is there.
        """
        step = sample.maker(name, value)
        try:
            record = self.encoded(value)
        except Unsupported as error:
            if step is None:
                place = f"its input '{name}'" + (f", {error.place}" if error.place else "")
                raise Unsupported(error.kind, place) from None
        else:
            if step is None or len(json.dumps(record)) <= _LARGE:
                return {"record": record}
        given = {
            parameter: self.planned(step["params"][parameter], each, sample)
            for parameter, each in sample.given(step).items()
        }
        return {"function": step["function"], "given": given, "params": step["params"], "label": sample.label}

    def keep(self, name: str, kind: str, planned: Mapping[str, Any], owner: str) -> Label:
        """Keep what is planned; gives the label under which it is found.

        Args:
            name: of the input or node that it is a value of.
            kind: the name of the example.
            owner: the function for which it is kept.
        """
        if "record" in planned:
            return self.keep_record(f"{name} / {kind}", planned["record"], owner)
        given = {
            parameter: self.keep(planned["params"][parameter], planned["label"], other, owner)
            for parameter, other in planned["given"].items()
        }
        call = {"function": planned["function"], "given": given}
        return self._put(self.calls, f"{name} / {planned['label']}", call, owner)

    def keep_record(self, label: Label, record: Any, owner: str) -> Label:
        """Keep a record; gives the label under which it is found."""
        return self._put(self.values, label, record, owner)

    def adopt(self, label: Label, old: Mapping[str, Any], owner: str) -> Label:
        """Keep what an example that was recorded before is given."""
        if label not in old["calls"]:
            return self.keep_record(label, old["values"][label], owner)
        call = old["calls"][label]
        given = {parameter: self.adopt(other, old, owner) for parameter, other in call["given"].items()}
        return self._put(self.calls, label, {**call, "given": given}, owner)

    def is_new(self, given: Mapping[str, Any], owner: str) -> bool:
        """False for an edge that changed nothing (no gaps in truth values, say)."""
        digests = [VALUES.digest(value) or str(id(value)) for value in given.values()]
        key = f"{owner}\0{digests}"
        known = key in self._seen
        self._seen.add(key)
        return not known

    def _put(self, place: dict[Label, Any], label: Label, record: Any, owner: str) -> Label:
        text = json.dumps(["call" if place is self.calls else "record", record])
        if text not in self._labels:
            free, number = label, 1
            while free in self.values or free in self.calls:
                free = f"{label} / {owner}" + (f" {number}" if number > 1 else "")
                number += 1
            place[free] = record
            self._labels[text] = free
        return self._labels[text]
