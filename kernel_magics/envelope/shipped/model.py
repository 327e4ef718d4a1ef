"""The model is the envelope as MLflow loads it: `predict` takes rows and gives the outputs as a frame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.envelope.shipped.request import Form, as_json, form_of, plain_value
from kernel_magics.export.package import entry
from kernel_magics.tables.frame import make_frame
from kernel_magics.tables.outputs import collected
from kernel_magics.tables.schema import read_schemas
from kernel_magics.tables.values import expect

__all__ = ["Model", "as_json"]


class Model:
    """An envelope that answers requests.

    Args:
        root: the envelope's folder.
    """

    def __init__(self, root: Path) -> None:
        self._record = json.loads((root / "envelope.json").read_text(encoding="utf-8"))
        schemas = read_schemas(entry._schema_text())
        needed = [item["name"] for item in self._record["inputs"] if item["needed"]]
        self._form: Form = form_of({name: entry.expected(name, schemas) for name in needed})

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """The outputs, a column for each.

        Args:
            model_input: a frame or rows; where inputs have rows of their own, a dict of them by name.
            params: values of params, and of inputs that are no tables, by name.

        Raises:
            Exception: a problem with what was given, or whatever a function raises.
        """
        rows, beside = model_input, dict(params or {})
        if self._form.kind == "inputs" or (
            isinstance(rows, dict) and rows.keys() <= self._form.expected.keys()
        ):
            rows, beside = None, {**model_input, **beside}
        elif isinstance(rows, dict):
            rows = [rows]
        return make_frame(self.answer(rows, beside))

    def answer(self, rows: Any, beside: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by name; with plain inputs a list of one for each row."""
        kinds = {name: expect(entry._hint(name), entry._default(name)) for name in entry.PARAMS}
        params = {
            name: plain_value(name, beside[name], kinds[name]) for name in entry.PARAMS if name in beside
        }
        runs = [
            entry.compute(entry.OUTPUTS, {**entry.stored(), **given, **params}, "warn")
            for given in self._form.read(rows, beside)
        ]
        found = [{name: collected(values[name]) for name in entry.OUTPUTS} for values in runs]
        if self._form.kind == "values" and rows is not None:
            return {name: [values[name] for values in found] for name in entry.OUTPUTS}
        return found[0]


def _load_pyfunc(path: str) -> Model:
    """What MLflow calls with the envelope's folder."""
    return Model(Path(path))
