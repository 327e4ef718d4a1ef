"""Examples are recorded inputs and outcomes of each node's function, stored as JSON beside the tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kernel_magics.engine.errors import SourceError
from kernel_magics.export.examples.sharing import VERSION, joined

_LONG: Final = 60  # characters of what is worth a reference where it appears again


@dataclass(frozen=True, slots=True)
class Examples:
    """Recorded examples.

    Attributes:
        nodes: by function name: its cell, its cases (inputs by label, and the value or the exception).
        values: recorded inputs by label.
        calls: by label, the function that computes an input which cannot be recorded, and what it is given.
    """

    nodes: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of cases."""
        return sum(len(node["cases"]) for node in self.nodes.values())

    def only(self, functions: Collection[str], cells: Mapping[str, str]) -> Examples:
        """The examples of these functions, with the cells that define them now."""
        nodes = {
            name: {**self.nodes[name], "cell": cells.get(name, self.nodes[name]["cell"])}
            for name in functions
            if name in self.nodes
        }
        used: set[str] = set()
        queue = [
            label for node in nodes.values() for case in node["cases"] for label in case["given"].values()
        ]
        while queue:
            label = queue.pop()
            used.add(label)
            queue += self.calls[label]["given"].values() if label in self.calls else ()
        values, calls = (
            {label: item for label, item in known.items() if label in used}
            for known in (self.values, self.calls)
        )
        return Examples(nodes, values, calls)

    def text(self) -> str:
        """One line for each value and each case, always the same for the same examples; its hash is blank."""
        outcomes = [
            case["value"] for node in self.nodes.values() for case in node["cases"] if "value" in case
        ]
        sharing = _Sharing([*self.values.values(), *outcomes])
        values = [_row(label, sharing.taken(value)) for label, value in self.values.items()]
        nodes = [f"    {_dump(name)}: {_node(node, sharing)}" for name, node in self.nodes.items()]
        shared = [f"    {_dump(label)}: {text}" for label, text in sharing.written.items()]
        calls = [_row(label, call) for label, call in self.calls.items()]
        parts = {"nodes": nodes, "values": values, **({"calls": calls} if calls else {}), "shared": shared}
        rows = [f'  "{name}": {_block(part)}' for name, part in parts.items()]
        head = f'{{\n  "version": {VERSION},\n  "hash": "{"0" * 12}"'
        return ",\n".join([head, *rows]) + "\n}\n"


class _Sharing:
    """What is long and appears in several records is written once: rows, cells, whole columns.

    Attributes:
        written: texts by label.
    """

    def __init__(self, records: Iterable[Any]) -> None:
        self.written: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        for record in records:
            self._count(record)

    def _count(self, record: Any) -> None:
        if not isinstance(record, dict | list):
            return
        text = _dump(record)
        if len(text) >= _LONG:
            self._counts[text] += 1
        if self._counts[text] <= 1:  # what is inside of something that is shared is written once, too
            for member in record.values() if isinstance(record, dict) else record:
                self._count(member)

    def taken(self, record: Any, whole: bool = False) -> Any:
        """The record with references in place of what is shared.

        Args:
            whole: write the record itself in any case.
        """
        if not isinstance(record, dict | list):
            return record
        text = _dump(record)
        if self._counts[text] > 1 and not whole:
            if text not in self._labels:
                kind = _kind(record)
                self._labels[text] = f"{kind} {len(self._labels) + 1}"
                self.written[self._labels[text]] = _dump(self.taken(record, whole=True))
            return {"shared": self._labels[text]}
        if isinstance(record, list):
            return [self.taken(member) for member in record]
        return {key: self.taken(member) for key, member in record.items()}


def read_document(text: str) -> Any:
    """Any JSON text; of recorded examples, with what they share in its place."""
    data = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("shared"), dict):
        return data
    return {part: joined(data[part], data["shared"]) for part in data if part != "shared"}


def read_examples(text: str, name: str) -> Examples:
    """Examples from the text of their file.

    Raises:
        SourceError: DB406 when the file is damaged.
    """
    try:
        data = json.loads(text)
        nodes, values = (joined(data[part], data["shared"]) for part in ("nodes", "values"))
        examples = Examples(nodes, values, data.get("calls", {}))
        given = [case["given"] for node in nodes.values() for case in node["cases"]]
        given += [call["given"] for call in examples.calls.values()]
        labels = {label for each in given for label in each.values()}
        if (
            data["version"] not in range(1, VERSION + 1)
            or not labels <= values.keys() | examples.calls.keys()
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SourceError(
            "DB406",
            f"the recorded examples in '{name}' are damaged.",
            hint="restore the file, or record anew with --refresh-examples --force.",
        ) from None
    return examples


def _kind(record: Any) -> str:
    """What a shared record is called."""
    if isinstance(record, list):
        return "cells"
    return "value" if "series" in record or "frame" in record else "index" if "index" in record else "part"


def _row(label: str, record: Any) -> str:
    return f"    {_dump(label)}: {_dump(record)}"


def _node(node: Mapping[str, Any], sharing: _Sharing) -> str:
    head = {key: value for key, value in node.items() if key != "cases"}
    cases = []
    for case in node["cases"]:
        value = {"value": sharing.taken(case["value"])} if "value" in case else {}
        cases.append(f"        {_dump({**case, **value})}")
    return _dump(head)[:-1] + ', "cases": [\n' + ",\n".join(cases) + "\n      ]}"


def _block(rows: list[str]) -> str:
    return "{\n" + ",\n".join(rows) + "\n  }" if rows else "{}"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
