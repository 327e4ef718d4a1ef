"""A file of values has a format, told by its suffix; a folder or a pattern stands for several of them."""

from __future__ import annotations

import errno
import glob
import gzip
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kernel_magics.tables.drafts import Draft
from kernel_magics.tables.problem import problem

FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
SUFFIXES: Final = ".csv, .csv.gz, .tsv, .parquet, .feather, .json, .jsonl"
_PACKED: Final = ("csv", "tsv", "json", "jsonl")
_LIBRARIES: Final = {"pyarrow": "parquet", "polars": "polars"}


def format_of(path: str | Path) -> str:
    """The format of a file, "" for a suffix that says none; `.gz` may follow that of a text."""
    name = Path(path).name.lower()
    packed = name.endswith(".gz")
    found = FORMATS.get(Path(name.removesuffix(".gz")).suffix, "")
    return found if found in _PACKED or not packed else ""


def expect_format(path: str | Path) -> str:
    """The format of a file.

    Raises:
        Exception: the problem DB002 for an unknown suffix.
    """
    found = format_of(path)
    if not found:
        raise problem("DB002", f"'{path}' has no known suffix.", f"use one of {SUFFIXES}.")
    return found


def is_pattern(text: str) -> bool:
    """Whether a text stands for the files that match it."""
    return any(sign in text for sign in "*?[") and not os.path.exists(text)


def find_files(text: str) -> list[Path]:
    """The files that a path, a folder or a pattern stands for, in the order of their names.

    Of a folder these are all that have a known suffix, in folders below it too. Names that begin with a dot
    or an underscore are left out.

    Raises:
        Exception: the problem DB403 when there is none, DB002 for an unknown suffix.
    """
    path = Path(text)
    if is_pattern(text):
        found = sorted(Path(name) for name in glob.glob(text, recursive=True) if Path(name).is_file())
    elif path.is_dir():
        found = sorted(
            each
            for each in path.rglob("*")
            if format_of(each) and each.is_file() and not _is_hidden(each.relative_to(path))
        )
    else:
        found = [path]
    for each in found:
        expect_format(each)
        if os.path.exists(each) and not os.path.isfile(each):  # a pipe would be waited for
            raise problem("DB403", f"cannot read '{each}': it is no ordinary file.", "check the path.")
    if not found:
        raise problem("DB403", f"no file is '{text}'.", f"give the path of files in {SUFFIXES}.")
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def partition_keys(path: Path) -> dict[str, str]:
    """What the folders of a file say about its rows: `day=2026-01-31/part-0.parquet`."""
    pairs = (part.partition("=") for part in path.parts[:-1])
    return {key: value for key, equals, value in pairs if equals and key}


def write_whole(path: Path, fill: Callable[[Path], object], new: bool = False) -> None:
    """Let `fill` write a temporary file on the same disk, then put it in place.

    Args:
        new: a file that is there by then stays.

    Raises:
        Exception: the problem DB405 where that is not possible, DB413 for a file that should be new; a file
            that is there stays.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device would be gone
            raise OSError(errno.EINVAL, "it is no ordinary file")
        path.parent.mkdir(parents=True, exist_ok=True)
        with Draft(path) as part:
            fill(part)
            if not (new and _linked(part, path)):
                os.replace(part, path)
    except OSError as error:
        raise unwritable(path, error) from None


def _linked(part: Path, path: Path) -> bool:
    """Give a file its name unless another one has it; False where the file system has no such way."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise problem(
            "DB413",
            f"'{path}' exists: another program made it meanwhile.",
            "it stays as it is: look at it, and choose another name.",
        ) from None
    except OSError:
        return False
    return True


def unwritable(path: Path, error: OSError) -> Exception:
    """The problem DB405 of a file that cannot be written."""
    message = f"cannot write '{path}': {error.strerror or error}."
    return problem(
        "DB405", message, "check the folder's permissions and the free space; nothing was changed."
    )


def put(path: Path, data: bytes) -> None:
    """Write bytes, packed where the name ends with `.gz`, always in the same way."""
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data)


def take(path: Path) -> bytes:
    """The bytes of a file, unpacked where its name ends with `.gz`."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix.lower() == ".gz" else data


def optional(module: str, reason: str) -> Any:
    """A module of a library that not everybody has.

    Raises:
        Exception: the problem DB003.
    """
    try:
        return importlib.import_module(module)  # noqa: TID251  # optional libraries
    except ImportError:
        library = module.partition(".")[0]
        raise problem(
            "DB003", f"{reason} need a package: {library} is not installed.", f"pip install {library}."
        ) from None
