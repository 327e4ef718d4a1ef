"""Versions of libraries that affect results although no cell imports them: those of the values' types."""

from __future__ import annotations

import importlib.metadata

from kernel_magics.values.library import HANDLERS

_FORMAT = 1


def library_versions() -> str:
    """The versions as one text, after that of the store's own format."""
    return " ".join([str(_FORMAT), *(f"{name}={_version(name)}" for name in HANDLERS)])


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
