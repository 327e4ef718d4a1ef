"""New names for what a statement reads and binds: single texts, and as a property over Python's own library."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from kernel_magics.convert.rename import Names, renamed

CASES = {
    "df = df.dropna()  # gone": "df_3 = df_2.dropna()  # gone",
    "x = f'{df.a:.2f} df {{df}} {df[\"df\"]}'": "x = f'{df_2.a:.2f} df {{df}} {df_2[\"df\"]}'",
    "y = df.query('a > @df.b.min() and df > 1')": "y = df_2.query('a > @df_2.b.min() and df > 1')",
    "z = [df for df in (df, 1)]": "z = [df for df in (df_2, 1)]",
    "g = lambda df, k=df: df": "g = lambda df, k=df_2: df",
    "h = lambda k: df + k": "h = lambda k: df_2 + k",
    "def f(x=df):\n    df = x\n    return df": "def f(x=df_2):\n    df = x\n    return df",
    "def df(x):\n    return x": "def df_3(x):\n    return x",
    "# df above\ndf.df(df=df)": "# df above\ndf_2.df(df=df_2)",
    "é = 'df'; df": "é = 'df'; df_2",
    "for df in [df]:\n    print(df)": "for df_3 in [df_2]:\n    print(df_2)",
}


@pytest.mark.parametrize("text", CASES)
def test_only_the_variable_gets_another_name(text: str) -> None:
    """Attributes, keywords, strings, comments and the names of inner scopes stay."""
    assert renamed(text, Names({"df": "df_2"}, {"df": "df_3"})) == CASES[text]


@pytest.mark.parametrize(
    "text",
    [
        "import df",
        "from x import y as df",
        "try:\n    pass\nexcept E as df:\n    pass",
        "def f():\n    global df\n    df = 1",
    ],
)
def test_what_cannot_be_renamed(text: str) -> None:
    """Imports and the like return None instead of changing their meaning."""
    assert renamed(text, Names({}, {"df": "df_3"})) is None


def test_the_same_names_give_the_same_text() -> None:
    """Nothing changes where no name does."""
    assert renamed("df  =  df", Names({"df": "df"}, {})) == "df  =  df"


def test_renaming_there_and_back() -> None:
    """Over functions of the standard library: another name and the old one again is the old syntax."""
    folder = Path(os.__file__).parent
    count = 0
    for path in sorted(folder.glob("*.py"))[:60]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.Assign | ast.For):
                continue
            text = ast.unparse(node)
            words = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            there = renamed(text, Names({word: f"{word}_new" for word in words}, {}))
            if there is None:
                continue
            back = renamed(there, Names({f"{word}_new": word for word in words}, {}))
            assert back is not None
            assert ast.dump(ast.parse(back)) == ast.dump(ast.parse(text))
            count += 1
    assert count > 500
