"""An opened envelope: verified, its functions as a dataflow, with the stored values of fitted nodes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.engine.run.failure import format_frames
from kernel_magics.engine.run.verdicts import Checks
from kernel_magics.envelope.record import read_record
from kernel_magics.envelope.shipped.request import Form, form_of
from kernel_magics.envelope.shipped.stored import Find, read_stored
from kernel_magics.export.layout import MODULE, schema_path
from kernel_magics.flow import Fitted, Flow, Stored
from kernel_magics.tables.schema import read_schemas
from kernel_magics.tables.values import Expected, expect

if TYPE_CHECKING:
    import pandas as pd


class Envelope:
    """A folder that `--target envelope` wrote. Use `Envelope.open`.

    Attributes:
        path: its folder.
        record: what `envelope.json` says.
    """

    def __init__(self, path: Path, record: Mapping[str, Any]) -> None:
        self.path, self.record = path, record

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open an envelope whose every file is as it was written; runs none of its code.

        Raises:
            SourceError: DB403 where it is none, DB541 where a file is not what was written.
        """
        root = Path(path)
        return cls(root, read_record(root))

    @property
    def name(self) -> str:
        """The name of the envelope at its export."""
        return str(self.record["name"])

    @property
    def digest(self) -> str:
        """Its identity: envelopes with the same digest are equal byte for byte."""
        return str(self.record["digest"])

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs of a request without names."""
        return tuple(item["name"] for item in self.record["outputs"])

    @property
    def schema(self) -> dict[str, Any]:
        """Its inputs, params and outputs, each with name, type and what is known of it."""
        return {part: self.record[part] for part in ("inputs", "params", "outputs")}

    def verify(self) -> None:
        """Verify every file again.

        Raises:
            SourceError: DB541 if a file is not what was written, or another envelope has replaced this one.
        """
        if read_record(self.path)["digest"] != self.digest:
            raise SourceError(
                "DB541", f"'{self.path}' holds another envelope since it was opened.", hint="open it again."
            )

    @property
    def module_path(self) -> Path:
        """The file of its functions."""
        return self.path / "code" / str(self.record["package"]) / f"{MODULE}.py"

    @functools.cached_property
    def module(self) -> ModuleType:
        """Its functions, imported under a unique name; read from source, never from compiled code.

        Raises:
            SourceError: DB404 where importing them fails.
        """
        path = self.module_path.resolve()
        module = ModuleType(f"{self.record['package']}_{self.digest[:16]}")
        module.__file__ = str(path)
        sys.modules[module.__name__] = module
        try:
            exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
        except Exception as error:
            raise SourceError(
                "DB404",
                f"the code of '{self.path}' cannot be imported: {type(error).__name__}: {error}.",
                hint=f"pip install -r {self.path / 'requirements.txt'}",
                frames=format_frames([], error),
            ) from error
        return module

    @functools.cached_property
    def _functions(self) -> Flow:
        return Flow.of_modules([self.module], {}).with_stored(self.stored)

    @functools.cached_property
    def flow(self) -> Dataflow:
        """Its functions as a dataflow that reads the stored values of fitted nodes."""
        return Dataflow(self._functions)

    @property
    def guards(self) -> list[str]:
        """The names of the checks on all that its outputs need, with params as they are by default."""
        return self._functions.guards(self.outputs, {})

    @functools.cached_property
    def stored(self) -> Stored:
        """The stored values of its fitted nodes."""
        find = functools.partial(getattr, self.module)
        values = {name: self._read(each, find) for name, each in self.record["values"].items()}
        fitted = frozenset(name for name, node in self.record["nodes"].items() if node["fitted"])
        return Stored(fitted, values)

    def _read(self, record: Mapping[str, Any], find: Find) -> Any:
        """One stored value.

        Raises:
            SourceError: DB541 for a file that does not hold what the record says, whatever its digest is.
        """
        try:
            return read_stored(self.path, record, find)
        except DataflowError:
            raise
        except (Exception, MemoryError) as error:  # libraries raise anything for a file that is crafted
            raise SourceError(
                "DB541",
                f"'{record['file']}' of the envelope '{self.path}' cannot be read as {record['format']}: "
                f"{type(error).__name__}: {error}.",
                hint="an envelope is never edited: export again, or restore it.",
                names=[str(record["file"])],
            ) from error

    @functools.cached_property
    def form(self) -> Form:
        """How requests give the inputs that the outputs need."""
        text = schema_path(self.module_path)
        schemas = read_schemas(text.read_text(encoding="utf-8") if text.is_file() else "")
        needed = [item["name"] for item in self.record["inputs"] if item["needed"]]
        return form_of(
            {
                name: Expected(schemas[name]) if name in schemas else expect(self.flow.declared(name)[0])
                for name in needed
            }
        )

    def run(
        self,
        outputs: Iterable[str] | str | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        overrides: Mapping[str, object] | None = None,
        checks: Checks = "raise",
        fitted: Fitted = "stored",
    ) -> dict[str, Any]:
        """Compute outputs from inputs; see `Dataflow.run`.

        Args:
            outputs: names to compute; by default what the envelope is for.
            fitted: read the stored values of fitted nodes, or compute them from these inputs.
        """
        wanted = self.outputs if outputs is None else outputs
        options: dict[str, Any] = {"overrides": overrides, "checks": checks, "fitted": fitted}
        return self.flow.run(wanted, inputs=inputs, params=params, **options)

    def frame(
        self,
        outputs: Iterable[str] | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        checks: Checks = "raise",
        fitted: Fitted = "stored",
    ) -> pd.DataFrame:
        """The outputs side by side as columns; see `Dataflow.frame`."""
        wanted = self.outputs if outputs is None else outputs
        return self.flow.frame(wanted, inputs=inputs, params=params, checks=checks, fitted=fitted)
