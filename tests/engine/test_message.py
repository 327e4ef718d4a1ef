"""The text of an error is made from facts: cells can be rendered with other labels, or left out."""

import re

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.message import CellRef, Message
from kernel_magics.engine.run.event import Failed
from tests.engine.driver import notebook, source
from tests.engine.test_errors import BAD_CELLS, BEFORE, FAILING, refused

CELL = CellRef("a", "[4]")
_LABEL = re.compile(r"\[\d+\](?!\])")


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


ERRORS = errors()


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


@pytest.mark.parametrize("name", ERRORS)
def test_every_label_in_a_text_is_a_mention(name: str) -> None:
    """Rendered with another label, an error of any kind does not contain the old one."""
    error = ERRORS[name]
    other = error.relabelled(lambda cell: f"<{cell.id}>")
    assert not _LABEL.search(f"{other.message} {other.hint}")
    assert all(f"<{cell.id}>" == label for cell, label in zip(error.concerns, other.cells, strict=True))
    assert (type(other), other.code, other.names, other.line) == (
        type(error),
        error.code,
        error.names,
        error.line,
    )


@pytest.mark.parametrize("name", ERRORS)
def test_a_reason_names_no_place(name: str) -> None:
    """Who shows the place of an error by other means reads its reason."""
    error = ERRORS[name]
    assert error.reason
    assert not re.search(r"\bcell \[|\bcells \[", error.reason)
    assert not re.search(rf"\bline {error.line}\b", error.reason) or name == "DB108 two candidates"


@pytest.mark.parametrize("name", [name for name in ERRORS if "'" in ERRORS[name].message])
def test_what_a_text_quotes_first_is_a_fact(name: str) -> None:
    """The name that a message concerns is among its names, so that code need not parse the text."""
    error = ERRORS[name]
    if error.code in ("DB101", "DB102"):  # Python's own words, and the line as it is
        pytest.skip("the text quotes other things")
    quoted = error.message.split("'")[1]
    assert any(fact in quoted for fact in error.names), (quoted, error.names)
