"""Stored values are those of fitted nodes, in files beside the code, read when their digests are right."""

from __future__ import annotations

import functools
import hashlib
import importlib
import io
import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel_magics.tables.files import optional
from kernel_magics.tables.problem import problem
from kernel_magics.tables.schema import Schema
from kernel_magics.tables.values import Expected, read_value

Find = Callable[[str], Any]
"""Gives a class or function of the exported module by its name."""


@functools.cache
def stored() -> dict[str, Any]:
    """The values that came with this code, by the names of their nodes.

    Raises:
        Exception: the problem DB541 where a file is not what was written.
    """
    root = Path(__file__).resolve().parents[2]
    record = json.loads((root / "envelope.json").read_text(encoding="utf-8"))
    features = importlib.import_module(f"{__package__}.features")  # noqa: TID251  # has classes of values
    find: Find = functools.partial(getattr, features)
    return {name: read_stored(root, value, find) for name, value in record["values"].items()}


def read_stored(root: Path, record: Mapping[str, Any], find: Find) -> Any:
    """One value.

    Args:
        root: the envelope's folder.
        record: what `envelope.json` says about the value: its file, its format and its digest.

    Raises:
        Exception: the problem DB541 where the file is not what was written, DB003 for a missing library.
    """
    path = root / record["file"]
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != record["digest"]:
        raise problem(
            "DB541", f"'{record['file']}' is not what was exported.", "export again, or restore the file."
        )
    match record["format"]:
        case "json":
            return json.loads(data)
        case "npy":
            array = optional("numpy", "arrays").load(io.BytesIO(data), allow_pickle=False)
            return array[()] if record.get("scalar") else array
        case "parquet":
            schema = Schema.from_json(record["schema"])
            return read_value(path.stem, str(path), Expected(schema), lambda note: None)
        case "skops":
            return optional("skops.io", "estimators").loads(data, trusted=record["trusted"])
        case "pickle":
            return _Unpickler(data, find).load()
    raise problem("DB541", f"'{record['file']}' has no known format.", "export again, or restore the file.")


class _Unpickler(pickle.Unpickler):
    """Reads a pickled value; classes of the notebook's setup are those of the exported module."""

    def __init__(self, data: bytes, find: Find) -> None:
        super().__init__(io.BytesIO(data))
        self._find = find

    def persistent_load(self, pid: Any) -> Any:
        return self._find(pid)
