"""What a kernel holds, printed as JSON for the process that compares two of them; imported inside the kernel."""

from __future__ import annotations

import json
import sys

from IPython.core.getipython import get_ipython

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.session.session import Session
from tests.engine import world

sys.dont_write_bytecode = True  # a module that changes twice in a second is still read anew


def session() -> Session:
    """The session of this kernel."""
    found: Session = get_ipython().magics_manager.registry["DagbookMagics"].workspace.session  # type: ignore[no-untyped-call]
    return found


def shown(value: object) -> str:
    """A value as text; instances of setup classes by what they hold."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, CheckResult):
        return f"check {[(item.message, item.held) for item in value.conditions]}"
    return f"Pot({value.total})" if hasattr(value, "total") else repr(value)


def dump() -> None:
    """Cells in their order, the values of what is fresh, and what failed."""
    here = session()
    here.hold()  # what was evicted is made again
    states = here.states()
    values = {name: shown(here.memos[name].value) for name, state in states.items() if state == "fresh"}
    kinds = {name: here.graph.node(name).kind for name in states}
    failed = [
        name for name, state in states.items() if state == "failed" and kinds[name] in ("value", "check")
    ]
    cells = [[c.id, f"%%{c.magic} {c.line}\n{c.body}"] for c in here.graph.cells.values()]
    print("STATE " + json.dumps({"cells": cells, "values": values, "failed": sorted(failed)}))


def begin(rate: int = 1, sample: int = 4) -> None:
    """The world as it is before a notebook runs."""
    world.reset()
    world.rate, world.sample = rate, sample
