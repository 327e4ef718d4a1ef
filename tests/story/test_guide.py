"""The guide "Into production": its rules can be read, and its script for CI runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kernel_magics.cli.main import build_parser
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.pointer import pointer
from kernel_magics.registry.rules import read_rules
from tests.notebook_file import write_notebook

GUIDE = (Path(__file__).parents[2] / "notebooks" / "guide" / "production.md").read_text(encoding="utf-8")
CELLS = (
    "%%setup\nimport pandas as pd",
    "%%inputs\npeople: pd.DataFrame = pd.DataFrame({'age': [20.0, 30.0, 40.0]})  # one row for each",
    "%%node score\n# What somebody will pay.\npeople['age'] * 0.1",
)


def blocks(language: str) -> list[str]:
    """The blocks of the guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_rules_of_the_guide_are_read() -> None:
    """As they are printed."""
    rules, workflow = blocks("yaml")
    assert [item.name for item in read_rules(rules).environments] == ["staging", "production"]
    steps = yaml.safe_load(workflow)["jobs"]["publish"]["steps"]
    commands = [step["run"] for step in steps if step.get("run", "").startswith("dagbook")]
    assert [build_parser().parse_args(line.split()[1:]).command for line in commands] == [
        "export",
        "publish",
        "promote",
    ]


def test_every_command_of_the_guide_is_one() -> None:
    """Words and options are those that the parser takes."""
    inline = [f"dagbook {rest}" for rest in re.findall(r"`dagbook ([^`]+)`", GUIDE) if " " in rest]
    lines = [line for block in blocks("bash") for line in block.splitlines()] + inline
    assert len(lines) >= 8
    for line in lines:
        build_parser().parse_args(line.split()[1:])


@pytest.mark.slow
def test_the_script_for_ci_exports_publishes_and_promotes(tmp_path: Path) -> None:
    """With a notebook that is in order the pointer moves; with one that is not, nothing does."""
    (script,) = blocks("sh")
    notebook = write_notebook(tmp_path / "pay.ipynb", list(CELLS))
    folder = str(Path(sys.executable).parent)
    given = {
        **os.environ,
        "NOTEBOOK": str(notebook),
        "REGISTRY": "registry",
        "PATH": f"{folder}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first = pointer(Folder(tmp_path / "registry"), "staging")
    assert first[0][:12] in done.stdout
    write_notebook(notebook, [*CELLS, "%%check score\nscore > 100  # never"])
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert pointer(Folder(tmp_path / "registry"), "staging") == first
