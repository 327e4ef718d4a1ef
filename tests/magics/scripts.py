"""Scripts of what a person does, typed into a real kernel; then a fresh kernel must have the same values.

    python -m tests.magics.scripts --scripts 10000 [--seed 0]

Registration, edits, deletion, renaming, Ctrl-C, failing nodes, mutation of inputs, changes of the setup, reload of
a module, lazy and parallel runs. Prints every script that ends in a difference, and exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.templates import (
    BASE,
    BODIES,
    FUNCTIONS,
    INPUTS,
    MORE_SETUPS,
    NODES,
    OTHERS,
    PARAMS,
    SETUPS,
    START,
)
from tests.magics.kernel import Kernel, Result

RELOADED = "%%setup\nimport importlib\nimport reloaded\nimportlib.reload(reloaded)\nA = reloaded.VALUE"
READS = (*NODES, "x", "y", "w", "q", "price", "f_1", "lo")
REFUSED = ("DB1", "DB2")


class Pair:
    """Two kernels: one that a person works in, one that starts anew for each comparison."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        root = str(Path(__file__).parents[2])
        self.worked, self.fresh = Kernel(str(folder)), Kernel(str(folder))
        for kernel in (self.worked, self.fresh):
            kernel.run(
                f"import sys; sys.path[:0] = [{root!r}, {str(folder)!r}]; from tests.magics import kernel_state"
            )
        self.write_module(1)

    def write_module(self, value: int) -> None:
        """Another text of the module that a setup cell imports."""
        (self.folder / "reloaded.py").write_text(f"VALUE = {value}\n")

    def close(self) -> None:
        """End both processes."""
        self.worked.close()
        self.fresh.close()


class Script:
    """One person at work; `steps` says what was typed, for whoever has to find the fault."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair, self.kernel = pair, pair.worked
        self.random = random.Random(seed)
        self.steps: list[str] = []
        self.problems: list[str] = []
        self.texts: dict[str, str] = {}
        self.rate, self.sample = 1, 4

    def run(self, length: int) -> list[str]:
        """Play the script and compare; what differs, as lines."""
        self.pair.write_module(1)
        self.say("%dataflow reset")
        self.say("%dataflow auto")
        self.say("kernel_state.begin()")
        self.cell("base", BASE)
        for id in self.random.sample(list(START), self.random.randint(4, len(START))):
            self.cell(id, START[id])
        kinds: list[tuple[int, Callable[[], None]]] = [
            (10, self.edit),
            (2, self.delete),
            (2, self.again),
            (2, self.interrupt),
            (1, self.world),
            (1, self.reload),
            (2, self.compute),
            (1, self.mode),
        ]
        weights = [weight for weight, _ in kinds]
        for _ in range(length):
            self.random.choices([step for _, step in kinds], weights)[0]()
        return [*self.problems, *self.compare()]

    # -- what a person does ---------------------------------------------------------------------------------

    def say(self, line: str, deleted: tuple[str, ...] = ()) -> Result:
        """Run an ordinary cell."""
        self.steps.append(f"{line}   {'deleted ' + ', '.join(deleted) if deleted else ''}".rstrip())
        return self.kernel.run(line, "ordinary", deleted)

    def cell(self, id: str, text: str) -> None:
        """Run one of our cells; a refused one must leave the one before."""
        self.steps.append(f"[{id}] {text}")
        result = self.kernel.run(text, id)
        code = next((word for word in result.error.split() if word.startswith("DB")), "")
        if not code.startswith(REFUSED):
            self.texts[id] = text

    def edit(self) -> None:
        """A cell of any kind, new or under an id that exists: an edit, a renaming."""
        pick, k = self.random.choice, self.random.randint(0, 3)
        parts = {"k": k, "r": pick(READS), "s": pick(READS), "lazy": pick(["", "", " --lazy"])}
        kind = pick(["node", "node", "node", "function", "other", "setup", "late setup", "inputs", "params"])
        if kind in ("node", "function"):
            place = self.random.randrange(len(NODES))
            name = pick(NODES) if self.random.random() < 0.2 else NODES[place]
            earlier = ("x", "y", "w", *NODES[:place])
            parts |= (
                {"n": name, "r": pick(earlier), "s": pick(earlier)}
                if self.random.random() < 0.8
                else {"n": name}
            )
            body = f"%%node {name}{parts['lazy']}\n{pick(BODIES).format(**parts)}"
            self.cell(f"node {NODES[place]}", body if kind == "node" else pick(FUNCTIONS).format(**parts))
        elif kind == "other":
            name = pick(sorted(OTHERS))
            self.cell(name, OTHERS[name].format(**parts))
        else:
            table = {"setup": SETUPS, "late setup": MORE_SETUPS, "inputs": INPUTS, "params": PARAMS}[kind]
            self.cell(f"{kind} {self.random.randint(1, 2)}", pick(table).format(**parts))

    def delete(self) -> None:
        """Delete a cell."""
        ids = [id for id in self.texts if id != "base"]
        if ids:
            id = self.random.choice(ids)
            self.say("0", (id,))
            self.texts.pop(id, None)

    def again(self) -> None:
        """Run a cell again."""
        if self.texts:
            id = self.random.choice(list(self.texts))
            self.cell(id, self.texts[id])

    def interrupt(self) -> None:
        """Ctrl-C after some calls, in a cell or in `%compute`."""
        self.say(f"kernel_state.world.calls_left = {self.random.randint(0, 4)}")
        if self.random.random() < 0.5 and self.texts:
            id = self.random.choice(list(self.texts))
            self.cell(id, self.texts[id])
        else:
            self.say("%compute --force")
        self.say("kernel_state.world.calls_left = None")

    def world(self) -> None:
        """What setup and inputs read outside has changed, and these cells run again."""
        self.rate, self.sample = self.random.randint(1, 3), self.random.randint(0, 3)
        self.say(f"kernel_state.world.rate, kernel_state.world.sample = {self.rate}, {self.sample}")
        self.rerun("world.rate", "world.sample")

    def reload(self) -> None:
        """A module is edited; the setup cell that reloads it runs again."""
        self.pair.write_module(self.random.randint(0, 3))
        self.cell("setup 1", RELOADED)

    def rerun(self, *words: str) -> None:
        """Run the cells that mention something."""
        for id, text in list(self.texts.items()):
            if any(word in text for word in words):
                self.cell(id, text)

    def compute(self) -> None:
        """`%compute`, forced, in threads, or of some nodes."""
        options = self.random.choice(["", "--force", "--executor threads", "a", "price"])
        self.say(f"%compute {options}".strip())

    def mode(self) -> None:
        """Lazy or auto."""
        self.say(f"%dataflow {self.random.choice(['lazy', 'auto', 'auto'])}")

    # -- what must hold then --------------------------------------------------------------------------------

    def compare(self) -> list[str]:
        """The values against those of a fresh kernel that runs the same cells."""
        self.say("%compute")
        mine = state_of(self.kernel)
        fresh = self.pair.fresh
        for line in ("%dataflow reset", "%dataflow auto", f"kernel_state.begin({self.rate}, {self.sample})"):
            fresh.run(line, "ordinary")
        refused = []
        for id, text in sorted(mine["cells"], key=lambda cell: not cell[1].startswith("%%setup")):
            if "DB305" in fresh.run(text, id).error and not text.startswith("%%setup"):
                refused.append(id)
        if (
            refused
        ):  # inputs that fail by now were fine when they ran: a fresh kernel has no such names at all
            self.say("0", tuple(refused))
            self.say("%compute")
            mine = state_of(self.kernel)
        fresh.run("%compute", "ordinary")
        other = state_of(fresh)
        found = [
            f"{name}: {mine['values'].get(name)} here, {other['values'].get(name)} in a fresh kernel"
            for name in sorted({*mine["values"], *other["values"]})
            if mine["values"].get(name) != other["values"].get(name)
        ]
        if mine["failed"] != other["failed"]:
            found.append(f"failed: {mine['failed']} here, {other['failed']} in a fresh kernel")
        return found


def state_of(kernel: Kernel) -> dict[str, Any]:
    """See `kernel_state.dump`."""
    text = kernel.run("kernel_state.dump()", "ordinary").text
    return dict(json.loads(text.partition("STATE ")[2]))


def main() -> int:
    """Run many scripts and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=12)
    asked = parser.parse_args()
    wrong, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(Path(folder))
        try:
            for number in range(asked.seed, asked.seed + asked.scripts):
                script = Script(pair, number)
                found = script.run(asked.steps)
                if found:
                    wrong += 1
                    print(
                        "\n".join(
                            [f"### script {number}", *script.steps, *(f"!! {line}" for line in found), ""]
                        )
                    )
                done = number - asked.seed + 1
                if done % 100 == 0:
                    print(
                        f"{done} scripts, {wrong} with a difference, {time.monotonic() - start:.0f} s",
                        file=sys.stderr,
                    )
        finally:
            pair.close()
    print(f"{asked.scripts} scripts of {asked.steps} steps in a real kernel: {wrong} with a difference")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
