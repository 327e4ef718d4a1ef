"""A dialect is a notation for variants and checks in a module, for which Python has no syntax."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.graph.node import Node


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a dialect adds to the module of one graph.

    Attributes:
        nodes: the functions, in the order of the module.
        above: lines of decorators, by the name of the function.
        imports: import statements for these decorators.
        code: definitions for these decorators.
        choices: the params that only choose variants whose default a constant holds; None for all.
        untyped: the type written where none is known; "" for none.
    """

    nodes: Sequence[Node]
    above: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    code: str = ""
    choices: Collection[str] | None = None
    untyped: str = ""
