"""`dagbook mcp` answers the client of the protocol's own library."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from kernel_magics.cli.main import main
from kernel_magics.cli.mcp_tools import Tools
from kernel_magics.engine.errors import DataflowError
from tests.notebook_file import write_notebook

CELLS = (
    "%%inputs\nclicks: int = 4\nviews: int = 8",
    '%%node ctr\n"""Clicks of all views."""\nprint("computing")\nclicks / views',
    "%%check ctr\nctr < 0.4  # too good",
    "%%node double\nctr * 2",
)
READ_ONLY = {
    "check", "lineage", "nodes", "notebooks", "preview_export", "problems", "run", "source",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a notebook, one that is wrong, and a module."""
    write_notebook(tmp_path / "ads.ipynb", CELLS)
    write_notebook(tmp_path / "wrong.ipynb", [CELLS[0], "%%node a\nclick + 1"])
    (tmp_path / "plain.py").write_text("def y(x: int) -> int:\n    return x + 1\n")
    (tmp_path / "test_plain.py").write_text("def test_y():\n    assert True\n")
    return tmp_path


def speak(folder: Path, calls: list[tuple[str, dict[str, Any]]], *options: str) -> tuple[set[str], list[Any]]:
    """The names of the tools, and the answers to calls, over standard input and output."""

    async def talk() -> tuple[set[str], list[Any]]:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "kernel_magics", "mcp", str(folder), *options]
        )
        async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            assert all(tool.description for tool in tools)
            return {tool.name for tool in tools}, [await session.call_tool(*call) for call in calls]

    return asyncio.run(talk())


def test_a_client_reads_and_runs(folder: Path) -> None:
    """One conversation over standard input and output; prints of nodes do not disturb it."""
    names, answers = speak(
        folder,
        [
            ("notebooks", {}),
            ("source", {"file": "ads.ipynb", "node": "ctr"}),
            ("run", {"file": "ads.ipynb", "nodes": ["double"]}),
            ("nodes", {"file": "nowhere.ipynb"}),
            ("nodes", {"file": "ads.ipynb"}),
            ("lineage", {"file": "ads.ipynb", "node": "double"}),
            ("problems", {"file": "wrong.ipynb"}),
        ],
    )
    assert names == READ_ONLY
    listed, source, ran, missing, *told = answers
    for words, answer in zip(("clicks", "views", "DB203"), told, strict=True):
        assert words in " ".join(item.text for item in answer.content)
    assert [json.loads(json.dumps(item.text)) for item in listed.content][:1]
    assert "ads.ipynb" in listed.content[0].text
    assert "clicks / views" in source.content[0].text
    assert "computing" in ran.content[0].text
    assert not ran.is_error
    assert missing.is_error
    assert "DB403" in missing.content[0].text
    assert sorted(path.name for path in folder.iterdir()) == [
        "ads.ipynb", "plain.py", "test_plain.py", "wrong.ipynb",
    ]  # fmt: skip


def test_export_is_there_with_write_alone(folder: Path) -> None:
    """What writes must be allowed when the server starts."""
    names, _ = speak(folder, [], "--write")
    assert names == {*READ_ONLY, "export"}


def test_what_the_tools_tell(folder: Path) -> None:
    """Nodes, lineage, source with checks, problems; nothing runs."""
    tools = Tools(folder)
    assert tools.notebooks() == ["ads.ipynb", "plain.py", "wrong.ipynb"]
    assert {node["name"]: node["kind"] for node in tools.nodes("ads.ipynb")} == {
        "clicks": "input", "views": "input", "ctr": "value", "check_ctr": "check", "double": "value",
    }  # fmt: skip
    assert [row["name"] for row in tools.lineage("ads.ipynb", "ctr")][:2] == ["clicks", "views"]
    assert "ctr < 0.4" in tools.source("ads.ipynb", "ctr")["checks"][0]["source"]
    assert tools.nodes("plain.py")[-1]["name"] == "y"
    problem = next(each for each in tools.problems("wrong.ipynb") if each["code"] == "DB203")
    assert "did you mean 'clicks'" in problem["hint"]


DECORATED = """
from hamilton.function_modifiers import check_output, extract_fields, tag


{more}
@tag(owner="ads")
@check_output(range=(0, 10), importance="fail")
def width(low: int) -> int:
    return low
"""
FIELDS = """@extract_fields({"low": int})
def ends(n: int) -> dict:
    return {"low": n}


"""


def test_decorated_modules_are_imported_where_asked(folder: Path) -> None:
    """What is not run is named; what only an import tells offers that of the tools, not of the command."""
    pytest.importorskip("hamilton")
    (folder / "kept.py").write_text(DECORATED.format(more=""))
    (folder / "fields.py").write_text(DECORATED.format(more=FIELDS))
    tools = Tools(folder)
    assert {"kept.py", "fields.py"} <= set(tools.notebooks())
    for only in (tools.run, tools.check, tools.problems, lambda file: tools.preview_export(file, "x.py")):
        with pytest.raises(DataflowError, match=r"'fields\.py' is a module"):
            only("fields.py")
    read = {row["name"]: row for row in tools.nodes("kept.py")}
    assert read["width"]["not_run"] == ["@tag", "@check_output"]
    assert "not_run" not in read["low"]
    for ask in (tools.nodes, lambda file: tools.lineage(file, "low"), lambda file: tools.source(file, "low")):
        with pytest.raises(DataflowError) as caught:
            ask("fields.py")
        assert caught.value.code == "DB442"
        assert "imports=true" in (caught.value.hint or "")
        assert "--import" not in (caught.value.hint or "")
    ran = {row["name"]: row for row in tools.nodes("fields.py", imports=True)}
    assert ran["width"]["tags"] == {"owner": "ads"}
    assert {"low", "ends", "check_width"} <= ran.keys()
    related = [row["name"] for row in tools.lineage("fields.py", "low", imports=True)]
    assert related[:2] == ["n", "ends"]
    checks = tools.source("fields.py", "width", imports=True)["checks"]
    assert [each["name"] for each in checks] == ["check_width"]
    with pytest.raises(DataflowError, match="has no node 'lo'"):
        tools.lineage("fields.py", "lo", imports=True)


def test_what_runs(folder: Path) -> None:
    """A run summarizes values, a check says what fails, an export's preview writes nothing."""
    tools = Tools(folder)
    ran = tools.run("ads.ipynb", ["double"])
    assert ran["nodes"][0]["name"] == "double"
    assert "1.0" in json.dumps(ran["nodes"][0]["summary"])
    assert ran["printed"] == "computing"
    checked = tools.check("ads.ipynb")
    assert (checked["ok"], checked["checks"]) == (False, 1)
    assert "too good" in json.dumps(checked["errors"])
    assert not tools.check("wrong.ipynb")["ok"]
    assert not tools.preview_export("ads.ipynb", "out.py")["ok"]
    assert not (folder / "out.py").exists()


def test_nothing_outside_the_folder(folder: Path) -> None:
    """Neither by `..` nor by a link; unknown names get a suggestion."""
    tools = Tools(folder / "inside")
    tools.folder.mkdir()
    (tools.folder / "link.ipynb").symlink_to(folder / "ads.ipynb")
    for file in ("../ads.ipynb", str(folder / "ads.ipynb"), "link.ipynb"):
        with pytest.raises(DataflowError, match="is not below"):
            tools.nodes(file)
    with pytest.raises(DataflowError, match="did you mean 'ctr'") as caught:
        Tools(folder).lineage("ads.ipynb", "crt")
    assert caught.value.code == "DB308"


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error before anything is spoken."""
    assert main(["mcp", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
