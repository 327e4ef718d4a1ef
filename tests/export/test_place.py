"""Placing: all files or none, whatever goes wrong."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.engine.errors import ExportError, SourceError
from kernel_magics.export import export as orchestra
from kernel_magics.export import finish
from kernel_magics.export.clean.testrun import TestRun
from kernel_magics.export.finish import NEW, beside
from kernel_magics.export.place import place, recover
from tests.export.notebooks import HOME, QUICK, export

NAMES = ("features.py", "test_features.py", "test_features.json")
KILLS = int(os.environ.get("DAGBOOK_KILLS", "20"))


def _files(folder: Path, content: str) -> dict[Path, str]:
    return {folder / name: f"{content} {name}" for name in NAMES}


def _contents(folder: Path) -> set[str]:
    return {(folder / name).read_text().split(" ")[0] for name in NAMES}


def _visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    """New folders are made; afterwards only the files are there."""
    folder = tmp_path / "deep" / "er"
    written = place(_files(folder, "one"))
    assert [path.name for path in written] == list(NAMES)
    assert _visible(folder) == sorted(NAMES)
    assert place(_files(folder, "one")) == []


def test_modes_and_links_survive(tmp_path: Path) -> None:
    """A file keeps its mode; a symbolic link stays one, and its target is replaced."""
    (tmp_path / "real.py").write_text("old")
    (tmp_path / "features.py").symlink_to(tmp_path / "real.py")
    (tmp_path / "real.py").chmod(0o754)
    place({tmp_path / "features.py": "new"})
    assert (tmp_path / "features.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == "new"
    assert (tmp_path / "real.py").stat().st_mode & 0o777 == 0o754


WRITER = """
import sys
from pathlib import Path
from kernel_magics.export.place import place
folder = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    content = f"v{number}"
    place({folder / name: f"{content} {name}" + "x" * 50_000 for name in NAMES})
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_leaves_the_old_files_or_the_new_ones(tmp_path: Path, seed: int) -> None:
    """Killed with SIGKILL at a random moment, the files are of one version, without any repair."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"NAMES = {NAMES}\n{WRITER}", str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(HOME)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.15 + random.Random(seed).random() / 3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    _wait_for_finisher(tmp_path)
    if (tmp_path / NAMES[0]).exists():
        assert len(_contents(tmp_path)) == 1
    else:
        assert not any((tmp_path / name).exists() for name in NAMES)
    recover([tmp_path / name for name in NAMES])
    assert all(not name.startswith(".") for name in _visible(tmp_path))
    place(_files(tmp_path, "last"))
    assert _contents(tmp_path) == {"last"}


def _wait_for_finisher(folder: Path) -> None:
    """The process that renames is on its own: it needs a moment after the kill."""
    states = [_visible(folder)]
    for _ in range(200):
        time.sleep(0.02)
        states.append(_visible(folder))
        if len(states) > 10 and states[-1] == states[-10]:
            return


@pytest.mark.parametrize("replaced", [0, 1, 2, 3])
def test_a_left_over_journal_is_finished_or_undone(tmp_path: Path, replaced: int) -> None:
    """After a loss of power the next export completes what had begun, and undoes what had not."""
    place(_files(tmp_path, "old"))
    paths = [str(tmp_path / name) for name in NAMES]
    for path in paths:
        Path(beside(path, NEW)).write_text(f"new {Path(path).name}")
    Path(beside(paths[0], ".dagbook-journal")).write_text(json.dumps({"files": paths}))
    for path in paths[:replaced]:
        os.replace(beside(path, NEW), path)
    recover([tmp_path / name for name in NAMES])
    assert _contents(tmp_path) == ({"new"} if replaced else {"old"})
    assert _visible(tmp_path) == sorted(NAMES)


def test_a_file_that_cannot_be_replaced_brings_the_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second rename fails (a file that another program holds open), the first one is undone."""
    place(_files(tmp_path, "old"))
    real, calls = os.replace, []

    def failing(source: str, target: str) -> None:
        calls.append(target)
        if str(target).endswith("test_features.py") and str(source).endswith(NEW):
            raise PermissionError(13, "in use", target)
        real(source, target)

    monkeypatch.setattr(finish.os, "replace", failing)
    monkeypatch.setattr(subprocess, "Popen", _no_process)
    with pytest.raises(SourceError) as caught:
        place(_files(tmp_path, "new"))
    assert caught.value.code == "DB405"
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == sorted(NAMES)
    assert len(calls) > 2


def _no_process(*given: object, **named: object) -> None:
    raise OSError(11, "no more processes")


def test_a_full_disk_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room nothing is changed and nothing is left behind."""
    place(_files(tmp_path, "old"))
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left") as caught:
        place(_files(tmp_path, "new"))
    assert caught.value.code == "DB405"
    assert caught.value.hint
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == sorted(NAMES)


def test_a_disk_that_fills_up_leaves_the_old_files(tmp_path: Path) -> None:
    """Where the system refuses to let a file grow, the error says so and the old files stand."""
    place(_files(tmp_path, "old"))
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom kernel_magics.export.place import place\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"place({{Path(sys.argv[1]) / name: 'new ' + 'x' * size for name, size in zip({NAMES}, (9, 99, 99_999))}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "DB405 cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == sorted(NAMES)


def test_a_folder_that_may_only_be_read_leaves_the_old_files(tmp_path: Path) -> None:
    """Without the right to write, the error names the place, and nothing in the folder changes."""
    place(_files(tmp_path, "old"))
    tmp_path.chmod(0o555)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    before = _visible(tmp_path)
    try:
        message = _as_nobody(lambda: place(_files(tmp_path, "new")))
    finally:
        tmp_path.chmod(0o755)
    assert "DB405 cannot write" in message
    assert "Permission denied" in message
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == before


def _as_nobody(action: Callable[[], object]) -> str:
    """What an action raises in a process without the rights of root."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            action()
        except BaseException as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode()


def test_whoever_has_a_file_open_reads_the_old_one_to_its_end(tmp_path: Path) -> None:
    """A program in the middle of reading sees neither a mixture nor an empty file."""
    place({tmp_path / "features.py": "old " * 50_000})
    with (tmp_path / "features.py").open() as reader:
        start = reader.read(100)
        place({tmp_path / "features.py": "new " * 50_000})
        assert start + reader.read() == "old " * 50_000
    assert (tmp_path / "features.py").read_text() == "new " * 50_000


def test_a_failing_generated_test_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded value that the module does not give stops the export: node and cell are named, files stay."""
    export(tmp_path, *QUICK)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real = orchestra.run_tests

    def corrupted(files: Mapping[Path, str], *rest: Any) -> TestRun:
        changed = {path: text.replace("36.6666666667", "36.7") for path, text in files.items()}
        assert changed != files
        return real(changed, *rest)

    monkeypatch.setattr(orchestra, "run_tests", corrupted)
    with pytest.raises(ExportError) as caught:
        export(tmp_path, *QUICK[:-1])
    assert caught.value.code == "DB502"
    assert caught.value.cells
    assert caught.value.hint == "correct the node or the test; the files there are unchanged."
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["/proc/features.py", "{}/file/features.py", "{}/taken.py"])
def test_places_that_cannot_be_written_are_one_clear_error(tmp_path: Path, name: str) -> None:
    """A read-only folder, a file in place of a folder, a folder in place of the file."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "taken.py").mkdir()
    path = Path(name.format(tmp_path))
    with pytest.raises(SourceError) as caught:
        place({path: "text"})
    assert caught.value.code == "DB405"
    assert str(path.parent) in caught.value.message
    assert _visible(tmp_path) == ["file", "taken.py"]


EXPORTER = """
import sys
from pathlib import Path
from kernel_magics.export.clean.testrun import TestRun
from tests.export.notebooks import QUICK, export
cells = list(QUICK)
cells[5] = "%%node weekly\\nscaled(rolling_mean) + " + sys.argv[2]
export(Path(sys.argv[1]), *cells, examples="refresh")
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(max(3, KILLS // 5)))
def test_a_killed_export_leaves_files_that_belong_together(tmp_path: Path, seed: int) -> None:
    """Killed anywhere in a whole export, module, tests and examples are the old or the new ones."""
    began = time.monotonic()
    done = export(tmp_path, *QUICK, examples="refresh")
    lasts = time.monotonic() - began + 1  # a process of its own starts later
    old = [path.read_bytes() for path in (done.module, done.tests, done.examples)]
    process = subprocess.Popen(
        [sys.executable, "-c", EXPORTER, str(tmp_path), "1"],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        start_new_session=True,
    )
    time.sleep(random.Random(seed).random() * lasts * 1.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _wait_for_finisher(tmp_path)
    now = [path.read_bytes() for path in (done.module, done.tests, done.examples)]
    changed = [first != second for first, second in zip(old, now, strict=True)]
    assert changed in ([False, False, False], [True, False, True])
