"""Random cells, each with what it means in plain Python: setup code, given values, or functions."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

VALUES = ("n0", "n1", "n2", "n3", "n4")
GIVEN = ("a", "b", "p", "q")
REGIONS = ("p", "q")

COMMON = '''
import math
import numpy as np
import pandas as pd

def num(value):
    """Any value as an int."""
    if isinstance(value, (bool, int, float)):
        return int(value)
    if isinstance(value, str):
        return len(value)
    if isinstance(value, pd.DataFrame):
        return int(value.select_dtypes("number").to_numpy().sum())
    if isinstance(value, (pd.Series, np.ndarray)):
        return int(value.sum())
    if isinstance(value, dict):
        return sum(num(item) for item in value.values())
    if isinstance(value, (list, tuple, set)):
        return sum(num(item) for item in value)
    return num(getattr(value, "total", 0))

def touch(value):
    """Change a value in place, where it can be changed."""
    if isinstance(value, list):
        value.append(1)
    elif isinstance(value, dict):
        value["touched"] = 1
    elif isinstance(value, set):
        value.add(77)
    elif isinstance(value, pd.DataFrame):
        value["touched"] = 1
    elif isinstance(value, pd.Series):
        value.iloc[0] = 1
    elif hasattr(value, "total"):
        value.total += 1
    return value
'''

# each line: the names that it defines, and its text; {k} is a small number
SETUPS: Sequence[tuple[tuple[str, ...], str]] = (
    (("K",), "K = {k}"),
    (("K", "J"), "K = {k}\nJ = [K, {k}]"),
    (("KS",), "KS = [{k}, 5, 6]"),
    (("KS",), "KS = (1, 2)"),
    (("TABLE",), "TABLE = [1, {k}, 3]\nalias = TABLE"),
    (("REG",), "REG = {{'x': {k}, 'y': [1, 2]}}"),
    (
        ("Acc",),
        "class Acc:\n    level = {k}\n    def __init__(self, total):\n        self.total = total + self.level",
    ),
    (
        ("Acc",),
        "class Acc:\n    __slots__ = ('total', 'seen')\n    def __init__(self, total):\n"
        "        self.total = total\n        self.seen = [{k}]",
    ),
    (
        ("Acc",),
        "from dataclasses import dataclass, field\n@dataclass\nclass Acc:\n    total: int\n"
        "    parts: list = field(default_factory=lambda: [{k}])",
    ),
    (
        ("twice",),
        "def make(n):\n    def inner(x):\n        return num(x) * n\n    return inner\ntwice = make({k})",
    ),
    (("twice",), "twice = lambda x, n={k}: num(x) + n"),
    (("twice",), "import functools\n@functools.lru_cache\ndef twice(x):\n    return num(x) * {k}"),
    (
        ("twice",),
        "from functools import partial\ndef add(x, y):\n    return num(x) + y\ntwice = partial(add, y={k})",
    ),
    (
        ("count",),
        "def counter():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n        return n\n"
        "    return step\ncount = counter()",
    ),
    (("keep",), "def keep(x, seen=[]):\n    seen.append(x)\n    return len(seen)"),
    (("rng",), "rng = np.random.default_rng({k})"),
    (("walk",), "walk = iter([1, 2, 3, {k}])"),
    (("helper",), "import modh\ndef helper(x):\n    return modh.add(num(x))"),
    (("helper",), "from modh import add as helper"),
    (("helper",), "from modh import VALUE\ndef helper(x):\n    return num(x) * VALUE + {k}"),
    (("M",), "import modh\nM = modh.VALUE + {k}"),
    (("L",), "L = K + {k}"),  # needs another setup cell
)

# expressions over inputs {i} and {j}, and the setup names that they use
EXPRESSIONS: Sequence[tuple[tuple[str, ...], str]] = (
    ((), "num({i}) + {k}"),
    ((), "num({i}) - num({j})"),
    ((), "[num({i}), {k}]"),
    ((), "(num({i}), 'abc'[: {k}])"),
    ((), "{{'x': num({i}), 'v': [{k}, num({j})]}}"),
    ((), "{{num({i}), {k}, 7}}"),
    ((), "pd.DataFrame({{'v': [num({i}), {k}, 3], 'g': ['x', 'y', 'x']}})"),
    ((), "pd.Series([num({i}), {k}, num({j})])"),
    ((), "np.arange({k} + 1) + num({i})"),
    ((), "np.array([num({i}), num({j})]) / 2"),
    ((), "[x + {k} for x in range(num({i}) % 4)]"),
    ((), "60 // (num({i}) % 3)"),
    ((), "(lambda z: z + {k})(num({i}))"),
    ((), "num({i}) % 2 == 0"),
    ((), "float(num({i})) / ({k} + 1)"),
    ((), "{i}"),
    ((), "[{i}, {j}]"),
    ((), "{k}"),
    (("K",), "num({i}) * K"),
    (("J",), "[*J, num({i})]"),
    (("KS",), "num({i}) + sum(KS)"),
    (("TABLE",), "TABLE[{k} % len(TABLE)] + num({i})"),
    (("TABLE",), "[num({i}), TABLE]"),
    (("REG",), "REG['x'] + num({i})"),
    (("REG",), "dict(REG, own=num({i}))"),
    (("Acc",), "Acc(num({i}) + {k})"),
    (("Acc",), "[Acc(num({i})), num({j})]"),
    (("twice",), "twice(num({i}))"),
    (("helper",), "helper({i})"),
    (("M",), "M + num({i})"),
    (("L",), "L - num({i})"),
)
# what changes the setup for others: such a node fails
CHANGES: Sequence[tuple[tuple[str, ...], str]] = (
    (("TABLE",), "TABLE.append({k})"),
    (("TABLE",), "alias.insert(0, {k})"),
    (("REG",), "REG['y'].append({k})"),
    (("REG",), "REG.setdefault('new', {k})"),
    (("Acc",), "Acc.level = {k} + 100"),
    (("count",), "count()"),
    (("keep",), "keep({k})"),
    (("rng",), "rng.integers(9)"),
    (("walk",), "next(walk)"),
)
PRELUDES = (
    "touch({i})",
    "t = touch({i})\nt = num(t)",
    "t = [num({i})]\nfor x in range({k}):\n    t.append(x)",
    "if num({i}) > 4:\n    t = 1\nelse:\n    t = 2",
    "import json",
    "{i} = [{i}, 1]",
)


@dataclass(frozen=True)
class Piece:
    """A node in plain Python.

    Attributes:
        code: of a function `f` of the inputs.
        uses: names of the setup that it needs.
        changes: it changes the setup, so it fails.
        when: the value that a param must have, for variants.
        bare: written without a function, so that unknown names are inputs.
        joint: one computation gives it and others; where that fails, this one waits for it.
    """

    name: str
    inputs: tuple[str, ...]
    code: str
    uses: tuple[str, ...] = ()
    changes: bool = False
    when: tuple[str, object] | None = None
    bare: bool = False
    joint: bool = False


@dataclass(frozen=True)
class CellText:
    """A cell: its text and its meaning.

    Attributes:
        kind: setup, inputs, params, nodes, family, check, test or other.
        code: plain Python of setup, inputs and params.
        names: of the values that inputs and params give.
        over: for a family: the values of `{k}`, or the setup name of their list.
    """

    kind: str
    text: str
    code: str = ""
    names: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    over: tuple[int, ...] | str = ()


class Writer:
    """Writes random cells.

    Attributes:
        known: names of the setup as it is; most cells use only these.
        taken: names of nodes that there are; most new cells define others.
    """

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self.known: frozenset[str] = frozenset()
        self.taken: frozenset[str] = frozenset()

    def common(self) -> CellText:
        """The imports and helpers on which most cells build."""
        return CellText("setup", f"%%setup\n{COMMON.strip()}", COMMON)

    def setup(self) -> CellText:
        """A setup cell with one or two definitions."""
        lines = [
            self._filled(text) for _, text in self._random.sample(SETUPS, self._random.choice((1, 1, 2)))
        ]
        code = "\n".join(lines)
        return CellText("setup", f"%%setup\n{code}", code)

    def inputs(self) -> CellText:
        """Samples, with or without code above them."""
        k = self._number()
        code = self._random.choice(
            (
                f"a: int = {k}\nb: list = [1, {k}]",
                f"a: int = {k}",
                f"start = {k}\na: int = start * 2\nb: dict = {{'x': start}}",
                f"import pandas as pd\na: pd.DataFrame = pd.DataFrame({{'v': [1, {k}, 3]}})\nb: list = [{k}]",
            )
        )
        names = tuple(line.split(":")[0] for line in code.splitlines() if line[1:2] == ":")
        names += ("start",) if "start" in code else ()
        return CellText("inputs", f"%%inputs\n{code}", code, names)

    def params(self) -> CellText:
        """Defaults, which also choose variants."""
        k = self._random.randint(0, 2)
        code = self._random.choice(
            (f"p: int = {k}\nq: int = 1", f"p: int = {k}", f"p: int = {k}\nq: str = 'x'")
        )
        names = tuple(line.split(":")[0] for line in code.splitlines())
        return CellText("params", f"%%params\n{code}", code, names)

    def nodes(self) -> CellText:
        """One cell of nodes in any form."""
        return self._random.choice(
            (self._def, self._def, self._bare, self._bare, self._several, self._two_defs)
        )()

    def chain(self) -> CellText:
        """Two nodes that can be computed from the first inputs."""
        k = self._number()
        one, two = self._random.choice((f"[num(a), {k}]", f"num(a) + {k}")), "[num(n0), num(p)]"
        pieces = (Piece("n0", ("a",), _function(("a",), "", one), ("num",)),)
        pieces += (Piece("n1", ("n0", "p"), _function(("n0", "p"), "", two), ("num",)),)
        texts = [
            _function(each.inputs, "", value, each.name)
            for each, value in zip(pieces, (one, two), strict=True)
        ]
        return CellText("nodes", "%%node\n" + "\n\n".join(texts), pieces=pieces)

    def variants(self, when: int) -> CellText:
        """A node that exists while `p` has a value."""
        name, inputs, prelude, value, uses, changes = self._body()
        piece = self._piece(name, inputs, prelude, value, uses, changes, bare=True, when=("p", when))
        return CellText("nodes", f"%%node {name} --when p={when}\n{_joined(prelude, value)}", pieces=(piece,))

    def family(self) -> CellText:
        """Nodes for several values of `k`, one of which may read another."""
        r = self._random
        over: tuple[int, ...] | str = r.choice(((1, 2, 3), (1, 4), (2,), "KS"))
        shown = over if isinstance(over, str) else ",".join(map(str, over))
        i = r.choice(VALUES + GIVEN)
        value = r.choice(("num({i}) + k", "[num({i})] * k", "num({i}) // (k - 1)", "k")).format(i=i)
        used = (i,) if i in value.replace("num", "") and value != "k" else ()
        piece = Piece(
            "f_{k}", used, _function(used, "", value), ("num",) if "num" in value else (), bare=True
        )
        return CellText("family", f"%%node f_{{k}} --for k={shown}\n{value}", pieces=(piece,), over=over)

    def check(self) -> CellText:
        """A condition on a value; it may not hold."""
        name, k = self._random.choice((*VALUES, "f_1")), self._number()
        mode = self._random.choice(("", "", " --warn"))
        lines = self._random.choice((f"num({name}) >= {k}", f"num({name}) < 50  # small\nnum({name}) != {k}"))
        return CellText("check", f"%%check {name}{mode}\n{lines}")

    def test(self) -> CellText:
        """A test of a node's function."""
        name = self._random.choice(VALUES)
        return CellText("test", f"%%test {name}\nassert callable({name})")

    def ordinary(self) -> CellText:
        """A cell of the notebook's own that does its worst to the dataflow's values."""
        name, k = self._random.choice((*VALUES, *GIVEN)), self._number()
        text = self._random.choice(
            (
                f"{name} = {k}",
                f"del {name}",
                f"touch({name})",
                f"{name}.append({k})",
                f"{name}['v'] = {k}",
                "TABLE.append(99)",
                "REG['x'] = 99",
                "K = 1234",
                "num = None",
                f"Acc = int; x = {name}",
                "count(); keep(1)",
                f"print({name})",
                "1 / 0",
                "for x in range(3): pass",
            )
        )
        return CellText("other", text)

    # -- pieces ----------------------------------------------------------------------------------------------

    def _fitting(self, texts: Sequence[tuple[tuple[str, ...], str]]) -> tuple[tuple[str, ...], str]:
        """One of these that needs no more of the setup than there is; now and then any."""
        there = [item for item in texts if self.known.issuperset(item[0])]
        using = [item for item in there if item[0]]
        if not there or self._random.random() < 0.1:
            return self._random.choice(texts)
        return self._random.choice(using if using and self._random.random() < 0.5 else there)

    def _name(self) -> str:
        free = [name for name in VALUES if name not in self.taken]
        return self._random.choice(free if free and self._random.random() < 0.7 else VALUES)

    def _number(self) -> int:
        return self._random.randint(0, 4)

    def _filled(self, text: str, i: str = "", j: str = "") -> str:
        while "{k}" in text:
            text = text.replace("{k}", str(self._number()), 1)
        return text.format(i=i, j=j)

    def _body(self, name: str = "") -> tuple[str, tuple[str, ...], str, str, tuple[str, ...], bool]:
        r = self._random
        name = name or self._name()
        others = [other for other in (*VALUES, *GIVEN, "f_1") if other != name or r.random() < 0.02]
        i, j = r.sample(others, 2)
        uses, text = self._fitting(EXPRESSIONS)
        value = self._filled(text, i, j)
        prelude = self._filled(r.choice(PRELUDES), i, j) if r.random() < 0.35 else ""
        changes = r.random() < 0.08
        if changes:
            more, line = self._fitting(CHANGES)
            uses, prelude = (*uses, *more), f"{self._filled(line)}\n{prelude}".strip()
        inputs = tuple(n for n in (i, j) if re.search(rf"\b{n}\b", f"{prelude}\n{value}"))
        return name, inputs, prelude, value, uses, changes

    def _piece(
        self,
        name: str,
        inputs: tuple[str, ...],
        prelude: str,
        value: str,
        uses: tuple[str, ...],
        changes: bool,
        bare: bool = False,
        when: tuple[str, object] | None = None,
    ) -> Piece:
        common = tuple(
            n for n in ("num", "touch", "pd", "np") if f"{n}(" in prelude + value or f"{n}." in value
        )
        return Piece(name, inputs, _function(inputs, prelude, value), (*uses, *common), changes, when, bare)

    def _def(self) -> CellText:
        name, inputs, prelude, value, uses, changes = self._body()
        piece = self._piece(name, inputs, prelude, value, uses, changes)
        text = f"%%node\n{_function(inputs, prelude, value, name)}"
        return CellText("nodes", text, pieces=(piece,))

    def _two_defs(self) -> CellText:
        first = self._name()
        second = self._random.choice([name for name in VALUES if name != first])
        one, two = self._body(first), self._body(second)
        texts = [_function(body[1], body[2], body[3], body[0]) for body in (one, two)]
        return CellText(
            "nodes", "%%node\n" + "\n\n".join(texts), pieces=(self._piece(*one), self._piece(*two))
        )

    def _bare(self) -> CellText:
        name, inputs, prelude, value, uses, changes = self._body()
        piece = self._piece(name, inputs, prelude, value, uses, changes, bare=True)
        last = value if self._random.random() < 0.7 else f"{name} = {value}"
        return CellText("nodes", f"%%node {name}\n{_joined(prelude, last)}", pieces=(piece,))

    def _several(self) -> CellText:
        first, second = self._random.sample(VALUES, 2)
        _, inputs, prelude, value, uses, changes = self._body(first)
        if second in inputs:
            return self._bare()
        k = self._number()
        text = f"%%node {first}, {second}\n{_joined(prelude, f'{first} = {value}')}\n{second} = [{k}, num({first})]"
        uses = (*uses, "num")
        one = self._piece(first, inputs, prelude, value, uses, changes, bare=True)
        body = _joined(prelude, f"value = {value}\nother = [{k}, num(value)]")
        two = self._piece(second, inputs, body, "other", uses, changes, bare=True)
        return CellText("nodes", text, pieces=(replace(one, joint=True), replace(two, joint=True)))


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _function(inputs: Sequence[str], prelude: str, value: str, name: str = "f") -> str:
    body = textwrap.indent(_joined(prelude, f"return {value}"), "    ")
    return f"def {name}({', '.join(inputs)}):\n{body}"
