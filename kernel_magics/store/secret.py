"""The secret signs what this user's kernels wrote; it never stands beside the files that it signs."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
import sys
import tempfile
from pathlib import Path

_SIZE = 32


def sign(text: bytes) -> str:
    """The signature of a text."""
    return hmac.digest(_secret(), text, hashlib.sha256).hex()


def is_signed(text: bytes, signature: str) -> bool:
    """True when this user's secret made the signature."""
    return hmac.compare_digest(sign(text), signature)


@functools.cache
def _secret() -> bytes:
    """The user's secret, made when it is first needed; one of this process where it cannot be kept."""
    path = _home() / "dagbook" / "cache.secret"
    with contextlib.suppress(OSError):
        if not path.exists():
            _create(path)
        content = path.read_bytes()
        if len(content) == _SIZE:
            return content
    return secrets.token_bytes(_SIZE)


def _create(path: Path) -> None:
    """Whole or not at all, and readable by this user only; the first of several processes wins."""
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
