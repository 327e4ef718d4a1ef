"""A simulated user with a random seed: the cells that they run in a kernel, which is then compared with a fresh one."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

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
from tests.magics.kernel import Result

RELOADED = "%%setup\nimport importlib\nimport reloaded\nimportlib.reload(reloaded)\nA = reloaded.VALUE"
PANDAS = "%%setup\nimport numpy as np\nimport pandas as pd"
FRAMES = (
    "%%node frame\npd.DataFrame({{'v': [num({r}), {k}, 2], 't': ['p', None, 'q']}})",
    "%%node wide\nframe['w'] = frame.v * {k}\nframe",
    "%%node wide\nframe.drop(columns='t', inplace=True)\nframe.loc[0, 'v'] = {k}\nframe",
    "%%node arr\nframe.v.to_numpy()",
    "%%node arr\nnp.array([{k}, num({r})])",
    "%%node most\narr[0] = {k}\narr.sort()\ntouch(int(arr[-1]))",
    "%%node most\ntouch(int(wide.v.sum()) + int(arr.sum()))",
    "%%check frame\nframe.v >= {k}  # enough",
)
ORDINARY = (
    "{r} = 17",
    "del {r}",
    "{r}.append(99)",
    "BOX.append(99)",
    "frame['v'] = 0; frame.drop(columns='t', inplace=True)",
    "arr[0] = 99",
    "helper = None",
)
READS = (*NODES, "x", "y", "w", "q", "price", "f_1", "lo", "frame")
REFUSED = ("DB1", "DB2")
KINDS = {
    "edit": 10,
    "frames": 2,
    "check": 2,
    "rename": 2,
    "delete": 2,
    "plain": 1,
    "again": 2,
    "interrupt": 2,
    "ordinary": 2,
    "world": 1,
    "reload": 1,
    "compute": 2,
    "mode": 1,
    "memory": 1,
}


class Typed(Protocol):
    """A kernel, as seen by who types into it."""

    def run(self, code: str, id: str | None = None, deleted: Sequence[str] = ()) -> Result:
        """Execute a cell and collect its outputs."""


class Place(Protocol):
    """Where the kernels of a script come from; nothing has run in them."""

    folder: Path

    def worked(self) -> Typed:
        """The kernel of the user."""

    def fresh(self) -> Typed:
        """The kernel that it is compared with."""


class Script:
    """One user; `steps` lists the actions, for the search of a fault."""

    def __init__(self, place: Place, seed: int) -> None:
        self.place, self.kernel = place, place.worked()
        self.random = random.Random(seed)
        self.steps: list[str] = []
        self.gone: list[str] = []  # deleted cells that the kernel does not know of yet
        self.texts: dict[str, str] = {}
        self.problems: list[str] = []  # unexpected messages of the kernel
        self.seen: Counter[str] = Counter()  # kinds of steps, and of errors
        self.rate, self.sample = 1, 4

    def run(self, length: int) -> list[str]:
        """Play the script and compare; what differs, as lines."""
        self.write_module(1)
        self.say("kernel_state.begin()")
        self.cell("base", BASE)
        for id in self.random.sample(list(START), self.random.randint(4, len(START))):
            self.cell(id, START[id])
        for kind in self.random.choices(list(KINDS), list(KINDS.values()), k=length):
            self.seen[kind] += 1
            step: Callable[[], None] = getattr(self, kind)
            step()
        found = self.compare()
        return [*self.problems, *found]

    # -- actions ---------------------------------------------------------------------------------------------

    def say(self, line: str, id: str = "ordinary") -> Result:
        """Run an ordinary cell."""
        return self._type(line, id)

    def cell(self, id: str, text: str) -> None:
        """Run one of our cells; a refused one must leave the one before."""
        if not self._code(self._type(text, id)).startswith(REFUSED):
            self.texts[id] = text

    def _type(self, text: str, id: str) -> Result:
        gone, self.gone = self.gone, []
        note = f"   (deleted: {', '.join(gone)})" if gone else ""
        self.steps.append(f"[{id}] {text}{note}")
        result = self.kernel.run(text, id, gone)
        code = self._code(result)
        if result.error:
            self.seen[code or result.ename] += 1
        if "Error in callback" in result.text:
            self.problems.append(f"the magics failed before [{id}] {text}: {result.text.strip()[-200:]}")
        elif text.startswith("%") and result.error and not code and result.ename != "KeyboardInterrupt":
            self.problems.append(f"an error of ours in [{id}] {text}: {result.error}")
        return result

    @staticmethod
    def _code(result: Result) -> str:
        return next((word for word in result.error.split() if re.match(r"DB\d", word)), "")

    def edit(self) -> None:
        """A cell of any kind, new or under an id that exists."""
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

    def frames(self) -> None:
        """Cells of pandas and NumPy; some of them change their input."""
        if "pandas" not in self.texts:
            self.cell("pandas", PANDAS)
        text = self.random.choice(FRAMES).format(r=self.random.choice(READS), k=self.random.randint(0, 3))
        self.cell(text.split("\n")[0].removeprefix("%%"), text)

    def check(self) -> None:
        """A check that may not hold, of a node that may be there."""
        id = self.random.choice(["check", "second check", "warning"])
        parts = {name: self.random.choice(NODES) for name in "rs"}
        self.cell(id, OTHERS[id].format(**parts, k=self.random.randint(0, 3)))

    def rename(self) -> None:
        """A cell's node gets another name; who reads it may have to wait from now on."""
        named = [id for id, text in self.texts.items() if re.match(r"%%node \w+", text)]
        if named:
            id = self.random.choice(named)
            name = self.random.choice((*NODES, "n_1", "n_2"))
            self.cell(id, re.sub(r"\A%%node \w+", f"%%node {name}", self.texts[id]))

    def delete(self) -> None:
        """Delete a cell; the kernel gets that with the next one that runs."""
        ids = [id for id in self.texts if id != "base"]
        if ids:
            self.gone.append(self.random.choice(ids))
            self.texts.pop(self.gone[-1])

    def plain(self) -> None:
        """A cell loses its magic, and so its nodes."""
        ids = [id for id in self.texts if id != "base"]
        if ids:
            id = self.random.choice(ids)
            self.texts.pop(id)
            self.say("0", id)

    def again(self) -> None:
        """Run a cell again."""
        if self.texts:
            id = self.random.choice(list(self.texts))
            self.cell(id, self.texts[id])

    def interrupt(self) -> None:
        """Ctrl-C after some calls, in a cell or in `%compute`."""
        self.say(f"kernel_state.world.calls_left = {self.random.randint(0, 4)}")
        if self.random.random() < 0.5 and self.texts:
            self.again()
        else:
            self.say("%compute --force")
        self.say("kernel_state.world.calls_left = None")

    def ordinary(self) -> None:
        """An ordinary cell changes the notebook's variables."""
        self.say(self.random.choice(ORDINARY).format(r=self.random.choice(READS)))

    def world(self) -> None:
        """What setup and inputs read outside has changed, and these cells run again."""
        self.rate, self.sample = self.random.randint(1, 3), self.random.randint(0, 3)
        self.say(f"kernel_state.world.rate, kernel_state.world.sample = {self.rate}, {self.sample}")
        for id, text in list(self.texts.items()):
            if "world.rate" in text or "world.sample" in text:
                self.cell(id, text)

    def reload(self) -> None:
        """A module is edited; the setup cell that reloads it runs again."""
        self.write_module(self.random.randint(0, 3))
        self.cell("setup 1", RELOADED)

    def write_module(self, value: int) -> None:
        """Another text of the module that a setup cell imports."""
        (self.place.folder / "reloaded.py").write_text(f"VALUE = {value}\n")

    def compute(self) -> None:
        """`%compute`, forced, in threads, or of some nodes."""
        options = self.random.choice(
            ["", "--force", "--executor threads", "--force --executor threads", "a", "price"]
        )
        self.say(f"%compute {options}".strip())

    def mode(self) -> None:
        """Lazy or auto."""
        self.say(f"%dataflow {self.random.choice(['lazy', 'auto', 'auto'])}")

    def memory(self) -> None:
        """Values are evicted, and computed again on request."""
        self.say(f"%dataflow memory {self.random.choice(['1B', '200B', 'all'])}")

    # -- what must hold then --------------------------------------------------------------------------------

    def compare(self) -> list[str]:
        """The values against those of a fresh kernel that runs the same cells."""
        self.say("%compute")
        mine = state_of(self.kernel)
        fresh = self.place.fresh()
        fresh.run(f"kernel_state.begin({self.rate}, {self.sample})", "ordinary")
        for id, text in sorted(mine["cells"], key=lambda cell: not cell[1].startswith("%%setup")):
            if "DB305" in fresh.run(text, id).error and not text.startswith("%%setup"):
                self.gone.append(id)
        if self.gone:  # inputs that fail by now were fine when they ran: a fresh kernel has no such names
            self.say("0")
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


def state_of(kernel: Typed) -> dict[str, Any]:
    """See `kernel_state.dump`."""
    text = kernel.run("kernel_state.dump()", "ordinary").text
    return dict(json.loads(text.partition("STATE ")[2]))
