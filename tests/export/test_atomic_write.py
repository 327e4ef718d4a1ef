"""Atomic writes: all files or none, whatever fails, and nothing in a folder is an order."""

import _thread
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
from kernel_magics.export import atomic_write as writing
from kernel_magics.export import export as orchestra
from kernel_magics.export import staging as staging_folder
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.clean.testrun import TestRun
from tests.export.notebooks import HOME, QUICK, export
from tests.export.writers import wait_for_writers

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
    written = atomic_write(_files(folder, "one"))
    assert [path.name for path in written] == list(NAMES)
    assert _visible(folder) == sorted(NAMES)
    assert atomic_write(_files(folder, "one")) == []


def test_modes_survive(tmp_path: Path) -> None:
    """A file keeps its mode."""
    (tmp_path / "features.py").write_text("old")
    (tmp_path / "features.py").chmod(0o754)
    atomic_write({tmp_path / "features.py": "new"})
    assert (tmp_path / "features.py").read_text() == "new"
    assert (tmp_path / "features.py").stat().st_mode & 0o777 == 0o754


def test_a_link_inside_the_folder_stays_one(tmp_path: Path) -> None:
    """The target of a symbolic link is replaced where it is in the same folder."""
    (tmp_path / "real.py").write_text("old")
    (tmp_path / "features.py").symlink_to("real.py")
    atomic_write({tmp_path / "features.py": "new"})
    assert (tmp_path / "features.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == "new"


def test_links_that_lead_out_of_the_folder_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to a file elsewhere, a dangling one, a linked folder inside the working folder or the given one."""
    home, repo = tmp_path / "home", tmp_path / "repo"
    for folder in (home, repo):
        folder.mkdir()
    (home / "doc.txt").write_text("precious")
    (repo / "file.py").symlink_to(home / "doc.txt")
    (repo / "new.py").symlink_to(home / "new.py")
    (repo / "src").symlink_to(home)
    monkeypatch.chdir(repo)
    for path, within in (
        (repo / "file.py", None),
        (Path("file.py"), None),
        (Path("new.py"), None),
        (Path("src/new.py"), None),
    ):
        with pytest.raises(SourceError, match=r"DB431 .* leads through a link"):
            atomic_write({Path("fine.py"): "text", path: "text"}, within=within)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=r"DB431"):
        atomic_write({repo / "src" / "new.py": "text"}, within=repo)
    assert {path.name: path.read_text() for path in home.iterdir()} == {"doc.txt": "precious"}
    assert _visible(repo) == ["file.py", "new.py", "src"]


WRITER = """
import sys
from pathlib import Path
from kernel_magics.export.atomic_write import atomic_write
folder = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    content = f"v{number}"
    atomic_write({folder / name: f"{content} {name}" + "x" * 50_000 for name in NAMES})
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
    wait_for_writers(tmp_path)
    if (tmp_path / NAMES[0]).exists():
        assert len(_contents(tmp_path)) == 1
    else:
        assert not any((tmp_path / name).exists() for name in NAMES)
    atomic_write(_files(tmp_path, "last"))
    assert _contents(tmp_path) == {"last"}
    assert _visible(tmp_path) == sorted(NAMES)


def test_leftovers_are_removed_by_the_next_write(tmp_path: Path) -> None:
    """After a loss of power the folder holds new and old files: the next write removes them, and only them."""
    staging = tmp_path / staging_folder.STAGING
    staging.mkdir()
    for name in ("0.new", "0.old", "12.new", "lock"):
        (staging / name).write_text("left")
    (tmp_path / "doc.txt").write_text("precious")
    (staging / "1.old").symlink_to(tmp_path / "doc.txt")
    atomic_write(_files(tmp_path, "new"))
    assert _contents(tmp_path) == {"new"}
    assert _visible(tmp_path) == sorted([*NAMES, "doc.txt"])
    assert (tmp_path / "doc.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "kind", ["file", "link", "link to nothing", "folder inside", "other file", "linked lock"]
)
def test_what_is_not_ours_stands_in_the_way(tmp_path: Path, kind: str) -> None:
    """Something else of that name is one clear error; it stays, what is behind it too, and nothing is written."""
    folder, staging = tmp_path / "repo", tmp_path / "repo" / staging_folder.STAGING
    behind = tmp_path / "home"
    for each in (folder, behind):
        each.mkdir()
    (behind / "0.new").write_text("precious")
    (behind / "lock").write_text("precious")
    match kind:
        case "file":
            staging.write_text("")
        case "link":
            staging.symlink_to(behind)
        case "link to nothing":
            staging.symlink_to(tmp_path / "nothing")
        case "folder inside":
            (staging / "0.new").mkdir(parents=True)
        case "other file":
            staging.mkdir()
            (staging / "thesis.tex").write_text("precious")
        case _:
            staging.mkdir()
            (staging / "lock").symlink_to(behind / "lock")
    before = snapshot(tmp_path)
    with pytest.raises(SourceError, match=r"DB433 .*Dagbook did not make it"):
        atomic_write(_files(folder, "new"))
    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, object]:
    """Every path below a folder with its content and times."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path)] = (content, status.st_mode, status.st_mtime_ns, status.st_ino)
    return found


def test_what_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """A file that another program wrote after the work began stops the write; the same content does not."""
    paths = list(_files(tmp_path, "old"))
    before: dict[Path, bytes | None] = dict.fromkeys(paths)
    paths[1].write_text("mine")
    with pytest.raises(SourceError, match=r"DB432 .*test_features.py' was written by somebody else"):
        atomic_write(_files(tmp_path, "new"), before)
    assert _visible(tmp_path) == ["test_features.py"]
    paths[1].write_text(_files(tmp_path, "new")[paths[1]])
    assert len(atomic_write(_files(tmp_path, "new"), before)) == 2
    assert _contents(tmp_path) == {"new"}


def test_a_lock_that_is_kept_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write waits for another one in the same folder, and gives up with a clear error."""
    monkeypatch.setattr(staging_folder, "_PATIENCE", 0.05)
    with staging_folder.staging(tmp_path), pytest.raises(SourceError, match=r"DB432 another export"):
        atomic_write(_files(tmp_path, "new"))
    assert _visible(tmp_path) == [staging_folder.STAGING]
    atomic_write(_files(tmp_path, "new"))
    assert _visible(tmp_path) == sorted(NAMES)


RACER = """
import sys
from pathlib import Path
from kernel_magics.engine.errors import SourceError
from kernel_magics.export.atomic_write import atomic_write
folder, own, count = Path(sys.argv[1]), sys.argv[2], 0
for round in range(30):
    before = {folder / name: (folder / name).read_bytes() if (folder / name).exists() else None for name in NAMES}
    try:
        atomic_write({folder / name: f"{own}{round} {name}" for name in NAMES}, before)
        count += 1
        assert len({(folder / name).read_text().split(" ")[0] for name in NAMES}) <= 2
    except SourceError as error:
        assert error.code == "DB432", error
print(count)
"""


def test_two_writers_never_mix_files(tmp_path: Path) -> None:
    """Of many writes from three processes every one is whole, or refused with a word."""
    command = [sys.executable, "-c", f"NAMES = {NAMES}\n{RACER}", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    racers = [
        subprocess.Popen([*command, own], env=environment, stdout=subprocess.PIPE, text=True) for own in "abc"
    ]
    counts = [int(racer.communicate()[0]) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert all(counts)
    assert len(_contents(tmp_path)) == 1
    assert _visible(tmp_path) == sorted(NAMES)


@pytest.mark.parametrize("moment", ["before", "during"])
def test_an_interrupt_leaves_one_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Ctrl-C while files are prepared changes nothing; while they are renamed, the new ones get in place."""
    atomic_write(_files(tmp_path, "old"))
    if moment == "before":
        real, calls = writing._prepare, []

        def prepare(*given: Any) -> Any:
            calls.append(given)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(*given)

        monkeypatch.setattr(writing, "_prepare", prepare)
    else:
        process = writing._in_process

        def slow(orders: Any) -> Any:
            _thread.interrupt_main()
            return process(orders)

        monkeypatch.setattr(writing, "_in_process", slow)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            atomic_write(_files(tmp_path, "new"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert _contents(tmp_path) == ({"old"} if moment == "before" else {"new"})
    assert str(caught.value) == ("" if moment == "before" else "the new files are in place")
    assert _visible(tmp_path) == sorted(NAMES)


def test_a_file_that_cannot_be_replaced_brings_the_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second rename fails (a file that another program holds open), the first one is undone."""
    atomic_write(_files(tmp_path, "old"))
    real, calls = os.replace, []

    def failing(source: str, target: str) -> None:
        calls.append(target)
        if str(target).endswith("test_features.py") and str(source).endswith(".new"):
            raise PermissionError(13, "in use", target)
        real(source, target)

    monkeypatch.setattr(writing.os, "replace", failing)
    monkeypatch.setattr(subprocess, "Popen", _no_process)
    with pytest.raises(SourceError) as caught:
        atomic_write(_files(tmp_path, "new"))
    assert caught.value.code == "DB405"
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == sorted(NAMES)
    assert len(calls) > 2


def _no_process(*given: object, **named: object) -> None:
    raise OSError(11, "no more processes")


def test_a_full_disk_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room nothing is changed and nothing is left behind."""
    atomic_write(_files(tmp_path, "old"))
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left") as caught:
        atomic_write(_files(tmp_path, "new"))
    assert caught.value.code == "DB405"
    assert caught.value.hint
    assert _contents(tmp_path) == {"old"}
    assert _visible(tmp_path) == sorted(NAMES)


def test_a_disk_that_fills_up_leaves_the_old_files(tmp_path: Path) -> None:
    """If the system refuses to let a file grow, the error reports it and the old files are kept."""
    atomic_write(_files(tmp_path, "old"))
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from kernel_magics.export.atomic_write import atomic_write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"atomic_write({{Path(sys.argv[1]) / name: 'new ' + 'x' * size for name, size in zip({NAMES}, (9, 99, 99_999))}})"
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
    atomic_write(_files(tmp_path, "old"))
    tmp_path.chmod(0o555)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    before = _visible(tmp_path)
    try:
        message = _as_nobody(lambda: atomic_write(_files(tmp_path, "new")))
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
    atomic_write({tmp_path / "features.py": "old " * 50_000})
    with (tmp_path / "features.py").open() as reader:
        start = reader.read(100)
        atomic_write({tmp_path / "features.py": "new " * 50_000})
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
        changed = {path: text.replace("36.666666667", "36.7") for path, text in files.items()}
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
        atomic_write({path: "text"})
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
    wait_for_writers(tmp_path)
    now = [path.read_bytes() for path in (done.module, done.tests, done.examples)]
    changed = [first != second for first, second in zip(old, now, strict=True)]
    assert changed in ([False, False, False], [True, False, True])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the race forks")
def test_a_hundred_and_fifty_races_leave_one_generation() -> None:
    """Writers of the same files at once, some killed: never mixed, and what each said is true."""
    race = [sys.executable, "-m", "tests.export.race", "--rounds", "150"]
    done = subprocess.run(race, cwd=HOME, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "150 rounds" in done.stdout
