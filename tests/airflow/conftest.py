"""An Airflow in an environment of its own, whose database is made once; `DAGBOOK_AIRFLOW` is the path of its command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.airflow.command import AIRFLOW, airflow


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a new Airflow."""
    if not AIRFLOW:  # set in the gate, where a path that is none fails
        pytest.skip("DAGBOOK_AIRFLOW does not name an Airflow")
    home = tmp_path_factory.mktemp("airflow")
    found = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "PATH": f"{Path(AIRFLOW).parent}{os.pathsep}{os.environ['PATH']}",
    }
    airflow(found, "db", "migrate")
    return found
