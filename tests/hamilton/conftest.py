"""Modules that use Apache Hamilton, imported by a name of their own as its decorators need."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.hamilton.modules import HEAD

_NUMBERS = itertools.count()
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Write a text behind the usual imports into a module, and import it."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def load_text(text: str) -> ModuleType:
        made.append(f"decorated_{next(_NUMBERS)}")
        (tmp_path / f"{made[-1]}.py").write_text(HEAD + text)
        importlib.invalidate_caches()
        return importlib.import_module(made[-1])

    yield load_text
    for name in made:
        sys.modules.pop(name, None)
