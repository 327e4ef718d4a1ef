"""An observer keeps what a run record says of a stage: checks, and drift against the module's baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Event, Finished
from kernel_magics.export.baseline import BASELINE, baseline_path
from kernel_magics.quality.baseline import LIMITS_SUFFIX, read_baseline
from kernel_magics.quality.drift import drift
from kernel_magics.quality.limits import Limits, read_limits
from kernel_magics.quality.profile import SAMPLE, Profile, profile


class Observer:
    """Follows the events of one stage.

    Args:
        module: the notebook, module or envelope; a baseline lies beside or in it.
        inputs: the values that the stage reads.
        on_event: called with every event, too.
    """

    def __init__(
        self,
        module: Path,
        inputs: Mapping[str, object],
        on_event: Callable[[Event], None],
    ) -> None:
        self._on_event = on_event
        usual = module / BASELINE if module.is_dir() else baseline_path(module)
        limits = module.with_suffix(LIMITS_SUFFIX)
        self._baseline = read_baseline(usual) if usual.is_file() else {}
        self._limits = read_limits(limits) if limits.is_file() else Limits()
        self._profiles: dict[str, Profile] = {
            name: profile(value, SAMPLE) for name, value in inputs.items() if name in self._baseline
        }
        self.results: list[CheckResult] = []

    def __call__(self, event: Event) -> None:
        """Handle an event; of a value, only the profile is kept."""
        self._on_event(event)
        if not isinstance(event, Finished):
            return
        if isinstance(event.value, CheckResult):
            self.results.append(event.value)
        elif event.name in self._baseline:
            self._profiles[event.name] = profile(event.value, SAMPLE)

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
        return [dict(shift.to_json()) for shift in found if shift.level != "ok"]
