"""Versions of the distributions that the notebook ran with; a package is pinned to them.

Python's `importlib.metadata` is imported only here, and late, because it takes a twentieth of every start.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
from collections.abc import Iterable, Mapping


def imported(text: str) -> list[str]:
    """The modules outside the standard library that a text imports, dotted, sorted."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return sorted(name for name in found if name.partition(".")[0] not in sys.stdlib_module_names)


def installed(modules: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Versions by distribution for these modules, and the modules without a distribution."""
    from importlib import metadata  # noqa: PLC0415

    known = owners()
    versions: dict[str, str] = {}
    absent = []
    for module in modules:
        name = _owner(module, known)
        if name:
            versions[name] = metadata.version(name)
        else:
            absent.append(module)
    return dict(sorted(versions.items())), absent


def owners() -> Mapping[str, list[str]]:
    """The distributions of each module; they are looked up again when one was installed or removed."""
    return _owners(tuple((path, _changed(path)) for path in sys.path))


@functools.lru_cache(maxsize=1)
def _owners(_places: tuple[tuple[str, int], ...]) -> Mapping[str, list[str]]:
    """Reads files of every distribution, which takes half a second where there are many."""
    from importlib import metadata  # noqa: PLC0415

    return metadata.packages_distributions()


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def release(name: str) -> str:
    """The installed version of a distribution; "" when it is not installed."""
    from importlib import metadata  # noqa: PLC0415

    try:
        return str(metadata.version(name))
    except metadata.PackageNotFoundError:
        return ""


def _owner(module: str, known: Mapping[str, list[str]]) -> str:
    """The distribution of a module; if several share its first name, the one that contains its files."""
    names = sorted({name.lower().replace("_", "-") for name in known.get(module.partition(".")[0], ())})
    if len(names) < 2:
        return names[0] if names else ""
    from importlib.metadata import distribution  # noqa: PLC0415

    folder = module.replace(".", "/")
    for name in names:
        files = [str(file) for file in distribution(name).files or ()]
        if any(file.startswith((f"{folder}/", f"{folder}.")) for file in files):
            return name
    return names[0]
