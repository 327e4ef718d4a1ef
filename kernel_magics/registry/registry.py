"""A registry is a folder with envelopes, rules and a log; what each environment has follows from the log.

registry/
  rules.yaml                    owned by the platform
  log.jsonl                     the truth: a record of each publication, evidence, approval and decision
  envelopes/DIGEST/             never changed
  environments/production.json  the pointer that services follow, written after its record
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.envelope.record import read_record
from kernel_magics.registry import rules as rule_file
from kernel_magics.registry.decide import Decision, decide
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.log import Log, is_digest
from kernel_magics.registry.pointer import pointer, read_verified
from kernel_magics.registry.rules import Rules, read_rules
from kernel_magics.registry.state import Known, State, evidence, fold

_SHORTEST: Final = 6


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry as it is now. Use `Registry.open`.

    Attributes:
        log: its records when it was opened.
    """

    folder: Folder
    log: Log

    @classmethod
    def open(cls, root: str | Path) -> Self:
        """Open a registry and verify its log.

        Raises:
            SourceError: DB561 where there is none, DB562 where its log was changed.
        """
        folder = Folder(Path(root))
        log = read_verified(folder)
        if not log.records:
            raise folder.refused("it has no log.jsonl")
        return cls(folder, log)

    @property
    def name(self) -> str:
        """The name that its envelopes have."""
        return str(self.log.records[0]["name"])

    def standing(self) -> tuple[State, Known]:
        """The state and the evidence."""
        return fold(self.log.records)

    def rules(self) -> Rules:
        """The rules.

        Raises:
            SourceError: DB563 where they are wrong, DB403 where there are none.
        """
        return read_rules(self.rules_text(), str(self.folder.root / rule_file.NAME))

    def rules_text(self) -> str:
        """The text of `rules.yaml`.

        Raises:
            SourceError: DB563, DB403.
        """
        path = self.folder.root / rule_file.NAME
        data = self.folder.read(rule_file.NAME)
        if data is None:
            raise SourceError(
                "DB403",
                f"cannot read '{path}': there is no such file.",
                hint="restore it, or write new rules.",
            )
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise SourceError(
                "DB563", f"'{path}': it is no text in UTF-8.", hint="correct the rules."
            ) from None

    def decide(self, now: datetime | None = None, rules: Rules | None = None) -> Decision:
        """What the rules want now.

        Args:
            rules: instead of its own.

        Raises:
            SourceError: see `rules`.
        """
        state, known = self.standing()
        return decide(rules or self.rules(), evidence(state, known, now or datetime.now(UTC)), state)

    def find(self, text: str) -> str:
        """The digest that begins with a text.

        Raises:
            UsageError: DB564 where none does, or several do.
        """
        published = self.standing()[0].published
        found = [digest for digest in published if digest.startswith(text) and len(text) >= _SHORTEST]
        if len(found) != 1:
            reason = f"begins with '{text[:64]}'" if len(text) >= _SHORTEST else f"can be told from '{text}'"
            what = "more than one envelope" if found else "no published envelope"
            listing = f"`dagbook registry {self.folder.root} status` lists them"
            hint = f"write at least {_SHORTEST} characters; {listing}."
            raise UsageError("DB564", f"{what} {reason}.", hint=hint)
        return found[0]

    def envelope(self, digest: str) -> Path:
        """The folder of a published envelope, verified.

        Raises:
            SourceError: DB541 where it is not what was published, DB403 where it is gone.
        """
        assert is_digest(digest), digest
        found = self.folder.path(f"envelopes/{digest}")
        if read_record(found)["digest"] != digest:
            raise SourceError(
                "DB541",
                f"'{found}' holds another envelope than its name says.",
                hint="publish the envelope again; that restores it.",
            )
        return found


def parse_source(text: str) -> tuple[Path, str]:
    """The folder and the environment of `REGISTRY@ENV`; no environment for a folder that is there."""
    root, at, environment = text.rpartition("@")
    return (Path(root), environment) if at and root and not Path(text).exists() else (Path(text), "")


def pointed(root: Path, environment: str) -> Path:
    """The folder of the envelope that an environment's pointer names, verified.

    Raises:
        SourceError: DB561 where there is no pointer, DB541 where the envelope is not what was published.
        UsageError: DB308 for a name that no environment can have.
    """
    folder = Folder(root)
    found = pointer(folder, environment)[0]
    if not found:
        raise SourceError(
            "DB561",
            f"no envelope is in '{environment}' of '{root}'.",
            hint=f"`dagbook registry {root} status` tells what it waits for.",
        )
    return Registry(folder, Log((), (), 0)).envelope(found)
