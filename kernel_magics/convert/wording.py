"""Wording gives the version of a value a name that says what its step does: `with_year`, `filtered`."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

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
    "drop": "reduced",
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
_FUNCTIONS = {
    "train_test_split": "split",
    "shuffle": "shuffled",
    "cut": "binned",
    "qcut": "binned",
    "where": "chosen",
    "sorted": "sorted",
    "sum": "total",
}
"""What functions do, where their names do not say it; a method may have the same name."""
_MAKES = frozenset(
    {"get", "make", "build", "compute", "calc", "calculate", "create", "generate", "read", "load"}
)
"""Words at the start of a function's name that say only that it gives something."""
_TYPES = frozenset(
    {"list", "dict", "set", "tuple", "int", "float", "str", "len", "max", "min", "round", "zip"}
)
_TABLES = frozenset({"DataFrame", "Series", "Index", "LazyFrame"})
_MOST = 2
"""Columns that a name mentions at most."""


def step_name(name: str, trees: Sequence[ast.stmt], first: bool = False, more: bool = False) -> str:
    """`t_with_year` for `t["year"] = …`, `t_filtered` for `t = t[t.a > 0]`; "" where nothing is plain.

    Args:
        name: the variable.
        trees: the statements that make its new value, in order.
        first: it had no value before.
        more: say also how columns got their values, `t_with_year_filled`, as the shorter name is taken.
    """
    added, gone, done = list[str](), list[str](), list[str]()
    for tree in trees:
        added += _columns_set(name, tree)
        gone += _columns_dropped(name, tree)
        done += [word for word in _verbs(name, tree) if word]
    added, gone, done = (list(dict.fromkeys(words)) for words in (added, gone, done))
    if more and not done:
        done = [word for tree in trees if (word := _arithmetic(tree))]
    how = f"_{done[-1]}" if more and done else ""
    if added and len(added) <= _MOST:
        return f"{name}_with_{'_and_'.join(added)}{how}"
    if added:
        return f"{name}_extended{how}"
    if gone and len(gone) <= _MOST:
        return f"{name}_without_{'_and_'.join(gone)}"
    if gone:
        return f"{name}_reduced"
    word = done[-1] if done else "extended" if any(_sets_columns(name, tree) for tree in trees) else ""
    if word and word in name.split("_"):
        return f"{name}_raw" if first else ""
    return f"{name}_{word}" if word else ""


def source_name(
    name: str, trees: Sequence[ast.stmt], data: Collection[str], fitted: bool, first: bool = False
) -> str:
    """`counts_of_words` for `counts = words.size()`, `model_gaussian_nb` for `model = GaussianNB()`; or "".

    Args:
        data: names of values of the notebook, after which a value can be named.
        fitted: the next step fits the value.
        first: it had no value before.
    """
    values = [value for tree in reversed(trees) for value in _assigned(name, tree)]
    for value in values:
        function = value.func if isinstance(value, ast.Call) else None
        made = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if made[:1].isupper() and made not in _TABLES:
            kind = _word(made)
            own = not kind or kind in name.lower() or name.lower() in kind
            return f"{name}_unfitted" if fitted else f"{name}_new" if own else f"{name}_{kind}"
        if isinstance(value, ast.Constant):
            word = _word(value.value) if isinstance(value.value, str | int) else ""
            return f"{name}_{word}" if word else ""
        read = [part for part in ast.walk(value) if isinstance(part, ast.Name)]
        found = [part.id for part in sorted(read, key=lambda part: (part.lineno, part.col_offset))]
        if name in found:
            return ""
        others = [part for part in found if part in data and part.strip("_") not in name and name not in part]
        if others:
            return f"{name}_of_{others[0]}"
        if made.startswith("read_") and not first:
            return f"{name}_reloaded"
        classes = [_word(part) for part in found if part[:1].isupper() and not part.isupper() and _word(part)]
        if classes and function is not None:  # `make_pipeline(StandardScaler(), Ridge())`
            return f"{name}_{classes[-1]}"
    return f"{name}_first" if first and values else ""


def _assigned(name: str, tree: ast.stmt) -> Iterator[ast.expr]:
    """What a statement assigns to a variable, the last value first."""
    found = [
        part.value
        for part in ast.walk(tree)
        if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
        if any(_is(item, name) for item in ast.walk(target))
    ]
    return reversed(found)


def _sets_columns(name: str, tree: ast.stmt) -> bool:
    """True when a statement sets columns, or other members, whose names are not in the text."""
    return any(
        isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store) and _is(part.value, name)
        for part in ast.walk(tree)
    )


def _arithmetic(tree: ast.stmt) -> str:
    """What a statement does to numbers: of `x / 2`, or `t.loc[t.a > 1, "a"] = 1`."""
    value = tree.value if isinstance(tree, ast.Assign | ast.AugAssign) else None
    sign = tree.op if isinstance(tree, ast.AugAssign) else value.op if isinstance(value, ast.BinOp) else None
    if sign is not None:
        return "scaled" if isinstance(sign, ast.Mult | ast.Div | ast.Pow) else "shifted"
    return "recoded" if isinstance(value, ast.Constant) else ""


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
            if isinstance(target, ast.Attribute) and _is(target.value, name):
                own = isinstance(target.ctx, ast.Load) or target.attr in ("columns", "index", "name", "names")
                yield from [] if own else [_word(target.attr)]
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
            if word := _DONE.get(value.func.attr, "") or _FUNCTIONS.get(value.func.attr, ""):
                yield word
                return
            value = value.func.value
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            yield _FUNCTIONS.get(value.func.id, "") or _past(value.func.id, name)
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
    if first in _MAKES or first in _TYPES:
        return ""
    if rest and first in ("add", "with"):
        return f"with_{rest}"
    if rest and first in ("drop", "remove", "delete", "without"):
        return f"without_{rest}"
    if rest and not rest.startswith(name) and first not in _VERBS:
        return ""
    return _participle(first)


_VERBS = frozenset(
    re.findall(
        r"\w+",
        """
    adjust aggregate apply assign bin bucket calibrate cap categorize clean clip combine compress
    convert correct count deduplicate derive drop encode engineer enrich expand explode extend fill
    filter fix flatten format group handle impute interpolate join label map mark melt merge normalise
    normalize parse pivot plot prep prepare preprocess process prune reduce reindex rename replace
    resample rescale reshape rotate sample scale score select shift shuffle simplify smooth sort split
    standardise standardize stem strip summarise summarize tag tidy tokenize transform trim truncate
    update validate vectorize whiten winsorize
    """,
    )
)
"""First words of functions that say what they do: `fill_ages`, `split_by_id`."""
_IRREGULAR = {
    "run": "run",
    "set": "set",
    "cut": "cut",
    "put": "put",
    "split": "split",
    "fit": "fitted",
    "find": "found",
    "take": "taken",
    "do": "done",
    "choose": "chosen",
    "bin": "binned",
    "map": "mapped",
    "trim": "trimmed",
    "strip": "stripped",
    "drop": "dropped",
    "clip": "clipped",
    "wrap": "wrapped",
    "draw": "drawn",
    "tag": "tagged",
    "prep": "prepared",
    "norm": "normed",
}


def _participle(verb: str) -> str:
    """`cleaned` for `clean`; "" for what is no word."""
    if verb in _IRREGULAR or not verb.isalpha():
        return _IRREGULAR.get(verb, "")
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}ed"
