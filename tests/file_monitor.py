"""Runs a command in a process of its own, and tells which files it wrote, moved or removed, and what it started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import PATIENCE

HOME = Path(__file__).parents[1]
_SCRIPT = """
import json, os, sys
temporary, log, *words = sys.argv[1:]
found = []
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown", "os.utime", "shutil.rmtree", "shutil.copyfile", "shutil.move"}
STARTS = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect", "pickle.find_class"}

def watch(event, given):
    if event == "open":
        path, mode, flags = given
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
            note(event, path)
    elif event in CHANGES:
        for path in given[:2]:
            if isinstance(path, (str, bytes, os.PathLike)):
                note(event, path)
    elif event in STARTS:
        found.append(f"{event} {given[0]}")

def note(event, path):
    path = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else ""
    if path and not path.startswith((temporary, "/dev/")) and "__pycache__" not in path:
        found.append(f"{event} {path}")

sys.addaudithook(watch)
from kernel_magics.cli.main import main
codes = []
for line in words:
    try:
        codes.append(main(json.loads(line)))
    except SystemExit as error:
        codes.append(error.code)
    except BaseException as error:
        codes.append(f"{type(error).__name__}: {error}")
    print("\\0", flush=True)
    print("\\0", file=sys.stderr, flush=True)
done = list(found)
with open(log, "w") as file:
    json.dump([codes, done], file)
"""


@dataclass(frozen=True)
class Seen:
    """What commands did.

    Attributes:
        codes: the exit code of each, or the exception that came out of it.
        said: what each printed.
        done: files that were written, moved or removed, and processes and connections that were started.
    """

    codes: list[object]
    said: list[str]
    done: list[str]


def monitored(folder: Path, *commands: Sequence[str], scratch: Path) -> Seen:
    """Run commands in a folder, one after the other.

    Args:
        scratch: a new folder for temporary files, which are not told.
    """
    temporary = scratch / "temporary"
    temporary.mkdir(parents=True, exist_ok=True)
    script, log = scratch / "monitor.py", scratch / "log.json"
    script.write_text(_SCRIPT, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"TMPDIR": str(temporary), "HOME": str(scratch)}
    environment["PYTHONPATH"] = os.pathsep.join([str(HOME), str(folder)])
    command = [sys.executable, str(script), str(temporary), str(log), *map(json.dumps, commands)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
    )
    assert log.exists(), done.stderr
    codes, found = json.loads(log.read_text(encoding="utf-8"))
    told = zip(done.stdout.split("\0"), done.stderr.split("\0"), strict=False)
    return Seen(codes, ["".join(each) for each in told][: len(codes)], found)
