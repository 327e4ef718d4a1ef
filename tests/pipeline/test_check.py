"""`dagbook pipeline check` shows the plan and every fault with its line; it runs nothing."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import PIPELINE, make_project
from tests.recorded import check_recorded

PLAN = """\
shop_daily: shop.ipynb, 0 5 * * * UTC
1. features
   computes  2 nodes: spend, count
   reads     orders from data/orders/{day}.csv
   writes    spend, count to out/features/{day}.parquet
2. score
   computes  3 nodes: home, rates, score
   reads     customers from data/customers.csv
   takes     spend from earlier stages
   writes    score to out/score/{day}.parquet
"""


def test_the_plan_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is computed, read and written, stage by stage; the notebook's code does not run."""
    monkeypatch.chdir(tmp_path)
    make_project(tmp_path, PIPELINE)
    before = sorted(tmp_path.rglob("*"))
    assert main(["pipeline", "check", "pipeline.yaml"]) == 0
    assert capsys.readouterr().out == PLAN
    assert main(["pipeline", "check", "pipeline.yaml", "--day", "2026-01-02"]) == 0
    assert main(["pipeline", "check", "pipeline.yaml", "--day", "2026-02-02"]) == 1
    assert "MISSING   the files of 'orders': data/orders/2026-02-02.csv" in capsys.readouterr().out
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("suffix", ["svg", "mmd", "dot", "html", "json", "txt"])
def test_the_plan_as_a_picture(tmp_path: Path, suffix: str) -> None:
    """Every format of `dagbook graph`: sources, stages and what is written are its boxes."""
    path = make_project(tmp_path, PIPELINE)
    picture = tmp_path / f"plan.{suffix}"
    assert main(["pipeline", "check", str(path), "-o", str(picture)]) == 0
    text = picture.read_text()
    assert all(word in text for word in ("customers", "features", "score"))
    if suffix == "json":
        links = {node["name"].strip(): node["inputs"] for node in json.loads(text)["nodes"]}
        assert links["score"] == ["customers ", "features"]


def test_editors_get_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a JSON Schema, and says of each key what it means."""
    assert main(["pipeline", "schema"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(found)
    keys = [*found["properties"].values(), *found["$defs"]["stage"]["properties"].values()]
    assert all(
        "description" in (found["$defs"][key["$ref"].split("/")[-1]] if "$ref" in key else key)
        for key in keys
    )


def change(old: str, new: str) -> str:
    """The pipeline with a change."""
    assert old in PIPELINE
    return PIPELINE.replace(old, new, 1)


WRONG = {
    "no YAML": change("schedule:", "  schedule:"),
    "a key twice": change("inputs:", "name: b\ninputs:"),
    "an unknown key": change("write:", "wirte:"),
    "a wrong type": change("[spend, count]", "spend"),
    "several runs a day": change("0 5 * * *", "*/5 * * * *"),
    "no such module": change("shop.ipynb", "shp.ipynb"),
    "no such node": change("[spend, count]", "[spent, count]"),
    "no such input": change("  customers:", "  custmers:"),
    "no such param": change("scale:", "scael:"),
    "no such param of a path": change("features/{day}", "features/{dya}"),
    "no such macro": change("{{ ds }}", "{{ sd }}"),
    "no such engine": change('write: "out/features', 'engine: treads, write: "out/features'),
    "an input from nowhere": change("  customers: data/customers.csv\n", ""),
    "a param of another type": change("scale: 2.0", "scale: big"),
    "a stage after a later one": change("outputs: [score]", "outputs: [score]\n    after: [scores]"),
    "two stages write one file": change("out/score/", "out/features/"),
    "a stage that publishes what it reads": change(
        "outputs: [score]", "outputs: [score]\n    fitted: model\n    publish: registry/"
    ),
    "half a source": change("data/customers.csv", "{sql: select 1}"),
    "half a sink": change('write: "out/score/{day}.parquet"', "write: {sql: scores}"),
    "a password in the file": change("data/customers.csv", '{table: c, url: "postgresql://me:secret@db/x"}'),
    "no URL": change("data/customers.csv", "{table: c, url: WAREHOUSE}"),
    "no such zone": change("inputs:", "timezone: Berlin\ninputs:"),
    "a start that is no day": change("inputs:", "start: 2026-02-30\ninputs:"),
}


def test_the_text_of_each_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, line, what is wrong, what was meant; recorded."""
    monkeypatch.chdir(tmp_path)
    parts = []
    for title, text in WRONG.items():
        make_project(tmp_path, text)
        assert main(["pipeline", "check", "pipeline.yaml"]) == 1, title
        err = capsys.readouterr().err
        assert "secret" not in err
        parts.append(f"### {title}\n{err}")
    check_recorded("errors_pipeline_check.txt", "\n".join(parts))


def test_all_faults_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person mends them in one go."""
    path = make_project(tmp_path, change("[spend, count]", "[spent, cuont]").replace("scale", "scael"))
    assert main(["pipeline", "check", str(path)]) == 1
    assert [
        line.split(": ")[0].rsplit(":", 1)[1]
        for line in capsys.readouterr().err.splitlines()
        if line.startswith("DB")
    ] == ["7", "9", "9"]


def test_what_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Variables, files, envelopes: the pipeline may be right, but it cannot run here."""
    text = change("data/customers.csv", "{table: customers, url: env:NO_SUCH_VARIABLE}").replace(
        "    outputs: [score]", "    outputs: [score]\n    fitted: shop/"
    )
    assert main(["pipeline", "check", str(make_project(tmp_path, text))]) == 1
    out = capsys.readouterr().out
    assert (
        "MISSING   the database of 'customers': the variable NO_SUCH_VARIABLE of the environment is not set"
        in out
    )
    assert "MISSING   the envelope 'shop/'" in out
    assert "takes     rates from shop/" in out
