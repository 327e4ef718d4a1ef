"""Scripts of a user's actions, run in a real kernel; then a fresh kernel must have the same values."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from tests.magics.forked import Fork, Ground
from tests.magics.kernel import Kernel
from tests.magics.person import Script

ROOT = str(Path(__file__).parents[2])
EVERY = 100  # scripts between two lines about how far it is


class Sockets(AbstractContextManager["Sockets"]):
    """Two kernels as JupyterLab starts them, used again for each script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kernels = [Kernel(str(folder)), Kernel(str(folder))]
        for kernel in self._kernels:
            kernel.run(f"import sys; sys.path[:0] = [{ROOT!r}, {str(folder)!r}]")

    def worked(self) -> Kernel:
        """The first, emptied."""
        return self._emptied(self._kernels[0])

    def fresh(self) -> Kernel:
        """The second, emptied."""
        return self._emptied(self._kernels[1])

    @staticmethod
    def _emptied(kernel: Kernel) -> Kernel:
        kernel.empty("%dataflow memory all", "%xmode Minimal", "from tests.magics import kernel_state")
        return kernel

    def __exit__(self, *_: object) -> None:
        for kernel in self._kernels:
            kernel.close()


class Forks(AbstractContextManager["Forks"]):
    """A new pair of forked kernels for each script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        sys.path.insert(0, ROOT)
        self._ground = Ground(folder, ["from tests.magics import kernel_state", "import pandas"])
        self._open: list[Fork] = []

    def worked(self) -> Fork:
        """A fork; those of the script before end."""
        self._end()
        return self.fresh()

    def fresh(self) -> Fork:
        """A fork."""
        self._open.append(self._ground.fork())
        return self._open[-1]

    def _end(self) -> None:
        while self._open:
            self._open.pop().close()

    def __exit__(self, *_: object) -> None:
        self._end()


def main() -> int:
    """Run many scripts and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scripts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--sockets", action="store_true")
    asked = parser.parse_args()
    wrong, start = 0, time.monotonic()
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = stack.enter_context(Sockets(folder) if asked.sockets else Forks(folder))
        for done in range(1, asked.scripts + 1):
            script = Script(place, seed := asked.seed + done - 1)
            found = script.run(asked.steps)
            seen += script.seen
            if found:
                wrong += 1
                lines = [f"### --scripts 1 --seed {seed}", *script.steps, *(f"!! {line}" for line in found)]
                print("\n".join([*lines, ""]), flush=True)
            if done % EVERY == 0:
                took = f"{time.monotonic() - start:.0f} s"
                print(f"{done} scripts, {wrong} with a difference, {took}", file=sys.stderr, flush=True)
    print("  ".join(f"{word} {count}" for word, count in sorted(seen.items())))
    print(f"{asked.scripts} scripts of {asked.steps} steps in a real kernel: {wrong} with a difference")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
