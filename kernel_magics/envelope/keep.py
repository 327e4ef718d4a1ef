"""Storing a fitted value in the plainest format from which an equal value is read."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import ExportError
from kernel_magics.tables.files import optional
from kernel_magics.tables.schema import is_table, schema_of
from kernel_magics.tables.values import Expected, read_value, write_value
from kernel_magics.values import VALUES

_LIBRARIES: Final = frozenset({"pandas", "polars", "pyarrow"})
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A value in the form of its file.

    Attributes:
        record: its entry in `envelope.json`.
    """

    record: dict[str, Any]
    data: bytes


def keep(name: str, value: Any, pickled: Callable[[Any], bytes | None] | None) -> Kept:
    """The file of a fitted value.

    Args:
        pickled: gives the bytes of a pickle; None where pickles are not allowed.

    Raises:
        ExportError: DB542 for a value that no allowed format holds.
    """
    reason = ""
    for form in (_json, _array, _table, _estimator):
        try:
            kept = form(name, value)
        except Exception as error:  # of the value's own code, or of a library that writes it
            reason = f" ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
            continue
        if kept is not None:
            return kept
    data = pickled(value) if pickled is not None else None
    if data is not None:
        return _kept(name, "pickle", "pickle", data)
    hint = "give a plain value, an array, a table or an estimator of scikit-learn."
    if pickled is None:
        hint = f"{hint[:-1]}; --allow-pickle stores it as a pickle, which runs code when it is read."
    raise ExportError(
        "DB542",
        f"the value of fitted node '{name}' cannot be stored: a {type(value).__name__}{reason}.",
        hint=hint,
    )


def _kept(name: str, form: str, suffix: str, data: bytes, **more: Any) -> Kept:
    digest = sha256(data).hexdigest()
    return Kept({"file": f"values/{name}.{suffix}", "format": form, "digest": digest, **more}, data)


def _json(name: str, value: Any) -> Kept | None:
    if not _is_plain(value):
        return None
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _kept(name, "json", "json", f"{text}\n".encode())


def _is_plain(value: Any) -> bool:
    """True when JSON returns the value unchanged."""
    if isinstance(value, list):
        return type(value) is list and all(map(_is_plain, value))
    if isinstance(value, dict):
        return (
            type(value) is dict
            and all(type(key) is str for key in value)
            and all(map(_is_plain, value.values()))
        )
    finite = type(value) is not float or value - value == 0.0
    return finite and (value is None or type(value) in (bool, int, float, str))


def _array(name: str, value: Any) -> Kept | None:
    if type(value).__module__.partition(".")[0] != "numpy":
        return None
    numpy = optional("numpy", "arrays")
    array = numpy.asarray(value)
    if array.dtype.hasobject or not isinstance(value, numpy.ndarray | numpy.generic):
        return None
    file = io.BytesIO()
    numpy.save(file, array, allow_pickle=False)
    return _kept(name, "npy", "npy", file.getvalue(), scalar=isinstance(value, numpy.generic))


def _table(name: str, value: Any) -> Kept | None:
    if type(value).__module__.partition(".")[0] not in _LIBRARIES or not is_table(value):
        return None
    schema = schema_of(value)
    assert schema is not None, "it is a table"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.parquet"
        write_value(value, path)
        data = path.read_bytes()
        again = read_value(name, str(path), Expected(schema), lambda note: None)
    if not VALUES.equal(value, again):
        raise ValueError("Parquet gives another value back")
    return _kept(name, "parquet", "parquet", data, schema=schema.to_json())


def _estimator(name: str, value: Any) -> Kept | None:
    """Estimators of scikit-learn, also in lists and dicts."""
    if type(value).__module__.partition(".")[0] != "sklearn" and type(value) not in (list, dict, tuple):
        return None
    library = optional("skops.io", "estimators")
    data = library.dumps(value)
    trusted = sorted(library.get_untrusted_types(data=data))
    data = steady(data)
    library.loads(data, trusted=trusted)  # that it gives the same outputs is proved with the envelope
    return _kept(name, "skops", "skops", data, trusted=trusted)


def steady(data: bytes) -> bytes:
    """A file of skops without what differs each time: addresses in memory and times."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info: archive.read(info) for info in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[Any, int] = {}
    files: dict[str, str] = {}
    for count, node in enumerate(_nodes(schema)):
        if "__id__" in node:
            # whether equal plain values share an object is arbitrary: each gets a number of its own
            key = ("plain", count) if node.get("__loader__") == "JsonNode" else node["__id__"]
            node["__id__"] = numbers.setdefault(key, len(numbers) + 1)
        if isinstance(node.get("file"), str) and node["file"] in members:
            old = node["file"]
            node["file"] = files.setdefault(old, f"{len(files)}{Path(old).suffix}")
    whole = {files.get(old, old): content for old, content in members.items()}
    whole["schema.json"] = json.dumps(schema, indent=1).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(whole):
            archive.writestr(zipfile.ZipInfo(member, _EPOCH), whole[member], zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, in its order."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack += reversed(list(node.values()))
        elif isinstance(node, list):
            stack += reversed(node)
