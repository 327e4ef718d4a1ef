"""Converting is a pure function from the cells of an ordinary notebook to the cells of a dataflow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kernel_magics.convert.conversion import Claim, Conversion, GivenCell, MadeCell, Note, Role
from kernel_magics.convert.ids import Ids
from kernel_magics.convert.naming import Naming
from kernel_magics.convert.pieces import FLOW, Piece, cell_pieces
from kernel_magics.convert.prepare import prepare
from kernel_magics.convert.reading import Learnt, read_cells
from kernel_magics.convert.rewriting import without_emptied
from kernel_magics.convert.roles import Roles
from kernel_magics.convert.statement import Reading, Statement
from kernel_magics.convert.versions import DefUse
from kernel_magics.convert.writing import Unwritable, Writer
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError, quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import CellSource, read_cell

_LOAD = re.compile(r"^\s*%(load_ext|reload_ext)\s+kernel_magics\b", re.MULTILINE)


def convert(cells: Sequence[GivenCell], learnt: Learnt | None = None) -> Conversion:
    """Propose a dataflow for an ordinary notebook.

    The dataflow of the result is valid. What cannot be part of it stays ordinary, and `notes` says why. A
    notebook without anything to convert comes back as it is.

    Args:
        learnt: facts from a run of the notebook.
    """
    learnt = learnt or Learnt()
    blocked = dict(learnt.blocked)
    readings, chains = read_cells(cells, learnt)
    while True:
        draft = _Draft(cells, readings, chains, blocked)
        more = draft.write()
        if not more:
            return draft.conversion()
        if more.keys() <= blocked.keys():
            return draft.unchanged()
        blocked = {**more, **blocked}


def propose(cells: Sequence[GivenCell]) -> Conversion:
    """The proposal for a notebook that has not run, with the rewrites that help it."""
    return replace(convert(without_emptied(prepare(cells), cells)), given=tuple(cells))


class _Draft:
    """One attempt, with the statements that are blocked so far."""

    def __init__(
        self,
        cells: Sequence[GivenCell],
        readings: Mapping[int, Reading],
        chains: DefUse,
        blocked: Mapping[int, str],
    ) -> None:
        self.cells, self.readings, self.chains = cells, readings, chains
        self.roles = Roles.of(chains, blocked)
        self.by_cell = {
            place: cell_pieces(self.roles, place, [item.number for item in reading.statements])
            for place, reading in readings.items()
        }
        self.pieces = [piece for pieces in self.by_cell.values() for piece in pieces]
        self.naming = Naming(self.roles, self.pieces)
        self.writer = Writer(self.naming)
        self.setup = [number for number, role in sorted(self.roles.role.items()) if role == "setup"]
        self.made: list[MadeCell] = []
        self.graph = Graph()

    # -- writing -------------------------------------------------------------------------------------------

    def write(self) -> dict[int, str]:
        """Write every cell; returns the statements to block before the next attempt."""
        for piece, given in self.naming.outputs.items():
            if not given:
                return dict.fromkeys(piece.statements, "")
            if piece.role == "inputs" and (apart := self._apart(piece)):
                return dict.fromkeys(piece.statements, apart)
        try:
            texts = {piece: self.writer.cell(piece) for piece in self.pieces if piece.role != "ours"}
            setup = self.writer.setup(self.setup)
        except Unwritable as error:
            return self._tied(*error.args)
        self.made = list(self._assembled(texts, setup))
        return self._broken()

    def _apart(self, piece: Piece) -> str:
        """What a cell of inputs reads except the setup, which is all that it sees."""
        for number in piece.statements:
            for version in self.roles.needs(number):
                role = self.roles.role[version.statement]
                if self.naming.home(version.statement) != piece and role not in ("setup", "ours"):
                    return f"it reads '{version.name}' of another cell"
        return ""

    def _tied(self, number: int, names: Sequence[str]) -> dict[int, str]:
        """A statement whose names cannot be changed, and all statements that make values of these names."""
        found = {number: f"its names cannot be changed, as {quoted(dict.fromkeys(names))} would have to"}
        for name in names:
            for version in self.chains.versions.get(name, ()):
                if self.chains.kinds[version.statement] not in ("import", "ours"):
                    found[version.statement] = (
                        f"'{name}' must keep its name for cell {self.chains.label(number)}"
                    )
        return found

    def _assembled(self, texts: Mapping[Piece, str], setup: str) -> Iterator[MadeCell]:
        home = self.chains.cell(self.setup[0]) if self.setup else -1
        ids = Ids(self.cells)
        load = bool(self.setup or any(piece.role in FLOW for piece in self.pieces))
        load = load and not any(_LOAD.search(cell.source) for cell in self.cells if cell.type == "code")
        for place, cell in enumerate(self.cells):
            if cell.type != "code":
                yield MadeCell(cell.id, cell.type, cell.source, "markdown", (cell.id,))
                continue
            if load:
                load = False
                yield MadeCell(ids.fresh("dagbook"), "code", "%load_ext kernel_magics", "kept", ())
            group = self._cell(place, cell, texts)
            if place == home:
                origin = dict.fromkeys(self.cells[self.chains.cell(number)].id for number in self.setup)
                id = cell.id if not group else ids.fresh(f"{cell.id}-setup")
                yield MadeCell(id, "code", f"%%setup\n{setup}", "setup", tuple(origin))
            yield from ids.given(cell.id, group)

    def _cell(self, place: int, cell: GivenCell, texts: Mapping[Piece, str]) -> list[MadeCell]:
        pieces = self.by_cell[place]
        if pieces and pieces[0].role == "ours":
            role = _own_role(cell.source)
            names = self.readings[place].statements[0].binds if role in FLOW else ()
            return [MadeCell(cell.id, "code", cell.source, role, (cell.id,), names)]
        if not self.readings[place].statements or self._untouched(place):
            role, why = self._ordinary(pieces)
            return [MadeCell(cell.id, "code", cell.source, role, (cell.id,), (), why)]
        found = []
        for piece in pieces:
            role, why = self._ordinary([piece])
            role = role if piece.role == "kept" else piece.role  # type: ignore[assignment]
            names = tuple(self.naming.labels[version] for version in self.naming.outputs.get(piece, ()))
            found.append(MadeCell("", "code", texts[piece], role, (cell.id,), names, why))
        return [*found, *self._displayed(cell, pieces)]

    def _displayed(self, cell: GivenCell, pieces: Sequence[Piece]) -> Iterator[MadeCell]:
        """What an expression displayed at the end of a cell, where it is part of a node.

        `model.fit(X, y)` displays the model; `queue.pop()` runs again, on the value that the node changes.
        """
        last = max((number for piece in pieces for number in piece.statements), default=-1)
        name = self.chains.statements[last].displayed if last >= 0 else None
        home = self.naming.home(last)
        if name is None or home is None or home.role != "node":
            return
        given, made = self.naming.outputs.get(home, []), self.chains.makes[last]
        if name and made.get(name) in given:
            yield MadeCell("", "code", self.naming.labels[made[name]], "display", (cell.id,))
        elif not name and all(self.naming.is_output(version.before) for version in made.values()):
            text = self.writer.unchanging(last)
            if text is not None:
                yield MadeCell("", "code", text, "display", (cell.id,))

    def _ordinary(self, pieces: Sequence[Piece]) -> tuple[Role, str]:
        """Whether ordinary code displays something or could not be converted, and why it computes here."""
        numbers = [number for piece in pieces if piece.role == "kept" for number in piece.statements]
        reasons = [self.roles.reasons[number] for number in numbers if self.roles.reasons.get(number)]
        shows = any(self.chains.kinds[number] not in ("magic", "config") for number in numbers)
        statements = self.chains.statements
        computes = any(statements[number].binds or statements[number].changes for number in numbers)
        why = "; ".join(dict.fromkeys(reasons)) if computes else ""
        return ("display" if shows and not reasons else "kept"), why

    def _untouched(self, place: int) -> bool:
        """True when a cell stays exactly as it is."""
        pieces, statements = self.by_cell[place], self.readings[place].statements
        if len(pieces) != 1 or pieces[0].role != "kept" or len(pieces[0].statements) != len(statements):
            return False
        return all(self.writer.unchanged(number) for number in pieces[0].statements)

    # -- validity ------------------------------------------------------------------------------------------

    def _sources(self) -> list[tuple[CellSource, MadeCell]]:
        found, number = [], 0
        for cell in self.made:
            if cell.type == "code":
                number += 1
                source = read_cell(cell.source, cell.id, f"[{number}]")
                if source is not None:
                    found.append((source, cell))
        return sorted(found, key=lambda pair: pair[0].magic != "setup")

    def _broken(self) -> dict[int, str]:
        """Statements of cells that make the dataflow invalid, with the reasons; stores a valid graph."""
        sources = self._sources()
        try:
            parsed = []
            for source, _ in sources:
                parsed.append(parse_cell(source))
            self.graph = Graph().put(*parsed)
        except DataflowError as error:
            ids = {cell.id for cell in error.concerns}
            named = [cell for source, cell in sources if source.id in ids]
            numbers = [number for cell in reversed(named) for number in self._numbers(cell)]
            if not numbers:
                numbers = [number for number, role in self.roles.role.items() if role in FLOW]
            if not numbers:  # the notebook's own dataflow is invalid, which is not reported here
                return {}
            return dict.fromkeys(numbers, error.reason.rstrip("."))
        return {}

    def _numbers(self, cell: MadeCell) -> list[int]:
        if cell.role == "setup" and cell.source.startswith("%%setup") and cell.id not in self._ours():
            return [number for number in self.setup if self.chains.kinds[number] != "import"] or self.setup
        piece = next(
            (
                piece
                for piece, given in self.naming.outputs.items()
                if tuple(self.naming.labels[version] for version in given) == cell.names and given
            ),
            None,
        )
        return list(piece.statements) if piece else []

    def _ours(self) -> set[str]:
        return {
            self.cells[place].id
            for place, pieces in self.by_cell.items()
            if pieces and pieces[0].role == "ours"
        }

    # -- the result ----------------------------------------------------------------------------------------

    def conversion(self) -> Conversion:
        """The result of this attempt."""
        parts = {
            self.naming.labels[version]: piece.statements
            for piece, given in self.naming.outputs.items()
            for version in given
        }
        if not parts and not any(item.ours for item in self.chains.statements):
            return self.unchanged()
        made = tuple(self.made)
        shared = tuple(number for number in self.setup if self.chains.kinds[number] != "import")
        notes, claims = tuple(self._notes()), tuple(self._claims())
        reasons, lacking = self.roles.reasons, frozenset(self.roles.lacking)
        known = tuple(self.cells), made, notes, claims, parts, shared, self.graph
        return Conversion(*known, reasons, lacking, self._hint())

    def unchanged(self) -> Conversion:
        """The notebook as it is, after no attempt gave a valid dataflow."""
        cells = [
            MadeCell(
                cell.id, cell.type, cell.source, "kept" if cell.type == "code" else "markdown", (cell.id,)
            )
            for cell in self.cells
        ]
        return Conversion(tuple(self.cells), tuple(cells), tuple(self._notes()), hint=self._hint())

    def _hint(self) -> str:
        """The reason that keeps most cells ordinary, which only need what its cell makes."""
        chains, roles = self.chains, self.roles
        away = {chains.cell(number) for number, role in roles.role.items() if role in FLOW}
        best, most = -1, set[int]()
        for number in sorted(roles.reasons.keys() - roles.lacking):
            behind = {chains.cell(item) for item in chains.behind([number]) & roles.lacking} - away
            behind -= {chains.cell(number)}
            if roles.reasons[number] and len(behind) > len(most):
                best, most = number, behind
        if not most:
            return ""
        count = "1 more cell" if len(most) == 1 else f"{len(most)} more cells"
        return f"cell {chains.label(best)} keeps {count} ordinary: {roles.reasons[best]}"

    def _notes(self) -> Iterator[Note]:
        for place, reading in self.readings.items():
            cell, label = self.cells[place], self.chains.labels[place]
            numbers = [item.number for item in reading.statements]
            messages = [
                reason
                for number in numbers
                if (reason := self.roles.reasons.get(number))
                and not (number in self.roles.lacking and f"of cell {label}," in reason)
            ]
            for number in numbers:
                kind, statement = self.chains.kinds[number], self.chains.statements[number]
                if kind == "magic" and not _LOAD.match(statement.text):
                    messages.append(f"{statement.problem} stays: {statement.text.strip().splitlines()[0]}")
                elif statement.lost:
                    messages.append(f"`{_code(statement)}` changes a copy, and so nothing (copy-on-write)")
                elif number in self.chains.aliases:
                    messages.append(f"`{_code(statement)}` is left out: both names mean one value")
                elif self.roles.role[number] == "dropped" and number not in self.chains.repeats:
                    messages.append(f"`{_code(statement)}` is left out: values are let go by themselves")
            if reading.dropped and any(piece.role in FLOW for piece in self.by_cell[place]):
                messages.append(f"{reading.dropped} is left out: every node is timed")
            for message in dict.fromkeys(messages):
                yield Note(cell.id, label, message)

    def _claims(self) -> Iterator[Claim]:
        """The claims: where a variable of the original must equal the value of a node."""
        labels = self.naming.labels
        for given in self.naming.outputs.values():
            for output in given:
                yield Claim(output.statement, True, output.name, labels[output])
        for number, used in self.chains.uses.items():
            if self.roles.role[number] in ("dropped", "setup") or self.chains.kinds[number] == "magic":
                continue
            for name, version in used.items():
                home = self.naming.home(version.statement) if version else None
                if version is None or home is None or home.role not in FLOW:
                    continue
                if home != self.naming.home(number):
                    yield Claim(number, False, name, labels[version])


def _code(statement: Statement) -> str:
    return ast.unparse(statement.tree) if statement.tree else statement.text


def _own_role(source: str) -> Role:
    """The role of a cell that is part of a dataflow already."""
    found = read_cell(source, "", "")
    if found is None or found.magic in ("check", "test"):
        return "kept"
    return found.magic  # type: ignore[return-value]
