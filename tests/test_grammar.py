"""One table has the grammar of the magics' lines; all code that reads such lines agrees with it."""

import json
import os
from pathlib import Path

import pytest

from kernel_magics.assist import complete, inspect
from kernel_magics.engine.cells.options import parse_options
from kernel_magics.engine.errors import CellError, UsageError
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.grammar import CELL_MAGICS, LINE_MAGICS, Option, to_json
from kernel_magics.magics.arguments import parse
from tests.assist.books import book

FRONT_END = Path(__file__).parent.parent / "nbext" / "frontend" / "src" / "lab" / "grammar.json"
CELL_OPTIONS = [(magic.name, option) for magic in CELL_MAGICS.values() for option in magic.options]
LINE_OPTIONS = [(magic.name, option) for magic in LINE_MAGICS.values() for option in magic.options]


def test_the_front_end_has_the_table_of_today() -> None:
    """`grammar.json`, from which the front end is built, is what the table says."""
    text = json.dumps(to_json(), indent=2) + "\n"
    if os.environ.get("DAGBOOK_RECORD") == "1":
        FRONT_END.write_text(text, encoding="utf-8")
    assert FRONT_END.read_text(encoding="utf-8") == text, "DAGBOOK_RECORD=1 writes it anew"


@pytest.mark.parametrize(("magic", "option"), CELL_OPTIONS)
def test_a_cell_takes_its_options(magic: str, option: Option) -> None:
    """A cell reads each of its options as a hint writes it, and keeps what it was given."""
    name = (
        "a_{k} --for k=1" if option.value in ("sibling", "loop") else "a" if CELL_MAGICS[magic].words else ""
    )
    options = parse_options(CellSource("c", "[1]", magic, f"{name} {option.written()}", ""))
    assert options.given[option.name][-1:] == ((option.example,) if option.value else ())


@pytest.mark.parametrize(("magic", "option"), CELL_OPTIONS)
def test_a_hint_shows_how_an_option_is_written(magic: str, option: Option) -> None:
    """An option whose value is missing shows how it is written; one without a value takes none."""
    line = f"a {option.name}" if option.value else f"a {option.name}=1"
    with pytest.raises(CellError) as caught:
        parse_options(CellSource("c", "[1]", magic, line, ""))
    assert (option.written() if option.value else "unknown option") in str(caught.value)


@pytest.mark.parametrize(("magic", "option"), LINE_OPTIONS)
def test_a_line_magic_takes_its_options(magic: str, option: Option) -> None:
    """A line magic reads each of its options; one that only some values fit refuses others."""
    value = {"": "", "number": " 7", "choice": f" {next(iter(option.choices), '')}"}.get(option.value, " x")
    asked = vars(parse(magic, f"x {option.name}{value}" if magic != "dataflow" else f"{option.name}{value}"))
    found = asked[option.name.removeprefix("--").replace("-", "_")]
    assert found == (True if not value else int(value) if option.value == "number" else value.strip())
    if option.value in ("number", "choice"):
        with pytest.raises(UsageError):
            parse(magic, f"x {option.name} moon")


@pytest.mark.parametrize(
    ("sign", "magic", "option"),
    [*(("%%", *each) for each in CELL_OPTIONS), *(("%", *each) for each in LINE_OPTIONS)],
)
def test_an_editor_knows_every_option(sign: str, magic: str, option: Option) -> None:
    """Every option is offered while it is typed, explained under the cursor, and its choices follow it."""
    line = f"{sign}{magic} x {option.name}"
    written = book(f"{line}\n1")
    offered = {item.text for item in complete(written, "a", 0, len(line)).items}
    hover = inspect(written, "a", 0, len(line))
    assert option.name in offered
    assert hover is not None
    assert (hover.name, hover.doc) == (option.name, option.doc)
    behind = book(f"{line} \n1")
    choices = {item.text for item in complete(behind, "a", 0, len(line) + 1).items}
    assert set(option.choices) <= choices
