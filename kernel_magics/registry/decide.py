"""Deciding is a pure function of rules, evidence and state: what moves, and what the others wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from kernel_magics.registry.expression import Expression, Facts
from kernel_magics.registry.rules import EXISTS, Environment, Rules
from kernel_magics.registry.state import State

_NOTHING: Final[Facts] = {}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with what the evidence says of it.

    Attributes:
        reason: the values that it was decided by.
    """

    text: str
    holds: bool
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.reason})" if self.reason else self.text

    def to_json(self) -> dict[str, Any]:
        """As a record has it."""
        return {"text": self.text, "holds": self.holds, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Move:
    """An environment gets another envelope.

    Attributes:
        before: the digest that is there until then; "" for none.
        reasons: the conditions by which it was decided, all of which hold.
    """

    environment: str
    what: Literal["promoted", "rolled back"]
    digest: str
    before: str
    reasons: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """An envelope that may come into an environment, or must leave it and cannot, and why."""

    environment: str
    digest: str
    conditions: tuple[Condition, ...]

    @property
    def unmet(self) -> tuple[Condition, ...]:
        """What it waits for."""
        return tuple(item for item in self.conditions if not item.holds)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules want.

    Attributes:
        moves: at most one for each environment, in their order.
        waits: newest envelopes first, in the order of environments.
        stuck: environments whose envelope must leave, and which have no other one.
    """

    moves: tuple[Move, ...] = ()
    waits: tuple[Wait, ...] = ()
    stuck: tuple[Wait, ...] = ()


def decide(rules: Rules, evidence: Mapping[str, Facts], state: State) -> Decision:
    """Decide by the rules; every environment is judged by the state before any move.

    Args:
        evidence: what is known of each published envelope by its digest.
    """
    moves: dict[str, Move] = {}
    waits: list[Wait] = []
    stuck: list[Wait] = []
    for environment in rules.environments:
        broken = _broken(environment, evidence, state, state.place(environment.name).current)
        if not broken:
            continue
        back = _back(environment, evidence, state, broken)
        if back is not None:
            moves[environment.name] = back
        else:
            stuck.append(Wait(environment.name, state.place(environment.name).current, broken))
    leaving = {*moves, *(wait.environment for wait in stuck)}
    for environment in rules.environments:
        if environment.name in moves:
            continue
        for digest in _candidates(environment, state):
            judged = tuple(_judged(environment, evidence, state, digest, leaving))
            if all(condition.holds for condition in judged):
                current = state.place(environment.name).current
                moves[environment.name] = Move(environment.name, "promoted", digest, current, judged)
                break
            waits.append(Wait(environment.name, digest, judged))
    ordered = tuple(moves[item.name] for item in rules.environments if item.name in moves)
    remaining = tuple(wait for wait in stuck if wait.environment not in moves)
    return Decision(ordered, tuple(waits), remaining)


def _candidates(environment: Environment, state: State) -> tuple[str, ...]:
    """The envelopes that were published after the one that is there, newest first; after another environment,
    only the one that is there."""
    current = state.place(environment.name).current
    newer = state.published
    if current in newer:
        newer = newer[newer.index(current) + 1 :]
    if environment.after:
        first = state.place(environment.after).current
        return (first,) if first in newer else ()
    return newer[::-1]


def _judged(
    environment: Environment, evidence: Mapping[str, Facts], state: State, digest: str, leaving: set[str]
) -> Iterator[Condition]:
    """Everything that an envelope needs to come into an environment."""
    place = state.place(environment.name)
    if environment.after:
        leaves = environment.after in leaving
        yield Condition(f"in {environment.after}", not leaves, "it must leave there" if leaves else "")
    else:
        yield Condition("published", True)
    if digest in place.barred:
        yield Condition("not rolled back before", False, f"it was rolled back from {environment.name}")
    facts = _facts(evidence, digest, place.current)
    for expression in environment.require:
        yield _condition(expression, facts)
    if environment.approvals is not None:
        roles = environment.approvals.roles
        people = sorted(
            {
                item.by
                for item in state.approvals
                if (item.digest, item.environment) == (digest, environment.name) and item.role in roles
            }
        )
        count = environment.approvals.count
        text = f"{count} approval{'s' if count > 1 else ''} from {' or '.join(roles)}"
        yield Condition(text, len(people) >= count, f"by {', '.join(people)}" if people else "by nobody yet")
    for expression in environment.rollback:
        if expression.holds(facts):
            found = _condition(expression, facts)
            yield Condition(f"not ({found.text})", False, found.reason)


def _broken(
    environment: Environment, evidence: Mapping[str, Facts], state: State, digest: str
) -> tuple[Condition, ...]:
    """The conditions for a rollback that hold for an envelope."""
    if not digest:
        return ()
    facts = _facts(evidence, digest, digest)
    return tuple(_condition(item, facts) for item in environment.rollback if item.holds(facts))


def _back(
    environment: Environment, evidence: Mapping[str, Facts], state: State, broken: tuple[Condition, ...]
) -> Move | None:
    """The rollback to the latest envelope that was there and for which no such condition holds."""
    *earlier, current = state.place(environment.name).stays
    for stay in reversed(earlier):
        if not _broken(environment, evidence, state, stay.digest):
            return Move(environment.name, "rolled back", stay.digest, current.digest, broken)
    return None


def _facts(evidence: Mapping[str, Facts], digest: str, champion: str) -> Facts:
    """The evidence about an envelope beside that about the one that is there.

    Where none is there, the envelope is compared with itself.
    """
    own = evidence.get(digest, _NOTHING)
    other = evidence.get(champion, _NOTHING) if champion else own
    beside = {f"champion.{name}": value for name, value in other.items()}
    return {**own, **beside, EXISTS: bool(champion)}


def _condition(expression: Expression, facts: Facts) -> Condition:
    said = [
        f"{name} is {_shown(facts[name])}" if name in facts else f"{name} is not known"
        for name in expression.names
    ]
    return Condition(expression.text, expression.holds(facts) is True, ", ".join(said))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)[:80]
