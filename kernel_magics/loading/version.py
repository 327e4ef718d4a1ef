"""A version is a dataflow that was loaded from a file, with what its inputs must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, replace
from pathlib import Path
from typing import Any

from kernel_magics.dataflow import Dataflow
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.export.layout import schema_path
from kernel_magics.loading.files import import_file
from kernel_magics.loading.place import working_beside
from kernel_magics.notebook import read_notebook
from kernel_magics.tables.schema import read_schemas
from kernel_magics.tables.values import Expected, expect


@dataclass(frozen=True, slots=True)
class Version:
    """A dataflow, the file that it was loaded from, and the file whose folder is its working directory.

    Attributes:
        outputs: what it computes where nothing else is asked for; () for what no other node reads.
        config: the names of values that chose its nodes.
    """

    flow: Dataflow
    source: str
    place: str
    outputs: tuple[str, ...] = ()
    config: frozenset[str] = frozenset()

    def configured(self, config: Mapping[str, object]) -> Version:
        """This one with values that decorators of its module look up."""
        if not config:
            return self
        return replace(self, flow=self.flow.configured(config), config=frozenset(config))

    def expected(self, name: str) -> Expected | None:
        """What an input must be, as the notebook's sample or the schema beside a module says.

        Returns:
            None where neither does.

        Raises:
            RunError: DB305 when the cell of the sample fails.
        """
        if name not in self.flow.inputs:
            return None
        with working_beside(self.place):
            hint, sample = self.flow.declared(name)
        if sample is not MISSING:
            return expect(hint, sample)
        schemas = _schemas(Path(self.source))
        return Expected(schemas[name]) if name in schemas else None

    def hinted(self, name: str) -> Expected:
        """What an input must be, as its hint says."""
        return expect(self.flow.declared(name)[0])


def load_version(source: str, place: str = "") -> Version:
    """The dataflow of a notebook, module or envelope; runs its setup.

    Args:
        place: the file in whose folder it works, where that is not `source`.
    """
    place = place or source
    if Path(source).suffix == ".py":
        return Version(Dataflow.from_module(import_file(source, place)), source, place)
    if Path(source).is_dir():
        envelope = Envelope.open(source)
        return Version(envelope.flow, str(envelope.module_path), place, envelope.outputs)
    notebook = read_notebook(source)
    with working_beside(place):
        return Version(Dataflow.from_notebook(notebook), source, place)


def _schemas(source: Path) -> dict[str, Any]:
    path = schema_path(source)
    return read_schemas(path.read_text(encoding="utf-8")) if path.is_file() else {}
