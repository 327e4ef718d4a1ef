"""Labels are what has come true for requests; with them, nodes with the tag `metric` measure the answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd

from kernel_magics.engine.errors import SourceError
from kernel_magics.envelope.describe import METRIC
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.monitor.lines import row_of, rows_of

ROW: Final = "row"
"""The column with the number of a row in its request, for requests with several."""


def _read_lines(path: Path) -> pd.DataFrame:
    return pd.read_json(path, lines=True)


_READ: Final[Mapping[str, Callable[[Path], pd.DataFrame]]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".json": pd.read_json,
    ".jsonl": _read_lines,
}


@dataclass
class Labels:
    """A table of labels, and the answers that were found for its rows.

    Attributes:
        places: positions in the table by request id and number of the row.
        answers: the fields and the outputs of a row, by its position in the table.
    """

    table: pd.DataFrame
    places: Mapping[tuple[str, int], int]
    answers: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of rows that an answer was found for."""
        return len(self.answers)

    @classmethod
    def read(cls, path: Path, on: str) -> Self:
        """Read a csv, parquet, json or jsonl file.

        Raises:
            SourceError: DB403, DB572.
        """
        if path.suffix not in _READ:
            raise _wrong(path, f"'{path.suffix}' is none of {', '.join(_READ)}")
        try:
            table = _READ[path.suffix](path)
        except OSError as error:
            raise SourceError(
                "DB403", f"cannot read '{path}': {error.strerror or error}.", hint="check the path."
            ) from None
        except Exception as error:
            raise _wrong(path, " ".join(str(error).split())[:200]) from None
        if on not in table:
            raise _wrong(path, f"it has no column '{on}', but {', '.join(map(str, table.columns[:8]))}")
        rows = table[ROW].fillna(0).astype(int) if ROW in table else [0] * len(table)
        keys = list(zip(table[on].astype(str), rows, strict=True))
        places = {key: number for number, key in enumerate(keys)}
        if len(places) < len(keys):
            raise _wrong(path, f"a value of '{on}' is there twice; number its rows in a column '{ROW}'")
        return cls(table, places)

    def match(self, entry: Mapping[str, Any]) -> None:
        """Keep the answers of a request that has labels."""
        outputs = entry.get("outputs")
        if not isinstance(outputs, dict):
            return
        rows = rows_of(entry)
        for number, row in enumerate(rows):
            place = self.places.get((entry["id"], number))
            if place is not None:
                self.answers[place] = (row, row_of(outputs, number, len(rows)))

    def metrics(self, envelope: Envelope, notes: list[str]) -> dict[str, float]:
        """The metrics of the answers with labels; a note for each that cannot be computed."""
        if not self.answers:
            notes.append("no request of the log has a label.")
            return {}
        nodes = envelope.record["nodes"]
        places = sorted(self.answers)
        given = {
            name: pd.Series([self.answers[place][1].get(name) for place in places], name=name)
            for name in envelope.outputs
        }
        for name in self.table.columns:
            given[str(name)] = self.table[name].iloc[places].reset_index(drop=True)
        found = {}
        for name, node in nodes.items():
            if METRIC not in node["tags"]:
                continue
            missing = [each for each in node["inputs"] if each not in given]
            if missing:
                notes.append(f"metric '{name}' needs '{missing[0]}', which neither answers nor labels have.")
                continue
            try:
                value = _measured(envelope, name, {each: given[each] for each in node["inputs"]})
            except Exception as error:
                notes.append(f"metric '{name}' cannot be computed: {' '.join(str(error).split())[:200]}")
                continue
            if math.isfinite(value):
                found[name] = value
            else:
                notes.append(f"metric '{name}' is no finite number.")
        return found


def _measured(envelope: Envelope, name: str, values: Mapping[str, Any]) -> float:
    """A metric, computed by its own function from these values."""
    inputs = {each["name"] for each in envelope.record["inputs"]}
    run = envelope.flow.run(
        [name],
        inputs={each: value for each, value in values.items() if each in inputs},
        overrides={each: value for each, value in values.items() if each not in inputs},
        checks="off",
    )
    return float(run[name])


def _wrong(path: Path, problem: str) -> SourceError:
    return SourceError(
        "DB572",
        f"the labels '{path}' cannot be used: {problem}.",
        hint="give a table with a column of request ids (--on) and one for each label.",
    )
