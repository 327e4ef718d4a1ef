"""A reference says where a secret is, `env:NAME` or `file:PATH`; the secret itself is never shown or stored.

The URL of a database stands as it is only where it holds no password.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import SourceError

_PASSWORD: Final = re.compile(
    r"^[a-zA-Z][\w+.-]*://[^/@\s]*:[^/@\s]+@|[?&;](password|pwd|token|secret)=", re.I
)
_SCHEME: Final = re.compile(r"^[a-zA-Z][\w+.-]*://")


def is_secret(text: str) -> bool:
    """Whether a text holds a password, so that it must not stand in a file."""
    return bool(_PASSWORD.search(text))


def is_reference(text: str) -> bool:
    """Whether a text names the place of a URL, or is one."""
    return text.startswith(("env:", "file:")) or bool(_SCHEME.match(text))


def missing(text: str, folder: Path) -> str:
    """Why a reference leads nowhere on this machine; "" where it leads to a text."""
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        return "" if os.environ.get(name) else f"the variable {name} of the environment is not set"
    if text.startswith("file:"):
        path = folder / text.removeprefix("file:")
        return "" if path.is_file() else f"there is no file '{path}'"
    return ""


def reveal(text: str, folder: Path) -> str:
    """What a reference leads to; any other text as it is.

    Args:
        folder: where relative paths start.

    Raises:
        SourceError: DB465.
    """
    why = missing(text, folder)
    if why:
        raise SourceError("DB465", f"'{text}' leads nowhere: {why}.", hint="set it where the command runs.")
    if text.startswith("env:"):
        return os.environ[text.removeprefix("env:")]
    if not text.startswith("file:"):
        return text
    path = folder / text.removeprefix("file:")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("DB465", f"'{text}' cannot be read: {error}.", hint="check the file.") from None
