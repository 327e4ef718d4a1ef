"""Examples are recorded inputs and outcomes of each node's function, kept as JSON beside the tests."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel_magics.engine.errors import SourceError

_VERSION = 1


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
        """The examples of these functions, traced to the cells that define them now."""
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
        """One line for each value and each case, always the same for the same examples."""
        nodes = [f"    {_dump(name)}: {_node(node)}" for name, node in self.nodes.items()]
        values = [f"    {_dump(label)}: {_dump(value)}" for label, value in self.values.items()]
        rows = [
            '{\n  "version": ' + str(_VERSION),
            f'  "nodes": {_block(nodes)}',
            f'  "values": {_block(values)}',
        ]
        return ",\n".join(rows) + "\n}\n"


def read_examples(text: str, name: str) -> Examples:
    """Examples from the text of their file.

    Raises:
        SourceError: DB406 when the file is damaged.
    """
    try:
        data = json.loads(text)
        examples = Examples(dict(data["nodes"]), dict(data["values"]))
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
            hint="restore the file, or record anew with --refresh-examples.",
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
