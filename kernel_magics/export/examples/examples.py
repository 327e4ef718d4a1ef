"""Examples are recorded inputs and outcomes of each node's function, stored as JSON beside the tests."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel_magics.engine.errors import SourceError

_VERSION = 1
_LONG = 60  # characters of an index above which it is stored once and referred to


@dataclass(frozen=True, slots=True)
class Examples:
    """Recorded examples.

    Attributes:
        nodes: by function name: its cell, its cases (inputs by label, and the value or the exception).
        values: recorded inputs by label.
    """

    nodes: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

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
        used = {
            label for node in nodes.values() for case in node["cases"] for label in case["given"].values()
        }
        return Examples(nodes, {label: value for label, value in self.values.items() if label in used})

    def text(self) -> str:
        """One line for each value and each case, deterministic for given examples; its hash is blank."""
        sharing = _Sharing()
        nodes = [f"    {_dump(name)}: {_node(sharing.taken(node))}" for name, node in self.nodes.items()]
        values = [
            f"    {_dump(label)}: {_dump(sharing.taken(value))}" for label, value in self.values.items()
        ]
        shared = [f"    {_dump(label)}: {text}" for text, label in sharing.labels.items()]
        parts = {"nodes": nodes, "values": values, "shared": shared}
        rows = [f'  "{name}": {_block(part)}' for name, part in parts.items()]
        head = f'{{\n  "version": {_VERSION},\n  "hash": "{"0" * 12}"'
        return ",\n".join([head, *rows]) + "\n}\n"


class _Sharing:
    """Stores long indexes once, because many records have the same rows."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}

    def taken(self, record: Any) -> Any:
        """The record with references in place of long indexes."""
        if isinstance(record, list):
            plain = not any(isinstance(member, dict | list) for member in record)
            return record if plain else [self.taken(member) for member in record]
        if not isinstance(record, dict):
            return record
        found = {key: self.taken(member) for key, member in record.items()}
        index = record.get("index")
        if isinstance(index, dict) and ("series" in record or "frame" in record):
            text = _dump(index)
            if len(text) >= _LONG:
                found["index"] = {"shared": self.labels.setdefault(text, f"index {len(self.labels) + 1}")}
        return found


def _joined(record: Any, shared: Mapping[str, Any]) -> Any:
    """The record with every reference resolved."""
    if isinstance(record, list):
        return [_joined(member, shared) for member in record]
    if not isinstance(record, dict):
        return record
    if list(record) == ["shared"]:
        return shared[record["shared"]]
    return {key: _joined(member, shared) for key, member in record.items()}


def read_examples(text: str, name: str) -> Examples:
    """Examples from the text of their file.

    Raises:
        SourceError: DB406 when the file is damaged.
    """
    try:
        data = json.loads(text)
        joined = [_joined(data[part], data["shared"]) for part in ("nodes", "values")]
        examples = Examples(*joined)
        labels = {
            label
            for node in examples.nodes.values()
            for case in node["cases"]
            for label in case["given"].values()
        }
        if data["version"] != _VERSION or not labels <= examples.values.keys():
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SourceError(
            "DB406",
            f"the recorded examples in '{name}' are damaged.",
            hint="restore the file, or record anew with --refresh-examples --force.",
        ) from None
    return examples


def _node(node: Mapping[str, Any]) -> str:
    head = {key: value for key, value in node.items() if key != "cases"}
    cases = ",\n".join(f"        {_dump(case)}" for case in node["cases"])
    return _dump(head)[:-1] + f', "cases": [\n{cases}\n      ]}}'


def _block(rows: list[str]) -> str:
    return "{\n" + ",\n".join(rows) + "\n  }" if rows else "{}"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
