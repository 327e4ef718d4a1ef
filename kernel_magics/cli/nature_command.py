"""`dagbook nature`: what each node's value depends on, found by experiment on a sample."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from kernel_magics.cli.given import configured, given
from kernel_magics.cli.terminal import say
from kernel_magics.engine.errors import RunError
from kernel_magics.engine.source.grammar import names_in
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import Version, load_version
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.nature.natures import Natures
from kernel_magics.view.natures import nature_text


def run(arguments: argparse.Namespace) -> int:
    """Learn natures and print them.

    Raises:
        DataflowError: usage (DB002, DB308), inputs (DB306, DB403, DB406, DB408), else as reading does.
    """
    version = configured(load_version(arguments.source), arguments)
    found = learned(version, arguments, list(names_in(arguments.outputs)))
    if arguments.json:
        nodes = {name: nature.to_json() for name, nature in found.items()}
        leaks = [{"node": leak.node, "seen": leak.seen, "why": leak.why} for leak in found.leaks]
        whole = {"version": 1, "nodes": nodes, "leaks": leaks}
        say(json.dumps(whole, indent=1, ensure_ascii=False, default=str))
    else:
        say(nature_text(found, found.leaks))
    return 0


def learned(version: Version, arguments: argparse.Namespace, names: list[str]) -> Natures:
    """The natures of nodes on the inputs that a command line gives, or on the samples."""
    flow = version.flow
    inputs, params = given(version, arguments)
    absent = [name for name in flow.inputs if name not in inputs and not flow.has_sample(name)]
    if absent:
        raise RunError(
            "DB306",
            f"input '{absent[0]}' was not given.",
            hint=f"a module has no samples: add --input {absent[0]}=FILE.",
            names=absent[:1],
        )
    line = Note(len(flow.nodes))
    with working_beside(arguments.source):
        found = flow.natures(
            names or None,
            inputs=inputs,
            params=params,
            key=names_in(arguments.key),
            time=names_in(arguments.time),
            seconds=arguments.seconds,
            kept=Kept(FOLDER),
            note=line,
        )
    line.end()
    return found


class Note:
    """Shows the node under test on a terminal; silent elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._on = sys.stderr.isatty()

    def __call__(self, name: str) -> None:
        """Show the name of the next node."""
        self._done += 1
        self._write(f"{self._done}/{self._total} {name}")

    def end(self) -> None:
        """Clear the line."""
        self._write("")

    def _write(self, text: Any) -> None:
        if self._on:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
