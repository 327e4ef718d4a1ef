"""A notebook of Apache Hamilton becomes notebooks of Dagbook: one, and one for each module that clashes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.convert.conversion import Conversion, GivenCell, MadeCell, Note, Role, label_at
from kernel_magics.convert.hamilton_cells import Book, Module, configs_of, read_book
from kernel_magics.convert.ids import Ids
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.hamilton.cells import Cells, read_cells

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Group:
    """Modules that are one dataflow.

    Attributes:
        texts: the modules as (source, name).
        conversion: the notebook; that of the first group has all other cells, too.
    """

    texts: Texts
    config: Mapping[str, object]
    conversion: Conversion
    name: str = ""


@dataclass
class _Draft:
    modules: list[Module] = field(default_factory=list)
    cells: Cells | None = None

    @property
    def texts(self) -> Texts:
        return tuple((module.text, module.name) for module in self.modules)


def convert_modules(cells: Sequence[GivenCell]) -> list[Group]:
    """The notebooks that a notebook of Apache Hamilton becomes, the main one first; executes nothing."""
    book = read_book(cells)
    notes = [
        Note(cells[place].id, label_at(cells, place), text)
        for place in book.notes
        for text in book.notes[place]
    ]
    drafts, refused = _grouped(book, cells)
    made = []
    for number, draft in enumerate(drafts or [_Draft()]):
        written = _main(cells, book, draft, drafts) if number == 0 else _own(cells, book, draft)
        more = [*notes, *refused] if number == 0 else []
        found = draft.cells.notes if draft.cells is not None else ()
        more += [Note("", ", ".join(module.name for module in draft.modules), text) for text in found]
        graph = _graph(written)
        conversion = Conversion(tuple(cells), tuple(written), tuple(more), graph=graph)
        name = "" if number == 0 else draft.modules[0].name
        made.append(Group(draft.texts, dict(configs_of(draft.modules) or {}), conversion, name))
    return made


def _grouped(book: Book, cells: Sequence[GivenCell]) -> tuple[list[_Draft], list[Note]]:
    """Modules in as few dataflows as their names allow, and why others cannot be converted."""
    drafts: list[_Draft] = []
    refused: list[Note] = []
    for module in book.modules.values():
        place = max(module.places.values())
        where = cells[place].id, label_at(cells, place)
        reason = ""
        for draft in [*drafts, _Draft()]:
            wanted = [*draft.modules, module]
            try:
                config = configs_of(wanted)
                written = read_cells([(each.text, each.name) for each in wanted], config, book.samples)
                _linked(written)
            except DataflowError as error:
                reason = error.message
                continue
            draft.modules, draft.cells = wanted, written
            if draft not in drafts:
                drafts.append(draft)
            break
        else:
            refused.append(Note(*where, f"module '{module.name}' stays: {reason}"))
    return drafts, refused


def _linked(found: Cells) -> Graph:
    """The dataflow of these cells.

    Raises:
        DataflowError: it is not valid.
    """
    made = [read_cell(text, f"cell{number}", f"[{number}]") for number, text in enumerate(found.texts(), 1)]
    return Graph().put(*(parse_cell(cell) for cell in made if cell is not None))


def _main(cells: Sequence[GivenCell], book: Book, draft: _Draft, drafts: Sequence[_Draft]) -> list[MadeCell]:
    """The notebook with all ordinary cells, and the cells of the first group where its modules were."""
    ids, made, first = Ids(cells), list[MadeCell](), True
    places = {place: module for module in draft.modules for place in module.places.values()}
    gone = {place for each in drafts for module in each.modules for place in module.places.values()}
    last = {module.name: max(module.places.values()) for module in draft.modules}
    for place, cell in enumerate(cells):
        if cell.type != "code":
            made.append(MadeCell(cell.id, cell.type, cell.source, "markdown", (cell.id,)))
            continue
        if first:
            first = False
            made.append(MadeCell(ids.fresh("dagbook"), "code", "%load_ext kernel_magics", "kept", ()))
        if place in places and draft.cells is not None:
            module, group = places[place], list[MadeCell]()
            if place == min(places):
                group += [
                    _cell(text, cell.id) for text in draft.cells.texts() if not text.startswith("%%node")
                ]
            if place == last[module.name]:
                forms = [form for form in draft.cells.forms if form.module == module.name]
                group += [_cell(text, cell.id) for form in forms for text in form.cells()]
            made += ids.given(cell.id, group)
        elif place in gone or place in book.older:
            continue
        elif place in book.rest:
            if book.rest[place]:
                same = book.rest[place] == cell.source
                made.append(
                    MadeCell(cell.id, "code", book.rest[place], "display" if same else "kept", (cell.id,))
                )
        else:
            made.append(MadeCell(cell.id, "code", cell.source, "kept", (cell.id,)))
    return made


def _own(cells: Sequence[GivenCell], book: Book, draft: _Draft) -> list[MadeCell]:
    """The notebook of modules whose names clash with the main one's."""
    ids, found = Ids([]), draft.cells
    made = [MadeCell(ids.fresh("dagbook"), "code", "%load_ext kernel_magics", "kept", ())]
    origin = tuple(cells[place].id for module in draft.modules for place in module.places.values())
    for text in found.texts() if found is not None else ():
        made.append(MadeCell(ids.fresh("cell"), "code", text, _role(text), origin, _names(text)))
    return made


def _cell(text: str, origin: str) -> MadeCell:
    return MadeCell("", "code", text, _role(text), (origin,), _names(text))


def _role(text: str) -> Role:
    word = re.match(r"%%(\w+)", text)
    assert word is not None
    roles: dict[str, Role] = {"setup": "setup", "inputs": "inputs", "params": "params", "node": "node"}
    return roles[word[1]]


def _names(text: str) -> tuple[str, ...]:
    source = read_cell(text, "x", "[1]")
    assert source is not None
    return tuple(dict.fromkeys(item.name for item in parse_cell(source).definitions))


def _graph(made: Sequence[MadeCell]) -> Graph:
    sources = [read_cell(cell.source, cell.id, "") for cell in made if cell.type == "code"]
    ours = sorted((cell for cell in sources if cell is not None), key=lambda cell: cell.magic != "setup")
    return Graph().put(*map(parse_cell, ours))


def report_modules(groups: Sequence[Group], verdicts: Sequence[Mapping[str, str]] | None) -> str:
    """Lines about what became of the modules, and how their values compare with Hamilton's.

    Args:
        verdicts: for each group, by node: "" where the values are equal, else why not; None for no run.
    """
    rows = []
    for number, group in enumerate(groups):
        names = [name for _, name in group.texts]
        if not names:
            continue
        nodes = [node.name for node in group.conversion.graph if node.kind == "value"]
        rows.append(f"{', '.join(names)}: {len(set(nodes))} nodes")
        if verdicts is None:
            continue
        equal = [name for name, why in verdicts[number].items() if not why]
        rows.append(f"proof: {len(equal)} value{'s' if len(equal) != 1 else ''} equal to Hamilton's")
        others: dict[str, list[str]] = {}
        for name, why in verdicts[number].items():
            if why:
                others.setdefault(why, []).append(name)
        rows += [f"note {quoted(given)}: {why}" for why, given in others.items()]
    notes = [note for group in groups for note in group.conversion.notes]
    return "\n".join([*rows, *(f"note {note.label}  {note.message}" for note in notes)])
