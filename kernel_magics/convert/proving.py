"""The proof of a conversion: the dataflow computes the same values as the ordinary notebook."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kernel_magics.convert.conversion import Claim, Conversion, GivenCell
from kernel_magics.convert.converting import convert
from kernel_magics.convert.reading import Learnt, read_cells
from kernel_magics.convert.running import Ask, FlowValues, PlainValues, run_flow, run_plain
from kernel_magics.convert.statement import Seen
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.convert.worker import Fingerprint
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.message import CellRef

_CACHING = ("GroupBy", "Rolling", "Resampler", "Expanding", "Window")
_GENERATORS = frozenset({"Generator", "RandomState", "Random"})


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
    """Convert a notebook so that running both gives the same values.

    Statements whose values differ or fail stay ordinary, with all that depend on them.

    Args:
        ask: runs both notebooks, see `running.in_clean_process`.
        name: of its file, for messages.

    Raises:
        SourceError: DB421 when the notebook itself fails, DB422 when its process dies.
    """
    if not convert(cells).changed:
        return Proven(convert(cells))
    _, chains = read_cells(cells)
    plain = run_plain(chains, ask)
    _refuse_failure(cells, chains, plain, name)
    learnt = _learn(cells, chains, plain)
    refuted: dict[str, str] = {}
    while True:
        conversion = convert(cells, learnt)
        if not conversion.parts:
            return Proven(conversion, refuted=refuted)
        flow = run_flow(conversion, ask)
        if flow.failure:
            imports = [number for number, kind in enumerate(chains.kinds) if kind == "import"]
            failing = conversion.shared or [*imports, *_all_parts(conversion)]
            reasons = dict.fromkeys(failing, f"the setup fails: {flow.failure}")
            learnt = replace(learnt, blocked={**learnt.blocked, **reasons})
            continue
        wrong, opaque = _judge(conversion, plain, flow)
        if not wrong:
            names = tuple(key for key in conversion.parts if key not in opaque)
            return Proven(conversion, names, opaque, refuted)
        refuted |= {name: verdict.problem for name, verdict in wrong.items()}
        _, now = read_cells(cells, learnt)
        learnt = replace(learnt, blocked={**learnt.blocked, **_to_exclude(conversion, now, wrong)})


def _refuse_failure(cells: Sequence[GivenCell], chains: DefUse, plain: PlainValues, name: str) -> None:
    """Refuse a notebook that fails; code that only IPython can run is left out of the run."""
    unknown = {bound for item in chains.statements if item.tree is None for bound in item.binds}
    opaque = any(item.tree is None and not item.ours for item in chains.statements)
    for number, (kind, text) in plain.errors.items():
        if not kind or (kind in ("NameError", "ModuleNotFoundError", "FileNotFoundError") and opaque):
            continue
        if unknown & set(chains.statements[number].reads):
            continue
        cell = CellRef(cells[chains.cell(number)].id, chains.label(number))
        raise SourceError(
            "DB421",
            (f"'{name}' itself fails", cell.on(), f": {text}."),
            hint="correct it, or convert without a proof: --no-run.",
            reason=f"{text}.",
        )


# -- what the run of the ordinary notebook shows -----------------------------------------------------------


def _learn(cells: Sequence[GivenCell], chains: DefUse, plain: PlainValues) -> Learnt:
    """Facts from a run: changes in place that the text does not show, types, and objects with two names."""
    seen: dict[int, Seen] = {}
    for number, before in plain.before.items():
        moved, used = _all_moved(chains, plain, number), chains.uses[number]
        binds = chains.statements[number].binds
        changes = tuple(name for name in moved if name in used and name not in binds)
        seen[number] = Seen(changes, {name: kind for name, (_, kind) in before.items()})
    _, chains = read_cells(cells, Learnt(seen))
    blocked: dict[int, str] = dict.fromkeys(plain.errors, "its cell does not run here")
    for number in plain.before:
        moved = _all_moved(chains, plain, number)
        known = {chains.current(name, number) for name in moved if name in chains.statements[number].reads}
        for name in moved:
            if chains.current(name, number) not in known:
                blocked |= _twice(chains, plain, number, name, moved)
    return Learnt(seen, blocked)


def _all_moved(chains: DefUse, plain: PlainValues, number: int) -> list[str]:
    """The names whose values a statement changed."""
    before, after = plain.before[number], plain.after.get(number, {})
    called = _called(chains.statements[number].tree)
    return [name for name in before if _moved(before[name], after.get(name), name == called)]


def _called(node: ast.AST | None) -> str:
    """`model` for a statement `model.fit(…)`, whose purpose is to change it."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    owner = function.value if isinstance(function, ast.Attribute) else None
    return owner.id if isinstance(owner, ast.Name) else ""


def _moved(before: Fingerprint, after: Fingerprint | None, called: bool) -> bool:
    if after is None or before[0] is None or after[0] is None or before == after:
        return False
    if not before[0].startswith("pickle") or before[1] in _GENERATORS:
        return True
    return called and not before[1].endswith(_CACHING)  # others may only have cached something


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
    return Verdict(f"as a node it fails: {text}")


def _judge(
    conversion: Conversion, plain: PlainValues, flow: FlowValues
) -> tuple[dict[str, Verdict], dict[str, str]]:
    """What is wrong with nodes, by name, and the types of those that cannot be compared."""
    wrong: dict[str, Verdict] = {}
    opaque: dict[str, str] = {}
    for claim in conversion.claims:
        if claim.node in wrong:
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
