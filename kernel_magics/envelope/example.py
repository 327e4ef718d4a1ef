"""The example of an envelope is one request with its expected answer."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kernel_magics.envelope.shipped.request import Form
from kernel_magics.tables.plain import to_json
from kernel_magics.tables.values import write_value

SIZES: Final = (2, 50, 1000)
"""Numbers of rows to try: some nodes fail on few."""


def make_request(form: Form, samples: Mapping[str, Any], size: int) -> dict[str, Any]:
    """A request with the first rows of the samples.

    Raises:
        Exception: a value that JSON cannot say.
    """
    tables = {name: samples[name][:size] for name in form.tables}
    plain = {name: to_json(samples[name]) for name in form.expected if name not in tables}
    if form.kind == "values":
        return {"rows": [plain], "inputs": {}}
    if form.kind == "frame":
        return {"rows": _rows(next(iter(tables.values()))), "inputs": plain}
    if form.kind == "columns":
        import pandas as pd  # noqa: PLC0415  # only where inputs are columns of it

        series = {name: pd.Series(column) for name, column in tables.items()}
        return {"rows": _rows(pd.DataFrame(series)), "inputs": plain}
    return {"rows": None, "inputs": {**{name: _rows(table) for name, table in tables.items()}, **plain}}


def _rows(table: Any) -> Any:
    """The table as a JSON file holds it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        write_value(table, path)
        return json.loads(path.read_bytes())
