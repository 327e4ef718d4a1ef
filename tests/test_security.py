"""An untrusted notebook: looking at it runs nothing of it, and nothing in it becomes markup of a page."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.values.failing import Failing
from kernel_magics.quality.check_report import check_page
from kernel_magics.quality.impact import impact
from kernel_magics.quality.impact_view import impact_html, impact_markdown
from tests.notebook_file import write_notebook
from tests.quality.books import book_of

EVIL = "<img src=x onerror=alert(1)>\"'</script></style><b>&"


@pytest.fixture
def trapped(tmp_path: Path) -> tuple[Path, Path]:
    """A notebook and a module that leave a file behind when any of their code runs."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    cells = [
        f"#md # {EVIL}",
        f"{trap}",
        f"%%setup\nx = {trap}\nclass C:\n    y = {trap}\ndef helper(v={trap}):\n    return v",
        f"%%inputs\na = {trap}\nb: {trap} = 1",
        f"%%params\np = {trap}",
        f"%%node first\n{trap}\na",
        f"%%node\n@helper({trap})\ndef second(first, c={trap}) -> {trap}:\n    return first",
        f'%%node third --check "value > {trap}" --tag "k={EVIL.replace(chr(34), "")}"\nsecond',
        f"%%check first\n{trap}  # {EVIL}",
        f"%%test first\n{trap}",
    ]
    module = tmp_path / "trapped.py"
    module.write_text(f"{trap}\n\n\ndef first(a, c={trap}) -> {trap}:\n    return {trap}\n")
    return write_notebook(tmp_path / "trapped.ipynb", cells), module


def test_looking_runs_nothing(trapped: tuple[Path, Path], tmp_path: Path) -> None:
    """Graphs in every format, lineage down to columns, diff of code and import: not one line is executed."""
    for source in trapped:
        for suffix in ("svg", "html", "dot", "mmd", "json", "txt"):
            assert main(["graph", str(source), "-o", str(tmp_path / f"dag.{suffix}")]) == 0
        assert main(["lineage", str(source), "first"]) == 0
        assert main(["lineage", str(source), "first", "--json"]) == 0
        for other in trapped:
            assert main(["diff", str(source), str(other)]) == 0
    assert main(["import", str(trapped[1]), "-o", str(tmp_path / "imported.ipynb")]) == 0
    assert not (tmp_path / "ran").exists()


class Tags(HTMLParser):
    """The elements and the handlers of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.handlers: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}


def assert_harmless(html: str) -> None:
    """No element and no handler came from the notebook's texts."""
    tags = Tags()
    tags.feed(html)
    assert "img" not in tags.found
    assert not tags.handlers
    assert "</style><b>" not in html


def test_pages_escape_every_text(trapped: tuple[Path, Path], tmp_path: Path) -> None:
    """Headings, names of columns, messages, details, samples, errors and tags stay text in every page."""
    assert main(["graph", str(trapped[0]), "-o", str(tmp_path / "dag.html")]) == 0
    assert_harmless((tmp_path / "dag.html").read_text())
    assert main(["graph", str(trapped[0]), "-o", str(tmp_path / "dag.svg")]) == 0
    assert_harmless((tmp_path / "dag.svg").read_text())
    entry = {
        "message": EVIL,
        "held": False,
        "detail": EVIL,
        "failing": 1,
        "rows": 2,
        "share": 0.5,
        "sample": [EVIL],
    }
    check = {
        "name": EVIL,
        "node": EVIL,
        "cell": EVIL,
        "severity": "fail",
        "held": False,
        "conditions": [entry],
    }
    drift = {"node": EVIL, "column": EVIL, "measure": EVIL, "value": 1.0, "level": "fail", "text": EVIL}
    error = {"code": EVIL, "message": EVIL, "hint": EVIL, "cells": []}
    report = {"title": EVIL, "ok": False, "checks": [check], "drift": [drift], "errors": [error]}
    assert_harmless(check_page(report))
    old, new = pd.DataFrame({EVIL: [EVIL, "a"]}), pd.DataFrame({EVIL: [EVIL, "b"]})
    found = impact([EVIL], {EVIL: old}, {EVIL: new}, [EVIL])
    assert_harmless(impact_html(found))
    assert "<" not in re.sub(r"</?(details|summary)>", "", impact_markdown(found))


def test_texts_of_data_stay_texts() -> None:
    """The contents of offending rows are shown literally, and cut."""
    book = book_of(f"%%inputs\nx = pd.Series([{EVIL!r} * 20, 'b'])", "%%check x\nx == 'b'")
    result = book.value("check_x")
    assert isinstance(result, CheckResult)
    failing = result.conditions[0].failing
    assert isinstance(failing, Failing)
    assert all(len(row) < 60 and "\n" not in row for row in failing.sample)


def test_no_path_of_a_notebook_leaves_the_folder(tmp_path: Path) -> None:
    """Names in a notebook never become paths: whatever they are, an export writes its own files only."""
    cells = [
        "%%inputs\nx = 1",
        '%%node y --tag "file=../../evil"\n# ../../evil.py\nx + 1',
        "#md # ../../evil",
    ]
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    notebook = write_notebook(folder / "n.ipynb", cells)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert main(["export", str(notebook), "-o", str(folder / "feats.py")]) == 0
    made = {
        path.relative_to(folder).as_posix()
        for path in tmp_path.rglob("*")
        if path.is_file() and path not in before
    }
    assert made == {"feats.py", "test_feats.py", "test_feats.json", "feats.baseline.json", "_examples.py"}


@pytest.mark.parametrize("delay", [0.2, 0.9, 1.3, 1.7])
def test_a_killed_run_leaves_the_old_output_whole(tmp_path: Path, delay: float) -> None:
    """Whenever a production run is killed, its output is the old file or the new one, never a part."""
    module = tmp_path / "slow.py"
    module.write_text("import pandas as pd\n\n\ndef y(n: int = 200_000):\n    return pd.Series(range(n))\n")
    out = tmp_path / "out.csv"
    out.write_text("old")
    command = [
        sys.executable,
        "-m",
        "kernel_magics",
        "run",
        str(module),
        "-o",
        str(out),
        "--report",
        str(tmp_path / "r.json"),
    ]
    process = subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    )
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    text = out.read_text()
    assert text == "old" or text.count("\n") == 200_001
    if (tmp_path / "r.json").exists():
        json.loads((tmp_path / "r.json").read_text())
