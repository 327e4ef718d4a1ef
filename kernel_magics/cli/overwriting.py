"""An output of a command never replaces what the command reads, nor a notebook, code or settings."""

from __future__ import annotations

import argparse
import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.tables.files import format_of, is_pattern, unwritable

_OUTPUTS: Final = ("output", "html", "report", "evidence", "lineage")
_READ: Final = ("source", "sources", "old", "new", "file", "log", "labels", "baseline", "limits", "input")
_WRITTEN_BY_HAND: Final = frozenset({".ipynb", ".py", ".pyi", ".yaml", ".yml", ".toml"})
_WRITE_CODE: Final = frozenset({"export", "import", "convert", "new"})  # each refuses what it would lose
_OURS: Final = re.compile(
    r'<meta name="generator" content="dagbook">|^Compiled from .* by `dagbook pipeline compile`:',
    re.MULTILINE,
)


def refuse_overwriting(arguments: argparse.Namespace) -> None:
    """Check the outputs that a command line names, before the command runs.

    Raises:
        UsageError: DB002 for an output that the command reads, or whose name is that of a notebook, code or
            settings.
        SourceError: DB405 for one that is a pipe or a device, or can be no file.
    """
    named = (Path(text) for name in _OUTPUTS if (text := getattr(arguments, name, None)))
    outputs = [path for path in named if not os.path.isdir(path)]
    for path in outputs:
        suffix = path.suffix.lower()
        if suffix in _WRITTEN_BY_HAND and arguments.command not in _WRITE_CODE:
            raise UsageError(
                "DB002",
                f"'{path}' is no name for this output.",
                hint=f"files with {suffix} are not replaced.",
            )
    for path in outputs:
        if "://" not in str(path):
            refuse_special(path)
    there = {path: identity for path in outputs if (identity := _identity(path))}
    read = {_identity(path) for path in _files_read(arguments)} if there else set()
    for path, identity in there.items():
        if identity in read:
            raise UsageError(
                "DB002",
                f"'{path}' is read by this command, and would be overwritten.",
                hint="give another name.",
            )


def refuse_special(path: Path) -> None:
    """Refuse to replace what is no ordinary file: a pipe would be waited for.

    Raises:
        SourceError: DB405.
    """
    try:
        ordinary.refuse_other(path)
    except OSError as error:
        raise unwritable(path, error) from None


def refuse_foreign(path: Path) -> None:
    """Refuse to replace a page or code that Dagbook did not write; it names itself in what it writes.

    Raises:
        SourceError: DB521.
    """
    if path.suffix.lower() not in (".html", ".htm", ".py"):
        return
    try:
        text = ordinary.read_bytes(path).decode(errors="replace")
    except OSError:  # there is none, or writing says why it cannot be replaced
        return
    if text.strip() and not _OURS.search(text):
        raise SourceError(
            "DB521",
            f"'{path}' was not written by Dagbook, and would be overwritten.",
            hint="choose another name, or remove it.",
        )


def _files_read(arguments: argparse.Namespace) -> Iterator[Path]:
    """The files that a command line names to be read."""
    for name in _READ:
        given = getattr(arguments, name, None) or ()
        for text in [given] if isinstance(given, str) else given:
            text = text.partition("=")[2] if name == "input" else text
            if os.path.lexists(text):
                inside = name == "input" and os.path.isdir(text)
                yield from (
                    (path for path in Path(text).rglob("*") if format_of(path)) if inside else [Path(text)]
                )
            elif is_pattern(text):
                yield from map(Path, glob.iglob(text, recursive=True))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # it is none, or can be none
        return None
    return status.st_dev, status.st_ino
