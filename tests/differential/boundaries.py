"""`python -m tests.differential.boundaries`: Ctrl-C at many moments of magics; the state is that before or that after."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.differential.kernel import Kernel

CELLS = {
    "s": "%%setup\nimport pandas as pd\nK = 2",
    "i": "%%inputs\nt: pd.DataFrame = pd.DataFrame({'g': ['a', 'b', 'a'], 'v': [1.0, 2.0, 3.0]})",
    "p": "%%params\nq: int = 1",
    "n": "%%node double\nt['v'] * K * q",
    "m": "%%node mean\nfloat(double.mean())",
    "c": "%%check mean\nmean > 0",
    "u": "%%test mean\nassert callable(mean)",
}
ACTIONS: dict[str, tuple[str, ...]] = {
    "a check": ("d", "%%check double\ndouble > 0"),
    "a check that fails": ("d", "%%check double\ndouble > 5"),
    "an edited check": ("c", "%%check mean\nmean > 1"),
    "a test": ("w", "%%test double\nassert callable(double)"),
    "an edited test": ("u", "%%test mean\nassert callable(mean) and 1"),
    "a nature": ("o", "%nature double"),
    "a reset": ("o", "%dataflow reset"),
    "an export": ("o", "%export features.py"),
    "an edited setup": ("s", "%%setup\nimport pandas as pd\nK = 3"),
    "a setup that fails": ("s", "%%setup\nimport pandas as pd\nK = 1 / 0"),
    "edited inputs": ("i", CELLS["i"].replace("3.0", "4.0")),
    "an edited param": ("p", "%%params\nq: int = 2"),
    "another param": ("r", "%%params\nr: int = 2"),
    "an edited node": ("n", "%%node double\nt['v'] * K * q + 1"),
    "a renamed node": ("n", "%%node twice\nt['v'] * K * q"),
    "a node that fails": ("n", "%%node double\nt['w'] * K"),
    "a deleted node": ("o", "pass", "n"),
    "a deleted setup": ("o", "pass", "s"),
    "a deleted param": ("o", "pass", "p"),
    "everything again": ("o", "%compute --force"),
    "everything on threads": ("o", "%compute --force --executor threads"),
    "a mode": ("o", "%dataflow lazy"),
    "less memory": ("o", "%dataflow memory 1"),
    "all on disk": ("o", "%dataflow cache disk"),
    "a value on disk": ("n", "%%node double --cache disk\nt['v'] * K * q + 1"),
    "an ordinary cell": ("o", "double.iloc[0] = 7\nK = 9"),
}
_LEAST, _PASSED = 200, 3  # a Ctrl-C may come where it is handled, and the action goes on
_GENERATED = (".py", ".json")
Seen = tuple[object, ...]


class Bench:
    """A kernel in a new folder that has run the cells."""

    def __init__(self, home: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=home)) / "work"
        self.folder.mkdir()
        self.kernel = Kernel(self.folder)
        for id, text in CELLS.items():
            self.kernel.run(text, id)

    def seen(self) -> Seen:
        """Cells, values, states and errors when everything is computed; files of an export; free locks."""
        self.kernel.run("pass", "o")
        self.kernel.run("%%node late\n1", "late")
        self.kernel.run("pass", "o")  # what an interrupt left behind is collected now
        free = self.kernel.is_free()
        cells = self.kernel.run("%compute", "o").cells
        state = self.kernel.state()
        self.kernel.run("pass", "o", ("late",))
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.suffix in _GENERATED}
        return (cells, state.states, state.errors, state.values, state.seen, state.unread, files, free)

    def act(self, name: str, stop_at: int = 0) -> str:
        """Do it; returns the code of the error."""
        id, text, *deleted = ACTIONS[name]
        return self.kernel.run(text, id, tuple(deleted), stop_at).code


def differences(name: str, factor: float, home: Path) -> tuple[list[str], int]:
    """What was wrong after an interrupt, and at how many moments it came: up to the last one of the action.

    It also comes in the functions that begin and end `with` blocks, where what they undo may be lost or come late.
    """
    calm = Bench(home)
    before, code = calm.seen(), calm.act(name)
    after = calm.seen()
    calm.kernel.close()
    found, stopped = [], 0
    for moments in (_growing(factor), (-at for at in _growing(factor))):
        passed = 0
        for at in moments:
            bench = Bench(home)
            try:
                came = bench.act(name, at)
                stopped += came == "KeyboardInterrupt"
                passed = passed + 1 if came == code and (at < 0 or at > _LEAST) else 0
                if came not in (code, "KeyboardInterrupt", "DB307"):
                    found.append(f"{name} at {at}: {came}, and not {code or 'nothing'} or Ctrl-C")
                now = bench.seen()
                if now not in (before, after):
                    found.append(f"{name} at {at}: {now}\n before {before}\n after {after}")
                bench.act(name)
                again = bench.seen()
                if again != after:
                    found.append(f"{name} again after Ctrl-C at {at}: {again}\n after {after}")
            finally:
                bench.kernel.close()
            if passed == _PASSED:
                break
    return found, stopped


def _growing(factor: float) -> Iterator[int]:
    at = 1.0
    while True:
        yield int(at)
        at = max(at + 1, at * factor)


def main(arguments: list[str]) -> int:
    """Returns 1 when a state was neither that before nor that after."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential.boundaries")
    parser.add_argument("--factor", type=float, default=1.5, help="from one moment to the next")
    parser.add_argument("actions", nargs="*", metavar="ACTION")
    asked = parser.parse_args(arguments)
    home, wrong = Path(tempfile.mkdtemp(prefix="dagbook-boundaries-")), 0
    try:
        for name in asked.actions or ACTIONS:
            found, stopped = differences(name, asked.factor, home)
            print(
                f"{name}: interrupted at {stopped} moments, {len(found)} wrong",
                *found,
                sep="\n",
                flush=True,
            )
            wrong += len(found)
    finally:
        shutil.rmtree(home)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
