"""Templates of cells to be filled in, and a notebook to start from."""

from hypothesis import strategies as st

BASE = """%%setup
from tests.engine import world
def touch(value):
    world.tick()
    return value
def num(value):
    if isinstance(value, list):
        return sum(map(num, value))
    return value if isinstance(value, int) else value.total
class Pot:
    def __init__(self, total):
        self.total = total
"""
START = {
    "setup 1": "%%setup\nA = 2\nBOX = [1, 2]\ndef helper(v):\n    return num(v) + A\ndef fill():\n    BOX.append(3)",
    "inputs 1": "%%inputs\nx: int = 3\ny = [1, 2]",
    "params 1": "%%params\nw: int = 2\nmode = 'US'",
    "node a": "%%node a\ntouch(num(x) + A)",
    "node b": "%%node b\ntouch([a, 1])",
    "node c": "%%node c\nif isinstance(b, list):\n    b.append(99)\ntouch(num(b) % 2)",
    "node d": "%%node\ndef d(c, w=3):\n    return touch(num(c) + num(w))",
    "node e": "%%node e\ntouch(num(BOX) + num(d))",
    "variant us": "%%node price --when mode=US\ntouch(num(a) + 1)",
    "variant eu": "%%node price --when mode=EU\ntouch(num(c) * 2)",
    "family": "%%node f_{i} --for i=1,2\ntouch(num(a) * i)",
}
NODES = ("a", "b", "c", "d", "e")
VALUES = st.integers(0, 3)
GIVEN = ("x", "y", "w", "q")
ANY = (*NODES, *GIVEN, "price", "f_1", "f_2", "g_2", "lo", "hi")
READS = st.sampled_from(ANY)
LAZY = st.sampled_from(["", "", "", " --lazy"])


@st.composite
def node_cells(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """A cell, its node, and what that reads: mostly what makes sense, at times anything."""
    number = draw(st.integers(0, len(NODES) - 1))
    cell = name = NODES[number]
    reads = st.sampled_from((*GIVEN, *NODES[:number], *NODES[:number]))
    if not draw(st.integers(0, 5)):
        name, reads = draw(st.sampled_from(NODES)), READS
    return cell, name, draw(reads), draw(reads)


SETUPS = (
    "%%setup\nA = {k}\ndef helper(v):\n    return num(v) + A",
    "%%setup\nA = touch({k})\nBOX = [A]\ndef helper(v):\n    return num(v) * 2",
    "%%setup\nA = world.rate\nBOX = [1, {k}]",
    "%%setup\nBOX = [{k}]\ndef fill():\n    BOX.append({k})\ndef helper(v, by=world.rate):\n    return num(v) + by",
    "%%setup\ntouch(0)\nA = 1 // {k}",
    "%%setup\nB = {k}",
)
MORE_SETUPS = (
    "%%setup\nBOX.append({k})",
    "%%setup\nfill()",
    "%%setup\nC = BOX.pop()",
    "%%setup\nC = touch({k})",
    "%%setup\ndef other(v):\n    return helper(v) + {k}",
    "%%setup\nhelper = lambda v: num(v) - {k}",
)
INPUTS = (
    "%%inputs\nx: int = {k}\ny = [1, {k}]",
    "%%inputs\nx = touch({k})",
    "%%inputs\nx = world.sample\ny = [x]",
    "%%inputs\nx = A\ny = BOX",
    "%%inputs\nprice = {k}\ny = 1",
)
PARAMS = (
    "%%params\nw: int = {k}\nmode = 'US'",
    "%%params\nmode = 'EU'\nw: int = {k}",
    "%%params\nmode = 'FR'",
    "%%params\nw = A",
)
BODIES = (
    "touch(num({r}) + {k})",
    "touch(num({r}) * num({s}) % 5)",
    "touch(num({r}) % 2)",
    "touch(6 // (num({r}) % 3))",
    "touch([{r}, {k}])",
    "touch([{k}, {k}])",
    "touch(Pot({k}))",
    "if isinstance({r}, list):\n    {r}.append(num({s}))\ntouch(num({r}))",
    "touch(num({r}) + A)",
    "touch(helper({r}) + {k})",
    "touch(BOX)",
    "touch(num(BOX) + {k})",
    "touch(other({r}))",
    "touch({k})",
)
FUNCTIONS = (
    "%%node{lazy}\ndef {n}({r}, w=3):\n    return touch(num({r}) + num(w))",
    "%%node{lazy}\ndef {n}({r}, q=7):\n    return touch(num({r}) - num(q))",
    "%%node{lazy}\ndef {n}({r}):\n    return touch(num({r}) + A)",
    "%%node{lazy}\ndef {n}(*, {r}, w=2):\n    return touch(num({r}) + num(w))",
    "%%node{lazy}\ndef _h{n}(v):\n    return num(v) + {k}\n\ndef {n}({r}):\n    return touch(_h{n}({r}))",
    "%%node{lazy}\nasync def {n}({r}):\n    return touch(num({r}))",
)
OTHERS = {
    "variant us": "%%node price --when mode=US\ntouch(num({r}) + {k})",
    "variant eu": "%%node price --when mode=EU\ntouch(num({r}) * {k})",
    "variants of two": "%%node lo, hi --when mode=EU\nlo = touch(num({r}))\nhi = {k}",
    "family": "%%node f_{{i}} --for i=1,2\ntouch(num({r}) * i)",
    "other family": "%%node f_{{i}} --for i=2,3\ntouch(num({r}) * i + {k})",
    "grown family": "%%node g_{{i}} --for i=1,2 --uses f_{{i}}\ntouch(num(f_i) + num({r}))",
    "two outputs": "%%node lo, hi\nlo = touch(num({r}))\nhi = num({s}) + {k}",
    "check": "%%check {r}\nnum({r}) > {k}  # big\nnum({r}) < num({s})",
    "second check": "%%check {r}\nnum({r}) % 2 == 0",
    "warning": "%%check {r} --warn\nnum({r}) == 6 // {k}",
    "q": "%%node q\ntouch({k})",
    "q reads": "%%node q\ntouch(num({r}))",
    "test": "%%test {r}\nassert {r}",
}
