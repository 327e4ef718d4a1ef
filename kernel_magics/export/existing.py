"""Existing files are overwritten by an export only if their checksums show that nobody edited them."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import ExportError, SourceError
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.export.atomic_write import real_path
from kernel_magics.export.draft import shown
from kernel_magics.export.layout import Layout
from kernel_magics.export.module.checksum import Part, has_own_hash, read_parts
from kernel_magics.export.package.package import FREE

Existing = Mapping[Path, bytes | None]
"""The content at each path of an export before it begins; None for no file."""


def read_existing(layout: Layout, paths: Iterable[Path]) -> dict[Path, bytes | None]:
    """Read the existing files.

    Raises:
        SourceError: DB431 for a file behind a link that leads elsewhere, DB405 for what is no ordinary file.
    """
    found: dict[Path, bytes | None] = {}
    for path in paths:
        real = real_path(path, layout.root)
        try:
            found[path] = ordinary.read_bytes(real)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENAMETOOLONG):
                raise SourceError(
                    "DB405", f"cannot write '{path}': {error.strerror}.", hint="name another file."
                ) from None
            found[path] = None  # no file; or such as a folder: the write will report it
    return found


def leftovers(paths: Iterable[Path]) -> list[str]:
    """A note on each hidden file that looks like part of a write and is not."""
    names = {f".{path.name}.dagbook": path.parent for path in paths}
    found = [
        file
        for start, folder in names.items()
        if folder.is_dir()
        for file in sorted(folder.iterdir())
        if file.name.startswith(start)
    ]
    return [
        f"'{shown(file)}' is not a file of this export, and was left alone: remove it when nobody needs it."
        for file in found
    ]


def refuse_lost(existing: Existing, layout: Layout, again: bool) -> None:
    """Refuse to overwrite a file that Dagbook did not write, or that was edited since.

    The module is left to `refuse_lost_code`, which has the new text.

    Args:
        again: whether examples are recorded again; otherwise edited ones are kept, or reported as wrong.

    Raises:
        ExportError: DB521.
    """
    for path, content in existing.items():
        if path == layout.module or not (content or b"").strip():
            continue
        whole = has_own_hash(_text(content), FREE.get(path.name))
        if whole or (path == layout.examples and not again):
            continue
        problem = "was not exported by Dagbook" if whole is None else "was edited since it was exported"
        raise ExportError(
            "DB521",
            f"'{shown(path)}' {problem}, and would be overwritten.",
            hint=_RUNTIME if path == layout.runtime else _HINTS.get(path.suffix, _MOVE),
        )


_MOVE: Final = "move it, or export to another place; --force drops it."
_RUNTIME: Final = "move it, or let --tests name another folder; --force drops it."
_HINTS: Final = {".py": "move your tests into %%test cells or a file of another name; --force drops them."}


def refuse_lost_code(content: bytes | None, path: Path, text: str) -> None:
    """Refuse to overwrite code: a module that Dagbook did not write, or edits that the notebook lacks.

    Args:
        content: of the existing module.
        text: the new module.

    Raises:
        ExportError: DB521.
    """
    old = _text(content)
    if not old.strip() or old == text:
        return
    try:
        there = read_parts(old)
    except (SyntaxError, ValueError):
        there = None
    if there is None or there.source is None:
        raise ExportError(
            "DB521",
            f"'{shown(path)}' was not exported by Dagbook, and would be overwritten.",
            hint=f"choose another name, make a notebook of it (`dagbook import {shown(path)}`), "
            "or use --force.",
        )
    new = read_parts(text).all
    texts = {part.text for part in new}
    known = {statement for part in new for statement in _statements(part.text)}
    lost = [part for part in there.edited if part.text not in texts and not _has_all(known, part)]
    if lost:
        raise ExportError(
            "DB521",
            f"'{shown(path)}' was edited since it was exported ({', '.join(part.place for part in lost)}), "
            "and the notebook lacks that.",
            hint=f"`dagbook import {shown(path)} --into NB` brings edits into the cells; --force drops them.",
        )


def _text(content: bytes | None) -> str:
    """The text of a file as Python decodes it; "?", which counts as edited, for bytes that are not text."""
    try:
        return re.sub("\r\n?", "\n", (content or b"").decode())
    except UnicodeDecodeError:
        return "?"


def _has_all(known: set[str], part: Part) -> bool:
    """True when the export has all statements of a part outside cells, except imports (ruff sorts them)."""
    return part.cell == "" and _statements(part.text) <= known


def _statements(text: str) -> set[str]:
    """The statements of a text except imports, each with the comments above it, and all other comments."""
    blocks_there = blocks(text)
    rest = text.split("\n")[blocks_there[-1].last if blocks_there else 0 :]
    found = {"\n".join(rest).strip()}
    for block in blocks_there:
        found.add("\n".join([*block.gap, *([] if block.is_import else [block.code])]).strip())
    return found - {""}
