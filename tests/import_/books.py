"""A book is a generated notebook of cells of every form, whose nodes are numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

SETUP = (
    "%%setup\nimport asyncio\nimport math\n\nRATE = 3  # in all\n\n\n"
    "def scaled(x, by=RATE):\n    '''Scaled.'''\n    return x * by\n\n\n"
    "def only_tests():\n    return 7"
)
GIVEN = (
    "%%inputs\nspend: float = 2.5\nsignups = 4",
    "%%params\nwindow: int = 3\nsteps: list[int] = [1, 2]\nkind = 'b'",
)
DOCS = (
    "",
    "# One line.\n",
    '"""A string: {k}."""\n',
    "# Two\n# lines.\n",
    "# Doc.\n\n# why: because\n",
    "'''Quotes \"\"\" and \\\\.'''\n",
)
TEXTS = ("a", "B c", "ü", "1", "it's")


@dataclass
class Book:
    """Cells as they are made; `names` may be read by later ones."""

    cells: list[str] = field(default_factory=lambda: [SETUP, *GIVEN])
    groups: dict[int, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=lambda: ["spend", "signups", "window"])
    count: int = 0

    def fresh(self) -> str:
        """A name that no node has."""
        self.count += 1
        return f"n{self.count}_k"

    def add(self, text: str, *names: str) -> None:
        """A cell, and the nodes that it defines."""
        self.cells.append(text)
        self.names += names


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Notebooks of three to eight cells or more beside setup, inputs and params."""
    book = Book()
    _bare(draw, book)  # without a node there is nothing to export
    for make in draw(st.lists(st.sampled_from(FORMS), min_size=2, max_size=7)):
        if draw(st.integers(0, 3)) == 0:
            book.groups[len(book.cells) + 1] = draw(
                st.sampled_from(("First", "Second #", "a  b", "--- x ---"))
            )
        make(draw, book)
    return book


def _read(draw: st.DrawFn, book: Book) -> str:
    return draw(st.sampled_from(book.names))


def _expression(draw: st.DrawFn, book: Book) -> str:
    """Code over one or two names, as people write it."""
    a, b = _read(draw, book), _read(draw, book)
    forms = (
        "{a} + 1", "{a} * {b}", "scaled({a})", "RATE - {a}", "sum(steps) + {a}", "(\n    {a}\n    - {b}  # less\n)",
        "max([{a}, {b}], key=lambda x: -x)", "math.floor({a})", "{a} if {a} > {b} else 0.5", "len('''x\n  y''') + {a}",
        "[x for x in (1, {a})][0]", 'len(f"{{{a}:.1f}}") + {b}',
    )  # fmt: skip
    return draw(st.sampled_from(forms)).format(a=a, b=b)


def _bare(draw: st.DrawFn, book: Book) -> None:
    name, doc, code = book.fresh(), draw(st.sampled_from(DOCS)), _expression(draw, book)
    end = draw(st.sampled_from(("{code}", "{name} = {code}", "{name}: float = {code}", "x = {code}\n\n# then\nx * 2", "{name} = {code}\n{name} += 1\n{name}")))  # fmt: skip
    options = draw(st.sampled_from(("", " --tag a=b", " --check 'value > -1e9'", " --lazy", " --fitted")))
    book.add(f"%%node {name}{options}\n{doc}{end.format(code=code, name=name)}", name)


def _defs(draw: st.DrawFn, book: Book) -> None:
    first, second = book.fresh(), book.fresh()
    a, b = _read(draw, book), "window"
    doc = draw(st.sampled_from(("", '    """Said."""\n', "    # a comment\n")))
    head = draw(st.sampled_from(("", "# Above.\n", "# Above,\n# twice.\n")))
    hint = draw(st.sampled_from(("", " -> float")))
    text = f"def _help(x):\n    return x + 1\n\n\n{head}def {first}({a}){hint}:\n{doc}    return _help({a})"
    if a != b:
        text += f"\n\n\ndef {second}({a}, *, {b}=2):\n    return {a} + {b}"
    text = text.replace("_help", f"_help_{first}")
    book.add(f"%%node\n{text}", first, *([second] if a != b else []))


def _several(draw: st.DrawFn, book: Book) -> None:
    names = [book.fresh() for _ in range(draw(st.integers(2, 5)))]
    rows = [f"{name} = {_expression(draw, book)}" for name in names]
    if "\n" not in rows[0]:
        rows[0] += draw(st.sampled_from(("", "  # the first", "  # noqa: X")))
    doc = draw(st.sampled_from(DOCS))
    book.add("\n".join([f"%%node {', '.join(names)}", f"{doc}{chr(10).join(rows)}"]), *names)


def _family(draw: st.DrawFn, book: Book) -> None:
    name, code, doc = book.fresh(), _expression(draw, book), draw(st.sampled_from(DOCS))
    values = draw(st.lists(st.integers(0, 40), min_size=1, max_size=3, unique=True))
    use = draw(st.booleans())
    members = [name.replace("_k", f"_{value}") for value in values]
    for_ = f"--for k={','.join(map(str, values))}"
    book.add(f"%%node {name.replace('_k', '_{k}')} {for_}\n{doc}{code}{' + k' if use else ''}", *members)
    if draw(st.booleans()):
        other = book.fresh()
        template = name.replace("_k", "_{k}")
        alias = draw(st.sampled_from((f"--uses {template}", f"--uses s={template}")))
        read = "s" if "s=" in alias else name
        members = [other.replace("_k", f"_{value}") for value in values]
        book.add(f"%%node {other.replace('_k', '_{k}')} {for_} {alias}\n{read} * k", *members)


def _product(draw: st.DrawFn, book: Book) -> None:
    name = book.fresh()
    words = draw(st.lists(st.sampled_from(("min", "max", "sum")), min_size=1, max_size=2, unique=True))
    read = _read(draw, book)
    listed = ",".join(words) + ("," if len(words) == 1 else "")  # one word alone is a name of the setup
    line = f"%%node {{how}}_{name.replace('_k', '_{k}')} --for how={listed} --for k=1,7"
    members = [f"{word}_{name.replace('_k', f'_{k}')}" for word in words for k in (1, 7)]
    book.add(
        f"{line}\n# {{how}} of {{k}}.\n{{'min': 1, 'max': 2, 'sum': 3}}[how] + k * {read}"
        if draw(st.booleans())
        else f"{line}\nk * {read} + len(how)",
        *members,
    )


def _outputs(draw: st.DrawFn, book: Book) -> None:
    a, b = book.fresh(), book.fresh()
    read = _read(draw, book)
    line = f"%%node {a.replace('_k', '_{k}')}, {b.replace('_k', '_{k}')} --for k=1,2"
    names = [name.replace("_k", f"_{k}") for k in (1, 2) for name in (a, b)]
    book.add(f"{line}\n{a} = {read} + k  # up\n{b} = {read} - k", *names)


def _variants(draw: st.DrawFn, book: Book) -> None:
    name, read = book.fresh(), _read(draw, book)
    other = draw(st.sampled_from(TEXTS))
    quoted = f'"kind={other}"' if other != "1" else "\"kind='1'\""
    book.add(f"%%node {name} --when kind=b\n# It is b.\n{read} + 1")
    book.add(f"%%node {name} --when {quoted}\nx = {read}\nx * 2", name)


def _waits(draw: st.DrawFn, book: Book) -> None:
    name, read = book.fresh(), _read(draw, book)
    if draw(st.booleans()):
        book.add(f"%%node {name}\nawait asyncio.sleep(0)\n{read} + 1", name)
    else:
        book.add(f"%%node\nasync def {name}({read}):\n    await asyncio.sleep(0)\n    return {read}", name)


def _check(draw: st.DrawFn, book: Book) -> None:
    name = _read(draw, book)
    warn = draw(st.sampled_from(("", " --warn")))
    second = draw(
        st.sampled_from(
            ("", f"\n(\n    {name} < 1e9  # inside\n    and {name} != 'x'\n)", f"\n{name} != 'a'")
        )
    )
    book.add(f"%%check {name}{warn}\n{name} > -1e9  # above{second}")


def _test(draw: st.DrawFn, book: Book) -> None:
    name = book.fresh()
    book.add(f"%%node\ndef {name}(spend):\n    return scaled(spend)", name)
    body = draw(st.sampled_from((f"assert {name}(1) == scaled(1)", "assert only_tests() == 7\nassert math.pi > 3", f"import math\n\n# twice\nfor x in (1, 2):\n    assert {name}(x) == 3 * x")))  # fmt: skip
    book.add(f"%%test {name}\n{body}")


FORMS = (_bare, _bare, _defs, _several, _family, _product, _outputs, _variants, _waits, _check, _test)
