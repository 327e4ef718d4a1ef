"""`dagbook pipeline`: check a pipeline file, run it, compile it for Airflow, print its schema."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

from kernel_magics.cli.graph_command import FORMATS
from kernel_magics.cli.output import write_text
from kernel_magics.cli.overwriting import refuse_foreign, refuse_special
from kernel_magics.cli.pairs import pair
from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.documents.document import read_document
from kernel_magics.engine.errors import DataflowError, UsageError
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.pipeline.airflow import dag_file
from kernel_magics.pipeline.faults import faults, read_pipeline
from kernel_magics.pipeline.picture import plan_text, plan_view
from kernel_magics.pipeline.plan import make_plan_of
from kernel_magics.pipeline.spec import Pipeline, make_pipeline, schema


def run(arguments: argparse.Namespace) -> int:
    """Do what the command says.

    Raises:
        DataflowError: DB403, DB461 to DB466 (the file), and as its stages do.
    """
    return {"schema": _schema, "check": _check, "run": _run, "compile": _compile}[arguments.action](arguments)


def _schema(arguments: argparse.Namespace) -> int:
    say(json.dumps(schema(), indent=1, ensure_ascii=False))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    """Show the plan, and everything that is wrong; run nothing."""
    picture = Path(arguments.output).suffix if arguments.output else ".txt"
    if picture not in FORMATS:
        raise UsageError(
            "DB002", f"no picture is called '{picture}'.", hint=f"choose one of {', '.join(FORMATS)}."
        )
    document = read_document(arguments.file)
    found: list[DataflowError] = [*faults(document)]
    if not found:
        plan = make_plan_of(make_pipeline(document), read_day(arguments.day))
        found = list(plan.faults)
        if arguments.output:
            write_text(Path(arguments.output), FORMATS[picture](plan_view(plan)))
        say(plan_text(plan))
        if not found and not plan.is_complete:
            say_aside("something is missing, see above: the pipeline cannot run here")
            return 1
    for error in found:
        say_aside("\n".join(error.lines()))
    return 1 if found else 0


def _run(arguments: argparse.Namespace) -> int:
    """Run the stages, of one day or of several."""
    # the other actions start without pandas, which these need
    from kernel_magics.cli.run_command import Bar  # noqa: PLC0415
    from kernel_magics.pipeline.backfill import Backfill, backfill  # noqa: PLC0415
    from kernel_magics.pipeline.run import Options, Runner, day_of  # noqa: PLC0415

    pipeline = read_pipeline(arguments.file)
    for fault in make_plan_of(pipeline).faults:
        raise fault
    params = dict(pair("--param", item) for item in arguments.param)
    bars = [Bar(0)]

    def say_beside(text: str) -> None:
        bars[0].end()
        say_aside(text)

    options = Options(
        tuple(arguments.stage),
        params,
        say_beside,
        on_event=lambda event: bars[0](event),
        begin=lambda count: bars.__setitem__(0, Bar(count)),
        if_due=arguments.if_due,
    )
    if (arguments.first is None) != (arguments.last is None):
        raise UsageError("DB002", "--from and --to belong together.", hint="give both.")
    if arguments.first is None:
        Runner(pipeline, options).run(day_of(pipeline, arguments.day, params))
        return 0
    if arguments.day or pipeline.day_param in params:
        raise UsageError("DB002", "a range of days and a day are given.", hint="give one of them.")
    first, last = read_day(arguments.first), read_day(arguments.last)
    assert first is not None
    assert last is not None
    return backfill(pipeline, options, Backfill(first, last, arguments.jobs, arguments.missing))


def _compile(arguments: argparse.Namespace) -> int:
    """Write the DAG file, or the files of Feast; nothing where something is wrong."""
    pipeline = read_pipeline(arguments.file)
    for fault in make_plan_of(pipeline).faults:
        raise fault
    if arguments.target == "feast":
        return _compile_feast(pipeline, Path(arguments.output))
    python = arguments.python or sys.executable
    target = Path(arguments.output) / f"{pipeline.name}.py"
    write_text(target, dag_file(pipeline, arguments.form, python))
    say_aside(f"{target}: {len(pipeline.stages)} tasks")
    return 0


def _compile_feast(pipeline: Pipeline, folder: Path) -> int:
    """Write a Feast repository; settings that are there stay."""
    # an Airflow file is written without pandas, which these need
    from kernel_magics.pipeline.feast import make_repository  # noqa: PLC0415

    made = make_repository(pipeline, folder)
    files = {folder / name: text for name, text in made.files.items()}
    settings = folder / "feature_store.yaml"
    files |= {} if settings.exists() else {settings: made.settings}
    for path in files:
        refuse_foreign(path)
        refuse_special(path)
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(files)
    for note in made.notes:
        say_aside(note)
    say_aside(f"{folder}: {', '.join(sorted(path.name for path in files))}")
    return 0


def read_day(text: str | None) -> dt.date | None:
    """A day of the command line.

    Raises:
        UsageError: DB002.
    """
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("DB002", f"'{text}' is no day.", hint="write it as 2026-01-31.") from None
