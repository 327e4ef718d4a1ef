"""Which parameters a function changes in place is told from its code, whatever name it uses for them."""

import ast

import pytest

from kernel_magics.engine.source.changed_params import changed_params

HELPERS = {
    "fill": "def fill(frame, value):\n    frame['z'] = value",
    "twice": "def twice(x, y):\n    fill(y, x)\n    return y",
    "fresh": "def fresh(frame):\n    frame = frame.copy()\n    frame['z'] = 1\n    return frame",
    "around": "def around(x):\n    around(x)\n    x.append(1)",
}

CHANGED = {
    "df['b'] = 1": "df",
    "df.loc[0, 'a'] = rows": "df",
    "df.attr = 1": "df",
    "del df['a']": "df",
    "df.drop(columns='a', inplace=True)": "df",
    "rows.append(1)": "rows",
    "rows[0].append(1)": "rows",
    "x = rows.pop()": "rows",
    "x = rows\nx.append(1)": "rows",
    "x = df['a']\nx[0] = 1": "df",
    "x = df if len(rows) else None\nx['b'] = 1": "df",
    "x, y = rows, df\ny['b'] = 1": "df rows",
    "for row in rows:\n    row['k'] = 1": "rows",
    "for k, row in enumerate(rows):\n    row.append(k)": "rows",
    "for row in df.values():\n    row.append(1)": "df",
    "if len(rows):\n    df = df.copy()\ndf['b'] = 1": "df",
    "with open('x') as f:\n    rows.append(f)": "rows",
    "try:\n    rows.append(1)\nexcept ValueError:\n    df['b'] = 1": "df rows",
    "match rows:\n    case [x]:\n        df['b'] = x": "df",
    "fill(df, 3)": "df",
    "fill(value=3, frame=df)": "df",
    "x = twice(rows, df)": "df",
    "around(rows)": "rows",
    "random.shuffle(rows)": "rows",
    "np.add(df, 1, out=df)": "df",
    "setattr(df, 'a', 1)": "df",
    "df = df.copy()\ndf['b'] = 1": "",
    "df = df.assign(b=1)\ndf['c'] = 1": "",
    "x = df.copy()\nx['b'] = 1": "",
    "x = [*rows]\nx.append(1)": "",
    "x = fresh(df)": "",
    "rows + [1]": "",
    "x = {}\nx['a'] = df": "",
    "unknown(df)": "",
    "df.drop(columns='a', inplace=False)": "",
}


@pytest.mark.parametrize("body", CHANGED)
def test_what_is_changed(body: str) -> None:
    """The kind: statements that change an object; under its own name, another one, in a loop, in a helper."""
    rows = "\n".join(f"    {row}" for row in body.split("\n"))
    function = ast.parse(f"def f(df, rows):\n{rows}").body[0]

    def find(name: str) -> ast.AST | None:
        return ast.parse(HELPERS[name]).body[0] if name in HELPERS else None

    assert set(changed_params(function, find)) == set(CHANGED[body].split())


def test_what_depends_on_the_type() -> None:
    """`x += y` changes a list, and gives a number another value."""
    function = ast.parse("def f(x, y):\n    x += 1\n    y.append(x)").body[0]
    assert changed_params(function) == {"x": False, "y": True}


def test_each_helper_is_read_once() -> None:
    """A helper that calls itself from many places takes no longer than one that does not."""
    text = "def deep(x):\n" + "    deep(x)\n" * 20 + "    x.append(1)"
    read: list[str] = []

    def find(name: str) -> ast.AST | None:
        read.append(name)
        return ast.parse(text).body[0]

    function = ast.parse("def f(x):\n    deep(x)").body[0]
    assert changed_params(function, find) == {"x": True}
    assert len(read) == 1 + 20
