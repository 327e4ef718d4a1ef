"""What stands in the cache's folder, or is read by a node, is replaced at a bad moment: never an old value."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kernel_magics.engine.run import recorder
from kernel_magics.store import DiskStore, disk
from kernel_magics.store.entry import Entry, entry_text, read_entry
from tests.store.test_disk import KEY, OTHER, put
from tests.store.test_restart import Kernel

VALUES_OF = {
    "numpy": np.arange(50.0),
    "pandas": pd.DataFrame({"a": range(2000), "b": ["x"] * 2000}),
    "polars": pl.DataFrame({"a": range(2000)}),
    "pickled": type("Odd", (dict,), {})(a=1),
}


def soon(work: Callable[[], Any]) -> Any:
    """What it returns; a failure where it waits for something that never comes."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "it waits"
    return found[0]


def pipe(path: Path) -> None:
    """A pipe into which nobody writes."""
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    """A link to a device without an end, which version control can bring."""
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("replaced", [pipe, endless])
@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars"])
def test_what_has_no_end_is_a_miss(tmp_path: Path, kind: str, replaced: Callable[[Path], None]) -> None:
    """In place of an entry, or of the file with its value: nothing is waited for."""
    store = DiskStore(tmp_path)
    put(store, VALUES_OF[kind])
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path.stem == KEY):
        content = path.read_bytes()
        replaced(path)
        assert soon(lambda: [store.get(KEY)]) == [None]
        path.unlink()
        path.write_bytes(content)
    assert store.get(KEY) is not None


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars"])
def test_a_file_that_is_replaced_while_it_is_read_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The entry is that of the old value, and the file by then that of another result of ours."""
    store = DiskStore(tmp_path)
    put(store, VALUES_OF[kind])
    put(store, VALUES_OF[kind][:7], OTHER)
    own = disk._read

    def read(entry: Entry, file: Path) -> object:
        other = tmp_path / OTHER[:2] / f"{OTHER}{file.suffix}"
        os.replace(other, file)
        return own(entry, file)

    monkeypatch.setattr(disk, "_read", read)
    assert store.get(KEY) is None


@pytest.mark.parametrize("changed", ["kind", "facts", "file", "reads", "more", "less"])
def test_an_entry_of_another_version_is_a_miss(tmp_path: Path, changed: str) -> None:
    """Signed by the same user, with parts that this version does not know."""
    store = DiskStore(tmp_path)
    put(store, np.arange(50.0))
    path = tmp_path / KEY[:2] / f"{KEY}.jsonl"
    entry = read_entry(path, KEY)
    assert entry is not None
    others = {
        "kind": "of_later",
        "facts": {"record": {"later": 1}},
        "file": "../../of_later",
        "reads": [["a"]],
    }
    text = entry_text(entry)
    if changed in others:
        object.__setattr__(entry, changed, others[changed])
        text = entry_text(entry)
    else:
        line = text.split(b"\n")[0]
        line = (
            line.replace(b'{"key"', b'{"later": 1, "key"')
            if changed == "more"
            else line.replace(b'"name"', b'"no"')
        )
        text = line + b"\n" + entry_text(entry).split(b"\n")[1] + b"\n"
    path.write_bytes(text)
    assert store.get(KEY) is None


def test_a_clock_that_goes_back_changes_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which results make way depends on the clock; what is there is right."""
    store = DiskStore(tmp_path, limit=50_000)
    keys = [f"{number:02x}" * 20 for number in range(12)]
    utime = os.utime
    for number, key in enumerate(keys):
        moment = 2_000_000_000 - 100_000_000 * number

        def back(path: Any, times: Any = None, *, _moment: int = moment, **more: Any) -> None:
            utime(path, (_moment, _moment), **more)

        monkeypatch.setattr(os, "utime", back)
        put(store, np.arange(1000.0) + number, key)
        found = store.get(key)
        assert found is None or (found.value == np.arange(1000.0) + number).all()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 60_000


READS = {
    "a file": "open('data.txt').read()",
    "a folder": "sorted(__import__('os').listdir('folder'))",
    "a status": "__import__('os').path.getsize('data.txt')",
    "a variable": "__import__('os').environ.get('DAGBOOK_A')",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what nodes read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGBOOK_A", "old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "data.txt").write_text("old")
    return tmp_path


def move_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is another one."""
    (place / "data.txt").write_text("newer")
    (place / "folder" / "more").write_text("")
    monkeypatch.setenv("DAGBOOK_A", "new")


@pytest.mark.parametrize("old", [False, True], ids=["young files", "old files"])
@pytest.mark.parametrize("what", READS)
def test_what_changes_while_a_node_runs_is_not_kept(
    place: Path, monkeypatch: pytest.MonkeyPatch, what: str, old: bool
) -> None:
    """The value is that of the old content, and must not be found for the new one."""
    kernel = Kernel(place / "cache")
    cell = f"%%node a --cache disk\n{READS[what]}"
    if old:
        monkeypatch.setattr(recorder, "_now", lambda: 2**62)
    reads = recorder.Record.reads

    def late(record: recorder.Record) -> Any:
        if record.names:
            move_on(place, monkeypatch)
        return reads(record)

    with monkeypatch.context() as patch:
        patch.setattr(recorder.Record, "reads", late)
        kernel.run(cell)
    assert "changed while it ran" in kernel.unkept()["a"]
    assert kernel.run(cell) == ["finished a"]
    assert kernel.run(cell) == ["reused a"]


def test_a_file_with_the_same_size_and_time_is_told_apart(place: Path) -> None:
    """Another content, and the time of the old one put back: what counts is the content."""
    kernel = Kernel(place / "cache")
    cell = f"%%node a --cache disk\n{READS['a file']}"
    kernel.run(cell)
    status = (place / "data.txt").stat()
    (place / "data.txt").write_text("new")
    os.utime(place / "data.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert kernel.run(cell) == ["finished a"]
    assert kernel.notebook.value("a") == "new"


def test_a_file_that_becomes_a_pipe_is_another_one(place: Path) -> None:
    """What is looked at again is never waited for."""
    kernel = Kernel(place / "cache")
    cell = f"%%node a --cache disk\nlen({READS['a file']}) if __import__('os').path.isfile('data.txt') else 0"
    kernel.run(cell)
    pipe(place / "data.txt")
    assert soon(lambda: kernel.run(cell)) == ["finished a"]
    assert kernel.notebook.value("a") == 0
