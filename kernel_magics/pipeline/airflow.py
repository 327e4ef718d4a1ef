"""The DAG file of a pipeline for Airflow 3, and 2.9 and later: thin, readable, and without pandas or Dagbook.

Each stage is one task, which runs in the Python of the pipeline: by `@task.external_python`, or as a command.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from kernel_magics.engine.visible import file_name, visible
from kernel_magics.pipeline.spec import Pipeline, Stage

Form = Literal["python", "bash"]
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}
_START: Final = dt.date(2024, 1, 1)
_SDK: Final = """\
try:  # Airflow 3
{bash3}    from airflow.sdk import Asset, dag{task}
{events3}except ImportError:  # Airflow 2
    from airflow.datasets import Dataset as Asset
    from airflow.decorators import dag{task}
{bash2}{events2}"""
_PYTHON_STAGE: Final = '''\
@task.external_python(python=PYTHON, expect_airflow=False)
def run_stage(file: str, stage: str, day: str, given: dict) -> None:
    """Run one stage of the pipeline for one day."""
    from kernel_magics.pipeline.task import run_stage

    run_stage(file, stage, day, given)
'''
_BASH_STAGE: Final = '''\
def run_stage(stage: str, **options) -> BashOperator:
    """A task that runs one stage of the pipeline for one day."""
    command = [PYTHON, "-m", "kernel_magics", "pipeline", "run", PIPELINE, "--stage", stage, "--if-due"]
    whole = " ".join([shlex.join(command), '--day "$DAY"', *(f'--param "{name}=${name}"' for name in PARAMS)])
    return BashOperator(
        task_id=stage, bash_command=whole, env={"DAY": DAY, **PARAMS}, append_env=True, **options
    )
'''


def dag_file(pipeline: Pipeline, form: Form, python: str) -> str:
    """The text of a DAG file.

    Args:
        form: how a task runs its stage.
        python: the interpreter that has Dagbook and what the module needs.
    """
    return "\n".join(_parts(pipeline, form, python))


def _parts(pipeline: Pipeline, form: Form, python: str) -> Iterator[str]:
    name = file_name(pipeline.document.path.name)
    about = pipeline.description or f"Runs {pipeline.module.name}"
    made = _said(f"Compiled from {name} by `dagbook pipeline compile`: change that file, not this one.")
    yield f'"""{_said(about)}\n\n{made}\n"""\n'
    yield from _imports(pipeline, form)
    yield f"PYTHON = {_text(python)}"
    yield f"PIPELINE = {_text(str(pipeline.document.path.absolute()))}"
    yield f"DAY = {_day(pipeline)}"
    params = _params(pipeline)
    given = ", ".join(f'{_text(key)}: "{{{{ params.{key} }}}}"' for key in params)
    yield f"PARAMS = {{{given}}}\n\n"
    yield _PYTHON_STAGE if form == "python" else _BASH_STAGE
    yield from _dag(pipeline, form, params)


def _imports(pipeline: Pipeline, form: Form) -> Iterator[str]:
    delays = any(stage.retries for stage in pipeline.stages.values())
    lines = ["import shlex"] if form == "bash" else []
    lines += ["from datetime import timedelta"] if delays else []
    yield "\n".join([*lines, "", "import pendulum"] if lines else ["import pendulum"])
    if pipeline.schedule.cron:
        yield "from airflow.timetables.interval import CronDataIntervalTimetable"
    if pipeline.on_failure:
        module, _, function = pipeline.on_failure.partition(":")
        yield f"from {module} import {function} as on_failure"
    standard = "    from airflow.providers.standard.operators.bash import BashOperator\n"
    yield "\n" + _SDK.format(
        task=", task" if form == "python" else "",
        bash3=standard if form == "bash" else "",
        bash2="    from airflow.operators.bash import BashOperator\n" if form == "bash" else "",
        events3='\n    EVENTS = "triggering_asset_events"\n' if pipeline.after else "",
        events2='\n    EVENTS = "triggering_dataset_events"\n' if pipeline.after else "",
    )


def _day(pipeline: Pipeline) -> str:
    """The day of a run, as a template of Airflow."""
    if pipeline.after:
        moment = '(" + EVENTS + ".values() | first | first).source_dag_run.logical_date'
        return f'"{{{{ params.day or {moment} | ds }}}}"'
    moment = f"(logical_date or dag_run.run_after).in_timezone('{pipeline.timezone}')"
    return f'"{{{{ params.day or {moment} | ds }}}}"'


def _params(pipeline: Pipeline) -> dict[str, Any]:
    """The params that a run of the DAG can change: plain ones."""
    return {
        name: value
        for name, value in pipeline.params.items()
        if isinstance(value, str | int | float) and not (isinstance(value, str) and "{{" in value)
    }


def _dag(pipeline: Pipeline, form: Form, params: Mapping[str, Any]) -> Iterator[str]:
    start = pipeline.start or _START
    zone = _text(pipeline.timezone)
    schedule = "None"
    if pipeline.schedule.cron:
        schedule = f"CronDataIntervalTimetable({_text(pipeline.schedule.cron)}, timezone={zone})"
    if pipeline.after:
        schedule = f"[{', '.join(_asset(*each.split('.')) for each in pipeline.after)}]"
    failing = ['default_args={"on_failure_callback": on_failure},'] if pipeline.on_failure else []
    given = ", ".join(f"{_text(key)}: {_literal(value)}" for key, value in {"day": "", **params}.items())
    lines = [
        f"dag_id={_text(pipeline.name)},",
        *([f"description={_text(pipeline.description)},"] if pipeline.description else []),
        f"schedule={schedule},",
        f"start_date=pendulum.datetime({start.year}, {start.month}, {start.day}, tz={zone}),",
        f"catchup={pipeline.catchup},",
        f"params={{{given}}},",
        *failing,
        'tags=["dagbook"],',
    ]
    yield "\n@dag(\n" + "\n".join(f"    {line}" for line in lines) + "\n)"
    yield "def pipeline() -> None:"
    for stage in pipeline.stages.values():
        yield f"    {_variable(stage.name)} = {_task(pipeline, stage, form)}"
    for stage in pipeline.stages.values():
        for before in stage.after:
            yield f"    {_variable(before)} >> {_variable(stage.name)}"
    yield "\n\npipeline()\n"


def _task(pipeline: Pipeline, stage: Stage, form: Form) -> str:
    options = [f"outlets=[{_asset(pipeline.name, stage.name)}]"]
    if stage.retries:
        options.append(f"retries={stage.retries}")
        options.append(
            f"retry_delay=timedelta({_UNITS[stage.retry_delay[-1]]}={int(stage.retry_delay[:-1])})"
        )
    if stage.pool:
        options.append(f"pool={_text(stage.pool)}")
    name = _text(stage.name)
    first = name if form == "bash" else f"task_id={name}"
    said = "".join(f"        {line},\n" for line in [first, *options])
    if form == "bash":
        return f"run_stage(\n{said}    )"
    return f"run_stage.override(\n{said}    )(PIPELINE, {name}, DAY, PARAMS)"


def _variable(stage: str) -> str:
    return f"{stage}_stage"


def _asset(pipeline: str, stage: str) -> str:
    return f"Asset({_text(f'dagbook://{pipeline}/{stage}')})"


def _text(text: str) -> str:
    return json.dumps(text)


def _literal(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({_text(str(value))})"
    return _text(value) if isinstance(value, str) else repr(value)


def _said(text: str) -> str:
    """A description as the first line of a docstring."""
    line = " ".join(visible(text).split()).replace("\\", "\\\\").replace('"""', "'''")
    return line if line.endswith((".", "!", "?")) else f"{line}."
