"""Databases: a query becomes a frame, a frame becomes rows of a table, in one transaction.

DuckDB has its own way in; PostgreSQL is written with COPY; every other database is one of SQLAlchemy.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError, SourceError
from kernel_magics.sources.reference import reveal
from kernel_magics.sources.source import Sink, Source, escaped, parameters, shown, with_marks
from kernel_magics.tables.files import optional

LEDGER: Final = "dagbook_batches"
"""The table that says which batches were appended to a database."""
_DUCKDB: Final = "duckdb:///"
WAIT: Final = 60.0
"""Seconds for which a file of DuckDB that another process has is waited for."""
_PAUSE: Final = 0.05
_VECTOR: Final = 2048
"""Rows that DuckDB gives at once."""
_POSTGRES: Final = re.compile(r"^postgres(ql)?(\+\w+)?://")
_QUOTED: Final = re.compile(r"\w+://[^\s\"']*@[^\s\"']*|password\S*", re.I)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows that one stage writes for one day.

    Attributes:
        owner: the pipeline and the stage.
        day: of the run.
        column: that holds the day where the sink says none.
        known: when these rows are known, at the end of the day.
    """

    owner: str
    day: str
    column: str = "day"
    known: dt.datetime = dt.datetime.min


class Database(Protocol):
    """An open connection, in a transaction."""

    def read(self, query: str, params: Mapping[str, Any]) -> Any:
        """The frame that a query gives; its params are `:name`."""

    def batches(self, query: str, params: Mapping[str, Any], rows: int) -> Iterator[Any]:
        """The frames that a query gives, each with about so many rows; only one is in memory."""

    def do(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Do a statement; returns its rows."""

    def has(self, table: str) -> bool:
        """Whether there is a table."""

    def create(self, table: str, frame: Any) -> None:
        """Make a table with the columns of a frame."""

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""

    def insert(self, table: str, frame: Any) -> None:
        """Add rows."""

    def lock(self, table: str) -> None:
        """Keep other writers of the table out until the transaction ends."""


def query(source: Source, params: Mapping[str, Any], folder: Path) -> Any:
    """The rows of a query or a table, as a frame of pandas.

    Raises:
        DataflowError: DB465 or DB466, DB003 where a library is not installed.
    """
    with opened(source.url, folder, writes=False) as database:
        return database.read(*_asked(source, params))


def batches(source: Source, params: Mapping[str, Any], folder: Path, rows: int) -> Iterator[Any]:
    """The rows of a query or a table, as frames of pandas of which only one is in memory; see `query`."""
    with opened(source.url, folder, writes=False) as database:
        yield from database.batches(*_asked(source, params), rows)


def _asked(source: Source, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The query of a source, and the params that it reads."""
    if source.table:
        return f"select * from {_table(source.table)}", {}
    return source.sql, {name: params[name] for name in parameters(source.sql)}


def store(sink: Sink, table: Any, folder: Path, batch: Batch) -> int:
    """Write rows in one transaction; returns how many.

    Raises:
        DataflowError: DB352 where other rows of that day were appended, DB465, DB466.
    """
    frame = plain_frame(table)
    name = _table(sink.table)
    with opened(sink.url, folder) as database:
        database.lock(sink.table)
        if sink.mode == "append" and _is_appended(database, sink, frame, batch):
            return len(frame)
        if sink.mode == "replace-partition":
            column = sink.partition or batch.column
            frame = _with_partition(frame, column, batch, sink)
        if sink.mode == "replace" and database.has(sink.table):
            database.do(f"drop table {name}", {})
        if not database.has(sink.table):
            database.create(sink.table, frame)
        elif set(database.columns(sink.table)) != set(frame.columns):
            raise _other_columns(sink, database.columns(sink.table), list(frame.columns))
        if sink.mode == "replace-partition":
            database.do(f"delete from {name} where {_name(column)} = :day", {"day": batch.day})
        if len(frame):
            database.insert(sink.table, frame[database.columns(sink.table)])
    return len(frame)


def _with_partition(frame: Any, column: str, batch: Batch, sink: Sink) -> Any:
    """The frame with the column of the partition, whose only value is the day."""
    if column not in frame.columns:
        return frame.assign(**{column: batch.day})
    days = sorted(set(frame[column].astype("str").str.slice(0, 10)))
    if days and days != [batch.day]:
        raise RunError(
            "DB354",
            f"column '{column}' holds {', '.join(days[:3])}; the partition of '{sink.table}' is {batch.day}.",
            hint="write only rows of the day, or name another column in partition.",
        )
    return frame.assign(**{column: batch.day})


def _is_appended(database: Database, sink: Sink, frame: Any, batch: Batch) -> bool:
    """Whether these rows were appended before; if not, note that they are now."""
    digest = hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
    if not database.has(LEDGER):
        kinds = "owner varchar(200), target varchar(200), day varchar(40), digest varchar(64)"
        database.do(f"create table {LEDGER} ({kinds}, primary key (owner, target, day))", {})
    key = {"owner": batch.owner, "target": sink.table, "day": batch.day}
    found = database.do(
        f"select digest from {LEDGER} where owner = :owner and target = :target and day = :day", key
    )
    if not found:
        values = {**key, "digest": digest}
        database.do(f"insert into {LEDGER} values (:owner, :target, :day, :digest)", values)
        return False
    if found[0][0] != digest:
        raise RunError(
            "DB352",
            f"other rows of {batch.day} were appended to '{sink.table}' before.",
            hint="remove them by hand, or write with mode: replace-partition.",
        )
    return True


def _other_columns(sink: Sink, there: list[str], new: list[str]) -> SourceError:
    gone, more = sorted(set(there) - set(new)), sorted(set(new) - set(there))
    said = [f"'{name}' is not written" for name in gone] + [f"'{name}' is not in the table" for name in more]
    return SourceError(
        "DB466",
        f"table '{sink.table}' has other columns: {', '.join(said[:4])}.",
        hint="change the table, or write to another one; nothing was changed.",
    )


def plain_frame(table: Any) -> Any:
    """A frame of pandas whose index, unless it only numbers the rows, is columns."""
    pandas = optional("pandas", "databases")
    if hasattr(table, "to_pandas"):
        table = table.to_pandas()
    if isinstance(table, pandas.Series):
        table = table.to_frame("value" if table.name is None else str(table.name))
    if not (isinstance(table.index, pandas.RangeIndex) and table.index.name is None):
        table = table.reset_index()
    return table.set_axis([str(label) for label in table.columns], axis=1)


def _table(name: str) -> str:
    return ".".join(map(_name, name.split(".")))


def _name(word: str) -> str:
    """A quoted name; those of tables and columns may be any words."""
    quoted = word.replace('"', '""')
    return f'"{quoted}"'


# -- connections -------------------------------------------------------------------------------------------


@bracket
def opened(url: str, folder: Path, writes: bool = True) -> Iterator[Database]:
    """A connection, in a transaction that is undone when anything fails.

    Args:
        url: or a reference to it.
        folder: where relative paths start.

    Raises:
        DataflowError: DB465 or DB466, DB003.
    """
    whole = reveal(url, folder)
    try:
        with (
            _duckdb(whole, folder, writes) if whole.startswith(_DUCKDB) else _alchemy(whole, folder) as found
        ):
            yield found
    except DataflowError:
        raise
    except Exception as error:  # each driver has errors of its own
        if type(error).__module__.partition(".")[0] not in _DRIVERS:
            raise
        said = _QUOTED.sub("…", next(iter(str(getattr(error, "orig", error)).splitlines()), ""))
        raise SourceError(
            "DB466",
            f"database {shown(url)}: {said.replace(whole, '…').rstrip('.')}.",
            hint="nothing was changed there.",
        ) from None


_DRIVERS: Final = {"sqlalchemy", "psycopg", "duckdb", "_duckdb", "sqlite3", "pymysql", "pandas"}


@bracket
def _duckdb(url: str, folder: Path, writes: bool) -> Iterator[Database]:
    library = optional("duckdb", "DuckDB databases")
    path = folder / url.removeprefix(_DUCKDB)
    connection = _connected(library, path, writes)
    try:
        connection.begin()
        yield Duck(connection)
        connection.commit()
    finally:
        connection.close()  # undoes what was not committed


def _connected(library: Any, path: Path, writes: bool) -> Any:
    """A connection to a file of DuckDB, which one process at a time can write: another one is waited for."""
    end = time.monotonic() + WAIT
    while True:
        try:
            return library.connect(str(path), read_only=not writes)
        except library.IOException as error:
            if "lock" not in str(error).lower() or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


class Duck:
    """A connection to DuckDB; see `Database`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read(self, query: str, params: Mapping[str, Any]) -> Any:
        """See `Database.read`."""
        return self._connection.execute(with_marks(query, lambda name: f"${name}"), dict(params)).df()

    def batches(self, query: str, params: Mapping[str, Any], rows: int) -> Iterator[Any]:
        """See `Database.batches`."""
        done = self._connection.execute(with_marks(query, lambda name: f"${name}"), dict(params))
        while len(frame := done.fetch_df_chunk(max(1, rows // _VECTOR))):
            yield frame

    def do(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """See `Database.do`."""
        done = self._connection.execute(with_marks(statement, lambda name: f"${name}"), dict(params))
        return list(done.fetchall())

    def has(self, table: str) -> bool:
        """See `Database.has`."""
        schema, _, name = table.rpartition(".")
        rows = self.do(
            "select 1 from information_schema.tables where table_name = :name and table_schema = :schema",
            {"name": name, "schema": schema or "main"},
        )
        return bool(rows)

    def create(self, table: str, frame: Any) -> None:
        """See `Database.create`."""
        self._with(frame, f"create table {_table(table)} as select * from dagbook_rows limit 0")

    def columns(self, table: str) -> list[str]:
        """See `Database.columns`."""
        return [row[1] for row in self.do(f"pragma table_info('{table}')", {})]

    def insert(self, table: str, frame: Any) -> None:
        """See `Database.insert`."""
        self._with(frame, f"insert into {_table(table)} select * from dagbook_rows")

    def lock(self, table: str) -> None:
        """See `Database.lock`; a file of DuckDB has one writer."""

    def _with(self, frame: Any, statement: str) -> None:
        self._connection.register("dagbook_rows", frame)
        try:
            self._connection.execute(statement)
        finally:
            self._connection.unregister("dagbook_rows")


@bracket
def _alchemy(url: str, folder: Path) -> Iterator[Database]:
    library = optional("sqlalchemy", "databases")
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = f"sqlite:///{(folder / url.removeprefix('sqlite:///')).absolute()}"
    postgres = bool(_POSTGRES.match(url))
    if postgres:
        url = _POSTGRES.sub("postgresql+psycopg://", url, count=1)
        optional("psycopg", "PostgreSQL databases")
    engine = library.create_engine(url, poolclass=library.pool.NullPool)
    with engine.begin() as connection:
        yield (Postgres if postgres else Alchemy)(library, connection)


class Alchemy:
    """A connection of SQLAlchemy; see `Database`."""

    def __init__(self, library: Any, connection: Any) -> None:
        self._library, self._connection = library, connection

    def read(self, query: str, params: Mapping[str, Any]) -> Any:
        """See `Database.read`."""
        pandas = optional("pandas", "databases")
        done = self._connection.execute(self._library.text(escaped(query)), dict(params))
        rows = done.fetchall()
        return pandas.DataFrame([tuple(row) for row in rows], columns=list(done.keys()))

    def batches(self, query: str, params: Mapping[str, Any], rows: int) -> Iterator[Any]:
        """See `Database.batches`."""
        pandas = optional("pandas", "databases")
        streamed = self._connection.execution_options(stream_results=True, max_row_buffer=rows)
        done = streamed.execute(self._library.text(escaped(query)), dict(params))
        for some in done.partitions(rows):
            yield pandas.DataFrame([tuple(row) for row in some], columns=list(done.keys()))

    def do(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """See `Database.do`."""
        done = self._connection.execute(self._library.text(statement), dict(params))
        return [tuple(row) for row in done.fetchall()] if done.returns_rows else []

    def has(self, table: str) -> bool:
        """See `Database.has`."""
        schema, _, name = table.rpartition(".")
        return bool(self._library.inspect(self._connection).has_table(name, schema=schema or None))

    def create(self, table: str, frame: Any) -> None:
        """See `Database.create`."""
        schema, _, name = table.rpartition(".")
        frame.head(0).to_sql(name, self._connection, schema=schema or None, index=False)

    def columns(self, table: str) -> list[str]:
        """See `Database.columns`."""
        schema, _, name = table.rpartition(".")
        found = self._library.inspect(self._connection).get_columns(name, schema=schema or None)
        return [column["name"] for column in found]

    def insert(self, table: str, frame: Any) -> None:
        """See `Database.insert`."""
        schema, _, name = table.rpartition(".")
        frame.to_sql(name, self._connection, schema=schema or None, index=False, if_exists="append")

    def lock(self, table: str) -> None:
        """See `Database.lock`; what the database itself does must do here."""


class Postgres(Alchemy):
    """A connection to PostgreSQL, with its fast ways in and out."""

    def insert(self, table: str, frame: Any) -> None:
        """See `Database.insert`: rows go through COPY."""
        plain = frame.astype(object).where(frame.notna(), None)
        names = ", ".join(map(_name, frame.columns))
        with self._connection.connection.cursor().copy(f"copy {_table(table)} ({names}) from stdin") as way:
            for row in plain.itertuples(index=False, name=None):
                way.write_row(row)

    def lock(self, table: str) -> None:
        """See `Database.lock`."""
        self.do("select pg_advisory_xact_lock(hashtext(:name))", {"name": f"dagbook {table}"})
