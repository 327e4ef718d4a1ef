"""The proof of an envelope: a clean process with only its folder computes the notebook's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.session.session import Session
from kernel_magics.envelope import worker
from kernel_magics.export.clean import worker as tools
from kernel_magics.export.clean.pickling import Candidate, dump, load
from kernel_magics.export.clean.process import run_script
from kernel_magics.export.clean.proof import describe_difference


@dataclass(frozen=True, slots=True)
class Proven:
    """The result of the clean process.

    Attributes:
        answer: to the example, as JSON has it; None where there is none.
        loaded: the modules that were imported, without those of Python.
    """

    answer: Mapping[str, Any] | None
    loaded: tuple[str, ...]


def prove_folder(
    session: Session,
    candidate: Candidate,
    root: Path,
    package: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    example: Mapping[str, Any] | None,
) -> Proven:
    """Compute the outputs from the samples of these inputs, and the answer to the example.

    Raises:
        ExportError: DB543 where the process fails, or where it computes other values.
    """
    values = {name: dump(session, candidate, session.memos[name].value) for name in inputs}
    lost = sorted(name for name, data in values.items() if data is None)
    if lost:
        raise _unproved(f"the sample of input '{lost[0]}' cannot be given to a clean process", "")
    request = {
        "tools": tools.__file__,
        "root": str(root),
        "package": package,
        "given": values,
        "example": example,
    }
    found = run_script(worker.__file__, request)
    if found.content is None:
        raise _unproved(f"its process ended while {found.at or 'it began'}", "", found.outcome.lines[-12:])
    if found.content["failure"]:
        trace = str(found.content["trace"]).rstrip().split("\n")[-12:]
        raise _unproved(f"{found.at} and fails: {found.content['failure']}", "", trace)
    for name in outputs:
        data, expected = found.content["outputs"][name], session.memos[name].value
        if data is None:
            raise _unproved(f"output '{name}' cannot be pickled, so that it cannot be compared", "")
        actual = load(session, candidate, data)
        if not session.values.equal(actual, expected):
            problem = describe_difference(actual, expected)
            if problem:
                raise _unproved(f"'{name}' is not the same there: {problem} (in the notebook)", "")
    return Proven(found.content["example"], tuple(found.content["loaded"]))


def _unproved(problem: str, hint: str, frames: Sequence[str] = ()) -> ExportError:
    return ExportError(
        "DB543",
        f"the envelope does not run from its folder alone: {problem}.",
        hint=hint or "nothing was written; an envelope has only its code, its values and installed packages.",
        frames=list(frames),
    )
