"""A run in parts gives what a run at once gives, in the same order; what it cannot do it says."""

from __future__ import annotations

import re
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.errors import CheckError, DataflowError, NodeError
from kernel_magics.nature.kept import Kept
from kernel_magics.nature.nature import Nature
from kernel_magics.scale import driver as driver_module
from kernel_magics.scale.job import Job
from tests.notebook_file import write_notebook
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

ALL = [name for name in (*PARTED, *WHOLE) if name != "broken"]


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Dataflow:
    """The dataflow of shops."""
    return shop_flow(tmp_path_factory.mktemp("shops"))


@pytest.mark.parametrize("executor", ["threads", "processes", "one of the caller"])
def test_values_are_those_of_a_run_at_once(flow: Dataflow, executor: str) -> None:
    """Cells, labels, types and order are the same, though the rows of the input are in no order."""
    table = shops()
    with ThreadPoolExecutor(2) as pool:
        found = values_of(
            run_of(flow, ALL, {"df": table}, executor=pool if executor.startswith("one") else executor)
        )
    for name, value in flow.run(ALL, inputs={"df": table}).items():
        assert_same(value, found[name])


@pytest.mark.parametrize("parts", [1, 2, 7, 100])
def test_any_number_of_parts_will_do(flow: Dataflow, parts: int) -> None:
    """A part for each store, or one for all."""
    table = shops(seed=parts)
    run = run_of(flow, ["large", "cleaned"], {"df": table}, parts=parts)
    assert len(run.parts) == min(parts, 7)
    found = values_of(run)
    for name, value in flow.run(["large", "cleaned"], inputs={"df": table}).items():
        assert_same(value, found[name])


def test_the_plan_says_what_crosses(flow: Dataflow) -> None:
    """Only values that are read whole are put together; whole nodes say why."""
    plan = run_of(flow, ["large", "ranked"], {"df": shops()}).plan
    assert [(step.kind, step.nodes, step.pieces, step.joined) for step in plan.steps] == [
        ("parts", ("sales", "before", "change"), ("change",), ("sales", "change")),
        ("whole", ("usual", "ranked"), (), ("usual", "ranked")),
        ("parts", ("large",), (), ("large",)),
    ]
    text = plan.to_text()
    assert re.match(
        r"3 parts of 7 values of store, \d+ to \d+ rows each\n1\. in parts of store: sales, before, change\n",
        text,
    )
    assert "   ranked: it looks at all rows" in text


def test_a_value_whose_order_nothing_tells_is_computed_whole(tmp_path: Path) -> None:
    """Sorted by a column that says nothing of where rows of parts belong: the plan says so, values stay right."""
    flow = shop_flow(
        tmp_path,
        "def cheap(df):\n    return df.sort_values(['price', 'units', 'day']).reset_index(drop=True)\n",
    )
    table = shops()
    run = run_of(flow, ["cheap"], {"df": table}, {"cheap": by_store("df")})
    assert [step.kind for step in run.plan.steps] == ["whole"]
    assert "no rule tells where the rows of parts belong" in run.plan.to_text()
    assert_same(flow.run("cheap", inputs={"df": table})["cheap"], values_of(run)["cheap"])


def test_an_error_names_the_key_at_which_it_happens(flow: Dataflow) -> None:
    """The part, and the store in it that fails by itself."""
    with pytest.raises(NodeError) as caught:
        values_of(run_of(flow, ["broken"], {"df": shops(), "bad": "s3"}, executor="processes", verify="off"))
    assert re.search(
        r"'broken' failed: ValueError: no such store\.\n  in part \d of 3: store s3", caught.value.message
    )


LIE = natures(among=by_store("sales"))


def test_real_data_that_refutes_a_verdict_stops_the_run(flow: Dataflow, tmp_path: Path) -> None:
    """The node is named, nothing is given back, and the next run knows."""
    table = shops()
    kept = Kept(tmp_path / "natures")
    with pytest.raises(DataflowError) as caught:
        values_of(run_of(flow, ["among"], {"df": table, "centred": True}, LIE, kept))
    assert caught.value.code == "DB348"
    assert re.search(
        r"'among' cannot be computed in parts of store: when store s\d was computed apart .*became",
        caught.value.message,
    )
    node = flow.graph.node("among")
    again = Kept(tmp_path / "natures").corrected(flow.graph, node, LIE["among"])
    assert again.keys["store"].holds is False
    known = {**LIE, "among": again}
    found = values_of(run_of(flow, ["among"], {"df": table, "centred": True}, known, kept))
    assert_same(flow.run("among", inputs={"df": table}, params={"centred": True})["among"], found["among"])


def test_a_part_of_one_key_is_checked_with_another_part(flow: Dataflow) -> None:
    """Alone it would be compared with itself."""
    with pytest.raises(DataflowError, match="DB348"):
        values_of(run_of(flow, ["among"], {"df": shops(), "centred": True}, LIE, parts=7))


def test_spot_checks_can_be_left_out(flow: Dataflow) -> None:
    """Then a wrong verdict gives wrong values: that is what the checks are for."""
    table = shops()
    found = values_of(run_of(flow, ["among"], {"df": table, "centred": True}, LIE, verify="off"))
    assert not np.allclose(
        found["among"], flow.run("among", inputs={"df": table}, params={"centred": True})["among"]
    )


CHECKED = [
    "%%setup\nimport pandas as pd\nfrom tests.scale.shops import shops",
    "%%inputs --key store\ndf: pd.DataFrame = shops()",
    "%%node big\ndf['units'] * 2",
    "%%check big\nbig.max() < 10  # small",
]


def test_checks_see_whole_values(tmp_path: Path) -> None:
    """A check that does not hold raises at the end, and warns where it shall."""
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "nb.ipynb", CHECKED))
    known = {"big": by_store("df")}
    run = run_of(flow, ["big"], {"df": shops()}, known)
    assert "checks, on whole values: check_big" in run.plan.to_text()
    with pytest.raises(CheckError, match="small"):
        values_of(run)
    with pytest.warns(UserWarning, match="small"):
        values_of(run_of(flow, ["big"], {"df": shops()}, known, checks="warn"))


class Losing(ThreadPoolExecutor):
    """Loses every job at its first try."""

    def __init__(self) -> None:
        super().__init__(1)
        self.seen: set[bytes] = set()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Run a job, unless it is new."""
        new = args[1] not in self.seen
        self.seen.add(args[1])
        return super().submit(_lost if new else fn, *args, **kwargs)


class Failing(ThreadPoolExecutor):
    """Loses every job."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Lose a job."""
        return super().submit(_lost)


def _lost(*arguments: object) -> bytes:
    raise ConnectionError("a worker is gone")


def test_lost_jobs_are_tried_again(flow: Dataflow) -> None:
    """Up to three times; then the error says how often."""
    table = shops()
    with Losing() as pool:
        found = values_of(run_of(flow, ["change"], {"df": table}, executor=pool))
    assert_same(flow.run("change", inputs={"df": table})["change"], found["change"])
    with Failing() as pool:
        run = run_of(flow, ["change"], {"df": table}, executor=pool)
        with pytest.raises(DataflowError, match="lost 3 times while it was computing all rows"):
            values_of(run)


class Breaking(ThreadPoolExecutor):
    """Breaks with every job, as a pool does one of whose processes ended."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A job that is lost together with all others."""
        future: Future[bytes] = Future()
        future.set_exception(BrokenExecutor("a process ended"))
        return future


@pytest.mark.parametrize(
    ("count", "named"),
    [(1, "part 1: "), (2, "part 1 or part 2: "), (9, "part 1, part 2, part 3, part 4 or 4 others: ")],
)
def test_all_jobs_are_named_that_a_broken_pool_had(tmp_path: Path, count: int, named: str) -> None:
    """Any of them may have ended the process; the one that is looked at first need not have."""
    jobs = [Job("part", "program", part) for part in range(count)]
    with Breaking(4) as pool:
        driver = driver_module.Driver(
            tmp_path, lambda: nullcontext(pool), lambda job, report: None, lambda pool: 4
        )
        with pytest.raises(DataflowError, match=f"lost 3 times while it was computing {named}BrokenExec"):
            driver.run(jobs)


def test_a_run_that_ended_early_goes_on(
    flow: Dataflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs that were done are not done again, and the values are the same."""
    table = shops()
    work = tmp_path / "work"
    work.mkdir()
    done = driver_module.Driver._end

    def killed(self: Any, job: Any, report: Any) -> None:
        done(self, job, report)
        if job.kind == "part" and self.folder == work:
            raise KeyboardInterrupt

    monkeypatch.setattr(driver_module.Driver, "_end", killed)
    with pytest.raises(KeyboardInterrupt):
        values_of(run_of(flow, ["large"], {"df": table}, work=work))
    monkeypatch.undo()
    run = run_of(flow, ["large"], {"df": table}, work=work)
    assert_same(flow.run("large", inputs={"df": table})["large"], values_of(run)["large"])
    assert run.reused >= 2


def test_no_input_with_the_key_is_said(flow: Dataflow) -> None:
    """With what there is."""
    with pytest.raises(
        DataflowError, match=r"DB347 no input has 'shop'\.   Hint: there are store, day, units, price\."
    ):
        flow.plan("sales", key="shop", inputs={"df": shops()})


def test_the_public_way_learns_natures_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`flow.run(key=…)` and `flow.plan` need nothing else; what they learn is kept in the folder."""
    monkeypatch.chdir(tmp_path)
    flow = shop_flow(tmp_path, MODULE.partition("def change")[0])
    table = shops()
    assert [step.kind for step in flow.plan("before", key="store", inputs={"df": table}).steps] == ["parts"]
    found = flow.run("before", key="store", parts=2, executor="threads", inputs={"df": table})
    assert_same(flow.run("before", inputs={"df": table})["before"], found["before"])
    assert list((tmp_path / ".dagbook" / "natures").rglob("*.json"))


def test_nothing_of_a_run_stays(flow: Dataflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a run goes with it, whether it ended well or not."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    values_of(run_of(flow, ["change"], {"df": shops()}))
    with pytest.raises(NodeError):
        values_of(run_of(flow, ["broken"], {"df": shops(), "bad": "s3"}))
    assert not list(tmp_path.iterdir())


def test_unordered_natures_count_as_whole(flow: Dataflow) -> None:
    """A node that nobody looked at is computed whole."""
    run = run_of(flow, ["sales"], {"df": shops()}, {"sales": Nature()})
    assert [step.kind for step in run.plan.steps] == ["whole"]


def test_missing_keys_have_a_part(flow: Dataflow) -> None:
    """Rows without a store are neither lost nor doubled."""
    table = shops()
    table.loc[::9, "store"] = None
    found = values_of(run_of(flow, ["cleaned"], {"df": table}))
    assert_same(flow.run("cleaned", inputs={"df": table})["cleaned"], found["cleaned"])


def test_frames_of_the_sample_are_not_needed_to_be_sorted(flow: Dataflow) -> None:
    """An input that is sorted by store gives the same, too."""
    table = shops().sort_values(["store", "day"]).reset_index(drop=True)
    found = values_of(run_of(flow, ["totals", "ranked"], {"df": table}))
    whole = flow.run(["totals", "ranked"], inputs={"df": table})
    pd.testing.assert_series_equal(found["totals"], whole["totals"])
    assert_same(whole["ranked"], found["ranked"])
