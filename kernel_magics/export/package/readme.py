"""The README of a package lists inputs and outputs and shows the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.export.layout import MODULE, PICTURE
from kernel_magics.export.module.hints import Hints
from kernel_magics.export.package.tables import outputs


def make_readme(graph: Graph, hints: Hints, title: str, source: str, package: str) -> str:
    """The text of `README.md`."""
    read = {name for node in graph if node.text is not None for name in node.input_names}
    inputs = [node for node in graph if node.kind == "input" and node.name in read]
    params = [node for node in graph if node.kind == "param" and node.name in read]
    values = {node.name: node for node in reversed(list(graph)) if node.kind == "value"}
    free = outputs(graph, hints)
    ordered = [values[name] for name in graph.names() if name in values]
    given = " ".join(f"--input {node.name}={node.name}.parquet" for node in inputs)
    parts = [
        f"# {title}",
        f"Features of the notebook `{source}`, exported by Dagbook." if source else "",
        f"![what is computed from what]({PICTURE})",
        "## Use",
        f"```sh\npip install .\npython -m {package} -o features.parquet {given}".rstrip() + "\n```",
        "Files are csv, parquet, feather or json, by their suffix (parquet and feather need "
        "`pip install '.[parquet]'`). `--outputs` chooses what is computed, `--param NAME=VALUE` changes a "
        "param, `--checks warn` goes on where a check does not hold.",
        f"From Python every feature is a function of `{package}.{MODULE}`.",
        *_section("Inputs", inputs, hints),
        *_params(params, hints),
        *_section("Outputs", [node for node in ordered if node.name in free], hints),
        *_section("Steps on the way", [node for node in ordered if node.name not in free], hints),
        *_checks(graph),
        "## Test",
        "```sh\npip install '.[test]'\npytest\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, nodes: Iterable[Node], hints: Hints) -> list[str]:
    return _table(
        title, ("name", "type", ""), [(f"`{node.name}`", _type(node, hints), node.doc) for node in nodes]
    )


def _params(nodes: Iterable[Node], hints: Hints) -> list[str]:
    rows = [(f"`{node.name}`", _type(node, hints), _code(node.value), node.doc) for node in nodes]
    return _table("Params", ("name", "type", "default", ""), rows)


def _checks(graph: Graph) -> list[str]:
    rows = [
        (f"`{node.subject}`", f"`{node.function}`", "stops" if node.severity == "fail" else "warns")
        for node in graph
        if node.kind == "check"
    ]
    return _table("Checks", ("of", "function", "where it does not hold"), rows)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"## {title}", "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)] if rows else []


def _type(node: Node, hints: Hints) -> str:
    return _code(hints.types.get(node.name, ""))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`" if text else ""
