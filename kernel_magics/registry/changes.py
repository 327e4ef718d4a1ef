"""A change of a registry is one or more records: publishing, evidence, approval, moves, new rules.

Whoever changes a registry holds its lock, adds the records, then moves the pointers that follow from them. A
process that is killed between the two leaves a pointer behind, which the next change moves.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.engine.source.secrets import masked
from kernel_magics.envelope.record import NAME as RECORD
from kernel_magics.envelope.record import folder_files, read_record
from kernel_magics.registry import log as logs
from kernel_magics.registry import rules as rule_file
from kernel_magics.registry.decide import Decision, Move
from kernel_magics.registry.facts import groups_of, own_facts
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.log import Record
from kernel_magics.registry.pointer import move_pointers, read_verified
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.rules import Rules, read_rules

_NOTE: Final = 1000
_FIRST: Final = (rule_file.NAME, "envelopes")
"""What may be there before the log is."""


def publish(source: Path, root: Path) -> tuple[str, bool]:
    """Add an envelope to a registry, which is made if there is none.

    Returns:
        its digest, and whether it is new there.

    Raises:
        SourceError: DB403 or DB541 (the envelope), DB561 or DB562 (the registry), DB405; nothing is changed.
        UsageError: DB566 where the registry is for envelopes of another name.
    """
    record = read_record(source)
    digest, name = str(record["digest"]), str(record["name"])
    folder = Folder(root)
    if folder.read(logs.NAME) is None:
        folder.make(_FIRST)
    with _locked(folder) as registry:
        entries: list[Record] = []
        if not registry.log.records:
            folder.make(_FIRST)
            entries.append(_entry("created", version=logs.VERSION, name=name))
        elif registry.name != name:
            raise UsageError(
                "DB566",
                f"'{root}' is the registry of '{registry.name}', and this envelope is '{name}'.",
                hint="publish it into a registry of its own; an environment has one envelope.",
            )
        new = digest not in registry.standing()[0].published
        _copy(folder, source, digest)
        if entries and folder.read(rule_file.NAME) is None:
            folder.replace(rule_file.NAME, rule_file.STARTER.encode())
        if new:
            facts = own_facts(record)
            registry = _append(registry, [*entries, _entry("published", digest=digest, facts=facts)])
    return digest, new


def promote(root: Path, *, dry: bool = False, now: datetime | None = None, by: str = "") -> Decision:
    """Apply the rules: record each move with its reasons, then move the pointers.

    Args:
        dry: decide only.

    Raises:
        SourceError: DB541 where an envelope that should move is not what was published: it stays where it is;
            see `Registry`.
    """
    if dry:
        return Registry.open(root).decide(now)
    with _changing(root) as registry:
        text = registry.rules_text()
        decision = registry.decide(now, read_rules(text, str(root / rule_file.NAME)))
        rules = sha256(text.encode()).hexdigest()
        entries, damaged = [], None
        for move in decision.moves:
            try:
                registry.envelope(move.digest)
                entries.append(_moved(move, rules, now, by))
            except SourceError as error:  # the other environments do not wait for its repair
                damaged = damaged or error
        _append(registry, entries)
        if damaged is not None:
            raise damaged
    return decision


def approve(root: Path, digest: str, role: str, environment: str = "", note: str = "", by: str = "") -> str:
    """Approve an envelope for an environment.

    Args:
        digest: its beginning is enough.
        environment: by default the only one that asks this role.
        by: a person; by default the user of this process.

    Returns:
        the environment.

    Raises:
        UsageError: DB564 for an unknown envelope, DB567 where no approval of that role is asked for.
    """
    with _changing(root) as registry:
        found = registry.find(digest)
        rules = registry.rules()
        asking = [
            item.name
            for item in rules.environments
            if item.approvals is not None and role in item.approvals.roles
        ]
        if environment:
            rules.find(environment)
        wanted = [name for name in asking if environment in ("", name)]
        if len(wanted) != 1:
            asks = f"{environment} does not ask" if environment else "no environment asks"
            if wanted:
                asks = f"{' and '.join(wanted)} ask"
            raise UsageError(
                "DB567",
                f"{asks} for an approval from '{role}'.",
                hint="name the environment with --for, and a role of the rules with --as.",
            )
        entry = _entry("approved", by, digest=found, environment=wanted[0], role=role, note=_plain(note))
        _append(registry, [entry])
    return wanted[0]


def add_evidence(root: Path, digest: str, file: Path) -> dict[str, Any]:
    """Add the evidence of a file about an envelope; returns it by groups.

    Raises:
        SourceError: DB565 where the file is no evidence, or is about another envelope; DB403.
        UsageError: DB564.
    """
    with _changing(root) as registry:
        found = registry.find(digest)
        groups = groups_of(file, found)
        _append(registry, [_entry("evidence", digest=found, groups=groups)])
    return groups


def write_rules(root: Path, text: str, before: str, by: str = "") -> Rules:
    """Replace the rules.

    Args:
        before: the text that the change was made from.

    Raises:
        SourceError: DB563 where the new ones are wrong, DB432 where others changed them meanwhile.
    """
    with _changing(root) as registry:
        made = read_rules(text)
        if registry.rules_text() != before:
            raise SourceError("DB432", "the rules were changed meanwhile.", hint="load them again.")
        registry.folder.replace(rule_file.NAME, text.encode())
        _append(registry, [_entry("rules", by, rules=sha256(text.encode()).hexdigest())])
    return made


@bracket
def _changing(root: Path) -> Iterator[Registry]:
    """A registry that is there; another folder is refused before it gets the file of a lock."""
    with _locked(Registry.open(root).folder) as registry:
        yield registry


@bracket
def _locked(folder: Folder) -> Iterator[Registry]:
    """The registry, for the process that has its lock; pointers that a killed one left behind are moved."""
    with folder.locked():
        registry = Registry(folder, read_verified(folder))
        move_pointers(folder, registry.log)
        yield registry


def _append(registry: Registry, entries: Sequence[Record]) -> Registry:
    """Add records, then move the pointers."""
    if not entries:
        return registry
    last = registry.log.records[-1]["time"] if registry.log.records else ""
    entries = [{**entry, "time": max(entry["time"], last)} for entry in entries]
    log, data = registry.log.extend(entries)
    registry.folder.append(logs.NAME, data, registry.log.size)
    move_pointers(registry.folder, log)
    return replace(registry, log=log)


def _copy(folder: Folder, source: Path, digest: str) -> None:
    """Copy an envelope's files, unless they are there."""
    name = f"envelopes/{digest}"
    path = folder.path(name)
    try:
        if read_record(path)["digest"] == digest:
            return
    except SourceError:
        pass  # it is not there, or was damaged
    files = {**folder_files(source), RECORD: (source / RECORD).read_bytes()}
    if read_record(source)["digest"] != digest:
        raise SourceError(
            "DB541", f"'{source}' was changed while it was published.", hint="publish it again."
        )
    folder.add_folder(name, files)
    if read_record(path)["digest"] != digest:
        raise SourceError("DB541", f"'{path}' was changed while it was written.", hint="publish it again.")


def _moved(move: Move, rules: str, now: datetime | None, by: str) -> Record:
    return _entry(
        move.what,
        by,
        time=now,
        environment=move.environment,
        digest=move.digest,
        **{"from": move.before},
        reasons=[reason.to_json() for reason in move.reasons],
        rules=rules,
    )


def _entry(what: str, by: str = "", time: datetime | None = None, **facts: Any) -> Record:
    stamp = (time or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
    return {"time": stamp, "by": _plain(by or _user()), "what": what, **facts}


def _plain(text: str) -> str:
    """A text of one line, of limited length, without secrets: a record stays for ever."""
    return " ".join(masked(text).split())[:_NOTE]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without an entry for the user
        return "unknown"
