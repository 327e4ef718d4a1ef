"""Wording gives the version of a value a name that says what its step does: `with_year`, `filtered`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

_DONE = {
    "dropna": "complete",
    "drop_duplicates": "distinct",
    "fillna": "filled",
    "ffill": "filled",
    "bfill": "filled",
    "interpolate": "filled",
    "rename": "renamed",
    "rename_axis": "renamed",
    "sort_values": "sorted",
    "sort_index": "sorted",
    "sort": "sorted",
    "set_index": "indexed",
    "reset_index": "reindexed",
    "reindex": "reindexed",
    "merge": "merged",
    "join": "joined",
    "concat": "combined",
    "append": "extended",
    "extend": "extended",
    "query": "filtered",
    "filter": "filtered",
    "astype": "typed",
    "to_datetime": "dated",
    "to_numeric": "numeric",
    "get_dummies": "encoded",
    "sample": "sampled",
    "head": "head",
    "tail": "tail",
    "nlargest": "top",
    "pivot": "pivoted",
    "pivot_table": "pivoted",
    "unstack": "unstacked",
    "stack": "stacked",
    "melt": "melted",
    "explode": "exploded",
    "resample": "resampled",
    "groupby": "grouped",
    "agg": "aggregated",
    "sum": "total",
    "mean": "mean",
    "median": "median",
    "cumsum": "cumulated",
    "diff": "differences",
    "pct_change": "changes",
    "shift": "shifted",
    "rolling": "rolling",
    "clip": "clipped",
    "replace": "replaced",
    "map": "mapped",
    "apply": "mapped",
    "round": "rounded",
    "fit": "fitted",
    "transform": "transformed",
    "fit_transform": "transformed",
    "log": "log",
    "log1p": "log",
    "lower": "lower",
    "strip": "stripped",
    "split": "split",
    "reshape": "reshaped",
    "T": "transposed",
    "transpose": "transposed",
}
_MOST = 2
"""Columns that a name mentions at most."""


def step_name(name: str, trees: Sequence[ast.stmt], first: bool = False) -> str:
    """`t_with_year` for `t["year"] = …`, `t_filtered` for `t = t[t.a > 0]`; "" where nothing is plain.

    Args:
        name: the variable.
        trees: the statements that make its new value, in order.
        first: it had no value before.
    """
    added, gone, done = list[str](), list[str](), list[str]()
    for tree in trees:
        added += _columns_set(name, tree)
        gone += _columns_dropped(name, tree)
        done += [word for word in _verbs(name, tree) if word]
    added, gone, done = (list(dict.fromkeys(words)) for words in (added, gone, done))
    if added and len(added) <= _MOST:
        return f"{name}_with_{'_and_'.join(added)}"
    if added:
        return f"{name}_extended"
    if gone and len(gone) <= _MOST:
        return f"{name}_without_{'_and_'.join(gone)}"
    if gone:
        return f"{name}_reduced"
    word = done[-1] if done else ""
    if word and word in name.split("_"):
        return f"{name}_raw" if first else ""
    return f"{name}_{word}" if word else ""


def _word(value: object) -> str:
    """A column's name as part of a name."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(value))
    word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return word if word.isascii() and 0 < len(word) <= 24 else ""


def _texts(node: ast.AST | None) -> list[str]:
    """The texts in an expression that is a text or a list of texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [_word(node.value)] if _word(node.value) else []
    if isinstance(node, ast.List | ast.Tuple):
        return [text for part in node.elts for text in _texts(part)]
    return []


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _columns_set(name: str, tree: ast.stmt) -> Iterator[str]:
    for part in ast.walk(tree):
        targets = part.targets if isinstance(part, ast.Assign) else []
        targets = [part.target] if isinstance(part, ast.AugAssign | ast.AnnAssign) else targets
        for target in (item for group in targets for item in ast.walk(group)):
            if not isinstance(target, ast.Subscript):
                continue
            if _is(target.value, name):
                yield from _texts(target.slice)
            owner = target.value
            if isinstance(owner, ast.Attribute) and _is(owner.value, name) and owner.attr in ("loc", "at"):
                where = target.slice
                yield from _texts(where.elts[-1] if isinstance(where, ast.Tuple) and where.elts else None)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            if part.func.attr == "assign" and _is(part.func.value, name):
                yield from (_word(word.arg) for word in part.keywords if word.arg and _word(word.arg))
            elif part.func.attr == "insert" and _is(part.func.value, name) and len(part.args) > 1:
                yield from _texts(part.args[1])


def _columns_dropped(name: str, tree: ast.stmt) -> Iterator[str]:
    for part in ast.walk(tree):
        if isinstance(part, ast.Delete):
            for target in part.targets:
                if isinstance(target, ast.Subscript) and _is(target.value, name):
                    yield from _texts(target.slice)
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            words = {word.arg: word.value for word in part.keywords}
            if part.func.attr == "drop" and _is(part.func.value, name):
                first = part.args[0] if part.args else words.get("labels")
                yield from _texts(words.get("columns") or first)
            elif part.func.attr == "pop" and _is(part.func.value, name) and part.args:
                yield from _texts(part.args[0])


def _verbs(name: str, tree: ast.stmt) -> Iterator[str]:
    """What the outermost step of a statement does."""
    value = tree.value if isinstance(tree, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr) else None
    if isinstance(tree, ast.Assign):
        for target in tree.targets:
            if isinstance(target, ast.Attribute) and _is(target.value, name):
                yield {"columns": "renamed", "index": "indexed"}.get(target.attr, "")
                return
    if isinstance(tree, ast.AugAssign):
        yield "extended" if isinstance(value, ast.List) else ""
        return
    while value is not None:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if word := _DONE.get(value.func.attr, ""):
                yield word
                return
            value = value.func.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            yield _past(value.func.id, name)
            return
        elif isinstance(value, ast.Subscript):
            if isinstance(value.slice, ast.Compare | ast.BinOp | ast.UnaryOp | ast.Call):
                yield "filtered"
                return
            if isinstance(value.slice, ast.List | ast.Name | ast.Tuple | ast.Slice):
                yield "selected"
                return
            value = value.value
        elif isinstance(value, ast.Attribute):
            if word := _DONE.get(value.attr, ""):
                yield word
                return
            value = value.value
        elif isinstance(value, ast.ListComp | ast.DictComp | ast.SetComp):
            yield "filtered" if any(item.ifs for item in value.generators) else "mapped"
            return
        else:
            return


def _past(function: str, name: str) -> str:
    """A function of the notebook as the word for what it did: `clean` gives `cleaned`."""
    if function != function.lower():  # a class: a new value
        return ""
    first, _, rest = function.strip("_").partition("_")
    if rest.startswith(name) or not rest:
        verb = first
    else:
        return f"after_{function.strip('_')}"
    if verb in ("list", "dict", "set", "tuple", "sorted", "int", "float", "str", "len", "max", "min", "sum"):
        return {"sorted": "sorted", "sum": "total"}.get(verb, "")
    if not verb.isalpha():
        return ""
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}ed"
