"""Samples from production: rows of a service's log, in the types of the samples that a notebook has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import SourceError, quoted
from kernel_magics.engine.source.cover import PRIVATE
from kernel_magics.envelope.example import make_request
from kernel_magics.envelope.shipped.request import Form, form_of
from kernel_magics.monitor.labels import Labels
from kernel_magics.monitor.lines import Skipped, read_lines, rows_of
from kernel_magics.monitor.reservoir import Reservoir
from kernel_magics.registry.expression import Expression, Value
from kernel_magics.tables.plural import plural
from kernel_magics.tables.schema import is_table, schema_of
from kernel_magics.tables.values import expect

Entry = Mapping[str, Any]
_MOST: Final = 5  # names listed in a message


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are taken.

    Attributes:
        rows: the most of them; if there are more, an even choice.
        where: what must hold for a row; it reads its fields by name, `outputs.NAME`, and of its request
            `time` and `warned`.
        labels: what has come true for rows; then only rows with labels are taken.
    """

    rows: int = 1000
    where: Expression | None = None
    labels: Labels | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """New samples of inputs.

    Attributes:
        values: by input.
        rows: how many rows they have.
        first: the time of the first request among them.
        last: the time of the last one.
        notes: what a person should know.
    """

    values: Mapping[str, Any]
    rows: int
    first: str
    last: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a request.

    Attributes:
        key: the id of its request, and its number there.
        beside: inputs that its request gives by name.
    """

    key: tuple[str, int]
    time: str
    fields: dict[str, Any]
    beside: Mapping[str, Any]


def read_samples(
    log: Path, samples: Mapping[str, Any], wanted: Wanted, disguised: Callable[[], Mapping[str, Any]]
) -> Samples:
    """Read samples from a log.

    Args:
        samples: those that the inputs have now; what is read gets their types.
        disguised: gives them with fakes in place of what is private, which the log does not have.

    Raises:
        SourceError: DB403, DB571 (no log of a service), DB573 (requests that do not fit these inputs).
        Exception: the problem DB408 or DB321 where a value does not fit its input.
    """
    choice, last = Reservoir[_Row](wanted.rows), None
    for entry in read_lines(log, None, Skipped()):
        if entry["status"] != 200 or not isinstance(entry.get("inputs"), dict):
            continue
        last = entry
        for number, fields in enumerate(rows_of(entry)):
            if _is_wanted(entry, number, fields, wanted):
                key = str(entry["id"]), number
                choice.add(_Row(key, str(entry.get("time", "")), fields, _beside(entry)))
    if last is None:
        raise _unfit(log, "no request in it was answered", "ask the service something first.")
    if not rows_of(last):
        return _by_name(log, last, samples)
    if not choice.items:
        raise _unfit(log, "no row of it is wanted", "ask for other rows with --where, or give more labels.")
    rows = sorted(choice.items, key=lambda row: (row.time, row.key))
    return _by_rows(log, rows, samples, wanted.labels, disguised)


def _is_wanted(entry: Entry, number: int, row: Mapping[str, Any], wanted: Wanted) -> bool:
    if wanted.labels is not None and (str(entry["id"]), number) not in wanted.labels.places:
        return False
    return wanted.where is None or wanted.where.holds(_facts(entry, number, row)) is True


def _facts(entry: Entry, number: int, row: Mapping[str, Any]) -> dict[str, Value]:
    """What a condition may read about a row."""
    found = {"time": entry.get("time"), "warned": bool(entry.get("warnings")), **row}
    outputs = entry.get("outputs")
    for name, values in outputs.items() if isinstance(outputs, dict) else ():
        if isinstance(values, list) and number < len(values):
            found[f"outputs.{name}"] = values[number]
    return {name: value for name, value in found.items() if isinstance(value, bool | int | float | str)}


def _by_rows(
    log: Path,
    rows: list[_Row],
    samples: Mapping[str, Any],
    labels: Labels | None,
    disguised: Callable[[], Mapping[str, Any]],
) -> Samples:
    """Samples of inputs that requests give as rows."""
    beside, count, notes = rows[-1].beside, len(rows), []
    rows = [row for row in rows if row.beside == beside]
    if len(rows) < count:
        other = plural(count - len(rows), "row")
        notes.append(f"left out: {other} for which {quoted(list(beside))} had another value.")
    names = [*_inputs_of(log, list(rows[-1].fields), samples), *(name for name in beside if name in samples)]
    form = form_of({name: expect(None, samples[name]) for name in names})
    if form.kind == "values":
        rows = rows[-1:]
        notes.append(f"{quoted(names)}: the values of the last request.")
    given = [dict(row.fields) for row in rows]
    hidden = sorted({key for row in given for key, value in row.items() if value == PRIVATE})
    if hidden:
        notes.append(f"{quoted(hidden)}: private, so that the log has no values; these are fakes.")
        _fill(given, hidden, make_request(form, disguised(), 1000)["rows"])
    values = dict(form.read(given, beside)[-1])
    values |= _labelled(log, rows, samples, labels, values)
    _refuse_old_rows(log, values, samples)
    return Samples(values, len(rows), rows[0].time, rows[-1].time, tuple(notes))


def _beside(entry: Entry) -> dict[str, Any]:
    """Inputs that a request gives by name."""
    found = entry["inputs"].get("inputs")
    return dict(found) if isinstance(found, dict) else {}


def _inputs_of(log: Path, fields: list[str], samples: Mapping[str, Any]) -> list[str]:
    """The inputs that rows with these fields are about."""
    if all(name in samples for name in fields):
        return fields
    found = []
    for name, value in samples.items():
        schema = schema_of(value)
        if schema is None or not schema.columns or schema.kind.endswith(("Series", "array")):
            continue
        levels = [level for level in schema.index if level.name is not None]
        if {str(column.name) for column in (*levels, *schema.columns)} == set(fields):
            found.append(name)
    if len(found) == 1:
        return found
    shown = quoted(fields[:_MOST])
    reason = f"its rows have the fields {shown}, and no input has just these columns"
    if found:
        reason = f"its rows have the fields {shown}, as {quoted(found)} have"
    raise _unfit(log, reason, "use the log of a service that this notebook was exported for.")


def _fill(rows: list[dict[str, Any]], names: list[str], old: Any) -> None:
    """Give rows the values of other rows under these names."""
    for number, row in enumerate(rows):
        for name in names:
            row[name] = old[number % len(old)][name]


def _labelled(
    log: Path, rows: list[_Row], samples: Mapping[str, Any], labels: Labels | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Samples of the inputs that labels give."""
    if labels is None:
        return {}
    names = [name for name in samples if name in labels.table and name not in given]
    if not names:
        columns = quoted([str(name) for name in labels.table.columns][:_MOST])
        raise _unfit(
            log,
            f"the labels have {columns}, and no input is missing that has such a name",
            "rename a column.",
        )
    found = labels.table[names].iloc[[labels.places[row.key] for row in rows]].to_dict("records")
    form = form_of({name: expect(None, samples[name]) for name in names})
    return dict(form.read(found, {})[-1])


def _by_name(log: Path, entry: Entry, samples: Mapping[str, Any]) -> Samples:
    """The inputs of one request, which have rows of their own."""
    given = {name: value for name, value in _beside(entry).items() if name in samples}
    if not given:
        raise _unfit(log, "its requests name no input of this notebook", "use the log of its own service.")
    kinds = {name: expect(None, samples[name]) for name in given}
    values = Form("inputs", kinds).read(None, given)[-1]
    rows = max((len(value) for value in values.values() if is_table(value)), default=1)
    time = str(entry.get("time", ""))
    return Samples(
        values, rows, time, time, ("inputs have rows of their own: they are those of the last request.",)
    )


def _refuse_old_rows(log: Path, values: Mapping[str, Any], samples: Mapping[str, Any]) -> None:
    """Refuse to leave an input as it is whose rows belong to those that are replaced."""
    lengths = {len(samples[name]) for name in values if is_table(samples[name])}
    left = [
        name
        for name, value in samples.items()
        if name not in values and is_table(value) and len(value) in lengths and len(value) > 1
    ]
    if left:
        raise _unfit(
            log,
            f"{quoted(left)} has a value for each row of {quoted(list(values))}, and requests have none",
            "give what has come true with --labels FILE --on request_id, in a column of that name.",
        )


def _unfit(log: Path, reason: str, hint: str) -> SourceError:
    return SourceError("DB573", f"'{log}' gives no samples: {reason}.", hint=hint)
