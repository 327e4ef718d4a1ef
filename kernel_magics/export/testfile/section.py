"""A section is what one kind of test has in a test file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.message import CellRef


@dataclass(frozen=True, slots=True)
class Names:
    """What a test file is about.

    Attributes:
        module: name of the module under test.
        source: file name of the notebook.
        folder: path from the tests' folder to the one to import from, however pytest is run.
        setup: names of the setup in the module, by the name they have there.
        package: the package that holds the module; "" when none does.
    """

    module: str
    source: str
    folder: str
    setup: Mapping[str, str]
    package: str = ""

    @property
    def path(self) -> str:
        """The module as it is imported."""
        return f"{self.package}.{self.module}" if self.package else self.module

    @property
    def statement(self) -> str:
        """The import of the module itself."""
        return f"from {self.package} import {self.module}" if self.package else f"import {self.module}"


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of test.

    Attributes:
        title: the comment above it.
        text: its functions.
        imports: statements for the top of the file.
        below: imports that need the module's folder on the path.
        statements: what stands below all imports.
        cells: the cell that each test function comes from.
    """

    title: str
    text: str
    imports: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    cells: Mapping[str, CellRef] = field(default_factory=dict)
