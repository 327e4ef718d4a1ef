"""Pandas methods: by the table of effects (`effects.py`), or by functions that examine the arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from kernel_magics.lineage.effects import EFFECTS, KEYS, arguments
from kernel_magics.lineage.query import assigned_and_read
from kernel_magics.lineage.shape import INDEX, NOTHING, Kind, Shape, Sources, combined, joined


class Values(Protocol):
    """A reader of expressions."""

    def value(self, node: ast.expr | None) -> Shape:
        """The shape of an expression."""

    def called(self, node: ast.expr, given: Sequence[Shape]) -> Shape | None:
        """The result of a function; None for an unknown function."""

    def mentioned(self, name: str) -> Shape:
        """The value of `@name` in a query."""


@dataclass(frozen=True)
class Call:
    """A call of a method.

    Attributes:
        owner: the shape of the object.
        values: reads the arguments.
    """

    node: ast.Call
    method: str
    owner: Shape
    values: Values

    def arguments(self, *parameters: str) -> dict[str, ast.expr] | None:
        """The arguments by parameter; None for starred or unknown arguments."""
        return arguments(self.node, parameters)

    def given(self) -> Shape:
        """All arguments as one value; functions among them get the owner."""
        nodes = [*self.node.args, *(word.value for word in self.node.keywords)]
        return joined(self.argument(node) for node in nodes)

    def argument(self, node: ast.expr) -> Shape:
        """The shape of an argument; a function gets the owner."""
        found = self.values.called(node, [self.owner.value()]) if _is_function(node) else None
        return found if found is not None else self.values.value(node)

    def unsure(self) -> Shape:
        """The result of a method with unknown effects."""
        return joined([self.owner, self.given()]).unsure()

    def known(self, node: ast.expr | None, default: object = None) -> object:
        """The value of a literal argument; Ellipsis for others."""
        if node is None:
            return default
        known = self.values.value(node).known
        return known.value if known is not None else ...


def method_shape(call: Call) -> tuple[Shape, Shape | None]:
    """The shape of a method's result, and the owner's new shape (None if the owner is unchanged).

    The owner has columns, or the method is one of the table.
    """
    special = None if call.owner.plain else _SPECIAL.get(call.method)
    if call.method in _PLACED:
        return _PLACED[call.method](call)
    if special is not None:
        result = special(call)
    elif call.method in EFFECTS:
        result = _by_effect(call)
    else:
        return call.unsure(), call.unsure() if call.node.args or call.node.keywords else None
    inplace = [word.value for word in call.node.keywords if word.arg == "inplace"]
    if not inplace or call.known(inplace[0]) is False:
        return result, None
    return Shape(), result if call.known(inplace[0]) is True else call.unsure()


def _by_effect(call: Call) -> Shape:
    """A method of the table."""
    effect, owner = EFFECTS[call.method], call.owner
    given = effect.arguments(call.node)
    if given is None:  # of a plain value everything is said, whatever the arguments do
        return replace(joined([owner, call.given()]), loose=True) if owner.plain else call.unsure()
    if effect.what == "groups":
        return _grouped(call, given)
    if effect.what == "choose":
        return _chosen(call, given)
    values = [call.argument(node) for name, node in given.items() if name not in ("axis", "inplace")]
    if owner.plain:
        if effect.what in ("same", "each"):
            return replace(combined([owner.value(), *values]), mask=owner.mask)
        return replace(joined([owner, *values]), loose=owner.loose or effect.what == "whole")
    if effect.what == "whole" or (owner.kind == "row" and effect.what != "each"):
        return replace(joined([owner, *values]), loose=True)
    if effect.what == "each":
        if "axis" in given:
            values = [value.flat() if value.kind == "row" else value for value in values]
        if owner.kind == "groups":
            owner = replace(owner, kind="frame")
        return combined([owner, *values])
    if call.known(given.get("axis"), 0) not in (0, "index"):
        return replace(joined([owner, *values]), loose=True)
    kind: Kind = "row" if effect.what == "reduce" and owner.kind == "frame" else "frame"
    return combined([replace(owner, kind=kind), *values])


def _grouped(call: Call, given: dict[str, ast.expr]) -> Shape:
    """Groups and windows: the keys determine the rows."""
    owner = call.owner
    keys = [keys_of(call, node) for name, node in given.items() if name in KEYS]
    others = [call.values.value(node) for name, node in given.items() if name not in KEYS]
    if owner.plain:
        return owner.by(*keys, *others)
    return replace(owner, kind="groups", loose=False).by(*keys, *others)


def _chosen(call: Call, given: dict[str, ast.expr]) -> Shape:
    """Selection of rows by the columns that the call names, or by all."""
    owner = call.owner
    values = [call.argument(node) for name, node in given.items() if name not in (*KEYS, "axis")]
    if owner.plain:
        return replace(owner.by(owner, *values), loose=False, mask=False)
    if call.method == "query":
        names = _queried(call, given.get("expr"))
        return replace(owner, kind="frame").by(names, *values)
    if owner.kind == "row" or call.known(given.get("axis"), 0) not in (0, "index"):
        return joined([owner, *values]).unsure()
    named = [node for name, node in given.items() if name in KEYS and call.known(node) is not None]
    keys = [keys_of(call, node) for node in named]
    needs_all = call.method in (
        "drop_duplicates",
        "dropna",
        "sort_values",
        "nlargest",
        "nsmallest",
        "explode",
    )
    if needs_all and not named:
        keys.append(owner.flat())
    return replace(owner, kind="frame").by(*keys, *values)


def keys_of(call: Call, node: ast.expr) -> Shape:
    """The columns that an argument names, or its own values; all columns, inexact, if unknown."""
    owner = call.owner
    if owner.plain:
        return call.argument(node)
    if _is_function(node) and (found := call.values.called(node, [Shape(rows=owner.rows)])) is not None:
        return found  # it gets labels
    value = call.values.value(node)
    if value.known is not None:
        return _named(owner, value.known.value)
    if value.items is not None:
        listed = value.items.values()
        return joined(
            _named(owner, item.known.value) if item.known is not None else _made(owner, item)
            for item in listed
        )
    if isinstance(node, ast.Call) and (key := _grouper(node)) is not None:
        return _named(owner, call.known(key))
    return _made(owner, value)


def _named(owner: Shape, key: object) -> Shape:
    """The columns under a key, or under each key of a list."""
    if isinstance(key, str):
        return owner.column(key)
    if isinstance(key, list | tuple):
        return joined(_named(owner, item) for item in key)
    return Shape() if key is None else owner.unsure()


def _made(owner: Shape, value: Shape) -> Shape:
    """A key that is a series; any other unknown value may be the name of any column."""
    return value if value.plain and (value.series or value.mask) else joined([owner, value]).unsure()


def _grouper(node: ast.Call) -> ast.expr | None:
    """The key of `pd.Grouper(key="t", freq="D")`."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "Grouper":
        return next((word.value for word in node.keywords if word.arg == "key"), None)
    return None


def _is_function(node: ast.expr) -> bool:
    return isinstance(node, ast.Lambda | ast.Name)


# -- methods by their arguments -----------------------------------------------------------


def _assign(call: Call) -> Shape:
    """Each new column may read those before it."""
    owner = call.owner
    if call.node.args or any(word.arg is None for word in call.node.keywords):
        return call.unsure()
    for word in call.node.keywords:
        owner = owner.with_column(str(word.arg), replace(call, owner=owner).argument(word.value))
    return owner


def _pipe(call: Call) -> Shape:
    if not call.node.args or call.node.keywords:
        return call.unsure()
    function, *others = call.node.args
    found = call.values.called(function, [call.owner, *map(call.values.value, others)])
    return found if found is not None else call.unsure()


def _drop(call: Call) -> Shape:
    given = call.arguments("labels", "axis", "index", "columns", "level", "inplace", "errors")
    if given is None or call.owner.kind != "frame":
        return call.unsure()
    across = call.known(given.get("axis"), 0) in (1, "columns")
    columns = call.known(given.get("columns", given.get("labels") if across else None))
    names = [columns] if isinstance(columns, str) else columns
    left = call.owner.without(names if isinstance(names, list | tuple) else ())
    return left.by(*(call.values.value(node) for node in given.values()))


def _rename(call: Call) -> Shape:
    given = call.arguments("mapper", "index", "columns", "axis", "copy", "inplace", "level", "errors")
    if given is None or call.owner.kind != "frame":
        return call.unsure()
    across = call.known(given.get("axis"), 0) in (1, "columns")
    node = given.get("columns", given.get("mapper") if across else None)
    if node is None:
        return call.owner.by(*(call.argument(item) for item in given.values()))
    names = call.known(node)
    if not isinstance(names, dict) or not all(
        isinstance(name, str) for pair in names.items() for name in pair
    ):
        return call.unsure()
    return call.owner.renamed(names)


def _prefixed(call: Call) -> Shape:
    given = call.arguments("prefix" if call.method == "add_prefix" else "suffix", "axis") or {}
    text = next((call.known(node) for node in given.values()), ...)
    if call.owner.rest or call.owner.kind != "frame" or not isinstance(text, str) or len(given) != 1:
        return call.unsure()
    before = call.method == "add_prefix"
    return call.owner.renamed({name: text + name if before else name + text for name in call.owner.columns})


def _reset_index(call: Call) -> Shape:
    """Labels become a column; their origins are already among those of the rows."""
    given = call.arguments(
        "level", "drop", "inplace", "col_level", "col_fill", "allow_duplicates", "names", "name"
    )
    if given is None or call.owner.kind != "frame":
        return call.unsure()
    return call.owner


def _set_index(call: Call) -> Shape:
    given = call.arguments("keys", "drop", "append", "inplace", "verify_integrity")
    if given is None or "keys" not in given or call.owner.kind != "frame":
        return call.unsure()
    return call.owner.by(keys_of(call, given["keys"]))


def _reindex(call: Call) -> Shape:
    given = call.arguments(
        "labels", "index", "columns", "axis", "method", "copy", "level", "fill_value", "limit", "tolerance"
    )
    if given is None or "axis" in given or call.owner.kind != "frame":
        return call.unsure()
    owner = call.owner
    if "columns" in given:
        names = call.known(given["columns"])
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            return call.unsure()
        owner = owner.only(names)
    return owner.by(*(call.values.value(node) for name, node in given.items() if name != "columns"))


def _filter(call: Call) -> Shape:
    """Columns by name; of groups, those for which a function holds."""
    if call.owner.kind == "groups":
        found = call.values.called(call.node.args[0], [_rows(call)]) if len(call.node.args) == 1 else None
        return _rows(call).by(found) if found is not None else call.unsure()
    given = call.arguments("items", "like", "regex", "axis")
    if given is None or call.owner.kind != "frame":
        return call.unsure()
    return call.owner.by(*(call.values.value(node) for node in given.values()))


def _select_dtypes(call: Call) -> Shape:
    given = call.arguments("include", "exclude")
    return call.owner if given is not None and call.owner.kind == "frame" else call.unsure()


def _get(call: Call) -> Shape:
    names = call.known(call.node.args[0]) if len(call.node.args) == 1 and not call.node.keywords else ...
    return call.owner.column(names) if isinstance(names, str) else call.unsure()


def _merge(call: Call) -> Shape:
    given = call.arguments(
        "right", "how", "on", "left_on", "right_on", "left_index", "right_index", "sort", "suffixes", "copy",
        "indicator", "validate",
    )  # fmt: skip
    if given is None or "right" not in given or call.owner.kind != "frame":
        return call.unsure()
    right = call.values.value(given["right"])
    both, mine, theirs = (call.known(given.get(name)) for name in ("on", "left_on", "right_on"))
    suffixes = call.known(given.get("suffixes"), ("_x", "_y"))
    if (
        right.plain
        or right.kind != "frame"
        or not isinstance(suffixes, list | tuple)
        or ...
        in (
            both,
            mine,
            theirs,
        )
    ):
        return call.unsure()
    if both is None and mine is None and theirs is None:
        by_labels = (
            call.known(given.get("left_index")) is True and call.known(given.get("right_index")) is True
        )
        if not by_labels and call.known(given.get("how")) != "cross":
            return call.unsure()  # by all common columns, which are unknown
    left = call.owner.by(_named(call.owner, mine if both is None else both))
    right = right.by(_named(right, theirs if both is None else both))
    shared = set(_texts(both) or ()) | {*(_texts(mine) or ())} & {*(_texts(theirs) or ())}
    return _beside(left, right, shared, [ending for ending in suffixes if isinstance(ending, str)])


def _join(call: Call) -> Shape:
    given = call.arguments("other", "on", "how", "lsuffix", "rsuffix", "sort", "validate")
    if given is None or "other" not in given or call.owner.kind != "frame":
        return call.unsure()
    right = call.values.value(given["other"])
    key = call.known(given.get("on"))
    suffixes = [call.known(given.get(name), "") for name in ("lsuffix", "rsuffix")]
    if right.kind != "frame" or key is ... or ... in suffixes:
        return call.unsure()  # the name of a series is not followed
    left = call.owner.by(_named(call.owner, key))
    return _beside(left, right, set(), [str(ending) for ending in suffixes if ending])


def _beside(left: Shape, right: Shape, shared: set[str], suffixes: Sequence[str]) -> Shape:
    """Two frames joined by rows: a name in both is a key, or gets a suffix."""
    columns: dict[str, Sources] = {}
    for name in dict.fromkeys([*left.columns, *right.columns, *sorted(shared)]):
        sides = [side for side in (left, right) if name in side.columns]
        if name in shared:
            columns[name] = left.column(name).sources | right.column(name).sources
        elif len(sides) == 1:  # if the other has it, too, both get suffixes
            columns[name] = sides[0].columns[name]
        else:
            for side, suffix in zip(sides, (*suffixes, "", ""), strict=False):
                columns[name + suffix] = columns.get(name + suffix, NOTHING) | side.columns[name]
    return Shape(
        columns=columns,
        rest=left.rest | right.rest,
        rows=left.rows | right.rows,
        exact=left.exact and right.exact,
        kind="frame",
        endings=left.endings | right.endings | frozenset(filter(None, suffixes)),
    )


def _agg(call: Call) -> Shape:
    owner = call.owner
    if call.node.keywords and not call.node.args:
        return _named_agg(call) if owner.kind == "groups" else call.unsure()
    given = call.arguments("func", "axis")
    how = call.known(given.get("func")) if given else ...
    if isinstance(how, dict) and all(isinstance(name, str) for name in how):
        owner, how = owner.only(how), [text for item in how.values() for text in _listed(item)]
    texts = _listed(how)
    if given is None or not texts or not all(text in EFFECTS or text == "size" for text in texts):
        return call.unsure()
    known = [EFFECTS[str(text)].what in ("reduce", "same") for text in texts if text != "size"]
    if not all(known) or call.known(given.get("axis"), 0) not in (0, "index"):
        whole = replace(owner.flat(), loose=True)
        return whole if all(known) else whole.unsure()
    return replace(owner, kind="frame" if owner.kind == "groups" else "row")


def _listed(item: object) -> list[object]:
    return list(item) if isinstance(item, list | tuple) else [item]


def _named_agg(call: Call) -> Shape:
    """`agg(total=("amount", "sum"))`."""
    columns: dict[str, Sources] = {}
    exact = call.owner.exact
    for word in call.node.keywords:
        value = call.values.value(word.value)
        parts = value.items or {}
        name = parts[0].known if len(parts) == 2 and 0 in parts else None
        if word.arg is None or name is None or not isinstance(name.value, str):
            return call.unsure()
        column = call.owner.column(name.value)
        columns[word.arg] = column.sources | value.whole()
        exact = exact and column.exact and value.exact
    return Shape(columns=columns, rows=call.owner.rows, exact=exact, kind="frame")


def _apply(call: Call) -> Shape:
    given = call.arguments("func", "axis", "raw", "result_type")
    if given is None or "func" not in given or call.owner.kind == "row":
        return call.unsure()
    func, owner = given["func"], call.owner
    if owner.kind == "groups":
        found = call.values.called(func, [_rows(call)])
        if found is None or "axis" in given:
            return call.unsure()
        return replace(found.value(), kind="plain" if found.plain else "frame").by(Shape(rows=owner.rows))
    if call.known(given.get("axis"), 0) in (1, "columns"):
        found = call.values.called(func, [replace(owner.value(), kind="row")])
        if found is None or not found.plain:
            return call.unsure()
        return replace(found.value(), loose=False).by(Shape(rows=owner.rows))
    return _each_column(call, func) if call.known(given.get("axis"), 0) in (0, "index") else call.unsure()


def _each_column(call: Call, func: ast.expr) -> Shape:
    """A function that gets one column at a time: its other origins are origins of every column."""
    mark = ("", "")
    found = call.values.called(func, [Shape(frozenset({mark}), rows=call.owner.rows)])
    if found is None or not found.plain or not found.exact:
        return call.unsure()
    extra = Shape(found.whole() - {mark})
    return combined([replace(call.owner, kind="row"), extra])


def _map(call: Call) -> Shape:
    found = call.values.called(call.node.args[0], [Shape()]) if len(call.node.args) == 1 else None
    if found is None or call.owner.kind != "frame" or call.node.keywords or not found.exact:
        return call.unsure()
    return combined([call.owner, Shape(found.whole())])


def _transform(call: Call) -> Shape:
    given = call.arguments("func", "axis")
    how = call.known(given.get("func")) if given and "axis" not in given else ...
    if isinstance(how, str) and how in EFFECTS and EFFECTS[how].what in ("reduce", "same", "each"):
        return replace(call.owner, kind="frame")
    return call.unsure()


def _count(call: Call) -> Shape:
    """`size`, `ngroup`, `cumcount` of groups depend on rows only."""
    owner = call.owner
    if owner.kind != "groups":
        return call.unsure()
    labels = frozenset((name, INDEX) for name in owner.rest)
    return Shape(owner.rows or labels, rows=owner.rows, exact=owner.exact)


def _evaluated(call: Call) -> Shape:
    """`df.eval("n = a + b")`."""
    given = call.arguments("expr", "inplace")
    text = call.known(given.get("expr")) if given else ...
    parts = assigned_and_read(text) if isinstance(text, str) else None
    if parts is None or call.owner.kind != "frame":
        return call.unsure()
    owner = call.owner
    for name, columns, mentions in parts:
        value = joined([*map(owner.column, columns), *map(call.values.mentioned, mentions)])
        if not name:
            return value.by(Shape(rows=owner.rows))
        owner = owner.with_column(name, value)
    return owner


def _queried(call: Call, node: ast.expr | None) -> Shape:
    """The columns and variables of a query."""
    text = call.known(node)
    parts = assigned_and_read(text) if isinstance(text, str) else None
    if parts is None or len(parts) != 1 or parts[0][0]:
        return call.owner.unsure()
    _, columns, mentions = parts[0]
    return joined([*map(call.owner.column, columns), *map(call.values.mentioned, mentions)])


def _pivoted(call: Call) -> Shape:
    """Pivot tables: all values and names are made of the three columns of the call."""
    order = (
        "values",
        "index",
        "columns",
        "aggfunc",
        "fill_value",
        "margins",
        "dropna",
        "margins_name",
        "observed",
    )
    given = (
        call.arguments(*order)
        if call.method == "pivot_table"
        else call.arguments("columns", "index", "values")
    )
    parts = [given.get(name) for name in ("index", "columns", "values")] if given else [None]
    if given is None or None in parts or call.owner.kind != "frame":
        return call.unsure()
    keys = joined(keys_of(call, part) for part in parts if part is not None)
    others = [
        call.values.value(node) for name, node in given.items() if name not in ("index", "columns", "values")
    ]
    return replace(joined([keys, *others]).by(Shape(rows=call.owner.rows)), loose=True)


def _melted(call: Call) -> Shape:
    given = call.arguments("id_vars", "value_vars", "var_name", "value_name", "col_level", "ignore_index")
    known = {name: call.known(node) for name, node in (given or {}).items()}
    ids, melted = _texts(known.get("id_vars")), _texts(known.get("value_vars"))
    names = [known.get("var_name", "variable"), known.get("value_name", "value")]
    if given is None or ids is None or not melted or not all(isinstance(name, str) for name in names):
        return call.unsure()
    frame = call.owner.only([*ids, *melted])
    columns = {name: frame.columns[name] for name in ids}
    columns |= {
        str(names[0]): NOTHING,
        str(names[1]): NOTHING.union(*(frame.columns[name] for name in melted)),
    }
    return Shape(columns=columns, rows=frame.rows, exact=frame.exact, kind="frame")


def _texts(value: object) -> list[str] | None:
    """One text or a list of texts."""
    listed = [] if value is None else _listed(value)
    return [str(item) for item in listed] if all(isinstance(item, str) for item in listed) else None


def _rows(call: Call) -> Shape:
    """The owner as the frame that a function gets."""
    return replace(call.owner.value(), kind="frame")


# -- methods that change their owner -----------------------------------------------------------------------


def _pop(call: Call) -> tuple[Shape, Shape | None]:
    name = call.known(call.node.args[0]) if len(call.node.args) == 1 else ...
    if call.owner.plain or not isinstance(name, str):
        return call.unsure(), call.unsure()
    return call.owner.column(name), call.owner.without([name])


def _insert(call: Call) -> tuple[Shape, Shape | None]:
    given = call.arguments("loc", "column", "value", "allow_duplicates")
    name = call.known(given.get("column")) if given else ...
    if call.owner.plain or given is None or not isinstance(name, str) or "value" not in given:
        return Shape(), call.unsure()
    return Shape(), call.owner.with_column(name, call.values.value(given["value"]))


def _update(call: Call) -> tuple[Shape, Shape | None]:
    given = call.given()
    if call.owner.plain:
        return Shape(), call.unsure()
    return Shape(), call.owner.by(given)


_PLACED: Final[dict[str, Callable[[Call], tuple[Shape, Shape | None]]]] = {
    "pop": _pop,
    "insert": _insert,
    "update": _update,
}
_SPECIAL: Final[dict[str, Callable[[Call], Shape]]] = {
    "add_prefix": _prefixed,
    "add_suffix": _prefixed,
    "agg": _agg,
    "aggregate": _agg,
    "apply": _apply,
    "assign": _assign,
    "cumcount": _count,
    "drop": _drop,
    "eval": _evaluated,
    "filter": _filter,
    "get": _get,
    "join": _join,
    "map": _map,
    "melt": _melted,
    "merge": _merge,
    "ngroup": _count,
    "pipe": _pipe,
    "pivot": _pivoted,
    "pivot_table": _pivoted,
    "reindex": _reindex,
    "rename": _rename,
    "reset_index": _reset_index,
    "select_dtypes": _select_dtypes,
    "set_index": _set_index,
    "size": _count,
    "transform": _transform,
}
METHODS: Final = frozenset([*EFFECTS, *_SPECIAL, *_PLACED])
"""Every method that is modelled."""
