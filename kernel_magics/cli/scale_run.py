"""`dagbook run --key`: the run goes in parts; its files or folder appear whole when all is computed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from kernel_magics.cli.append import Append
from kernel_magics.cli.given import expected, given
from kernel_magics.cli.nature_command import Note
from kernel_magics.cli.output import size_text
from kernel_magics.cli.pairs import pairs
from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.engine import ordinary
from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, RunError, SourceError, UsageError
from kernel_magics.engine.run.event import Event
from kernel_magics.flow.request import prepare as ask
from kernel_magics.loading.place import working_beside
from kernel_magics.loading.version import Version
from kernel_magics.nature.kept import FOLDER, Kept
from kernel_magics.scale.run import Into, Progress, Request, Run, Verify, digest_of, prepared
from kernel_magics.scale.shelf import remove
from kernel_magics.scale.source import Files, files_of
from kernel_magics.tables.files import format_of, is_pattern
from kernel_magics.tables.outputs import one_table
from kernel_magics.tables.plural import plural
from kernel_magics.tables.values import write_value

MANIFEST: Final = "_run.json"
_KEEPS: Final = ("DB331", "DB345")
"""Errors after which the same command goes on where the run stopped."""


def run_in_parts(
    version: Version,
    arguments: argparse.Namespace,
    outputs: list[str],
    progress: Progress,
    on_event: Callable[[Event], None],
    append: Append | None = None,
) -> dict[str, str]:
    """Run, and put the output in place.

    Args:
        append: what is computed of the inputs, and joined with the older rows of the output.

    Returns:
        what was written, by path, for people.

    Raises:
        DataflowError: usage (DB002, DB309, DB347), inputs, nodes, and what a run in parts can meet (DB331,
            DB343 to DB350); nothing is written then.
    """
    output = Path(arguments.output)
    folder = arguments.output.endswith("/") or output.is_dir()
    if folder:
        _expect_own(output)
    run = prepare(version, arguments, outputs, folder, append)
    request = run.request
    with _worked(output, digest_of(version.flow._flow, request, run.plan)) as work:
        into = Into(work / "output", arguments.format) if folder else None
        run.request = replace(request, work=work, into=into, progress=progress, on_event=on_event)
        with working_beside(version.place), run.done() as shelf:
            if run.reused:
                say_aside(f"note: {plural(run.reused, 'job')} taken over from a run that did not end")
            if run.missed:
                say_aside(f"note: no spot check could compare {', '.join(map(repr, sorted(run.missed)))}")
            say_aside(f"note: {run.tally.text}")
            values = {} if folder else {name: run.value(shelf, name) for name in outputs}
        if into is None:
            table = one_table(values, arguments.output)
            table = table if append is None else append.joined({output: table})[output]
            write_value(table, output)
            return {str(output): size_text(table)}
        _place(into.folder, output)
        return {f"{output}/{name}": text for name, text in run.written.items()}


def show_plan(
    version: Version, arguments: argparse.Namespace, outputs: list[str], append: Append | None = None
) -> None:
    """Print what a run would do."""
    folder = not arguments.output or arguments.output.endswith("/")
    say(prepare(version, arguments, outputs, folder, append).plan.to_text())


def prepare(
    version: Version,
    arguments: argparse.Namespace,
    outputs: list[str],
    folder: bool,
    append: Append | None = None,
) -> Run:
    """The run with its plan."""
    inputs, params = _given(version, arguments) if append is None else (append.inputs, append.params)
    flow = version.flow._flow
    with working_beside(version.place):
        asked = ask(flow, outputs, inputs, params, checks=arguments.checks, fitted=arguments.fitted)
        samples = {name: flow.default(flow.inputs[name]) for name in asked.reads() if flow.has_sample(name)}
        request = Request(
            tuple(asked.wanted),
            {**samples, **asked.given},
            arguments.key,
            arguments.executor or "processes",
            arguments.parts,
            _verify(arguments.verify),
            arguments.checks,
            in_pieces=folder,
        )
        note = Note(len(flow.nodes))
        made = prepared(asked.flow, request, Kept(FOLDER), note)
        note.end()
    return made


def _given(version: Version, arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, object]]:
    """Inputs and params; tables with the key stay in their files."""
    files: dict[str, Files] = {}
    rest: list[str] = []
    for item, (name, text) in zip(
        arguments.input, pairs("--input", arguments.input, version.flow.inputs), strict=True
    ):
        known = expected(name, version)
        table = known.schema is not None or known.type is Any
        found = files_of(name, text, known.schema, arguments.key) if table and _are_files(text) else None
        if found is None:
            rest.append(item)
        else:
            files[name] = found
    inputs, params = given(version, argparse.Namespace(**{**vars(arguments), "input": rest}))
    return {**files, **inputs}, params


def _are_files(text: str) -> bool:
    return bool(format_of(text)) or is_pattern(text) or Path(text).is_dir()


def _verify(text: str | None) -> Verify:
    if text is None or text == "off":
        return "off" if text else None
    if not text.isdigit() or not int(text):
        raise UsageError(
            "DB002", f"--verify '{text}' is no number.", hint="write --verify 10, or --verify off."
        )
    return int(text)


@bracket
def _worked(output: Path, digest: str) -> Iterator[Path]:
    """The folder of a run, beside its output; it stays where the run was ended from outside.

    Raises:
        RunError: DB350 where another process makes the same output.
    """
    home = output.absolute().parent
    home.mkdir(parents=True, exist_ok=True)
    work = home / f".{output.name}.run-{digest}"
    for other in home.glob(f".{output.name}.run-*"):
        owner = _owner(other)
        if owner and _lives(owner):
            raise RunError(
                "DB350",
                f"another run writes '{output}' now: process {owner.rpartition(':')[2]}.",
                hint="wait until it has ended, or choose another output.",
            )
        if other != work and _is_ours(other):
            shutil.rmtree(other, ignore_errors=True)
    if work.exists() and not _is_ours(work):
        raise SourceError("DB405", f"cannot write '{work}': it belongs to somebody else.", hint="remove it.")
    work.mkdir(mode=0o700, exist_ok=True)
    (work / "owner").write_text(f"{platform.node()}:{os.getpid()}", encoding="utf-8")
    try:
        yield work
    except DataflowError as error:
        if error.code not in _KEEPS:
            remove(work)
        raise
    except KeyboardInterrupt:
        (work / "owner").unlink(missing_ok=True)
        raise
    remove(work)


def _is_ours(folder: Path) -> bool:
    """Whether a folder is one that only this user writes."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    about = folder.stat()
    mine = not hasattr(os, "getuid") or about.st_uid == os.getuid()
    return mine and not about.st_mode & 0o022


def _owner(folder: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return ordinary.read_text(folder / "owner")
    return ""


def _lives(owner: str) -> bool:
    """Whether the process that made a folder still runs, as far as that can be seen from here."""
    node, _, number = owner.rpartition(":")
    if node != platform.node() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _expect_own(folder: Path) -> None:
    """Refuse a folder that has other files than those of an earlier run in parts.

    Raises:
        SourceError: DB405.
    """
    if not folder.is_dir():
        return
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    known: set[str] = set()
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = {MANIFEST, *json.loads(ordinary.read_text(folder / MANIFEST))["files"]}
    other = sorted(there - known)
    if other:
        raise SourceError(
            "DB405",
            f"cannot write '{folder}': it has files that no run in parts wrote, such as '{other[0]}'.",
            hint="choose a folder that is not there yet: it appears whole when the run ends.",
        )


def _place(made: Path, folder: Path) -> None:
    """Put a folder in place, whole; one of an earlier run goes."""
    files = sorted(str(path.relative_to(made)) for path in made.rglob("*") if not path.is_dir())
    (made / MANIFEST).write_text(
        json.dumps({"version": 1, "files": files}, indent=1) + "\n", encoding="utf-8"
    )
    old = folder.with_name(f".{folder.name}.old-{secrets.token_hex(4)}")
    try:
        if folder.is_dir():
            os.rename(folder, old)
        os.rename(made, folder)
    except OSError as error:
        if old.is_dir() and not folder.exists():
            os.rename(old, folder)
        raise SourceError(
            "DB405", f"cannot write '{folder}': {error.strerror or error}.", hint="nothing was changed."
        ) from None
    shutil.rmtree(old, ignore_errors=True)
