"""Values are pickled between the notebook and the clean process; classes of the setup go by name."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.run.runtime import MODULE
from kernel_magics.engine.session.session import Session
from kernel_magics.export.clean.worker import Reader, write_value
from kernel_magics.export.module.exported import Exported


@dataclass(frozen=True, slots=True)
class Candidate:
    """An exported module that is not proven yet.

    Attributes:
        exported: what it was made of.
        name: the module's name.
        text: its source.
        setup: names of the setup in it, by the name they have there.
        paths: folders from which it will import its neighbours.
        private: names of `inputs` and `columns` whose values are not recorded; None where there are none.
    """

    exported: Exported
    name: str
    text: str
    setup: Mapping[str, str]
    paths: tuple[str, ...] = ()
    private: Mapping[str, list[str]] | None = None


def dump(session: Session, candidate: Candidate, value: object) -> bytes | None:
    """The pickled value; None if it cannot be pickled."""
    setup = session.runtime.namespace

    def name(code: Any) -> str | None:
        if code.__module__ != MODULE:
            return None
        known = code.__qualname__
        if setup.get(known) is not code or known not in candidate.setup:
            raise pickle.PicklingError(known)
        return candidate.setup[known]

    return write_value(value, name)


def load(session: Session, candidate: Candidate, data: bytes) -> Any:
    """Unpickle a value that the clean process wrote; raises any exception that unpickling raises."""
    names = {new: old for old, new in candidate.setup.items()}
    return Reader(data, lambda pid: session.runtime.namespace[names[pid]]).load()
