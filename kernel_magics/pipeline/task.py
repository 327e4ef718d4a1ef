"""A task of a scheduler runs one stage for one day; compiled DAG files call this."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping

from kernel_magics.engine.errors import DataflowError
from kernel_magics.pipeline.faults import read_pipeline
from kernel_magics.pipeline.run import Options, Runner


def run_stage(file: str, stage: str, day: str, params: Mapping[str, str]) -> None:
    """Run a stage if it is due on that day.

    Args:
        file: the pipeline file.
        day: as 2026-01-31.
        params: texts that replace params of the file.

    Raises:
        DataflowError: as the stage does.
    """
    options = Options((stage,), params, lambda text: print(text, flush=True), if_due=True)
    try:
        Runner(read_pipeline(file), options).run(dt.date.fromisoformat(day))
    except DataflowError as error:
        print("\n".join(error.lines()), file=sys.stderr, flush=True)
        raise
