"""Tokens tell who may change a registry on its page: a name, roles, and a secret for each person."""

from __future__ import annotations

import hmac
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from kernel_magics.engine.errors import SourceError
from kernel_magics.registry.rules import is_name

VARIABLE: Final = "DAGBOOK_REGISTRY_TOKENS"
_SHORTEST: Final = 16


@dataclass(frozen=True, slots=True)
class Person:
    """Who has a token."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """People by their secrets."""

    people: tuple[tuple[str, Person], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people)

    def __repr__(self) -> str:
        return f"Tokens(of {len(self.people)})"

    def find(self, secret: str) -> Person | None:
        """The person with a secret; takes as long for a wrong one."""
        found = None
        for known, person in self.people:
            if hmac.compare_digest(known.encode(), secret.encode()):
                found = person
        return found

    @classmethod
    def read(cls, path: Path | None, environment: Mapping[str, str]) -> Self:
        """Read a file, or the variable DAGBOOK_REGISTRY_TOKENS: lines `NAME ROLE[,ROLE] TOKEN`.

        Raises:
            SourceError: DB403; DB568 where a line is wrong, or others can read the file.
        """
        if path is None:
            return cls(tuple(_people(environment.get(VARIABLE, ""), VARIABLE)))
        try:
            with path.open(encoding="utf-8") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise _wrong(f"others can read '{path}'", f"chmod 600 {path}")
                text = file.read()
        except OSError as error:
            raise SourceError(
                "DB403", f"cannot read '{path}': {error.strerror}.", hint="check the path."
            ) from None
        except UnicodeDecodeError:
            raise _wrong(f"'{path}' is no text in UTF-8") from None
        return cls(tuple(_people(text, str(path))))


def _people(text: str, where: str) -> list[tuple[str, Person]]:
    found: list[tuple[str, Person]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = line.split()
        roles = parts[1].split(",") if len(parts) == 3 else []
        if not roles or not all(map(is_name, roles)) or not re.fullmatch(r"[\w.@-]{1,60}", parts[0]):
            raise _wrong(f"line {number} of '{where}' is not NAME ROLE[,ROLE] TOKEN")
        if len(parts[2]) < _SHORTEST:
            raise _wrong(f"the token in line {number} of '{where}' has fewer than {_SHORTEST} characters")
        found.append((parts[2], Person(parts[0], tuple(roles))))
    if len({secret for secret, _ in found}) < len(found):
        raise _wrong(f"two people of '{where}' have the same token")
    return found


def _wrong(problem: str, hint: str = "") -> SourceError:
    hint = hint or "write a line for each person: ann platform,risk A_LONG_RANDOM_TEXT"
    return SourceError("DB568", f"the tokens cannot be used: {problem}.", hint=hint)
