"""A layout holds the paths of an export's files."""

from __future__ import annotations

import keyword
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kernel_magics import tables
from kernel_magics.engine.errors import ExportError
from kernel_magics.export.baseline import BASELINE, baseline_path

Kind = Literal["module", "package", "hamilton", "envelope", "service"]
MODULE = "features"
"""The module of functions in a package."""
PICTURE = "lineage.svg"
RUNTIME = "_examples"
"""The module that runs recorded examples, beside the tests."""
_TAKEN = ("pandas", "numpy", "pytest", "kernel_magics", "hamilton", RUNTIME)
TABLES = "tables"
"""The folder of a package that reads and writes files."""


def schema_path(module: Path) -> Path:
    """The path of the schemas of a module's inputs."""
    return module.with_suffix(".schema.json")


def table_files() -> tuple[str, ...]:
    """The names of the modules that read and write files."""
    return tuple(sorted(path.name for path in Path(tables.__file__).parent.glob("*.py")))


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of an export.

    Attributes:
        root: the project's folder, for a package or an envelope.
        package: the name under which the package is imported; "" for a module.
    """

    module: Path
    tests: Path
    examples: Path
    root: Path | None = None
    package: str = ""
    kind: Kind = "module"

    @property
    def around(self) -> dict[str, Path]:
        """The files of a package around its module and tests, by name."""
        if self.root is None:
            return {}
        names = ("__init__.py", "__main__.py", "py.typed", *(f"{TABLES}/{name}" for name in table_files()))
        inside = {name: self.module.parent / name for name in names}
        if self.kind == "envelope":
            return inside
        return {**inside, **{name: self.root / name for name in ("pyproject.toml", "README.md", PICTURE)}}

    @property
    def baseline(self) -> Path:
        """The profile of the samples' values, beside the module."""
        if self.kind == "envelope" and self.root is not None:
            return self.root / BASELINE
        return baseline_path(self.module)

    @property
    def schema(self) -> Path:
        """How inputs are read from files, beside the module."""
        return schema_path(self.module)

    @property
    def natures(self) -> Path:
        """The natures that the tests keep true, beside them."""
        return self.tests.with_suffix(".natures.json")

    @property
    def runtime(self) -> Path:
        """What runs the examples of all modules whose tests stand in a folder."""
        return self.tests.parent / f"{RUNTIME}.py"

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file that an export may write."""
        beside = (self.examples, self.natures, self.runtime, self.baseline, self.schema)
        return (self.module, self.tests, *beside, *self.around.values())

    @property
    def folder(self) -> str:
        """The folder to import from, relative to the tests."""
        start = self.module.parent.parent if self.package else self.module.parent
        return os.path.relpath(start, self.tests.parent).replace(os.sep, "/")


def make_layout(target: Path, tests: Path | None, kind: Kind) -> Layout:
    """The layout of an export.

    Args:
        target: the module's file, or the package's folder.
        tests: folder of the tests; None for the default.

    Raises:
        ExportError: DB508 for a name that cannot be imported.
    """
    path = Path(os.path.normpath(target.expanduser().absolute()))
    folder = Path(os.path.normpath(tests.expanduser().absolute())) if tests is not None else None
    if kind in ("package", "envelope"):
        if path.suffix == ".py":
            article = "an" if kind == "envelope" else "a"
            hint = f"{article} {kind} is a folder: write -o my-features."
            raise _refusal(f"'{target.name}' is no folder", hint)
        name = re.sub(r"\W+", "_", path.name).lower()
        _refuse_name(name, path.name, "my-features")
        folder = folder or path / "tests"
        stem, code = f"test_{MODULE}", "src" if kind == "package" else "code"
        module = path / code / name / f"{MODULE}.py"
        return Layout(module, folder / f"{stem}.py", folder / f"{stem}.json", path, name, kind)
    if path.suffix != ".py":
        raise _refusal(f"'{target.name}' is no name of a module", "choose a name such as features.py.")
    _refuse_name(path.stem, target.name, "features.py")
    folder = folder or path.parent
    return Layout(path, folder / f"test_{path.stem}.py", folder / f"test_{path.stem}.json")


def _refuse_name(name: str, shown: str, example: str) -> None:
    hint = f"choose a name such as {example}."
    if not name.isidentifier() or keyword.iskeyword(name):
        raise _refusal(f"'{shown}' is no name of a module", hint)
    if name in sys.stdlib_module_names or name in _TAKEN:
        raise _refusal(f"a module '{name}' would hide the one of that name", hint)


def _refusal(problem: str, hint: str) -> ExportError:
    return ExportError("DB508", f"{problem}.", hint=hint)
