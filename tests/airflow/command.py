"""The command `airflow` of the environment that `DAGBOOK_AIRFLOW` names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kernel_magics.cli.main import main

AIRFLOW = os.environ.get("DAGBOOK_AIRFLOW", "")


def airflow(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Do a command and wait for its end."""
    return subprocess.run(
        [AIRFLOW, *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )


def compile_dag(path: Path, dags: Path, form: str) -> None:
    """Compile a pipeline for this Python."""
    words = ["pipeline", "compile", str(path), "-o", str(dags), "--form", form, "--python", sys.executable]
    assert main(words) == 0
