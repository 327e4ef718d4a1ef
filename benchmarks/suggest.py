"""How good are drafted checks? Share of clean batches with an alarm, and of faults that are caught.

    python -m benchmarks.suggest [--batches 40]

Checks are drafted by what `%suggest` uses, from one sample, for the input and for every node, and kept as they
are. A batch counts as alarmed when any condition of any check fails or any node fails. The peer in the same run is
a schema inferred by pandera from the same sample.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.faults import FAULTS
from benchmarks.worlds import SEEN, UNSEEN, World
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.flow import Flow
from kernel_magics.quality.suggestion import suggest
from kernel_magics.values import VALUES


class Guard:
    """A world's dataflow with the checks drafted from one sample."""

    def __init__(self, world: World, sample: pd.DataFrame) -> None:
        self.session = Session(VALUES)
        self.session.register(
            *map(_cell, ["%%setup\nimport pandas as pd", "%%inputs\ntable = pd.DataFrame()", *world.cells]),
            load=False,
        )
        flow = Dataflow(Flow(self.session.graph, self.session.runtime, self.session))
        values = {"table": sample, **flow.run(inputs={"table": sample})}
        drafts = [suggest(self.session.graph, name, values) for name in values]
        self.drafts = [text for text in drafts if text]
        self.session.register(*(_cell(text) for text in self.drafts), load=False)
        self.flow = Dataflow(Flow(self.session.graph, self.session.runtime, self.session))

    def alarms(self, batch: pd.DataFrame) -> list[str]:
        """What fails on a batch."""
        found: list[str] = []

        def note(event: Event) -> None:
            if isinstance(event, Finished) and isinstance(event.value, CheckResult):
                found.extend(
                    f"{event.value.subject}: {item.message} {item.detail}" for item in event.value.failed
                )

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.flow.run(inputs={"table": batch}, checks="warn", on_event=note)
        except DataflowError as error:
            found.append(error.message)
        return found


def _cell(text: str):
    cell = read_cell(text, f"c{hash(text)}", "[1]")
    assert cell is not None
    return cell


def inferred_alarms(sample: pd.DataFrame):
    """The peer: does a batch fail the schema that pandera infers from the sample?"""
    import pandera.errors  # noqa: PLC0415
    import pandera.pandas as pa  # noqa: PLC0415

    schema = pa.infer_schema(sample)

    def alarmed(batch: pd.DataFrame) -> bool:
        try:
            schema.validate(batch, lazy=True)
        except (pandera.errors.SchemaErrors, pandera.errors.SchemaError):
            return True
        return False

    return alarmed


def measure(world: World, batches: int, seed: int) -> Iterator[tuple[str, str, bool, bool]]:
    """(kind, fault, alarmed, alarmed by the peer) for clean and for broken batches."""
    rng = np.random.default_rng(seed)
    sample = world.table(rng)
    guard, peer = Guard(world, sample), inferred_alarms(sample)
    for _ in range(batches):
        batch = world.table(rng)
        yield "clean", "; ".join(guard.alarms(batch)), bool(guard.alarms(batch)), peer(batch)
    for fault in FAULTS:
        for _ in range(max(batches // 8, 2)):
            broken = fault(world.table(rng), rng)
            yield "fault", fault.__name__, bool(guard.alarms(broken)), peer(broken)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    print(f"{'worlds':8}{'world':10}{'false alarms':>14}{'caught':>9}   {'inferred schema':>16}{'caught':>9}")
    for kind, worlds in (("seen", SEEN), ("unseen", UNSEEN)):
        everything: list[tuple[str, str, bool, bool]] = []
        for world in worlds:
            rows = [row for seed in range(asked.seeds) for row in measure(world, asked.batches, seed)]
            everything += rows
            print(f"{kind:8}{world.name:10}{_line(rows)}")
        print(f"{kind:8}{'all':10}{_line(everything)}")
        missed = Counter(name for what, name, caught, _ in everything if what == "fault" and not caught)
        total = Counter(name for what, name, _, _ in everything if what == "fault")
        print(
            "        missed:",
            ", ".join(f"{n} {c} of {total[n]}" for n, c in missed.most_common()) or "nothing",
        )
        for _, said, alarmed, _ in everything:
            if alarmed and said not in total:
                print("        false alarm:", said)


def _line(rows: list[tuple[str, str, bool, bool]]) -> str:
    def share(what: str, place: int) -> float:
        chosen = [row for row in rows if row[0] == what]
        return sum(bool(row[place]) for row in chosen) / len(chosen)

    return f"{share('clean', 2):14.1%}{share('fault', 2):9.1%}   {share('clean', 3):16.1%}{share('fault', 3):9.1%}"


if __name__ == "__main__":
    main()
