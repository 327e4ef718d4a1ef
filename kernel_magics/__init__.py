"""Dagbook's core: notebook cells become a dataflow, the dataflow becomes a tested module."""

from typing import TYPE_CHECKING, Any

from kernel_magics.engine.graph.when import when

if TYPE_CHECKING:
    from kernel_magics.dataflow import Dataflow
    from kernel_magics.engine.errors import DataflowError
    from kernel_magics.envelope.envelope import Envelope
    from kernel_magics.magics import load_ipython_extension, unload_ipython_extension
    from kernel_magics.sources.given import read

__version__ = "0.1.0"
__all__ = [
    "Dataflow",
    "DataflowError",
    "Envelope",
    "load_ipython_extension",
    "read",
    "unload_ipython_extension",
    "when",
]

_LATE = {
    "Dataflow": "kernel_magics.dataflow",
    "DataflowError": "kernel_magics.engine.errors",
    "Envelope": "kernel_magics.envelope.envelope",
    "load_ipython_extension": "kernel_magics.magics",
    "read": "kernel_magics.sources.given",
    "unload_ipython_extension": "kernel_magics.magics",
}


def __getattr__(name: str) -> Any:
    """Import on demand what takes time: exported modules import this package for `when` alone."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415, TID251  # the root is light

    return getattr(import_module(_LATE[name]), name)
