"""The secret signs the files that this user's kernels write; it is never stored beside them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path

from kernel_magics.engine.errors import SourceError

_SIZE = 32


def sign(text: bytes) -> str:
    """The signature of a text."""
    return hmac.digest(_secret(), text, hashlib.sha256).hex()


def is_signed(text: bytes, signature: str) -> bool:
    """True when this user's secret made the signature."""
    return hmac.compare_digest(sign(text), signature)


@functools.cache
def _secret() -> bytes:
    """The user's secret, made on first use; one of this process only if it cannot be stored."""
    path = _path()
    with contextlib.suppress(OSError):
        if not os.path.lexists(path):
            _create(path)
        if not _shared(path):
            content = path.read_bytes()
            if len(content) == _SIZE:
                return content
    return secrets.token_bytes(_SIZE)


def refuse_shared_key() -> None:
    """Refuse a secret with which others could sign results in this user's name.

    Raises:
        SourceError: DB434.
    """
    path = _path()
    with contextlib.suppress(OSError):
        why = _shared(path) if os.path.lexists(path) else ""
        if why:
            raise SourceError(
                "DB434",
                f"the key of the cache, '{path}', {why}: results could come from somebody else.",
                hint="nothing that it signed is used; remove it, and a new one is made.",
            )


def _shared(path: Path) -> str:
    """Why somebody else may know or have made the secret; "" when only this user does.

    Raises:
        OSError: it cannot be examined.
    """
    if sys.platform == "win32":
        return ""  # a user's data folder is private on this system
    for place, allowed in ((path, 0o700), (path.parent, 0o755)):
        status = place.lstat()
        if status.st_uid != os.geteuid():
            return "belongs to somebody else"
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            return "is no ordinary file"
        if stat.S_IMODE(status.st_mode) & ~allowed:
            return "can be read or replaced by others"
    return ""


def _path() -> Path:
    return _home() / "dagbook" / "cache.secret"


def _create(path: Path) -> None:
    """Create the file atomically, readable by this user only; the first of several processes wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_SIZE))
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    os.unlink(made)


def _home() -> Path:
    """Where programs keep a user's data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
