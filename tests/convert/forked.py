"""A fork runs one function in a child of this process, which has imported the libraries, and ends."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel_magics.convert import worker
from kernel_magics.convert.running import Ask


def in_fork(function: Callable[..., Any], *given: object) -> Any:
    """What a function gives, computed in a child that prints nothing; an exception comes back as a value."""
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _become(writing, function, given)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else ChildProcessError("it ended without an answer")


def _become(writing: int, function: Callable[..., Any], given: tuple[object, ...]) -> None:
    """Call the function in this child, and end."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(quiet, number)
    try:
        try:
            found = function(*given)
        except Exception as error:
            found = RuntimeError(f"{type(error).__name__}: {error}")
        with os.fdopen(writing, "wb") as answer:
            answer.write(pickle.dumps(found))
    finally:
        os._exit(0)


def asking(folder: Path) -> Ask:
    """Requests of a proof, each in a child of this process in a folder."""

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        found = in_fork(_answer, folder, dict(request))
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    return ask


def _answer(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    os.chdir(folder)
    return worker.answer(request)
