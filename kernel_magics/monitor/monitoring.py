"""Monitoring compares what a service saw with what its envelope was made from; the result is evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kernel_magics.engine.errors import DataflowError
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.monitor.labels import Labels
from kernel_magics.monitor.lines import Skipped, read_lines
from kernel_magics.monitor.tally import Row, Tally
from kernel_magics.quality.baseline import read_baseline
from kernel_magics.quality.drift import Shift, drift, worst_first
from kernel_magics.quality.limits import Limits
from kernel_magics.quality.profile import Profile, profile


@dataclass(frozen=True)
class Monitored:
    """What a log tells about an envelope.

    Attributes:
        shifts: drift of inputs and outputs from the baseline, the worst first.
        metrics: of the rows that have labels.
        labelled: their number.
        notes: what could not be told, and why.
    """

    digest: str
    name: str
    tally: Tally
    skipped: Skipped
    shifts: tuple[Shift, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    labelled: int = 0
    notes: tuple[str, ...] = ()

    def evidence(self) -> dict[str, Any]:
        """The evidence for rules; what is not known is not in it."""
        tally = self.tally
        monitor: dict[str, Any] = {"requests": tally.requests, "rows": tally.rows}
        found: dict[str, Any] = {"envelope": self.digest, "monitor": monitor}
        if not tally.requests:
            return found
        monitor |= {
            "errors": tally.errors,
            "error_rate": tally.errors / tally.requests,
            "warned_rate": tally.warned / tally.requests,
            "p50": round(tally.latency(0.5), 6),
            "p99": round(tally.latency(0.99), 6),
        }
        if self.metrics:
            monitor |= {"labelled": self.labelled, "metrics": dict(self.metrics)}
        answered = tally.statuses["200"]
        if answered and not tally.unchecked:
            most = max(tally.checks.values(), default=0)
            found["checks"] = {"failed": len(tally.checks), "failed_rate": most / answered}
        for measure in ("psi", "ks", "nulls", "new"):
            values = [shift.value for shift in self.shifts if shift.measure == measure]
            if values:
                found.setdefault("drift", {})[f"max_{measure}"] = round(max(values), 6)
        if self.shifts:
            levels = [shift.level for shift in self.shifts]
            found["drift"] |= {"failed": levels.count("fail"), "warned": levels.count("warn")}
        return found


def monitor(log: Path, envelope: Envelope, labels: Path | None = None, on: str = "request_id") -> Monitored:
    """Read a log and compare it with the baseline of an envelope.

    Args:
        labels: a table with what has come true for requests.
        on: its column with their ids.

    Raises:
        SourceError: DB403, DB571 (no log of a service), DB572 (labels that cannot be used).
    """
    tally, skipped = Tally(), Skipped()
    known = Labels.read(labels, on) if labels is not None else None
    for entry in read_lines(log, envelope.digest, skipped):
        tally.add(entry)
        if known is not None:
            known.match(entry)
    notes: list[str] = []
    shifts = tuple(_shifts(envelope, tally, notes))
    metrics = known.metrics(envelope, notes) if known is not None else {}
    if tally.unchecked:
        notes.append("lines of an older service do not tell which checks failed.")
    return Monitored(
        envelope.digest,
        envelope.name,
        tally,
        skipped,
        shifts,
        metrics,
        known.count if known is not None else 0,
        tuple(notes),
    )


def _shifts(envelope: Envelope, tally: Tally, notes: list[str]) -> list[Shift]:
    """Drift of the sampled rows and their outputs, the worst first."""
    path = envelope.path / "baseline.json"
    if not tally.sample or not path.is_file():
        return []
    before = read_baseline(path)
    found: list[Shift] = []
    for name, after in (*_inputs(envelope, tally.sample, notes), *_outputs(envelope, tally.sample)):
        if name in before:
            found += [
                shift for shift in drift(name, before[name], after, Limits()) if shift.measure != "rows"
            ]
    return worst_first(found)


def _inputs(envelope: Envelope, sample: list[Row], notes: list[str]) -> list[tuple[str, Profile]]:
    form = envelope.form
    if form.kind not in ("frame", "columns"):
        notes.append("inputs that are no rows of a table are not compared with the baseline.")
        return []
    try:
        (given,) = form.read([dict(row) for row, _ in sample], {})
    except DataflowError as error:
        notes.append(f"inputs are not compared with the baseline: {error.message}")
        return []
    except Exception as error:
        notes.append(f"inputs are not compared with the baseline: {error}")
        return []
    return [(name, profile(value)) for name, value in given.items()]


def _outputs(envelope: Envelope, sample: list[Row]) -> list[tuple[str, Profile]]:
    found = []
    for name in envelope.outputs:
        values = [outputs[name] for _, outputs in sample if name in outputs]
        if values and not any(isinstance(value, dict | list) for value in values):
            found.append((name, profile(pd.Series(values, name=name))))
        elif values and all(isinstance(value, dict) for value in values):
            found.append((name, profile(pd.DataFrame(values))))
    return found
