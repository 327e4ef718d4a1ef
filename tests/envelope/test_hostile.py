"""A crafted envelope is one clear error: a record that anybody can seal, links, archives that grow, and pickles."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernel_magics import Envelope
from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.envelope.record import NAME, SCHEMA, folder_files, seal
from tests.export.test_atomic_write import snapshot
from tests.file_monitor import monitored

Change = Callable[[dict[str, Any]], None]
HUGE = "x" * 100_000
RECORDS: dict[str, tuple[str, Any]] = {  # where in the record, and what stands there
    "a name of several lines": ("name", "people\n"),
    "no name": ("name", None),
    "a package of a path": ("package", "../../evil"),
    "a package of code": ("package", "os; import sys"),
    "a python of a command": ("python", "3.11 && curl evil"),
    "inputs of a text": ("inputs", "people"),
    "inputs of numbers": ("inputs", [1]),
    "an output of a path": ("outputs.0.name", "../score"),
    "a type of a number": ("inputs.0.type", 7),
    "a table of a text": ("inputs.0.schema", HUGE),
    "columns of a number": ("inputs.0.schema.columns", 7),
    "a column with more": ("inputs.0.schema.columns.0.evil", 1),
    "a dtype of a list": ("inputs.0.schema.columns.0.dtype", ["int64"]),
    "rows of a list": ("rows", []),
    "nodes of a list": ("nodes", []),
    "a node of a text": ("nodes.rates", "\x1b[31m"),
    "a node of a path": ("nodes.../x", {"fitted": True}),
    "a value outside": ("values.rates.file", "../../outside.json"),
    "a value with an absolute path": ("values.rates.file", "/etc/passwd"),
    "a value of the code": ("values.rates.file", "code/people/features.py"),
    "a value of a folder": ("values.rates.file", "values"),
    "an unknown format": ("values.rates.format", "yaml"),
    "a format of a number": ("values.rates.format", 1),
    "a digest that is none": ("values.rates.digest", "0" * 63),
    "a metric of a text": ("metrics.error", "0.1"),
    "checks of a text": ("checks.failed", "0"),
    "requirements of a list": ("requirements", ["evil"]),
    "private of a text": ("private", "people"),
    "fewer checks than none": ("checks.failed", -1),
}
"""Sealed again, so that all digests are right."""


def sealed(folder: Path, change: Change) -> None:
    """Change the record of an envelope, and seal it as an export does."""
    record = json.loads((folder / NAME).read_text(encoding="utf-8"))
    for name in ("version", "digest", "files"):
        del record[name]
    change(record)
    (folder / NAME).write_bytes(seal(record, folder_files(folder)))


def put(record: Any, place: str, value: Any) -> None:
    """Put a value at a place such as `inputs.0.type`; the last part may have dots of its own."""
    first, _, rest = place.partition(".")
    key = int(first) if isinstance(record, list) else first
    known = isinstance(record, list) or (isinstance(record, dict) and key in record)
    if not rest or not known or not isinstance(record[key], dict | list):
        record[place if not known else key] = value
        return
    put(record[key], rest, value)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_crafted_record_is_refused(kind: str, copied: Path) -> None:
    """Its digests are right; DB541 names what no export writes, and opening runs and writes nothing."""
    place, value = RECORDS[kind]
    sealed(copied, lambda record: put(record, place, value))
    before = snapshot(copied)
    with pytest.raises(SourceError, match="is not as an export writes it") as caught:
        Envelope.open(copied)
    assert caught.value.code == "DB541"
    assert len(str(caught.value)) < 1000
    assert snapshot(copied) == before


def test_what_an_export_writes_conforms(whole: Path) -> None:
    """And every required part is missed."""
    record = Envelope.open(whole).record
    assert set(SCHEMA["required"]) <= record.keys()
    for name in SCHEMA["required"]:
        less = copy.deepcopy({key: value for key, value in record.items() if key != name})
        with pytest.raises(SourceError, match=f"has no '{name}'"):
            _opened(whole.parent / "less", less)


def _opened(folder: Path, record: dict[str, Any]) -> Envelope:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        (folder / NAME).write_bytes(seal({**record, "digest": ""}, {}))
        return Envelope.open(folder)
    finally:
        shutil.rmtree(folder)


class Attack:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (Path("owned"), "x")


def grown() -> bytes:
    """An array whose header promises more than there is."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 10**6)}
    )
    return file.getvalue()


def objects() -> bytes:
    """An array of objects, which is a pickle."""
    file = io.BytesIO()
    np.save(file, np.array([Attack()], dtype=object), allow_pickle=True)
    return file.getvalue()


def bomb() -> bytes:
    """An archive whose only member is a hundred times its size, and no estimator."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "[" * 1_000_000)
        archive.writestr("../../evil", b"x")
    return file.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an array that grows": ("npy", grown),
    "an array of objects": ("npy", objects),
    "a pickle as JSON": ("json", lambda: pickle.dumps(Attack())),
    "a pickle as an array": ("npy", lambda: pickle.dumps(Attack())),
    "a pickle as a table": ("parquet", lambda: pickle.dumps(Attack())),
    "deep JSON": ("json", lambda: b"[" * 200_000 + b"]" * 200_000),
    "a number with many digits": ("json", lambda: b"9" * 10_000),
    "an archive that grows": ("skops", bomb),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_crafted_value_is_refused(
    kind: str, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its digests are right; no pickle is read under another name, and nothing is unpacked."""
    form, make = FILES[kind]
    if form == "skops":
        pytest.importorskip("skops")
    monkeypatch.chdir(tmp_path)
    data = make()
    (copied / "values" / "rates.json").unlink()
    (copied / "values" / f"rates.{form}").write_bytes(data)
    value = {
        "file": f"values/rates.{form}",
        "format": form,
        "digest": hashlib.sha256(data).hexdigest(),
        "schema": {"kind": "pandas.DataFrame"},
        "trusted": [],
    }
    sealed(copied, lambda record: put(record, "values.rates", None) or record["values"].update(rates=value))
    before = snapshot(tmp_path)
    envelope = Envelope.open(copied)
    with pytest.raises(DataflowError) as caught:
        envelope.stored  # noqa: B018
    assert caught.value.code in ("DB541", "DB406")
    assert snapshot(tmp_path) == before


def test_a_digest_that_lies_is_found(copied: Path) -> None:
    """The record's own digest of a value is compared, too."""
    sealed(copied, lambda record: put(record, "values.rates.digest", "0" * 64))
    with pytest.raises(DataflowError, match="is not what was exported"):
        Envelope.open(copied).stored  # noqa: B018


def test_no_command_that_looks_runs_an_envelope(copied: Path, tmp_path: Path) -> None:
    """Publishing, deciding, explaining and reading a log run none of its code and read no pickle."""
    code = copied / "code" / "people" / "features.py"
    code.write_text(f"open('owned', 'w')\n{code.read_text(encoding='utf-8')}", encoding="utf-8")
    data = pickle.dumps(Attack())
    (copied / "values" / "rates.json").unlink()
    (copied / "values" / "rates.pickle").write_bytes(data)
    value = {
        "file": "values/rates.pickle",
        "format": "pickle",
        "digest": hashlib.sha256(data).hexdigest(),
    }
    sealed(copied, lambda record: record["values"].update(rates=value))
    (tmp_path / "log.jsonl").write_text("", encoding="utf-8")
    looking = [
        ("publish", "people", "registry"),
        ("promote", "registry", "--dry-run"),
        ("promote", "registry"),
        ("registry", "registry", "status"),
        ("registry", "registry", "explain", "staging"),
        ("registry", "registry", "history"),
    ]
    seen = monitored(tmp_path, *looking, scratch=tmp_path / "scratch")
    assert seen.codes == [0] * len(looking), seen.said
    assert [line for line in seen.done if f"{tmp_path}/registry" not in line] == []
    assert not (tmp_path / "owned").exists()


def test_a_link_in_an_envelope_is_not_published(copied: Path, tmp_path: Path) -> None:
    """Nor is a folder behind one; the registry is not made."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "key").write_text("precious", encoding="utf-8")
    (copied / "values" / "home").symlink_to(tmp_path / "home")
    seen = monitored(tmp_path, ("publish", "people", "registry"), scratch=tmp_path / "scratch")
    assert seen.codes == [1]
    assert "DB541" in seen.said[0]
    assert seen.done == []
