"""Stages are the order in which a dataflow is computed for a key: alternately whole and in parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.parting import Parting, parting


@dataclass(frozen=True, slots=True)
class Stage:
    """Nodes that are computed one after another, in the whole or once for each part.

    Attributes:
        kind: `whole` or `parts`.
        nodes: in the order in which they are computed.
        cut: values from before that are cut by the key; none in a stage that is whole.
        given: values from before that the stage has with all rows.
        kept: its values that a later stage or the caller wants; of a stage in parts, the parts are joined.
    """

    kind: Literal["whole", "parts"]
    nodes: tuple[str, ...]
    cut: tuple[str, ...]
    given: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class Stages:
    """How outputs are computed for a key.

    Attributes:
        partings: of every node, how it may be computed, with the reason where only in the whole.
    """

    key: str
    stages: tuple[Stage, ...]
    partings: Mapping[str, Parting]

    def to_text(self) -> str:
        """The stages as lines, for display before they run."""
        lines = []
        for number, stage in enumerate(self.stages, start=1):
            how = f"in parts of {self.key}" if stage.kind == "parts" else "whole"
            lines.append(f"{number}. {how}: {', '.join(stage.nodes)}")
            if stage.cut:
                whole = f"; whole: {', '.join(stage.given)}" if stage.given else ""
                lines.append(f"   cut: {', '.join(stage.cut)}{whole}")
            whys = [(name, self.partings[name].why) for name in stage.nodes if stage.kind == "whole"]
            lines += [f"   {name}: {why}" for name, why in whys if why]
        return "\n".join(lines)


def make_stages(
    graph: Graph,
    natures: Mapping[str, Nature],
    key: str,
    outputs: Iterable[str] | None = None,
    whole: Mapping[str, str] | None = None,
    given: Collection[str] = (),
) -> Stages:
    """The fewest stages in which each node is computed as it was proved.

    A node is computed in parts where it is proved to be key-wise for this key, or row-wise with a carrier
    that has the key. What such a node needs whole comes from an earlier stage; everything else, and what
    was not looked at, is computed whole.

    Args:
        natures: of nodes by themselves.
        outputs: the nodes that are wanted; all with a nature by default.
        whole: nodes that are computed whole whatever was proved, with the reason.
        given: nodes that have a value already.
    """
    whole = whole or {}
    wanted = tuple(natures) if outputs is None else tuple(dict.fromkeys(outputs))
    names = order(wanted, lambda name: () if name in given else graph.reads(name))
    needed = [name for name in names if _computed(graph, name) and name not in given]
    reads = {name: tuple(graph.reads(name)) for name in needed}
    partings = {
        name: parting(natures[name], reads[name], key)
        if name in natures and name not in whole
        else Parting("whole", (), reads[name], whole.get(name, "it was not looked at"))
        for name in needed
    }
    levels: dict[str, int] = {}
    for name in needed:
        levels[name] = _level(partings[name], levels)
    stages = [_stage(level, levels, reads, partings, wanted) for level in sorted(set(levels.values()))]
    return Stages(key, tuple(stages), partings)


def _level(how: Parting, levels: Mapping[str, int]) -> int:
    """Whole stages have even numbers, those in parts odd ones; what comes from outside is there at 0."""
    lowest = 1 if how.in_parts else 0
    for name in (*how.cut, *how.whole):
        level = levels.get(name, 0)
        if not how.in_parts:
            lowest = max(lowest, level + level % 2)
        elif name in how.cut:
            lowest = max(lowest, level if level % 2 else level + 1)
        else:
            lowest = max(lowest, level + 2 if level % 2 else level + 1)
    return lowest


def _stage(
    level: int,
    levels: Mapping[str, int],
    reads: Mapping[str, tuple[str, ...]],
    partings: Mapping[str, Parting],
    wanted: tuple[str, ...],
) -> Stage:
    nodes = tuple(name for name, each in levels.items() if each == level)
    before = dict.fromkeys(read for name in nodes for read in reads[name] if levels.get(read, -1) != level)
    parts = level % 2 == 1
    cut = tuple(read for read in before if parts and any(read in partings[name].cut for name in nodes))
    whole = tuple(read for read in before if not parts or any(read in partings[name].whole for name in nodes))
    later = {read for name, each in levels.items() if each > level for read in reads[name]}
    kept = tuple(name for name in nodes if name in later or name in wanted)
    return Stage("parts" if parts else "whole", nodes, cut, whole, kept)


def _computed(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).kind == "value"
