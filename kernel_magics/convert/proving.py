"""The proof of a conversion: the dataflow computes the same values as the ordinary notebook."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kernel_magics.convert.arrays import prepare_arrays
from kernel_magics.convert.conversion import Claim, Conversion, GivenCell, Note, in_the_dataflow
from kernel_magics.convert.converting import convert, propose
from kernel_magics.convert.handing import hand_on, is_data
from kernel_magics.convert.prepare import KINDS, prepare, prepare_views
from kernel_magics.convert.reading import Learnt, read_cells
from kernel_magics.convert.rewriting import without_emptied
from kernel_magics.convert.running import Ask, FlowValues, PlainValues, run_flow, run_plain, run_written
from kernel_magics.convert.statement import Seen
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.convert.worker import Fingerprint
from kernel_magics.engine.errors import SourceError, quoted
from kernel_magics.engine.message import CellRef


@dataclass(frozen=True)
class Proven:
    """A conversion whose values are those of the ordinary notebook.

    Attributes:
        equal: names of the dataflow whose values were compared.
        opaque: types of those whose values cannot be compared, by name.
        refuted: names of earlier proposals that were dropped, with the reason.
    """

    conversion: Conversion
    equal: tuple[str, ...] = ()
    opaque: Mapping[str, str] | None = None
    refuted: Mapping[str, str] | None = None


def prove(cells: Sequence[GivenCell], ask: Ask, name: str) -> Proven:
    """Convert a notebook so that running both gives the same values and shows the same results.

    Statements whose values differ or fail stay ordinary, with all that depend on them.

    Args:
        ask: runs both notebooks, see `running.in_clean_process`.
        name: of its file, for messages.

    Raises:
        SourceError: DB421 when the notebook itself fails and nothing of it can be converted, DB422 when its
            process dies.
    """
    first = propose(cells)
    if not first.changed:
        return Proven(first)
    original = _Ran.of(cells, ask)
    ran = _prepared(original, ask)
    done, learnt = _converted(original, ran, _learn(ran), ask, name)
    for _ in range(_ROUNDS):
        more = _handing(original, ran, learnt, done.conversion, ask, name)
        if more is None:
            break
        ran, learnt = more
        other, learnt = _converted(original, ran, learnt, ask, name)
        if in_the_dataflow(other.conversion) <= in_the_dataflow(done.conversion):
            break
        done = other
    return done


_ROUNDS = 3
"""How often values of ordinary code are handed on: what then stays may have some more."""


def _converted(original: _Ran, ran: _Ran, learnt: Learnt, ask: Ask, name: str) -> tuple[Proven, Learnt]:
    """The largest conversion of a notebook that the proof leaves, and what is known then."""
    chains, plain = ran.chains, ran.plain
    refuted: dict[str, str] = {}
    handed: set[str] = set()  # inputs that get the values of the first run, because no other run makes them
    while True:
        conversion = replace(convert(ran.cells, learnt), given=original.cells)
        _, now = read_cells(ran.cells, learnt)
        if not conversion.parts:
            _refuse_failure(original, name)
            return Proven(conversion, refuted=refuted), learnt
        given = _given(conversion, now, ran, handed)
        flow = run_flow(conversion, ask, given)
        if flow.failure:
            imports = [number for number, kind in enumerate(chains.kinds) if kind == "import"]
            failing = conversion.shared or [*imports, *_all_parts(conversion)]
            reasons = dict.fromkeys(failing, f"the setup fails: {flow.failure}")
            learnt = replace(learnt, blocked={**learnt.blocked, **reasons})
            continue
        wrong, opaque = _judge(conversion, plain, flow)
        if seeded := {node for node in wrong if node in _drawn(conversion, now, ran)} - handed:
            handed |= seeded
            continue
        refuted |= {name: verdict.problem for name, verdict in wrong.items()}
        more = (
            _to_exclude(conversion, now, wrong)
            if wrong
            else _differing(conversion, ran.cells, now, original, ask)
        )
        if not more:
            names = tuple(key for key in conversion.parts if key not in opaque)
            notes = (*conversion.notes, *ran.handed, *_undisplayed(conversion, original))
            return Proven(replace(conversion, notes=notes), names, opaque, refuted), learnt
        learnt = replace(learnt, blocked={**learnt.blocked, **more})


def _handing(
    original: _Ran, ran: _Ran, learnt: Learnt, conversion: Conversion, ask: Ask, notebook: str
) -> tuple[_Ran, Learnt] | None:
    """The notebook with values of ordinary code handed on, run, if that shows the same; else None."""
    _, chains = read_cells(ran.cells, learnt)
    data = {
        number: [
            name
            for name, (digest, kind) in values.items()
            if digest and not digest.startswith("pickle") and is_data(kind)
        ]
        for number, values in ran.plain.after.items()
        if {*ran.plain.moved.get(number, ())} <= {*chains.makes[number]}
    }
    found = hand_on(ran.cells, chains, conversion, data, notebook)
    if found is None:
        return None
    loose = {found.numbers[number] for number in _below(chains.drawing, chains)}
    drawn = {read for number, reads in found.reads.items() if number in loose for read in reads}
    drawn |= {found.numbers[number] for number in ran.drawn}
    again = _Ran.of(found.cells, ask, drawn)
    expected, shown = original.shown, again.shown
    other = [id for id, text in expected.items() if shown.get(id, text) != text]
    if other or len(again.plain.errors) > len(ran.plain.errors):
        return None
    given: dict[int, list[str]] = {}
    for number, names in found.names.items():
        given.setdefault(again.chains.cell(number), []).extend(names)
    notes = [
        Note(ran.cells[place].id, again.chains.labels[place], _told(names)) for place, names in given.items()
    ]
    again = replace(again, handed=(*ran.handed, *notes))
    freed = chains.behind(item for item, now in found.numbers.items() if now in found.names)
    blocked = {  # what reads the values is tried again
        found.numbers[number]: reason for number, reason in learnt.blocked.items() if number not in freed
    }
    new = _learn(again)
    return again, replace(new, blocked={**blocked, **new.blocked})


def _told(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    inputs = f"the input{'s' if len(names) > 1 else ''} {quoted(names)}"
    return f"what it makes enters the dataflow as {inputs}: the sample is the value of the run"


@dataclass(frozen=True)
class _Ran:
    """An ordinary notebook and what its run showed.

    Attributes:
        drawn: statements that read what others drew at random, see `handing`.
        handed: notes on the values that ordinary code hands on.
    """

    cells: tuple[GivenCell, ...]
    chains: DefUse
    plain: PlainValues
    drawn: frozenset[int] = frozenset()
    handed: tuple[Note, ...] = ()

    @classmethod
    def of(cls, cells: Sequence[GivenCell], ask: Ask, drawn: Collection[int] = ()) -> _Ran:
        """Run it."""
        _, chains = read_cells(cells)
        return cls(tuple(cells), chains, run_plain(chains, ask, drawn), frozenset(drawn))

    @property
    def shown(self) -> dict[str, str]:
        """What each cell shows, by id; without those that fail or show what is drawn anew in each run."""
        chains, errors = self.chains, self.plain.errors
        failing = {chains.cell(number) for number in errors}
        seeds = [number for number, kind in enumerate(chains.kinds) if kind == "seed"]
        drawn = {number for number, values in self.plain.drew.items() if "" not in values}
        loose = {
            number
            for number in chains.drawing.keys() | drawn
            if not seeds or number < seeds[0] or "" in self.plain.drew.get(number, ())
        }
        unsure = failing | {chains.cell(number) for number in _below(loose, chains)}
        unsure |= {item.cell for item in chains.statements if item.tree is None}  # magics show what they like
        return {
            cell.id: self.plain.shown.get(place, "")
            for place, cell in enumerate(self.cells)
            if cell.type == "code" and place not in unsure
        }


def _prepared(original: _Ran, ask: Ask) -> _Ran:
    """The notebook rewritten so that more of it converts; with fewer rewrites where they would show."""
    kinds = [
        {number: {name: kind for name, (_, kind) in values.items()} for number, values in noted.items()}
        for noted in (original.plain.before, original.plain.after)
    ]
    found = prepare_arrays(original.cells, kinds[0], original.plain.moved)
    found = prepare_views(found, kinds[1])
    tried = [original.cells]
    for most in range(KINDS, -1, -1):
        cells = without_emptied(prepare(found, most), original.cells)
        if cells not in tried:
            tried.append(cells)
            ran = _Ran.of(cells, ask)
            if _shows_the_same(original, ran, ask):
                return ran
    return original


def _shows_the_same(original: _Ran, ran: _Ran, ask: Ask) -> bool:
    """True when no cell of a rewritten notebook fails or shows something else that did not before."""
    if len(ran.plain.errors) > len(original.plain.errors):
        return False
    shown, expected = ran.shown, original.shown
    other = {id for id, text in expected.items() if shown.get(id, text) != text}
    if other:  # some show something else each time
        again = _Ran.of(original.cells, ask).shown
        other = {id for id in other if again.get(id) == expected[id]}
    return not other


def _refuse_failure(original: _Ran, name: str) -> None:
    """Refuse a notebook that fails, if that is why nothing of it can be converted; not one of a dataflow."""
    if any(item.ours for item in original.chains.statements):
        return
    for number, (kind, text) in original.plain.errors.items():
        if kind:
            chains = original.chains
            cell = CellRef(original.cells[chains.cell(number)].id, chains.label(number))
            raise SourceError(
                "DB421",
                (f"'{name}' itself fails", cell.on(), f": {text}."),
                hint="correct it, or convert without a proof: --no-run.",
                reason=f"{text}.",
            )


def _drawn(conversion: Conversion, chains: DefUse, ran: _Ran) -> dict[str, bytes]:
    """The values of inputs that are drawn at random, pickled, as far as another process can have them."""
    found: dict[str, bytes] = {}
    for claim in conversion.claims:
        if not claim.after or conversion.graph.node(claim.node).kind != "input":
            continue
        for number in conversion.parts[claim.node]:
            data = ran.plain.drew.get(number, {}).get(claim.name)
            if data is not None and (number in chains.drawing or number in ran.drawn):
                found[claim.node] = data
    return found


def _given(conversion: Conversion, chains: DefUse, ran: _Ran, handed: Collection[str]) -> dict[str, bytes]:
    """Values of the first run for the inputs that another run would draw anew: those without a seed."""
    drawn = _drawn(conversion, chains, ran)
    seeds = {number for number, kind in enumerate(chains.kinds) if kind == "seed"}
    return {
        node: data
        for node, data in drawn.items()
        if node in handed or not seeds.intersection(conversion.parts[node])
    }


def _differing(
    conversion: Conversion,
    cells: Sequence[GivenCell],
    chains: DefUse,
    original: _Ran,
    ask: Ask,
) -> dict[int, str]:
    """Statements to exclude, because an ordinary cell then fails or shows something else."""
    shown, errors = run_written(conversion, ask)
    expected, found = original.shown, dict[int, str]()
    again: Mapping[str, str] | None = None  # of one more run: some notebooks show something else each time
    ordinary = {
        place: [
            number
            for number, other in enumerate(conversion.cells)
            if cells[place].id in other.origin and other.role in ("display", "kept")
        ]
        for place in chains.labels
    }
    broken = {
        place
        for place, made in ordinary.items()
        if cells[place].id in expected and not errors.keys().isdisjoint(made)
    }
    for place, label in chains.labels.items():
        id, made = cells[place].id, ordinary[place]
        if not made or id not in expected or (place in broken and _reads_of(chains, place) & broken):
            continue
        failed = next((errors[number] for number in made if number in errors), "")
        text = "".join(shown.get(number, "") for number in made)
        if failed:
            reason = f"cell {label} would fail: {failed}"
        elif text != expected[id] and not _printed_by_nodes(conversion, shown, id, expected[id], text):
            again = _Ran.of(original.cells, ask).shown if again is None else again
            if again.get(id) != expected[id]:
                continue
            reason = f"cell {label} would show something else"
        else:
            continue
        numbers = [item.number for item in chains.statements if item.cell == place]
        causes = _read_by(conversion, chains, numbers)
        if chains.drawing.keys() >= {*causes}:
            reason = "its random numbers depend on the order of the draws, of which some stay ordinary"
        found |= dict.fromkeys(causes, reason)
    below = chains.behind(found)  # what is made of these may be right then
    return {number: reason for number, reason in found.items() if number not in below}


def _printed_by_nodes(
    conversion: Conversion, shown: Mapping[int, str], id: str, expected: str, text: str
) -> bool:
    """True when what ordinary code of a cell shows no more is what functions print in its nodes."""
    made = [
        shown.get(number, "")
        for number, cell in enumerate(conversion.cells)
        if id in cell.origin and cell.role == "node"
    ]
    printed = expected.removesuffix(text)
    return expected.endswith(text) and any(printed in found for found in made)


def _reads_of(chains: DefUse, place: int) -> set[int]:
    """The cells above whose values a cell reads."""
    numbers = [item.number for item in chains.statements if item.cell == place]
    versions = [version for number in numbers for version in chains.uses[number].values()]
    return {chains.cell(version.statement) for version in versions if version is not None} - {place}


def _undisplayed(conversion: Conversion, original: _Ran) -> Iterator[Note]:
    """Notes on cells that displayed something and are wholly in the dataflow now: `model.fit(X, y)`."""
    for place, label in original.chains.labels.items():
        id = original.cells[place].id
        made = [cell for cell in conversion.cells if id in cell.origin]
        if (
            original.shown.get(id)
            and made
            and all(cell.role in ("node", "inputs", "params", "setup") for cell in made)
        ):
            yield Note(id, label, "what its last line displayed is shown by the preview of its node only")


def _read_by(conversion: Conversion, chains: DefUse, numbers: Sequence[int]) -> list[int]:
    """The statements of the dataflow whose values some statements read: those of their own cell first.

    Where they read none, all of the same cell, or all that draw random numbers.
    """
    parts = {number for name in conversion.parts.values() for number in name}
    read = [
        version.statement
        for number in numbers
        for version in chains.uses[number].values()
        if version is not None and version.statement in parts
    ]
    own = [number for number in read if chains.cell(number) == chains.cell(numbers[0])]
    own = own or read or [number for number in numbers if number in parts]
    draws = sorted(parts & chains.drawing.keys())  # in another order they give other numbers
    return own or draws or sorted(parts)


def _below(numbers: Collection[int], chains: DefUse) -> set[int]:
    """These statements, and all that read what they make."""
    return {*numbers, *chains.behind(numbers)}


# -- what the run of the ordinary notebook shows -----------------------------------------------------------


def _learn(ran: _Ran) -> Learnt:
    """Facts from a run: changes in place that the text does not show, types, and objects with two names."""
    cells, chains, plain = ran.cells, ran.chains, ran.plain
    seen: dict[int, Seen] = {}
    for number in {**plain.before, **plain.made, **plain.errors}:
        used, binds = chains.uses[number], chains.statements[number].binds
        moved = plain.moved.get(number, ())
        changes = tuple(name for name in moved if name in used and name not in binds)
        types = {name: kind for name, (_, kind) in plain.before.get(number, {}).items()}
        new = tuple(plain.made.get(number, ()))
        drew = "" not in plain.drew.get(number, {"": None})
        skipped = _skipped(chains, plain, number) if number in plain.after else ()
        failed, displayed = number in plain.errors, plain.displayed.get(number)
        unrun = failed and not plain.errors[number][0]
        seen[number] = Seen(changes, types, new, drew, failed, skipped, displayed, unrun)
    _, chains = read_cells(cells, Learnt(seen))
    blocked = {number: f"it fails: {text}" if kind else text for number, (kind, text) in plain.errors.items()}
    blocked = {**_missed(chains, plain), **blocked}
    for number in plain.before:
        moved = plain.moved.get(number, ())
        known = {chains.current(name, number) for name in moved if name in chains.statements[number].reads}
        for name in moved:
            version = chains.current(name, number)
            read = any(reader > number for reader in chains.readers.get(version, ())) if version else True
            if version not in known and read:
                blocked |= _twice(chains, plain, number, name, moved)
    return Learnt(seen, blocked)


def _missed(chains: DefUse, plain: PlainValues) -> dict[int, str]:
    """Statements that bind later what a failing one lacks: in the setup, at the top, they would mend it."""
    found: dict[int, str] = {}
    for number, (kind, text) in plain.errors.items():
        name = _NAME.search(text) if kind in ("NameError", "UnboundLocalError") else None
        for made, _ in chains.bindings.get(name[1], ()) if name else ():
            if made > number and chains.kinds[made] in ("import", "helper", "constant"):
                reason = f"cell {chains.label(number)} fails without it: move it above that cell"
                found[made] = reason
    return found


_NAME = re.compile(r"name '(\w+)' is not defined")


def _skipped(chains: DefUse, plain: PlainValues, number: int) -> tuple[str, ...]:
    """The names that a statement binds in branches that did not run, so that nothing has bound them."""
    return tuple(name for name in chains.statements[number].keeps if name not in plain.after[number])


def _twice(
    chains: DefUse, plain: PlainValues, number: int, name: str, moved: Sequence[str]
) -> dict[int, str]:
    """Statements about an object with two names: those that make and change it stay ordinary."""
    reason = f"cell {chains.label(number)} changes '{name}' under another name: make a copy"
    makers = {number}
    queue = [chains.current(item, number) for item in moved]
    for version in queue:
        if version is None or version.statement in makers - {number} or _shared(chains, version):
            continue
        made = version.statement
        makers.add(made)
        held = plain.shares.get(made, {}).get(version.name, ())
        queue += [version.before, *(chains.uses[made].get(item) for item in held)]
    return dict.fromkeys(makers, reason)


def _shared(chains: DefUse, version: Version) -> bool:
    return chains.kinds[version.statement] in ("import", "helper", "ours")


# -- what the run of the dataflow shows --------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison.

    Attributes:
        problem: what is wrong with a node's value; "" if nothing.
        opaque: the type of a value that cannot be compared.
        changed_elsewhere: whether other code changes the variable before it is read.
    """

    problem: str = ""
    opaque: str = ""
    changed_elsewhere: bool = False


def _fails(text: str) -> Verdict:
    return Verdict(f"as a node it fails: {text.partition(chr(10))[0]}")


def _judge(
    conversion: Conversion, plain: PlainValues, flow: FlowValues
) -> tuple[dict[str, Verdict], dict[str, str]]:
    """What is wrong with nodes, by name, and the types of those that cannot be compared."""
    wrong: dict[str, Verdict] = {}
    opaque: dict[str, str] = {}
    for claim in conversion.claims:
        unrun = claim.statement in plain.errors and claim.statement not in plain.before
        if claim.node in wrong or (unrun and not claim.after):  # behind a failure in its cell
            continue
        if claim.node not in flow.values:
            if claim.node in flow.errors:
                wrong[claim.node] = _fails(flow.errors[claim.node])
            continue
        verdict = _compared(claim, _expected(plain, claim), flow.values[claim.node])
        if verdict.problem:
            wrong[claim.node] = verdict
        elif verdict.opaque:
            opaque[claim.node] = verdict.opaque
    if not wrong:  # failed without a claim of its own
        wrong |= {name: _fails(text) for name, text in flow.errors.items() if name in conversion.parts}
    if not wrong:
        lost = [name for name in conversion.parts if name not in flow.values]
        wrong |= dict.fromkeys(lost, Verdict("as a node it has no value"))
    return wrong, {name: kind for name, kind in opaque.items() if name not in wrong}


def _expected(plain: PlainValues, claim: Claim) -> Fingerprint | None:
    """The expected value of a variable; after a group of statements, that of the last one that changed it."""
    if not claim.after:
        return plain.before.get(claim.statement, {}).get(claim.name)
    for number in range(claim.statement, -1, -1):
        if number in plain.errors:
            return None
        if claim.name in plain.after.get(number, {}):
            return plain.after[number][claim.name]
    return None


def _compared(claim: Claim, expected: Fingerprint | None, found: Fingerprint) -> Verdict:
    """Compare a node's value with that of the variable."""
    if expected is None:
        return Verdict("its cell does not run here")
    if expected == found and expected[0] is not None:
        return Verdict()
    digests = (expected[0] or "pickle", found[0] or "pickle")
    if expected[1] == found[1] and all(digest.startswith("pickle") for digest in digests):
        return Verdict(opaque=found[1])
    if claim.after:
        return Verdict("as a node it gives another value")
    problem = f"'{claim.name}' is changed by other code before it is read"
    return Verdict(problem, changed_elsewhere=True)


def _to_exclude(conversion: Conversion, chains: DefUse, wrong: Mapping[str, Verdict]) -> dict[int, str]:
    """The statements that have to stay ordinary: those of wrong nodes that have no wrong node upstream."""
    found: dict[int, str] = {}
    roots = [name for name in wrong if not _hangs(conversion, name, wrong)]
    for name in roots or wrong:
        problem = wrong[name].problem
        found |= dict.fromkeys(conversion.parts[name], problem)
        if wrong[name].changed_elsewhere:
            start = conversion.parts[name][-1]
            for claim in conversion.claims:
                if claim.node == name and not claim.after:
                    found |= _changers(chains, start, claim.statement, problem)
    return found


def _changers(chains: DefUse, start: int, end: int, reason: str) -> dict[int, str]:
    """Statements between two that change anything in place."""
    return {
        number: reason
        for number in range(start + 1, end)
        if chains.statements[number].changes or isinstance(chains.statements[number].tree, ast.Expr)
    }


def _all_parts(conversion: Conversion) -> list[int]:
    return [number for numbers in conversion.parts.values() for number in numbers]


def _hangs(conversion: Conversion, name: str, wrong: Mapping[str, Verdict]) -> bool:
    """True when a node upstream is wrong, too."""
    graph = conversion.graph
    queue = list(graph.reads(name))
    seen: set[str] = set()
    for item in queue:
        if item in wrong:
            return True
        if item not in seen:
            seen.add(item)
            queue += graph.reads(item)
    return False
