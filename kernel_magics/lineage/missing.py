"""Columns that code asks of a frame, and that the frame has not for sure; reads code only.

Only what is certain is told. Statements are followed in order; of what may be skipped, repeated or undone (a
branch, a loop, `try`, `with`) nothing is told, and behind it a frame has every column that it may have there.
Nothing is told behind a branch that returns. A frame that unknown code gets may have any columns then.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kernel_magics.engine.errors import close_name
from kernel_magics.engine.source.tree import Function
from kernel_magics.lineage.effects import EFFECTS, FRAME_NAMES, SERIES_NAMES, arguments
from kernel_magics.lineage.literals import words


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a frame.

    Attributes:
        columns: all of them, in order.
        plain: whether the index has no names, so that a key can only be a column.
        attributes: whether columns are attributes, too.
    """

    columns: tuple[str, ...]
    plain: bool = False
    attributes: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A column that a frame does not have.

    Attributes:
        node: the text in the code.
        frame: the code of the frame.
    """

    node: ast.Constant
    frame: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The column."""
        return str(self.node.value)


def missing_columns(body: Sequence[ast.stmt], tables: Mapping[str, Table]) -> list[Missing]:
    """The columns that a function's body asks for in vain.

    Args:
        tables: the frames among its parameters.
    """
    reader = _Reader(tables)
    reader.run(body)
    return reader.missing


def tables_of(body: Sequence[ast.stmt]) -> dict[str, Table]:
    """The frames that a cell of inputs assigns from literals."""
    reader = _Reader({})
    if not reader.run(body):
        return {}
    return {name: held.table() for name, held in reader.names.items() if held.columns is not None}


def table_of(value: object) -> Table | None:
    """The columns of a value; None for anything but a frame of pandas or Polars whose columns are texts."""
    library = type(value).__module__.partition(".")[0]
    if type(value).__name__ != "DataFrame" or library not in ("pandas", "polars"):
        return None
    columns = list(value.columns)  # type: ignore[attr-defined]
    if not all(isinstance(name, str) for name in columns):
        return None
    plain = library == "polars" or all(name is None for name in value.index.names)  # type: ignore[attr-defined]
    return Table(tuple(columns), plain, library == "pandas")


def result(source: str, function: str, tables: Mapping[str, Table]) -> Table | None:
    """The frame that a function returns; None if it is unknown."""
    try:
        return _result(source, function, tuple(sorted(tables.items(), key=lambda item: item[0])))
    except RecursionError:
        return None


@functools.lru_cache(maxsize=4096)
def _result(source: str, function: str, tables: tuple[tuple[str, Table], ...]) -> Table | None:
    found = [item for item in ast.parse(source).body if isinstance(item, Function) and item.name == function]
    if not found or found[0].decorator_list:
        return None
    *body, last = found[0].body
    reader = _Reader(dict(tables))
    if not isinstance(last, ast.Return) or last.value is None or not reader.run(body) or reader.returned:
        return None
    held = reader.value(last.value)
    return held.table() if isinstance(held, _Frame) and held.columns is not None else None


# --- reading


@dataclass
class _Frame:
    """A frame, shared by all variables that hold it; without columns when they are unknown.

    Attributes:
        index: the names of its levels, where they are known and the index is not plain.
    """

    columns: list[str] | None
    plain: bool = False
    attributes: bool = False
    index: tuple[str, ...] = ()

    def table(self) -> Table:
        return Table(tuple(self.columns or ()), self.plain, self.attributes)

    def like(self, columns: Sequence[str]) -> _Frame:
        """Another frame with these columns."""
        return _Frame([*columns], self.plain, self.attributes, self.index)


def _any_of(frames: Sequence[_Frame], made: _Frame | None) -> _Frame:
    """A frame that may be each of these: `made`, if it is given, which other names have already."""
    columns: list[str] | None = []
    for frame in frames:
        columns = (
            None
            if columns is None or frame.columns is None
            else list(dict.fromkeys([*columns, *frame.columns]))
        )
    found = made or _Frame(None)
    found.columns = columns
    found.plain = all(frame.plain for frame in frames)
    found.attributes = all(frame.attributes for frame in frames)
    found.index = frames[0].index if len({frame.index for frame in frames}) == 1 else ()
    return found


@dataclass
class _Groups:
    """The groups of a frame.

    Attributes:
        keys: the columns by which it is grouped; empty if they are unknown.
        as_index: whether the keys become the index of what is computed.
    """

    frame: _Frame
    keys: tuple[str, ...] = ()
    as_index: bool = True


_Held = _Frame | _Groups | None
_State = dict[str, _Frame]

_SAME: Final = words(
    """abs bfill convert_dtypes copy cummax cummin cumsum diff drop_duplicates dropna ffill fillna head
    infer_objects interpolate nlargest nsmallest query rank round sample shift sort_index sort_values tail
    astype clip"""
)
"""Methods whose result has the same columns."""
_PURE: Final = words("assign rename drop set_index reset_index merge agg aggregate") | EFFECTS.keys()
_KEYS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "groupby": (("by", "level", "as_index", "sort", "group_keys", "observed", "dropna"), ("by",)),
    "sort_values": (EFFECTS["sort_values"].parameters, ("by",)),
    "drop_duplicates": (EFFECTS["drop_duplicates"].parameters, ("subset",)),
    "dropna": (EFFECTS["dropna"].parameters, ("subset",)),
    "duplicated": (EFFECTS["duplicated"].parameters, ("subset",)),
    "nlargest": (EFFECTS["nlargest"].parameters, ("columns",)),
    "nsmallest": (EFFECTS["nsmallest"].parameters, ("columns",)),
    "explode": (EFFECTS["explode"].parameters, ("column",)),
    "set_index": (("keys", "drop", "append", "inplace", "verify_integrity"), ("keys",)),
    "melt": (("id_vars", "value_vars", "var_name", "value_name", "col_level"), ("id_vars", "value_vars")),
    "pivot": (("columns", "index", "values"), ("columns", "index", "values")),
    "pivot_table": (("values", "index", "columns", "aggfunc"), ("values", "index", "columns")),
    "drop": (("labels", "axis", "index", "columns", "level", "inplace", "errors"), ("columns",)),
}
"""Parameters of methods, and those that name columns."""
_MERGE: Final = ("right", "how", "on", "left_on", "right_on", "left_index", "right_index", "sort", "suffixes")
_INDEX_FREE: Final = (
    "drop",
    "explode",
    "nlargest",
    "nsmallest",
    "melt",
    "dropna",
    "drop_duplicates",
    "duplicated",
)
"""Methods whose keys are columns even if a level of the index has that name."""


class _Reader:
    """Follows statements one by one."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.names: dict[str, _Frame] = {
            name: _Frame(list(table.columns), table.plain, table.attributes) for name, table in tables.items()
        }
        self.missing: list[Missing] = []
        self.returned = self._lost = False

    def run(self, body: Sequence[ast.stmt]) -> bool:
        """Whether all statements were followed, and what stands behind them may run."""
        return all(self._statement(statement) for statement in body)

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Return():
                self.value(node.value) if node.value is not None else None
                self.returned = True
                return False
            case ast.Raise():
                return False
            case ast.Expr():
                self.value(node.value)
                return True
            case ast.Assert():
                self.value(node.test)
                return True
            case ast.If():
                self.value(node.test)
                return self._join([self._branch(node.body), self._branch(node.orelse)])
            case ast.With():
                for item in node.items:
                    self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, None)
                return self._join(self._steps(node.body))
            case ast.Try() if not any(handler.name in self.names for handler in node.handlers):
                return self._tried(node)
            case ast.For():
                self.value(node.iter)
                self._repeated([node.target, *node.body, *node.orelse])
                return True
            case ast.While():
                self._repeated([node.test, *node.body, *node.orelse])
                return True
            case ast.Assign():
                held = self.value(node.value, bound=True)
                for target in node.targets:
                    self._assign(target, held)
                return True
            case ast.AnnAssign():
                if node.value is not None:
                    self._assign(node.target, self.value(node.value, bound=True))
                return True
            case ast.AugAssign():
                if isinstance(node.target, ast.Subscript):
                    self.value(
                        ast.copy_location(
                            ast.Subscript(node.target.value, node.target.slice, ast.Load()), node
                        )
                    )
                self.value(node.value)
                self._assign(node.target, None)
                return True
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                return True
        self._lost = True
        return False

    # --- what may run, or not

    def _branch(self, body: Sequence[ast.stmt]) -> _State | None:
        """The frames behind a body that may run; None if nothing behind it does then."""
        return self._steps(body, True)[-1]

    def _steps(self, body: Sequence[ast.stmt], last: bool = False) -> list[_State | None]:
        """The frames before a body, and behind each of its statements until one that leaves it."""
        before, told = self.names, len(self.missing)
        self.names = copy.deepcopy(before)
        states: list[_State | None] = [] if last and body else [copy.deepcopy(self.names)]
        for statement in body:
            if not self._statement(statement):
                states.append(None)
                break
            states.append(copy.deepcopy(self.names))
        self.names = before
        del self.missing[told:]
        return states

    def _tried(self, node: ast.Try) -> bool:
        """A body of which any part may have run, a handler for the rest, and what runs in the end."""
        states = self._steps(node.body)
        before = self.names
        ends: list[_State | None] = []
        if self._join(states):
            ends = [self._branch(handler.body) for handler in node.handlers]
        self.names = before
        done = [states[-1]] if node.handlers else states
        if node.orelse and self._join(done):
            done = [self._branch(node.orelse)]
        return self._join([*done, *ends]) and self.run(node.finalbody)

    def _join(self, states: Iterable[_State | None]) -> bool:
        """Go on with the frames of all states that are left: each with every column that it may have.

        Names of one frame in any of them are names of one frame from here on.
        """
        left = [state for state in states if state is not None]
        if not left or self._lost:
            return False
        names = set.intersection(*(set(state) for state in left))
        joined: _State = {}
        for name in sorted(names):
            same = {other for state in left for other in names if state[other] is state[name]}
            known = next((joined[other] for other in same if other in joined), None)
            frames = [state[other] for state in left for other in same]
            joined[name] = _any_of([*frames, known] if known else frames, known)
        self.names = joined
        return True

    def _repeated(self, nodes: Sequence[ast.AST]) -> None:
        """Code that may run any number of times, and leave in any place."""
        for node in nodes:
            self._escape(node)
            for child in ast.walk(node):
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
                    self.names.pop(child.id, None)
                self.returned |= isinstance(child, ast.Return)

    def _assign(self, target: ast.expr, held: _Held) -> None:
        match target:
            case ast.Name():
                self.names.pop(target.id, None)
                if isinstance(held, _Frame):
                    self.names[target.id] = held
            case ast.Subscript(value=ast.Name(id=name)) if name in self.names:
                self.value(target.slice)
                self._add(self.names[name], _texts(target.slice))
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=name), attr="loc" | "at"), slice=key
            ) if name in self.names:
                self.value(key)
                last = key.elts[-1] if isinstance(key, ast.Tuple) and len(key.elts) == 2 else None
                self._add(self.names[name], _texts(last) if last is not None else None)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in self.names:
                unknown = attribute in ("columns", "index")
                self._add(self.names[name], None if unknown else [ast.Constant(attribute)])
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._assign(part, None)
            case _:
                self._escape(target)

    def _add(self, frame: _Frame, keys: list[ast.Constant] | None) -> None:
        if keys is None:
            frame.columns = None
        elif frame.columns is not None:
            frame.columns += [str(key.value) for key in keys if key.value not in frame.columns]

    def value(self, node: ast.expr, bound: bool = False) -> _Held:
        """The frame or groups that an expression gives; None for anything else.

        Args:
            bound: whether a name becomes another name of its frame; elsewhere unknown code may change it.
        """
        match node:
            case ast.Name():
                frame = self.names.get(node.id)
                if frame is not None and not bound:
                    frame.columns = None
                return frame if bound else None
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
            case ast.Attribute():
                held = self._owner(node.value)
                if isinstance(held, _Frame):
                    self._expect_attribute(held, node)
                return None
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._escape(node)  # may run at any time, for any item, or never
                return None
            case ast.IfExp():
                self.value(node.test)
                self._escape(node.body)
                self._escape(node.orelse)
                return None
            case ast.BoolOp():
                self.value(node.values[0])
                for part in node.values[1:]:
                    self._escape(part)
                return None
            case ast.NamedExpr():
                self._escape(node)
                self.names.pop(node.target.id, None)
                return None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return None

    def _owner(self, node: ast.expr) -> _Held:
        """The value of an expression of which something is taken."""
        return self.value(node, bound=True)

    def _escape(self, node: ast.AST) -> None:
        """Unknown code may change the frames that it mentions."""
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and child.id in self.names:
                self.names[child.id].columns = None

    def _subscript(self, node: ast.Subscript) -> _Held:
        if isinstance(node.value, ast.Attribute) and node.value.attr in ("loc", "iloc", "at", "iat"):
            held = self._owner(node.value.value)
            self.value(node.slice)
            key = node.slice
            parts = key.elts if isinstance(key, ast.Tuple) and node.value.attr == "loc" else []
            rows_first = len(parts) == 2 and isinstance(parts[0], ast.Slice | ast.Compare)
            if rows_first and isinstance(held, _Frame):
                self._expect(held, parts[1], node.value.value)
            return None
        held = self._owner(node.value)
        self.value(node.slice)
        if held is None:
            return None
        frame = held.frame if isinstance(held, _Groups) else held
        keys = _texts(node.slice)
        if keys is not None:
            self._expect(frame, node.slice, node.value)
            if isinstance(node.slice, ast.Constant) or frame.columns is None:
                return None
            chosen = frame.like([str(key.value) for key in keys])
            return _Groups(chosen, held.keys, held.as_index) if isinstance(held, _Groups) else chosen
        if isinstance(held, _Frame) and isinstance(node.slice, ast.Compare | ast.Slice):
            return frame.like(frame.columns) if frame.columns is not None else None
        return None

    def _expect(self, frame: _Frame, key: ast.expr | None, owner: ast.expr) -> None:
        """Note the texts of a key that are no columns."""
        keys = _texts(key) if key is not None else None
        if keys is None or frame.columns is None or self.returned:
            return
        said = {id(item.node) for item in self.missing}
        absent = [item for item in keys if item.value not in frame.columns and id(item) not in said]
        self.missing += [Missing(item, ast.unparse(owner), tuple(frame.columns)) for item in absent]

    def _expect_attribute(self, frame: _Frame, node: ast.Attribute) -> None:
        """Note `df.clcks`, which is nothing that frames have, and is close to a column."""
        name, columns = node.attr, frame.columns or []
        if not frame.attributes or name in columns or name.startswith("_") or self.returned:
            return
        if name in FRAME_NAMES or name in SERIES_NAMES or not close_name(name, columns):
            return
        place = {
            "lineno": node.end_lineno,
            "end_lineno": node.end_lineno,
            "end_col_offset": node.end_col_offset,
        }
        start = (node.end_col_offset or 0) - len(name.encode())
        told = ast.Constant(name, **place, col_offset=start)  # type: ignore[arg-type]
        self.missing.append(Missing(told, ast.unparse(node.value), tuple(columns)))

    # --- calls

    def _call(self, node: ast.Call) -> _Held:
        if not isinstance(node.func, ast.Attribute):
            self.value(node.func)
            self._arguments(node)
            return None
        library = ast.unparse(node.func.value)
        if node.func.attr == "DataFrame" and library in ("pd", "pandas", "pl", "polars"):
            return self._made(node)
        if library in ("pd", "pandas") and library not in self.names:
            if node.func.attr == "merge" and (method := _as_method(node)) is not None:
                return self._call(method)
            if node.func.attr == "concat":
                return self._joined(node)
        held, name = self._owner(node.func.value), node.func.attr
        if isinstance(held, _Groups):
            return self._of_groups(held, name, node)
        if not isinstance(held, _Frame):
            self._arguments(node)
            return None
        if name == "merge":
            return self._merged(held, node)
        self._arguments(node)
        if name in _KEYS:
            self._keys(held, name, node)
        if name in ("agg", "aggregate", "astype"):
            self._by_column(held, node)
        changed = any(word.arg == "inplace" or word.arg is None for word in node.keywords)
        found = self._after(held, name, node) if held.columns is not None and not changed else None
        if changed or (name not in _PURE and name not in _SAME):
            held.columns = None
        return found

    def _arguments(self, node: ast.Call) -> None:
        for item in [*node.args, *(word.value for word in node.keywords)]:
            self.value(item)

    def _keys(self, frame: _Frame, name: str, node: ast.Call) -> None:
        """The columns that arguments name, unless they may be levels of the index."""
        given = arguments(node, _KEYS[name][0])
        if given is None or (not frame.plain and name not in _INDEX_FREE):
            return
        if "axis" in given or "errors" in given or "level" in given:
            return
        for parameter in _KEYS[name][1]:
            self._expect(frame, given.get(parameter), node.func.value)  # type: ignore[attr-defined]

    def _by_column(self, frame: _Frame, node: ast.Call) -> None:
        """`agg({"x": "sum"})`, `agg(total=("x", "sum"))`, `astype({"x": int})`."""
        owner = node.func.value  # type: ignore[attr-defined]
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Dict):
            for key in first.keys:
                self._expect(frame, key if isinstance(key, ast.Constant) else None, owner)
        for word in node.keywords:
            pair = word.value
            if (
                word.arg
                and isinstance(pair, ast.Tuple)
                and len(pair.elts) == 2
                and word.arg not in ("axis", "copy")
            ):
                self._expect(frame, pair.elts[0] if isinstance(pair.elts[0], ast.Constant) else None, owner)

    def _of_groups(self, groups: _Groups, name: str, node: ast.Call) -> _Held:
        self._arguments(node)
        if name not in ("agg", "aggregate"):
            return None
        self._by_column(groups.frame, node)
        pairs = [word.value for word in node.keywords if isinstance(word.value, ast.Tuple)]
        if node.args or len(pairs) < len(node.keywords) or not groups.keys:
            return None
        names = [word.arg or "" for word in node.keywords]
        if "" in names or set(names) & set(groups.keys):
            return None
        if groups.as_index:
            return _Frame(names, False, groups.frame.attributes, groups.keys)
        return _Frame([*groups.keys, *names], True, groups.frame.attributes)

    def _joined(self, node: ast.Call) -> _Held:
        """`pd.concat([a, b])`, of rows or of columns."""
        listed = node.args[0] if node.args else None
        if not isinstance(listed, ast.List | ast.Tuple):
            self._arguments(node)
            return None
        held = [self._owner(part) for part in listed.elts]
        frames = [frame for frame in held if isinstance(frame, _Frame)]
        for item in [*node.args[1:], *(word.value for word in node.keywords)]:
            self.value(item)
        known = {word.arg for word in node.keywords} <= {"ignore_index", "axis", "sort", "join", "copy"}
        if len(frames) < len(held) or not frames or len(node.args) > 1 or not known:
            return None
        if any(word.arg == "ignore_index" for word in node.keywords) and any(
            word.arg == "axis" for word in node.keywords
        ):
            return None  # columns may be numbered
        found = _any_of(frames, None)
        return found if found.columns is not None else None

    def _merged(self, frame: _Frame, node: ast.Call) -> _Held:
        given = arguments(node, _MERGE)
        right = given.get("right") if given is not None else None
        other = self._owner(right) if right is not None else None
        for item in [*node.args[1:], *(word.value for word in node.keywords if word.value is not right)]:
            self.value(item)
        if given is None or right is None:
            self._arguments(node)
            return None
        sides = [(frame, node.func.value, "left_on"), (other, right, "right_on")]  # type: ignore[attr-defined]
        for side, owner, own in sides:
            if isinstance(side, _Frame) and side.plain:
                self._expect(side, given.get("on"), owner)
                self._expect(side, given.get(own), owner)
        on = _texts(given["on"]) if "on" in given else None
        if on is None or set(given) - {"right", "on", "how"} or not isinstance(other, _Frame):
            return None
        if frame.columns is None or other.columns is None or "cross" in ast.unparse(node):
            return None
        shared = {str(key.value) for key in on}
        if (set(frame.columns) & set(other.columns)) - shared:
            return None  # names get suffixes
        return _Frame([*frame.columns, *(name for name in other.columns if name not in shared)], True, True)

    def _after(self, frame: _Frame, name: str, node: ast.Call) -> _Held:
        columns = list(frame.columns or ())
        if name == "groupby":
            given = arguments(node, _KEYS["groupby"][0]) or {}
            keys = _texts(given["by"]) if "by" in given else None
            index = given.get("as_index", ast.Constant(True))
            told = keys if isinstance(index, ast.Constant) and isinstance(index.value, bool) else None
            names = tuple(str(key.value) for key in told or ())
            return _Groups(frame.like(columns), names, ast.unparse(index) != "False")
        if name in _SAME:
            return frame.like(columns)
        words_given = {word.arg or "": word.value for word in node.keywords}
        match name:
            case "assign" if not node.args:
                return frame.like([*columns, *(key for key in words_given if key not in columns)])
            case "drop" if not node.args and set(words_given) == {"columns"}:
                gone = _texts(words_given["columns"])
                kept = {str(key.value) for key in gone or ()}
                return frame.like([key for key in columns if key not in kept]) if gone else None
            case "rename" if not node.args and set(words_given) == {"columns"}:
                new = _renames(words_given["columns"])
                return (
                    _Frame([new.get(key, key) for key in columns], frame.plain) if new is not None else None
                )
            case "reset_index" if frame.plain and not node.args and set(words_given) == {"drop"}:
                return frame.like(columns) if ast.unparse(words_given["drop"]) == "True" else None
            case "reset_index" if frame.index and not node.args and not node.keywords:
                return _Frame([*frame.index, *columns], True, frame.attributes)
        return None

    def _made(self, node: ast.Call) -> _Held:
        """`pd.DataFrame({"a": …, "b": …})`."""
        self._arguments(node)
        first = node.args[0] if len(node.args) == 1 else None
        if not isinstance(first, ast.Dict) or any(
            word.arg not in ("index", "schema_overrides") for word in node.keywords
        ):
            return None
        names = [key.value if isinstance(key, ast.Constant) else None for key in first.keys]
        if not all(isinstance(name, str) for name in names):
            return None
        plain = not node.keywords and all(map(_is_listed, first.values))
        of_pandas = ast.unparse(node.func).startswith("pd.") or ast.unparse(node.func).startswith("pandas.")
        return _Frame([str(name) for name in names], plain, of_pandas)


def _as_method(node: ast.Call) -> ast.Call | None:
    """`left.merge(right, …)` for `pd.merge(left, right, …)`; None for other arguments."""
    words = {word.arg: word.value for word in node.keywords}
    starred = None in words or any(isinstance(item, ast.Starred) for item in node.args)
    left, rest = (node.args[0], node.args[1:]) if node.args else (words.get("left"), [])
    if starred or left is None:
        return None
    called = ast.copy_location(ast.Attribute(left, "merge", ast.Load()), node)
    return ast.copy_location(
        ast.Call(called, rest, [word for word in node.keywords if word.value is not left]), node
    )


def _is_listed(node: ast.expr) -> bool:
    """True for values without an index of their own."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in (
            "range",
            "list",
            "tuple",
            "pd.date_range",
            "pd.array",
            "np.array",
            "np.arange",
        )
    return isinstance(node, ast.List | ast.Tuple | ast.Constant | ast.ListComp)


def _texts(node: ast.expr) -> list[ast.Constant] | None:
    """The texts of `"a"` and `["a", "b"]`; None for other keys."""
    listed = node.elts if isinstance(node, ast.List) else [node]
    found = [item for item in listed if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return found if len(found) == len(listed) and listed else None


def _renames(node: ast.expr) -> dict[str, str] | None:
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return (
        found if isinstance(found, dict) and all(isinstance(item, str) for item in found.values()) else None
    )
