"""A comment of a module permits functions to read later rows, as an option of a cell does."""

from __future__ import annotations

import pytest

from kernel_magics.engine.graph.module import link_modules
from kernel_magics.engine.source.permits import cut_permit, permit, reason

DEF = "def {}(x):\n    return x\n"
A, B, C = map(DEF.format, "abc")


@pytest.mark.parametrize("why", ["target", "the label of tomorrow", 'it\'s "known"', "", "# --future x"])
def test_a_reason_is_read_as_it_was_written(why: str) -> None:
    """Quotes, spaces and an empty reason come back; other comments are none."""
    assert reason(permit(why)) == why
    assert cut_permit(f"# Said.\n{permit(why)}\n{A}") == (why, f"# Said.\n{A}")
    assert cut_permit(A) == (None, A)


@pytest.mark.parametrize(
    "row",
    ["# --future", "# --future 'open", "# --future a b", "# --futures x", "--future x", " # --future x"],
)
def test_what_is_no_permit(row: str) -> None:
    """Nothing is permitted by a line that cannot be read, or has no reason."""
    assert reason(row) is None


@pytest.mark.parametrize(
    ("text", "permitted"),
    [
        (f"# cell one\n# --future 'why'\n{A}\n\n{B}\n\n# cell two\n{C}", {"a": "why", "b": "why"}),
        (f"# cell one\n# --future=why\n{A}\n\n# --- Rest ---\n\n{B}", {"a": "why"}),
        (f"{A}\n\n# --future 'why'\n# Said.\n{B}\n\n{C}", {"b": "why"}),
        (f"# --future 'why'\n\n{A}", {}),
        (f'{DEF.format("d")[:-1]} + """\n# --future why\n"""\n{A}', {}),
        (f"def a(x):\n    return x\n# --future 'why'\n{B}", {"b": "why"}),
        (f"# cell one\n# --future 'why'\n@cached\n{A}", {"a": "why"}),
    ],
)
def test_what_a_comment_covers(text: str, permitted: dict[str, str]) -> None:
    """All functions of the cell that is named right above, else the function right below."""
    graph = link_modules([(text, "feats.py")])
    found = {node.name: node.future for node in graph if node.future is not None}
    assert found == permitted
