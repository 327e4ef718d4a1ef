"""Bytecode of local modules: which text it was made of, since Python may trust that of an older one.

Python trusts the bytecode of a file that has the same second of modification and the same size. An edit
within a second of the last import therefore goes unseen, and the next Python runs the old code.
"""

import contextlib
import marshal
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType
from typing import Final

_HEADER: Final = 16  # magic number, flags, second of modification, size


def runs_file(module: ModuleType, path: Path) -> bool:
    """True unless the bytecode that the import read or wrote is of another text than the file's."""
    written = _bytecode(module)
    try:
        if written is None or _is_later(written, path):
            return True
        made = marshal.loads(written.read_bytes()[_HEADER:])
        return bool(made == compile(path.read_bytes(), str(path), "exec", dont_inherit=True))
    except (OSError, ValueError, EOFError, TypeError):  # no file, or no bytecode, which Python did not read
        return True
    except SyntaxError:  # no module was ever made of this text
        return False


def is_stamped(module: ModuleType, path: Path) -> bool:
    """True when the bytecode that the import read or wrote has the second and size of the present file."""
    written = _bytecode(module)
    try:
        header = written.read_bytes()[:_HEADER] if written is not None else b""
    except OSError:
        return False
    status = path.stat()
    stamp = (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
    return header[8:] == stamp + (status.st_size & 0xFFFFFFFF).to_bytes(4, "little")


def drop(path: Path) -> None:
    """Delete the bytecode of a module's file."""
    with contextlib.suppress(OSError, NotImplementedError):
        Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _bytecode(module: ModuleType) -> Path | None:
    cached = getattr(module, "__cached__", None)
    return Path(cached) if isinstance(cached, str) and cached else None


def _is_later(written: Path, path: Path) -> bool:
    """True when bytecode was written in a second after the file's last change, and Python compares both."""
    if written.read_bytes()[4:8] != bytes(4):  # it bears a digest of the text, which Python need not compare
        return False
    return int(written.stat().st_mtime) > int(path.stat().st_mtime)
