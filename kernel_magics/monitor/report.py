"""The report of a log: volumes, latency, warnings, drift and metrics, as text and as one page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kernel_magics.engine.values.figures import percent
from kernel_magics.monitor.monitoring import Monitored
from kernel_magics.quality.page import Marked, page, table
from kernel_magics.tables.plural import plural

_CLASSES = {"fail": "bad", "warn": "warn", "ok": "good"}


def told(found: Monitored) -> Iterator[str]:
    """The report in lines."""
    tally = found.tally
    size = f"{plural(tally.requests, 'request')}, {plural(tally.rows, 'row')}"
    yield f"{found.name} ({found.digest[:12]}): {size}"
    if found.skipped.others or found.skipped.damaged:
        damaged = plural(found.skipped.damaged, "damaged line")
        yield f"  left out: {found.skipped.others} of other envelopes, {damaged}"
    if tally.requests:
        yield f"  from {tally.first} to {tally.last}"
        yield (
            f"  {tally.errors} failed, {percent(tally.warned / tally.requests)} warned; "
            f"median {tally.latency(0.5) * 1000:.3g} ms, p99 {tally.latency(0.99) * 1000:.3g} ms"
        )
    for name, count in tally.checks.most_common(10):
        yield f"  check {name} fails in {plural(count, 'request')}"
    for shift in found.shifts[:10]:
        if shift.level != "ok":
            yield f"  drift {shift.level}: {shift.name} {shift.text}"
    for name, value in found.metrics.items():
        yield f"  {name} = {value:.6g} ({plural(found.labelled, 'row')} with labels)"
    for note in found.notes:
        yield f"  note: {note}"


def html(found: Monitored) -> str:
    """The report as a page that loads nothing."""
    tally = found.tally
    numbers = [
        ("Envelope", found.digest),
        ("Requests", str(tally.requests)),
        ("Rows", str(tally.rows)),
        ("From", tally.first),
        ("To", tally.last),
        ("Lines of other envelopes", str(found.skipped.others)),
        ("Damaged lines", str(found.skipped.damaged)),
    ]
    if tally.requests:
        numbers += [
            ("Failed", str(tally.errors)),
            ("Warned", percent(tally.warned / tally.requests)),
            ("Median latency", f"{tally.latency(0.5) * 1000:.3g} ms"),
            ("99 % within", f"{tally.latency(0.99) * 1000:.3g} ms"),
        ]
    parts = [table(("Requests", ""), numbers)]
    parts += _counts("Status", tally.statuses.items())
    parts += _counts("Failing check", tally.checks.most_common())
    parts += _counts("Warning", tally.warnings.most_common(50))
    if found.shifts:
        rows = [
            (
                Marked(item.level, _CLASSES[item.level]),
                item.name,
                item.measure,
                f"{item.value:.4g}",
                item.text,
            )
            for item in found.shifts
        ]
        parts.append(table(("Drift", "Column", "Measure", "Value", ""), rows))
    if found.metrics:
        metrics = ((name, f"{value:.6g}") for name, value in found.metrics.items())
        parts.append(table(("Metric", f"{plural(found.labelled, 'row')} with labels"), metrics))
    parts += _counts("Hour", sorted(tally.hours.items()))
    if found.notes:
        parts.append(table(("Notes",), ((note,) for note in found.notes)))
    return page(f"{found.name} in production", "\n".join(parts))


def _counts(heading: str, items: Iterable[tuple[str, int]]) -> Iterator[str]:
    rows = [(name, Marked(str(count), "number")) for name, count in items]
    if rows:
        yield table((heading, "Requests"), rows)
