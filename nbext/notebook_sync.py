"""Notebook sync updates the session when cells on the screen are deleted, moved, merged or restored."""

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import read_cell, text_key
from kernel_magics.workspace import Workspace

Texts = Mapping[str, str]
_KEPT = 500  # deleted cells that can come back


class NotebookSync:
    """Synchronizes the cells of one page and a session; the caller holds the session's lock.

    Only cells that this page once had are removed: a second notebook or a console may share the kernel.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: dict[str, None] = {}
        self._deleted: dict[str, Cell] = {}

    def follow(self, texts: Texts) -> tuple[bool, list[str]]:
        """Make the session match the notebook, as far as its cells have run.

        Args:
            texts: the text of every code cell by id, in notebook order.

        Returns:
            whether views have to be sent again, because cells moved or came back; names of nodes that came
            back with a cell, in notebook order.
        """
        session = self._workspace.session
        gone = [id for id in self._seen if id not in texts]
        self._seen = dict.fromkeys(texts)
        deleted = [id for id in gone if id in session.graph.cells]
        if deleted:
            self._deleted |= {id: session.graph.cells[id] for id in deleted}
            # If the setup fails without them, the cells that need it report that when they run.
            with suppress(DataflowError):
                self._workspace.show_removed(session.forget(*deleted))
        restored = self._restore(texts)
        self._deleted = dict(list(self._deleted.items())[-_KEPT:])
        try:
            moved = session.reorder(self._order(texts))
        except DataflowError:
            moved = False
        return moved or bool(restored), restored

    def _order(self, texts: Texts) -> list[str]:
        """The session's cells, this page's in its order; those of other pages keep their places."""
        cells = self._workspace.session.graph.cells
        own = iter([id for id in texts if id in cells])
        return [next(own) if id in texts else id for id in cells]

    def _restore(self, texts: Texts) -> list[str]:
        """Register deleted cells again that are back, after an undo or under another id."""
        if not self._deleted:
            return []
        session = self._workspace.session
        same = {text_key(cell): id for id, cell in self._deleted.items()}
        names: list[str] = []
        for id, text in texts.items():
            source = None if id in session.graph.cells else read_cell(text, id, "")
            old = same.get(text_key(source)) if source is not None else None
            if source is None or old is None:
                continue
            label = self._deleted[old].label
            back = replace(source, label=label)
            try:
                session.register(back)
            except DataflowError:
                continue  # another cell defines its names now; that is reported when the cell runs
            del self._deleted[old], same[text_key(source)]
            names += [node.name for node in session.graph.owned.get(id, ())]
        return names


def elsewhere(graph: Graph, shown: Container[str]) -> set[str]:
    """The names that cells outside a page define in this dataflow: nodes, and names of the setup.

    Args:
        shown: ids of the cells on the page.
    """
    nodes = (node.name for id, owned in graph.owned.items() if id not in shown for node in owned)
    bound = (name for one in graph.setup.statements if one.cell_id not in shown for name in one.binds)
    return {*nodes, *bound}


def states_of_cells(cells: Mapping[str, Cell], texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The state of each of our cells: `current` when its text is what ran, `edited` since, or `new`.

    Args:
        cells: those of the session, by id.
        texts: id and text of the cells on the screen.
    """
    found: dict[str, str] = {}
    for id, text in texts:
        source = read_cell(text, id, "")
        if source is None:
            if id in cells:
                found[id] = "edited"
            continue
        known = cells.get(id)
        same = known is not None and text_key(known) == text_key(source)
        found[id] = "new" if known is None else "current" if same else "edited"
    return found
