"""An ordinary file is what a command reads: a pipe, a socket or a device under its name would never end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: str | Path) -> bytes:
    """The content of an ordinary file, through links.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    kind = os.fstat(handle).st_mode
    if stat.S_ISDIR(kind):
        os.close(handle)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(kind):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        return file.read()


def read_text(path: str | Path, encoding: str = "utf-8") -> str:
    """The text of an ordinary file, with line feeds alone at the ends of lines.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
        UnicodeDecodeError: it is no text.
    """
    return read_bytes(path).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def shown(text: str) -> str:
    """A text that every file can hold: `�` in place of the halves of characters that JSON may give."""
    halved = any("\ud800" <= sign <= "\udfff" for sign in text)
    return "".join("�" if "\ud800" <= sign <= "\udfff" else sign for sign in text) if halved else text


def refuse_other(path: str | Path) -> None:
    """Refuse to replace what is no ordinary file, nor a link to one; a missing file may be written.

    Raises:
        OSError: it is a pipe, a socket, a device or a folder.
    """
    try:
        kind = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
