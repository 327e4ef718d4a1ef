"""`python -m benchmarks.serving`: what one request of one row costs, here and with the servers of MLflow and BentoML.

All serve the same envelope, by default that of `notebooks/churn_model.ipynb`, with its own code. MLflow and BentoML have
environments of their own: `--mlflow PYTHON --bento PYTHON`; each needs the envelope's requirements, too.
CPU seconds are those of all processes of a server.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "churn_model.ipynb"
WARM = 50
BENTO = """\
import sys

import bentoml

sys.path.insert(0, "churn/code")
from churn import model


@bentoml.service(workers=1)
class Churn:
    def __init__(self) -> None:
        self.model = model._load_pyfunc("churn")

    @bentoml.api
    def predict(self, rows: list[dict]) -> dict:
        return {name: model.as_json(value) for name, value in self.model.answer(rows, {}).items()}
"""


@dataclass(frozen=True)
class Contender:
    """A server: its command, where it answers, and what it is asked."""

    title: str
    command: Sequence[str]
    path: str
    body: Any


@dataclass(frozen=True)
class Cost:
    """What requests cost: milliseconds of CPU, of latency at one and at eight connections, and memory."""

    cpu: float
    median: float
    p99: float
    megabytes: float
    growth: float


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print a table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", type=Path, default=NOTEBOOK)
    parser.add_argument("--mlflow", metavar="PYTHON", default="")
    parser.add_argument("--bento", metavar="PYTHON", default="")
    parser.add_argument("--requests", type=int, default=1000)
    given = parser.parse_args(words)
    with exported(given.notebook) as folder:
        print(
            "| | CPU ms | median ms | p99 ms, 8 connections | MB | MB more |\n|---|---:|---:|---:|---:|---:|"
        )
        for contender in contenders(folder, given.mlflow, given.bento):
            found = _measured(contender, folder, given.requests)
            times = f"{found.cpu:.2f} | {found.median:.2f} | {found.p99:.1f}"
            print(f"| {contender.title} | {times} | {found.megabytes:.0f} | {found.growth:.1f} |", flush=True)
    return 0


@contextmanager
def exported(notebook: Path) -> Iterator[Path]:
    """A folder with the envelope of a notebook, and a service of BentoML for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(notebook, folder)
        export = ["export", notebook.name, "-o", "churn", "--target", "envelope", "--outputs", "score"]
        command = [sys.executable, "-m", "kernel_magics", *export]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "bento.py").write_text(BENTO)
        yield folder


def contenders(folder: Path, mlflow: str, bento: str) -> Iterator[Contender]:
    example = json.loads((folder / "churn" / "example.json").read_text(encoding="utf-8"))
    row = example["request"]["rows"][0]
    port = "{port}"
    serve = ["-m", "kernel_magics", "serve", "churn", "--port", port, "--log", "requests.jsonl"]
    yield Contender("`dagbook serve`, with its log", [sys.executable, *serve], "/predict", [row])
    if mlflow:
        serve = ["-m", "mlflow", "models", "serve", "-m", "churn", "--env-manager", "local", "--workers", "1"]
        body = {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}
        yield Contender("`mlflow models serve`", [mlflow, *serve, "--port", port], "/invocations", body)
    if bento:
        serve = ["-m", "bentoml", "serve", "bento:Churn", "--port", port]
        yield Contender("BentoML", [bento, *serve], "/predict", {"rows": [row]})


@contextmanager
def running(contender: Contender, folder: Path) -> Iterator[tuple[int, int]]:
    """The port and the session of a server that has answered once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [word.format(port=port) for word in contender.command]
    tools = os.pathsep.join([str(Path(command[0]).parent), os.environ["PATH"]])
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PATH": tools},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # its processes are found by their session
    ) as process:
        try:
            while True:
                try:
                    _ask(contender, port, 1)
                    break
                except OSError:
                    if process.poll() is not None:
                        raise
                    time.sleep(0.2)
            yield port, process.pid
        finally:
            with suppress(ProcessLookupError):  # it ended by itself
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _measured(contender: Contender, folder: Path, count: int) -> Cost:
    with running(contender, folder) as (port, session):
        _ask(contender, port, WARM)
        held = memory(session)
        times, spent = [], []
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(count):  # what is measured is one request, not the sum of a busy machine
            before = cpu(session)
            times += _ask(contender, port, 1, connection)
            spent.append(cpu(session) - before)
        connection.close()
        together: list[list[float]] = [[] for _ in range(8)]

        def ask(place: int) -> None:
            together[place] = _ask(contender, port, count // 8)

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        many = sorted(seconds for each in together for seconds in each)
        return Cost(
            statistics.median(spent) * 1000,
            statistics.median(times) * 1000,
            many[int(len(many) * 0.99)] * 1000,
            memory(session),
            memory(session) - held,
        )


def _ask(
    contender: Contender, port: int, count: int, given: http.client.HTTPConnection | None = None
) -> list[float]:
    """The seconds of requests over one connection."""
    body, times = json.dumps(contender.body), []
    connection = given or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        started = time.perf_counter()
        connection.request("POST", contender.path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise RuntimeError(f"{contender.title}: {response.status} {data[:500]!r}")
        times.append(time.perf_counter() - started)
    if given is None:
        connection.close()
    return times


def _processes(session: int) -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            yield folder


def cpu(session: int) -> float:
    """CPU seconds of the processes of a session, to the nanosecond."""
    tasks = [task for folder in _processes(session) for task in (folder / "task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def memory(session: int) -> float:
    """Megabytes of memory that processes of a session have for themselves."""
    found = 0
    for folder in _processes(session):
        lines = (folder / "smaps_rollup").read_text().splitlines()
        found += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return found / 1024


if __name__ == "__main__":
    sys.exit(main())
