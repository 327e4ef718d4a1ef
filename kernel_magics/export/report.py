"""A report summarizes an export: nodes, tests, checks, proof, time, files."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kernel_magics.engine.values.took import took
from kernel_magics.engine.visible import visible
from kernel_magics.tables.plural import plural

_FEW: Final = 12  # files that are listed by name


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an export.

    Attributes:
        nodes: functions in the module that compute nodes.
        checks: checks in the module.
        tests: tests that passed in the clean process (None: they did not run).
        examples: recorded cases beside the tests.
        proven: nodes with the notebook's value in the clean process (None: nothing ran).
        unproven: why a node was not compared, by name.
        seconds: how long it took.
        files: the export's files.
        written: those that changed.
        warnings: remarks for the user.
        drift: with `check`, how the files differ from a new export ("" when they do not).
    """

    nodes: int
    checks: int
    tests: int | None = None
    examples: int = 0
    proven: int | None = None
    unproven: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    files: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    drift: str = ""
    checked: bool = False

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line."""
        checks = f" and {plural(self.checks, 'check')}" if self.checks else ""
        rows = [("module", f"{plural(self.nodes, 'node')}{checks}")]
        if self.checked:
            return [*rows, ("files", "out of date" if self.drift else f"up to date: {_listed(self.files)}")]
        if self.proven is None:
            rows.append(("proof", "none: nothing ran (--no-run)"))
        else:
            rows.append(("proof", self._proof(self.proven)))
        if self.tests is not None:
            rows.append(
                ("tests", f"{self.tests} passed there, with {plural(self.examples, 'recorded example')}")
            )
        rows += [("time", time)] if (time := took(self.seconds)) else []
        rows.append(("files", _listed(self.files)))
        return rows

    def _proof(self, agreed: int) -> str:
        every = "" if self.unproven or agreed < 2 else "all "
        rest = f"; {len(self.unproven)} not compared" if self.unproven else ""
        on = f"{every}{plural(agreed, 'node')}"
        return f"module and notebook agree on {on} (checked in a fresh Python process){rest}"

    def notes(self) -> list[str]:
        """The nodes that were not compared, and the warnings."""
        return [
            *(f"'{name}' is not compared: {reason}." for name, reason in self.unproven.items()),
            *self.warnings,
        ]

    def text(self) -> str:
        """The report for a terminal."""
        rows = [f"{name:<8}{value}" for name, value in self.rows()]
        rows += [f"note    {note}" for note in self.notes()]
        return "\n".join([*rows, *([self.drift.rstrip()] if self.drift else [])])

    def __repr__(self) -> str:
        return visible(self.text())

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in [*self.rows(), *(("note", note) for note in self.notes())]
        )
        drift = f"<pre>{html.escape(self.drift)}</pre>" if self.drift else ""
        return f"<table class='dagbook-report'>{cells}</table>{drift}"


def _listed(files: Sequence[str]) -> str:
    """Files by name; of many, those in folders by their folder."""
    if len(files) <= _FEW:
        return ", ".join(files)
    folders = Counter(name.partition("/")[0] for name in files if "/" in name)
    shown = dict.fromkeys(name.partition("/")[0] for name in files)
    return ", ".join(
        f"{name}/ ({plural(folders[name], 'file')})" if name in folders else name for name in shown
    )
