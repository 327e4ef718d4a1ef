"""Assembly puts the pieces of a module into the order of a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.engine.graph.module import base_name
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import FunctionOrClass
from kernel_magics.import_.draft import DraftCell, free_id, heading
from kernel_magics.import_.forms import WHEN
from kernel_magics.import_.functions import functions_of
from kernel_magics.import_.given import Given
from kernel_magics.import_.split import Split
from kernel_magics.import_.tests import Tests, WrittenTest

Samples = Mapping[str, tuple[str, tuple[str, ...]]]
NO_SAMPLE = "sample needed"
_IMPORTS = {
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "datetime": "import datetime",
    "decimal": "import decimal",
    "decode": "from kernel_magics.values.decode import decode",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What all forms of the notebook have in common.

    Attributes:
        setup: statements of the %%setup cell.
        given: inputs and params.
        samples: source of the inputs' samples, and the libraries that it uses.
    """

    name: str
    split: Split
    setup: tuple[Block, ...]
    given: tuple[Given, ...]
    samples: Samples = field(default_factory=dict)

    @property
    def params(self) -> list[str]:
        """Names of the params."""
        return [item.name for item in self.given if item.default]


def assemble(plan: Plan, tests: Tests, forms: Mapping[int, str]) -> list[DraftCell]:
    """The notebook's cells.

    Args:
        forms: the cell of each part, by the part's line.
    """
    taken = {part.cell for part in plan.split.parts} | {test.cell for test in tests.tests}
    cells: list[DraftCell] = []

    def add(id: str, text: str, type: str = "code") -> None:
        cells.append(DraftCell(free_id(id, taken), type, text))
        taken.add(cells[-1].id)

    add("about", f"Imported from `{plan.name}` by Dagbook.", "markdown")
    add("load", "%load_ext kernel_magics")
    setup = list(plan.setup)
    if any(f"@{WHEN}" in form for form in forms.values()):
        setup = [*blocks(f"import {WHEN.rpartition('.config')[0]}"), *setup]
    if setup:
        add("setup", _setup(setup))
    inputs = [item for item in plan.given if not item.default]
    if inputs:
        add("inputs", _inputs(inputs, plan))
    params = [item for item in plan.given if item.default]
    if params:
        add("params", "\n".join(["%%params", *(item.line() for item in params)]))
    group = ""
    behind = _places(plan, tests)
    for number, part in enumerate(plan.split.parts):
        if part.group != group:
            add(f"{part.cell}-title", heading(part.group), "markdown")
            group = part.group
        cells.append(DraftCell(part.cell, "code", forms[part.line]))
        cells += behind.get(number, [])
    return cells


def _setup(statements: Sequence[Block]) -> str:
    """A %%setup cell: imports, then the rest, definitions apart."""
    text = "%%setup"
    previous: Block | None = None
    for block in statements:
        apart = _is_apart(block) or (previous is not None and _is_apart(previous))
        moved = previous is not None and previous.is_import and not block.is_import
        text += ("\n\n\n" if apart and previous else "\n\n" if moved else "\n") + block.text
        previous = block
    return text


def _is_apart(block: Block) -> bool:
    return isinstance(block.node, FunctionOrClass)


def _inputs(inputs: Sequence[Given], plan: Plan) -> str:
    """An %%inputs cell; an unknown sample is written as `...` with a comment."""
    uses = {name for item in inputs if item.name in plan.samples for name in plan.samples[item.name][1]}
    known = {block.text for block in plan.setup}
    rows = [text for name, text in _IMPORTS.items() if name in uses and text not in known]
    for item in inputs:
        if item.name in plan.samples:
            rows.append(item.line(plan.samples[item.name][0]))
        else:
            rows.append(f"{item.line('...')}  # {NO_SAMPLE}")
    return "\n".join(["%%inputs", *rows])


def _places(plan: Plan, tests: Tests) -> dict[int, list[DraftCell]]:
    """The test cells after each part: right after the node that they test, in their own order."""
    names = [set(_names(part.text)) for part in plan.split.parts]
    known = set().union(*names) | {name for block in plan.setup for name in _names(block.text)}
    found: dict[int, list[DraftCell]] = {}
    place = 0
    for test in tests.tests:
        subject = test.subject(known)
        place = max(place, next((number for number, own in enumerate(names) if subject in own), place))
        found.setdefault(place, []).append(_test(test, subject))
    return found


def _names(text: str) -> Iterator[str]:
    for item in functions_of(text):
        yield item.name
        yield base_name(item.node)


def _test(test: WrittenTest, subject: str) -> DraftCell:
    return DraftCell(test.cell, "code", f"%%test {subject}\n{test.body}")
