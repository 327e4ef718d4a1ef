"""`dagbook registry`: what a registry has, why, and since when; approvals and evidence."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kernel_magics.cli.listening import bound, serve
from kernel_magics.cli.terminal import flush, say
from kernel_magics.engine.errors import UsageError
from kernel_magics.registry import explain
from kernel_magics.registry.changes import add_evidence, approve
from kernel_magics.registry.mirror import mirror
from kernel_magics.registry.registry import Registry
from kernel_magics.registry.tokens import VARIABLE, Tokens

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": (),
    "explain": ("ENV",),
    "history": (),
    "approve": ("DIGEST",),
    "evidence": ("DIGEST", "FILE"),
    "mirror": ("URI",),
    "serve": (),
}
"""Actions with what they take."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


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
    if action == "serve":
        _serve(root, arguments)
    elif action == "mirror":
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # else a wrong address takes minutes
        found = mirror(Registry.open(root), words[0])
        say("\n".join(explain.told_mirror(found)))
    elif action == "approve":
        place = approve(root, words[0], arguments.role, arguments.environment or "", arguments.note or "")
        say(f"{Registry.open(root).find(words[0])[:12]} approved for {place} as {arguments.role}")
    elif action == "evidence":
        groups = add_evidence(root, words[0], Path(words[1]))
        say(f"added: {', '.join(name for group in groups.values() for name in group)}")
    else:
        say(_told(root, arguments))
    return 0


def _serve(root: Path, arguments: argparse.Namespace) -> None:
    """Serve the page until SIGTERM or an interrupt.

    Raises:
        UsageError: DB003, DB569.
        SourceError: DB568 (the tokens), DB552 (the address); see `Registry`.
    """
    try:
        import uvicorn  # noqa: F401, PLC0415  # an extra

        from kernel_magics.registry.web import make_page  # noqa: PLC0415  # with the extra only
    except ImportError as error:
        raise UsageError(
            "DB003",
            f"a page needs a package: {error.name} is not installed.",
            hint="pip install 'dagbook[serve]'.",
        ) from None
    Registry.open(root)
    tokens = Tokens.read(Path(arguments.tokens) if arguments.tokens else None, os.environ)
    host = arguments.host
    if host not in _LOOPBACK and not tokens:
        raise UsageError(
            "DB569",
            f"others reach '{host}', and there are no tokens.",
            hint=f"give --tokens FILE or {VARIABLE}, or leave --host out.",
        )
    names = frozenset({*_LOOPBACK, f"[{host}]" if ":" in host else host, *arguments.name})
    at = bound(host.strip("[]"), arguments.port)
    say(f"http://{'127.0.0.1' if host in _LOOPBACK else host}:{at.getsockname()[1]}")
    flush()
    serve(make_page(root, tokens, names), at)


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
