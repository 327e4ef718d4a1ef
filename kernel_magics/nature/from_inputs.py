"""What holds from the inputs on, which requires it of every node in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.verdict import Verdict, refused, unknown


@dataclass(frozen=True, slots=True)
class FromInputs:
    """What holds of a node from the dataflow's inputs on: all that lies between has to hold.

    Attributes:
        look_back: what the inputs must have of the past, as a length of time.
    """

    row_wise: Verdict
    keys: Mapping[str, Verdict]
    point_in_time: Verdict
    look_back: Verdict

    def to_json(self) -> dict[str, Any]:
        """The verdicts by name."""
        return {
            "row_wise": self.row_wise.to_json(),
            "key_wise": {key: verdict.to_json() for key, verdict in self.keys.items()},
            "point_in_time": self.point_in_time.to_json(),
            "look_back": self.look_back.to_json(),
        }


def from_inputs(graph: Graph, own: Mapping[str, Nature], keys: tuple[str, ...]) -> dict[str, FromInputs]:
    """What holds from the inputs on, for each node: its own verdict, and those of all that it comes from."""
    found: dict[str, FromInputs] = {}
    for name in order(own, graph.reads):
        if name not in own:
            continue
        nature = own[name]
        above = {read: found[read] for read in graph.reads(name) if read in found}
        lost = [read for read in graph.reads(name) if read not in found and _computed(graph, read)]
        above |= dict.fromkeys(lost, _UNKNOWN)
        found[name] = FromInputs(
            _composed(nature.row_wise, {read: ends.row_wise for read, ends in above.items()}),
            {
                key: _composed(
                    nature.keys.get(key, unknown(f"its inputs have no '{key}'")),
                    {read: ends.keys.get(key, ends.row_wise) for read, ends in above.items()},
                )
                for key in keys
            },
            _composed(_timely(nature), {read: ends.point_in_time for read, ends in above.items()}),
            _added(nature.look_back, {read: ends.look_back for read, ends in above.items()}),
        )
    return found


_UNSEEN = unknown("it was not looked at")
_UNKNOWN = FromInputs(_UNSEEN, {}, _UNSEEN, _UNSEEN)


def _computed(graph: Graph, name: str) -> bool:
    return name in graph.nodes and graph.node(name).kind == "value"


def _timely(nature: Nature) -> Verdict:
    both = (nature.point_in_time, nature.same_rows)
    return next((verdict for verdict in both if not verdict), nature.point_in_time)


def _composed(own: Verdict, above: Mapping[str, Verdict]) -> Verdict:
    """A verdict of all: the own one where it does not hold, else the first one above that does not."""
    if not own:
        return own
    for read, verdict in above.items():
        if not verdict:
            why = verdict.why if verdict.why.startswith("through ") else f"through '{read}': {verdict.why}"
            return unknown(why, own.probes)
    return replace(own, why="")


def _added(own: Verdict, above: Mapping[str, Verdict]) -> Verdict:
    """Look-backs one behind the other add up, where all are lengths of the same kind."""
    verdict = _composed(own, above)
    if not verdict:
        return verdict
    units = {each.unit for each in (own, *above.values()) if each.span}
    if len(units) > 1:
        return refused(f"it looks back in {' and in '.join(sorted(units))}")
    longest = max((each.span or 0 for each in above.values()), default=0)
    return replace(verdict, span=(own.span or 0) + longest, unit=next(iter(units), own.unit))
