"""Baselines and drift: what a later run is held against, what counts as drift, and when a run fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import SourceError
from kernel_magics.quality.baseline import read_baseline
from kernel_magics.quality.drift import drift, worst
from kernel_magics.quality.limits import Limits, read_limits
from kernel_magics.quality.profile import profile, read_profile
from tests.notebook_file import write_notebook

RNG = np.random.default_rng(7)
NORMAL = pd.Series(RNG.normal(10, 2, 2000))
WORDS = pd.Series(RNG.choice(["a", "b", "c"], 2000, p=[0.5, 0.3, 0.2]))


def levels(before: object, after: object, stored: bool = True) -> dict[str, str]:
    """The level of each measure that is not ok."""
    old = profile(before)
    if stored:
        old = read_profile(json.loads(json.dumps(old.to_json())))
    return {
        shift.measure: shift.level
        for shift in drift("x", old, profile(after), Limits())
        if shift.level != "ok"
    }


@pytest.mark.parametrize("rows", [30, 300, 3000])
@pytest.mark.parametrize("seed", range(5))
def test_the_same_source_does_not_drift(rows: int, seed: int) -> None:
    """Samples of one population are ok, small ones and large ones, numbers, counts and words."""
    rng = np.random.default_rng(seed)
    for make in (
        lambda n: rng.normal(10, 2, n),
        lambda n: rng.poisson(3, n),
        lambda n: np.where(rng.random(n) < 0.6, 0.0, rng.exponential(1, n)),
        lambda n: rng.random(n) < 0.3,
        lambda n: pd.Series(rng.choice(["a", "b", "c"], n)),
    ):
        assert "fail" not in levels(make(2000), make(rows)).values()


@pytest.mark.parametrize(
    ("before", "after", "measure"),
    [
        (NORMAL, NORMAL + 2, "psi"),
        (NORMAL, NORMAL * 1.8 + 32, "ks"),
        (NORMAL, NORMAL.mask(NORMAL.index % 3 == 0), "nulls"),
        (NORMAL, NORMAL.mask(NORMAL.index % 3 == 0, 0.0), "psi"),
        (NORMAL, NORMAL.astype(str), "type"),
        (WORDS, WORDS.replace({"a": "A"}), "new"),
        (WORDS, WORDS.replace({"a": "b"}), "psi"),
        (WORDS == "a", WORDS != "zzz", "psi"),
        (pd.DataFrame({"a": NORMAL, "b": WORDS}), pd.DataFrame({"a": NORMAL}), "type"),
    ],
)
def test_faults_are_failing_drift(before: object, after: object, measure: str) -> None:
    """Another unit, level, code or rate of gaps crosses a failing limit."""
    assert levels(before, after)[measure] == "fail"
    assert levels(before, after, stored=False)[measure] == "fail"


def test_limits_of_a_file(tmp_path: Path) -> None:
    """A file changes limits for all, for a node, for a column; what it leaves out of a pair is no limit."""
    path = tmp_path / "x.drift.toml"
    path.write_text(
        '[default]\nks = {warn = 0.5}\n[nodes.a]\npsi = {fail = 9}\n[nodes."a.b"]\nrows = {warn = 0.1}\n'
    )
    limits = read_limits(path)
    assert limits.of("z", "", "ks") == (0.5, float("inf"))
    assert limits.of("z", "", "psi") == (0.1, 0.25)
    assert limits.of("a", "", "psi") == (float("inf"), 9.0)
    assert limits.of("a", "b", "psi") == (float("inf"), 9.0)
    assert limits.of("a", "b", "rows") == (0.1, float("inf"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[default", "is not valid TOML"),
        ("[defaults]\npsi = {}", "there is no table 'defaults'"),
        ("[default]\npsy = {}", "did you mean 'psi'?"),
        ("[default]\npsi = 3", "the limits of 'psi' ([default]) cannot be read"),
        ("[default]\npsi = {warn = -1}", "cannot be read"),
        ("[nodes]\na = 3", "'nodes.a' is no table"),
        ("nodes = 3", "'nodes' is no table"),
    ],
)
def test_limits_that_make_no_sense(tmp_path: Path, text: str, words: str) -> None:
    """A mistake in the file is named; nothing is guessed."""
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(SourceError) as caught:
        read_limits(tmp_path / "x.toml")
    assert caught.value.code == "DB407"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2}', '{"version": 1, "nodes": {"a": {}}}', '{"version": 1}']
)
def test_damaged_baselines(tmp_path: Path, text: str) -> None:
    """A file that is no baseline is an error with the way out."""
    (tmp_path / "x.baseline.json").write_text(text)
    with pytest.raises(SourceError, match=r"DB407.*export again"):
        read_baseline(tmp_path / "x.baseline.json")


CELLS = [
    "%%setup\nimport numpy as np\nimport pandas as pd",
    "%%inputs\nx: pd.Series = pd.Series(np.random.default_rng(1).normal(10, 2, 500))",
    "%%params\nby: int = 2",
    "%%node twice\nx * by",
    "%%node noise\nx + np.random.random(len(x))",
    "%%check twice\ntwice > -100",
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module with its baseline."""
    folder = tmp_path_factory.mktemp("drift")
    notebook = write_notebook(folder / "n.ipynb", CELLS)
    assert main(["export", str(notebook), "-o", str(folder / "feats.py")]) == 0
    return folder / "feats.py"


def produce(module: Path, tmp_path: Path, values: object, *more: str) -> int:
    """A production run on these values of x."""
    pd.Series(values, name="x").to_csv(tmp_path / "x.csv")
    given = [
        "run",
        str(module),
        "-o",
        str(tmp_path / "o.csv"),
        f"--input=x={tmp_path}/x.csv",
        "--outputs=twice",
    ]
    return main([*given, *more])


def test_the_export_writes_a_readable_baseline(exported: Path) -> None:
    """Inputs and nodes are listed, one line for each column; params, checks and random nodes are not."""
    path = exported.with_suffix(".baseline.json")
    assert set(read_baseline(path)) == {"x", "twice"}
    assert max(map(len, path.read_text().split("\n"))) < 1500
    before = path.read_bytes()
    assert main(["export", str(exported.parent / "n.ipynb"), "-o", str(exported)]) == 0
    assert path.read_bytes() == before


def test_a_run_like_the_baseline_is_clean(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other rows of the same source: exit code 0 and no word about drift."""
    assert produce(exported, tmp_path, np.random.default_rng(2).normal(10, 2, 400)) == 0
    assert "drift" not in capsys.readouterr().err


def test_a_run_that_drifted_ends_with_3(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beyond a failing limit the output is written, the reasons are reported, and the exit code is 3."""
    drifted = np.random.default_rng(2).normal(20, 2, 400)
    assert produce(exported, tmp_path, drifted, "--report", str(tmp_path / "r.json")) == 3
    said = capsys.readouterr().err
    assert "drift: 'x': distributed differently (PSI " in said
    assert "drift: 'twice': distribution " in said
    assert (tmp_path / "o.csv").exists()
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["ok"] is False
    assert {"psi", "ks", "nulls"} <= {shift["measure"] for shift in report["drift"]}
    assert produce(exported, tmp_path, drifted, "--report", str(tmp_path / "r.html")) == 3
    assert "drift from the baseline" in (tmp_path / "r.html").read_text()
    assert produce(exported, tmp_path, drifted, "--baseline", "off") == 0


def test_limits_beside_the_module_decide(exported: Path, tmp_path: Path) -> None:
    """The file beside the module is found by itself; another one can be given."""
    drifted = np.random.default_rng(2).normal(20, 2, 400)
    lenient = exported.with_suffix(".drift.toml")
    lenient.write_text("[default]\npsi = {warn = 0.1}\nks = {}\n")
    try:
        assert produce(exported, tmp_path, drifted) == 0
        (tmp_path / "strict.toml").write_text("[nodes.x]\nks = {fail = 0.01}\n")
        assert produce(exported, tmp_path, drifted, "--limits", str(tmp_path / "strict.toml")) == 3
    finally:
        lenient.unlink()


def test_few_rows_fail_only_by_limits_that_somebody_set() -> None:
    """Eight rows of a sample are no baseline to stop production by: they warn; set limits always hold."""
    before, after = profile(NORMAL[:8]), profile(NORMAL[:400] + 20)
    assert worst(drift("x", before, after, Limits())) == "warn"
    assert worst(drift("x", profile(NORMAL[:120]), after, Limits())) == "fail"
    assert worst(drift("x", before, after, Limits(own={"x": {"psi": (0.1, 0.2)}}))) == "fail"
    assert worst(drift("x", before, profile(NORMAL[:400].astype(str)), Limits())) == "fail"


def test_the_worst_level_counts() -> None:
    """One failing measure is enough."""
    found = drift("x", profile(NORMAL), profile(NORMAL + 5), Limits())
    assert worst(found) == "fail"
    assert found[0].level == "fail"
    assert worst([]) == "ok"
