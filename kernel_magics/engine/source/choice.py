"""A choice is the value that a param must have for a variant to exist, or those that it must not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

When = tuple[tuple[str, object], ...]
"""The params that choose a variant, each with its choice; all of them must hold."""


@dataclass(frozen=True)
class Except:
    """Any value but these."""

    values: tuple[object, ...]

    def __str__(self) -> str:
        return f"not {', '.join(map(str, self.values))}"


def matches(value: object, wanted: object) -> bool:
    """True when a param's value is one for which a variant was written."""
    if isinstance(wanted, Except):
        return not any(matches(value, each) for each in wanted.values)
    return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))


def exclude(one: object, other: object) -> bool:
    """True for choices of one param that no value fulfils both."""
    if isinstance(one, Except):
        return not isinstance(other, Except) and not matches(other, one)
    return not matches(one, other)


def both(one: Iterable[tuple[str, object]], other: Iterable[tuple[str, object]]) -> When | None:
    """What fulfils both; None where nothing does."""
    found: dict[str, object] = {}
    for key, choice in (*one, *other):
        have = found.get(key, Except(()))
        if exclude(have, choice):
            return None
        if isinstance(have, Except):
            more = have.values if isinstance(choice, Except) else ()
            choice = Except((*more, *choice.values)) if isinstance(choice, Except) else choice
            found[key] = choice
    return tuple(found.items())


def shown(key: str, choice: object) -> str:
    """`region='US'`, `region!='US'`, or `region!='US', 'UK'`."""
    if isinstance(choice, Except):
        return f"{key}!={', '.join(map(repr, choice.values))}"
    return f"{key}={choice!r}"
