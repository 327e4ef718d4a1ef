"""A select is the text of a SQL cell: the tables and params that it reads, and the same as Python.

The text is read with sqlglot, an optional library that only cells `%%node NAME --sql` ask for. The Python
runs it on DuckDB over its inputs: what the notebook runs is what is exported, as for any other cell.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module  # noqa: TID251  # of an optional library
from itertools import pairwise
from typing import Any, Final

from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.span import span

DIALECT: Final = "duckdb"
_OPEN: Final = (
    "import duckdb as _duckdb; "
    '_database = _duckdb.connect(config={"threads": 1, "enable_external_access": False}); '
)
"""One thread gives the same rows in the same order; the text reads its inputs and nothing else."""


@dataclass(frozen=True, slots=True)
class Read:
    """A place where the text reads a table or a param.

    Attributes:
        start: offset of the name in the text, `end` that behind it; quotes and `$` are outside.
    """

    name: str
    param: bool
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT.

    Attributes:
        reads: every place, in order.
        tree: as sqlglot reads it.
    """

    text: str
    reads: tuple[Read, ...]
    tree: Any

    def names(self, param: bool) -> list[str]:
        """The tables, or the params, each once."""
        return list(dict.fromkeys(read.name for read in self.reads if read.param is param))


def read_select(cell: CellSource) -> Select:
    """The SELECT of a cell; its lines are numbered as an editor shows the cell.

    Raises:
        CellError: DB003 without sqlglot, DB101 for a text that is no SQL, DB105 for SQL that is no SELECT
            over inputs.
    """
    glot = _sqlglot(cell)
    try:
        statements = [one for one in glot.parse(cell.placed, dialect=DIALECT) if one is not None]
        tokens = glot.tokenize(cell.placed, dialect=DIALECT)
    except glot.errors.SqlglotError as error:
        raise _no_sql(cell, error) from None
    if len(statements) != 1 or not isinstance(statements[0], glot.exp.Query):
        raise CellError(
            "DB105",
            (cell.ref.subject(), " must hold one SELECT."),
            hint="a node is one table; compute others in cells of their own.",
            line=cell.first,
        )
    reads = [*_tables(cell, statements[0], glot), *_params(cell, tokens)]
    return Select(cell.placed, tuple(sorted(reads, key=lambda read: read.start)), statements[0])


@lru_cache(maxsize=256)
def as_python(cell: CellSource) -> CellSource:
    """The cell as a bare body that runs the text; every line keeps its number.

    Raises:
        CellError: see `read_select`.
    """
    select = read_select(cell)
    name = re.sub(r"[{}]", "", cell.line.split()[0])
    rows = cell.body.rstrip().split("\n")
    first = next((at for at, row in enumerate(rows) if not _is_comment(row)), 0)
    notes = [f"# {row.strip().lstrip('-').strip()}" if row.strip() else "" for row in rows[:first]]
    tables = "".join(f'_database.register("{table}", {table}); ' for table in select.names(False))
    params = ", ".join(f'"{param}": {param}' for param in select.names(True))
    given = f", {{{params}}}" if params else ""
    text = _literal("\n".join(rows[first:]).rstrip().rstrip(";"))
    body = "\n".join([*notes, f"{_OPEN}{tables}{name} = _database.execute({text}{given}).df()"])
    return replace(cell, body=body)


def is_sql(line: str) -> bool:
    """Whether the line of a node's magic says that the cell is SQL."""
    return "--sql" in line.split()


def _literal(text: str) -> str:
    """A Python literal of a text with as many lines."""
    if "\\" not in text and '"""' not in text and not text.endswith('"') and not text.startswith('"'):
        return f'"""{text}"""'
    rows = text.split("\n")
    ends = ["\\n"] * (len(rows) - 1) + [""]
    parts = [repr(f"{row}\n" if end else row) for row, end in zip(rows, ends, strict=True)]
    return "(" + "\n".join(parts) + ")"


def _is_comment(row: str) -> bool:
    return not row.strip() or row.lstrip().startswith("--")


def _sqlglot(cell: CellSource) -> Any:
    try:
        import_module("sqlglot.optimizer.scope")
        return import_module("sqlglot")
    except ImportError:
        raise CellError(
            "DB003",
            ("--sql", cell.ref.on(), " needs the packages 'sqlglot' and 'duckdb'."),
            hint="pip install 'dagbook[sql]'.",
        ) from None


def _tables(cell: CellSource, tree: Any, glot: Any) -> Iterator[Read]:
    """The tables that no part of the text defines itself."""
    exp = glot.exp
    scopes = import_module("sqlglot.optimizer.scope").traverse_scope(tree)
    found = [one for scope in scopes for one in scope.sources.values() if isinstance(one, exp.Table)]
    spelled: dict[str, str] = {}
    for table in {id(one): one for one in found}.values():
        if not isinstance(table.this, exp.Identifier):
            if "read" in table.this.key or "scan" in table.this.key:
                raise _no_input(cell, table, table.this.sql(dialect=DIALECT))
            continue  # a function such as range() makes rows of its own
        name = table.name
        if table.db or not _is_name(name) or spelled.setdefault(name.lower(), name) != name:
            raise _no_input(cell, table, table.sql(dialect=DIALECT, comments=False))
        meta = table.this.meta
        quoted = bool(table.this.args.get("quoted"))
        yield Read(name, False, meta["line"], meta["start"] + quoted, meta["end"] + 1 - quoted)


def _params(cell: CellSource, tokens: list[Any]) -> Iterator[Read]:
    for sign, token in pairwise(tokens):
        if sign.token_type.name != "PARAMETER" or sign.end + 1 != token.start:
            continue
        if not _is_name(token.text):
            raise CellError(
                "DB105",
                (cell.ref.head(token.line), f"'${token.text}' is no name of a param."),
                hint="write $name, where %%params or another cell defines name.",
                names=[f"${token.text}"],
            )
        yield Read(token.text, True, token.line, token.start, token.end + 1)


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _no_input(cell: CellSource, table: Any, shown: str) -> CellError:
    line = table.this.meta.get("line", cell.first)
    return CellError(
        "DB105",
        (cell.ref.head(line), f"{shown} is no table of this dataflow."),
        hint="a table is an input or a node, under its own name; files are read in %%inputs.",
        names=[shown],
    )


def _no_sql(cell: CellSource, error: Any) -> CellError:
    """DB101 with the place that sqlglot tells."""
    told: dict[str, Any] = next(iter(getattr(error, "errors", ())), {})
    row = min(int(told.get("line") or cell.first), cell.placed.count("\n") + 1)
    what = str(told.get("description") or "a quote or a comment is not closed").rstrip(".").lower()
    near = str(told.get("highlight") or "")
    text = cell.placed.split("\n")[row - 1]
    end = min(int(told.get("col") or len(text)), len(text))
    start = max(end - len(near), 0) if near else 0
    frames = (f"  Cell {cell.label}, line {row}", f"    {text}", f"    {' ' * start}^")
    return CellError(
        "DB101",
        (cell.ref.subject(), f" is not valid SQL on line {row}: {what}{f' near {near!r}' if near else ''}."),
        hint="the dataflow is unchanged; correct the cell and run it again.",
        reason=f"{what}.",
        span=span(row - 1, start, max(end, start + 1)),
        frames=frames,
    )
