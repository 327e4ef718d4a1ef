"""The state of a registry is what its records add up to: envelopes, where they are, approvals, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kernel_magics.registry.expression import Facts


@dataclass(frozen=True, slots=True)
class Stay:
    """An envelope in an environment since a time."""

    digest: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """What an environment has.

    Attributes:
        stays: the envelope that is there last; those to which a rollback can go before it.
        barred: envelopes that were rolled back.
    """

    stays: tuple[Stay, ...] = ()
    barred: frozenset[str] = frozenset()

    @property
    def current(self) -> str:
        """The digest of the envelope that is there; "" for none."""
        return self.stays[-1].digest if self.stays else ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person in a role agrees that one envelope comes into one environment."""

    digest: str
    environment: str
    role: str
    by: str


@dataclass(frozen=True, slots=True)
class State:
    """What the rules decide about.

    Attributes:
        published: digests in the order of their publication.
        places: by environment.
    """

    published: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    approvals: frozenset[Approval] = frozenset()

    def place(self, environment: str) -> Place:
        """What an environment has."""
        return self.places.get(environment, Place())


@dataclass(frozen=True, slots=True)
class Known:
    """Evidence by envelope as records tell it, without what depends on the time of day.

    Attributes:
        own: what each envelope says of itself.
        groups: the latest evidence of files by group: a file that has a group replaces all of it.
        told: the time of the latest file.
    """

    own: Mapping[str, Facts] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Facts]] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)


def fold(records: Iterable[Mapping[str, Any]]) -> tuple[State, Known]:
    """The state and the evidence after these records."""
    state, known = State(), Known()
    for record in records:
        state, known = _after(state, known, record)
    return state, known


def _after(state: State, known: Known, record: Mapping[str, Any]) -> tuple[State, Known]:
    time = datetime.fromisoformat(record["time"])
    digest = record.get("digest", "")
    match record["what"]:
        case "published":
            own = {**known.own, digest: record["facts"]}
            return replace(state, published=(*state.published, digest)), replace(known, own=own)
        case "evidence":
            groups = {**known.groups.get(digest, {}), **record["groups"]}
            return state, replace(
                known,
                groups={**known.groups, digest: groups},
                told={**known.told, digest: time},
            )
        case "approved":
            made = Approval(digest, record["environment"], record["role"], record["by"])
            return replace(state, approvals=state.approvals | {made}), known
        case "promoted" | "rolled back" as what:
            name = record["environment"]
            place = state.place(name)
            stays, barred = place.stays, place.barred
            if what == "rolled back":
                barred |= {record["from"]}
                while stays and stays[-1].digest != digest:
                    stays = stays[:-1]
                stays = stays[:-1]
            moved = Place((*stays, Stay(digest, time)), barred)
            return replace(state, places={**state.places, name: moved}), known
    return state, known


def evidence(state: State, known: Known, now: datetime) -> dict[str, Facts]:
    """All evidence about each published envelope at a time."""
    found: dict[str, Facts] = {}
    for digest in state.published:
        groups = known.groups.get(digest, {})
        facts = {
            name: value
            for name, value in known.own.get(digest, {}).items()
            if name.partition(".")[0] not in groups
        }
        for each in groups.values():
            facts |= each
        if digest in known.told:
            facts["evidence.hours"] = _hours(known.told[digest], now)
        for name, place in state.places.items():
            if place.current == digest:
                facts[f"{name}.hours"] = _hours(place.stays[-1].since, now)
        found[digest] = facts
    return found


def _hours(since: datetime, now: datetime) -> float:
    return max(round((now - since).total_seconds() / 3600, 4), 0.0)
