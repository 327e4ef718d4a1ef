"""The origin of an import is a text that changes when the imported code does."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import re
import sys
import time
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.bytecode import is_stamped, runs_file

_IMPORT: Final = re.compile(rb"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w., \t]+))", re.MULTILINE)
_PACKAGES: Final = re.compile(r"(?:^|[/\\])(?:site|dist)-packages(?:[/\\]|$)")
_START: Final = time.time()
_LOADED: Final[dict[str, tuple[ModuleSpec, str]]] = {}
"""Digest of each module's file at the time when the module was loaded; a reload makes a new spec."""
_FOREIGN: Final[dict[str, ModuleType]] = {}
"""Loaded modules that belong to Python or to an installed package."""


def imported_roots(source: str) -> set[str]:
    """Top-level packages that a source imports in any of its statements."""
    return _roots(source.encode()) if "import" in source else set()


@bracket
def loading() -> Iterator[None]:
    """Record the digests of files that are imported within."""
    before = _specs()
    try:
        yield
    finally:
        for name, spec in _specs().items():
            new = spec is not before.get(name)  # imported or reloaded
            if spec and new and (file := file_of(sys.modules.get(name))):
                with contextlib.suppress(OSError):
                    _LOADED[name] = spec, _digest_loaded(sys.modules[name], Path(file))


def _digest_loaded(module: ModuleType, path: Path) -> str:
    """The digest of the text that was just imported; "" if Python took bytecode of another one."""
    return content_of(path)[0] if runs_file(module, path) else ""


def _specs() -> dict[str, ModuleSpec | None]:
    """The specs of modules: not of the foreign ones, which are thousands (each setup cell asks twice)."""
    specs = {}
    for name, item in [each for each in sys.modules.copy().items() if _FOREIGN.get(each[0]) is not each[1]]:
        if isinstance(item, ModuleType):
            spec = vars(item).get("__spec__")
            if _is_python(name) or (spec and _is_installed(spec)):
                _FOREIGN[name] = item
            else:
                specs[name] = spec
    return specs


def origins(roots: Iterable[str]) -> str | None:
    """Versions of installed packages, and digests of local files and of the local files that they import.

    None if it is unknown which code runs: a file was changed after it was loaded.
    """
    found: dict[str, str] = {}
    queue = sorted(roots)
    for root in queue:
        if root in found or _is_python(root):
            continue
        spec = _spec(root)
        if spec is None:
            found[root] = "absent"
        elif _is_installed(spec):
            found[root] = _version(root)
        else:
            digest, reads = _local(spec)
            if digest is None:
                return None
            found[root] = digest
            queue += sorted(reads - found.keys())
    return " ".join(f"{root}={found[root]}" for root in sorted(found))


def is_local(module: ModuleType) -> bool:
    """True for a module that belongs neither to Python nor to an installed package."""
    spec = module.__spec__ or ModuleSpec(module.__name__, None, origin=file_of(module))
    return not _is_python(module.__name__) and not _is_installed(spec)


def _spec(root: str) -> ModuleSpec | None:
    module = sys.modules.get(root)
    if module is not None:
        return module.__spec__ or ModuleSpec(root, None, origin=getattr(module, "__file__", None))
    try:
        return importlib.util.find_spec(root)
    except (ImportError, ValueError):
        return None


def _is_installed(spec: ModuleSpec) -> bool:
    places = [spec.origin or "", *(spec.submodule_search_locations or ())]
    return any(map(_PACKAGES.search, places))


@functools.cache
def _version(root: str) -> str:
    try:
        return importlib.metadata.version(root)
    except importlib.metadata.PackageNotFoundError:
        version = getattr(sys.modules.get(root), "__version__", None)
        return str(version) if version is not None else _version_of_owner(root)


def _version_of_owner(root: str) -> str:
    """The version of a package whose distribution has another name."""
    owners = importlib.metadata.packages_distributions().get(root, [])
    return ",".join(f"{owner} {importlib.metadata.version(owner)}" for owner in sorted(owners))


def _local(spec: ModuleSpec) -> tuple[str | None, set[str]]:
    """The digest of a module's file, or of all files of a package, and the roots that they import."""
    hasher, reads = blake2b(digest_size=16), set[str]()
    loaded = {file: module for module in sys.modules.copy().values() if (file := file_of(module))}
    for path in sorted(_files(spec)):
        try:
            digest, imports = content_of(path)
        except OSError:
            return None, reads
        module = loaded.get(str(path))
        if module is not None and as_loaded(module, path, digest) != digest:
            return None, reads
        hasher.update(f"{path.name} {digest}\n".encode())
        reads |= imports
    return hasher.hexdigest(), reads


def content_of(path: Path) -> tuple[str, frozenset[str]]:
    """Digest of a file, and the top-level names that it imports; cached by the file's time and size.

    Raises:
        OSError: it cannot be read.
    """
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(10_000)
def _read(path: Path, changed: int, size: int) -> tuple[str, frozenset[str]]:
    """Digest of a file, and what it imports."""
    content = path.read_bytes()
    imports = frozenset(_roots(content)) if path.suffix == ".py" else frozenset[str]()
    return blake2b(content, digest_size=16).hexdigest(), imports


def _is_python(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _files(spec: ModuleSpec) -> Iterator[Path]:
    if spec.submodule_search_locations:
        for place in spec.submodule_search_locations:
            yield from (path for path in Path(place).rglob("*") if path.suffix in (".py", ".so", ".pyd"))
    elif spec.origin:
        yield Path(spec.origin)


def file_of(module: object) -> str | None:
    """The file of a module; None for a module without one, and for anything else."""
    file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    return file if isinstance(file, str) else None


def as_loaded(module: ModuleType, path: Path, digest: str) -> str:
    """The digest of the file when the module was loaded; "" if unknown."""
    spec = module.__spec__
    if spec is None:
        return digest if path.stat().st_mtime < _START else ""
    known = _LOADED.get(spec.name)
    if known is None or known[0] is not spec:
        same = path.stat().st_mtime < _START or is_stamped(module, path)
        known = _LOADED[spec.name] = spec, digest if same and runs_file(module, path) else ""
    return known[1]


def _roots(source: bytes) -> set[str]:
    found: set[str] = set()
    for one, several in _IMPORT.findall(source):
        for name in [one] if one else several.split(b","):
            root = name.split()[0].partition(b".")[0].decode() if name.strip() else ""
            if root.isidentifier():
                found.add(root)
    return found
