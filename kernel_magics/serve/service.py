"""A service answers requests with an envelope: outputs, and warnings where rows are unlike its samples."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.envelope.shipped.request import Form, as_json, plain_value
from kernel_magics.quality.baseline import read_baseline
from kernel_magics.serve.rows import quick_rows
from kernel_magics.tables.values import expect

if TYPE_CHECKING:
    from kernel_magics.flow.one_row import OneRow
    from kernel_magics.serve.one_row import Alone

_SHOWN = 20  # warnings of one answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gets.

    Attributes:
        outputs: by name, as JSON has them.
        warnings: values outside the training range, and checks that do not hold.
        failed: the checks of severity fail among them.
    """

    outputs: Mapping[str, Any]
    warnings: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Service:
    """An envelope that answers requests, one at a time.

    Raises:
        UsageError: DB551 where a row alone has not the outputs that it has among others.
    """

    def __init__(self, envelope: Envelope) -> None:
        rows = envelope.record["rows"]
        if rows["alone"] is False:
            raise UsageError(
                "DB551",
                f"'{envelope.path}' cannot be served by rows: {rows['reason']}.",
                hint="make what needs other rows a fitted node, or run it on files with `dagbook run`.",
            )
        self.envelope = envelope
        self._ranges = dict(_ranges(envelope))
        self._params = {
            item["name"]: expect(*envelope.flow.declared(item["name"])) for item in envelope.record["params"]
        }
        self._quick = quick_rows(envelope.form)
        self._checks = tuple(envelope.guards)
        example = _example(envelope).get("rows")
        sample = self._quick(example) if self._quick is not None and example else None
        compiled: Any = envelope.flow.compile([*envelope.outputs, *self._checks], one_row=sample)
        self._alone = _alone(envelope.form, compiled.one_row)
        self._compiled = compiled if self._alone is None else compiled.one_row.plain
        taken = inspect.signature(compiled).parameters.values()
        self._taken = frozenset(one.name for one in taken)
        self._needed = frozenset(one.name for one in taken if one.default is one.empty)

    @property
    def by_pandas(self) -> Mapping[str, str]:
        """The nodes that need pandas even for one row, each with why."""
        return {} if self._alone is None else self._alone.reasons

    def warm(self) -> None:
        """Answer the example, since the first answer takes longest."""
        example = _example(self.envelope)
        if example:
            self.answer(**example)

    def answer(self, rows: Any = None, inputs: Mapping[str, Any] | None = None, params: Any = None) -> Reply:
        """The outputs for rows, or for inputs by name.

        Raises:
            Exception: the problem DB408 or DB321 where a value does not fit; what a run raises.
        """
        envelope, form = self.envelope, self.envelope.form
        given = {name: plain_value(name, value, self._params[name]) for name, value in (params or {}).items()}
        if self._alone is not None and rows and len(rows) == 1 and not inputs:
            alone = self._alone.answer(rows[0], given)
            if alone is not None:
                outputs = {name: alone[name] for name in envelope.outputs}
                return Reply(outputs, [*self._outside(rows, {})][:_SHOWN])
        notes: dict[str, None] = {}
        failed: dict[str, None] = {}
        quick = self._quick(rows) if self._quick is not None and rows and not inputs else None
        runs = form.read(rows, inputs or {}) if quick is None else [quick]
        found = [self._run({**values, **given}) for values in runs]
        for result in (result for _, results in found for result in results):
            for item in result.failed:
                text = f"{result.subject}: {item.message}"
                notes[text] = None
                if result.severity == "fail":
                    failed[text] = None
        said = [*self._outside(rows or [], inputs or {}), *notes]
        outputs = {name: as_json(found[0][0][name]) for name in envelope.outputs}
        if form.kind == "values":
            outputs = {name: [as_json(run[name]) for run, _ in found] for name in envelope.outputs}
        return Reply(outputs, said[:_SHOWN], list(failed)[:_SHOWN])

    def _run(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[CheckResult]]:
        """The outputs, and the results of the checks on what they need.

        Raises:
            Exception: what a run raises.
        """
        outputs = self.envelope.outputs
        if self._needed <= values.keys() <= self._taken:
            found = self._compiled(**values)
            return found, [found[name] for name in self._checks]
        results: list[CheckResult] = []  # an input is missing, or a param chooses other variants

        def note(event: Event) -> None:
            if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                results.append(event.value)

        flow, declared = self.envelope.flow, self._params.keys()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="DB302")
            found = flow.run(
                outputs,
                inputs={name: value for name, value in values.items() if name not in declared},
                params={name: value for name, value in values.items() if name in declared},
                checks="warn",
                on_event=note,
            )
        return found, results

    def _outside(self, rows: list[dict[str, Any]], inputs: Mapping[str, Any]) -> Iterator[str]:
        """Values that are smaller or larger than all that the envelope was made from."""
        for name, (low, high) in self._ranges.items():
            for number, row in enumerate([*rows, inputs]):
                value = row.get(name)
                if isinstance(value, int | float) and not low <= value <= high:
                    place = f" of row {number}" if number < len(rows) else ""
                    yield f"'{name}'{place} is {value:g}, outside of the training range {low:g} to {high:g}"


def _alone(form: Form, run: OneRow | None) -> Alone | None:
    """What answers one row without pandas, as far as that was shown to be the same."""
    if run is None:
        return None
    from kernel_magics.serve.one_row import one_row  # noqa: PLC0415  # envelopes of plain values need no pandas

    return one_row(form, run)


def _ranges(envelope: Envelope) -> Iterator[tuple[str, tuple[float, float]]]:
    """The least and the largest value of each number of the inputs, by the field of a request."""
    profiles = read_baseline(envelope.path / "baseline.json")
    for name in envelope.form.expected:
        for column in profiles[name].columns if name in profiles else ():
            field_name = column.name if envelope.form.kind == "frame" else name
            if column.quantiles and column.kind == "number":
                low, high = column.quantiles[0], column.quantiles[-1]
                if low is not None and high is not None:
                    yield field_name, (low, high)


def _example(envelope: Envelope) -> dict[str, Any]:
    path = envelope.path / "example.json"
    if not path.is_file():
        return {}
    request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["request"]
    return request
