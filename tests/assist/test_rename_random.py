"""Random renamings in random notebooks: names change, and nothing else."""

from collections.abc import Mapping

from hypothesis import event, given
from hypothesis import strategies as st

from kernel_magics.assist import Document, DocumentCell, apply, rename
from kernel_magics.engine.errors import DataflowError
from tests.examples import examples

POOL = [
    "%%setup\nimport math as m\n\ndef f(a, b=1):\n    return a + m.pi * b",
    "%%inputs\na: int = 1\nb: int = 2",
    "%%params\nc: int = 1",
    "%%node d\nx = a + b\nx",
    "%%node e\nd = f(d)\n[a for a in range(d)]",
    "%%node g, h\ng = e\nh = [b for y in range(c)]\ng",
    "%%node g, h\ng = e\nh = lambda a, b=b: (a, b, e)",
    "%%node\ndef i(g, h, x=1):\n    def a():\n        nonlocal x\n        x = g\n    return a, f(h, b=2)",
    "%%node\ndef j(i):\n    return _z(i)\n\ndef _z(a):\n    return m.floor(a)",
    "%%node p --when c=1\nd",
    "%%node p --when c=2\ne",
    "%%node q_{k} --for k=1,2\nq_k = a * k\nq_k",
    "%%node r_{j} --for j=1,2 --uses q_{j}\nq_j + q_1 + b",
    "%%node s --check 'rows == a' --warn 'value < b'\nclass A:\n    a = 1\n    def b(self):\n        return a\n\nA",
    "%%node t\nmatch a:\n    case [b, *_]:\n        y = b\n    case _:\n        y = f'{d} {d!r:>{a}}'\ny",
    "%%check d\nd > a  # a\n[a for a in d]",
    "%%test i\na = 1\nassert i(g=a, h=2)",
    "%%test d\nassert d(a=1, b=e(d=1, b=2))",
    "%lineage d\nd + e + g\na = d",
    "print(a, b)\n%time y = b\nb?",
    "%%node u\ntry:\n    d\nexcept ValueError as b:\n    print(b)\n(y := a)\ny",
]
NAMES = [*"abcdefghijkpstuxyzm", "g_and_h", "new", "é", "other", "names", "which", "are", "free"]


@examples(300)
@given(st.lists(st.sampled_from(POOL), min_size=1, max_size=8, unique=True), st.data())
def test_a_renaming_changes_names_alone(texts: list[str], data: st.DataObject) -> None:
    """After a renaming the graph is the old one up to names; renaming back gives the same texts."""
    document = Document.of(DocumentCell(f"c{number}", "code", text) for number, text in enumerate(texts))
    templates = [
        name for reading in document.readings.values() for name in reading.options.names if "{" in name
    ]
    old = data.draw(st.sampled_from([*document.defined, *sorted(document.shared), *templates] or ["a"]))
    new = data.draw(
        st.sampled_from(["w_{k}", "v{k}w"] if old == "q_{k}" else ["w_{j}"] if "{" in old else NAMES)
    )
    try:
        result = rename(document, old, new)
    except DataflowError as error:
        assert error.code in ("DB207", "DB203", "DB308")
        event("refused")
        return
    event("renamed")
    after = apply(document, result.edits)
    assert _shape(after, {}) == _shape(document, result.names)
    assert after.draft.refused.keys() == document.draft.refused.keys()
    if not result.conflicts and old not in document.variables:
        back = rename(after, new, old)
        assert [cell.text for cell in apply(after, back.edits).cells] == texts
        assert {to: name for name, to in result.names.items()} == back.names


def _shape(document: Document, names: Mapping[str, str]) -> list[tuple[object, ...]]:
    """What the graph is, its names replaced."""

    def new(name: str) -> str:
        return names.get(name, name)

    return [
        (
            new(node.name),
            node.kind,
            node.cell_id,
            {new(name) for name in node.input_names},
            {*map(new, node.uses)},
        )
        for node in document.graph
    ]
