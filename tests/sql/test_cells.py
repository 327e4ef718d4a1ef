"""SQL cells as cells: what they read, what is refused, how they are edited, exported and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlglot")

from kernel_magics.assist import Document, DocumentCell, complete, problems, rename
from kernel_magics.cli.main import main
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import CellError
from kernel_magics.engine.session.impure import impurity
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.engine.source.select import read_select
from kernel_magics.lineage.columns import origins
from tests.notebook_file import write_notebook
from tests.quality.books import book_of

SETUP = "%%setup\nimport pandas as pd"
INPUTS = (
    "%%inputs\n"
    "orders: pd.DataFrame = pd.DataFrame({'customer': ['a', 'b', 'a'], 'amount': [10.0, 20.0, 30.0]})\n"
    "customers: pd.DataFrame = pd.DataFrame({'customer': ['a', 'b'], 'country': ['DE', 'FR']})"
)
PARAMS = "%%params\nleast: float = 5.0"
SPEND = (
    "%%node spend --sql\n-- Spend of each customer.\nSELECT customer, sum(amount) AS spend\nFROM orders\n"
    "WHERE amount > $least\nGROUP BY customer\nORDER BY customer"
)
COUNTRY = (
    "%%node by_country --sql\nSELECT country, sum(spend) AS spend\nFROM spend JOIN customers USING (customer)\n"
    "GROUP BY country\nORDER BY country"
)
BOOK = (SETUP, INPUTS, PARAMS, SPEND, COUNTRY)


def reads(text: str) -> tuple[list[str], list[str]]:
    """The tables and the params of a SELECT."""
    cell = read_cell(f"%%node q --sql\n{text}", "1", "[1]")
    assert cell is not None
    select = read_select(cell)
    for read in select.reads:
        assert select.text[read.start : read.end] == read.name
    return select.names(False), select.names(True)


@pytest.mark.parametrize(
    ("text", "tables", "params"),
    [
        ("SELECT * FROM a", ["a"], []),
        ('SELECT * FROM "Big" b JOIN c USING (k)', ["Big", "c"], []),
        ("WITH a AS (SELECT * FROM b) SELECT * FROM a", ["b"], []),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", ["a"], []),
        ("SELECT (SELECT max(x) FROM b) FROM a WHERE EXISTS (SELECT 1 FROM c)", ["b", "a", "c"], []),
        ("SELECT extract(year FROM d), trim(BOTH FROM s) FROM a WHERE x IS DISTINCT FROM y", ["a"], []),
        ("SELECT x FROM a WHERE y > $p AND z = '$q' -- $r\nAND w = $p", ["a"], ["p"]),
        ("SELECT * FROM a UNION ALL SELECT * FROM b", ["a", "b"], []),
        ("SELECT * FROM range(3) t(i), a", ["a"], []),
        ("FROM a SELECT x", ["a"], []),
        ("SELECT $p AS x", [], ["p"]),
    ],
)
def test_tables_and_params_are_found_exactly(text: str, tables: list[str], params: list[str]) -> None:
    """Names that the text defines itself, columns, strings and comments are no inputs; places are exact."""
    assert reads(text) == (tables, params)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("SELECT a b c FROM x", "DB101", "not valid SQL on line 2"),
        ("SELECT 'a FROM x", "DB101", "not closed"),
        ("DROP TABLE x", "DB105", "one SELECT"),
        ("SELECT 1; SELECT 2", "DB105", "one SELECT"),
        ("SELECT * FROM 'x.csv'", "DB105", "no table of this dataflow"),
        ("SELECT * FROM read_csv('x.csv')", "DB105", "no table of this dataflow"),
        ("SELECT *\nFROM s.x", "DB105", "line 3"),
        ("SELECT $1", "DB105", "'$1'"),
        ("SELECT * FROM a JOIN A USING (k)", "DB105", "no table"),
    ],
)
def test_what_no_cell_may_hold_is_refused_with_its_place(text: str, code: str, said: str) -> None:
    """Texts that are no SQL, statements that change something, files and other databases."""
    cell = read_cell(f"%%node q --sql\n{text}", "1", "[1]")
    assert cell is not None
    with pytest.raises(CellError) as raised:
        parse_cell(cell)
    assert raised.value.code == code
    assert said in raised.value.message


def test_a_cell_without_a_name_is_refused() -> None:
    """A SELECT is one node, whose name is on the line."""
    for line in ("%%node --sql", "%%node a, b --sql"):
        cell = read_cell(f"{line}\nSELECT 1", "1", "[1]")
        assert cell is not None
        with pytest.raises(CellError, match="DB104"):
            parse_cell(cell)


def test_sql_nodes_are_nodes() -> None:
    """They compute, follow edits of what they read, take loop variables, and fail with their own line."""
    book = book_of(
        *BOOK, "%%node top_{k} --sql --for k=1,2\nSELECT * FROM spend ORDER BY spend DESC LIMIT $k"
    )
    assert book.session.memos["by_country"].value.to_dict("list") == {
        "country": ["DE", "FR"],
        "spend": [40.0, 20.0],
    }
    assert [len(book.session.memos[f"top_{k}"].value) for k in (1, 2)] == [1, 2]
    assert book.session.graph.node("spend").doc == "Spend of each customer."
    book.run("3", PARAMS.replace("5.0", "15.0"))
    assert book.session.memos["by_country"].value.to_dict("list") == {
        "country": ["DE", "FR"],
        "spend": [30.0, 20.0],
    }
    book.run("4", SPEND.replace("sum(amount)", "sum(amont)"))
    error = book.session.memos["spend"].error
    assert error is not None
    assert error.code == "DB301"
    assert "amont" in error.message


def test_a_text_with_quotes_and_backslashes_is_run_as_it_is() -> None:
    """Whatever the text holds, DuckDB gets the same text."""
    for text in (
        r"SELECT 'a\b' AS x",
        'SELECT \'"""\' AS x',
        "SELECT 'it''s' AS \"x\"",
        "SELECT 'é\t' AS x -- end",
    ):
        book = book_of(f"%%node q --sql\n{text}")
        assert book.session.memos["q"].value.shape == (1, 1), text


def test_the_clock_and_draws_are_seen_and_nothing_else_is() -> None:
    """A SELECT over its tables is pure; what reads the clock or draws is volatile; words in strings are not."""
    for text, read in (
        ("SELECT now() AS t", "the clock"),
        ("SELECT current_date AS t", "the clock"),
        ("SELECT random() AS x", "random"),
        ("SELECT * FROM orders USING SAMPLE 2", "random"),
        ("SELECT 'now()' AS t -- random()", ""),
        ("SELECT * FROM orders", ""),
    ):
        cell = read_cell(f"%%node q --sql\n{text}", "1", "[1]")
        assert cell is not None
        code = parse_cell(cell).definitions[0].code
        assert code is not None
        found = " ".join(impurity([f"def q():\n{code.text.source}"], {}))
        assert (read in found) if read else found == "", text


def test_column_lineage_is_exact() -> None:
    """Each column has its columns of inputs; what chooses rows is told apart; two open tables are not guessed."""
    wide = "%%node wide --sql\nSELECT o.*, country, row_number() OVER (PARTITION BY o.customer) AS n FROM orders o "
    book = book_of(
        *BOOK,
        f"{wide}JOIN customers c ON c.customer = o.customer",
        "%%node vague --sql\nSELECT x FROM orders, customers",
    )
    known = origins(book.session.graph)
    spend = known["by_country"]
    assert spend.columns == {"country": {("customers", "country")}, "spend": {("orders", "amount")}}
    assert spend.rows == {
        ("customers", "country"),
        ("customers", "customer"),
        ("orders", "customer"),
        ("orders", "amount"),
        ("least", "*"),
    }
    assert spend.exact
    assert known["wide"].rest == {"orders"}
    assert known["wide"].columns["n"] == {("orders", "customer")}
    assert not known["vague"].exact


def document(*texts: str) -> Document:
    """A notebook on the screen."""
    return Document.of(DocumentCell(str(at), "code", text) for at, text in enumerate(texts))


def test_the_editor_helps_in_sql() -> None:
    """Unknown tables are underlined in place, names complete, and a renaming reaches into the text."""
    book = document(SETUP, INPUTS, PARAMS, SPEND.replace("orders", "ordrs"))
    found = [one for one in problems(book) if one.code == "DB203"]
    assert [(one.place.name, one.place.span.start.line) for one in found] == [("ordrs", 3)]
    assert "did you mean 'orders'?" in found[0].hint
    items = complete(document(SETUP, INPUTS, PARAMS, "%%node q --sql\nSELECT * FROM or"), "3", 1, 16).items
    assert [item.text for item in items] == ["orders"]
    new = rename(document(*BOOK), "spend", "revenue")
    assert not new.conflicts
    edits = [(edit.cell, edit.span.start.line) for edit in new.edits]
    assert ("3", 0) in edits
    assert ("4", 2) in edits


def test_an_export_runs_the_same_text_and_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The module needs DuckDB and nothing of Dagbook; its tests pass; an edit of its text returns into the cell."""
    path = write_notebook(tmp_path / "shop.ipynb", BOOK)
    module = tmp_path / "shop.py"
    assert main(["export", str(path), "-o", str(module)]) == 0
    said = capsys.readouterr().out
    assert "module and notebook agree on all 2 nodes" in said
    text = module.read_text()
    assert "sum(amount) AS spend\nFROM orders\nWHERE amount > $least" in text
    assert "kernel_magics" not in text
    space: dict[str, object] = {}
    exec(text, space)
    spend = space["spend"](pd.DataFrame({"customer": ["x"], "amount": [9.0]}))  # type: ignore[operator]
    assert spend.to_dict("list") == {"customer": ["x"], "spend": [9.0]}
    module.write_text(text.replace("amount > $least", "amount >= $least"))
    assert main(["import", str(module), "--into", str(path)]) == 0
    cells = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
    assert cells[3] == SPEND.replace("> $least", ">= $least")
    assert main(["import", str(module), "-o", str(tmp_path / "new.ipynb")]) == 0
    assert "%%node spend --sql" in (tmp_path / "new.ipynb").read_text()
