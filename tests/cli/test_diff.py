"""`dagbook diff`: what differs between two dataflows, whether notebooks, modules or git revisions."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from tests.module_file import import_module
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport math\n\nRATE = 2\n\n\ndef scaled(x):\n    return x * RATE",
    "%%inputs\nspend: float = 2.0\nsignups: float = 3.0\nunread: int = 1",
    "%%params\nwindow: int = 3\nsteps: list[int] = [1, 2]\nregion: str = 'US'",
    "%%node cost --tag owner=ads\n# Cost.\nspend / signups",
    "%%node rolled\n# Rolled.\nscaled(cost) * window",
    "%%node price --when region=US\nmath.floor(rolled)",
    "%%node price --when region=EU\nmath.ceil(rolled)",
    "%%node lag_{k} --for k=1,2\ncost - k",
    "%%node low, high\nlow = price - 1\nhigh = price + 1",
    "%%node\ndef total(cost: float, steps: list[int]) -> float:\n    return sum(steps) * cost",
    "%%check cost\ncost > 0  # positive",
]


def diff(capsys: pytest.CaptureFixture[str], *argv: object) -> dict[str, Any]:
    """The changes as JSON."""
    capsys.readouterr()
    assert main(["diff", *map(str, argv), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def changed(found: dict[str, Any]) -> dict[str, list[str]]:
    """What changed, by name."""
    return {item["name"]: item["what"] for item in found["changed"]}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "old.ipynb", CELLS)


def with_cell(folder: Path, old: str, new: str) -> Path:
    """The notebook with another text in its cells."""
    assert any(old in cell for cell in CELLS)
    return write_notebook(folder / "new.ipynb", [cell.replace(old, new) for cell in CELLS])


@pytest.mark.parametrize(
    ("before", "after", "expected", "downstream"),
    [
        ("spend / signups", "spend   /   signups  # same", {}, []),
        ("spend / signups", "spend // signups", {"cost": ["code"]},
         ["rolled", "price", "lag_1", "lag_2", "low_and_high", "low", "high", "total", "check_cost"]),
        ("# Cost.", "# The cost.", {"cost": ["doc"]}, []),
        ("owner=ads", "owner=shop", {"cost": ["tags"]}, []),
        ("* RATE", "+ RATE", {"rolled": ["uses scaled"]}, ["price", "low_and_high", "low", "high"]),
        ("RATE = 2", "RATE = 3", {"rolled": ["uses RATE"]}, ["price", "low_and_high", "low", "high"]),
        ("import math", "import cmath as math", {"price": ["uses math"]}, ["low_and_high", "low", "high"]),
        ("window: int = 3", "window: int = 4", {"window": ["default"]}, ["rolled", "price", "low_and_high", "low", "high"]),
        ("window: int", "window: float", {"window": ["type"]}, []),
        ("spend: float = 2.0", "spend: float = 5.0", {"spend": ["sample"]},
         ["cost", "rolled", "price", "lag_1", "lag_2", "low_and_high", "low", "high", "total", "check_cost"]),
        ("cost: float, steps: list[int]", "steps: list[int], cost: float", {"total": ["inputs"]}, []),
        ("-> float", "-> int", {"total": ["type"]}, []),
        ("math.ceil(rolled)", "math.floor(rolled) + 1", {"price": ["code"]}, ["low_and_high", "low", "high"]),
        ("region=EU", "region=DE", {"price": ["variants"]}, ["low_and_high", "low", "high"]),
        ("cost > 0", "cost > 1", {"check_cost": ["conditions"]}, []),
        ("# positive", "# more than nothing", {"check_cost": ["conditions"]}, []),
    ],
)  # fmt: skip
def test_what_changed_and_what_it_reaches(
    old: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    before: str,
    after: str,
    expected: dict[str, list[str]],
    downstream: list[str],
) -> None:
    """Each kind of edit is reported at its node; formatting and comments are ignored; what it reaches is listed."""
    found = diff(capsys, old, with_cell(tmp_path, before, after))
    kept = {name: what for name, what in changed(found).items() if name in expected or not expected}
    assert kept == expected
    assert [name for name in found["downstream"] if name in downstream] == downstream
    assert not downstream or found["downstream"] == downstream
    assert found["added"] == found["removed"] == []


def test_added_removed_and_renamed(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A node under another name is renamed, and its readers are not changed by that; others come and go."""
    cells = [cell for cell in CELLS if "lag_" not in cell and "%%check" not in cell]
    cells = [cell.replace("cost", "unit_cost") for cell in cells]
    cells = [cell.replace("rolled", "smooth") for cell in cells]
    found = diff(capsys, old, write_notebook(tmp_path / "new.ipynb", [*cells, "%%node twice\nunit_cost * 2"]))
    assert found["renamed"] == {"cost": "unit_cost", "rolled": "smooth"}
    assert found["added"] == ["twice"]
    assert found["removed"] == ["lag_1", "lag_2", "check_cost"]
    assert (
        found["changed"] == [{"name": "smooth", "kind": "value", "what": ["doc"]}] or found["changed"] == []
    )


def test_a_notebook_is_equal_to_its_module(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export has no difference in what both can contain, in either direction; an edit of it has."""
    module = tmp_path / "ads.py"
    assert main(["export", str(old), "-o", str(module), "--no-run"]) == 0
    for pair in ((old, module), (module, old), (module, module)):
        found = diff(capsys, *pair)
        assert not any(found[key] for key in ("added", "removed", "renamed", "changed")), found
    module.write_text(
        module.read_text().replace("spend / signups", "spend // signups").replace("[1, 2]", "[1]")
    )
    assert changed(diff(capsys, old, module)) == {"cost": ["code"], "steps": ["default"]}


HELPERS = {
    "a default": "HALF = 2.0\n\n\ndef half(x, k=HALF):\n    return x / k",
    "a keyword with a default": "def half(x, *, k=2.0):\n    return x / k",
    "a helper of a helper": "def inner(x, k=2):\n    return x / k\n\n\ndef half(x, by=inner(4)):\n    return inner(x, by)",
    "a lambda": "half = lambda x, k=2: x / k",
    "a class": "class Halver:\n    def __init__(self, k=2):\n        self.k = k\n\n\ndef half(x, by=Halver()):\n    return x / by.k",
    "a decorator": "import functools\n\n\n@functools.lru_cache(maxsize=None)\ndef half(x, k=2):\n    return x / k",
}


@pytest.mark.parametrize("name", HELPERS)
def test_an_export_is_no_change(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: what an export writes otherwise, and means the same: helpers are private there (r03)."""
    cells = [f"%%setup\n{HELPERS[name]}", "%%inputs\nv: float = 3.0", "%%node h\nhalf(v)"]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "mod.py"), "--no-run"]) == 0
    assert diff(capsys, notebook, tmp_path / "mod.py")["changed"] == []
    changed_cells = [cells[0].replace("2", "4").replace("functools\n", "functools \n"), *cells[1:]]
    write_notebook(notebook, changed_cells)
    assert diff(capsys, notebook, tmp_path / "mod.py")["changed"] != []


def test_a_node_with_the_name_of_a_check_is_a_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind: a name alone decides nothing. Only a function with deferred conditions is a check, in a module too."""
    cells = [
        "%%inputs\nx: int = 3",
        "%%node check_x\n{'a': x + 1}",
        "%%node\ndef check_y(x) -> dict[str, object]:\n    return {'b': x, 'c': None}",
        "%%node warn_x\n{'len': len}",
        "%%check x\nx > 0  # positive",
        "%%node z\ncheck_x['a'] + check_y['b'] + len(warn_x)",
    ]
    notebook = write_notebook(tmp_path / "nb.ipynb", cells)
    assert main(["export", str(notebook), "-o", str(tmp_path / "mod.py"), "--no-run"]) == 0
    assert diff(capsys, notebook, tmp_path / "mod.py")["changed"] == []
    module = import_module(tmp_path, (tmp_path / "mod.py").read_text())
    flow = Dataflow.from_module(module)
    assert (list(flow.nodes), list(flow.checks)) == (["check_x", "check_y", "warn_x", "z"], ["check_x_2"])
    assert flow.run("z", inputs={"x": 3}) == {"z": 8}
    with pytest.raises(DataflowError, match="positive"):
        flow.run("z", inputs={"x": -3})


def test_exit_codes_are_those_of_git(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Differences are no error, unless `--exit-code` asks for 1."""
    new = with_cell(tmp_path, "spend / signups", "spend - signups")
    assert main(["diff", str(old), str(new)]) == 0
    said = capsys.readouterr().out
    assert "changed     cost: code\n" in said
    assert "-    return spend / signups" in said
    assert "+    return spend - signups" in said
    assert "downstream  rolled, price" in said
    assert main(["diff", str(old), str(new), "--exit-code"]) == 1
    assert main(["diff", str(old), str(old), "--exit-code"]) == 0
    assert capsys.readouterr().out.endswith("no differences\n")


def git(folder: Path, *command: str) -> None:
    """Run git with a user's identity."""
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *name, *command], cwd=folder, check=True, capture_output=True)


def test_revisions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`REV:path` is the file in a commit, by its path from the repository's top or from here."""
    (tmp_path / "nb").mkdir()
    path = write_notebook(tmp_path / "nb" / "old.ipynb", CELLS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    write_notebook(path, [cell.replace("spend / signups", "spend - signups") for cell in CELLS])
    monkeypatch.chdir(tmp_path / "nb")
    for name in ("HEAD:nb/old.ipynb", "HEAD:old.ipynb", ":old.ipynb"):
        assert changed(diff(capsys, name, "old.ipynb")) == {"cost": ["code"]}

    def fail(*argv: str) -> str:
        assert main(["diff", *argv, "old.ipynb"]) in (1, 2)
        return capsys.readouterr().err

    assert "DB417 cannot read 'nope:old.ipynb': git knows no revision 'nope'." in fail("nope:old.ipynb")
    assert "'HEAD' has no file 'none.ipynb'" in fail("HEAD:none.ipynb")
    assert "DB403 cannot read 'none.ipynb'" in fail("none.ipynb")
    assert "DB002" in fail("HEAD:old.txt")
    assert "DB002" in fail("--", "--output=x:old.ipynb")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_notebook(elsewhere / "old.ipynb", CELLS)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert "this is no git repository" in fail("HEAD:old.ipynb")
    monkeypatch.setenv("PATH", "")
    assert "git is not installed" in fail("HEAD:old.ipynb")


def test_comparing_executes_nothing(tmp_path: Path) -> None:
    """Neither notebooks nor modules run."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    notebook = write_notebook(
        tmp_path / "a.ipynb", [f"%%setup\nx = {trap}", f"%%inputs\na = {trap}", "%%node b\na, x"]
    )
    module = tmp_path / "b.py"
    module.write_text(f"x = {trap}\n\n\ndef b(a, c={trap}):\n    return a, x\n")
    assert main(["diff", str(notebook), str(module)]) == 0
    assert not (tmp_path / "ran").exists()


def test_the_changes_as_a_page(old: Path, tmp_path: Path) -> None:
    """The verdict comes first, both dataflows are one graph, changed code is below; nothing is loaded."""
    cells = [*CELLS[:3], CELLS[3].replace("spend / signups", "spend / (signups + 1)"), *CELLS[4:9], CELLS[10]]
    new = write_notebook(tmp_path / "new.ipynb", [*cells, "%%node extra\ncost * 2"])
    page = tmp_path / "changes.html"
    assert main(["diff", str(old), str(new), "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    verdict = text.partition('class="verdict">')[2].partition("</p>")[0]
    assert [part for part in ("1 changed", "1 added", "1 removed") if part not in verdict] == []
    for name in ("cost", "extra", "total"):
        assert f'<g class="dagbook-node" data-name="{name}"' in text
        assert f'[data-name="{name}"] [class' in text
    assert '<span style="color:var(--good)">+    return spend / (signups + 1)</span>' in text
    assert '<span style="color:var(--bad)">-    return spend / signups</span>' in text
    assert "default-src 'none'" in text
    assert main(["diff", str(old), str(old), "--html", str(page)]) == 0
    assert "no differences" in page.read_text(encoding="utf-8")


IN_PLACE = [
    "%%setup\nimport pandas as pd\n\n\ndef _capped(rows):\n    rows['a'] = rows['a'].clip(upper=3)\n    return rows",
    "%%inputs\nframe: pd.DataFrame = pd.DataFrame({'a': [1, 5]})\nlisted = [[1], [2]]",
    "%%node\ndef capped(frame):\n    '''Without what is large.'''\n    frame['a'] = frame['a'].clip(upper=2)\n    return frame",
    "%%node by_helper\n_capped(frame)",
    "%%node first\nlisted[0].append(3)\nlisted[0]",
    "%%node more_{k} --for k=1,2\nframe['a'] += k\nframe",
]


def test_the_copies_of_an_export_are_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module copies what its functions change in place; any other copy, and what is done with it, counts."""
    notebook, module = write_notebook(tmp_path / "old.ipynb", IN_PLACE), tmp_path / "m.py"
    assert main(["export", str(notebook), "-o", str(module), "--no-run"]) == 0
    text = module.read_text()
    assert text.count("frame = frame.copy()") > 1
    assert "copy.deepcopy(listed)" in text
    capsys.readouterr()
    assert main(["diff", str(notebook), str(module)]) == 0
    assert capsys.readouterr().out == "no differences\n"
    other = write_notebook(
        tmp_path / "new.ipynb", [cell.replace("append(3)", "append(4)") for cell in IN_PLACE]
    )
    assert main(["diff", str(other), str(module)]) == 0
    assert "changed     first: code\n" in capsys.readouterr().out
    copied = [
        cell.replace("listed[0].append", "listed = listed.copy()\nlisted[0].append") for cell in IN_PLACE
    ]
    assert main(["diff", str(notebook), str(write_notebook(tmp_path / "copied.ipynb", copied))]) == 0
    assert "changed     first: code\n" in capsys.readouterr().out
