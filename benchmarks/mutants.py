"""Mutation score: how many small bugs in exported feature functions the generated tests find.

    python benchmarks/mutants.py [--seen] [--survivors]

Exports a dataflow, changes one operator, constant, call or condition of its module at a time, and runs the
recorded examples against the changed module. The score counts all mutants, those that no test could tell apart
from the original included. The generator of examples was tuned with the functions of `mutants_seen.py`, never with those of
`mutants_unseen.py`. An export chooses among its examples with mutants of its own (`export/examples/mutants.py`), which
differ from these in part: there a product becomes a sum, here a quotient.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mutants_seen
import mutants_unseen

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.export.examples.limits import TooSlow, time_limit
from kernel_magics.export.examples.runner import Recorded
from kernel_magics.export.export import export_flow
from kernel_magics.export.request import ExportRequest
from kernel_magics.values import VALUES

_BINARY = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
_COMPARE = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
}
_METHODS = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "first": "last",
    "last": "first",
    "lower": "upper",
    "upper": "lower",
    "median": "mean",
    "std": "var",
    "any": "all",
    "all": "any",
    "ffill": "bfill",
    "cumsum": "cummax",
    "ceil": "floor",
    "floor": "ceil",
}
Edit = Callable[[ast.AST], None]


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, description and tree of every mutant of a module's functions."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    sites = [node for function in functions for node in _body_nodes(function)]
    positions = {id(node): number for number, node in enumerate(ast.walk(tree))}
    for site in sites:
        for what, edit in _edits(site):
            changed = copy.deepcopy(tree)
            target = next(
                node for number, node in enumerate(ast.walk(changed)) if number == positions[id(site)]
            )
            edit(target)
            yield getattr(site, "lineno", 0), what, ast.fix_missing_locations(changed)


def _body_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for statement in body:
        yield from ast.walk(statement)


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _BINARY.get(type(node.op), []):
            yield f"{type(node.op).__name__} -> {other.__name__}", _setting("op", other())
    elif isinstance(node, ast.Compare):
        for other in _COMPARE.get(type(node.ops[0]), []):
            yield (
                f"{type(node.ops[0]).__name__} -> {other.__name__}",
                _setting("ops", [other(), *node.ops[1:]]),
            )
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{type(node.op).__name__} -> {other.__name__}", _setting("op", other())
    elif isinstance(node, ast.Constant):
        for value in _constants(node.value):
            yield f"{node.value!r} -> {value!r}", _setting("value", value)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition negated", _negating
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return None", _setting("value", ast.Constant(None))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield f"without {type(node.op).__name__}", _setting("op", ast.UAdd())
    elif isinstance(node, ast.Call):
        yield from _call_edits(node)


def _call_edits(node: ast.Call) -> Iterator[tuple[str, Edit]]:
    for place, keyword in enumerate(node.keywords):
        yield (
            f"without {keyword.arg}=",
            _setting("keywords", node.keywords[:place] + node.keywords[place + 1 :]),
        )
    if not isinstance(node.func, ast.Attribute):
        return
    name = node.func.attr
    if name in _METHODS:
        yield f".{name} -> .{_METHODS[name]}", lambda call: setattr(call.func, "attr", _METHODS[name])  # type: ignore[attr-defined]
    if name in (
        "fillna",
        "clip",
        "abs",
        "round",
        "shift",
        "strip",
        "lower",
        "upper",
        "sort_values",
        "dropna",
        "ffill",
    ):
        yield f"without .{name}()", _unwrapping


def _constants(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1]
    return [f"{value}X"] if isinstance(value, str) else []


def _setting(field: str, value: object) -> Edit:
    return lambda node: setattr(node, field, copy.deepcopy(value))


def _negating(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]


def _unwrapping(node: ast.AST) -> None:
    """`a.clip(0)` becomes `(lambda: a)()`, which is `a`."""
    inner = node.func.value  # type: ignore[attr-defined]
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    node.func, node.args, node.keywords = ast.Lambda(empty, inner), [], []  # type: ignore[attr-defined]


def survives(tree: ast.Module, document: dict[str, Any]) -> bool:
    """True when every example still holds for the changed module."""
    module = ModuleType("mutant")
    try:
        with time_limit(20):
            exec(compile(tree, "mutant", "exec"), module.__dict__)
            recorded = Recorded(document, module)
            return not any(recorded.problems(name) for name in recorded.nodes)
    except (TooSlow, Exception):
        return False


def main() -> int:
    """Print the score; exit 1 below 90 %."""
    parser = argparse.ArgumentParser(description="mutation score of the generated tests")
    parser.add_argument("--survivors", action="store_true", help="list the mutants that no example finds")
    parser.add_argument(
        "--seen", action="store_true", help="use the functions that the generator was tuned with"
    )
    asked = parser.parse_args()
    texts = mutants_seen.CELLS if asked.seen else mutants_unseen.CELLS
    session = Session(VALUES)
    cells = [read_cell(text, f"cell-{number}", f"[{number}]") for number, text in enumerate(texts, start=1)]
    session.register(*(cell for cell in cells if cell is not None))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "unseen.py"
        started = time.perf_counter()
        report = export_flow(session, ExportRequest("unseen", "unseen.ipynb", target))
        seconds = time.perf_counter() - started
        text = target.read_text(encoding="utf-8")
        tree = ast.parse(text)
        size = (Path(folder) / "test_unseen.json").stat().st_size
        document = json.loads((Path(folder) / "test_unseen.json").read_text(encoding="utf-8"))
    total, left = 0, []
    for line, what, changed in mutants(tree):
        total += 1
        if survives(changed, document):
            left.append((line, what))
    score = 1 - len(left) / total
    print(
        f"{report.nodes} nodes, {report.examples} examples, {size / 1e6:.2f} MB, exported in {seconds:.1f} s"
    )
    print(f"{total - len(left)} of {total} mutants killed: {score:.1%}")
    if asked.survivors:
        rows = text.split("\n")
        print(*(f"{what:<28} {rows[line - 1].strip()}" for line, what in left), sep="\n")
    return 0 if score >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
