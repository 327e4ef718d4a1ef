"""A real Airflow runs the compiled DAG files: the same files as `dagbook pipeline run`, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.airflow.command import airflow, compile_dag
from tests.pipeline.making import PIPELINE, make_project
from tests.pipeline.test_run import files, record

pytestmark = pytest.mark.airflow
DAY = "2026-01-02"
CHECKED = """\
name: shop_daily
schedule: "@daily"
module: shop.ipynb
retries: 1
retry_delay: 1s
inputs: {orders: "data/orders/{day}.csv"}
params: {day: "{{ ds }}"}
stages:
  first: {outputs: [spend], write: "out/spend/{day}.csv"}
  second: {outputs: [large], write: "out/large/{day}.csv", retries: 0}
  third: {outputs: [never], write: "out/never/{day}.csv"}
"""
CELLS = (
    "%%setup\nimport os\nfrom pathlib import Path\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'customer': ['a', 'b'], 'euro': [1.0, 2.0]})",
    "%%node spend\nmark = Path(os.environ['DAGBOOK_TEST_MARK'])\nif not mark.exists():\n    mark.touch()\n"
    "    raise ConnectionError('the first try fails')\norders.groupby('customer')['euro'].sum()",
    "%%node large\nspend[spend > 1]",
    "%%check large\nlarge < 3  # nobody spends that much",
    "%%node never\nlarge * 2",
)


def _test_run(environment: dict[str, str], path: Path, form: str) -> str:
    """Compile a pipeline and run it as Airflow does; returns what was printed."""
    dags = path.parent / "dags"
    compile_dag(path, dags, form)
    made = {
        **environment,
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "DAGBOOK_TEST_MARK": str(path.parent / "mark"),
    }
    return airflow(made, "dags", "test", "shop_daily", DAY).stdout


@pytest.mark.parametrize("form", ["python", "bash"])
def test_the_files_are_those_of_an_embedded_run(
    environment: dict[str, str], tmp_path: Path, form: str
) -> None:
    """Both forms; the second stage reads what the first one kept."""
    text = PIPELINE.replace("params: {", 'params: {note: "a \\"b\\" $HOME `x`", ').replace(
        "score/{day}", "score/{note}{day}"
    )
    (tmp_path / "embedded").mkdir()
    (tmp_path / "scheduled").mkdir()
    assert main(["pipeline", "run", str(make_project(tmp_path / "embedded", text)), "--day", DAY]) == 0
    said = _test_run(environment, make_project(tmp_path / "scheduled", text), form)
    assert files(tmp_path / "scheduled") == files(tmp_path / "embedded"), said
    assert len(files(tmp_path / "scheduled")) == 2
    assert list(record(tmp_path / "scheduled")["stages"]["score"]["inputs"]) == ["customers"]


def test_a_retry_succeeds_and_a_check_stops_the_run(environment: dict[str, str], tmp_path: Path) -> None:
    """The first stage fails once; the check of the second fails, so nothing of it and of the third is written."""
    said = _test_run(environment, make_project(tmp_path, CHECKED, *CELLS), "bash")
    assert "the first try fails" in said
    assert "nobody spends that much" in said
    assert list(files(tmp_path)) == [f"out/spend/{DAY}.csv"], said
    assert record(tmp_path)["stages"]["second"]["error"]["code"] == "DB302"
    assert "third" not in record(tmp_path)["stages"]
    assert re.search(r"shop_daily.*failed", said)
