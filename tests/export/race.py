"""`python -m tests.export.race --rounds 150`: writers of the same files at once, some killed at any moment.

Each round forks two or three writers of one generation each, into two folders. Afterwards all files are of one
generation, nothing else is left, and what each writer said of its own files is true.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from kernel_magics.engine.errors import SourceError
from kernel_magics.export.atomic_write import atomic_write
from tests.export.writers import wait_for_writers

NAMES = ("src/features.py", "src/features.schema.json", "tests/test_features.py", "tests/test_features.json")


def main(arguments: list[str]) -> int:
    """Returns 1 when a round ended with mixed files or a wrong word."""
    parser = argparse.ArgumentParser(prog="python -m tests.export.race")
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    problems: list[str] = []
    killed = refused = 0  # writers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        atomic_write({folder / each: f"0\n{each}" for each in NAMES})
        for round in range(1, asked.rounds + 1):
            said = _round(folder, round, random.Random(asked.seed * 100_000 + round))
            killed += list(said.values()).count("")
            refused += sum(word.startswith("DB432") for word in said.values())
            problems += [f"round {round}: {line}" for line in _judged(folder, said)]
    print(
        f"{asked.rounds} rounds, {killed} killed, {refused} refused, {len(problems)} problems",
        *problems,
        sep="\n",
    )
    return bool(problems)


def _round(folder: Path, round: int, choice: random.Random) -> dict[str, str]:
    """What each writer said in the end, by its generation; "" for a killed one."""
    writers = {}
    for number in range(choice.choice((2, 2, 3))):
        generation = f"{round}.{number}"
        wait, size = choice.random() * 0.01, choice.choice((10, 100_000))
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reading)
            os.write(writing, _write(folder, generation, wait, size).encode())
            os._exit(0)
        os.close(writing)
        writers[generation] = pid, reading
    if choice.random() < 0.6:
        time.sleep(choice.random() * 0.12)
        victim = choice.choice(list(writers.values()))[0]
        helper = _helper(victim) if choice.random() < 0.4 else 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(helper or victim, signal.SIGKILL)
    said = {}
    for generation, (pid, reading) in writers.items():
        with os.fdopen(reading, encoding="utf-8") as file:
            said[generation] = file.read()
        os.waitpid(pid, 0)
    return said


def _helper(pid: int) -> int:
    """The process that renames for a writer; 0 if there is none, or the system does not tell."""
    deadline = time.monotonic() + 0.2
    while time.monotonic() < deadline:
        try:
            found = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
        except OSError:
            return 0
        if found:
            return int(found[0])
    return 0


def _write(folder: Path, generation: str, wait: float, size: int) -> str:
    """Write as an export does: what was there is read, the work takes a while, then all is put in place."""
    try:
        before = {folder / name: (folder / name).read_bytes() for name in NAMES}
        time.sleep(wait)
        atomic_write({folder / name: f"{generation}\n{name}" + "x" * size for name in NAMES}, before)
    except SourceError as error:
        return f"{error.code} {error.message} {error.hint}"
    except BaseException as error:  # whatever it is, it is reported
        return f"raised {error!r}"
    return "written"


def _judged(folder: Path, said: dict[str, str]) -> list[str]:
    """What is wrong after a round."""
    problems = [f"{generation} {word}" for generation, word in said.items() if word.startswith("raised")]
    wait_for_writers(folder / "src", folder / "tests")
    there = {(folder / name).read_text("utf-8").split("\n")[0] for name in NAMES}
    left = [path.name for place in ("src", "tests") for path in (folder / place).iterdir()]
    if len(there) != 1:
        return [*problems, f"files of {sorted(there)} are mixed; said {said}"]
    (now,) = there
    problems += [f"{now} is in place, and said {said[now]}"] if said.get(now, "").startswith("DB432") else []
    written = [generation for generation, word in said.items() if word == "written"]
    if written and now not in said:
        problems.append(f"{written} said that they wrote, and {now} is in place")
    if len(written) > 1:
        problems.append(f"{written} began from the same files, and all wrote")
    if len(left) != len(NAMES) and "" not in said.values():
        problems.append(f"left behind: {left}")
    return problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
