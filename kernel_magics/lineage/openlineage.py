"""OpenLineage events of a production run: datasets read and written, column by column, and results of
checks.

Made with the `openlineage-python` client, the extra `dagbook[lineage]`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

from openlineage.client import OpenLineageClient, set_producer
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    data_quality_metrics_input_dataset,
    error_message_run,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
    test_run,
)
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.lineage.columns import Origin
from kernel_magics.lineage.shape import ALL, INDEX, Sources
from kernel_magics.quality.profile import ColumnProfile, Profile

PRODUCER: Final = "https://pypi.org/project/dagbook"
_RETRY: Final = {"total": 1, "backoff_factor": 0.1, "allowed_methods": ["POST"]}


@dataclass(frozen=True)
class Dataset:
    """A dataset that was read or written: its location, and the node's name in the dataflow."""

    namespace: str
    name: str
    node: str = ""


@dataclass(frozen=True)
class RunFacts:
    """The content of a run's events.

    Attributes:
        job: name of the notebook or module.
        origins: the origins of the columns of each output.
        profiles: of the inputs, by node, and of the output under "".
        checks: results, each with the node that it tests.
    """

    job: str
    namespace: str
    inputs: Sequence[Dataset]
    output: Dataset
    origins: Mapping[str, Origin]
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    checks: Sequence[CheckResult] = ()


class Emitter:
    """Sends the events of one run to a file (one JSON object a line) or to an HTTP endpoint."""

    def __init__(self, target: str) -> None:
        set_producer(PRODUCER)
        self._run = str(generate_new_uuid())
        transport: Any
        if target.startswith(("http://", "https://")):
            transport = HttpTransport(HttpConfig(url=target, timeout=5.0, retry=_RETRY))
        else:
            transport = FileTransport(FileConfig(log_file_path=target, append=True))
        self._client = OpenLineageClient(transport=transport)

    def start(self, facts: RunFacts) -> None:
        """Send the start of the run."""
        self._emit(facts, RunState.START)

    def complete(self, facts: RunFacts) -> None:
        """Send the completion of the run, with the written output."""
        self._emit(facts, RunState.COMPLETE)

    def fail(self, facts: RunFacts, message: str) -> None:
        """Send the failure of the run."""
        error = error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="python")
        self._emit(facts, RunState.FAIL, {"errorMessage": error})

    def _emit(self, facts: RunFacts, state: RunState, facets: Mapping[str, Any] | None = None) -> None:
        engine = processing_engine_run.ProcessingEngineRunFacet(version=version("dagbook"), name="dagbook")
        ran = {"test": _tests(facts.checks)} if facts.checks else {}
        event = RunEvent(
            eventTime=datetime.datetime.now(datetime.UTC).isoformat(),
            producer=PRODUCER,
            eventType=state,
            run=Run(runId=self._run, facets={"processing_engine": engine, **ran, **(facets or {})}),
            job=Job(namespace=facts.namespace, name=facts.job),
            inputs=[_input(facts, dataset) for dataset in facts.inputs],
            outputs=[_output(facts)],
        )
        self._client.emit(event)


def _input(facts: RunFacts, dataset: Dataset) -> InputDataset:
    profile = facts.profiles.get(dataset.node)
    own: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    if profile is not None:
        own["schema"] = _schema(profile, dataset.node)
        columns = {_name(column, dataset.node): _metrics(column) for column in profile.columns}
        metrics["dataQualityMetrics"] = (
            data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
                rowCount=profile.rows, columnMetrics=columns
            )
        )
    assertions = _assertions([result for result in facts.checks if result.subject == dataset.node])
    if assertions:
        metrics["dataQualityAssertions"] = assertions
    return InputDataset(namespace=dataset.namespace, name=dataset.name, facets=own, inputFacets=metrics)


def _output(facts: RunFacts) -> OutputDataset:
    profile = facts.profiles.get("")
    facets: dict[str, Any] = {}
    statistics: dict[str, Any] = {}
    if profile is not None:
        facets["schema"] = _schema(profile, "")
        facets["dataQualityMetrics"] = data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
            rowCount=profile.rows,
            columnMetrics={
                column.name: data_quality_metrics_dataset.ColumnMetrics(**_numbers(column))
                for column in profile.columns
            },
        )
        statistics["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=profile.rows
        )
    facets["columnLineage"] = _column_lineage(facts)
    return OutputDataset(
        namespace=facts.output.namespace, name=facts.output.name, facets=facets, outputFacets=statistics
    )


def _schema(profile: Profile, node: str) -> Any:
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name=_name(column, node), type=column.dtype)
        for column in profile.columns
    ]
    return schema_dataset.SchemaDatasetFacet(fields=fields)


def _name(column: ColumnProfile, node: str) -> str:
    """The column's name; a series has that of its node."""
    return column.name or node


def _metrics(column: ColumnProfile) -> Any:
    return data_quality_metrics_input_dataset.ColumnMetrics(**_numbers(column))


def _numbers(column: ColumnProfile) -> dict[str, Any]:
    """The numbers of a column that both facets of data quality have."""
    found: dict[str, Any] = {"nullCount": column.nulls, "distinctCount": column.unique}
    found["count"] = float(column.rows - column.nulls)
    if column.kind == "number":
        points = {share: column.quantile(share) for share in (0.25, 0.5, 0.75)}
        found |= {"min": column.quantile(0), "max": column.quantile(1)}
        found["quantiles"] = {str(share): value for share, value in points.items() if value is not None}
    return found


def _assertions(results: Sequence[CheckResult]) -> Any:
    found = [
        data_quality_assertions_dataset.Assertion(
            assertion=item.message,
            success=item.held,
            severity="warn" if result.severity == "warn" else "error",
            name=f"{result.subject}: {item.message}",
            actual=item.detail or None,
        )
        for result in results
        for item in result.conditions
    ]
    return (
        data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions=found) if found else None
    )


def _tests(results: Sequence[CheckResult]) -> Any:
    """Every condition of the run, for all nodes."""
    found = [
        test_run.TestExecution(
            name=f"{result.subject}: {item.message}",
            status="pass" if item.held else "fail",
            severity="warn" if result.severity == "warn" else "error",
            actual=item.detail or None,
        )
        for result in results
        for item in result.conditions
    ]
    return test_run.TestRunFacet(tests=found)


def _column_lineage(facts: RunFacts) -> Any:
    """Each output column with the input columns from which it is made; origins of rows, for all columns."""
    places = {dataset.node: dataset for dataset in facts.inputs}
    fields = {}
    rows: set[tuple[str, str]] = set()
    for node, origin in facts.origins.items():
        rows |= origin.rows
        for column, sources in origin.columns.items():
            made = _fields(facts, places, sources, "DIRECT", "TRANSFORMATION", origin.exact)
            fields[column or node] = column_lineage_dataset.Fields(inputFields=made)
    by = _fields(facts, places, frozenset(rows), "INDIRECT", "FILTER", True)
    return column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields, dataset=by)


def _fields(
    facts: RunFacts, places: Mapping[str, Dataset], sources: Sources, kind: str, subtype: str, exact: bool
) -> list[Any]:
    """Input fields; for an input used as a whole, all of its fields, marked as uncertain."""
    found = []
    for node, column in sorted(sources):
        if node not in places or column == INDEX:
            continue  # a param, or the labels of rows, which are not fields of a dataset
        profile = facts.profiles.get(node)
        names = [_name(item, node) for item in profile.columns] if profile else []
        certain = exact and (column != ALL or len(names) <= 1)
        for name in [column] if column != ALL else names or [node]:
            change = column_lineage_dataset.Transformation(
                type=kind, subtype=subtype, description="" if certain else "not certain", masking=False
            )
            found.append(
                column_lineage_dataset.InputField(
                    namespace=places[node].namespace,
                    name=places[node].name,
                    field=name,
                    transformations=[change],
                )
            )
    return found
