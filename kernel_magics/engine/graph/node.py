"""A node is a named value and the function that computes it; its inputs are linked by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kernel_magics.engine.cells.definition import Kind
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.mapped import MappedSource


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter of a node's function.

    Attributes:
        name: of the parameter, and of the node, input or param that it reads.
        optional: it has a default, and the node runs without it.
    """

    name: str
    optional: bool = False
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Helper:
    """A private function of the cell that a node calls."""

    name: str
    text: MappedSource


@dataclass(frozen=True, slots=True)
class Node:
    """An input, param, node or check as it runs and is exported.

    Attributes:
        name: unique in the dataflow, except that variants share one.
        kind: input, param, value or check.
        cell_id: the id of the cell that defines it, and `cell` its label, such as `[4]`.
        line: the line of the cell where it begins.
        inputs: what its function reads, in the order of its parameters.
        function: the function's name in the module.
        text: the function's source; None for inputs and params.
        helpers: private functions it needs, in order.
        uses: names of the setup that it or its helpers use.
        lacks: globals that neither setup nor Python defines; a node with such a global is waiting.
        group: the markdown heading above its cell.
        doc: docstring or leading comment.
        type: the declared type ("" when none).
        value: source of a param's default or an input's sample.
        tags: free keys and values of the cell's line.
        when: the values of params for which this variant exists; () for a node without variants.
        cache: where its value is kept: memory, disk or off; "" for the session's default.
        lazy: it is computed only on request.
        fitted: its value is learnt from data once, and ships with an envelope.
        future: why it may read rows after its own time; None where it may not.
        severity: of a check, whether it fails or warns; None for other nodes.
        subject: the node whose value a check tests.
        digest: changes exactly when the code of the function or a helper changes.
        own_defaults: of a param, its readers have different defaults and use them unless a value is given.
        family: the template of the family's names, such as `lag_{k}` ("" for other nodes).
    """

    name: str
    kind: Kind
    cell_id: str
    cell: str
    line: int
    inputs: tuple[Input, ...] = ()
    function: str = ""
    text: MappedSource | None = None
    helpers: tuple[Helper, ...] = ()
    uses: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    is_async: bool = False
    group: str = ""
    doc: str = ""
    type: str = ""
    value: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    when: tuple[tuple[str, object], ...] = ()
    cache: str = ""
    lazy: bool = False
    fitted: bool = False
    future: str | None = None
    severity: Literal["fail", "warn"] | None = None
    subject: str = ""
    own_defaults: bool = False
    family: str = ""
    digest: str = ""

    @property
    def ref(self) -> CellRef:
        """The cell's id and label, for messages."""
        return CellRef(self.cell_id, self.cell)

    @property
    def source(self) -> str:
        """Source of the function, or of the declaration for inputs and params."""
        if self.text is not None:
            return self.text.source
        hint = f": {self.type}" if self.type else ""
        return f"{self.name}{hint} = {self.value or '…'}"

    @property
    def sources(self) -> list[str]:
        """Sources of the function and of its helpers; "" for the function of inputs and params."""
        return [
            self.text.source if self.text is not None else "",
            *(item.text.source for item in self.helpers),
        ]

    @property
    def computed(self) -> bool:
        """Whether a function computes it; inputs and params are given."""
        return self.kind in ("value", "check")

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names it reads, params that select the variant included."""
        names = [item.name for item in self.inputs]
        if self.when:
            names = list(dict.fromkeys([*names, *(key for key, _ in self.when)]))
        return tuple(names)


def code_digest(text: MappedSource | None, helpers: tuple[Helper, ...], extra: str = "") -> str:
    """Digest of everything that determines a function's result, except setup and inputs."""
    parts = [text.source if text else "", *(helper.text.source for helper in helpers), extra]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
