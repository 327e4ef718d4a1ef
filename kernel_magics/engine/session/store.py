"""A store keeps results beyond the kernel, each under a key of all that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Cache = Literal["memory", "disk", "off"]


@dataclass(frozen=True, slots=True)
class Result:
    """A value with what a memo says about it.

    Attributes:
        digest: of the value, the same in every kernel.
        seconds: how long it took to compute.
        ran_at: Unix time when it was computed.
    """

    value: object
    digest: str
    seconds: float
    ran_at: float


class Store(Protocol):
    """Where results survive. It answers with nothing rather than with an error or another value."""

    environment: str
    """What else decides results: versions of libraries."""

    def get(self, key: str) -> Result | None:
        """The result kept under this key; None when there is none that can be trusted."""

    def put(self, key: str, name: str, result: Result) -> None:
        """Keep a result, in the background; `name` is for people."""

    def fingerprint(self, value: object) -> str | None:
        """Tells values apart whose type has no digest; None for a value that cannot be kept."""
