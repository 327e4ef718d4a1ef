"""Commands that execute no module say so of decorated ones, and import them when they may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main

TEXT = """
from hamilton.function_modifiers import extract_fields, tag


@extract_fields({{"low": int, "high": int}})
def ends(n: int) -> dict:
    return {{"low": 0, "high": n}}


@tag(owner="ads")
def width(low: int, high: int) -> int:
    return {body}
"""


@pytest.fixture
def modules(tmp_path: Path) -> list[str]:
    """Two modules that differ in one function."""
    paths = []
    for name, body in (("before", "high - low"), ("after", "high - low + 1")):
        path = tmp_path / f"{name}.py"
        path.write_text(TEXT.format(body=body))
        paths.append(str(path))
    return paths


def test_commands_offer_to_import(modules: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each refuses with DB442, and does its work with `--import`."""
    commands = [["graph", modules[0]], ["lineage", modules[0], "width"], ["diff", *modules]]
    for command in commands:
        assert main(command) == 1
        refused = capsys.readouterr().err
        assert "DB442" in refused
        assert "--import" in refused
        assert main([*command, "--import"]) == 0
    assert "width" in capsys.readouterr().out


KEEPING = """
from hamilton.function_modifiers import check_output, config, tag


@tag(owner="ads")
@check_output(range=(0, 10), importance="fail")
def width(low: int) -> int:
    return low


@config.when(region="US")
def tax__us(width: int) -> int:
    return width
"""


def test_commands_tell_of_decorators_that_they_do_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that keep a function's name are named once, with `--import`; what reading obeys is not among them."""
    path, site = str(tmp_path / "kept.py"), str(tmp_path / "site")
    Path(path).write_text(KEEPING)
    commands = [["graph", path], ["lineage", path, "width"], ["diff", path, path], ["docs", path, "-o", site]]
    for command in commands:
        assert main(command) == 0
        said = capsys.readouterr().err
        assert (
            "'kept.py' is read, not run, so @tag of 'width', @check_output of 'width' have no effect" in said
        )
        assert "--import" in said
        assert "config" not in said
        assert main([*command, "--import"]) == 0
        assert "read, not run" not in capsys.readouterr().err
    target = tmp_path / "dag.json"
    assert main(["graph", path, "--import", "-o", str(target)]) == 0
    nodes = {node["name"]: node for node in json.loads(target.read_text())["nodes"]}
    assert nodes["width"]["tags"] == {"owner": "ads"}
    assert "check_width" in nodes
    assert "tax" not in nodes
    capsys.readouterr()
    assert main(["lineage", path, "tax", "--import", "--config", "region=US"]) == 0
    assert "width" in capsys.readouterr().out
    assert main(["lineage", path, "tax", "--config", "region=US"]) == 2
    assert "add --import" in capsys.readouterr().err


def test_what_a_diff_of_imported_modules_says(modules: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The changed function only."""
    assert main(["diff", *modules, "--import", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "width" in json.dumps(found)
    assert "low" not in found.get("changed", [])


def test_versions_of_code(modules: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each node; only that of the changed function differs, with what is in `.json`."""
    rows = []
    for path in modules:
        assert main(["graph", path, "--import", "--versions"]) == 0
        lines = capsys.readouterr().out.splitlines()
        rows.append({name: version for version, name in map(str.split, lines)})
    assert rows[0].keys() == rows[1].keys() == {"n", "ends", "low", "high", "width"}
    assert {name for name in rows[0] if rows[0][name] != rows[1][name]} == {"width"}
    target = tmp_path / "dag.json"
    assert main(["graph", modules[0], "--import", "--versions", "-o", str(target)]) == 0
    assert {node["name"]: node["version"] for node in json.loads(target.read_text())["nodes"]} == rows[0]
    assert main(["graph", modules[0], "--import", "--versions", "-o", str(tmp_path / "dag.svg")]) == 2


def test_a_version_covers_helpers_and_setup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A constant that a function uses is part of its code."""
    found = []
    for rate in (2, 3):
        path = tmp_path / "features.py"
        path.write_text(
            f"RATE = {rate}\n\n\ndef _more(x):\n    return x * RATE\n\n\ndef y(x):\n    return _more(x)\n\n\ndef z(x):\n    return x\n"
        )
        assert main(["graph", str(path), "--versions"]) == 0
        found.append(set(capsys.readouterr().out.splitlines()))
    assert {line.split()[1] for line in found[0] ^ found[1]} == {"y"}


PLAIN = "RATE = 2\n\n\ndef area(width: int, height: int = 3) -> int:\n    return width * height * RATE\n"
VARIANTS = """
from hamilton.function_modifiers import config


@config.when(region="US")
def tax__us(area: int) -> float:
    return area * 0.1


@config.when(region="EU")
def tax__eu(area: int) -> float:
    return area * 0.2
"""


def test_several_and_decorated_modules_become_one_notebook(
    modules: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its values are those of the modules; variants are chosen by a param."""
    for name, text in (("plain", PLAIN), ("variants", VARIANTS)):
        (tmp_path / f"{name}.py").write_text(text)
    paths = [modules[0], str(tmp_path / "plain.py"), str(tmp_path / "variants.py")]
    target = tmp_path / "book.ipynb"
    assert main(["import", *paths, "-o", str(target), "--config", "region=EU"]) == 0
    assert "'n' has no sample" in capsys.readouterr().out
    flow = Dataflow.from_notebook(target)
    assert flow.run("tax", inputs={"n": 7}) == {"tax": 42 * 0.2}
    assert flow.run("tax", inputs={"n": 7}, params={"region": "US"}) == {"tax": 42 * 0.1}
    assert dict(flow.nodes["width"].tags) == {"owner": "ads"}
    assert main(["import", *paths, "-o", str(target)]) == 1  # it is there
    assert main(["import", *paths, "-o", str(target), "--config", "region", "--force"]) == 2
    assert main(["import", *modules, "-o", str(tmp_path / "twice.ipynb")]) == 1  # names clash
    assert "DB412" in capsys.readouterr().err
    assert not (tmp_path / "twice.ipynb").exists()
