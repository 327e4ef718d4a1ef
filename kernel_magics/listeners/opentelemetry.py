"""A listener that makes spans of OpenTelemetry: one for each run, and within it one for each node."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.event import Failed, Reused
from kernel_magics.flow.listener import Listener, Outcome


class OpenTelemetryListener(Listener):
    """Spans of runs and nodes; needs `dagbook[opentelemetry]`. Values are not sent.

    Example:
        `flow.run("score", inputs={"age": 41}, listeners=[OpenTelemetryListener()])`

    Args:
        tracer: by default, that of the configured provider.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer or trace.get_tracer("dagbook")
        self._run: Span | None = None
        self._spans: dict[str, Span] = {}

    def before_run(self, title: str, outputs: tuple[str, ...], /) -> None:
        """Begin the span of the run, within the caller's own span if there is one."""
        attributes = {"dagbook.outputs": list(outputs)}
        self._run = self._tracer.start_span(f"dataflow {title}".strip(), attributes=attributes)

    def before(self, node: Node, /) -> None:
        """Begin the span of a node."""
        within = trace.set_span_in_context(self._run) if self._run is not None else None
        tags = {f"dagbook.tag.{key}": str(value) for key, value in node.tags.items()}
        attributes = {"dagbook.kind": node.kind, **tags}
        self._spans[node.name] = self._tracer.start_span(node.name, within, attributes=attributes)

    def after(self, node: Node, outcome: Outcome, /) -> None:
        """End the span of a node; one that was kept has a span of no length."""
        if node.name not in self._spans:
            self.before(node)
        span = self._spans.pop(node.name)
        span.set_attribute("dagbook.reused", isinstance(outcome, Reused))
        _end(span, outcome.error if isinstance(outcome, Failed) else None)

    def after_run(self, error: BaseException | None, /) -> None:
        """End the span of the run, and of nodes that an interrupt ended."""
        for span in [*self._spans.values(), *([self._run] if self._run is not None else [])]:
            _end(span, error)
        self._run, self._spans = None, {}


def _end(span: Span, error: BaseException | None) -> None:
    if error is not None:
        span.record_exception(error)
        span.set_status(Status(StatusCode.ERROR, str(error)))
    span.end()
