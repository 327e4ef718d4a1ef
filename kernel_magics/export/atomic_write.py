"""An atomic write puts several files in place, all or none, whatever ends the process and whenever.

During the write, each target folder contains a hidden folder with a lock, the new files and the old ones. A
separate process, which survives the end of this one, renames them. It gets its orders through a pipe; nothing
read from a disk is ever an instruction. What a loss of power leaves behind is removed by the next write in
that folder; the files' own checksums show that they may be written again.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError
from kernel_magics.export.staging import STAGING, staging, sync_folder


def atomic_write(
    files: Mapping[Path, str], before: Mapping[Path, bytes | None] | None = None, within: Path | None = None
) -> list[Path]:
    """Write files, all or none; returns those that changed.

    Args:
        before: what each file held when the work on its new text began (None: no file).
        within: see `real_path`.

    Raises:
        SourceError: DB405 (the system refuses), DB431 (a link leads elsewhere), DB432 (another process wrote
            meanwhile), DB433 (something else has that path); the old files are in place.
        KeyboardInterrupt: its text mentions it if the new files are in place all the same.
    """
    given = {path: real_path(path, within) for path in files}
    data = {given[path]: text.encode() for path, text in files.items()}
    old = {given[path]: content for path, content in (before or {}).items() if path in given}
    folders = sorted({path.parent for path in data})
    left = any(os.path.lexists(folder / STAGING) for folder in folders)
    if not left and all(_content(path) == content for path, content in data.items()):
        return []
    with _explained(next(iter(data))), _folders(folders), contextlib.ExitStack() as stack:
        orders = _Orders([], [], [])
        try:
            for folder in folders:
                orders.locks.append(stack.enter_context(staging(folder)))
                orders.folders.append(str(folder / STAGING))
            _refuse_changed(data, old)
            changed = [path for path, content in data.items() if _content(path) != content]
            for number, path in enumerate(changed):
                orders.moves.append(_prepare(path, data[path], path.parent / STAGING / str(number)))
        except BaseException:
            put_in_place([], orders.folders)
            raise
        with _uninterrupted():
            _carry_out(orders)
    for folder in folders:
        sync_folder(folder)
    return changed


def real_path(path: Path, within: Path | None = None) -> Path:
    """The path of a file with links resolved.

    Args:
        within: the folder that links must not leave; by default the working folder, or the file's own folder
            for a file outside it.

    Raises:
        SourceError: DB431 when a link in the path leads out of that folder.
    """
    named = Path(os.path.abspath(path))
    root = within or next(folder for folder in (Path.cwd(), named.parent) if named.is_relative_to(folder))
    real = Path(os.path.realpath(named))
    if real.is_relative_to(os.path.realpath(root)):
        return real
    raise SourceError(
        "DB431",
        f"'{path}' leads through a link to '{os.path.relpath(real, root)}', out of the folder '{root}'.",
        hint="nothing is written through such a link; remove it, or name the real place.",
    )


@dataclass(frozen=True, slots=True)
class _Orders:
    """The renames to make.

    Attributes:
        moves: for each file, the paths of its new content, of its old content, and its target.
        folders: to remove afterwards.
        locks: handles of their locks.
    """

    moves: list[tuple[str, str, str]]
    folders: list[str]
    locks: list[int]


def put_in_place(moves: Sequence[Sequence[str]], folders: Sequence[str]) -> list[object] | None:
    """Rename each new file to its target; if one fails, put the old files back. Safe to repeat.

    It runs in a process that does not import Dagbook, so it uses `os` only.

    Returns:
        None, or number, text and file of the error, and whether all old files are back.
    """
    problem: list[object] | None = None
    done: list[tuple[str, str]] = []
    try:
        for new, old, place in moves:
            if os.path.lexists(new):
                os.replace(new, place)
            done.append((old, place))
    except OSError as error:
        problem = [error.errno, error.strerror, error.filename2 or error.filename, True]
        for old, place in done:
            try:
                os.replace(old, place) if os.path.lexists(old) else os.unlink(place)
            except OSError:
                problem[3] = False
    for folder in folders:
        try:
            for name in sorted(os.listdir(folder)):  # the lock is the last one
                os.unlink(os.path.join(folder, name))
            os.rmdir(folder)
        except OSError:  # another write has files there already, or the folder is deleted
            continue
    return problem


_PROGRAM: Final = """
from __future__ import annotations
import json, os, sys
{}
json.dump(put_in_place(**json.load(sys.stdin)), sys.stdout)
"""


def _carry_out(orders: _Orders) -> None:
    """Make the renames.

    Raises:
        OSError: the old files are in place.
        SourceError: DB405, some of them are not.
    """
    answer = _in_process(orders)
    if answer is None:
        return
    number, text, path, restored = answer
    if restored:
        raise OSError(number, text, path)
    raise SourceError(
        "DB405",
        f"cannot write '{path}': {text}; and what was there before could not be put back.",
        hint="some files are new and some old: export again, or restore them from version control.",
    )


@bracket
def _uninterrupted() -> Iterator[None]:
    """Delay interrupts until the end of the block.

    Raises:
        KeyboardInterrupt: one came; its text says that the files are in place.
    """
    if threading.current_thread() is not threading.main_thread():  # other threads are never interrupted
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handler = signal.signal(signal.SIGINT, lambda *given: came.append(given))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)
    if came and callable(handler):
        try:
            handler(*came[0])
        except KeyboardInterrupt:
            raise KeyboardInterrupt("the new files are in place") from None


def _in_process(orders: _Orders) -> list[object] | None:
    """Rename in a separate process, or in this one if none can start or it returned no answer."""
    program = _PROGRAM.format(inspect.getsource(put_in_place))
    options = ["-X", f"utf8={sys.flags.utf8_mode}", "-I", "-S", "-c", program]
    try:
        process = subprocess.Popen(
            [sys.executable, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # the child holds the locks until it ends
            pass_fds=() if sys.platform == "win32" else orders.locks,
        )
        text, _ = process.communicate(json.dumps({"moves": orders.moves, "folders": orders.folders}).encode())
        answer: list[object] | None = json.loads(text)
    except (OSError, ValueError):
        return put_in_place(orders.moves, orders.folders)
    return answer


@bracket
def _folders(folders: Sequence[Path]) -> Iterator[None]:
    """Make missing folders; remove them again if the write fails."""
    missing = {
        parent for folder in folders for parent in (folder, *folder.parents) if not os.path.lexists(parent)
    }
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in sorted(missing, key=lambda folder: -len(folder.parts)):
            with contextlib.suppress(OSError):  # it holds the new files
                folder.rmdir()
        raise


def _refuse_changed(data: Mapping[Path, bytes], old: Mapping[Path, bytes | None]) -> None:
    """Refuse to overwrite a file whose content changed since the work began, unless it equals ours."""
    for path, content in data.items():
        if path in old and _content(path) not in (old[path], content):
            raise SourceError(
                "DB432",
                f"'{path}' was written by somebody else while this export was at work.",
                hint="nothing of this export was written; look at the file, and export again.",
            )


def _content(path: Path) -> bytes | None:
    try:
        return ordinary.read_bytes(path)
    except OSError:
        return None


def _prepare(path: Path, data: bytes, stem: Path) -> tuple[str, str, str]:
    """Write the new file and keep the old one in the hidden folder; returns the paths to rename."""
    ordinary.refuse_other(path)
    new, old = f"{stem}.new", f"{stem}.old"
    with open(new, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        os.chmod(new, stat.S_IMODE(os.stat(path).st_mode))
        try:
            os.link(path, old)
        except OSError:  # a file system without hard links
            shutil.copy2(path, old)
    return new, old, str(path)


@bracket
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = str(error.filename or path)
        if f"{os.sep}{STAGING}" in name:
            name = str(path)
        raise SourceError(
            "DB405",
            f"cannot write '{name}': {error.strerror or error}.",
            hint="nothing was changed; choose a folder that you may write to and that has room.",
        ) from error
