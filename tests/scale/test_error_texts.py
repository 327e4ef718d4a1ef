"""The text of each error that only a run in parts can meet, recorded."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli import scale_run
from kernel_magics.engine.errors import DataflowError
from kernel_magics.placement.clusters import unreachable
from kernel_magics.scale import job
from kernel_magics.scale.job import Job, run_job
from tests.recorded import check_recorded
from tests.scale.shops import by_store, natures, run_of, shop_flow, shops, values_of

LOCKED = "import threading\nLOCK = threading.Lock()\n\n\ndef held(df):\n    with LOCK:\n        return df\n"
MOVED = "def moved(df, reset: bool = False):\n    return df.tail(9).reset_index(drop=True) if reset else df\n"


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], object]]:
    """What leads to each error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shops").mkdir()
    flow = shop_flow(tmp_path / "shops")
    inputs = {"df": shops()}

    def own(name: str, text: str, **more: Any) -> object:
        (tmp_path / name).mkdir()
        run = run_of(
            shop_flow(tmp_path / name, text), [name], {**inputs, **more}, {name: by_store("df")}, verify="off"
        )
        return values_of(run)

    def little_memory() -> object:
        with monkeypatch.context() as patch:
            patch.setattr(job, "free_memory", lambda: 1000)
            return values_of(run_of(flow, ["usual"], inputs))

    def no_folder() -> None:
        raise pickle.loads(run_job("/nowhere", pickle.dumps(Job("look", "here")))).error

    def refuted() -> object:
        known = natures(among=by_store("sales"))
        return values_of(run_of(flow, ["among"], {**inputs, "centred": True}, known))

    def busy() -> None:
        (tmp_path / ".out.parquet.run-1").mkdir()
        (tmp_path / ".out.parquet.run-1" / "owner").write_text("here:1234")
        with monkeypatch.context() as patch:
            patch.setattr(scale_run, "_lives", lambda owner: True)
            with scale_run._worked(Path("out.parquet"), "2"):
                pass

    def no_scheduler() -> None:
        raise unreachable("dask", "tcp://10.0.0.7:8786", TimeoutError("no answer within 30 s"))

    return {
        "DB343 a function that cannot be sent": lambda: own("held", LOCKED),
        "DB344 a value that does not fit": little_memory,
        "DB345 a folder that a worker does not see": no_folder,
        "DB346 rows in another order than in the sample": lambda: own("moved", MOVED, reset=True),
        "DB347 a key that no input has": lambda: flow.plan("sales", key="shop", inputs=inputs),
        "DB348 a verdict that real data refutes": refuted,
        "DB349 a cluster that does not answer": no_scheduler,
        "DB350 an output that another run writes": busy,
    }


def test_the_text_of_each_error(cases: dict[str, Callable[[], object]]) -> None:
    """Code, message and way out."""
    parts = []
    for name, raising in cases.items():
        with pytest.raises(DataflowError) as caught:
            raising()
        error = caught.value
        text = "\n".join(error.lines())
        text = re.sub(
            r"store s\d was (.*): at .*", r"store s4 was \1: at s4, 2024-01-20: -0.4 became -0.9.", text
        )
        text = re.sub(r"about \d+ MB", "about 310 MB", text)
        text = re.sub(
            r"cannot run in other processes: .*",
            "cannot run in other processes: TypeError: cannot pickle '_thread.lock' object.",
            text,
        )
        assert error.code == name.split()[0], text
        parts.append(f"### {name}\n{text}")
    check_recorded("errors_scale.txt", "\n\n".join(parts) + "\n")
