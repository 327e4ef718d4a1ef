"""`dagbook pipeline compile` writes a thin, readable DAG file; recorded for both forms."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.pipeline.making import PIPELINE, make_project
from tests.recorded import check_recorded

RICH = (
    PIPELINE.replace(
        "inputs:",
        'description: Scores of "customers"\nstart: 2026-01-01\ncatchup: true\ntimezone: Europe/Berlin\n'
        "retries: 2\nretry_delay: 30s\non_failure: alerts.pager:page\ninputs:",
    )
    .replace("[spend, count], ", "[spend, count], pool: large, ")
    .replace("    outputs: [score]", "    retries: 0\n    when: weekly\n    outputs: [score]")
)
AFTER = PIPELINE.replace('schedule: "0 5 * * *"', "after: [orders_daily.load, customers.load]")


@pytest.mark.parametrize(("name", "text"), [("rich", RICH), ("after", AFTER)])
@pytest.mark.parametrize("form", ["python", "bash"])
def test_the_dag_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, name: str, text: str
) -> None:
    """Schedule, catchup, retries, pools, params, days, assets, callbacks."""
    make_project(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    assert (
        main(
            [
                "pipeline",
                "compile",
                "pipeline.yaml",
                "-o",
                "dags",
                "--form",
                form,
                "--python",
                "/opt/shop/bin/python",
            ]
        )
        == 0
    )
    made = (tmp_path / "dags" / "shop_daily.py").read_text()
    check_recorded(f"dag_{name}_{form}.txt", made.replace(str(tmp_path), "/srv/shop"))
    imported = {
        (node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
        for node in ast.parse(made).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"airflow", "pendulum", "datetime", "shlex", "alerts"}


def test_nothing_is_written_where_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older DAG file stays."""
    path = make_project(tmp_path, PIPELINE.replace("[spend, count]", "[spent]"))
    assert main(["pipeline", "compile", str(path), "-o", str(tmp_path / "dags")]) == 1
    assert "did you mean 'spend'?" in capsys.readouterr().err
    assert not (tmp_path / "dags").exists()


def test_texts_of_a_file_stay_texts_of_the_dag(tmp_path: Path) -> None:
    """Quotes, braces and line ends in a description or a param run no code and end no string."""
    evil = '\'"""; import os\\n${HOME} \\\\ {x}\''
    path = make_project(
        tmp_path,
        PIPELINE.replace("inputs:", f"description: {evil}\ninputs:")
        .replace("scale: 2.0", "scale: 2.0, region: 'a\"b'")
        .replace("orders/{day}", "orders/{region}{day}"),
    )
    for form in ("python", "bash"):
        assert main(["pipeline", "compile", str(path), "-o", str(tmp_path), "--form", form]) == 0
        tree = ast.parse((tmp_path / "shop_daily.py").read_text())
        assert not [
            node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "os"
        ]
        assert 'a"b' in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


def test_compiling_imports_no_pandas(tmp_path: Path) -> None:
    """It reads a file and a graph: a hundred stages take a third of a second."""
    path = make_project(tmp_path)
    program = (
        "import sys; from kernel_magics.cli.main import main; "
        f"main(['pipeline', 'compile', {str(path)!r}, '-o', {str(tmp_path)!r}]); "
        "print(*{'pandas', 'numpy', 'IPython', 'pyarrow', 'sqlalchemy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
