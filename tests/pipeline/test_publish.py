"""A stage that publishes: what it learnt of a day is an envelope in a registry, proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics import Envelope
from kernel_magics.cli.main import main
from tests.pipeline.making import PIPELINE, make_project
from tests.pipeline.test_run import record, run

TRAINS = PIPELINE.replace(", scale: 2.0}", "}").replace(
    'outputs: [score]\n    write: "out/score/{day}.parquet"', "outputs: [rates, score]\n    publish: registry"
)


def test_the_envelope_has_what_the_stage_learnt(tmp_path: Path) -> None:
    """Its fitted values are those of the day's rows, not of the sample; done before, nothing is added."""
    make_project(tmp_path, TRAINS)
    assert run(tmp_path) == 0
    published = record(tmp_path)["stages"]["score"]["published"]
    assert published["new"]
    (folder,) = (tmp_path / "registry" / "envelopes").iterdir()
    envelope = Envelope.open(folder)
    assert envelope.digest == published["digest"]
    (stored,) = folder.glob("values/*.json")
    assert json.loads(stored.read_text()) == {"X": 3.0, "Y": 2.0}  # of the sample: {"X": 3.0, "Y": 4.0}
    assert run(tmp_path) == 0
    assert len(list((tmp_path / "registry" / "envelopes").iterdir())) == 1


def test_only_notebooks_publish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check tells it before anything runs."""
    make_project(tmp_path, TRAINS.replace("shop.ipynb", "shop.py"))
    (tmp_path / "shop.py").write_text("def rates(orders):\n    return 1\n")
    assert main(["pipeline", "check", str(tmp_path / "pipeline.yaml")]) == 1
    assert "is no notebook" in capsys.readouterr().err
