"""The record of an envelope, `envelope.json`, describes it and has the digests of its files.

The digest of an envelope is that of its record without the digest itself. It covers every file, since the
record has their digests, and it is the envelope's identity.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kernel_magics.documents.conform import faults
from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError

NAME: Final = "envelope.json"
VERSION: Final = 1
SCHEMA: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("schema.json").read_bytes())
"""What a record must be, so that no reader of it meets a surprise."""
_FOREIGN: Final = frozenset({"registered_model_meta"})
"""Files that MLflow adds to a registered model."""


def seal(record: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The content of `envelope.json`: the record with the digests of the files and its own."""
    digests = {path: sha256(data).hexdigest() for path, data in sorted(files.items())}
    whole = {"version": VERSION, "digest": "", **record, "files": digests}
    return _text({**whole, "digest": _digest(whole)})


def _digest(record: Mapping[str, Any]) -> str:
    return sha256(_text({**record, "digest": ""})).hexdigest()


def _text(record: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()


def read_record(root: Path) -> dict[str, Any]:
    """The record of an envelope's folder, whose files are all as they were written.

    Raises:
        SourceError: DB403 where there is none, DB541 where a file is not what was written.
    """
    try:
        data = ordinary.read_bytes(root / NAME)
    except OSError as error:
        raise SourceError(
            "DB403",
            f"'{root}' is no envelope: {error.strerror or error}.",
            hint="`dagbook export NB -o FOLDER/ --target envelope` writes one.",
        ) from None
    try:
        record = json.loads(data)
        version = record["version"]
        digest, files = record["digest"], dict(record["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _changed(root, NAME, f"is damaged ({error})") from None
    if version != VERSION:
        raise _changed(root, NAME, f"has version {version}, which this Dagbook does not know")
    if data != _text(record) or digest != _digest(record):
        raise _changed(root, NAME, "was changed")
    for fault in faults(record, SCHEMA, SCHEMA, ()):  # anybody can seal a record
        raise _changed(root, NAME, f"is not as an export writes it: {fault.text.rstrip('.')}")
    there = folder_files(root)
    for path in sorted(files.keys() | there.keys()):
        if path not in there:
            raise _changed(root, path, "is missing")
        if path not in files:
            raise _changed(root, path, "is no file of the envelope")
        if sha256(there[path]).hexdigest() != files[path]:
            raise _changed(root, path, "was changed")
    found: dict[str, Any] = record
    return found


def folder_files(root: Path) -> dict[str, bytes]:
    """The files below a folder by their paths, without the record, what Python compiles and what MLflow adds.

    Raises:
        SourceError: DB541 for a link: what it leads to is no part of the envelope.
    """
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        for name in [*folders, *names]:
            if (here / name).is_symlink():
                raise _changed(root, str((here / name).relative_to(root)), "is a link")
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in sorted(names):
            path = (here / name).relative_to(root).as_posix()
            if path != NAME and path not in _FOREIGN:
                found[path] = ordinary.read_bytes(here / name)
    return found


def _changed(root: Path, path: str, what: str) -> SourceError:
    return SourceError(
        "DB541",
        f"'{path}' of the envelope '{root}' {what}.",
        hint="an envelope is never edited: export again, or restore it.",
        names=[path],
    )
