"""An observer keeps what a run record says of a stage: checks, and drift against the module's baseline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.engine.source.cover import Cover
from kernel_magics.export.baseline import BASELINE, baseline_path
from kernel_magics.quality.baseline import LIMITS_SUFFIX, is_counted, read_baseline
from kernel_magics.quality.check_report import error_entry
from kernel_magics.quality.drift import drift
from kernel_magics.quality.limits import Limits, read_limits
from kernel_magics.quality.profile import SAMPLE, Profile, profile


def failure(error: BaseException, private: Collection[str]) -> dict[str, str]:
    """The code and the message of an error, as others may read them.

    Args:
        private: nodes of whose values nothing may be told.
    """
    if isinstance(error, DataflowError):
        told = error_entry(error, private)
        return {"code": told["code"], "message": told["message"]}
    return {"code": "", "message": Cover().text(f"{type(error).__name__}: {error}")}


class Observer:
    """Follows the events of one stage.

    Args:
        module: the notebook, module or envelope; a baseline lies beside or in it.
        marked: nodes that depend on private values.
        on_event: called with every event, too.
    """

    def __init__(
        self,
        module: Path,
        marked: Collection[str],
        on_event: Callable[[Event], None],
    ) -> None:
        self._on_event, self._cover = on_event, Cover()
        usual = module / BASELINE if module.is_dir() else baseline_path(module)
        limits = module.with_suffix(LIMITS_SUFFIX)
        self._baseline = read_baseline(usual) if usual.is_file() else {}
        counted = (name for name, made in self._baseline.items() if is_counted(made))
        self.private = frozenset([*marked, *counted])
        self._limits = read_limits(limits) if limits.is_file() else Limits()
        self._profiles: dict[str, Profile] = {}
        self.results: list[CheckResult] = []

    @property
    def profiled(self) -> Collection[str]:
        """The names of which whole values are looked at."""
        return self._baseline

    def reads(self, inputs: Mapping[str, object]) -> None:
        """Keep the profiles of the values that the stage reads."""
        known = {name: value for name, value in inputs.items() if name in self._baseline}
        self._profiles |= {name: profile(value, SAMPLE) for name, value in known.items()}

    def __call__(self, event: Event) -> None:
        """Handle an event; of a value, only the profile is kept."""
        self._on_event(event)
        if not isinstance(event, Finished):
            return
        if isinstance(event.value, CheckResult):
            self.results.append(self._told(event.value))
        elif event.name in self._baseline:
            self._profiles[event.name] = profile(event.value, SAMPLE)

    def _told(self, result: CheckResult) -> CheckResult:
        """What others may read of a result: no secret, and of private values only what holds."""
        hidden = result.subject in self.private
        return replace(
            result,
            conditions=tuple(
                replace(item, detail="" if hidden else self._cover.text(item.detail), failing=None)
                for item in result.conditions
            ),
        )

    def checks(self) -> list[dict[str, Any]]:
        """Every condition, with whether it held."""
        return [
            {
                "node": result.subject,
                "condition": item.message,
                "severity": result.severity,
                "held": item.held,
                **({"detail": item.detail} if item.detail else {}),
            }
            for result in self.results
            for item in result.conditions
        ]

    def drift(self) -> list[dict[str, Any]]:
        """What drifted past a limit."""
        found = [
            shift
            for name, made in self._profiles.items()
            for shift in drift(name, self._baseline[name], made, self._limits)
        ]
        told: list[dict[str, Any]] = self._cover.document([it.to_json() for it in found if it.level != "ok"])
        return told
