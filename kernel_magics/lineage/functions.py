"""Known functions of Python, NumPy and pandas: the shapes of their results."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kernel_magics.lineage.literals import words
from kernel_magics.lineage.shape import NOTHING, Known, Shape, Sources, combined, joined

Elements = Callable[[Shape], list[Shape] | None]

BUILTINS: Final = words(
    """abs all any bool dict divmod enumerate filter float frozenset getattr hasattr int isinstance issubclass
    iter len list map max min next print range repr reversed round set sorted str sum tuple type zip
    delattr eval exec globals locals setattr vars"""
)
_REACHING: Final = words("delattr eval exec getattr globals locals setattr vars")
LOSING: Final = frozenset(f"builtins.{name}" for name in _REACHING)
"""Functions that may access any variable or attribute."""
_FOLDED: Final[Mapping[str, Callable[..., object]]] = {
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "range": range,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": tuple,
}
_EACH: Final = words(
    """abs absolute add arctan arctan2 cbrt ceil clip cos divide exp expm1 fabs floor floor_divide hypot
    isfinite isinf isnan log log10 log1p log2 logical_and logical_not logical_or maximum minimum mod
    multiply nan_to_num negative power radians round select sign sin sqrt square subtract tan tanh
    true_divide where"""
)
_PANDAS_EACH: Final = words("""isna isnull notna notnull to_datetime to_numeric to_timedelta""")
_PANDAS_PLAIN: Final = words(
    """crosstab cut date_range factorize get_dummies qcut unique Timestamp Timedelta Index MultiIndex
    Categorical DateOffset Interval Period Grouper NamedAgg"""
)
_NUMPY_CHANGES: Final = words("""copyto fill_diagonal place put put_along_axis putmask random""")
_AS_METHODS: Final = words("""melt merge pivot pivot_table""")


def as_method(full: str, node: ast.Call) -> ast.Call | None:
    """`pd.merge(a, b)` as `a.merge(b)`."""
    module, _, name = full.rpartition(".")
    if (
        module != "pandas"
        or name not in _AS_METHODS
        or not node.args
        or isinstance(node.args[0], ast.Starred)
    ):
        return None
    owner, *others = node.args
    return ast.copy_location(ast.Call(ast.Attribute(owner, name), others, node.keywords), node)


def elementwise(full: str, given: Sequence[Shape]) -> Shape | None:
    """The result of an element-wise function; None for other functions."""
    module, _, name = full.rpartition(".")
    if (module == "numpy" and name in _EACH) or (module == "pandas" and name in _PANDAS_EACH):
        return combined([part.value() for part in given])
    return None


def known_function(
    full: str, given: Sequence[Shape], named: Mapping[str, Shape], elements: Elements
) -> Shape | None:
    """The result of a known function; None for other functions."""
    module, _, name = full.rpartition(".")
    every = [*given, *named.values()]
    if "**" in named or "out" in named:
        return None
    if module == "builtins":
        return _builtin(name, given, named, elements)
    if module == "pandas":
        return _pandas(name, given, named, elements)
    if module == "numpy" and name not in _NUMPY_CHANGES:
        found = elementwise(full, every)
        return found if found is not None else _plainly(every)
    if module in ("math", "statistics", "operator"):
        return _plainly(every)
    return None


def _plainly(parts: Sequence[Shape]) -> Shape:
    """A value made of all arguments; inexact if one of them is a frame."""
    whole = replace(joined(parts), loose=True)
    return whole if all(part.plain for part in parts) else whole.unsure()


def _builtin(
    name: str, given: Sequence[Shape], named: Mapping[str, Shape], elements: Elements
) -> Shape | None:
    every = [*given, *named.values()]
    held = frozenset[int]().union(*(part.refs for part in every))
    if name in _FOLDED and not named and every and all(part.known is not None for part in every):
        folded = _folded(_FOLDED[name], [part.known.value for part in every if part.known is not None])
        if folded is not None:
            return Shape(known=folded)
    if name in ("zip", "enumerate", "list", "tuple", "reversed") and not named:
        found = _structural(name, [elements(part) for part in given])
        if found is not None:
            return replace(found, refs=held)
    if name in ("abs", "round"):
        return combined([part.value() for part in every])
    if name in _REACHING:
        return joined(every).unsure()
    return replace(joined(every), loose=True, refs=held)


def _folded(function: Callable[..., object], values: Sequence[object]) -> Known | None:
    if any(isinstance(value, range) and len(value) > 10_000 for value in values):
        return None
    try:
        return Known(function(*values))
    except Exception:  # the code raises it when it runs
        return None


def _structural(name: str, listed: Sequence[list[Shape] | None]) -> Shape | None:
    """`zip`, `enumerate`, `list`, … of literal lists."""
    lists = [items for items in listed if items is not None]
    if len(lists) != len(listed) or not lists:
        return None
    if name == "zip":
        rows = [list(row) for row in zip(*lists, strict=False)]
    elif name == "enumerate" and len(lists) == 1:
        rows = [[Shape(known=Known(number)), item] for number, item in enumerate(lists[0])]
    elif len(lists) == 1:
        return _sequence(lists[0][::-1] if name == "reversed" else lists[0])
    else:
        return None
    return _sequence([_sequence(row) for row in rows])


def _sequence(parts: Sequence[Shape]) -> Shape:
    known = None
    if all(part.known is not None for part in parts):
        known = Known([part.known.value for part in parts if part.known is not None])
    refs = frozenset[int]().union(*(part.refs for part in parts))
    return replace(joined(parts), known=known, items=dict(enumerate(parts)), refs=refs)


def _pandas(
    name: str, given: Sequence[Shape], named: Mapping[str, Shape], elements: Elements
) -> Shape | None:
    every = [*given, *named.values()]
    if name == "DataFrame":
        return _frame(given, named)
    if name == "Series":
        index = named.get("index", Shape())
        return replace(joined(every), rows=joined(every).rows | index.whole())
    if name == "concat":
        return _concat(given, named, elements)
    if name in _PANDAS_EACH and all(part.plain for part in every):
        return combined(part.value() for part in every)
    if name in (*_PANDAS_PLAIN, *_PANDAS_EACH):
        found = _plainly(every)
        return replace(found, loose=any(part.loose for part in every)) if name in ("cut", "qcut") else found
    return None


def _frame(given: Sequence[Shape], named: Mapping[str, Shape]) -> Shape:
    """`pd.DataFrame({"a": ..., "b": ...})`."""
    arguments = {**dict(zip(("data", "index", "columns"), given, strict=False)), **named}
    data, index = arguments.get("data", Shape()), arguments.get("index", Shape())
    names = arguments["columns"].known if "columns" in arguments else None
    items = data.items
    if data.known is not None and isinstance(data.known.value, dict):
        items = {key: Shape() for key in data.known.value}
    if len(given) > 3 or ("columns" in arguments and names is None):
        return _plainly([data, *arguments.values()])
    if data.kind == "frame":
        found = data.value().by(index)
    elif items is not None and all(isinstance(key, str) for key in items):
        columns: dict[str, Sources] = {str(key): item.whole() for key, item in items.items()}
        rows = NOTHING.union(*(item.labels() for item in items.values()))
        found = Shape(columns=columns, rows=rows, exact=data.exact, kind="frame").by(index)
    elif "data" not in arguments:
        found = Shape(kind="frame").by(index)
    else:
        return _plainly([data, *arguments.values()])
    if names is not None and "data" in arguments:
        listed = names.value
        if not isinstance(listed, list | tuple) or not all(isinstance(item, str) for item in listed):
            return _plainly([data, *arguments.values()])
        kept = found.only([item for item in listed if item in found.columns or found.rest])
        return replace(kept, exact=found.exact)
    return found


def _concat(given: Sequence[Shape], named: Mapping[str, Shape], elements: Elements) -> Shape:
    """Rows below each other, or columns beside each other."""
    arguments = {**dict(zip(("objs", "axis"), given, strict=False)), **named}
    axis = arguments.get("axis", Shape(known=Known(0))).known
    objects = arguments.get("objs", Shape())
    parts = elements(objects)
    whole = replace(joined(arguments.values()), loose=True)
    if parts is None or axis is None or len(given) > 2 or isinstance(objects.known, Known):
        return whole
    keys = arguments["keys"].known if "keys" in arguments else None
    if axis.value in (0, "index"):
        if not parts or "keys" in arguments or not all(part.kind == "frame" for part in parts):
            return whole
        return _stacked(parts)
    names = keys.value if keys is not None else None
    if (
        not isinstance(names, list | tuple)
        or len(names) != len(parts)
        or not all(part.plain for part in parts)
    ):
        return whole
    columns = {str(key): part.whole() for key, part in zip(names, parts, strict=True)}
    rows = NOTHING.union(*(part.labels() for part in parts))
    return Shape(columns=columns, rows=rows, exact=whole.exact, kind="frame")


def _stacked(parts: Sequence[Shape]) -> Shape:
    """Frames below each other: all of them determine the rows."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    found = {
        name: [part.column(name) for part in parts if part.rest or name in part.columns] for name in names
    }
    return Shape(
        columns={name: NOTHING.union(*(item.sources for item in items)) for name, items in found.items()},
        rest=frozenset[str]().union(*(part.rest for part in parts)),
        rows=NOTHING.union(*(part.rows for part in parts)),
        exact=all(part.exact for part in parts) and all(c.exact for cs in found.values() for c in cs),
        kind="frame",
        endings=frozenset[str]().union(*(part.endings for part in parts)),
    )
