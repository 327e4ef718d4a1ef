"""A run record is a JSON file that says what a run of one day did: stages, rows, digests, checks, timings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError
from kernel_magics.pipeline.lock import locked
from kernel_magics.pipeline.spec import Pipeline
from kernel_magics.tables.files import write_whole

VERSION: Final = 1
DONE: Final = "done"
FAILED: Final = "failed"
NOT_DUE: Final = "not due"


@dataclass(frozen=True, slots=True)
class Records:
    """The run records of a pipeline.

    Attributes:
        folder: `runs/NAME`.
        name: of the pipeline.
    """

    folder: Path
    name: str

    @classmethod
    def of(cls, pipeline: Pipeline) -> Records:
        """Those of a pipeline."""
        return cls(pipeline.runs / pipeline.name, pipeline.name)

    def path(self, day: str) -> Path:
        """The file of a day."""
        return self.folder / f"{day}.json"

    def lock(self, day: str, stage: str = "") -> Path:
        """The file that is locked while a day or one stage of it runs."""
        return self.folder / ".locks" / (f"{day}.{stage}" if stage else day)

    def read(self, day: str) -> dict[str, Any]:
        """The record of a day; an empty one where there is none, or it is damaged.

        Raises:
            SourceError: DB403 where it cannot be read.
        """
        empty: dict[str, Any] = {"version": VERSION, "pipeline": self.name, "day": day, "stages": {}}
        try:
            found = json.loads(ordinary.read_text(self.path(day)))
        except (FileNotFoundError, ValueError, RecursionError):
            return empty
        except OSError as error:
            raise SourceError(
                "DB403", f"cannot read '{self.path(day)}': {error.strerror or error}."
            ) from None
        known = isinstance(found, dict) and found.get("version") == VERSION
        if not known or not isinstance(found.get("stages"), dict):
            return empty
        return {**found, "stages": {name: of for name, of in found["stages"].items() if _is_stage(of)}}

    def begin(self, day: str, **facts: Any) -> None:
        """Begin the record of a day anew."""
        with locked(self.lock(day, "record"), f"the record of {day}", wait=True):
            self._write(day, {"version": VERSION, "pipeline": self.name, "day": day, **facts, "stages": {}})

    def note(self, day: str, stages: Mapping[str, Any], **facts: Any) -> None:
        """Add to the record of a day what stages did; other stages of it may be running elsewhere."""
        with locked(self.lock(day, "record"), f"the record of {day}", wait=True):
            record = self.read(day)
            record |= facts
            record["stages"] = {**record["stages"], **stages}
            self._write(day, record)

    def _write(self, day: str, record: Mapping[str, Any]) -> None:
        text = f"{json.dumps(record, indent=1, ensure_ascii=False)}\n"
        write_whole(self.path(day), lambda part: part.write_text(text, encoding="utf-8"))

    def is_whole(self, day: str, pipeline: Pipeline) -> bool:
        """Whether all stages of a day are done."""
        stages = self.read(day)["stages"]
        return all(stages.get(name, {}).get("state") in (DONE, NOT_DUE) for name in pipeline.stages)


def _is_stage(of: Any) -> bool:
    """Whether a part of a record has the form that a run gives it: others may write in that folder, too."""
    if not isinstance(of, dict) or not isinstance(of.get("key", ""), str):
        return False
    files, outputs = of.get("files", {}), of.get("outputs", {})
    return (
        isinstance(outputs, dict)
        and isinstance(files, dict)
        and all(type(it) is str for it in files.values())
    )


def file_digest(path: Path) -> str:
    """The digest of a file's bytes; "" where there is none."""
    if not path.is_file():  # a device has no end
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def text_digest(*parts: Any) -> str:
    """The digest of plain values."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
