"""Ordinary notebooks made at random: reassignments, changes in place, helpers, loops, draws, files, failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

Choose = Callable[[Sequence[str]], str]
HEAD = "import numpy as np\nimport pandas as pd\nfrom collections import Counter"
NAMES = {
    "frame": ("df", "data", "tmp"),
    "series": ("s", "col"),
    "list": ("items", "tmp2"),
    "dict": ("d",),
    "number": ("n", "total", "_hidden", "sum_"),
    "array": ("a", "values"),
}
# {f} a frame, {s} a series, {l} a list, {d} a dict, {n} a number, {a} an array that exists; {F} … one that is bound now.
TEMPLATES = (
    "{F} = pd.DataFrame({{'a': [3, 1, 2], 'b': [1.5, None, 4.0]}})",
    "{F} = {f}.copy()",
    "{F} = {f}",
    "{F} = {f}.dropna()",
    "{F} = {f}[{f}['a'] > {n}]",
    "{F} = {f}.assign(c={f}['a'] * {n})",
    "{f}['c'] = {f}['a'] + {n}  # a note",
    "# above\n{f}.loc[{f}['a'] > 1, 'b'] = {n}",
    "{f}.sort_values('a', inplace=True)",
    "{f}['a'] += 1",
    "for i in range(2):\n    {f}['c' + str(i)] = {f}['a'] * i",
    "if {n} > 2:\n    {F} = {f}.head(2)",
    "{S} = {f}['a']",
    "{S} = {f}['a'] * {n}",
    "{s} += 1",
    "{S} = {f}.query('a > @{n}')['a']",
    "{L} = [1, 2]",
    "{L} = []",
    "{l}.append({n})",
    "{l} += [{n}]",
    "{L} = [i * 2 for i in {l}]",
    "{L} = {l}",
    "for i in range(2):\n    {l}.append(i)\nelse:\n    {N} = len({l})",
    "{D} = {{'k': [1], 'j': {n}}}",
    "{D} = {{'k': {l}}}",
    "{d}['j'] = {n}",
    "{d}['k'].append({n})",
    "{L} = {d}['k']",
    "{N} = 3",
    "{N} = 7; {S} = {f}['a'] - 1",
    "{N} = int({f}['a'].sum())",
    "{N} = len({l})",
    "{N} += 1",
    "{N} = {n} + {n}",
    "for i in {l}:\n    {n} += i",
    "{N}, {L} = len({l}), [{n}]",
    "if {n} > 3:\n    {N} = 1",
    "def grow(x):\n    return x + 1",
    "def push(values):\n    values.append(1)\n    return values",
    "def scale(x):\n    return x * {n}",
    "def mark(frame):\n    frame['h'] = 1",
    "K = 4\ndef times(x):\n    return x * K",
    "def show():\n    return [{n}, {l}]",
    "def collect(x):\n    {l}.append(x)",
    "collect({n})",
    "print(show())",
    "{N} = len(show())",
    "scaled = lambda x: x * {n}",
    "{N} = scaled({n})",
    "{L} = list(map(scaled, {l}))",
    "{N} = grow({n})",
    "push({l})",
    "{L} = push({l})",
    "{N} = scale({n})",
    "{N} = times({n})",
    "mark({f})",
    "{N} = (lambda x: x + {n})(2)",
    "{N} = max([{n} for _ in range(2)])",
    "del {n}",
    "print({n}, {l})",
    "print(f'{{{n}}} and {{len({l})}} {{{f}.shape}}')",
    "print({f}.to_dict('list'))",
    "print({d}, {s}.tolist())",
    "rng = np.random.default_rng(1)\n{N} = int(rng.integers(9))",
    "{N} = int(rng.integers(9))",
    "np.random.seed(5)",
    "{N} = int(np.random.randint(9))",
    "{F} = pd.DataFrame({{'a': np.random.default_rng(2).integers(0, 9, 3), 'b': 1.0}})",
    "{S} = {f}['a'].sample(2, random_state=1)",
    "{S} = {f}['a'] + np.random.rand(len({f}))",
    "for frame in [{f}, {f}]:\n    frame['z'] = frame['a'] * 2",
    "both = [{f}, {f}]",
    "for frame in both:\n    frame['y'] = len(frame)",
    "for i, frame in enumerate(both):\n    frame['w'] = i",
    "{F} = pd.concat(both)",
    "def bump():\n    global {n}\n    {n} = {n} + 1\n    return {n}",
    "{N} = bump()",
    "bump()",
    "def ratio():\n    global {f}\n    {f}['r'] = {f}['a'] * 2\n    return {f}",
    "{F} = ratio()",
    "def middle(k=1):\n    return {f}['a'].median() + k",
    "{N} = int(middle())",
    "print(middle(2))",
    "{f}.to_csv('saved.csv', index=False)",
    "{F} = pd.read_csv('saved.csv')",
    "{F} = {f}.groupby('a').sum().reset_index()",
    "grouped = {f}.groupby('a')",
    "{S} = grouped.size()",
    "{F}, {L} = {f}.head(2), list({f}.columns)",
    "{F} = {f}['missing']",
    "{N} = {n} // 0",
    "raise ValueError({n})",
    "{f}.head(2)",
    "{n}",
    "{s}.sum()",
    "len({l})",
    "{f}['a'].fillna(0, inplace=True)",
    "{D} = {{name: {f}[name].sum() for name in {f}.columns}}",
    "with open('note.txt', 'w') as out:\n    out.write(str({n}))",
    "{N} = len(open('note.txt').read())",
    "try:\n    {N} = {l}[5]\nexcept IndexError:\n    {N} = 0",
    "while {n} < 3:\n    {n} += 1",
)
MORE = (
    "frames = {{'x': {f}, 'y': {f}.copy()}}",
    "frames['x']['q'] = 1",
    "for key, frame in frames.items():\n    frame['p'] = frame['a'] * {n}",
    "frames['y'] = frames['y'].dropna()",
    "{F} = frames['y']",
    "print({{key: value.shape for key, value in frames.items()}})",
    "class Box:\n    def __init__(self, items):\n        self.items = items\n\n    def take(self, x):\n        self.items.append(x)\n        return len(self.items)",
    "box = Box({l})",
    "box = Box([])",
    "{N} = box.take({n})",
    "box.take({n})",
    "print(box.items)",
    "{A} = np.arange(4.0)",
    "{A} = np.array({l} + [1, 2])",
    "{A} = {a}",
    "{A} = {a}[1:]",
    "{A} = {a}.copy()",
    "{a}[0] = {n}",
    "{a} *= 2",
    "{a}[{a} > 2] = 0",
    "{A} = {s}.to_numpy()",
    "{S} = pd.Series({a})",
    "view = {a}[:2]",
    "view[:] = 7",
    "{a}.sort()",
    "{A} = np.random.rand(3)",
    "{A} = np.random.default_rng().normal(size=3)",
    "{A} = np.random.default_rng({n} % 7).normal(size=3)",
    "np.random.shuffle({l})",
    "{f} = {f}.sample(frac=1)",
    "{f} = {f}.sample(frac=1, random_state=3)",
    "import random\nrandom.seed(4)",
    "{N} = random.randint(0, 9)",
    "{L} = random.sample([1, 2, 3, 4], 2)",
    "def roll(k):\n    return np.random.randint(0, 6, k).tolist()",
    "{L} = roll(3)",
    "np.random.seed({n} % 9)\n{L} = roll(2)",
    "def clean(frame, fill=0):\n    frame = frame.fillna(fill)\n    frame['new'] = frame['a'] ** 2\n    return frame",
    "{F} = clean({f})",
    "{f} = clean({f}, {n})",
    "{F} = {f}.pipe(clean)",
    "def extend(k):\n    global {l}\n    {l} = {l} + [k]",
    "extend({n})",
    "def total_of(*names):\n    return sum({f}[name].sum() for name in names)",
    "{N} = total_of('a')",
    "part = {f}[['a']]",
    "part['a'] = 0",
    "print(part.shape)",
    "{S} = part['a']",
    "for name in list({f}.columns):\n    {f}[name] = {f}[name].fillna({n})",
    "for key, group in {f}.groupby('a'):\n    print(key, len(group))",
    "{f}.columns = [name.lower() for name in {f}.columns]",
    "{f}.drop(columns='b', inplace=True, errors='ignore')",
    "{f} = {f}.drop(columns=['c'], errors='ignore')",
    "{f} = {f}.rename(columns={{'a': 'a'}})",
    "{f}.loc[len({f})] = {n}",
    "{f}.iloc[0, 0] = {n}",
    "{s}.iloc[0] = {n}",
    "{s}[{s} > 1] = 0",
    "{f} = pd.merge({f}, {f}[['a']], on='a')",
    "{f}.reset_index(drop=True, inplace=True)",
    "{f}.index.name = 'i'",
    "{F} = {f}.describe()",
    "{f}.describe()",
    "{f}['a'].value_counts()",
    "{f}.groupby('a').size()",
    "{f}.info()",
    "display({f}.head(1))",
    "display({n}, {l})",
    "import matplotlib.pyplot as plt\nplt.plot({l})\nplt.show()",
    "{f}['a'].plot()",
    "ax = {f}['a'].plot(title='t')\nax.set_xlabel('x')",
    "{f}['a'].sum();",
    "{n};",
    "{f}",
    "{l}",
    "%%time\n{S} = {f}['a'] + {n}",
    "pd.set_option('display.max_rows', 5)",
    "if len({l}) > 1:\n    {l}.pop()\nelse:\n    {N} = 0",
    "try:\n    {N} = {n} // 0\nexcept ZeroDivisionError as error:\n    print(error)\n    {N} = -1",
    "with open('log.txt', 'a') as out:\n    out.write(str({n}) + ' ')",
    "print(open('log.txt').read())",
    "{f}.to_pickle('saved.pkl')\n{F} = pd.read_pickle('saved.pkl')",
    "{f}.to_csv('saved.csv', index=False)\n{F} = pd.read_csv('saved.csv')",
    "import os\nif os.path.exists('saved.csv'):\n    os.remove('saved.csv')",
    "{N} = {n}; {n}",
    "{L} = [{n}]\n{l}.extend({l})",
    "{L} = sorted({l}, key=str)",
    "{L}, {N} = {l} + [0], {n} * 2",
    "{D} = dict({d})",
    "{D} = {{**{d}, 'n': {n}}}",
    "{d}.update(n={n})",
    "{d}.setdefault('z', []).append({n})",
    "del {f}['c']",
    "assert {n} > 1",
    "{S} = {s}.rolling(2).mean().fillna(0)",
    "{S} = {f}['a'].apply(lambda x: x + {n})",
    "{f}['d'] = {f}.apply(lambda row: row['a'] * 2, axis=1)",
    "{f}['e'], {f}['g'] = {f}['a'] + 1, {f}['a'] + 2",
    "{f}[['h', 'i']] = {f}[['a', 'a']]",
    "{f}.attrs['note'] = {n}",
    "{N} = sum(x for x in {l} if x)",
    "counts = Counter({l})\ncounts.update([{n}])\nprint(counts)",
    "{N} = (m := {n} + 1) * 2",
    "while len({l}) < 3:\n    {l}.append({n})",
    "{N} = len([{l}, {l}][0])",
    "from functools import lru_cache\n@lru_cache\ndef cached(x):\n    return x + 1\n{N} = cached({n})",
)
"""Further statements, for long runs."""
_KIND = {"f": "frame", "s": "series", "l": "list", "d": "dict", "n": "number", "a": "array"}
NEEDS = {
    "grow(": "def grow",
    "push(": "def push",
    "scale(": "def scale",
    "times(": "def times",
    "mark(": "def mark",
    "show(": "def show",
    "collect(": "def collect",
    "scaled": "scaled =",
    "rng.": "rng =",
    "bump()": "def bump",
    "ratio()": "def ratio",
    "middle(": "def middle",
    "both": "both =",
    "frames[": "frames =",
    "box.": "box =",
    "Box(": "class Box",
    "roll(": "def roll",
    "clean(": "def clean",
    "extend(": "def extend",
    "total_of(": "def total_of",
    "random.r": "import random",
    "view": "view =",
    "part": "part =",
    "model": "model =",
    "open('log.txt').": "with open('log.txt', 'a')",
    "grouped.": "grouped =",
    "'saved.csv')": "{f}.to_csv",
    "open('note.txt').": "with open",
}


@dataclass
class Written:
    """A notebook while it is written: its cells, and the names that exist by kind.

    Args:
        choose: one of several texts.
        templates: of the statements.
    """

    choose: Choose
    templates: Sequence[str] = TEMPLATES
    cells: list[list[str]] = field(default_factory=lambda: [[HEAD]])
    known: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in NAMES})
    defined: list[str] = field(default_factory=list)

    def may(self, template: str) -> bool:
        """Whether everything that a statement reads exists."""
        if any(
            call in template
            and not template.startswith("def")
            and text not in template
            and not any(item.startswith(text) for item in self.defined)
            for call, text in NEEDS.items()
        ):
            return False
        return all(self.known[kind] or f"{{{sign}}}" not in template for sign, kind in _KIND.items())

    def add(self, apart: bool) -> None:
        """Write one more statement, in a cell of its own or in the last one."""
        template = self.choose([item for item in self.templates if self.may(item)])
        if apart or len(self.cells) == 1 or template.startswith("%%"):
            self.cells.append([])
        self.cells[-1].append(self._filled(template))

    def sources(self) -> list[str]:
        """The sources of the code cells; the last ones show every value."""
        plain = [name for kind in ("list", "dict", "number", "array") for name in self.known[kind]]
        frames = [name for kind in ("frame", "series") for name in self.known[kind]]
        shown = [[f"print({', '.join(plain)})"], [f"print({name}.to_dict())" for name in frames]]
        return ["\n".join(rows) for rows in (*self.cells, *shown) if rows]

    def _filled(self, template: str) -> str:
        words = {}
        for sign, kind in _KIND.items():
            words[sign] = self.choose(self.known[kind]) if f"{{{sign}}}" in template else ""
            if f"{{{sign.upper()}}}" in template:
                words[sign.upper()] = self.choose(NAMES[kind])
        if template in ("if {n} > 2:\n    {F} = {f}.head(2)",):
            words["F"] = words["f"]
        if template.startswith(("{N} += 1", "if {n} > 3")):
            if not self.known["number"]:
                return "pass"
            words["N"] = self.choose(self.known["number"])
        for sign, kind in _KIND.items():
            name = words.get(sign.upper())
            if name and name not in self.known[kind]:
                self.known[kind].append(name)
        if template == "del {n}":
            self.known["number"].remove(words["n"])
        self.defined.append(template)
        return template.format(**words)


@st.composite
def notebooks(draw: st.DrawFn) -> list[str]:
    """The sources of the code cells."""
    book = Written(lambda items: draw(st.sampled_from(items)))
    for _ in range(draw(st.integers(3, 14))):
        book.add(draw(st.booleans()))
    return book.sources()
