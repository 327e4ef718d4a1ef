"""A style is how ruff formats the files of a folder: by its project's settings, or ruff's defaults."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")  # in the order in which ruff looks for them


@dataclass(frozen=True, slots=True)
class Style:
    """Options for the ruff command."""

    options: tuple[str, ...] = ("--isolated", "--target-version", "py311")


PLAIN = Style()


def find_style(folder: Path) -> Style:
    """The style of the files in a folder, which need not exist; personal settings of a user are ignored."""
    for place in (folder, *folder.parents):
        for name in _FILES:
            if _has_settings(place / name):
                return Style(("--config", str(place / name)))
    return PLAIN


def _has_settings(file: Path) -> bool:
    if not file.is_file():
        return False
    if file.name != "pyproject.toml":
        return True
    try:
        return "ruff" in tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False
