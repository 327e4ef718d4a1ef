"""A pointer is a small file that names the envelope of an environment and the record that moved it there."""

from __future__ import annotations

import json
from typing import Final

from kernel_magics.engine.errors import UsageError
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.log import NAME as LOG
from kernel_magics.registry.log import Log, changed, is_digest, read_log
from kernel_magics.registry.rules import is_name
from kernel_magics.registry.state import fold

FOLDER: Final = "environments"


def pointer(folder: Folder, environment: str) -> tuple[str, str]:
    """The digests of the envelope and of the record that an environment's pointer names; "" for none.

    Raises:
        SourceError: DB562 where it is damaged.
        UsageError: DB308.
    """
    if not is_name(environment):
        raise UsageError(
            "DB308", f"no environment can have the name '{environment[:80]}'.", names=[environment]
        )
    name = _path(environment)
    data = folder.read(name)
    if data is None:
        return "", ""
    try:
        found = json.loads(data)
        digest, record = found["digest"], found["record"]
        if not (is_digest(digest) and is_digest(record)):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise changed(str(folder.root / name), 1) from None
    return digest, record


def move_pointers(folder: Folder, log: Log) -> None:
    """Let each pointer name what the log says."""
    heads = {
        record["environment"]: digest
        for record, digest in zip(log.records, log.digests, strict=True)
        if record["what"] in ("promoted", "rolled back")
    }
    for environment, place in fold(log.records)[0].places.items():
        wanted = (place.current, heads[environment])
        if pointer(folder, environment) != wanted:
            document = {"digest": wanted[0], "record": wanted[1]}
            folder.replace(_path(environment), f"{json.dumps(document)}\n".encode())


def read_verified(folder: Folder) -> Log:
    """The log, verified; it has the record of each pointer, or else it was shortened."""
    names = [name.removesuffix(".json") for name in folder.names(FOLDER)]
    pointers = [pointer(folder, name) for name in names if is_name(name)]  # before the log, which grows
    log = read_log(folder.read(LOG) or b"", str(folder.root / LOG))
    for _, record in pointers:
        if record and record not in log.digests:
            raise changed(str(folder.root / LOG), len(log.records) + 1, "is missing")
    return log


def _path(environment: str) -> str:
    return f"{FOLDER}/{environment}.json"
