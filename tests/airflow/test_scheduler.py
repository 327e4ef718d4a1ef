"""The scheduler of a real Airflow runs compiled DAG files by their schedule, with an executor and its retries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from kernel_magics.cli.main import main
from tests.airflow.command import AIRFLOW, airflow, compile_dag
from tests.pipeline.making import CELLS, PIPELINE, make_project, write_orders
from tests.pipeline.test_run import files
from tests.ports import reserved_port, started, wait_for_port
from tests.waiting import until

pytestmark = pytest.mark.airflow
PIPELINES: Final = ("shop_good", "shop_bad")
GOOD = PIPELINE.replace("name: shop_daily", "name: shop_good\nretries: 2\nretry_delay: 1s").replace(
    '"0 5 * * *"', '"@daily"'
)
BAD = GOOD.replace("shop_good", "shop_bad")
FAILS_ONCE = (
    "%%node count\n# Customers and their orders.\nmark = Path(os.environ['DAGBOOK_TEST_MARK'])\nif not mark.exists():\n"
    "    mark.touch()\n    raise ConnectionError('the first try fails')\norders.groupby('customer').size()"
)
NEVER_HOLDS = "%%check spend\nspend < 0  # nobody spends anything"
"""Of the first stage: nothing of it or after it is written, however often it is tried."""
LIMIT: Final = 600.0
SECONDS: Final = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": str(LIMIT / 5),
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "20",
}


def test_scheduled_runs(environment: dict[str, str], tmp_path: Path) -> None:
    """One ends green after a retry, with the files of an embedded run; in the other a check stops all that follows."""
    cells = [FAILS_ONCE if cell.startswith("%%node count") else cell for cell in CELLS]
    cells[0] += "\nimport os\nfrom pathlib import Path"
    good = _project(tmp_path / "good", GOOD, *cells)
    bad = _project(tmp_path / "bad", BAD, *CELLS, NEVER_HOLDS)
    compile_dag(good, tmp_path / "dags", "python")
    compile_dag(bad, tmp_path / "dags", "bash")
    made = {
        **environment,
        **SECONDS,
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "DAGBOOK_TEST_MARK": str(tmp_path / "mark"),
    }
    database = Path(environment["AIRFLOW_HOME"]) / "airflow.db"
    with _scheduler(made, tmp_path / "log.txt"):
        until(lambda: _ended(database) >= set(PIPELINES), "both runs have ended", LIMIT)
    states = _states(database)
    assert {task: state for task, (state, _) in states.items()} == {
        ("shop_good", "features"): "success",
        ("shop_good", "score"): "success",
        ("shop_bad", "features"): "failed",
        ("shop_bad", "score"): "upstream_failed",
    }
    assert states["shop_good", "features"][1] > 1  # it is tried again; on a busy machine once more
    assert files(tmp_path / "bad") == {}
    (day,) = [path.stem for path in (tmp_path / "good" / "out" / "score").iterdir()]
    again = _project(tmp_path / "again", GOOD)
    assert main(["pipeline", "run", str(again), "--day", day]) == 0
    assert files(tmp_path / "good") == files(tmp_path / "again")
    assert len(files(tmp_path / "good")) == 2


def _project(folder: Path, text: str, *cells: str) -> Path:
    """A project with the orders of the days that may be the last ones."""
    folder.mkdir()
    path = make_project(folder, text, *cells)
    for number in range(-3, 2):
        write_orders(folder, str((datetime.now(UTC) + timedelta(days=number)).date()), number + 3)
    return path


@contextmanager
def _scheduler(environment: dict[str, str], log: Path) -> Iterator[None]:
    """A scheduler and what else the release needs to run tasks."""
    with ExitStack() as stack:
        stack.callback(lambda: print(log.read_text(encoding="utf-8", errors="replace")))  # for a failure
        output = stack.enter_context(log.open("wb"))

        def start(*words: str) -> Any:
            command = [AIRFLOW, *words]
            return stack.enter_context(started(command, env=made, stdout=output, stderr=output))

        made = environment
        if airflow(environment, "version").stdout.split()[-1] >= "3":
            port = stack.enter_context(reserved_port())
            made = {
                **environment,
                "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
                "AIRFLOW__CORE__PARALLELISM": "2",
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
                "AIRFLOW__API_AUTH__JWT_SECRET": "of the tests, and of all processes the same" * 2,
            }
            options = ("--apps", "execution", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
            wait_for_port(port, start("api-server", *options), lambda: log.read_text(encoding="utf-8"))
            start("dag-processor")
        start("scheduler", "--skip-serve-logs")
        yield


def _ended(database: Path) -> set[str]:
    """The pipelines of which a run has ended."""
    rows = _rows(database, "select dag_id from dag_run where state in ('success', 'failed')")
    return {row[0] for row in rows}


def _states(database: Path) -> dict[tuple[str, str], tuple[str, int]]:
    """The state of each task, and how often it was tried."""
    rows = _rows(database, "select dag_id, task_id, state, try_number from task_instance")
    return {(dag, task): (state, tries) for dag, task, state, tries in rows}


def _rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as connection:
        return connection.execute(query).fetchall()
