"""The command line: exit codes, outputs, and one clear message for each kind of bad input."""

from __future__ import annotations

import io
import json
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.cli.run_command import Bar
from kernel_magics.engine.run.event import Finished, Started
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport pandas as pd",
    "%%inputs\nclicks: pd.Series = pd.Series([1.0, 4.0])  # a day\nviews: pd.Series = pd.Series([2.0, 5.0])",
    "%%params\nscale: int = 100",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "%%node percent --tag owner=ads\nctr * scale",
    "%%check ctr\nctr <= 1  # at most one",
    "%%test percent\nassert percent(0.5) == 50",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A small notebook that is in order."""
    return write_notebook(tmp_path / "ads.ipynb", CELLS)


def fail(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 1) -> str:
    """Run a command that must exit with 1 or another code; returns its stderr."""
    assert main(argv) == code
    return capsys.readouterr().err


def test_graph_writes_every_format(notebook: Path, tmp_path: Path) -> None:
    """The suffix of the output chooses the format, and JSON is the static view."""
    for suffix in ("svg", "html", "dot", "mmd", "json"):
        assert main(["graph", str(notebook), "-o", str(tmp_path / f"dag.{suffix}")]) == 0
        assert "percent" in (tmp_path / f"dag.{suffix}").read_text()
    assert "dagbookStore" in (tmp_path / "dag.html").read_text(), "the page is alive"
    view = json.loads((tmp_path / "dag.json").read_text())
    assert view["version"] == 1
    nodes = {node["name"]: node for node in view["nodes"]}
    assert nodes["percent"]["inputs"] == ["ctr", "scale"]
    assert nodes["percent"]["tags"] == {"owner": "ads"}
    assert nodes["scale"]["kind"] == "param"
    assert nodes["ctr"]["doc"] == "Clicks per view."
    assert nodes["ctr"]["cell"] == "[4]"
    assert nodes["clicks"]["type"] == "pd.Series"


def test_graph_never_executes_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drawing a notebook or a module, and asking for lineage, run nothing of it."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    cells = [f"%%setup\nx = {trap}", f"%%inputs\na = {trap}", f"%%node\ndef b(a, c={trap}): return 1"]
    source = write_notebook(tmp_path / "trap.ipynb", cells)
    module = tmp_path / "trap.py"
    module.write_text(f"{trap}\ndef b(a):\n    return a\n")
    for path in (source, module):
        assert main(["graph", str(path)]) == 0
        assert main(["lineage", str(path), "b"]) == 0
    assert not (tmp_path / "ran").exists()
    assert "b(a" in capsys.readouterr().out


def test_graph_keeps_only_the_lineage_asked_for(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--upstream` and `--downstream` cut the graph down."""
    assert main(["graph", str(notebook), "--upstream", "ctr"]) == 0
    shown = capsys.readouterr().out
    assert "ctr(clicks, views)" in shown
    assert "percent" not in shown
    assert main(["graph", str(notebook), "--select", "1+percent ctr"]) == 0
    names = {line.split("(")[0].split(":")[0] for line in capsys.readouterr().out.splitlines()}
    assert names == {"ctr", "percent", "scale"}


def test_lineage_as_table_and_json(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lineage lists a node's upstream and downstream, with the checks on it."""
    assert main(["lineage", str(notebook), "ctr"]) == 0
    assert "downstream  percent" in capsys.readouterr().out
    assert main(["lineage", str(notebook), "ctr", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["relation"] for row in rows} == {
        "clicks": "upstream",
        "views": "upstream",
        "ctr": "itself",
        "percent": "downstream",
    }


def test_check_passes_and_reports_as_json(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook in order has exit code 0 and says how much was checked."""
    assert main(["check", str(notebook)]) == 0
    assert "2 nodes, 1 check, 1 test: all pass" in capsys.readouterr().out
    assert main(["check", str(notebook), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_check_collects_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failing node, a waiting node, a failing check and a failing test are all reported in one run."""
    cells = [
        "%%inputs\na: int = 0\nb: int = 5",
        "%%node broken\n1 / a",
        "%%node waits\nb + nothing_defines_this",
        "%%check b\nb < 3  # small",
        "%%node fine\nb + 1",
        "%%test fine\nassert fine(1) == 3",
    ]
    source = write_notebook(tmp_path / "bad.ipynb", cells)
    assert main(["check", str(source), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [error["code"] for error in found["errors"]] == ["DB203", "DB301", "DB302", "DB303"]


def test_check_tells_what_a_node_changes_of_the_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no error, for it is undone, and it is said on stderr."""
    cell = "%%node n\nimport decimal\ndecimal.getcontext().prec = 3\n1"
    assert main(["check", str(write_notebook(tmp_path / "n.ipynb", [cell]))]) == 0
    assert "'n' changes the decimal context of the whole process" in capsys.readouterr().err


def test_run_writes_a_frame_from_files(notebook: Path, tmp_path: Path) -> None:
    """Inputs come from files, params from the line, and the output is one frame."""
    for name, values in {"clicks": [3.0, 1.0], "views": [6.0, 4.0]}.items():
        pd.Series(values, name=name).to_csv(tmp_path / f"{name}.csv")
    given = [f"--input={name}={tmp_path / name}.csv" for name in ("clicks", "views")]
    out = tmp_path / "out.csv"
    assert (
        main(["run", str(notebook), "-o", str(out), *given, "--param", "scale=10", "--outputs", "percent"])
        == 0
    )
    assert pd.read_csv(out, index_col=0)["percent"].tolist() == [5.0, 2.5]


def test_run_of_a_module(tmp_path: Path) -> None:
    """A module runs just as a notebook does, its defaults being params."""
    module = tmp_path / "feats.py"
    module.write_text("def twice(x, by: int = 2):\n    return x * by\n")
    pd.DataFrame({"x": [1, 2]}).to_csv(tmp_path / "x.csv", index=False)
    out = tmp_path / "out.json"
    assert main(["run", str(module), "-o", str(out), f"--input=x={tmp_path}/x.csv", "--param=by=3"]) == 0
    assert json.loads(out.read_text()) == [{"x": 3}, {"x": 6}]


def test_checks_guard_a_run(notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that does not hold stops the run before anything is written."""
    for name, value in {"clicks": 9.0, "views": 1.0}.items():
        pd.Series([value], name=name).to_csv(tmp_path / f"{name}.csv")
    given = [f"--input={name}={tmp_path / name}.csv" for name in ("clicks", "views")]
    message = fail(capsys, "run", str(notebook), "-o", str(tmp_path / "out.csv"), *given)
    assert "DB302 'ctr' fails 1 of 1 conditions" in message
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "DB401", "the file is empty"),
        ("not json", "DB401", "it is not JSON"),
        ("[]", "DB401", "it has no 'nbformat'"),
        ('{"nbformat": 9, "cells": []}', "DB402", "notebook format 9"),
        ('{"nbformat": 4}', "DB401", "no list of cells"),
        ('{"nbformat": 4, "cells": [3]}', "DB401", "cell 1 is damaged"),
    ],
)
def test_files_that_are_no_notebooks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, code: str, words: str
) -> None:
    """Each kind of damaged file gives one message with a hint and exit code 1."""
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    message = fail(capsys, "graph", str(path))
    assert message.startswith(code)
    assert words in message
    assert "Hint:" in message


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        ("%%node a\nx = = 1", "DB101", "cell [3] is not valid Python on line 2"),
        ("%%node class\n1", "DB103", "'class' in cell [3] is a Python keyword"),
        ("%%node sum\n1", "DB103", "'sum' in cell [3] is a builtin"),
        ("%%node a\n!ls", "DB102", "line 2 of cell [3] is IPython syntax"),
        ("%%node one\n2", "DB201", "'one' is defined by two cells: [1] and [3]"),
        ("%%node base\none + 1", "DB202", "'one' depends on itself: one -> base -> one"),
    ],
)
def test_bad_cells_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: str, code: str, words: str
) -> None:
    """An error in one cell names the cell, gives a hint, and nothing is written."""
    path = write_notebook(tmp_path / "x.ipynb", ["%%node one\nbase if 'base' else 1", "# ordinary", cell])
    out = tmp_path / "out.svg"
    out.write_text("old")
    message = fail(capsys, "graph", str(path), "-o", str(out))
    assert code in message
    assert words in message
    assert "Hint:" in message
    assert out.read_text() == "old"


def test_bad_inputs_of_a_run(notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, misspelt, unreadable and damaged inputs each have their own message."""
    out = str(tmp_path / "out.csv")
    run = ["run", str(notebook), "-o", out]
    assert "DB306 input 'clicks' was not given." in fail(capsys, *run)
    assert "DB403 cannot read" in fail(capsys, *run, "--input", f"clicks={tmp_path}/none.csv")
    (tmp_path / "bad.json").write_text("{")
    assert "DB406" in fail(capsys, *run, "--input", f"clicks={tmp_path}/bad.json")
    assert not Path(out).exists()


@pytest.mark.parametrize(
    ("command", "words", "message"),
    [
        (
            "run",
            "-o out.csv --input click=x.csv",
            "DB306 there is no input 'click'.\nHint: did you mean 'clicks'?",
        ),
        ("run", "-o out.csv --input clicks", "DB002 --input 'clicks' cannot be read."),
        ("run", "-o out.csv --input clicks=x.xyz", "DB002 'x.xyz' has no known suffix."),
        ("run", "-o out.csv --param scael=3", "DB306 there is no param 'scael'."),
        ("run", "-o out.csv --samples --outputs perc", "DB308 the dataflow has no 'perc'."),
        ("run", "-o out.csv --samples --executor thread", "DB309 there is no executor 'thread'."),
        ("run", "-o out.xyz --samples", "DB002 'out.xyz' has no known suffix."),
        ("graph", "-o out.xyz", "DB002 no picture is called '.xyz'."),
        ("graph", "--upstream ctrr", "DB308 the dataflow has no 'ctrr'.\nHint: did you mean 'ctr'?"),
        ("lineage", "ctrr", "DB308 the dataflow has no 'ctrr'.\nHint: did you mean 'ctr'?"),
    ],
)
def test_words_that_a_command_does_not_take(
    notebook: Path, capsys: pytest.CaptureFixture[str], command: str, words: str, message: str
) -> None:
    """Names and suffixes that do not exist are wrong usage: one message with a hint, and exit code 2."""
    found = fail(capsys, command, str(notebook), *words.split(), code=2)
    assert found.startswith(message)
    assert "Hint:" in found
    assert not Path("out.csv").exists()


def test_a_node_that_raises_in_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the node, the cell and the line, with the traceback of the user's code."""
    path = write_notebook(tmp_path / "x.ipynb", ["%%inputs\na: int = 0", "%%node b\nc = 1\nc / a"])
    message = fail(capsys, "run", str(path), "-o", str(tmp_path / "out.csv"), "--samples")
    assert "DB301 'b' failed on line 3 of cell [2]: ZeroDivisionError: division by zero." in message
    assert "Hint: inputs were a=int 0." in message


def test_an_output_that_cannot_be_written(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be made is one clear error."""
    (tmp_path / "file").write_text("")
    message = fail(capsys, "graph", str(notebook), "-o", str(tmp_path / "file" / "dag.svg"))
    assert "DB405 cannot write" in message


def test_usage_errors_exit_with_two(notebook: Path) -> None:
    """Wrong usage is exit code 2, as in every Unix tool."""
    for argv in ([], ["nonsense"], ["graph"]):
        with pytest.raises(SystemExit) as stop:
            main(argv)
        assert stop.value.code == 2
    assert main(["run", str(notebook)]) == 2  # `--plan` needs no output


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`dagbook --version` prints the installed version."""
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"dagbook {version('dagbook')}\n"


def test_progress_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar counts computed nodes of all; where stderr is no terminal nothing is written."""
    for terminal in (True, False):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setattr("sys.stderr", stream)
        bar = Bar(2)
        bar(Started("a"))
        bar(Finished("a", 1, 0.0))
        bar._last = 0.0
        bar(Started("b"))
        bar.end()
        shown = [part.removeprefix("\x1b[K") for part in stream.getvalue().split("\r") if part]
        assert shown == ([f"{'░' * 24} 0/2 a", f"{'█' * 12}{'░' * 12} 1/2 b", ""] if terminal else [])
