"""A request holds the options of one export."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.export.layout import Kind


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One export.

    Attributes:
        title: the notebook's name without suffix.
        source_name: file name of the notebook.
        target: path of the module; the folder of a package.
        tests: folder for the tests; beside the module by default.
        run: compute, prove and test; without it only texts are written.
        check: write nothing, and report how the files differ from what would be written.
        examples: keep recorded examples as long as they hold, or record them again.
        allow_secrets: export what looks like a secret.
        force: overwrite a module that was edited, or that Dagbook did not write.
        kind: a module, a module for Apache Hamilton, or an installable package.
        outputs: what is exported, with all that it needs; () for everything. Of an envelope, what it is for;
            () for the nodes that no other node reads.
        skip_failed: leave out nodes that wait or fail, and what reads them.
        draw: returns the SVG picture of a graph with a title, for a package.
        place: where the nodes are computed, such as the notebook's folder.
    """

    title: str
    source_name: str
    target: Path
    tests: Path | None = None
    run: bool = True
    check: bool = False
    examples: Literal["keep", "refresh"] = "keep"
    allow_secrets: bool = False
    force: bool = False
    kind: Kind = "module"
    outputs: tuple[str, ...] = ()
    skip_failed: bool = False
    draw: Callable[[Graph, str], str] | None = None
    place: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def guarded(self) -> bool:
        """Whether existing files that are not Dagbook's prevent the export."""
        return not (self.check or self.force)

    @property
    def proves(self) -> bool:
        """Whether the module is proved and tested before it is written."""
        return self.run and not self.check
