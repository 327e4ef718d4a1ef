"""The shape of a SELECT: the origins of its columns and rows, from the shapes of the tables that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module  # noqa: TID251  # of an optional library
from typing import Any

from kernel_magics.engine.source.select import Select
from kernel_magics.lineage.shape import NOTHING, Shape, Sources


def read_query(select: Select, known: Mapping[str, Shape]) -> Shape:
    """The shape of the table that a SELECT gives.

    Args:
        known: the shapes of tables and params, by name.
    """
    return _Reader(known, import_module("sqlglot").exp).query(select.tree, {})


class _Reader:
    """Reads one statement; `exp` is sqlglot's module of expressions."""

    def __init__(self, known: Mapping[str, Shape], exp: Any) -> None:
        self._known = known
        self._exp = exp
        self._unread = Shape(NOTHING.union(*(shape.whole() for shape in known.values())), exact=False)

    def query(self, tree: Any, above: Mapping[str, Shape]) -> Shape:
        """The shape of a SELECT, a set operation or a bracketed query.

        Args:
            above: the tables that the query can name, beside inputs: those of `WITH`.
        """
        exp = self._exp
        named = dict(above)
        clause = tree.args.get("with_") or tree.args.get("with")
        if clause is not None and clause.args.get("recursive"):
            return self._unread
        for one in clause.expressions if clause is not None else ():
            named[one.alias.lower()] = self.query(one.this, named)
        if isinstance(tree, exp.Subquery):
            return self.query(tree.this, named)
        if isinstance(tree, exp.SetOperation):
            return self._joined(tree, self.query(tree.this, named), self.query(tree.expression, named))
        return self._select(tree, named) if isinstance(tree, exp.Select) else self._unread

    def _joined(self, tree: Any, left: Shape, right: Shape) -> Shape:
        """Columns by position; where rows are compared, every column determines them."""
        exact = left.exact and right.exact and not left.rest and not right.rest
        exact = exact and len(left.columns) == len(right.columns) and not tree.args.get("by_name")
        pairs = zip(left.columns.items(), right.columns.values(), strict=False)
        columns = {name: sources | other for (name, sources), other in pairs}
        rows = left.rows | right.rows
        if type(tree).__name__ != "Union" or tree.args.get("distinct"):
            rows |= left.everything() | right.everything()
        return Shape(columns=columns, rest=left.rest | right.rest, rows=rows, exact=exact, kind="frame")

    def _select(self, tree: Any, named: Mapping[str, Shape]) -> Shape:
        exp = self._exp
        start = tree.args.get("from_") or tree.args.get("from")
        joins = tree.args.get("joins") or []
        sources = [start.this] if start is not None else []
        tables: dict[str, Shape] = {}
        for source in [*sources, *(join.this for join in joins)]:
            tables[(source.alias_or_name or str(len(tables))).lower()] = self._table(source, named)
        shared = [column.name.lower() for join in joins for column in join.args.get("using") or ()]
        place = _Place(self, tables, named, frozenset(shared))
        if any(join.method for join in joins) or tree.args.get("laterals") or tree.args.get("pivots"):
            place.exact = False  # NATURAL and the like choose columns by themselves
        columns: dict[str, Sources] = {}
        rest: frozenset[str] = frozenset()
        for item in tree.expressions:
            if item.is_star:
                rest |= self._star(item, tables, columns, place)
                continue
            name = item.alias_or_name
            place.exact = place.exact and bool(name)
            columns[name or item.sql(dialect="duckdb").lower()] = place.sources(item)
            if isinstance(item, exp.Alias):
                place.aliases[item.alias.lower()] = columns[name]
        rows = NOTHING.union(*(shape.rows for shape in tables.values()))
        rows |= NOTHING.union(*(place.named("", name) for name in shared))
        rows |= NOTHING.union(*(place.sources(one) for one in self._deciding(tree, joins)))
        if tree.args.get("distinct"):
            rows |= NOTHING.union(*columns.values())
            place.exact = place.exact and not rest
        exact = place.exact and all(shape.exact for shape in tables.values())
        return Shape(columns=columns, rest=rest, rows=rows, exact=exact, kind="frame")

    def _star(
        self, item: Any, tables: Mapping[str, Shape], columns: dict[str, Sources], place: _Place
    ) -> Any:
        """All columns of all tables, or of one; returns the inputs whose other columns are passed through."""
        owner = getattr(item, "table", "").lower()
        star = item.this if isinstance(item, self._exp.Column) else item
        if star.args.get("replace") or star.args.get("rename") or star.args.get("except_"):
            place.exact = False
        rest: frozenset[str] = frozenset()
        for name, shape in tables.items():
            if owner in ("", name):
                for key, sources in shape.columns.items():
                    columns[key] = columns.get(key, NOTHING) | sources
                rest |= shape.rest
                place.exact = place.exact and (not shape.sources or bool(shape.rest))
        if len(rest) > 1:
            place.exact = False
        return rest

    def _table(self, source: Any, named: Mapping[str, Shape]) -> Shape:
        exp = self._exp
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            shape = named.get(source.name.lower()) or self._known.get(source.name)
            plain = not source.args.get("pivots") and not source.args.get("sample")
            return replace(shape, exact=shape.exact and plain) if shape is not None else self._unread
        if isinstance(source, exp.Subquery):
            return self.query(source, named)
        return self._unread

    def _deciding(self, tree: Any, joins: Iterable[Any]) -> Iterable[Any]:
        """The expressions that choose, order or group the rows."""
        exp = self._exp
        yield from (join.args["on"] for join in joins if join.args.get("on") is not None)
        for key in ("where", "having", "qualify", "limit", "offset"):
            if tree.args.get(key) is not None:
                yield tree.args[key]
        group, ordered = tree.args.get("group"), tree.args.get("order")
        for clause in (group, ordered):
            for one in clause.expressions if clause is not None else ():
                inner = one.this if isinstance(one, exp.Ordered) else one
                number = int(inner.name) if isinstance(inner, exp.Literal) and inner.name.isdigit() else 0
                yield tree.expressions[number - 1] if 0 < number <= len(tree.expressions) else one
        if group is not None and (group.args.get("all") or group.args.get("grouping_sets")):
            yield from (one for one in tree.expressions if one.find(exp.AggFunc) is None)


class _Place:
    """Where names of one SELECT are looked up.

    Attributes:
        aliases: the columns that the SELECT names itself.
        exact: False once a name may belong to several tables.
    """

    def __init__(
        self,
        reader: _Reader,
        tables: Mapping[str, Shape],
        named: Mapping[str, Shape],
        shared: frozenset[str],
    ) -> None:
        self._reader, self._tables, self._with, self._shared = reader, tables, named, shared
        self.aliases: dict[str, Sources] = {}
        self.exact = True

    def sources(self, expression: Any) -> Sources:
        """The origins of an expression: its columns, its params, and all of the queries in it."""
        exp = self._reader._exp
        found: set[Sources] = set()
        inner = [one for one in expression.find_all(exp.Query) if one is not expression]
        inside = {id(node) for query in inner for node in query.walk()}
        for query in inner:
            shape = self._reader.query(query, {**self._with, **self._tables})
            self.exact = self.exact and shape.exact
            found.add(shape.whole())
        for column in expression.find_all(exp.Column):
            if id(column) not in inside or column.table.lower() in self._tables:
                found.add(self.named(column.table, column.name))
        for param in expression.find_all(exp.Placeholder, exp.Parameter):
            shape = self._reader._known.get(param.name, Shape())
            found.add(shape.whole())
        return NOTHING.union(*found)

    def named(self, table: str, name: str) -> Sources:
        """The origins of a column by its name, whatever its case; of a table, or of the one that has it."""
        if table and table.lower() in self._tables:
            return self._column(self._tables[table.lower()], name)
        having = [shape for shape in self._tables.values() if _key(shape, name) is not None]
        others = [shape for shape in self._tables.values() if _key(shape, name) is None]
        open_ = [shape for shape in others if shape.rest or shape.sources]
        if not having and not open_:
            known = self.aliases.get(name.lower())
            self.exact = self.exact and known is not None
            return known if known is not None else NOTHING
        if name.lower() in self._shared:
            return NOTHING.union(*(self._column(shape, name) for shape in [*having, *open_]))
        # If two tables have it, the query fails: one that surely has it is the one.
        candidates = having or open_
        self.exact = self.exact and len(candidates) == 1
        own = self.aliases.get(name.lower(), NOTHING)
        if own and not having:
            self.exact = False
        return own.union(*(self._column(shape, name) for shape in candidates))

    def _column(self, shape: Shape, name: str) -> Sources:
        column = shape.column(_key(shape, name) or name)
        self.exact = self.exact and column.exact
        return column.sources


def _key(shape: Shape, name: str) -> str | None:
    return next((key for key in shape.columns if key.lower() == name.lower()), None)
