"""MLflow takes an envelope as it is: loads, registers and serves it, with the values of the notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics import Envelope
from kernel_magics.cli.main import main
from kernel_magics.envelope.export import export_envelope
from kernel_magics.export.request import ExportRequest
from tests.export.notebooks import make_session
from tests.ports import listening
from tests.registry import making
from tests.waiting import PATIENCE

pytestmark = pytest.mark.mlflow
CELLS = (
    "%%setup\nimport numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression",
    "%%inputs\nrows: pd.DataFrame = pd.DataFrame({'age': [20, 30, 40, 50, 60, 70], 'euro': [1.0, 5.0, 2.0, 9.0, 4.0, 8.0],\n"
    "    'since': pd.to_datetime(['2025-01-01'] * 5 + ['2025-03-01']), 'plan': pd.Categorical(list('aabbab'))})\n"
    "left: pd.Series = pd.Series([True, False, True, False, True, False])",
    "%%node table\nrows[['age', 'euro']].assign(b=rows['plan'] == 'b', day=rows['since'].dt.month).to_numpy(dtype=float)",
    "%%node model --fitted\nLogisticRegression().fit(table, left)",
    "%%node score\npd.Series(model.predict_proba(table)[:, 1], index=rows.index, name='score')",
)


@pytest.fixture(scope="module")
def envelope(tmp_path_factory: pytest.TempPathFactory) -> Envelope:
    """An envelope with a model of scikit-learn, in an environment that has MLflow."""
    if os.environ.get("DAGBOOK_MLFLOW") != "required":
        pytest.importorskip("mlflow")
    folder = tmp_path_factory.mktemp("mlflow") / "leaving"
    request = ExportRequest("leaving", "leaving.ipynb", folder, outputs=("score",))
    export_envelope(make_session(*CELLS), request)
    return Envelope.open(folder)


@pytest.fixture(scope="module")
def example(envelope: Envelope) -> tuple[pd.DataFrame, list[float]]:
    """The rows of the envelope's example as JSON has them, and the scores that must come back."""
    document = json.loads((envelope.path / "example.json").read_text(encoding="utf-8"))
    return pd.DataFrame(document["request"]["rows"]), document["answer"]["score"]


def test_it_is_loaded_and_gives_the_scores_of_the_notebook(
    envelope: Envelope, example: tuple[pd.DataFrame, list[float]]
) -> None:
    """`pyfunc.load_model` on the folder; the envelope is unchanged afterwards."""
    import mlflow  # noqa: PLC0415  # only in an environment that has it

    rows, scores = example
    assert mlflow.pyfunc.load_model(str(envelope.path)).predict(rows)["score"].tolist() == scores
    envelope.verify()


@contextmanager
def running(*words: str, folder: Path) -> Iterator[str]:
    """The address of a server of MLflow on the loopback, until the end of the block."""
    path_of_tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # of uvicorn

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "mlflow", *words, "--host", "127.0.0.1", "--port", str(port)]

    with (folder / "server.log").open("wb") as log:
        options: dict[str, Any] = {"cwd": folder, "stdout": log, "stderr": log}
        with listening(command, env={**os.environ, "PATH": path_of_tools}, **options) as (port, _):
            yield f"http://127.0.0.1:{port}"


def test_it_is_registered_on_a_server_and_loaded_from_there(
    envelope: Envelope, example: tuple[pd.DataFrame, list[float]], tmp_path: Path
) -> None:
    """A tracking server over SQLite makes a version of the folder, logged as an artifact."""
    import mlflow  # noqa: PLC0415  # only in an environment that has it

    rows, scores = example
    words = ("server", "--backend-store-uri", "sqlite:///ml.db", "--workers", "1")
    with running(*words, folder=tmp_path) as address:
        mlflow.set_tracking_uri(address)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(str(envelope.path), "leaving")
        version = mlflow.register_model(f"runs:/{run.info.run_id}/leaving", "leaving")
        mlflow.MlflowClient().set_registered_model_alias("leaving", "staging", version.version)
        loaded = mlflow.pyfunc.load_model("models:/leaving@staging")
        assert loaded.predict(rows)["score"].tolist() == scores
    envelope.verify()


def test_a_registry_is_shown_by_a_server(
    envelope: Envelope,
    example: tuple[pd.DataFrame, list[float]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Envelopes are versions, environments are aliases that follow; another look changes nothing; no server is told."""
    import mlflow  # noqa: PLC0415  # only in an environment that has it

    rows, scores = example
    root = tmp_path / "registry"
    root.mkdir()
    (root / "rules.yaml").write_text('environments: {staging: {require: [tests == "passed"]}}\n')
    assert main(["publish", str(envelope.path), str(root)]) == 0
    assert main(["promote", str(root)]) == 0
    words = ("server", "--backend-store-uri", "sqlite:///ml.db", "--workers", "1")
    with running(*words, folder=tmp_path) as address:
        mirror = ["registry", str(root), "mirror", address]
        capsys.readouterr()
        assert main(mirror) == 0
        said = capsys.readouterr().out
        assert (
            f"{envelope.digest[:12]} is a version of 'leaving' now\nstaging: {envelope.digest[:12]}" in said
        )
        mlflow.set_tracking_uri(address)
        client = mlflow.MlflowClient()
        version = client.get_model_version_by_alias("leaving", "staging")
        assert version.tags["dagbook.digest"] == envelope.digest
        assert mlflow.pyfunc.load_model("models:/leaving@staging").predict(rows)["score"].tolist() == scores
        assert main(mirror) == 0
        assert "is as the registry is" in capsys.readouterr().out

        better = making.envelope(tmp_path / "leaving", name="leaving")
        assert main(["publish", str(better), str(root)]) == 0
        assert main(["promote", str(root)]) == 0
        client.delete_registered_model_alias("leaving", "staging")  # by hand; the registry is what is true
        assert main(mirror) == 0
        found = client.get_model_version_by_alias("leaving", "staging")
        assert found.tags["dagbook.digest"] == making.digest_of(better)
        assert client.get_run(found.run_id).data.metrics == {"auc": 0.8}
        assert len(list(client.search_model_versions("name = 'leaving'"))) == 2
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    capsys.readouterr()
    assert main(mirror) == 1
    assert f"DB405 cannot write '{address}'" in capsys.readouterr().err


def test_it_is_served_as_it_is(
    envelope: Envelope, example: tuple[pd.DataFrame, list[float]], tmp_path: Path
) -> None:
    """`mlflow models serve` answers the example with the scores of the notebook."""
    rows, scores = example
    words = ("models", "serve", "-m", str(envelope.path), "--env-manager", "local", "--workers", "1")
    with running(*words, folder=tmp_path) as address:
        body = json.dumps({"dataframe_split": rows.to_dict("split")}).encode()
        request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
    assert [row["score"] for row in found["predictions"]] == pytest.approx(scores, rel=1e-12)
    envelope.verify()


def test_the_small_mlflow_loads_it_where_dagbook_is_not(
    envelope: Envelope, example: tuple[pd.DataFrame, list[float]]
) -> None:
    """mlflow-skinny in an environment of its own, without Dagbook (DAGBOOK_SKINNY names its Python)."""
    python = os.environ.get("DAGBOOK_SKINNY", "")
    if not python and os.environ.get("DAGBOOK_MLFLOW") != "required":
        pytest.skip("DAGBOOK_SKINNY names no Python")
    script = (
        "import json, sys, pandas as pd, mlflow.pyfunc, importlib.util\n"
        "assert importlib.util.find_spec('kernel_magics') is None\n"
        "rows = pd.DataFrame(json.load(open('example.json'))['request']['rows'])\n"
        "print(json.dumps(mlflow.pyfunc.load_model('.').predict(rows)['score'].tolist()))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [python, "-B", "-c", script],
        cwd=envelope.path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == pytest.approx(example[1], rel=1e-12)
