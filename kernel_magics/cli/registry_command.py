"""`dagbook registry`: what a registry has, why, and since when; approvals and evidence."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kernel_magics.cli.terminal import say
from kernel_magics.engine.errors import UsageError
from kernel_magics.registry import explain
from kernel_magics.registry.changes import add_evidence, approve
from kernel_magics.registry.registry import Registry

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": (),
    "explain": ("ENV",),
    "history": (),
    "approve": ("DIGEST",),
    "evidence": ("DIGEST", "FILE"),
}
"""Actions with what they take."""


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked.

    Raises:
        UsageError: DB002 for a wrong number of words.
        DataflowError: see `registry/registry.py`.
    """
    root, words = Path(arguments.registry), arguments.words
    action = arguments.action
    if len(words) != len(_WORDS[action]):
        takes = " ".join(_WORDS[action])
        raise UsageError(
            "DB002",
            f"'{action}' takes {takes or 'no more words'}.",
            hint=f"dagbook registry {arguments.registry} {action} {takes}".rstrip(),
        )
    if action == "approve":
        place = approve(root, words[0], arguments.role, arguments.environment or "", arguments.note or "")
        say(f"{Registry.open(root).find(words[0])[:12]} approved for {place} as {arguments.role}")
    elif action == "evidence":
        groups = add_evidence(root, words[0], Path(words[1]))
        say(f"added: {', '.join(name for group in groups.values() for name in group)}")
    else:
        say(_told(root, arguments))
    return 0


def _told(root: Path, arguments: argparse.Namespace) -> str:
    registry = Registry.open(root)
    if arguments.action == "explain":
        return "\n".join(explain.told_environment(registry, arguments.words[0]))
    if arguments.action == "history":
        if arguments.json:
            return "\n".join(map(json.dumps, registry.log.records))
        return "\n".join(map(explain.told_record, registry.log.records))
    rules = registry.rules()
    found = explain.status(registry, rules, registry.decide(rules=rules))
    return json.dumps(found, indent=1) if arguments.json else "\n".join(explain.told_status(found))
