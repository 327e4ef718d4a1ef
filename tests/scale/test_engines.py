"""Runs on Dask, Ray and Spark themselves: the same values, errors and spot checks as in this process.

Each needs an environment with its extra; DAGBOOK_ENGINE names the one that must be there.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError, NodeError
from kernel_magics.placement.named import opened
from tests.ports import listening, started
from tests.scale.shops import (
    MODULE,
    PARTED,
    WHOLE,
    assert_same,
    by_store,
    natures,
    run_of,
    shop_flow,
    shops,
    values_of,
)

pytestmark = pytest.mark.engines
LIBRARIES = {"dask": "distributed", "ray": "ray", "spark": "pyspark"}
ALL = [name for name in (*PARTED, *WHOLE) if name != "broken"]


@pytest.fixture(scope="module", params=LIBRARIES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an executor, with an address where its cluster runs by itself."""
    name = str(request.param)
    if importlib.util.find_spec(LIBRARIES[name]) is None:
        assert os.environ.get("DAGBOOK_ENGINE") != name, f"{LIBRARIES[name]} is not installed"
        pytest.skip(f"{LIBRARIES[name]} is not installed")
    with CLUSTERS[name]() as address:
        yield f"{name}={address}" if address else name


@contextmanager
def dask_cluster() -> Iterator[str]:
    """A scheduler and two workers with a memory limit, each a process of its own."""
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": here}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"]
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        "--nthreads",
        "1",
        "--memory-limit",
        "600MB",
    ]
    with listening(lambda port: [*scheduler, "--port", str(port), "--no-dashboard"], **quiet) as (port, _):
        address = f"tcp://127.0.0.1:{port}"
        command = [*worker, "--no-dashboard", address]
        with started(command, **quiet), started(command, **quiet):
            yield address


@contextmanager
def ray_cluster() -> Iterator[str]:
    """Ray in this process for all tests, since it takes long to start."""
    import ray  # noqa: PLC0415

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        yield ""
    finally:
        ray.shutdown()


@contextmanager
def spark_session() -> Iterator[str]:
    """A session for all tests, with two threads."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = (
        builder.config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        yield ""
    finally:
        session.stop()


CLUSTERS = {"dask": dask_cluster, "ray": ray_cluster, "spark": spark_session}


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Dataflow:
    """The dataflow of shops, in a module that no worker can import."""
    return shop_flow(tmp_path_factory.mktemp("shops"))


def test_values_are_those_of_a_run_at_once(engine: str, flow: Dataflow) -> None:
    """In parts: cells, labels, types and order."""
    table = shops()
    found = values_of(run_of(flow, ALL, {"df": table}, executor=engine))
    for name, value in flow.run(ALL, inputs={"df": table}).items():
        assert_same(value, found[name])


def test_errors_and_refuted_verdicts_come_back(engine: str, flow: Dataflow) -> None:
    """With the node, the part and the key; a verdict that does not hold stops the run."""
    with pytest.raises(NodeError) as caught:
        values_of(run_of(flow, ["broken"], {"df": shops(), "bad": "s3"}, executor=engine))
    assert re.search(
        r"'broken' failed: ValueError: no such store\.\n  in part \d of 3: store s3", caught.value.message
    )
    lie = natures(among=by_store("sales"))
    with pytest.raises(DataflowError, match="DB348"):
        values_of(run_of(flow, ["among"], {"df": shops(), "centred": True}, lie, executor=engine))


def test_without_a_key_nodes_run_side_by_side(engine: str, flow: Dataflow) -> None:
    """The same values, and the error of a node with its name."""
    table = shops()
    found = flow.run(["large", "ranked", "totals"], inputs={"df": table}, executor=engine)
    for name, value in flow.run(["large", "ranked", "totals"], inputs={"df": table}).items():
        assert_same(value, found[name])
    with pytest.raises(NodeError, match="'broken' failed: ValueError: no such store"):
        flow.run("broken", inputs={"df": table}, params={"bad": "s3"}, executor=engine)


def test_files_go_in_and_out(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dagbook run --executor`: workers read the files, and write the parts."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feats.py").write_text(MODULE.partition("def change")[0])
    shops().to_parquet("shops.parquet", row_group_size=40)
    words = ["run", "feats.py", "--input", "df=shops.parquet", "--outputs", "before,sales"]
    assert main([*words, "-o", "whole.parquet"]) == 0
    assert main([*words, "-o", "out/", "--key", "store", "--parts", "3", "--executor", engine]) == 0
    found = pd.read_parquet("out/before").sort_index()
    pd.testing.assert_frame_equal(found, pd.read_parquet("whole.parquet").sort_index(), check_exact=True)
    assert len(list(Path("out/before").iterdir())) == 3
    assert np.isfinite(found["sales"]).all()


def test_a_cluster_that_is_not_there_is_said(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One error, with the address."""
    if not engine.startswith("dask"):  # the others look for a cluster for minutes
        with pytest.raises(DataflowError, match="DB309"), opened(f"{engine}="):
            pass
        return
    monkeypatch.setattr("kernel_magics.placement.dask_._PATIENCE", 1)
    with (
        pytest.raises(DataflowError, match=r"DB349 executor 'dask' does not start at tcp://127\.0\.0\.1:1"),
        opened("dask=tcp://127.0.0.1:1"),
    ):
        pass


def test_a_name_starts_a_cluster_of_its_own(engine: str, flow: Dataflow) -> None:
    """It ends with the run."""
    name = engine.partition("=")[0]
    found = values_of(run_of(flow, ["totals"], {"df": shops()}, executor=name))
    pd.testing.assert_series_equal(found["totals"], flow.run("totals", inputs={"df": shops()})["totals"])
    if name == "dask":
        from distributed import Client  # noqa: PLC0415

        assert not [each for each in Client._instances if each.status == "running"]
