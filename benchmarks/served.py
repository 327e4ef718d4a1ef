"""`python -m benchmarks.served`: CPU seconds from a notebook to the first prediction that a service of a registry gives.

It runs the commands that people run: export, publish, promote, serve. The notebook is `notebooks/churn_model.ipynb`,
which fits a model of scikit-learn.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "churn_model.ipynb"


def main() -> int:
    """Measure and print a table; returns the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(NOTEBOOK, folder / "churn_model.ipynb")
        (folder / "registry").mkdir()
        (folder / "registry" / "rules.yaml").write_text(
            'environments: {production: {require: [tests == "passed", proof == "equal", checks.failed == 0]}}'
        )
        export = ["export", "churn_model.ipynb", "-o", "churn", "--target", "envelope", "--outputs", "score"]
        rows = [
            ("export, tested and proved", *_timed(folder, *export)),
            ("publish", *_timed(folder, "publish", "churn", "registry")),
            ("promote", *_timed(folder, "promote", "registry")),
            ("serve, to the first prediction", *_first_prediction(folder)),
        ]
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    print("| | CPU s | wall s |\n|---|---:|---:|")
    for title, cpu, wall in rows:
        print(f"| {title} | {cpu:.2f} | {wall:.2f} |")
    return 0


def _timed(folder: Path, *words: str) -> tuple[float, float]:
    """CPU and wall seconds of a command."""
    before, started = _cpu(), time.perf_counter()
    subprocess.run(_command(*words), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return _cpu() - before, time.perf_counter() - started


def _first_prediction(folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of a service until it has answered once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    example = json.loads((folder / "churn" / "example.json").read_text(encoding="utf-8"))
    body = json.dumps(example["request"]["rows"][:1]).encode()
    before, started = _cpu(), time.perf_counter()
    words = ("serve", "registry@production", "--port", str(port), "--log", "requests.jsonl")
    with subprocess.Popen(_command(*words), cwd=folder, start_new_session=True) as process:
        try:
            while True:
                try:
                    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body)
                    with urllib.request.urlopen(request, timeout=30) as answer:
                        assert json.load(answer)["outputs"]["score"]
                    break
                except OSError:
                    if process.poll() is not None:
                        raise
                    time.sleep(0.05)
            wall = time.perf_counter() - started
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return _cpu() - before, wall


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "kernel_magics", *words]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
