"""`dagbook run --key`: files in, files out, the same as without parts; the output appears whole or not at all."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.scale.driver import Driver
from kernel_magics.scale.job import Job
from kernel_magics.scale.source import Files
from tests.scale.shops import MODULE, shops

TEXT = (
    MODULE.partition("def usual")[0]
    + """

def cleaned(df):
    return df[df["units"] > 3]


def mean(df):
    return df["price"].mean()
"""
)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module, its natures, and the data in several layouts."""
    folder = tmp_path_factory.mktemp("shops")
    (folder / "feats.py").write_text(TEXT)
    table = shops()
    table.to_parquet(folder / "mixed.parquet", row_group_size=25)
    table.to_csv(folder / "mixed.csv", index=False)
    (folder / "apart").mkdir()
    for store, rows in table.groupby("store"):
        rows.to_parquet(folder / "apart" / f"{store}.parquet", index=False)
    here = os.getcwd()
    try:
        os.chdir(folder)
        assert main(["run", "feats.py", "--key", "store", "--plan", "--input", "df=mixed.parquet"]) == 0
    finally:
        os.chdir(here)
    return folder


@pytest.fixture
def folder(learnt: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the working directory."""
    monkeypatch.chdir(learnt)
    return learnt


def run(output: str, data: str, *more: str, key: bool = True) -> int:
    """Run the module, in parts or at once."""
    parts = ["--key", "store", "--executor", "threads", "--parts", "3"] if key else []
    return main(["run", "feats.py", "-o", output, "--input", f"df={data}", *parts, *more])


@pytest.mark.parametrize("data", ["mixed.parquet", "mixed.csv", "apart", "apart/*.parquet"])
def test_a_file_is_the_one_of_a_run_at_once(folder: Path, data: str) -> None:
    """Whether the files have a store each, or all of them mixed."""
    assert run("parts.parquet", data, "--outputs", "change,before") == 0
    assert run("whole.parquet", data, "--outputs", "change,before", key=False) == 0
    assert Path("parts.parquet").read_bytes() == Path("whole.parquet").read_bytes()


def test_files_with_one_part_each_are_read_where_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sorted out of them; of mixed files, everything is, once."""
    jobs: list[Job] = []
    sort = Files.sorted_out

    def seen(self: Files, place: int, *more: Any) -> int:
        jobs.append(Job("sort", "", chunk=place))
        return sort(self, place, *more)

    monkeypatch.setattr(Files, "sorted_out", seen)
    assert run("out.parquet", "apart", "--outputs", "change") == 0
    assert not jobs
    assert run("out.parquet", "mixed.parquet", "--outputs", "change") == 0
    assert len(jobs) == len({job.chunk for job in jobs}) == 5


@pytest.mark.parametrize("turn", [True, False], ids=["in turn", "one after another"])
def test_parts_keep_the_numbers_of_their_rows(
    turn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where those of a part are evenly spaced, like a range: read as one, they are those of all rows."""
    monkeypatch.chdir(tmp_path)
    Path("feats.py").write_text("def twice(df):\n    return df['units'] * 2\n")
    stores = ["a", "b", "c", "d"] * 30 if turn else [store for store in "abcd" for _ in range(30)]
    pd.DataFrame({"store": stores, "units": range(120)}).to_parquet("df.parquet", row_group_size=40)
    assert run("out/", "df.parquet", "--outputs", "twice", "--parts", "4") == 0
    assert run("whole.parquet", "df.parquet", "--outputs", "twice", key=False) == 0
    found = pd.read_parquet("out/twice").sort_index()
    pd.testing.assert_frame_equal(found, pd.read_parquet("whole.parquet"), check_index_type=False)


def test_a_folder_has_a_file_for_each_part(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outputs with the same rows stand side by side; all parts together are all rows; what is whole is one file."""
    assert run("out/", "mixed.parquet", "--outputs", "change,before,cleaned,mean") == 0
    assert sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()) == [
        "_run.json",
        *(f"{name}/part-000{part}.parquet" for name in ("change", "cleaned") for part in (1, 2, 3)),
        "mean.json",
    ]
    assert run("whole.parquet", "mixed.parquet", "--outputs", "change,before", key=False) == 0
    found, whole = pd.read_parquet("out/change").sort_index(), pd.read_parquet("whole.parquet").sort_index()
    pd.testing.assert_frame_equal(found, whole, check_exact=True)
    assert "out/change/: 3 files, 2 outputs" in capsys.readouterr().err
    assert run("out/", "mixed.parquet", "--outputs", "change") == 0, (
        "the folder of an earlier run is replaced"
    )
    assert json.loads(Path("out/_run.json").read_text())["files"] == [
        f"change/part-000{part}.parquet" for part in (1, 2, 3)
    ]


def test_a_long_path_will_do(folder: Path) -> None:
    """Longer than a file's name may be."""
    deep = Path(*["a folder with a long name"] * 12)
    assert run(f"{deep}/out/", "mixed.parquet", "--outputs", "change") == 0
    assert len(pd.read_parquet(deep / "out" / "change")) == len(pd.read_parquet("mixed.parquet"))


def test_files_of_others_are_never_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that has something else is refused before anything runs."""
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    assert run("mine/", "mixed.parquet") == 1
    assert "it has files that no run in parts wrote, such as 'notes.txt'" in capsys.readouterr().err
    assert Path("mine/notes.txt").read_text() == "keep"


def test_a_run_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither output nor the run's folder."""
    table = pd.read_parquet("mixed.parquet")
    table["units"] = table["units"].astype(str) + "x"
    table.to_parquet("wrong.parquet")
    before = set(os.listdir())
    assert run("failed.parquet", "wrong.parquet", "--outputs", "change") == 1
    assert set(os.listdir()) == before


def test_a_killed_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its folder stays; the same command does only what is left, another command removes it."""
    done = Driver._end

    def killed(self: Any, job: Any, report: Any) -> None:
        done(self, job, report)
        if job.kind == "part":
            raise KeyboardInterrupt

    for again, told in (("change", True), ("before", False)):
        with monkeypatch.context() as patch:
            patch.setattr(Driver, "_end", killed)
            assert run("killed.parquet", "mixed.parquet", "--outputs", "change") == 130
        assert list(Path().glob(".killed.parquet.run-*"))
        assert not Path("killed.parquet").exists()
        assert run("killed.parquet", "mixed.parquet", "--outputs", again) == 0
        assert ("taken over from a run that did not end" in capsys.readouterr().err) == told
        assert not list(Path().glob(".killed.parquet.run-*"))
        Path("killed.parquet").unlink()


def test_two_runs_do_not_write_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one says who does."""
    work = Path(".busy.parquet.run-0")
    work.mkdir(mode=0o700)
    (work / "owner").write_text(f"{platform.node()}:{os.getppid()}")
    try:
        assert run("busy.parquet", "mixed.parquet", "--outputs", "change") == 1
    finally:
        (work / "owner").unlink()
        work.rmdir()
    assert f"DB350 another run writes 'busy.parquet' now: process {os.getppid()}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["--verify", "some"], 2, "--verify 'some' is no number"),
        (["--append"], 2, "--append and --since belong together"),
        (["--key", "shop"], 2, "DB347 no input has 'shop'."),
        (["--executor", "dask"], 1, "DB003 executor 'dask' needs a package: distributed is not installed."),
        (["--executor", "threads=4"], 2, "DB309 executor 'threads=4' has no address."),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    folder: Path,
    more: list[str],
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One clear error, and nothing is written."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    assert run("never.parquet", "mixed.parquet", "--outputs", "change", *more) == code
    assert told in capsys.readouterr().err
    assert not Path("never.parquet").exists()


def test_options_of_parts_need_a_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They would be ignored otherwise."""
    assert run("never.parquet", "mixed.parquet", "--parts", "3", key=False) == 2
    assert "--parts belongs to runs in parts" in capsys.readouterr().err
