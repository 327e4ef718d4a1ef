"""The cell parser and the notebook reader on random input: no exception but a DataflowError."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.fuzz import SEEDS, fuzz_cell, fuzz_notebook

QUICK = examples(300, suppress_health_check=list(HealthCheck))


def _words(text: str) -> list[str]:
    return text.split()


PIECES = st.sampled_from(
    [
        *"%% \n\t:=()[]{}'\"\\,#@*~-+.;\0\x0c\r\u2028é",
        *_words(
            "setup inputs params node check test def async return lambda class for if x y w k value --for --when --tag"
        ),
        *_words(
            "--uses --cache --lazy --check --warn k=1,2 w=1 {k} 0<=value<=1 not_null unique a:unique nulls<=5% await"
        ),
        *_words(
            "yield import from * global nonlocal del match case _ : := -> ... None True 1 1e999 0x 'a' f'{x}' b'' !ls %time"
        ),
        "\n    ",
        "%%node ",
        "%%check y\n",
        "def f(x):\n    return x",
        "\ud800",
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good cell with some of its text cut, doubled or replaced."""
    text = draw(st.sampled_from(SEEDS["cells"]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 8, len(text))))
        text = text[:start] + draw(PIECES) * draw(st.integers(0, 2)) + text[end:]
    return text


@QUICK
@given(st.one_of(mutated(), st.lists(PIECES, max_size=20).map("".join), st.text(max_size=60)))
@example("%%node x\n" + "(" * 500)
@example("%%node x\n" + "-" * 5000 + "1")
@example("%%node x\n" + "+".join(["y"] * 3000))
@example('%%node x --check "' + "(" * 300 + 'value"\n1')
@example("%%check y\n" + "not " * 3000 + "y")
def test_cells(text: str) -> None:
    """A cell of ours becomes a graph that can be drawn, or is refused with an error of ours."""
    for whole in (text, f"%%node x\n{text}", f"%%check y\n{text}", f"%%setup\n{text}"):
        fuzz_cell(whole.encode("utf-8", "surrogatepass"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("nbformat", "nbformat_minor", "metadata", "cells", "worksheets", "cell_type", "source", "id", "input")


@st.composite
def notebooks(draw: st.DrawFn) -> Any:
    """A good notebook in which some value is anything."""
    data = json.loads(draw(st.sampled_from(SEEDS["notebooks"])))
    place: Any = data
    for _ in range(draw(st.integers(0, 4))):
        inner = [
            item
            for item in (place.values() if isinstance(place, dict) else place)
            if isinstance(item, dict | list)
        ]
        if not inner:
            break
        place = draw(st.sampled_from(inner))
    if isinstance(place, dict):
        place[draw(st.sampled_from([*place, *KEYS]))] = draw(JSON)
    else:
        place.append(draw(JSON))
    return data


@QUICK
@given(notebooks() | JSON)
def test_notebook_files(data: Any) -> None:
    """A file becomes a graph, or is refused with an error of ours."""
    fuzz_notebook(json.dumps(data).encode())


@QUICK
@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"nbformat": 4, "cells": ' + b"[" * 5000)
@example(b"\xff\xfe{")
@example(b'{"nbformat": 1e999}')
def test_any_bytes(data: bytes) -> None:
    """Bytes that are no JSON, no UTF-8, or nested too deeply."""
    fuzz_notebook(data)


def test_the_targets_reach_the_graph() -> None:
    """The seeds are good ones: fuzzing starts from what works."""
    assert all(fuzz_cell(text.encode()) for text in SEEDS["cells"][1:]), "cells"
    assert all(fuzz_notebook(text.encode()) for text in SEEDS["notebooks"]), "notebooks"
