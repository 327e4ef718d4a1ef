"""A plan is what a run in parts does: its stages, how values cross from one to the next, and its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kernel_magics.nature.stages import Stages
from kernel_magics.scale.ordering import Order
from kernel_magics.scale.parts import Parts

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of a plan.

    Attributes:
        number: from 1.
        kind: `whole`: one job; `parts`: a job for each part.
        nodes: in the order in which they are computed.
        cut: values from before of which each job reads its part.
        given: values from before that each job reads with all rows.
        pieces: its values of which a later stage or the caller reads parts.
        joined: its values that are read with all rows.
    """

    number: int
    kind: Literal["whole", "parts"]
    nodes: tuple[str, ...]
    cut: tuple[str, ...]
    given: tuple[str, ...]
    pieces: tuple[str, ...]
    joined: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """How outputs are computed in parts of a key.

    Attributes:
        orders: by table, how the rows of parts are put together.
        columns: for a node and an input that it reads whole, the columns that it uses.
        checks: names of the checks that are evaluated, each on whole values.
        parts: None before the rows were counted.
    """

    stages: Stages
    steps: tuple[Step, ...]
    orders: Mapping[str, Order] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    parts: Parts | None = None

    @property
    def key(self) -> str:
        """The key."""
        return self.stages.key

    @property
    def in_parts(self) -> bool:
        """Whether anything is computed in parts."""
        return any(step.kind == "parts" for step in self.steps)

    def to_text(self) -> str:
        """The plan as lines, for display before it runs."""
        lines = [self.parts_text()] if self.parts is not None and self.in_parts else []
        for step in self.steps:
            how = f"in parts of {self.key}" if step.kind == "parts" else "whole"
            lines += wrapped(f"{step.number}. {how}: ", step.nodes)
            if step.cut:
                lines += wrapped("   cut: ", step.cut)
            if step.kind == "parts" and step.given:
                lines += wrapped("   whole: ", step.given)
            if step.kind == "parts" and step.joined:
                lines += wrapped("   put together: ", step.joined)
            if step.kind == "whole":
                whys = [(name, self.stages.partings[name].why) for name in step.nodes]
                lines += [f"   {name}: {why}" for name, why in whys if why]
                lines += [
                    self._columns_text(name, read)
                    for name in step.nodes
                    for read in step.given
                    if (name, read) in self.columns
                ]
        if self.checks:
            lines += wrapped("checks, on whole values: ", self.checks)
        return "\n".join(lines)

    def _columns_text(self, name: str, read: str) -> str:
        columns = self.columns[name, read]
        return f"   {name} reads of {read}: {', '.join(columns) or 'only the index'}"

    def parts_text(self) -> str:
        """`8 parts of 200 values of store, 612,000 to 640,000 rows each`."""
        assert self.parts is not None
        rows = self.parts.rows
        span = f"{min(rows):,}" if min(rows) == max(rows) else f"{min(rows):,} to {max(rows):,}"
        parts, values = len(rows), len(self.parts.keys)
        many = f"{parts} part{'s' * (parts != 1)} of {values} value{'s' * (values != 1)}"
        return f"{many} of {self.key}, {span} row{'' if span == '1' else 's'} each"


def wrapped(head: str, names: tuple[str, ...]) -> list[str]:
    """Names behind a heading, on as many lines as they need."""
    lines, line = [], head
    for place, name in enumerate(names):
        word = name + (", " if place < len(names) - 1 else "")
        if len(line) + len(word.rstrip()) > _WIDTH and line.strip() != head.strip():
            lines.append(line.rstrip())
            line = " " * len(head)
        line += word
    return [*lines, line]


def make_steps(stages: Stages, whole_reads: frozenset[str], parts_reads: frozenset[str]) -> tuple[Step, ...]:
    """The stages with what crosses from one to the next.

    Args:
        whole_reads: values that the caller or checks read with all rows.
        parts_reads: values of which the caller reads parts, where there are parts.
    """
    made = []
    for number, stage in enumerate(stages.stages):
        later = stages.stages[number + 1 :]
        parted = stage.kind == "parts"
        wholes = (
            {name for each in later for name in each.given} | whole_reads | (set() if parted else parts_reads)
        )
        cuts = {name for each in later for name in each.cut} | (parts_reads if parted else set())
        made.append(
            Step(
                number + 1,
                stage.kind,
                stage.nodes,
                stage.cut,
                stage.given,
                tuple(name for name in stage.nodes if name in cuts),
                tuple(name for name in stage.nodes if name in wholes),
            )
        )
    return tuple(made)


def components(nodes: Iterable[str], reads: Callable[[str], Iterable[str]]) -> list[tuple[str, ...]]:
    """Nodes in groups that do not read each other, each in order; what can be computed side by side."""
    nodes = tuple(nodes)
    found: dict[str, list[str]] = {}
    for name in nodes:
        groups = {id(found[read]): found[read] for read in reads(name) if read in found}
        group = sorted({each for members in groups.values() for each in members}, key=nodes.index)
        group.append(name)
        found.update(dict.fromkeys(group, group))
    return [tuple(group) for group in {id(group): group for group in found.values()}.values()]
