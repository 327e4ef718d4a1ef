"""A graph is every node and the links between them; a graph that exists is valid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kernel_magics.engine.cells.definition import Cell, Code
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.clashes import duplicate, refuse_overlap, refuse_setup_clash
from kernel_magics.engine.graph.effects import refuse_effects
from kernel_magics.engine.graph.fill import refilled
from kernel_magics.engine.graph.link import lacking, link_cell
from kernel_magics.engine.graph.links import find_cycle
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.setup import Setup, make_setup
from kernel_magics.engine.source.choice import matches

Nodes = dict[str, tuple[Node, ...]]


@dataclass(frozen=True)
class Graph:
    """An immutable graph; `put` and `drop` return a new graph, or raise if it would not be valid.

    Attributes:
        cells: by id, in notebook order (in the order of first execution where that is unknown).
        owned: the nodes each cell defines.
        nodes: by name; more than one only for variants.
        readers: for each name, the nodes that read it.
        owners: for each top-level name of the exported module, the id of the cell that defines it.
        choices: for each param that selects variants, the functions of these variants.
        params: names of the params of `%%params` cells.
        off: names of the nodes with `--cache off`.
        examples: ids of the test cells.
        touched: ids of the cells that `put` linked again or removed.
        outside: returns the names that ordinary cells define, for hints: `code` for functions, classes and
            imports, else `variable`.
    """

    cells: Mapping[str, Cell] = field(default_factory=dict)
    setup: Setup = field(default_factory=Setup)
    owned: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    nodes: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    params: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    touched: tuple[str, ...] = field(default=(), compare=False)
    outside: Callable[[], Mapping[str, str]] = field(default=dict, compare=False, repr=False)

    def put(self, *cells: Cell, drop: Iterable[str] = ()) -> Graph:
        """Add cells, replacing those with the same id, after dropping others.

        Raises:
            LinkError: DB201 duplicate names, DB202 a cycle, DB204 overlapping variants, DB206 a variant
                chosen by a node, DB109 unknown globals, DB111 names of the setup that a body assigns.
        """
        dropped = [id for id in drop if id in self.cells]
        kept = {id: cell for id, cell in self.cells.items() if id not in dropped} if dropped else self.cells
        changed = {cell.id: cell for cell in cells}
        everything = {**kept, **changed}
        touched = [*cells, *(self.cells[id] for id in [*dropped, *changed] if id in self.cells)]
        setup = self.setup
        if any(cell.magic == "setup" for cell in touched):
            setup = make_setup([cell for cell in everything.values() if cell.magic == "setup"])
        again = refilled(everything if setup is not self.setup else changed, setup, changed)
        everything |= again
        touched += again.values()
        params, moved = self._params(everything, touched)
        relinked: Mapping[str, Cell] = {**changed, **again}
        subjects = {subject for cell in touched for subject in cell.checked}
        if (setup.names, setup.extensions) != (self.setup.names, self.setup.extensions):
            relinked = everything
        elif subjects or moved:
            relinked = {
                id: cell
                for id, cell in everything.items()
                if id in relinked or _depends(cell, subjects, moved)
            }
        examples = self.examples
        if any(cell.test is not None for cell in touched):
            examples = tuple(id for id, cell in everything.items() if cell.test is not None)
        builder = _Builder(self, dropped, everything)
        fresh = builder.relink(relinked, setup, params)
        refuse_setup_clash(everything, setup, builder.owners)
        for cell in relinked.values():
            refuse_effects(cell, setup)
        for node in fresh:
            if node.cell_id in changed and node.lacks:
                raise lacking(node, builder.nodes, setup.names, self.outside())
        graph = builder.graph(setup, params, examples, tuple(dict.fromkeys([*relinked, *dropped])))
        _refuse_cycle(graph, [node.name for node in fresh])
        _refuse_choices(graph, fresh)
        return graph

    def _params(
        self, cells: Mapping[str, Cell], touched: Iterable[Cell]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the params among `cells`, and the names that became params or stopped being params."""
        if not any(cell.magic == "params" for cell in touched):
            return self.params, frozenset()
        after = frozenset(
            item.name for cell in cells.values() for item in cell.definitions if item.kind == "param"
        )
        return after, self.params ^ after

    def drop(self, *ids: str) -> Graph:
        """The graph without these cells; the same object when it has none of them."""
        return self.put(drop=ids) if any(id in self.cells for id in ids) else self

    def only(self, names: Collection[str]) -> Graph:
        """The graph with these nodes alone, and the tests that call no others; all cells stay."""
        owned = {id: tuple(node for node in nodes if node.name in names) for id, nodes in self.owned.items()}
        functions = {node.function for nodes in owned.values() for node in nodes}
        readers = {read: frozenset(known & set(names)) for read, known in self.readers.items()}
        choices = {key: known & functions for key, known in self.choices.items()}
        tests = [
            cell.id for cell, code in self.tests() if cell.subject in names and not _others(self, code, names)
        ]
        return replace(
            self,
            owned=owned,
            nodes={name: nodes for name, nodes in self.nodes.items() if name in names},
            readers={read: known for read, known in readers.items() if known},
            choices={key: known for key, known in choices.items() if known},
            params=self.params & set(names),
            off=self.off & set(names),
            examples=tuple(tests),
        )

    def __iter__(self) -> Iterator[Node]:
        """Every node, variants included, in notebook order."""
        for id in self.cells:
            yield from self.owned.get(id, ())

    def names(self) -> list[str]:
        """Every node's name once, in notebook order."""
        return list(dict.fromkeys(node.name for node in self))

    def node(self, name: str) -> Node:
        """The node of that name; the first where it has variants."""
        return self.nodes[name][0]

    def active(self, name: str, params: Mapping[str, object]) -> Node | None:
        """The variant of `name` for these param values; None when none exists."""
        for node in self.nodes.get(name, ()):
            when = node.when
            if not when or all(key in params and matches(params[key], value) for key, value in when):
                return node
        return None

    def deciding(self) -> tuple[str, ...]:
        """The params that select variants."""
        return tuple(self.choices)

    def reads(self, name: str) -> tuple[str, ...]:
        """What a node reads, over all its variants; () for a name that nothing defines."""
        return tuple(dict.fromkeys(read for node in self.nodes.get(name, ()) for read in node.input_names))

    def read_by(self, name: str) -> frozenset[str]:
        """The nodes that read a name; empty where none does."""
        return self.readers.get(name, frozenset())

    def tests(self) -> list[tuple[Cell, Code]]:
        """The test cells, in order."""
        cells = [self.cells[id] for id in self.examples]
        return [(cell, cell.test) for cell in cells if cell.test is not None]


def _others(graph: Graph, code: Code, names: Collection[str]) -> bool:
    """True when code reads nodes that are none of these."""
    return any(read in graph.nodes and read not in names for read in code.reads)


def _depends(cell: Cell, subjects: Collection[str], moved: Collection[str]) -> bool:
    """True when the changes in other cells may change how a cell is linked.

    The checks of a node are numbered in notebook order; params are the last parameters of a bare body.
    """
    if not cell.checked.isdisjoint(subjects):
        return True
    codes = [item.code for item in cell.definitions if item.code is not None and item.code.bare]
    return any(read in moved for code in codes for read in code.reads)


class _Builder:
    """The parts of the next graph while `put` makes it."""

    def __init__(self, old: Graph, dropped: Sequence[str], cells: Mapping[str, Cell]) -> None:
        self.cells = cells
        self.before = old.cells
        self.owned = dict(old.owned)
        self.nodes: Nodes = dict(old.nodes)
        self.readers = dict(old.readers)
        self.changed: dict[str, set[str]] = {}  # readers of names while they change: one copy for each name
        self.owners = dict(old.owners)
        self.choices = dict(old.choices)
        self.off = old.off
        self.outside = old.outside
        for id in dropped:
            self.forget(id)

    def graph(
        self, setup: Setup, params: frozenset[str], examples: tuple[str, ...], touched: tuple[str, ...]
    ) -> Graph:
        for read, names in self.changed.items():
            if names:
                self.readers[read] = frozenset(names)
            else:
                self.readers.pop(read, None)
        indexes = self.owned, self.nodes, self.readers, self.owners, self.choices
        return Graph(self.cells, setup, *indexes, params, self.off, examples, touched, self.outside)

    def relink(self, cells: Mapping[str, Cell], setup: Setup, params: frozenset[str]) -> list[Node]:
        for id in cells:
            self.forget(id)
        fresh: list[Node] = []
        for cell in cells.values():
            nodes = tuple(
                self._numbered(node) for node in link_cell(cell, setup.names, params, setup.extensions)
            )
            self.owned[cell.id] = nodes
            for node in nodes:
                self._add(node)
            for helper in cell.helpers:
                self._own(helper.name, cell)
            fresh += nodes
        return fresh

    def forget(self, id: str) -> None:
        for node in self.owned.pop(id, ()):
            left = tuple(item for item in self.nodes[node.name] if item.cell_id != id)
            if left:
                self.nodes[node.name] = left
            else:
                self.nodes.pop(node.name, None)
            if node.name in self.off and not any(item.cache == "off" for item in left):
                self.off -= {node.name}
            still = {read for item in left for read in item.input_names}
            for read in set(node.input_names) - still:
                self._readers_of(read).discard(node.name)
            for key, _ in node.when:
                _discard(self.choices, key, node.function)
            for name in (node.function, *(helper.name for helper in node.helpers)):
                if self.owners.get(name) == id:
                    del self.owners[name]
        for name in [item.name for item in (self.before[id].helpers if id in self.before else ())]:
            if self.owners.get(name) == id:
                del self.owners[name]

    def _numbered(self, node: Node) -> Node:
        """The node with a number in its name if it is not its subject's first check: `check_NODE_2`."""
        if node.kind != "check":
            return node
        name, number = node.name, 2
        while self.owners.get(name, node.cell_id) != node.cell_id:
            name, number = f"{node.name}_{number}", number + 1
        if name == node.name or node.text is None:
            return node
        text = replace(node.text, source=node.text.source.replace(f"def {node.name}(", f"def {name}(", 1))
        return replace(node, name=name, function=name, text=text)

    def _add(self, node: Node) -> None:
        for other in self.nodes.get(node.name, ()):
            refuse_overlap(other, node, self.cells)
        self._own(node.function, self.cells[node.cell_id])
        for helper in node.helpers:
            self._own(helper.name, self.cells[node.cell_id])
        variants = (*self.nodes.get(node.name, ()), node)
        if len(variants) > 1:
            places = {id: number for number, id in enumerate(self.cells)}
            variants = tuple(sorted(variants, key=lambda item: places[item.cell_id]))
        self.nodes[node.name] = variants
        if node.cache == "off":
            self.off |= {node.name}
        for read in node.input_names:
            self._readers_of(read).add(node.name)
        for key, _ in node.when:
            self.choices[key] = self.choices.get(key, frozenset()) | {node.function}

    def _readers_of(self, read: str) -> set[str]:
        if read not in self.changed:
            self.changed[read] = set(self.readers.get(read, ()))
        return self.changed[read]

    def _own(self, name: str, cell: Cell) -> None:
        owner = self.owners.setdefault(name, cell.id)
        if owner != cell.id:
            raise duplicate(name, self.cells[owner], cell)


def _discard(index: dict[str, frozenset[str]], key: str, name: str) -> None:
    left = index.get(key, frozenset()) - {name}
    if left:
        index[key] = left
    else:
        index.pop(key, None)


def _refuse_cycle(graph: Graph, names: Iterable[str]) -> None:
    cycle = find_cycle([name for name in dict.fromkeys(names) if name in graph.readers], graph.reads)
    if not cycle:
        return
    blamed = graph.node(cycle[-2])
    place = blamed.ref.subject() if blamed.cell else blamed.cell_id
    raise LinkError(
        "DB202",
        f"'{cycle[0]}' depends on itself: {' -> '.join(cycle)}.",
        hint=(f"give the input of '{blamed.name}' (", place, ") another name."),
        names=[cycle[0]],
        path=cycle,
        concerns=dict.fromkeys(graph.node(name).ref for name in cycle),
    )


def _refuse_choices(graph: Graph, fresh: Iterable[Node]) -> None:
    """Refuse a node as the selector of variants: its value is not known when a run is planned."""
    names = {node.name for node in fresh}
    for key, functions in graph.choices.items():
        chooser = graph.nodes.get(key, ())
        if not chooser or chooser[0].kind in ("input", "param"):
            continue
        chosen = next(node for node in graph if node.function in functions)
        if key in names or any(node.function in functions for node in fresh):
            raise LinkError(
                "DB206",
                (
                    f"the variant of '{chosen.name}'",
                    chosen.ref.on(),
                    f" depends on '{key}', which is no param but a node",
                    chooser[0].ref.aside(),
                    ".",
                ),
                hint=f"declare '{key}' in a %%params cell, or choose inside the node with `if`.",
                names=[chosen.name, key],
            )
