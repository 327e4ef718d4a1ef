"""Features of a Feast repository as they were known at a time, read in the environment of Feast."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import SourceError
from kernel_magics.sources.database import plain_frame
from kernel_magics.sources.reference import reveal
from kernel_magics.sources.source import Source
from kernel_magics.tables.files import optional
from kernel_magics.tables.values import Expected, read_value

_WORKER: Final = Path(__file__).with_name("feast_worker.py")
_VARIABLES: Final = {"FEAST_USAGE": "False", "PYTHONPATH": "", "PYTHONWARNINGS": "ignore"}


def historical(source: Source, folder: Path) -> Any:
    """The features of a view for the rows of a file, in its order, as a frame with the keys as columns.

    Args:
        source: with params filled in.
        folder: where relative paths start.

    Raises:
        DataflowError: DB465 where there is no such Python, DB466 where Feast fails; as reading the file does.
    """
    pandas = optional("pandas", "features of Feast")
    python = Path(reveal(source.python, folder))
    if len(python.parts) > 1:  # else a command
        python = folder / python
    rows = plain_frame(read_value("rows", str(folder / source.rows), Expected(None, Any), lambda note: None))
    if source.time not in rows.columns:
        listed = ", ".join(map(str, rows.columns))
        raise SourceError(
            "DB466",
            f"'{source.rows}' has no column '{source.time}'.",
            hint=f"name the column of its times; it has {listed}.",
        )
    with tempfile.TemporaryDirectory() as scratch:
        given, found = Path(scratch) / "rows.parquet", Path(scratch) / "features.parquet"
        rows.to_parquet(given, index=False)
        order = {
            "repository": str((folder / source.feast).absolute()),
            "view": source.view,
            "time": source.time,
            "rows": str(given),
            "found": str(found),
        }
        try:
            done = subprocess.run(
                [
                    str(python),
                    "-c",
                    _WORKER.read_text(encoding="utf-8"),
                ],  # a file's folder would be importable
                input=json.dumps(order),
                capture_output=True,
                text=True,
                env={**os.environ, **_VARIABLES},
                check=False,
            )
        except OSError as error:
            text = f"'{source.python}' is no Python that can be started: {error.strerror}."
            raise SourceError("DB465", text, hint="name the Python that has Feast.") from None
        if done.returncode:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            said = lines[-1] if lines else f"it ended with {done.returncode}"
            raise SourceError(
                "DB466", f"{source.label}: {said.rstrip('.')}.", hint="is the repository applied?"
            )
        return pandas.read_parquet(found)
