"""Flow: a graph that can be run, and what a request of a run means."""

from kernel_magics.flow.flow import Extra, Fitted, Flow, Output, Outputs, Stored

__all__ = ["Extra", "Fitted", "Flow", "Output", "Outputs", "Stored"]
