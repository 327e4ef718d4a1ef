"""Module files for tests: a text becomes a module that is imported from its file."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
from pathlib import Path
from types import ModuleType

_NUMBERS = itertools.count()


def import_module(folder: Path, text: str) -> ModuleType:
    """Write the text to a file of its own and import that."""
    path = folder / f"features_{next(_NUMBERS)}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    linecache.checkcache(str(path))
    return module
