"""What becomes of the cells of an ordinary notebook."""

from __future__ import annotations

import pytest

from kernel_magics.convert import convert
from kernel_magics.convert.conversion import GivenCell
from tests.convert.books import converted, given, reasons, texts

LOAD = "import pandas as pd\ndf = pd.DataFrame({'a': [1, None, 3], 'b': [4, 5, 6]})"


def test_each_kind_of_statement_finds_its_cell() -> None:
    """Imports and helpers go to the setup, data to inputs, constants to params, the rest to nodes."""
    done = converted(
        "#md # Title",
        "import pandas as pd\nLIMIT = 2\ndf = pd.DataFrame({'a': [1, 2, 3]})\ndf.head()",
        "def double(x):\n    return 2 * x",
        "large = double(df[df.a >= LIMIT])\nprint(len(large))",
    )
    assert [(cell.id, cell.role, cell.source) for cell in done.cells] == [
        ("c1", "markdown", "# Title"),
        ("dagbook", "kept", "%load_ext kernel_magics"),
        ("c2-setup", "setup", "%%setup\nimport pandas as pd\n\n\ndef double(x):\n    return 2 * x"),
        ("c2-params", "params", "%%params\nLIMIT = 2"),
        ("c2", "inputs", "%%inputs\ndf = pd.DataFrame({'a': [1, 2, 3]})"),
        ("c2-display", "display", "df.head()"),
        ("c4", "node", "%%node large\nlarge = double(df[df.a >= LIMIT])"),
        ("c4-display", "display", "print(len(large))"),
    ]
    assert sorted(done.graph.names()) == ["LIMIT", "df", "large"]


def test_versions_of_a_name() -> None:
    """The last version keeps the name, earlier ones say what was done, and every reader reads its own."""
    done = converted(LOAD, "df.shape", "df = df.dropna()", "df.shape", "df['c'] = df.a + df.b", "df.mean()")
    assert texts(done) == [
        "%%inputs\ndf_raw = pd.DataFrame({'a': [1, None, 3], 'b': [4, 5, 6]})",
        "df_raw.shape",
        "%%node df_complete\ndf_complete = df_raw.dropna()",
        "df_complete.shape",
        "%%node df\ndf = df_complete.copy()\ndf['c'] = df.a + df.b",
        "df.mean()",
    ]


def test_what_one_cell_uses_stays_in_it() -> None:
    """Throw-away names of several cells are local to the nodes, and plots keep theirs."""
    done = converted(
        LOAD,
        "tmp = df.dropna()\nfirst = tmp.a.sum()",
        "tmp = df.b\nfor i in range(2):\n    tmp = tmp + i\nsecond = tmp.sum()",
        "ax = df.plot()\nax.set_title(f'{first:.1f} {second}')",
    )
    assert texts(done)[1:] == [
        "%%node first\ntmp = df.dropna()\nfirst = tmp.a.sum()",
        "%%node second\ntmp = df.b\nfor i in range(2):\n    tmp = tmp + i\nsecond = tmp.sum()",
        "ax = df.plot()\nax.set_title(f'{first:.1f} {second}')",
    ]


def test_several_outputs_of_one_cell() -> None:
    """What a cell computes apart is a node each; what it computes together is one with several outputs."""
    low = "low = df.a.min()\nhigh = df.a.max()\nspan = high - low"
    done = converted(LOAD, low, "print(low, high)", "span")
    assert texts(done)[1:4] == [
        "%%node low\nlow = df.a.min()",
        "%%node high\nhigh = df.a.max()",
        "%%node span\nspan = high - low",
    ]
    done = converted(
        LOAD, "known = df.dropna()\nlow = known.a.min()\nhigh = known.a.max()", "print(low, high)"
    )
    assert (
        texts(done)[1] == "%%node low, high\nknown = df.dropna()\nlow = known.a.min()\nhigh = known.a.max()"
    )


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("df['year'] = 2 * df.a", "df_with_year"),
        ("df['Total Price'] = 2 * df.a\ndf.loc[df.a > 1, 'b'] = 0", "df_with_total_price_and_b"),
        ("df['c'] = 1\ndf['d'] = 2\ndf['e'] = 3", "df_extended"),
        ("df = df.assign(ratio=df.a / df.b)", "df_with_ratio"),
        ("df = df.drop(columns=['b'])", "df_without_b"),
        ("del df['b']", "df_without_b"),
        ("df = df[df.a > 1]", "df_filtered"),
        ("df = df[['a']]", "df_selected"),
        ("df = df.sort_values('a').reset_index(drop=True)", "df_reindexed"),
        ("df.columns = ['x', 'y']", "df_renamed"),
        ("df = pd.concat([df, df])", "df_combined"),
        ("def clean(x):\n    return x.dropna()\ndf = clean(df)", "df_cleaned"),
        ("df = df * 2", "df_2"),
        ("df.a = df.a * 2", "df_with_a"),
        ("for k in range(3):\n    df[k] = 1", "df_extended"),
        ("def add_ratio(x):\n    return x.assign(r=1)\ndf = add_ratio(df)", "df_with_ratio"),
        ("other = df.size\ndf = pd.Series(range(other))", "df_of_other"),
        ("df['b'] = df.b.fillna(0)\ndf.size", "df_with_b"),
    ],
)
def test_the_name_of_a_version_says_what_was_done(step: str, name: str) -> None:
    """A column that is set or dropped, a method, a condition, a function; a number as a last resort."""
    done = converted(f"{LOAD}\ndf.shape", step, "print(df)", "df = df.head(1)", "print(df)")
    assert name in [made for cell in done.cells for made in cell.names]


def test_a_name_that_is_taken_gets_a_number() -> None:
    """Two steps that do the same, and a variable that has the name already."""
    step = "df['lag_7'] = df.a"
    done = converted(
        f"{LOAD}\ndf.shape", step, step, "df_with_lag_7_2 = len(df)\ndf_with_lag_7_2", "print(df)"
    )
    assert [made for cell in done.cells for made in cell.names] == [
        "df_raw",
        "df_with_lag_7",
        "df",
        "df_with_lag_7_2",
    ]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (("m = Ridge()\nm", "m.fit(df)\nm"), ["m_unfitted", "m"]),
        (("m = Ridge()\nm", "m = Lasso()\nm"), ["m_ridge", "m"]),
        (("m = make(Scaler(), Ridge())\nm", "m = df.size\nm"), ["m_ridge", "m"]),
        (("y = a.predict(df)\ny", "y = b.predict(df)\ny"), ["y_of_df", "y"]),
        (
            ("df['a'] = df.a.fillna(0)\ndf", "df['a'] = df.a.clip(0, 1)\ndf"),
            ["df_with_a", "df_with_a_clipped"],
        ),
    ],
)
def test_a_version_is_named_after_what_made_it(cells: tuple[str, ...], names: list[str]) -> None:
    """A class, the value that it was made from, or how its column got new values; no number."""
    first = f"{LOAD}\nfrom lib import Ridge, Lasso, Scaler, make, a, b"
    done = converted(first, *cells, "df = df.head(1)\ndf")
    made = [name for cell in done.cells for name in cell.names if name not in ("df", "df_raw")]
    assert made == [name for name in names if name != "df"]


def test_constants_of_helpers_belong_to_the_setup() -> None:
    """A constant that a helper reads is shared code; one that only nodes read is a param."""
    done = converted(
        "RATE = 3\nWINDOW = 2\nimport pandas as pd",
        "def scaled(x):\n    return x * RATE",
        LOAD,
        "y = scaled(df.a).rolling(WINDOW).mean()",
    )
    setup = next(cell.source for cell in done.cells if cell.role == "setup")
    assert "RATE = 3" in setup
    assert [cell.source for cell in done.cells if cell.role == "params"] == ["%%params\nWINDOW = 2"]


def test_what_cannot_be_converted_is_said() -> None:
    """Random state, helpers that read data and unknown names stay ordinary, with what needs them."""
    done = converted(
        "import numpy as np\n" + LOAD,
        "df['noise'] = np.random.rand(3)",
        "total = df.noise.sum()",
        "limit = df.a.max()",
        "def below(x):\n    return x[x < limit]",
        "few = below(df.b)",
        "print(few, total, few)",
        "z = nowhere + 1",
        "!ls",
    )
    assert reasons(done) == [
        "[2] it draws random numbers, so that each run gives another value: give it a generator with a seed",
        "[3] it needs 'df' of cell [2], which stays ordinary",
        "[4] it needs 'df' of cell [2], which stays ordinary",
        "[6] it calls 'below', which reads 'limit' of the notebook: give 'limit' to 'below' as a parameter",
        "[8] it reads 'nowhere', which no cell above defines",
        "[9] IPython syntax stays: !ls",
    ]


def test_a_conversion_is_a_fixed_point() -> None:
    """Converting what was converted changes nothing."""
    done = converted(LOAD, "df = df.dropna()\ndf.plot()", "n = 2\nm = df.a * n", "m.plot()", "%pwd")
    again = convert([GivenCell(cell.id, cell.type, cell.source) for cell in done.cells])
    assert done.changed
    assert not again.changed
    assert again.to_json()["changed"] is False


def test_the_document_says_where_cells_come_from() -> None:
    """The JSON form has each cell's origin and role, and the notes."""
    done = converted(LOAD, "s = df.a.sum()\ns", "t = unknown + s").to_json()
    assert [(cell["from"], cell["role"], cell["names"]) for cell in done["cells"]] == [
        ([], "kept", []),
        (["c1"], "setup", []),
        (["c1"], "inputs", ["df"]),
        (["c2"], "node", ["s"]),
        (["c2"], "display", []),
        (["c3"], "kept", []),
    ]
    assert done["notes"] == [
        {"cell": "c3", "label": "[3]", "message": "it reads 'unknown', which no cell above defines"}
    ]


def test_cells_without_anything_to_convert_stay() -> None:
    """A notebook of prose and prints is the same afterwards, without `%load_ext`."""
    cells = given("#md Hello", "print('x')", "", "# only a comment")
    assert not convert(cells).changed


def test_options_of_libraries_stay_in_ordinary_cells() -> None:
    """What is set in a module is no new version of the module."""
    done = converted(
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 100\nx = [1]",
        "plt.plot(x)",
        "y = sum(x)",
    )
    assert texts(done) == [
        "plt.rcParams['figure.dpi'] = 100",
        "%%params\nx = [1]",
        "plt.plot(x)",
        "%%node y\ny = sum(x)",
    ]


def test_a_generator_that_several_cells_draw_from() -> None:
    """Its state goes from cell to cell, so the cells stay ordinary; a generator of one cell is part of its data."""
    done = converted(
        "import numpy as np",
        "rng = np.random.default_rng(1)",
        "x = rng.normal(size=3)",
        "y = x.sum() + rng.normal()",
        "print(y)",
        "own = np.random.default_rng(2)\nz = own.normal(size=3)",
        "print(z.sum())",
    )
    assert [cell.source for cell in done.cells if cell.role in ("node", "inputs")] == [
        "%%inputs\n_own = np.random.default_rng(2)\nz = _own.normal(size=3)"
    ]
    assert reasons(done)[0] == (
        "[2] the state of its generator goes from cell to cell: make one in each cell that draws"
    )


def test_a_value_that_is_shown_before_it_changes() -> None:
    """Where code between two assignments shows the first value, the cell is split there."""
    done = converted(LOAD, "x = df.dropna()\nprint(len(x))\nx = x.head(1)\nprint(len(x))", "x.shape")
    assert texts(done)[1:] == [
        "%%node x_complete\nx_complete = df.dropna()",
        "print(len(x_complete))",
        "%%node x\nx = x_complete.head(1)",
        "print(len(x))",
        "x.shape",
    ]


def test_names_that_no_node_may_have() -> None:
    """Private names and names of builtins get others where they become nodes."""
    done = converted(LOAD, "_low = df.a.min()\nsum = df.a.sum()", "print(_low, sum)")
    assert texts(done)[1:] == [
        "%%node low\nlow = df.a.min()",
        "%%node sum_value\nsum_value = df.a.sum()",
        "print(low, sum_value)",
    ]


def test_additions_in_place() -> None:
    """`x += 1` of another cell's value is a new version; in a loop it begins with the old one."""
    done = converted("x = [1]\nx.sort()", "x += [2, 3]", "n = len(x)", "for k in x:\n    n += k", "print(n)")
    assert texts(done)[:4] == [
        "%%node x_sorted\nx_sorted = [1]\nx_sorted.sort()\nx_sorted",
        "%%node x\nx = x_sorted + [2, 3]",
        "%%node n_of_x\nn_of_x = len(x)",
        "%%node n\nn = n_of_x\nfor k in x:\n    n += k",
    ]


def test_code_that_is_no_python() -> None:
    """Cell magics of IPython and broken cells stay, and only what needs them does so, too."""
    done = converted("%%bash\nls", "def (", LOAD, "m = df.a.sum()\nm", "?df")
    assert [cell.role for cell in done.cells] == [
        "kept",
        "kept",
        "kept",
        "setup",
        "inputs",
        "node",
        "display",
        "kept",
    ]
    assert reasons(done) == [
        "[1] an IPython cell magic stays: %%bash",
        "[2] not Python stays: def (",
        "[5] IPython syntax stays: ?df",
    ]


def test_code_that_is_measured() -> None:
    """What `%timeit` reads has its new name there, too, and is a value of the dataflow."""
    done = converted(
        LOAD, "m = df.a.sum()", "%timeit -n 3 df.mean() + m", "df = df.dropna()", "%%timeit\ndf.mean()"
    )
    assert texts(done)[2:] == [
        "%timeit -n 3 df_raw.mean() + m",
        "%%node df\ndf = df_raw.dropna()",
        "%%timeit\ndf.mean()",
    ]


def test_a_magic_above_an_expression_that_showed_nothing() -> None:
    """`;` is put behind the last expression of a cell whose imports moved away, under a line of IPython."""
    made = converted(
        "%matplotlib inline\nimport warnings; warnings.warn_explicit\nimport math", "t = math.pi"
    )
    assert "%matplotlib inline\nwarnings.warn_explicit;" in texts(made)


def test_a_call_that_gets_a_module_to_draw_with() -> None:
    """`probplot(x, plot=plt)` draws, so that it stays with the figure that its cell makes."""
    done = converted(
        f"{LOAD}\nimport matplotlib.pyplot as plt\nfrom scipy import stats",
        "fig = plt.figure()\nres = stats.probplot(df.a, plot=plt)",
        "df.shape",
    )
    assert [name for cell in done.cells for name in cell.names] == ["df"]


def test_an_expression_that_has_its_semicolon_gets_no_second_one() -> None:
    """`n;` above the rest of its cell stays one statement, which Python can read."""
    done = converted("n = sum([1, 2])", "n;\nm = n * 2", "print(m)")
    assert "n;" in texts(done)
    assert "%%node m\nm = n * 2" in texts(done)


def test_versions_of_a_table_share_their_columns_without_a_run() -> None:
    """A copy that shares columns is enough where the text shows a table: pandas copies what a step changes."""
    done = converted(
        "import pandas as pd\nt = pd.DataFrame({'a': [1.0, 2.0]})",
        "t['b'] = t['a'] * 2",
        "t['c'] = t['b'] * 2",
        "print(t)",
    )
    copies = [row for text in texts(done) for row in text.split("\n") if ".copy(" in row]
    assert copies == ["t_with_b = t_raw.copy(deep=False)", "t = t_with_b.copy(deep=False)"]
