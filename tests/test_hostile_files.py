"""Pipes, sockets, devices, damaged texts and strange names under the paths of files: one clear error, or as ever."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli.main import main
from kernel_magics.cli.scale_run import _worked
from kernel_magics.engine.errors import SourceError
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.staging import STAGING
from kernel_magics.tables.files import write_whole
from tests.notebook_file import write_notebook

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among files")


def cell(source: object, id: object = "b", **more: object) -> dict[str, Any]:
    """A code cell of a file."""
    empty = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": id, **empty, "source": source, **more}


GOOD = [cell("%%inputs\na: int = 1", "a"), cell("%%node b\na + 1")]


def text(cells: object = None, **more: object) -> str:
    """The text of a notebook."""
    return json.dumps(
        {
            "cells": GOOD if cells is None else cells,
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
            **more,
        }
    )


def pipe(path: Path) -> None:
    """A named pipe, into which nobody writes."""
    os.mkfifo(path)


def device(path: Path) -> None:
    """A link to a file without an end."""
    path.symlink_to("/dev/zero")


def plug(path: Path) -> None:
    """A socket."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


READING = {
    "graph": ("graph", "x.ipynb", "-o", "g.json"),
    "lineage": ("lineage", "x.ipynb", "b"),
    "check": ("check", "x.ipynb"),
    "export": ("export", "x.ipynb", "-o", "m.py", "--check", "--no-run"),
    "convert": ("convert", "x.ipynb"),
    "diff": ("diff", "x.ipynb", "good.ipynb"),
}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("make", [pipe, device, plug], ids=["pipe", "device", "socket"])
def test_what_is_no_ordinary_file_is_not_read(
    command: str,
    make: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No command waits for a pipe, or reads a device to its end."""
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "x.ipynb")
    (tmp_path / "good.ipynb").write_text(text(), encoding="utf-8")
    assert main(list(READING[command])) == 1
    assert "DB403 cannot read 'x.ipynb'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "write",
    [
        lambda path: atomic_write({path: "x"}),
        lambda path: write_whole(path, lambda part: part.write_text("x")),
        lambda path: main(["graph", "good.ipynb", "-o", str(path)]),
        lambda path: main(["export", "good.ipynb", "-o", str(path.with_suffix(".py")), "--no-run"]),
    ],
    ids=["atomic", "table", "graph", "export"],
)
def test_a_pipe_is_not_replaced(
    write: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody may read from stays where it is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.ipynb").write_text(text(), encoding="utf-8")
    for name in ("out.json", "out.py"):
        os.mkfifo(tmp_path / name)
    try:
        code = write(tmp_path / "out.json")
    except Exception as error:
        code, said = 1, str(error)
        assert "DB405" in said
        assert "no ordinary file" in said
    assert code == 1
    assert (tmp_path / "out.json").is_fifo()
    assert (tmp_path / "out.py").is_fifo()


TABLE = ("%%inputs\nrows: list = [1]", "%%node total\nsum(rows)")


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("rows.json", "--input rows=rows.json -o out.json", "DB403"),
        ("rows.json", "--input rows=rows*.json -o out.json", "DB403"),
        ("pipe.jsonl", "--samples -o out.json --lineage pipe.jsonl", "DB405"),
        ("pipe.html", "--samples -o out.json --report pipe.html", "DB405"),
        ("limits.json", "--samples -o out.json --limits limits.json", "DB403"),
    ],
)
def test_a_run_waits_for_no_pipe(
    name: str,
    words: str,
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Inputs, lineage, reports and limits are ordinary files."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "nb.ipynb", TABLE)
    os.mkfifo(tmp_path / name)
    assert main(["run", "nb.ipynb", *words.split()]) == 1
    assert capsys.readouterr().err.startswith(code)
    assert not (tmp_path / "out.json").exists()


def test_a_pipe_is_no_owner_of_a_run_in_parts(tmp_path: Path) -> None:
    """What stands beside an output under the name of a run's folder says nothing that is waited for."""
    (tmp_path / ".out.run-1").mkdir()
    os.mkfifo(tmp_path / ".out.run-1" / "owner")
    with _worked(tmp_path / "out", "2") as work:
        assert work.is_dir()


def test_a_pipe_is_no_lock(tmp_path: Path) -> None:
    """What stands in the staging folder under the lock's name stands in the way."""
    (tmp_path / STAGING).mkdir()
    os.mkfifo(tmp_path / STAGING / "lock")
    with pytest.raises(SourceError, match="DB433"):
        atomic_write({tmp_path / "a.py": "x"})
    assert (tmp_path / STAGING / "lock").is_fifo()


def test_a_hard_link_is_cut(tmp_path: Path) -> None:
    """A target that shares its content with another file gets one of its own."""
    (tmp_path / "other").write_text("precious", encoding="utf-8")
    os.link(tmp_path / "other", tmp_path / "a.py")
    atomic_write({tmp_path / "a.py": "x"})
    assert (tmp_path / "other").read_text(encoding="utf-8") == "precious"


NAMES = (
    "a\u202eb.ipynb",
    "\u0430bc.ipynb",
    "new\nline.ipynb",
    "esc\x1b[31m.ipynb",
    os.fsdecode(b"bad\xff.ipynb"),
    'quote".ipynb',
    "a%s{x}.ipynb",
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_strange_names_of_notebooks(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Look-alikes, bidi, escapes and bytes that are no text: pictures and modules are made, and are text."""
    monkeypatch.chdir(tmp_path)
    try:
        (tmp_path / name).write_text(text(), encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    assert main(["graph", name, "-o", "g.html"]) == 0
    assert main(["export", name, "-o", "m.py", "--no-run"]) == 0
    compile((tmp_path / "m.py").read_text(encoding="utf-8"), "m.py", "exec")
    said = capsys.readouterr()
    assert not any(sign in said.out + said.err for sign in ("\x1b", "\u202e"))


def test_a_name_that_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One error, for a module and for a picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.ipynb").write_text(text(), encoding="utf-8")
    assert main(["export", "good.ipynb", "-o", "m" * 300 + ".py", "--no-run"]) == 1
    assert main(["graph", "good.ipynb", "-o", "g" * 300 + ".json"]) == 1
    assert capsys.readouterr().err.count("DB405") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["good.ipynb"]


STRANGE = {
    "surrogate id": text([*GOOD[:1], cell("%%node b\na + 1", "\udc00")]),
    "surrogate heading": text(
        [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# \udc00"}, *GOOD]
    ),
    "surrogate in metadata": text(
        metadata={"dagbook": {"source": "\udc00.ipynb"}, "kernelspec": {"name": "\udc01"}}
    ),
    "one id twice": text([cell("%%inputs\na: int = 1", "a"), cell("%%node b\na + 1", "a")]),
    "metadata of a list": text(metadata=[]),
    "tags of a number": text([*GOOD[:1], cell("%%node b\na + 1", metadata={"tags": 7})]),
    "an id of a number": text([*GOOD[:1], cell("%%node b\na + 1", 7)]),
    "a long id": text([*GOOD[:1], cell("%%node b\na + 1", "x" * 100_000)]),
    "outputs of a number": text([*GOOD[:1], cell("%%node b\na + 1", outputs=4)]),
    "a number without bounds": text()[:-1] + ',"x": 1e999999}',
}
DAMAGED = {
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep metadata": text()[:-1] + ',"x":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
    "a source of a number": text([cell(7)]),
    "cells of an object": text({}),
    "no cell": text([None]),
    "a surrogate in code": text([cell("%%node b\n'\ud800'")]),
    "a zero in code": text([cell("%%node b\n1\0")]),
    "deep parentheses": text([cell("%%node b\n" + "(" * 5000 + "1" + ")" * 5000)]),
    "a deep name": text([cell("%%node b\na" + ".x" * 50_000)]),
    "a long family": text([cell("%%node b_{k} --for k=range(10**9)\nk")]),
    "a family of a power": text([cell("%%node b_{k} --for k=range(9**9**9)\nk")]),
    "a condition of a power": text([cell('%%node b_{k} --for k=1,2 --where "9**9**9 > k"\nk')]),
}


@pytest.mark.parametrize("kind", [*STRANGE, *DAMAGED])
def test_strange_and_damaged_notebooks(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What says nothing of cells is ignored; damage is one error with a code; nothing takes long."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.ipynb").write_text({**STRANGE, **DAMAGED}[kind], encoding="utf-8")
    codes = [
        main(["graph", "x.ipynb", "-o", "g.json"]),
        main(["export", "x.ipynb", "-o", "m.py", "--no-run"]),
    ]
    if kind in STRANGE:
        assert codes == [0, 0]
        names = {
            node["name"] for node in json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))["nodes"]
        }
        assert names == {"a", "b"}
    else:
        assert codes == [1, 1]
        assert capsys.readouterr().err.count("DB") >= 2
        assert not (tmp_path / "m.py").exists()
