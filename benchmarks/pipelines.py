"""A pipeline of many stages: what compiling it takes, and what its DAG file adds to Airflow's own import.

python -m benchmarks.pipelines [--stages 100] [--airflow PYTHON] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.notebook_file import write_notebook

GOALS = {"compile_s": 0.5, "parse_s": 0.1}
FORMS = ("python", "bash")
PARSE = """\
import json, runpy, sys, time
import airflow.sdk, pendulum
import airflow.providers.standard.decorators.external_python
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.interval import CronDataIntervalTimetable

start = time.process_time()
runpy.run_path(sys.argv[1])
seconds = time.process_time() - start
print(json.dumps([seconds, sorted({"pandas", "numpy", "kernel_magics"} & {*sys.modules})]))
"""


def project(folder: Path, stages: int) -> Path:
    """A notebook with a chain of nodes, and a pipeline with a stage for each."""
    cells = [
        "%%setup\nimport pandas as pd",
        "%%inputs\norders: pd.DataFrame = pd.DataFrame({'customer': ['a'], 'euro': [1.0]})",
    ]
    before = "orders"
    for number in range(stages):
        cells.append(f"%%node n{number}\n{before}.assign(x{number}={number})")
        before = f"n{number}"
    write_notebook(folder / "shop.ipynb", cells)
    lines = [
        "name: many",
        'schedule: "0 5 * * *"',
        "module: shop.ipynb",
        'inputs: {orders: "data/{day}.csv"}',
        'params: {day: "{{ ds }}"}',
        "retries: 2",
        "stages:",
        *(
            f"  s{number}: {{outputs: [n{number}], write: 'out/s{number}/{{day}}.parquet'}}"
            for number in range(stages)
        ),
    ]
    path = folder / "pipeline.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def compile_seconds(path: Path, form: str) -> float:
    """CPU seconds of the whole command, with the start of Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = ["pipeline", "compile", str(path), "-o", str(path.parent / form), "--form", form]
    subprocess.run([sys.executable, "-m", "kernel_magics", *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parse_seconds(python: str, file: Path, home: Path) -> tuple[float, list[str]]:
    """CPU seconds of a DAG file where all that it imports of Airflow is imported, and what it must not import."""
    done = subprocess.run(
        [python, "-c", PARSE, str(file)],
        env={**os.environ, "AIRFLOW_HOME": str(home)},
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, heavy = json.loads(done.stdout.splitlines()[-1])
    return seconds, heavy


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--airflow", metavar="PYTHON", help="of an environment with Airflow 3")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = project(Path(name), options.stages)
        for form in FORMS:
            rounds = [compile_seconds(path, form) for _ in range(options.rounds)]
            print(f"compile, {form}: {statistics.median(rounds):.3f} s of CPU ({GOALS['compile_s']} asked)")
        for form in FORMS if options.airflow else ():
            file = path.parent / form / "many.py"
            parsed = [
                parse_seconds(options.airflow, file, Path(name) / "home") for _ in range(options.rounds)
            ]
            median = statistics.median(seconds for seconds, _ in parsed)
            heavy = sorted({each for _, found in parsed for each in found})
            print(
                f"parse, {form}: {median:.3f} s of CPU ({GOALS['parse_s']} asked), imports {', '.join(heavy) or 'none of them'}"
            )


if __name__ == "__main__":
    main()
