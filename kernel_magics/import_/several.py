"""Several modules, or modules with decorators of Apache Hamilton, become one notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kernel_magics.engine.errors import DataflowError
from kernel_magics.hamilton.cells import Cells, read_cells
from kernel_magics.import_.draft import DraftCell, free_id
from kernel_magics.import_.importing import Imported, graph_of, refusal


def import_modules(texts: Sequence[tuple[str, str]], config: Mapping[str, object] | None = None) -> Imported:
    """Make a notebook of modules, given as (source, file name), without decorators.

    Args:
        config: values by which decorators choose variants; params have them in the notebook.

    Raises:
        SourceError: DB404 not Python, DB411 no node, DB412 no dataflow, DB418 decorators without a form.
    """
    found = read_cells(texts, config)
    cells = draft(found)
    try:
        graph = graph_of(cells)
    except DataflowError as error:
        raise refusal(error) from None
    missing = [item.name for item in graph if item.kind == "input" and item.value in ("", "...")]
    return Imported(tuple(cells), "", tuple(missing), (), found.notes)


def draft(found: Cells) -> list[DraftCell]:
    """The cells of a notebook, with ids of their names."""
    made = [DraftCell("dagbook", "code", "%load_ext kernel_magics")]
    for text in found.texts():
        words = re.match(r"%%(\w+)(?:[ ](\w+))?[^\n]*(?:\n(?:[^\n]*\n)*?(?:async )?def (\w+))?", text)
        assert words is not None
        wanted = words[1] if words[1] != "node" else words[2] or words[3] or "node"
        made.append(DraftCell(free_id(wanted, [cell.id for cell in made]), "code", text))
    return made
