"""A listener that logs a run to MLflow: durations, numbers, and which nodes failed or were kept."""

from __future__ import annotations

from collections.abc import Collection

import mlflow

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Failed, Finished, Reused
from kernel_magics.flow.listener import Listener, Outcome


class MLflowListener(Listener):
    """A run of MLflow for each run; needs `dagbook[mlflow]`. Within an active run, it is a nested one.

    Example:
        `flow.run("score", inputs={"age": 41}, listeners=[MLflowListener(metrics=["score"])])`

    Args:
        metrics: nodes whose values, numbers, are logged.
    """

    def __init__(self, metrics: Collection[str] = ()) -> None:
        self._metrics = frozenset([metrics] if isinstance(metrics, str) else metrics)

    def before_run(self, title: str, outputs: tuple[str, ...], /) -> None:
        """Begin a run."""
        mlflow.start_run(run_name=title or None, nested=mlflow.active_run() is not None)
        mlflow.set_tag("dagbook.outputs", ", ".join(outputs))

    def after(self, node: Node, outcome: Outcome, /) -> None:
        """Log what became of a node."""
        if isinstance(outcome, Failed):
            mlflow.set_tag(f"dagbook.failed.{node.name}", outcome.error.message)
        elif isinstance(outcome, Reused):
            mlflow.set_tag(f"dagbook.reused.{node.name}", "yes")
        elif isinstance(outcome, Finished):
            mlflow.log_metric(f"seconds.{node.name}", outcome.seconds)
            if isinstance(outcome.value, CheckResult):
                mlflow.log_metric(f"held.{node.name}", float(outcome.value.held))
            elif node.name in self._metrics:
                mlflow.log_metric(node.name, float(outcome.value))  # type: ignore[arg-type]

    def after_run(self, error: BaseException | None, /) -> None:
        """End the run, as failed if it was."""
        mlflow.end_run("FINISHED" if error is None else "FAILED")
