"""Placing writes an export's files all or none, whatever kills it and whenever.

New files are written beside the old ones under hidden names; a journal lists them; a process of its own, that
outlives a killed export, then renames each. Until it starts the old files stand. A journal that is left over
(the machine lost power) is finished or undone by the next export.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kernel_magics.engine.errors import SourceError
from kernel_magics.export import finish
from kernel_magics.export.finish import NEW, OLD, beside

_JOURNAL = ".dagbook-journal"


def place(files: Mapping[Path, str]) -> list[Path]:
    """Write files, all or none; gives those that changed.

    Raises:
        SourceError: DB405; the old files stand.
    """
    real = {Path(os.path.realpath(path)): text.encode() for path, text in files.items()}
    changed = {path: data for path, data in real.items() if _content(path) != data}
    if not changed:
        return []
    paths = [str(path) for path in changed]
    journal = _journal(next(iter(real)))
    with _explained(next(iter(changed))):
        try:
            for path, data in changed.items():
                _prepare(path, data)
            _write(Path(f"{journal}.tmp"), json.dumps({"files": paths}).encode())
            os.replace(f"{journal}.tmp", journal)
        except BaseException:
            _remove(
                [
                    f"{journal}.tmp",
                    str(journal),
                    *(beside(path, suffix) for path in paths for suffix in (NEW, OLD)),
                ]
            )
            raise
        _finish(journal)
        for folder in {path.parent for path in changed}:
            _sync_folder(folder)
    return list(changed)


def recover(files: Sequence[Path]) -> None:
    """Complete or undo what a killed export left; `files` as given to `place`, the first one first.

    Raises:
        SourceError: DB405 when the folder cannot be written.
    """
    real = [os.path.realpath(path) for path in files]
    journal = _journal(Path(real[0]))
    with _explained(Path(real[0])):
        if journal.exists():
            paths = json.loads(journal.read_text(encoding="utf-8"))["files"]
            if all(os.path.exists(beside(path, NEW)) for path in paths):
                finish.clean(str(journal), paths)  # nothing was replaced: the old files stand
            else:
                finish.finish(str(journal))
        _remove([f"{journal}.tmp", *(beside(path, suffix) for path in real for suffix in (NEW, OLD))])


def _journal(first: Path) -> Path:
    return Path(beside(str(first), _JOURNAL))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _prepare(path: Path, data: bytes) -> None:
    """Write the new file under its hidden name, and keep the old one under another."""
    if path.is_dir():
        raise IsADirectoryError(21, "it is a folder", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    new, old = Path(beside(str(path), NEW)), Path(beside(str(path), OLD))
    _write(new, data)
    old.unlink(missing_ok=True)
    if path.exists():
        shutil.copymode(path, new)
        try:
            os.link(path, old)
        except OSError:  # a file system without hard links
            shutil.copy2(path, old)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _finish(journal: Path) -> None:
    """Rename in a process of its own, waiting for it even when interrupted; in this one where none starts."""
    command = [sys.executable, "-I", "-S", finish.__file__, str(journal)]
    null = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, start_new_session=True, stdin=null, stdout=null, stderr=null)
    except OSError:
        finish.finish(str(journal))
        return
    try:
        process.wait()
    except BaseException:
        process.wait()
        raise
    if journal.exists():
        finish.finish(str(journal))
    elif process.returncode:
        raise OSError(0, "a file could not be replaced", str(journal.parent))


def _sync_folder(folder: Path) -> None:
    """Make renames last through a loss of power, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(paths: Sequence[str]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            "DB405",
            f"cannot write '{error.filename or path}': {error.strerror or error}.",
            hint="nothing was changed; choose a folder that you may write to and that has room.",
        ) from error
