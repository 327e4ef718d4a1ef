"""Local code is the modules beside a notebook that its cells import: their contents determine results, too.

A module of the standard library or of an installed package is not local. A module is loaded again, as a
fresh kernel would, when the content of its file (not its time) differs from when it was loaded.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

from kernel_magics.engine.run import bytecode
from kernel_magics.engine.run.origin import as_loaded, content_of, file_of, is_local

T = TypeVar("T")
OURS: Final = ("kernel_magics", "nbext")  # local if installed for development


class LocalCode:
    """The local modules that some code imports, itself or through others, with what their files held."""

    def __init__(self) -> None:
        self._files: dict[
            str, tuple[Path, str]
        ] = {}  # by module: its file, and the file's digest when it was loaded
        self._reads: dict[str, frozenset[str]] = {}  # by top-level name: those that its files import

    def note(self, roots: Iterable[str]) -> None:
        """Watch the modules that are loaded and reached by imports of these top-level names."""
        queue = list(dict.fromkeys(roots))
        found: dict[str, tuple[Path, str]] = {}
        self._reads = {}
        for root in queue:
            reads: set[str] = set()
            for name, module in local_modules(root):
                path = Path(file_of(module) or "")
                with contextlib.suppress(OSError):
                    digest, imports = content_of(path)
                    found[name] = self._files.get(name) or (path, as_loaded(module, path, digest))
                    reads |= imports
            if reads:
                self._reads[root] = frozenset(reads)
                queue += sorted(reads.difference(queue))
        self._files = found

    def changed(self) -> list[str]:
        """The modules whose files hold something else than when they were loaded."""
        found = []
        for name, (path, digest) in self._files.items():
            with contextlib.suppress(OSError):  # a deleted file: the loaded module stays
                if content_of(path)[0] != digest:
                    found.append(name)
        return found

    def reached(self, modules: Iterable[str]) -> set[str]:
        """The top-level names of these modules and of the modules that import them, directly or not."""
        found = {name.partition(".")[0] for name in modules}
        while more := {root for root, reads in self._reads.items() if reads & found} - found:
            found |= more
        return found

    def reload(self, roots: Collection[str], changed: Collection[str], imports: Callable[[], T]) -> T:
        """Call what imports these modules, which loads them again; if that raises, restore the old ones."""
        old = {name: sys.modules[name] for root in roots for name, _ in local_modules(root)}
        files = self._files
        try:
            for name in changed:
                bytecode.drop(files[name][0])
            for name in old:
                del sys.modules[name]
            importlib.invalidate_caches()
            result = imports()
            self._files = {name: file for name, file in files.items() if name not in old}
            return result
        except BaseException as error:
            self._files = files
            for name in changed if isinstance(error, Exception) else ():  # after Ctrl-C it is still to do
                with contextlib.suppress(OSError):  # reported once, until the file changes again
                    path = files[name][0]
                    files[name] = path, content_of(path)[0]
            sys.modules.update(old)
            raise


def local_modules(root: str) -> list[tuple[str, ModuleType]]:
    """The loaded modules of a top-level name that is local."""
    module = sys.modules.get(root)
    if root in OURS or module is None or not is_local(module):
        return []
    inside = f"{root}."
    loaded = [(root, module)]
    loaded += [(name, part) for name, part in sys.modules.copy().items() if name.startswith(inside)]
    return [(name, part) for name, part in loaded if str(file_of(part)).endswith(".py")]
