"""A renaming reaches every place that means the name, changes nothing else, and can be taken back."""

import pytest

from kernel_magics.assist import apply, name_at, rename
from kernel_magics.engine.errors import DataflowError
from tests.assist.books import at, book
from tests.recorded import check_recorded

BOOK = [
    "%%setup\nimport pandas as pd\nimport math\n\ndef rate(x, y):\n    return pd.Series(x) / y",
    "%%inputs\nclicks: pd.Series = pd.Series([1])  # clicks\nviews: int = 2",
    "%%params\nregion: str = 'US'",
    "%%node ctr --check \"rows == clicks\" --tag clicks=1\n'''clicks by views'''\nx = rate(clicks, views)\n"
    "x.query('a > @clicks and clicks > 1')",
    "%%node high, low\nhigh = ctr + sum(clicks for clicks in range(3))\nlow = ctr.clicks",
    "%%node\ndef last(high, clicks=None, *, views):\n    clicks = clicks or 1\n    return (lambda clicks: clicks)(high), views\n\n"
    "def twice(last):\n    return twice, last, math",
    "%%node price --when region=US\nctr",
    "%%node price --when region=FR\nlow",
    "%%node lag_{k} --for k=1,2\nlag_k = clicks * k\nlag_k",
    "%%node sum_{j} --for j=2 --uses lag_{j} --uses old=lag_{j}\nlag_j + lag_1 + old",
    "%%check ctr\nctr > clicks.min()  # clicks\nctr.clicks",
    "%%test ctr\nviews = 3\nassert ctr(clicks=1, views=views) == rate(1, views)",
    "%lineage ctr\nctr + clicks.clicks\n%compute ctr price",
    "high_and_low = 1",
    "# clicks",
]  # fmt: skip


def renamed(old: str, new: str) -> dict[str, str]:
    """The cells of the book that a renaming changes, as they are then."""
    document = book(*BOOK)
    after = apply(document, rename(document, old, new).edits)
    return {cell.id: cell.text for cell, before in zip(after.cells, BOOK, strict=True) if cell.text != before}


def test_an_input() -> None:
    """An input is renamed where it is declared and read: bodies, parameters, rules, queries, checks, tests."""
    assert renamed("clicks", "hits") == {
        "b": "%%inputs\nhits: pd.Series = pd.Series([1])  # clicks\nviews: int = 2",
        "d": "%%node ctr --check \"rows == hits\" --tag clicks=1\n'''clicks by views'''\nx = rate(hits, views)\n"
        "x.query('a > @hits and clicks > 1')",
        "f": "%%node\ndef last(high, hits=None, *, views):\n    hits = hits or 1\n"
        "    return (lambda clicks: clicks)(high), views\n\ndef twice(last):\n    return twice, last, math",
        "i": "%%node lag_{k} --for k=1,2\nlag_k = hits * k\nlag_k",
        "k": "%%check ctr\nctr > hits.min()  # clicks\nctr.clicks",
        "l": "%%test ctr\nviews = 3\nassert ctr(hits=1, views=views) == rate(1, views)",
        "m": "%lineage ctr\nctr + hits.clicks\n%compute ctr price",
    }


def test_a_node() -> None:
    """A node is renamed on its line, in its readers, its checks and its tests."""
    assert renamed("ctr", "share") == {
        "d": "%%node share --check \"rows == clicks\" --tag clicks=1\n'''clicks by views'''\nx = rate(clicks, views)\n"
        "x.query('a > @clicks and clicks > 1')",
        "e": "%%node high, low\nhigh = share + sum(clicks for clicks in range(3))\nlow = share.clicks",
        "g": "%%node price --when region=US\nshare",
        "k": "%%check share\nshare > clicks.min()  # clicks\nshare.clicks",
        "l": "%%test share\nviews = 3\nassert share(clicks=1, views=views) == rate(1, views)",
        "m": "%lineage share\nshare + clicks.clicks\n%compute share price",
    }


def test_a_constant_of_a_family() -> None:
    """A name of the setup is renamed in `--for`, too."""
    document = book(
        "%%setup\nLAGS = [1, 2]", "%%node b_{k} --for k=LAGS\nlen(LAGS) * k", "%%node c_{k} --for 'k=LAGS'\nk"
    )
    after = apply(document, rename(document, "LAGS", "DAYS").edits)
    assert [cell.text for cell in after.cells] == [
        "%%setup\nDAYS = [1, 2]",
        "%%node b_{k} --for k=DAYS\nlen(DAYS) * k",
        "%%node c_{k} --for 'k=DAYS'\nk",
    ]


def test_others() -> None:
    """Params, variants, functions, outputs, helpers and imports can be renamed, too."""
    assert renamed("region", "place") == {
        "c": "%%params\nplace: str = 'US'",
        "g": "%%node price --when place=US\nctr",
        "h": "%%node price --when place=FR\nlow",
    }
    assert renamed("price", "cost") == {
        "g": "%%node cost --when region=US\nctr",
        "h": "%%node cost --when region=FR\nlow",
        "m": "%lineage ctr\nctr + clicks.clicks\n%compute ctr cost",
    }
    assert renamed("twice", "double") == {
        "f": BOOK[5].replace("def twice", "def double").replace("return twice", "return double")
    }
    assert list(renamed("low", "lower")) == ["e", "h"]
    assert list(renamed("rate", "_rate")) == ["a", "d", "l"]
    assert list(renamed("pd", "pandas")) == ["a", "b"]


def test_a_family() -> None:
    """A family is renamed by its template, with its members, the templates that read them, and their names there."""
    assert renamed("lag_{k}", "back_{k}") == {
        "i": "%%node back_{k} --for k=1,2\nback_k = clicks * k\nback_k",
        "j": "%%node sum_{j} --for j=2 --uses back_{j} --uses old=back_{j}\nback_j + back_1 + old",
    }


def test_names_that_follow() -> None:
    """Names made of the old one follow it: checks, and the joint computation of several outputs."""
    document = book(
        '%%node a, b --check "a: not_null"\na = 1\nb = 2', "%%node c\na_and_b['a'] + check_a.held"
    )
    result = rename(document, "a", "z")
    assert result.names == {"a": "z", "a_and_b": "z_and_b", "check_a": "check_z"}
    assert [cell.text for cell in apply(document, result.edits).cells] == [
        '%%node z, b --check "z: not_null"\nz = 1\nb = 2',
        "%%node c\nz_and_b['a'] + check_z.held",
    ]


REFUSED = {
    "a keyword": ("clicks", "class", "that is a Python keyword"),
    "a builtin": ("clicks", "sum", "that is a builtin"),
    "no name": ("clicks", "my clicks", "that is no name"),
    "nothing": ("clicks", "", "that is no name"),
    "private": ("clicks", "_clicks", "names that begin with '_' are private"),
    "the same": ("clicks", "clicks", "it has that name"),
    "a node": ("clicks", "ctr", "cell #4 defines 'ctr'"),
    "an input": ("ctr", "views", "cell [2] defines 'views'"),
    "a member": ("ctr", "lag_2", "cell #9 defines 'lag_2'"),
    "the setup": ("clicks", "rate", "the setup defines 'rate'"),
    "a joint computation": ("clicks", "high_and_low", "cell #5 defines 'high_and_low'"),
    "a local of a body": ("clicks", "x", "cell #4 uses 'x' for something else"),
    "a loop variable of a family": ("clicks", "k", "cell #9 uses 'k' for something else"),
    "a plain import": ("math", "m", "an import brings it under that name"),
    "a member of a family": ("lag_1", "x", "it is one of a family"),
    "a family as a plain name": ("lag_{k}", "lag", "a family's name holds its loop variables in braces"),
    "a family as another one": ("lag_{k}", "sum_{k}", "cell #10 defines 'sum_2'"),
    "a name that rules know": ("clicks", "rows", "cell #4 would mean something else"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """A name is not given where it means something already, or would be captured."""
    old, new, why = REFUSED[case]
    with pytest.raises(DataflowError) as caught:
        rename(book(*BOOK), old, new)
    assert (caught.value.code, caught.value.message) == (
        "DB207",
        f"'{old}' cannot be renamed to '{new}': {why}.",
    )


def test_the_wording_of_refusals() -> None:
    """The message for each refused name, recorded whole."""
    lines = []
    for case, (old, new, _) in REFUSED.items():
        with pytest.raises(DataflowError) as caught:
            rename(book(*BOOK), old, new)
        lines += [f"### {case}", *caught.value.lines(), ""]
    check_recorded("assist_rename.txt", "\n".join(lines))


SMALL = {
    "a comprehension": (["%%node b\n[y for y in a]", "%%inputs\na: int = 1"], "y", None),
    "captured by a comprehension": (["%%node b\n[y + a for y in a]", "%%inputs\na: int = 1"], "y", "uses 'y'"),
    "captured by a lambda": (["%%node b\nlambda y: a", "%%inputs\na: int = 1"], "y", "uses 'y'"),
    "a local of a function": (["%%node\ndef b(a):\n    y = 1\n    return a", "%%inputs\na: int = 1"], "y", "uses 'y'"),
    "another parameter's default": (["%%node\ndef b(a, y):\n    return a", "%%inputs\na: int = 1"], "y", "reads another"),
    "a variable of a test": (["%%node a\n1", "%%test a\ny = 1\nassert a() == y"], "y", "uses 'y'"),
    "a name that another cell waits for": (["%%node a\n1", "%%node b\ny"], "y", "reads another 'y'"),
    "a name that an ordinary cell reads": (["%%node a\n1", "print(y)"], "y", "reads another 'y'"),
    "a name that an ordinary cell assigns": (["%%node a\n1", "y = 1"], "y", "assigns a variable 'y'"),
    "one of a template": (
        ["%%node a_1\n1", "%%node b_{k} --for k=1 --uses a_{k}\na_k"], "y", "reads it as one of 'a_{k}'",
    ),
    "two definitions": (["%%node a\n1", "%%node a\n2"], "y", "two cells define it"),
}  # fmt: skip


@pytest.mark.parametrize("case", SMALL)
def test_captures(case: str) -> None:
    """The first node or input whose name begins with `a` cannot become `y` where that is taken or captured."""
    texts, new, why = SMALL[case]
    document = book(*texts)
    old = next(name for name in document.defined if name.startswith("a"))
    if why is None:
        assert rename(document, old, new).edits
        return
    with pytest.raises(DataflowError, match="DB207") as caught:
        rename(document, old, new)
    assert why in caught.value.message


def test_unknown() -> None:
    """What nothing defines cannot be renamed."""
    document = book("%%node a\nveiws")
    for name, code, cells in (("nobody", "DB308", ()), ("veiws", "DB203", ("[1]",))):
        with pytest.raises(DataflowError) as caught:
            rename(document, name, "x")
        assert (caught.value.code, caught.value.cells) == (code, cells)


def test_broken_cells() -> None:
    """In an incomplete cell, what can be parsed is renamed; the rest is reported and unchanged."""
    document = book("%%inputs\na: int = 1", "%%node b\nx = a\ny = (a", "z = a +", "%%bash\na")
    result = rename(document, "a", "c")
    assert [cell.text for cell in apply(document, result.edits).cells] == [
        "%%inputs\nc: int = 1",
        "%%node b\nx = c\ny = (a",
        "z = a +",
        "%%bash\na",
    ]
    assert [(item.place.cell, item.place.span.start.line, item.message) for item in result.conflicts] == [
        ("b", 2, "cell [2] is not valid Python; look at 'a' yourself."),
        ("c", 0, "cell [3] is not valid Python; look at 'a' yourself."),
    ]


def test_from_the_cursor() -> None:
    """The name at any cursor position can be renamed, on templates and their names, too."""
    for number, text in ((8, "%%node lag_|{k} --for k=1,2\nlag_k = clicks * k\nlag_k"), (8, BOOK[8] + "|")):
        texts = list(BOOK)
        texts[number], line, column = at(text)
        place = name_at(book(*texts), "abcdefghijklmno"[number], line, column)
        assert place is not None
        assert place.name == "lag_{k}"
    text, line, column = at(BOOK[9].replace("\nlag_j", "\nlag|_j"))
    place = name_at(book(*BOOK), "j", line, column)
    assert place is not None
    assert place.name == "lag_{k}"


def test_json() -> None:
    """A renaming as the front end gets it."""
    document = book("%%inputs\na: int = 1", "%%node b\na", "x = a +")
    assert rename(document, "a", "c").to_json() == {
        "old": "a",
        "new": "c",
        "names": {"a": "c"},
        "edits": [
            {
                "kind": "replace",
                "cell": cell,
                "start": {"line": 1, "column": 0},
                "end": {"line": 1, "column": 1},
                "text": "c",
            }
            for cell in "ab"
        ],
        "conflicts": [
            {
                "cell": "c",
                "label": "[3]",
                "start": {"line": 0, "column": 4},
                "end": {"line": 0, "column": 5},
                "message": "cell [3] is not valid Python; look at 'a' yourself.",
            }
        ],
    }
