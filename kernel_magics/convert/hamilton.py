"""A notebook of Apache Hamilton becomes notebooks of Dagbook: one, and one for each module that clashes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_magics.convert.conversion import Conversion, GivenCell, MadeCell, Note, Role, label_at
from kernel_magics.convert.hamilton_cells import Book, Find, Module, configs_of, read_book
from kernel_magics.convert.hamilton_rest import Home, Rest, remarks
from kernel_magics.convert.ids import Ids
from kernel_magics.convert.running import Compared
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError, SourceError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.engine.source.tree import parsed
from kernel_magics.hamilton.cells import Cells, read_cells
from kernel_magics.hamilton.names import own_name

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
    graph: Graph = field(default_factory=Graph)
    config: Mapping[str, object] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)

    @property
    def optional(self) -> frozenset[str]:
        return self.cells.optional if self.cells is not None else frozenset()

    @property
    def texts(self) -> Texts:
        return tuple((module.text, module.name) for module in self.modules)


def convert_modules(
    cells: Sequence[GivenCell], find: Find = lambda _: None, stem: str = "notebook_dataflow"
) -> list[Group]:
    """The notebooks that a notebook of Apache Hamilton becomes, the main one first; executes nothing.

    There is none for a notebook whose cells neither define modules nor build drivers of known ones.

    Args:
        find: gives the modules that are files.
        stem: the main notebook's name, without its ending.
    """
    book = read_book(cells, find)
    if not book.modules:
        return []
    drafts, refused = _grouped(book, cells)
    names = ["", *(draft.modules[0].name for draft in drafts[1:])]
    rest = Rest(
        book,
        [
            Home(
                f"{stem}_{name}.ipynb" if name else "",
                frozenset(module.name for module in draft.modules),
                draft.graph,
                draft.config,
                draft.samples,
                frozenset(name for name in draft.samples if own_name(name) in draft.optional),
            )
            for name, draft in zip(names, drafts, strict=False)
        ],
    )
    texts = rest.write() if drafts else {}
    notes = [
        Note(cells[place].id, label_at(cells, place), text)
        for place, text in sorted([*remarks(book.notes), *remarks(rest.notes)], key=lambda each: each[0])
    ]
    made = []
    for number, draft in enumerate(drafts or [_Draft()]):
        written = _main(cells, book, draft, drafts, texts) if number == 0 else _own(cells, draft)
        more = [*notes, *refused] if number == 0 else []
        found = draft.cells.notes if draft.cells is not None else ()
        more += [Note("", ", ".join(module.name for module in draft.modules), text) for text in found]
        graph = _graph(written)
        conversion = Conversion(tuple(cells), tuple(written), tuple(more), graph=graph)
        made.append(Group(draft.texts, dict(draft.config), conversion, names[number] if number else ""))
    return made


def _grouped(book: Book, cells: Sequence[GivenCell]) -> tuple[list[_Draft], list[Note]]:
    """Modules in as few dataflows as their names allow, and why others cannot be converted."""
    drafts: list[_Draft] = []
    reasons: dict[str, str] = {}
    for unit in _units(book):
        for number, draft in enumerate([*drafts, _Draft()]):
            wanted = [*draft.modules, *(each for each in unit if each not in draft.modules)]
            if draft.modules and len(wanted) == len(draft.modules):
                break
            try:
                linked = _written(book, wanted)
            except DataflowError as error:
                reason = f"{error.message.rstrip('.')}; {error.hint}" if error.hint else error.message
                reasons.update((module.name, reason) for module in unit)
                continue
            drafts[number : number + 1] = [linked]
            break
    kept = {module.name for draft in drafts for module in draft.modules}
    refused = []
    for module in book.modules.values():
        if module.name not in kept:
            place = max(module.places.values())
            message = f"module '{module.name}' stays: {reasons[module.name]}"
            refused.append(Note(cells[place].id, label_at(cells, place), message))
    return drafts, refused


def _units(book: Book) -> Iterator[list[Module]]:
    """Modules that are one dataflow if they can be: those of one driver, then each of the others.

    Those that import others are tried with these first, as decorators may run them.
    """
    names = [driver.modules for driver in book.drivers if driver.modules]
    order = list(book.modules)
    units = sorted(dict.fromkeys(names), key=lambda unit: min(map(order.index, unit)))
    for unit in dict.fromkeys([*units, *((name,) for name in order)]):
        whole = dict.fromkeys(unit)
        for name in order[::-1]:
            if name in whole:
                whole |= dict.fromkeys(_imported(book, book.modules[name].text))
        for each in dict.fromkeys([tuple(sorted(whole, key=order.index)), unit]):
            yield [book.modules[name] for name in each]


def _imported(book: Book, text: str) -> list[str]:
    """The modules of the notebook that a module imports."""
    tree = parsed(text)
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
        found += [name for name in names if name in book.modules]
    return found


def _written(book: Book, modules: Sequence[Module]) -> _Draft:
    """The dataflow of modules.

    Raises:
        DataflowError: they are none.
    """
    names = {module.name for module in modules}
    config = dict(configs_of(modules) or {})
    samples: dict[str, str] = {}
    given = configs_of(modules) is not None
    for driver in book.drivers:
        if names.intersection(driver.modules) and driver.config:
            given = True
            for name, source in driver.config.items():
                config.setdefault(name, ast.literal_eval(source))
    requests = [request for request in book.requests if names.intersection(request.driver.modules)]
    for request in requests:
        samples = {**request.inputs, **samples}
    for module in modules:
        samples |= module.samples
    texts = [(each.text, each.name) for each in modules]
    written = read_cells(texts, config if given else None, samples)
    first = requests[0].given or () if requests else samples
    later = {name for name in samples if own_name(name) in written.optional and name not in first}
    if later:  # the first request has the default of the function
        samples = {name: source for name, source in samples.items() if name not in later}
        written = read_cells(texts, config if given else None, samples)
    _refuse_imports(book, written)
    label = ", ".join(module.name for module in modules)
    return _Draft(list(modules), written, _linked(written, label), config, samples)


def _refuse_imports(book: Book, written: Cells) -> None:
    """Refuse modules that import what other cells define.

    Raises:
        SourceError: DB418.
    """
    ours = {name for name, module in book.modules.items() if not module.stays}
    for node in ast.walk(ast.parse(written.setup)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
        if found := ours.intersection(names):
            raise SourceError(
                "DB418",
                f"`{ast.unparse(node)}`: '{min(found)}' is a module of cells, whose functions are nodes.",
                hint="define what both need in one of them.",
            )


def _linked(found: Cells, label: str) -> Graph:
    """The dataflow of these cells.

    Raises:
        DataflowError: it is not valid.
    """
    made = [read_cell(text, f"cell{number}", label) for number, text in enumerate(found.texts())]
    return Graph().put(*(parse_cell(cell) for cell in made if cell is not None))


def _main(
    cells: Sequence[GivenCell],
    book: Book,
    draft: _Draft,
    drafts: Sequence[_Draft],
    texts: Mapping[int, str],
) -> list[MadeCell]:
    """The notebook with all ordinary cells, and the cells of the first group where its modules were."""
    ids, made, first = Ids(cells), list[MadeCell](), True
    gone = {
        place
        for each in drafts
        for module in each.modules
        if not module.stays
        for place in module.places.values()
    } | book.older
    at: dict[int, list[Module]] = {}
    for module in draft.modules:
        at.setdefault(_place(book, module), []).append(module)
    for place, cell in enumerate(cells):
        if cell.type != "code":
            made.append(MadeCell(cell.id, cell.type, cell.source, "markdown", (cell.id,)))
            continue
        if first:
            first = False
            made.append(MadeCell(ids.fresh("dagbook"), "code", _loading(book, drafts), "kept", ()))
        group, nodes = list[MadeCell](), list[MadeCell]()
        text = texts.get(place, cell.source) if place not in gone else ""
        if text:
            role: Role = "display" if text == cell.source else "kept"
            group.append(MadeCell("", "code", text, role, (cell.id,)))
        if place in at and draft.cells is not None:
            if place == min(at):
                nodes += [
                    _cell(each, cell.id) for each in draft.cells.texts() if not each.startswith("%%node")
                ]
            names = {module.name for module in at[place]}
            forms = [form for form in draft.cells.forms if form.module in names]
            nodes += [_cell(each, cell.id) for form in forms for each in form.cells()]
        asks = any(step.requests or step.kind == "show" for step in book.steps.get(place, ()))
        group = [*nodes, *group] if asks else [*group, *nodes]
        made += ids.given(cell.id, group)
    return made


def _loading(book: Book, drafts: Sequence[_Draft]) -> str:
    """The extensions of a notebook; that of Hamilton where cells still define modules by it."""
    ours = {module.name for draft in drafts for module in draft.modules}
    theirs = [module for module in book.modules.values() if module.name not in ours and not module.stays]
    return "%load_ext kernel_magics" + ("\n%load_ext hamilton.plugins.jupyter_magic" if theirs else "")


def _place(book: Book, module: Module) -> int:
    """The cell in whose place the nodes of a module are: its last one, unless one above asks for them."""
    last = max(module.places.values())
    asked = any(
        module.name in request.driver.modules
        for place, steps in book.steps.items()
        if place < last
        for step in steps
        for request in step.requests
    )
    return module.first if asked else last


def _own(cells: Sequence[GivenCell], draft: _Draft) -> list[MadeCell]:
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


def report_modules(groups: Sequence[Group], verdicts: Sequence[Compared] | None) -> str:
    """Lines about what became of the modules, and how their values compare with Hamilton's.

    Args:
        verdicts: for each group; None for no run.
    """
    rows = []
    for number, group in enumerate(groups):
        names = [name for _, name in group.texts]
        if not names:
            continue
        nodes = [node.name for node in group.conversion.graph if node.kind == "value"]
        count = len(set(nodes))
        rows.append(f"{', '.join(names)}: {count} node{'s' if count != 1 else ''}")
        if verdicts is None:
            continue
        if verdicts[number].failure:
            rows.append(f"proof: none, {verdicts[number].failure}")
            continue
        equal = [name for name, why in verdicts[number].verdicts.items() if not why]
        rows.append(f"proof: {len(equal)} value{'s' if len(equal) != 1 else ''} equal to Hamilton's")
        others: dict[str, list[str]] = {}
        for name, why in verdicts[number].verdicts.items():
            if why:
                others.setdefault(why, []).append(name)
        rows += [f"note {quoted(given)}: {why}" for why, given in others.items()]
    notes = [note for group in groups for note in group.conversion.notes]
    return "\n".join([*rows, *(f"note {note.label}  {note.message}" for note in notes)])
