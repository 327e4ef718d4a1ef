"""Mermaid text has one line for each node and edge, with harmless labels."""

import re

from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.view import to_mermaid
from tests.recorded import check_recorded
from tests.view.examples import EVIL, node, recorded_view, view


def test_recorded_text():
    """The text of the recorded view is the recorded one."""
    check_recorded("view_v1.mmd", to_mermaid(recorded_view()))


def test_shapes_tell_the_kinds():
    """Slanted inputs, round params, boxes for values, pointed checks."""
    lines = to_mermaid(
        view(*(node(kind, kind=kind) for kind in ("input", "param", "value", "check")))
    ).splitlines()
    assert lines[1:5] == [
        '    n0[/"input"/]:::input',
        '    n1(["param"]):::param',
        '    n2["value"]:::value',
        '    n3{{"check"}}:::check',
    ]


@given(st.one_of(st.just(EVIL), st.text()))
def test_any_text_is_a_harmless_label(text):
    """Whatever the name, its line has the same structure."""
    line = to_mermaid(view(node(text, type=text))).splitlines()[1]
    assert re.fullmatch(r'    n0\["((?:[^"<>&\[\]{}`;]|#\d+;|<br>)*)"\]:::value', line)


def test_missing_names_are_dashed():
    """What a node waits for is in the picture."""
    text = to_mermaid(view(node("ctr", "veiws", waiting=["veiws"], state="waiting")))
    assert 'n1["veiws ?"]:::missing' in text
    assert "n1 -.-> n0" in text
    assert "]:::waiting" in text
