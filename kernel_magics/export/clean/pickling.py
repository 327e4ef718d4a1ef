"""Values cross from the notebook to the clean process and back pickled; classes of the setup go by name."""

from __future__ import annotations

import inspect
import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.run.runtime import MODULE
from kernel_magics.engine.session.session import Session


@dataclass(frozen=True, slots=True)
class Candidate:
    """An exported module that is not proven yet.

    Attributes:
        name: the module's name.
        text: its source.
        setup: names of the setup in it, by the name they have there.
        paths: folders from which it will import its neighbours.
    """

    name: str
    text: str
    setup: Mapping[str, str]
    paths: tuple[str, ...] = ()


def dump(session: Session, candidate: Candidate, value: object) -> bytes | None:
    """The pickled value; None for what cannot be pickled."""
    file = io.BytesIO()
    try:
        _Writer(file, session, candidate).dump(value)
    except Exception:
        return None
    return file.getvalue()


def load(session: Session, candidate: Candidate, data: bytes) -> Any:
    """The value that the clean process wrote; raises whatever reading it raises."""
    return _Reader(data, session, candidate).load()


class _Writer(pickle.Pickler):
    """Writes values; classes and functions of the setup by the name they have in the module."""

    def __init__(self, file: io.BytesIO, session: Session, candidate: Candidate) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names = candidate.setup
        self._setup = session.runtime.namespace

    def persistent_id(self, obj: Any) -> str | None:
        if not (inspect.isclass(obj) or inspect.isfunction(obj)) or obj.__module__ != MODULE:
            return None
        name = obj.__qualname__
        if self._setup.get(name) is not obj or name not in self._names:
            raise pickle.PicklingError(name)
        return self._names[name]


class _Reader(pickle.Unpickler):
    """Reads values; classes and functions of the module are those of the setup."""

    def __init__(self, data: bytes, session: Session, candidate: Candidate) -> None:
        super().__init__(io.BytesIO(data))
        self._names = {new: old for old, new in candidate.setup.items()}
        self._setup = session.runtime.namespace

    def persistent_load(self, pid: Any) -> Any:
        return self._setup[self._names[pid]]
