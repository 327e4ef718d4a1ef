"""Ordinary notebooks made at random: reassignments, changes in place, helpers, loops, draws, files, failures."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

HEAD = "import numpy as np\nimport pandas as pd\nfrom collections import Counter"
NAMES = {
    "frame": ("df", "data", "tmp"),
    "series": ("s", "col"),
    "list": ("items", "tmp2"),
    "dict": ("d",),
    "number": ("n", "total", "_hidden", "sum_"),
}
# {f} a frame, {s} a series, {l} a list, {d} a dict, {n} a number that exists; {F} … one that is bound now.
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
_KIND = {"f": "frame", "s": "series", "l": "list", "d": "dict", "n": "number"}
_NEEDS = {
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
    "grouped.": "grouped =",
    "'saved.csv')": "{f}.to_csv",
    "open('note.txt').": "with open",
}


@dataclass
class Written:
    """A notebook while it is written: its cells, and the names that exist by kind."""

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
            for call, text in _NEEDS.items()
        ):
            return False
        return all(self.known[kind] or f"{{{sign}}}" not in template for sign, kind in _KIND.items())


@st.composite
def notebooks(draw: st.DrawFn) -> list[str]:
    """The sources of the code cells."""
    book = Written()
    for _ in range(draw(st.integers(3, 14))):
        if draw(st.booleans()) or len(book.cells) == 1:
            book.cells.append([])
        template = draw(st.sampled_from([item for item in TEMPLATES if book.may(item)]))
        book.cells[-1].append(_filled(draw, book, template))
    book.cells.append(
        [f"print({', '.join(name for kind in ('list', 'dict', 'number') for name in book.known[kind])})"]
    )
    book.cells.append(
        [f"print({name}.to_dict())" for kind in ("frame", "series") for name in book.known[kind]]
    )
    return ["\n".join(rows) for rows in book.cells if rows]


def _filled(draw: st.DrawFn, book: Written, template: str) -> str:
    words = {}
    for sign, kind in _KIND.items():
        words[sign] = draw(st.sampled_from(book.known[kind])) if f"{{{sign}}}" in template else ""
        if f"{{{sign.upper()}}}" in template:
            words[sign.upper()] = draw(st.sampled_from(NAMES[kind]))
    if template in ("if {n} > 2:\n    {F} = {f}.head(2)",):
        words["F"] = words["f"]
    if template.startswith(("{N} += 1", "if {n} > 3")):
        if not book.known["number"]:
            return "pass"
        words["N"] = draw(st.sampled_from(book.known["number"]))
    for sign, kind in _KIND.items():
        name = words.get(sign.upper())
        if name and name not in book.known[kind]:
            book.known[kind].append(name)
    if template.startswith("del"):
        book.known["number"].remove(words["n"])
    book.defined.append(template)
    return template.format(**words)
