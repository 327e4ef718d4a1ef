"""A YAML file is read as plain data with the line of each entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.documents.document import parse_document
from kernel_magics.engine.errors import SourceError

FILE = Path("x.yaml")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=40)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


@given(TREES)
def test_json_is_read_as_json_reads_it(tree: object) -> None:
    """JSON is YAML: every document of it has the same data."""
    assert parse_document(json.dumps(tree, ensure_ascii=False), FILE).data == tree


def test_each_entry_has_its_line() -> None:
    """Keys and items have the line where they begin; an unknown place that of what is around it."""
    found = parse_document("a: 1\nb:\n  c:\n  - x\n  - {y: 2,\n     z: 3}\n", FILE)
    assert found.data == {"a": 1, "b": {"c": ["x", {"y": 2, "z": 3}]}}
    assert [found.line(place) for place in [(), ("b",), ("b", "c"), ("b", "c", 1), ("b", "c", 1, "z")]] == [
        1,
        2,
        3,
        5,
        6,
    ]
    assert found.line(("b", "c", 0, "nothing")) == 4


def test_plain_words_are_texts() -> None:
    """Days, `no`, `on`, octal numbers and times are what they look like, not what YAML 1.1 makes of them."""
    found = parse_document(
        "a: 2026-01-31\nb: no\nc: on\nd: 0755\ne: 12:30\nf: '1'\ng: 1_000\nh: 1e3\ni: -0", FILE
    )
    assert found.data == {
        "a": "2026-01-31",
        "b": "no",
        "c": "on",
        "d": "0755",
        "e": "12:30",
        "f": "1",
        "g": "1_000",
        "h": 1000.0,
        "i": 0,
    }


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: {c: 2", 2, "no YAML"),
        ("a: 1\nb: 2\na: 3", 3, "first on line 1"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n? [x]\n: 1", 3, "must be a text"),
        ("a: !secret x", 1, "tag '!secret'"),
        ("a: 1\nb: !!str 3", 2, "tag '!!str'"),
        ("- !secret 'x'", 1, "tag '!secret'"),
        ("a:\n  - !secret [1]", 2, "tag '!secret'"),
        ("!secret a: ! 3", 1, "tag '!secret'"),
        ("a: ! 3", 1, "tag '!'"),
        ("a: &x 1\n<<: {b: 2}", 2, "must be a text"),
        ("[" * 4000, 1, "nested too deeply"),
        ("- " * 60 + "x", 1, "nested too deeply"),
        ("a: b\n c: d", 2, "no YAML"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(text: str, line: int, word: str) -> None:
    """The message begins with file and line."""
    with pytest.raises(SourceError) as caught:
        parse_document(text, FILE)
    assert caught.value.code == "DB461"
    assert caught.value.message.startswith(f"x.yaml:{line}: ")
    assert word in caught.value.message
