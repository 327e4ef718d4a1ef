"""Every code that the source can raise has its text recorded, as a notebook shows it and as the command line does."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from kernel_magics.assist.explain import explanations
from tests.recorded import recorded_path

ROOT = Path(__file__).parents[1]
IN_CELLS = {"errors_magics.txt"}
ON_STDERR = {
    "errors_check.txt",
    "errors_envelope.txt",
    "errors_cli.txt",
    "errors_export.txt",
    "errors_files.txt",
    "errors_pipeline_check.txt",
    "errors_scale.txt",
    "errors_registry.txt",
    "errors_pipeline_run.txt",
    "errors_monitor.txt",
}
COMMANDS_ONLY = {
    "DB002": "words of a command",
    "DB003": "a package that only a command asks for",
    "DB212": "declared types are compared by `dagbook check --types` alone",
    "DB404": "modules are read as text by commands; in a cell Python imports them",
    "DB406": "files of inputs are read by `dagbook run`",
    **dict.fromkeys(["DB321", "DB342", "DB408", "DB409"], "`dagbook run` reads and writes values"),
    **dict.fromkeys([f"DB{number}" for number in range(343, 351)], "runs in parts, recorded by themselves"),
    "DB332": "values that commands write; magics ask them for nothing that may fail",
    "DB407": "limits and baselines are files of `dagbook run`",
    **dict.fromkeys(["DB411", "DB412", "DB413", "DB414", "DB415", "DB416", "DB418"], "`dagbook import`"),
    **dict.fromkeys(["DB441", "DB442"], "modules of Apache Hamilton, recorded for `dagbook graph`"),
    "DB417": "`dagbook diff`",
    **dict.fromkeys(["DB421", "DB422"], "`dagbook convert`"),
    **dict.fromkeys(
        ["DB541", "DB542", "DB543", "DB544", "DB551", "DB552"], "envelopes, recorded for their commands"
    ),
    **dict.fromkeys(["DB461", "DB462", "DB463", "DB464", "DB465"], "pipeline files, for their commands"),
    **dict.fromkeys([f"DB56{number}" for number in range(1, 10)], "registries, which no magic changes"),
    **dict.fromkeys(["DB351", "DB352", "DB353", "DB354", "DB355", "DB466"], "runs of pipelines, likewise"),
    **dict.fromkeys(["DB571", "DB572"], "`dagbook monitor`"),
    "DB510": "a broken installation, which a test can feign in its own process only",
}
EDITOR_ONLY = {
    "DB207": "renaming in the editor, recorded with its other refusals",
    "DB208": "advice beside a cell while it is written, recorded with the other advice",
    "DB211": "likewise, of columns that a sample does not have",
    "DB209": "likewise, of ordinary cells, which commands do not run",
}
CELLS_ONLY = {
    "DB001": "words of a magic",
    "DB310": "%suggest",
    "DB434": "%dataflow cache",
    "DB573": "%dataflow samples",
    "DB574": "likewise",
}


@cache
def raised() -> set[str]:
    """Every code that is a text of its own in the source."""
    files = [*(ROOT / "kernel_magics").rglob("*.py"), *(ROOT / "nbext").glob("*.py")]
    texts = (path.read_text(encoding="utf-8") for path in files)
    trees = [ast.parse(text) for text in texts if re.search(r"""["']DB\d{3}["']""", text)]
    found = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in found if isinstance(text, str) and re.fullmatch(r"DB\d{3}", text)}


def recorded(*names: str) -> set[str]:
    """The codes at the beginning of a line of these files."""
    return {
        code
        for name in names
        for code in re.findall(r"^(DB\d{3}) ", recorded_path(name).read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_code_is_recorded_as_a_cell_shows_it() -> None:
    """A new code needs a case in tests/error_cases.py, or a reason why no cell can raise it."""
    assert raised() - recorded(*IN_CELLS) == {*COMMANDS_ONLY, *EDITOR_ONLY}


def test_every_code_is_recorded_as_the_command_line_prints_it() -> None:
    """A new code needs a case in one of the recorded files of tests/cli, or a reason why no command raises it."""
    assert raised() - recorded(*ON_STDERR) == {*CELLS_ONLY, *EDITOR_ONLY}
    assert set(EDITOR_ONLY) <= recorded("assist_problems.txt", "assist_rename.txt")


def test_every_code_is_explained() -> None:
    """A new code needs what it means, and an example that is right, in assist/errors/explanations.toml."""
    known = explanations()
    assert raised() <= set(known)
    assert [code for code in known if not known[code].means] == []
    assert [code for code in known if known[code].wrong and not known[code].right] == []
    assert set(known) == raised()


def test_the_codes_are_found() -> None:
    """The search finds what it should: a code of each kind."""
    assert {"DB001", "DB101", "DB201", "DB301", "DB401", "DB501"} <= raised()
    assert len(raised()) > 50
