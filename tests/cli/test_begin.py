"""The commands that a newcomer types first, and what the command line says about itself."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from kernel_magics.assist.explain import explanations
from kernel_magics.cli.main import build_parser, main
from kernel_magics.cli.terminal import say_aside
from kernel_magics.cli.tutorial_command import guides, quickstart
from kernel_magics.cli.usage import EXAMPLES


def test_a_new_notebook_is_a_dataflow_that_passes_its_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dagbook new` writes a notebook with a title of its own, which runs, and which it never overwrites unasked."""
    path = tmp_path / "ad_features.ipynb"
    assert main(["new", str(path.with_suffix(""))]) == 0
    assert main(["check", str(path)]) == 0
    assert "1 node, 1 check" in capsys.readouterr().out
    assert "# Ad features" in "".join(json.loads(path.read_text())["cells"][0]["source"])
    assert main(["new", str(path)]) == 1
    assert "DB413" in capsys.readouterr().err
    assert main(["new", str(path), "--force"]) == 0
    assert main(["new", str(tmp_path / "a.py")]) == 2


def test_the_tutorial_copies_the_quickstart_and_keeps_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second time, the notebook with the person's edits stays."""
    assert main(["tutorial", str(tmp_path / "mine"), "--no-open"]) == 0
    copy = tmp_path / "mine" / "quickstart.ipynb"
    assert copy.read_text(encoding="utf-8") == quickstart()
    copy.write_text("edited")
    assert main(["tutorial", str(tmp_path / "mine"), "--no-open"]) == 0
    assert copy.read_text() == "edited"
    assert "stays as it is" in capsys.readouterr().out


def test_the_guides_come_together_because_they_link_to_each_other(tmp_path: Path) -> None:
    """Every file that a guide links to in its folder is there."""
    assert main(["tutorial", str(tmp_path), "--guides", "--no-open"]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    for path in tmp_path.glob("*.ipynb"):
        links = set(re.findall(r"\]\(([\w]+\.(?:ipynb|md))\)", path.read_text(encoding="utf-8")))
        assert links <= names, path.name
    assert (tmp_path / "first_feature.ipynb").read_text(encoding="utf-8") == guides()["first_feature.ipynb"]


def test_an_explanation_has_a_wrong_and_a_right_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The code may be in small letters; an unknown one is refused; without one, all are listed."""
    assert main(["explain", "db201"]) == 0
    said = capsys.readouterr().out
    assert "'b' is defined by two cells" in said.partition("Wrong:")[2]
    assert "%%node b_tripled" in said.partition("Right:")[2]
    assert main(["explain", "DB2O1"]) == 2
    assert "no error 'DB2O1'" in capsys.readouterr().err
    assert main(["explain"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(explanations())


def test_each_command_has_an_example_that_parses(capsys: pytest.CaptureFixture[str]) -> None:
    """The help of each command shows an example of it, and the parser takes all of them."""
    parser = build_parser()
    for name, command in parser.commands().items():
        said = " ".join(command.format_help().split())
        assert re.search(f"Examples?: dagbook {name}", said), name
        if name in EXAMPLES:
            for line in EXAMPLES[name].split("; "):
                parser.parse_args(shlex.split(line)[1:])
    rights = [
        text for known in explanations().values() for text in known.right if text.startswith("$ dagbook")
    ]
    assert len(rights) > 20
    for text in rights:
        parser.parse_args(shlex.split(text)[2:])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["grpah", "n.ipynb"], "graph"),
        (["graph", "n.ipynb", "--slect=x"], "--select"),
        (["run", "n.ipynb", "-o", "a.csv", "--sampels"], "--samples"),
        (["export", "n.ipynb", "--outptu", "a.py"], "--output"),
        (["export", "n.ipynb", "-o", "a.py", "--target", "packaeg"], "package"),
        (["pipeline", "rnu", "p.yaml"], "run"),
        (["pipeline", "run", "p.yaml", "--form", "2026-01-01"], "--from"),
        (["registry", "registry/", "sttaus"], "status"),
    ],
)
def test_a_mistyped_word_gets_a_suggestion(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands, choices and options of the chosen command are compared with what was typed."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert f"Did you mean '{meant}'?" in capsys.readouterr().err


def test_a_message_takes_the_place_of_a_progress_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the line is cleared first; elsewhere nothing but the text is written."""
    say_aside("plain")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    say_aside("told")
    assert capsys.readouterr().err == "plain\n\r\x1b[Ktold\n"
