"""The tables of a package tell its entry what the notebook knows: inputs, outputs, variants, checks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.export.examples.test_runtime import judge_text
from kernel_magics.export.layout import MODULE
from kernel_magics.export.module.checksum import BLANK
from kernel_magics.export.module.hints import Hints

_ENTRY = Path(__file__).parent / "entry.py"
_START, _END = "# -- the tables of a package stand here\n", "# -- to here\n"
_COLUMNS = ("Series", "DataFrame", "ndarray", "int", "float", "str", "bool")


def entry_text(graph: Graph, hints: Hints, package: str, source: str, known: Mapping[str, Any]) -> str:
    """The text of the package's `__main__.py`.

    Args:
        known: how each input is read, see `describe`.
    """
    head, rest = _ENTRY.read_text(encoding="utf-8").split(_START)
    code = rest.split(_END)[1]
    rows = head[head.index("import argparse") :].split("\n")
    imports = [row for row in rows if "kernel_magics" not in row and "ModuleType" not in row]
    read = {name for node in graph if node.text is not None for name in node.input_names}
    inputs = {
        node.name: {"type": hints.types.get(node.name, ""), **known.get(node.name, {})}
        for node in graph
        if node.kind == "input" and node.name in read
    }
    params = tuple(node.name for node in graph if node.kind == "param" and node.name in read)
    tables = [
        f"from {package} import {MODULE}",
        f"INPUTS: dict[str, dict[str, Any]] = {inputs!r}",
        f"PARAMS: tuple[str, ...] = {params!r}",
        f"OUTPUTS: tuple[str, ...] = {tuple(outputs(graph, hints))!r}",
        f"VARIANTS: dict[str, dict[str, dict[str, Any]]] = {_variants(graph)!r}",
        f"CHECKS: dict[str, tuple[str, str]] = {_checks(graph)!r}",
    ]
    purpose = f"Computes the features of {source or 'a notebook'} from files: `python -m {package} --help`."
    doc = f'"""{purpose}\n\nSource hash {BLANK}.\n"""'
    start, end = code.split('\n\nif __name__ == "__main__":')
    last = f'if __name__ == "__main__":{end}'
    return "\n".join([doc, "", *imports, "import contextlib", *tables, start, judge_text(), "\n", last])


def outputs(graph: Graph, hints: Hints) -> list[str]:
    """Nodes that no other node reads and whose values can be columns of a table."""
    read = {name for node in graph if node.kind == "value" for name in node.input_names}
    free = [name for name in graph.names() if graph.node(name).kind == "value" and name not in read]
    return [name for name in free if hints.types.get(name, "").split(".")[-1].split("[")[0] in _COLUMNS]


def unreadable(graph: Graph, hints: Hints) -> list[str]:
    """Inputs that the command of a package cannot read from a file: values of Polars and Arrow."""
    names = [node.name for node in graph if node.kind == "input"]
    return [
        name for name in names if hints.types.get(name, "").startswith(("pl.", "pa.", "polars.", "pyarrow."))
    ]


def describe(value: object) -> dict[str, Any]:
    """What a csv file does not say about an input: which columns are dates, which texts look like numbers."""
    found: dict[str, Any] = {}
    dtypes: Any = getattr(value, "dtypes", None)
    if hasattr(dtypes, "items"):
        kinds = {str(column): str(dtype) for column, dtype in dtypes.items()}
        found["dates"] = [column for column, kind in kinds.items() if kind.startswith("datetime64")]
        found["texts"] = [column for column, kind in kinds.items() if kind.startswith(("str", "object"))]
    if str(getattr(getattr(value, "index", None), "dtype", "")).startswith("datetime64"):
        found["index"] = "dates"
    return {key: item for key, item in found.items() if item}


def described(entry: str) -> dict[str, Any]:
    """What an entry that was written before says about its inputs; an export without a run keeps that."""
    try:
        body = ast.parse(entry).body
        for node in body:
            if isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.target) == "INPUTS":
                return dict(ast.literal_eval(node.value))
    except (SyntaxError, ValueError):
        pass
    return {}


def _variants(graph: Graph) -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = {}
    for node in graph:
        if node.when:
            found.setdefault(node.name, {})[node.function] = dict(node.when)
    return found


def _checks(graph: Graph) -> dict[str, tuple[str, str]]:
    return {node.function: (node.subject, node.severity or "fail") for node in graph if node.kind == "check"}
