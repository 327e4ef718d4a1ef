"""Random programs: whatever path they take, Python agrees with the names that were found."""

import ast
import textwrap

from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import body_names
from tests.engine.judge import Enough, hazards_of, run_function, run_module
from tests.examples import examples

EXPRESSIONS = [
    "[{x}, {y}]",
    "({x} if {y} else {z})",
    "({x} or {y})",
    "({x} and {y})",
    "(not {x})",
    "(1 == {x} == {y})",
    "[{x} for {n} in (1, {y})]",
    "[{x} for {n} in (1, {y}) for {m} in (1, {z}) if {u}]",
    "(lambda p, {n}={x}: {y})(1)",
    "(lambda: {x})()",
    "({n} := {x})",
]
SIMPLE = [
    "{x}",
    "{n} = {x}",
    "{n} += {x}",
    "{n} = {m} = {x}",
    "del {n}",
    "{n}: int",
    "import math as {n}",
    "for {n} in (1, {m}): break",
]
COMPOUND = [
    "if {x}:\n{B}",
    "if {x}:\n{B}\nelse:\n{C}",
    "if {x}:\n{B}\n    raise ValueError\nelse:\n{C}",
    "for {n} in (1, {m}):\n{B}",
    "for {n} in (1,):\n{B}\n    if {m}:\n        break\nelse:\n{C}",
    "while True:\n    tick()\n{B}\n    if {x}:\n        {s}\n        break",
    "try:\n{B}\nexcept TypeError as {n}:\n{C}",
    "try:\n{B}\nexcept Exception:\n{C}\nelse:\n{D}\nfinally:\n{E}",
    "try:\n{B}\n    raise ValueError\nexcept ValueError:\n{C}\nfinally:\n{E}",
    "class {n}:\n{B}",
    "def f({n}):\n{B}\nf(1)",
    "match {x}:\n    case [{n}, *_] if {y}:\n        {s}\n    case {m}:\n        {t}",
]


class Holes(dict):
    """The holes of a shape, drawn when they are needed: names, expressions, simple statements, blocks."""

    def __init__(self, draw, depth):
        super().__init__()
        self.draw = draw
        self.depth = depth

    def __missing__(self, hole):
        if hole in "nm":
            return self.draw(st.sampled_from("abcde"))
        if hole in "xyzu":
            return self.fill([*"abcde"] if self.depth < 1 else [*"abcde", *EXPRESSIONS])
        if hole in "st":
            return self.fill(SIMPLE)
        lines = [
            self.fill(SIMPLE if self.depth < 2 else SIMPLE + COMPOUND)
            for _ in range(self.draw(st.integers(1, 3)))
        ]
        return textwrap.indent("\n".join(lines), "    ")

    def fill(self, shapes):
        return self.draw(st.sampled_from(shapes)).format_map(Holes(self.draw, self.depth - 1))


@st.composite
def programs(draw):
    """A small program over the names a to e."""
    holes = Holes(draw, 4)
    return "\n".join(holes.fill(SIMPLE + COMPOUND) for _ in range(draw(st.integers(1, 5))))


class Chance:
    """A value whose truth is drawn, so that one program shows several of its paths."""

    def __init__(self, bits):
        self.bits = bits

    def __bool__(self):
        return self.bits.pop() if self.bits else False

    def __add__(self, other):
        if not self:
            raise TypeError("drawn")
        return self

    __radd__ = __add__

    def __eq__(self, other):
        return bool(self)

    def __hash__(self):
        return 0


def unbound(tree):
    """The names that a program deletes somewhere."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}
    return names | {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)}


def drawn_values(bits):
    """Fresh values for one run of a random program."""
    bits, ticks = list(bits), iter(range(5))

    def tick():
        if next(ticks, None) is None:
            raise Enough

    return {"tick": tick, **{name: Chance(bits) for name in "abcdep"}}


@examples(300)
@given(programs(), st.lists(st.lists(st.booleans(), max_size=12), min_size=6, max_size=6))
def test_random_programs_are_judged_like_python(source: str, draws: list[list[bool]]) -> None:
    """On no path does Python look up a name that `reads` lacks, or end with a binding that `binds` lacks.

    As a function of its reads the program does the same and looks up only builtins, or there is a hazard.
    """
    try:
        compile(source, "<random>", "exec")
    except SyntaxError:
        return
    tree = ast.parse(source)
    if unbound(tree) & {node.target.id for node in ast.walk(tree) if isinstance(node, ast.NamedExpr)}:
        return  # a walrus in a comprehension makes Python delete the name in a way that cannot be observed
    names = body_names(source)
    # Called before the body binds a name, a nested function looks outside; the name stays the body's own.
    early = {name for _, name in names.late_reads}.intersection(names.bound)
    params = [name for name in names.reads if name not in builtin_names()]
    same = not early and not hazards_of(source)
    for bits in draws:
        module, error = run_module(source, drawn_values(bits))
        assert module.seen <= {*names.reads, *early}
        if error is None:
            assert set(module.bindings()) <= set(names.binds)
        if same:
            inside, bindings, inside_error = run_function(source, params, drawn_values(bits))
            assert inside.seen <= builtin_names()
            assert isinstance(inside_error, type(error))
            if error is None:
                assert {name: bindings[name] for name in module.bindings()} == module.bindings()
