"""Methods of pandas whose effect on columns the code shows: `assign`, `drop`, `groupby`, `merge`, …"""

from __future__ import annotations

import ast
from dataclasses import replace

from kernel_magics.engine.source.tree import query_texts
from kernel_magics.lineage.literals import KEYS, ROWS, named_texts, query_names, text_of, texts
from kernel_magics.lineage.shape import ALL, INDEX, NOTHING, Shape, Sources, joined


def method_shape(node: ast.Call, owner: Shape, given: list[Shape], named: dict[str, Shape]) -> Shape:
    """The shape of a method's result.

    Args:
        owner: the shape of the object.
        given: the shapes of positional arguments, `named` those of keyword arguments.
    """
    assert isinstance(node.func, ast.Attribute)
    method = node.func.attr
    extra = joined([*given, *named.values()])
    keys = _keys(node, owner)
    if not (owner.rest or owner.columns):
        return joined([owner, extra]).filtered(keys)
    if method == "assign":
        for name, value in named.items():
            owner = owner.with_column(name, value) if name != "**" else joined([owner, value]).unsure()
        return owner
    if method == "pipe" and node.args and isinstance(node.args[0], ast.Lambda):
        return given[0]
    if method == "drop":
        return owner.without(named_texts(node, "columns") or ())
    if method == "rename":
        return _renamed(node, owner)
    if method in ("groupby", "pivot_table", "resample"):
        grouped = owner.filtered(keys | extra.everything())
        return grouped if method != "pivot_table" else grouped.unsure()
    if method in ("merge", "join"):
        return _merged(owner, given, named, keys)
    if method == "agg" and named:
        return _aggregated(node, owner)
    if method in ("size", "ngroup", "cumcount"):
        return Shape(owner.rows or frozenset((name, INDEX) for name in owner.rest), rows=owner.rows)
    if method == "pop":
        return owner.column(text_of(node.args[0]) or ALL) if node.args else owner.unsure()
    if method in ROWS or method in ("agg", "apply", "fillna"):
        result = owner.filtered(keys | extra.rows)
        touched = extra.everything()
        if touched and method not in ("reindex", "sort_values", "set_index"):
            columns = {name: sources | touched for name, sources in result.columns.items()}
            result = replace(result, columns=columns, rows=result.rows | touched)
        elif touched:
            result = result.filtered(touched)
        return replace(result, exact=result.exact and method != "apply")
    return joined([owner, extra]).unsure()


def _keys(node: ast.Call, owner: Shape) -> Sources:
    """The columns that a call names: keys of groups and joins, subsets, names in a query."""
    found: set[str] = set()
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "groupby",
        "sort_values",
        "set_index",
        "merge",
    ):
        for item in node.args[-1:] if node.func.attr == "merge" else node.args[:1]:
            found |= set(texts(item) or ([text] if (text := text_of(item)) is not None else []))
    for keyword in node.keywords:
        if keyword.arg in KEYS:
            text = text_of(keyword.value)
            found |= set(texts(keyword.value) or ([text] if text is not None else []))
    for item in query_texts(node):
        found |= query_names(text_of(item) or "")
    return NOTHING.union(
        *(owner.column(name).sources for name in found if owner.rest or name in owner.columns)
    )


def _renamed(node: ast.Call, owner: Shape) -> Shape:
    for keyword in node.keywords:
        if keyword.arg == "columns" and isinstance(keyword.value, ast.Dict):
            pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
            names = {text_of(key): text_of(item) for key, item in pairs if key is not None}
            if None not in names and None not in names.values():
                return owner.renamed({str(key): str(item) for key, item in names.items()})
            return owner.unsure()
        if keyword.arg == "columns":
            return owner.unsure()
    return owner


def _merged(owner: Shape, given: list[Shape], named: dict[str, Shape], keys: Sources) -> Shape:
    right = given[0] if given else named.get("right", Shape())
    mine = set(owner.columns) - set(right.columns)
    columns = {name: owner.columns[name] for name in mine}
    for name, sources in right.columns.items():  # a name in both is a key, or gets a suffix
        columns[name] = sources | (owner.columns.get(name, NOTHING))
    return Shape(
        columns=columns,
        rest=owner.rest | right.rest,
        rows=owner.rows | right.rows | keys,
        exact=owner.exact and right.exact,
        frame=True,
    )


def _aggregated(node: ast.Call, owner: Shape) -> Shape:
    """`agg(total=("amount", "sum"))`."""
    columns: dict[str, Sources] = {}
    for keyword in node.keywords:
        pair = keyword.value.elts if isinstance(keyword.value, ast.Tuple) else []
        name = text_of(pair[0]) if pair else None
        columns[keyword.arg or ALL] = (owner.column(name) if name else owner).everything()
    return Shape(columns=columns, rows=owner.rows, exact=owner.exact, frame=True)
