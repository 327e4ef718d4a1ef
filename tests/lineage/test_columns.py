"""Column lineage: what the code shows, down to the columns of inputs, and a note on what it does not show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.lineage.columns import Origin, origin_lines, origins, shown
from tests.engine.driver import source
from tests.notebook_file import write_notebook

GIVEN = ("%%inputs\ndf = None\nother = None", "%%params\nfactor = 2")


def of(*cells: str) -> dict[str, Origin]:
    """The origins of a notebook's nodes."""
    texts = [*GIVEN, *cells]
    return origins(Graph().put(*(parse_cell(source(str(number), text)) for number, text in enumerate(texts))))


def made(body: str, *cells: str) -> dict[str, list[str]]:
    """The columns of the node x, which must be sure."""
    found = of(*cells, f"%%node x\n{body}")["x"]
    assert found.exact, body
    return {name: shown(sources) for name, sources in found.columns.items()}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('df["a"]', ["df[a]"]),
        ("df.a", ["df[a]"]),
        ('df.a + df["b"] * factor', ["df[a]", "df[b]", "factor"]),
        ('df["a"].rolling(3).mean().shift(1)', ["df[a]"]),
        ('df["a"].str.lower()', ["df[a]"]),
        ('df.loc[df["b"] > 0, "a"]', ["df[a]"]),
        ('df[df["b"] > 0]["a"]', ["df[a]"]),
        ('df.query("b > 0")["a"]', ["df[a]"]),
        ('df.groupby("g")["a"].transform("mean")', ["df[a]"]),
        ('df.groupby(["g", "h"])["a"].sum()', ["df[a]"]),
        ('t = df.copy()\nt["n"] = t["a"] / t["b"]\nt["n"]', ["df[a]", "df[b]"]),
        ('t = df.assign(n=df["a"] + 1)\nt["n"]', ["df[a]"]),
        ('df.assign(n=lambda d: d["a"] * d["b"])["n"]', ["df[a]", "df[b]"]),
        ('df.rename(columns={"a": "n"})["n"]', ["df[a]"]),
        ('df.merge(other[["k", "v"]], on="k")["v"]', ["other[v]"]),
        ('df.groupby("g").agg(n=("a", "sum"))["n"]', ["df[a]"]),
        ('df[["a", "b"]].sum(axis=1)', ["df[a]", "df[b]"]),
        ('t = df.set_index("k").sort_index()\nt["a"]', ["df[a]"]),
        ('if factor > 1:\n    r = df["a"]\nelse:\n    r = df["b"]\nr', ["df[a]", "df[b]"]),
        ('total = 0\nfor n in (1, 2):\n    total = total + df["a"] * n\ntotal', ["df[a]"]),
        ('[v * 2 for v in df["a"]]', ["df[a]"]),
        ("import_free = len(df)\nimport_free", ["df"]),
        ("3", []),
    ],
)
def test_a_column_made_of_columns(body: str, expected: list[str]) -> None:
    """Reads by subscript and attribute, through methods, masks, groups, joins, loops and branches."""
    if body.startswith("import_free"):
        assert shown(of(f"%%node x\n{body}")["x"].columns[""]) == expected
        return
    assert made(body) == {"": expected}


@pytest.mark.parametrize(
    ("body", "columns", "rest"),
    [
        ('df.assign(n=df["a"])', {"n": ["df[a]"]}, {"df"}),
        ('t = df.copy()\nt["n"] = df["a"] + other["b"]\nt', {"n": ["df[a]", "other[b]"]}, {"df"}),
        ('df[["a", "b"]]', {"a": ["df[a]"], "b": ["df[b]"]}, set()),
        ('df.rename(columns={"a": "n"})', {"n": ["df[a]"]}, {"df"}),
        ('df.assign(n=df["a"]).drop(columns=["n"])', {}, {"df"}),
        ('t = df.copy()\nt.loc[t["b"] > 0, "a"] = 0\nt', {"a": ["df[a]", "df[b]"]}, {"df"}),
        ('df.groupby("g").agg(n=("a", "sum"), m=("b", "max"))', {"n": ["df[a]"], "m": ["df[b]"]}, set()),
        ("df.dropna().sort_values('a').reset_index(drop=True)", {}, {"df"}),
    ],
)
def test_frames_keep_what_they_are_made_of(body: str, columns: dict[str, list[str]], rest: set[str]) -> None:
    """A frame has the columns that the code names, and the others unchanged from its inputs."""
    found = of(f"%%node x\n{body}")["x"]
    named = {name: shown(sources) for name, sources in found.columns.items() if name}
    assert (named, set(found.rest), found.exact) == (columns, rest, True)


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ('df[df["b"] > 0]["a"]', ["df[b]"]),
        ('df.groupby("g")["a"].sum()', ["df[g]"]),
        ('df.query("b > 0 and c == 1")', ["df[b]", "df[c]"]),
        ('df.query(expr="b > @rate(1) and c == @limit")', ["df[b]", "df[c]"]),
        ('df.merge(other, on="k")["v"]', ["df[k]", "other[k]"]),
        ('df.sort_values("s")["a"]', ["df[s]"]),
        ('df["a"]', []),
    ],
)
def test_what_decides_the_rows_is_kept_apart(body: str, rows: list[str]) -> None:
    """Filters, keys and orders do not make a value, but they determine its rows."""
    assert shown(of(f"%%node x\n{body}")["x"].rows) == rows


@pytest.mark.parametrize(
    "body",
    [
        "foreign(df)",
        "df.pipe(foreign)",
        "df.apply(lambda row: row, axis=1)",
        "df[factor]",
        'df.melt("a")',
        'df.merge(other, on="k")',
    ],
)
def test_what_the_code_does_not_say_is_not_sure(body: str) -> None:
    """Code that may do anything with a frame is no exact lineage, and the text says so."""
    cells = ("%%setup\nfrom elsewhere import foreign", f"%%node x\n{body}")
    found = of(*cells)
    assert not found["x"].exact
    assert any("does not show" in line for line in origin_lines("x", found))


def test_lineage_goes_through_nodes_helpers_and_families() -> None:
    """Columns are followed through other nodes, setup helpers, several outputs and family members."""
    found = of(
        '%%setup\ndef lag(v, n):\n    return v.groupby(level="o").shift(n)',
        '%%node clean\ndf.assign(price=df["raw"] / 100)',
        "%%node known\nlag(clean, 1)",
        '%%node cost, size\ncost = known["price"]\nsize = known["qty"]',
        "%%node lag_{k} --for k=1,2\nlag(cost, k)",
        "%%node y\nlag_2 + size",
    )
    assert shown(found["y"].columns[""]) == ["df[qty]", "df[raw]"]
    assert all(origin.exact for origin in found.values())


def test_the_command_shows_and_sends_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dagbook lineage` ends with the columns; as JSON each row has its origin; nothing is executed."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    cells = [f"%%setup\nx = {trap}", f"%%inputs\ndf = {trap}", '%%node y\ndf["a"] * 2', "%%check y\ny > 0"]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["lineage", str(notebook), "y"]) == 0
    assert "  y: values from df.a" in capsys.readouterr().out
    assert main(["lineage", str(notebook), "y", "--json"]) == 0
    rows = {row["name"]: row["origin"] for row in json.loads(capsys.readouterr().out)}
    assert rows["y"]["columns"] == {"": ["df[a]"]}
    assert not (tmp_path / "ran").exists()


def test_any_python_has_some_lineage() -> None:
    """Odd code never raises: statements of every kind, recursion, empty functions."""
    bodies = [
        "while True:\n    break\nx2 = df\nx2.a",
        "try:\n    r = df['a']\nexcept ValueError:\n    r = df['b']\nr",
        "with open('f') as f:\n    r = f\ndf['a']",
        "def inner(v):\n    return inner(v)\ninner(df['a'])",
        "(lambda: df['a'])()",
        "a, *b = df['a'], df['b']\na",
        "(n := df['a'])\nn",
        "df['a'][1:2]",
        "match factor:\n    case 1:\n        r = df['a']\n    case _:\n        r = 0\nr",
        "f'{df}'",
        "del_me = df\ndel del_me\nfactor",
    ]
    for body in bodies:
        assert "x" in of(f"%%node x\n{body}"), body
