"""Faults of a pipeline file are what it cannot mean, each with its line; a file without any is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from kernel_magics.documents.conform import conform
from kernel_magics.documents.document import Document, Place, read_document
from kernel_magics.engine.errors import SourceError, did_you_mean
from kernel_magics.pipeline.schedule import read_schedule
from kernel_magics.pipeline.spec import Pipeline, is_day, make_pipeline, schema, sink_of
from kernel_magics.pipeline.template import MACROS, macros_in
from kernel_magics.sources.reference import is_reference, is_secret
from kernel_magics.sources.source import Sink, Source
from kernel_magics.tables.files import format_of

_FEAST: Final = {"feast", "view", "rows", "time", "python"}
_WAYS: Final = ({"path"}, {"sql", "url"}, {"table", "url"}, {"value"}, _FEAST)
_TABLES: Final = ("csv", "tsv", "parquet", "feather", "jsonl")
_CRON: Final = 'write five fields, such as "0 5 * * *" for every day at five.'


def read_pipeline(path: str | Path) -> Pipeline:
    """The pipeline of a file.

    Raises:
        SourceError: DB403 or DB461 where the file cannot be read; else the first of `faults`.
    """
    document = read_document(path)
    for error in faults(document):
        raise error
    return make_pipeline(document)


def faults(document: Document) -> list[SourceError]:
    """What a pipeline file cannot mean, in the order of lines.

    Returns:
        DB462 (keys, types), or where there are none DB463 (names), DB464 (contradictions), DB465 (secrets).
    """
    return conform(document, schema(), "DB462") or sorted(_faults(document), key=lambda error: error.line)


def _faults(document: Document) -> Iterator[SourceError]:
    data: Mapping[str, Any] = document.data
    try:
        read_schedule(data.get("schedule", ""))
    except ValueError as error:
        yield document.error("DB464", f"the schedule cannot be read: {error}.", ("schedule",), _CRON)
    if data.get("schedule") and data.get("after"):
        yield document.error(
            "DB464", "a pipeline has a schedule or comes after others, not both.", ("after",), "remove one."
        )
    yield from _dates(document)
    for place, said in _places(data):
        yield from _source_faults(document, place, said)
    yield from _param_faults(document)
    before: list[str] = []
    for name, said in data["stages"].items():
        place = ("stages", name)
        yield from _sink_faults(document, (*place, "write"), said.get("write"))
        if "publish" in said and not str(data["module"]).endswith(".ipynb"):
            hint = "publish an envelope of it with `dagbook publish`, and remove the key here."
            text = f"stage '{name}' publishes, and '{data['module']}' is no notebook."
            yield document.error("DB464", text, (*place, "publish"), hint)
        if "publish" in said and said.get("fitted", "compute") != "compute":
            hint = "remove one of them."
            text = f"stage '{name}' publishes what it learns, and reads what was learnt before."
            yield document.error("DB464", text, (*place, "publish"), hint)
        for number, other in enumerate(said.get("after", ())):
            if other not in before:
                hint = did_you_mean(other, before) or "a stage comes after those above it."
                text = f"stage '{name}' comes after '{other}', which is no stage above it."
                yield document.error("DB463", text, (*place, "after", number), hint)
        before.append(name)
    yield from _twice(document)


def _dates(document: Document) -> Iterator[SourceError]:
    try:
        dt.date.fromisoformat(document.data.get("start", "2026-01-31"))
    except ValueError as error:
        yield document.error("DB464", f"start is no day: {error}.", ("start",), "write it as 2026-01-31.")
    try:
        ZoneInfo(document.data.get("timezone", "UTC"))
    except (ValueError, OSError, KeyError):
        name = document.data["timezone"]
        yield document.error(
            "DB464", f"there is no time zone '{name}'.", ("timezone",), "write it as Europe/Berlin."
        )


def _places(data: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Every source of a file."""
    for name, said in data.get("inputs", {}).items():
        yield ("inputs", name), said
    for stage, of in data["stages"].items():
        for name, said in of.get("inputs", {}).items():
            yield ("stages", stage, "inputs", name), said


def _source_faults(document: Document, place: Place, said: Any) -> Iterator[SourceError]:
    if isinstance(said, str):
        said = {"path": said}
    keys = said.keys() - {"empty"}
    if keys not in _WAYS:
        hint = "write path, sql and url, table and url, value, or all of feast, view, rows, time and python."
        yield document.error("DB464", f"'{place[-1]}' has {', '.join(sorted(keys))}.", place, hint)
    yield from _url_faults(document, place, said)


def _sink_faults(document: Document, place: Place, said: Any) -> Iterator[SourceError]:
    if not isinstance(said, dict):
        return
    needed = {"path"} if "path" in said else {"sql", "url"}
    allowed = {"path", "time"} if "path" in said else {"sql", "url", "mode", "partition"}
    if not needed <= said.keys() <= allowed:
        hint = "write path, also with time; or sql (a table) and url, with mode and partition."
        yield document.error("DB464", f"write has {', '.join(said)}.", place, hint)
    elif "partition" in said and said.get("mode", "replace-partition") != "replace-partition":
        text = f"mode {said['mode']} has no partition."
        yield document.error("DB464", text, (*place, "partition"), "remove it, or use replace-partition.")
    elif "time" in said and format_of(said["path"]) not in _TABLES:
        text = f"'{said['path']}' is no file of one table, and has no time."
        yield document.error("DB464", text, (*place, "time"), "write to a file such as out/{day}.parquet.")
    yield from _url_faults(document, place, said)


def _url_faults(document: Document, place: Place, said: Mapping[str, Any]) -> Iterator[SourceError]:
    url = said.get("url", "")
    if is_secret(url):
        hint = "write url: env:NAME, and set that variable where the pipeline runs; or file:PATH."
        yield document.error("DB465", "a password stands in the file.", (*place, "url"), hint)
    elif url and not is_reference(url):
        hint = "write env:NAME, file:PATH, or a URL such as duckdb:///shop.duckdb."
        yield document.error("DB464", f"url '{url}' is no URL.", (*place, "url"), hint)


def _param_faults(document: Document) -> Iterator[SourceError]:
    data: Mapping[str, Any] = document.data
    whole = data.get("params", {})
    groups: list[tuple[Place, Mapping[str, Any]]] = [(("params",), whole)]
    groups += [(("stages", name, "params"), said.get("params", {})) for name, said in data["stages"].items()]
    for place, params in groups:
        for name, value in params.items():
            for macro in macros_in(value):
                if macro not in MACROS:
                    hint = did_you_mean(macro, MACROS) or f"the macros are {', '.join(MACROS)}."
                    yield document.error("DB463", f"there is no macro '{macro}'.", (*place, name), hint)
    days = [name for name, value in whole.items() if is_day(value)]
    if len(days) > 1:
        text = f"'{days[0]}' and '{days[1]}' are both the day of the run."
        yield document.error("DB464", text, ("params", days[1]), "keep one of them.")
    for at, names, known in _templates(data):
        for name in sorted(names - known):
            hint = did_you_mean(name, known) or "declare it in params."
            yield document.error("DB463", f"there is no param '{name}'.", at, hint)


def _templates(data: Mapping[str, Any]) -> Iterator[tuple[Place, set[str], set[str]]]:
    """Each entry that reads params: its place, the params that it reads, and those that there are."""
    whole = set(data.get("params", {}))
    for place, said in _places(data):
        stage = data["stages"][place[1]] if place[0] == "stages" else {}
        said = said if isinstance(said, dict) else {"path": said}
        names = Source(said.get("path", ""), said.get("sql", ""), rows=said.get("rows", "")).names()
        yield place, names, whole | set(stage.get("params", {}))
    for name, stage in data["stages"].items():
        said = stage.get("write", "")
        path = said if isinstance(said, str) else said.get("path", "")
        yield ("stages", name, "write"), Sink(path=path).names(), whole | set(stage.get("params", {}))


def _twice(document: Document) -> Iterator[SourceError]:
    """Two stages that write to the same place: the second would replace what the first wrote."""
    seen: dict[str, str] = {}
    for name, said in document.data["stages"].items():
        write = said.get("write")
        if write is None:
            continue
        if isinstance(write, dict) and not ({"path"} <= write.keys() or {"sql", "url"} <= write.keys()):
            continue  # a fault of its own
        sink = sink_of(write)
        key = sink.path.rstrip("/") or f"{sink.table} {sink.url}"
        if key in seen:
            text = f"stages '{seen[key]}' and '{name}' both write {sink.path or 'table ' + sink.table}."
            yield document.error("DB464", text, ("stages", name, "write"), "write to another place.")
        seen[key] = name
