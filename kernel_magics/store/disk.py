"""The disk store keeps a result as at most two files, written in the background, atomically."""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.session.store import Result
from kernel_magics.store.entry import Entry, entry_text, read_entry
from kernel_magics.store.formats import formats_for, holds, load_format
from kernel_magics.store.pickled import fingerprint
from kernel_magics.store.room import HIDDEN, Room, make_folder, unsafe_link
from kernel_magics.store.secret import refuse_shared_key
from kernel_magics.store.versions import library_versions
from kernel_magics.values import VALUES

FOLDER: Final = Path(HIDDEN) / "cache"
LIMIT: Final = 5 * 10**9


class DiskStore:
    """Results in a folder of the project; see `engine.session.store.Store`.

    A file that is damaged, or that another user's kernel wrote, is ignored.

    Attributes:
        trouble: why the last result could not be written; "" when it was.

    Args:
        folder: where the files are; made when the first result is kept.
        limit: bytes that all of them may take; the least recently used ones are removed first.
    """

    def __init__(self, folder: str | Path = FOLDER, limit: int = LIMIT) -> None:
        self.folder = Path(folder).absolute()
        self.room = Room(self.folder, limit)
        self.environment = library_versions()
        self._writer: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        self.trouble = self._told = ""

    def get(self, key: str) -> Result | None:
        """See `Store.get`."""
        path = self._path(key)
        entry = read_entry(path, key) if not self._is_unsafe(path.parent) else None
        if entry is None:
            return None
        try:
            file = path.with_name(entry.file or path.name)
            ordinary.refuse_other(file)  # a pipe would be waited for
            value = _read(entry, file)
            reads = tuple((kind, what, digest) for kind, what, digest in entry.reads)
            with contextlib.suppress(OSError):  # a folder that may only be read
                os.utime(path, follow_symlinks=False)
        except Exception:  # a library may raise anything on a damaged file
            return None
        return Result(value, entry.digest, entry.seconds, entry.ran_at, reads)

    def put(self, key: str, name: str, result: Result) -> None:
        """See `Store.put`."""
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, "dagbook-store")  # Python waits for it before it exits
        self._last = self._writer.submit(self._write, key, name, result)

    def fingerprint(self, value: object) -> str | None:
        """See `Store.fingerprint`."""
        try:
            return fingerprint(value)
        except Exception:  # a class that cannot be pickled may raise anything
            return None

    def refuse_unsafe(self) -> None:
        """Refuse a folder through which results could get elsewhere, or come from another user.

        Raises:
            SourceError: DB431 for a link, DB434 for a key that others can read or write.
        """
        link = unsafe_link(self.folder)
        if link is not None:
            raise SourceError(
                "DB431",
                f"'{link}' is a link, so results would be written and removed at '{os.readlink(link)}'.",
                hint="nothing is kept, read or removed there; remove the link.",
            )
        refuse_shared_key()

    def clear(self) -> None:
        """Remove all results."""
        self.flush()
        self.room.clear()

    def flush(self) -> None:
        """Wait until everything is on disk."""
        if self._last is not None:
            self._last.result()

    def news(self) -> list[str]:
        """A line when results begin to be kept no more; none while that goes on."""
        told, self._told = self._told, self.trouble
        if not self.trouble or told:
            return []
        return [f"results are not kept on disk: {self._told} They are computed where they are needed."]

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.jsonl"

    def _is_unsafe(self, folder: Path) -> bool:
        return folder.is_symlink() or unsafe_link(self.folder) is not None

    def _write(self, key: str, name: str, result: Result) -> None:
        """Write a result in the first format, if any, from which an equal value can be read."""
        reads = [list(read) for read in result.reads]
        entry = Entry(key, name, result.digest, result.seconds, result.ran_at, reads=reads)
        path = self._path(key)
        # an unpredictable name, so that no link can be there
        new = path.with_name(f"{key}.new-{secrets.token_hex(8)}")
        try:
            if self._is_unsafe(path.parent):
                return
            make_folder(self.folder, path.parent)
            try:
                size = next(
                    filter(None, (self._try(kind, entry, new, result) for kind in formats_for(result.value))),
                    0,
                )
                if size:
                    self.room.take(size)
            finally:
                new.unlink(missing_ok=True)
        except OSError as error:  # such as a full disk: the result is not kept
            self.trouble = f"cannot write '{self.folder}': {error.strerror or error}."
        else:
            self.trouble = ""

    def _try(self, kind: str, entry: Entry, new: Path, result: Result) -> int:
        """Write a result in one format, by way of `new`; returns its size, or 0 if the format fails."""
        path = self._path(entry.key)
        try:
            format = load_format(kind)
            facts = format.write(result.value, new)
            size = new.stat().st_size if new.exists() else 0
            file = f"{entry.key}.{kind.strip('_')}" if size else ""
            entry = replace(entry, kind=kind, facts=facts, file=file)
            held = holds(format, result.value, new, facts) if size <= self.room.limit else False
            if held is None:
                held = _same(_read(entry, new), result)
            if not held:
                return 0
        except OSError:
            raise
        except Exception:  # a library may raise anything on a value that it cannot write
            return 0
        if size:
            os.replace(new, path.with_name(file))
        content = entry_text(entry)
        new.write_bytes(content)
        os.replace(new, path)
        return size + len(content)


def _read(entry: Entry, file: Path) -> object:
    """The value of an entry.

    Raises:
        ValueError: it differs from the stored one.
    """
    value = load_format(entry.kind).read(file, entry.facts)
    digest = VALUES.digest(value)
    if digest != entry.digest and (entry.kind != "pickled" or digest is not None):
        raise ValueError(entry.key)
    return value


def _same(value: object, result: Result) -> bool:
    """True when a value was read unchanged; for unsupported types, when it is written the same way again."""
    digest = VALUES.digest(value)
    if digest is not None:
        return digest == result.digest
    return pickle.dumps(value, protocol=5) == pickle.dumps(result.value, protocol=5)
