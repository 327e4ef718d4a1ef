"""The tables of a package's entry: inputs, outputs, variants and checks of the notebook."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from kernel_magics import tables
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.choice import Except
from kernel_magics.export.layout import MODULE
from kernel_magics.export.module.checksum import BLANK
from kernel_magics.export.module.hints import Hints
from kernel_magics.export.module.judge import judge_text

_ENTRY = Path(__file__).parent / "entry.py"
_PROBLEM = Path(__file__).parent / "problem.py"
_START, _END = "# -- the tables of a package stand here\n", "# -- to here\n"
_COLUMNS = ("Series", "DataFrame", "ndarray", "int", "float", "str", "bool")


def entry_text(
    graph: Graph, hints: Hints, package: str, source: str, wanted: Sequence[str] = (), stored: bool = False
) -> str:
    """The text of the package's `__main__.py`.

    Args:
        wanted: what it computes by default; () for the nodes that no other node reads.
        stored: values of fitted nodes come with it.
    """
    head, rest = _ENTRY.read_text(encoding="utf-8").split(_START)
    code = rest.split(_END)[1]
    rows = _renamed(head[head.index("import argparse") :], package).split("\n")
    imports = [row for row in rows if "kernel_magics" not in row and "ModuleType" not in row]
    read = {name for node in graph if node.text is not None for name in node.input_names}
    inputs = tuple(node.name for node in graph if node.kind == "input" and node.name in read)
    params = tuple(node.name for node in graph if node.kind == "param" and node.name in read)
    tables = [
        f"from {package} import {MODULE}",
        f"INPUTS: tuple[str, ...] = {inputs!r}",
        f"PARAMS: tuple[str, ...] = {params!r}",
        f"OUTPUTS: tuple[str, ...] = {tuple(wanted) or tuple(outputs(graph, hints))!r}",
        f"VARIANTS: dict[str, dict[str, list[dict[str, Any]]]] = {_variants(graph)!r}",
        f"CHECKS: dict[str, tuple[str, str]] = {_checks(graph)!r}",
        f"from {package}.stored import stored" if stored else "stored: Callable[[], dict[str, Any]] = dict",
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


def module_text(name: str, package: str, stated: str) -> str:
    """The text of a module that reads or writes files, as part of a package.

    Args:
        stated: a line for the end of its docstring.
    """
    path = _PROBLEM if name == _PROBLEM.name else Path(tables.__file__).parent / name
    return shipped_text(path, package, stated)


def shipped_text(path: Path, package: str, stated: str) -> str:
    """The text of one of Dagbook's modules, as part of a package; see `module_text`."""
    text = _renamed(path.read_text(encoding="utf-8"), package)
    doc = ast.get_docstring(ast.parse(text), clean=False) or ""
    return text.replace(f'"""{doc}"""', f'"""{doc.rstrip()}\n\n{stated}\n"""', 1)


def _renamed(text: str, package: str) -> str:
    """The text without comments for our linter, and with the package's module names."""
    return re.sub(r"  # noqa: TID251.*", "", text).replace("kernel_magics.tables", f"{package}.tables")


def _variants(graph: Graph) -> dict[str, dict[str, list[dict[str, object]]]]:
    """By name and function, the values that params must have, and the lists of those they must not have."""
    found: dict[str, dict[str, list[dict[str, object]]]] = {}
    for node in graph:
        if node.when:
            wanted = {key: value for key, value in node.when if not isinstance(value, Except)}
            others: dict[str, object] = {
                key: [*value.values] for key, value in node.when if isinstance(value, Except)
            }
            found.setdefault(node.name, {})[node.function] = [wanted, others]
    return found


def _checks(graph: Graph) -> dict[str, tuple[str, str]]:
    return {node.function: (node.subject, node.severity or "fail") for node in graph if node.kind == "check"}
