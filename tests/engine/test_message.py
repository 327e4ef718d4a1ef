"""The text of an error is made from facts: cells can be rendered with other labels, or left out."""

import re
from functools import cache

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.message import CellRef, Message
from kernel_magics.engine.run.event import Failed
from tests.engine.driver import notebook, source
from tests.engine.test_errors import BAD_CELLS, BEFORE, FAILING, refused

CELL = CellRef("a", "[4]")
_LABEL = re.compile(r"\[\d+\](?!\])")


@cache
def errors() -> dict[str, DataflowError]:
    """An error of each kind that cells and nodes raise."""
    found: dict[str, DataflowError] = {}
    for name, cells in BAD_CELLS.items():
        found[name] = refused(cells)
    for name, cell in FAILING.items():
        book = notebook(*BEFORE)
        book.session.register(source("7", cell))
        failed = [event.error for event in book.session.compute() if isinstance(event, Failed)]
        if failed:
            found[name] = failed[0]
    return found


@pytest.mark.parametrize(
    ("said", "text", "elsewhere", "unlabelled", "nowhere"),
    [
        (CELL.on(3), " on line 3 of cell [4]", " on line 3 of cell 'x'", " on line 3", ""),
        (CELL.on(), " in cell [4]", " in cell 'x'", "", ""),
        (CELL.subject(), "cell [4]", "cell 'x'", "it", "it"),
        (CELL.subject(3), "line 3 of cell [4]", "line 3 of cell 'x'", "line 3", "it"),
        (CELL.head(3), "line 3 of cell [4]: ", "line 3 of cell 'x': ", "line 3: ", ""),
        (CELL.aside("check in "), " (check in cell [4])", " (check in cell 'x')", "", ""),
        (CELL.only_label(" by ", " twice"), " by [4]", " by 'x'", " twice", " twice"),
    ],
)
def test_a_mention_is_told_in_four_ways(
    said: object, text: str, elsewhere: str, unlabelled: str, nowhere: str
) -> None:
    """With its label, under another one, without it, and without the line, too."""
    message = Message.of(("'a' fails", said, "."))  # type: ignore[arg-type]
    assert str(message) == f"'a' fails{text}."
    assert str(message.relabelled(lambda _: "'x'")) == f"'a' fails{elsewhere}."
    assert message.render(lambda _: "") == f"'a' fails{unlabelled}."
    assert message.render(lambda _: "", lines=False) == f"'a' fails{nowhere}."


def test_every_label_in_a_text_is_a_mention() -> None:
    """Rendered with another label, an error of any kind does not contain the old one."""
    for name, error in errors().items():
        other = error.relabelled(lambda cell: f"<{cell.id}>")
        assert not _LABEL.search(f"{other.message} {other.hint}"), name
        labels = zip(error.concerns, other.cells, strict=True)
        assert all(f"<{cell.id}>" == label for cell, label in labels), name
        same = (type(error), error.code, error.names, error.line)
        assert (type(other), other.code, other.names, other.line) == same, name


def test_a_reason_names_no_place() -> None:
    """Who shows the place of an error by other means reads its reason."""
    for name, error in errors().items():
        assert error.reason, name
        assert not re.search(r"\bcell \[|\bcells \[", error.reason), name
        assert not re.search(rf"\bline {error.line}\b", error.reason) or name == "DB108 two candidates", name


def test_what_a_text_quotes_first_is_a_fact() -> None:
    """The name that a message concerns is among its names, so that code need not parse the text."""
    seen = 0
    for name, error in errors().items():
        # DB101 and DB102 quote Python's own words, and the line as it is
        if "'" in error.message and error.code not in ("DB101", "DB102"):
            quoted = error.message.split("'")[1]
            assert any(fact in quoted for fact in error.names), (name, quoted, error.names)
            seen += 1
    assert seen > len(errors()) / 2
