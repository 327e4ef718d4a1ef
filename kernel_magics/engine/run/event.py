"""An event is one occurrence during a run; a run is a stream of events, the same for every reader."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_magics.engine.errors import DataflowError


@dataclass(frozen=True, slots=True)
class Started:
    """The node's function is about to be called."""

    name: str


@dataclass(frozen=True, slots=True)
class Reused:
    """The node was fresh; its function was not called."""

    name: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The node's function returned `value` after `seconds`."""

    name: str
    value: object
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The node's function raised."""

    name: str
    error: DataflowError
    seconds: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """The node was not computed because `because`, upstream of it, failed."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something about the node that its user should know, and that is no error."""

    name: str
    line: str


Event = Started | Reused | Finished | Failed | Skipped | Noticed
