"""A verdict is whether something holds for a node, with its evidence: probes, or a counterexample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

NO_TIME = "no input has a time: a column or an index of dates or times would tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of experiments.

    Attributes:
        holds: True if every probe passed, False if one shows the opposite, None if it is not known.
        probes: how many were made.
        why: the counterexample, or the reason why it is not known.
        sample: the variant of the sample with the counterexample ("as it is", "with ties").
        real: the counterexample needs no other values than those of the sample.
        span: of a look-back, how much of the past is needed, in `unit`.
        unit: "rows", or a length of time such as "1 day"; "" for other verdicts.
    """

    holds: bool | None = None
    probes: int = 0
    why: str = ""
    sample: str = ""
    real: bool = False
    span: Any = None
    unit: str = ""

    def __bool__(self) -> bool:
        return self.holds is True

    def to_json(self) -> dict[str, Any]:
        """`{"holds", "probes"}`, and the other fields that are set."""
        found: dict[str, Any] = {"holds": self.holds, "probes": self.probes}
        if self.why:
            found["why"] = self.why
        if self.sample and self.holds is False:
            found["sample"] = self.sample
        if self.span is not None:
            found |= {"span": self.span, "unit": self.unit}
        return found


def refused(why: str) -> Verdict:
    """It does not hold, and no probe was needed to see that."""
    return Verdict(False, why=why)


def unknown(why: str, probes: int = 0) -> Verdict:
    """Nothing shows that it holds, and nothing shows the opposite."""
    return Verdict(None, probes, why)


def doubted(verdict: Verdict, why: str) -> Verdict:
    """A verdict that is not known any more."""
    return replace(verdict, holds=None, why=why) if verdict.holds else verdict
