"""A store keeps results beyond the kernel's life, each under a key of everything that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from kernel_magics.engine.run.recorder import Read

Cache = Literal["memory", "disk", "off"]


@dataclass(frozen=True, slots=True)
class Result:
    """A stored value with its digest and its time of computation.

    Attributes:
        digest: of the value, the same in every kernel.
        seconds: how long it took to compute.
        ran_at: Unix time when it was computed.
        reads: what it read when it was computed; see `run.recorder`.
    """

    value: object
    digest: str
    seconds: float
    ran_at: float
    reads: tuple[Read, ...] = ()


class Store(Protocol):
    """Where results are kept; `get` returns None in case of doubt, and nothing raises."""

    environment: str
    """What else affects all results: versions of libraries."""

    def get(self, key: str) -> Result | None:
        """The result kept under this key; None when there is none that can be trusted."""

    def put(self, key: str, name: str, result: Result) -> None:
        """Keep a result, in the background; `name` is for display only."""

    def fingerprint(self, value: object) -> str | None:
        """A digest for values of types that have none; None for a value that cannot be kept."""
