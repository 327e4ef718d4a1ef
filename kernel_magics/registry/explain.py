"""Explaining is telling in words where envelopes are, what they wait for and why, and what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from kernel_magics.registry.decide import Condition, Decision, Move, Wait
from kernel_magics.registry.log import Record
from kernel_magics.registry.mirror import Mirrored
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.rules import Rules
from kernel_magics.registry.state import State


def short(digest: str) -> str:
    """A digest as people read it."""
    return digest[:12] or "nothing"


def told_move(move: Move, dry: bool = False) -> Iterator[str]:
    """A move with its reasons."""
    verb = f"would be {move.what}" if dry else move.what
    yield f"{move.environment}: {short(move.digest)} {verb}{_way(move.what, move.before)}"
    for reason in move.reasons:
        yield f"  {mark(reason)} {reason}"


def _way(what: str, before: str) -> str:
    """The words for the envelope that was there before."""
    return f" {'from' if what == 'rolled back' else 'instead of'} {short(before)}" if before else ""


def told_wait(wait: Wait, whole: bool = False) -> Iterator[str]:
    """What an envelope waits for.

    Args:
        whole: tell also what holds.
    """
    yield f"{wait.environment}: {short(wait.digest)} waits for"
    for condition in wait.conditions if whole else wait.unmet:
        yield f"  {mark(condition)} {condition}"


def told_stuck(wait: Wait) -> Iterator[str]:
    """An envelope that must leave and cannot."""
    yield f"{wait.environment}: {short(wait.digest)} must leave, and there is none to go back to"
    for condition in wait.conditions:
        yield f"  {condition}"


def told_decision(decision: Decision, dry: bool = False) -> Iterator[str]:
    """All of a decision."""
    for move in decision.moves:
        yield from told_move(move, dry)
    if not decision.moves:
        yield "nothing would move" if dry else "nothing moves"
    for wait in decision.stuck:
        yield from told_stuck(wait)
    for wait in decision.waits:
        yield from told_wait(wait)


def mark(condition: Condition) -> str:
    """Whether a condition holds, as one character."""
    return "✓" if condition.holds else "✗"


def status(
    registry: Registry, rules: Rules, decision: Decision, now: datetime | None = None
) -> dict[str, Any]:
    """The environments with what they have and what waits for them, and the envelopes, as JSON."""
    state, _ = registry.standing()
    now = now or datetime.now(UTC)
    names = [item.name for item in rules.environments]
    names += [name for name in state.places if name not in names]
    published = {record["digest"]: record for record in registry.log.records if record["what"] == "published"}
    return {
        "name": registry.name,
        "environments": [_environment(name, rules, state, decision, now) for name in names],
        "envelopes": [
            {
                "digest": digest,
                "published": published[digest]["time"],
                "by": published[digest]["by"],
                "environments": [name for name in names if state.place(name).current == digest],
                "waits": [_wait(wait) for wait in decision.waits if wait.digest == digest],
            }
            for digest in reversed(state.published)
        ],
    }


def _environment(name: str, rules: Rules, state: State, decision: Decision, now: datetime) -> dict[str, Any]:
    place = state.place(name)
    since = place.stays[-1].since if place.stays else None
    return {
        "name": name,
        "ruled": name in [item.name for item in rules.environments],
        "digest": place.current,
        "since": since.isoformat(timespec="seconds") if since else "",
        "hours": round((now - since).total_seconds() / 3600, 2) if since else None,
        "next": [
            {"digest": move.digest, "what": move.what, "reasons": [item.to_json() for item in move.reasons]}
            for move in decision.moves
            if move.environment == name
        ],
        "waits": [_wait(wait) for wait in decision.waits if wait.environment == name],
        "must_leave": [_wait(wait) for wait in decision.stuck if wait.environment == name],
    }


def _wait(wait: Wait) -> dict[str, Any]:
    return {
        "environment": wait.environment,
        "digest": wait.digest,
        "conditions": [item.to_json() for item in wait.conditions],
    }


def told_status(found: dict[str, Any]) -> Iterator[str]:
    """The status in lines."""
    yield f"{found['name']}: {len(found['envelopes'])} published"
    for item in found["environments"]:
        since = f" for {item['hours']:.1f} h" if item["digest"] else ""
        beside = "" if item["ruled"] else " (not in the rules)"
        yield f"{item['name']}: {short(item['digest'])}{since}{beside}"
        for move in item["next"]:
            yield f"  {short(move['digest'])} is {move['what']} by the next `dagbook promote`"
        for wait in item["must_leave"]:
            yield f"  {short(wait['digest'])} must leave: {_unmet(wait, holding=True)}"
        for wait in item["waits"]:
            yield f"  {short(wait['digest'])} waits for {_unmet(wait)}"


def _unmet(wait: dict[str, Any], holding: bool = False) -> str:
    return "; ".join(str(Condition(**item)) for item in wait["conditions"] if item["holds"] == holding)


def told_environment(registry: Registry, name: str) -> Iterator[str]:
    """Why an environment has its envelope, and what decides about the next one.

    Raises:
        UsageError: DB308 for an unknown environment.
    """
    rules = registry.rules()
    rules.find(name)
    decision = registry.decide(rules=rules)
    made = [record for record in registry.log.records if record.get("environment") == name]
    moved = [record for record in made if record["what"] in ("promoted", "rolled back")]
    if moved:
        record = moved[-1]
        yield f"{name} has {short(record['digest'])}, {record['what']} at {record['time']}:"
        for item in record["reasons"]:
            yield f"  {mark(Condition(**item))} {Condition(**item)}"
    else:
        yield f"{name} has no envelope"
    for move in decision.moves:
        if move.environment == name:
            yield "the next `dagbook promote`:"
            yield from told_move(move, dry=True)
    for wait in decision.stuck:
        if wait.environment == name:
            yield from told_stuck(wait)
    waits = [wait for wait in decision.waits if wait.environment == name]
    for wait in waits:
        yield from told_wait(wait, whole=True)
    if not waits and not any(move.environment == name for move in decision.moves):
        yield "no other envelope is on its way here"


def told_record(record: Record) -> str:
    """A record of the log in one line."""
    digest = short(record.get("digest", ""))
    match record["what"]:
        case "created":
            what = f"registry of '{record['name']}'"
        case "published":
            what = f"{digest} published"
        case "evidence":
            facts = {name: value for group in record["groups"].values() for name, value in group.items()}
            shown = ", ".join(f"{name} = {value}" for name, value in list(facts.items())[:6])
            what = f"{digest} evidence: {shown}{' …' if len(facts) > 6 else ''}"
        case "approved":
            note = f": {record['note']}" if record.get("note") else ""
            what = f"{digest} approved for {record['environment']} as {record['role']}{note}"
        case "rules":
            what = f"rules changed ({record['rules'][:12]})"
        case _:
            reasons = "; ".join(str(Condition(**item)) for item in record["reasons"])
            way = _way(record["what"], record["from"])
            what = f"{record['environment']}: {digest} {record['what']}{way}: {reasons}"
    return f"{record['time']}  {record['by']}  {what}"


def told_mirror(found: Mirrored) -> Iterator[str]:
    """What a mirror has changed, in lines."""
    for digest in found.added:
        yield f"{short(digest)} is a version of '{found.model}' now"
    for environment, digest in found.moved:
        yield f"{environment}: {short(digest)}"
    if not (found.added or found.moved):
        yield f"'{found.model}' is as the registry is"
