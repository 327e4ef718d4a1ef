"""Decorated functions in `%%node` cells give what Apache Hamilton gives, or are refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hamilton import driver

from kernel_magics import Dataflow, DataflowError
from kernel_magics.cli.main import main
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.tree import Function
from kernel_magics.export.export import export_flow
from kernel_magics.export.layout import Kind
from kernel_magics.export.request import ExportRequest
from kernel_magics.import_.draft import sources
from kernel_magics.import_.importing import import_module
from kernel_magics.values import VALUES
from tests.examples import each
from tests.export.notebooks import make_session
from tests.hamilton.conftest import Load
from tests.hamilton.modules import CASES, NAMED, Case
from tests.hamilton.test_decorators import expected
from tests.notebook_file import write_notebook

REFUSED = {
    "resolve": "@resolve needs a value of 'columns'",
}
RAW = {"check_output": {"doubled_raw"}}  # names that only validators have


def cells(case: Case) -> list[str]:
    """A notebook of a case: its functions are one cell, as they are; what else it has is setup."""
    parts = blocks(case.text)
    functions = [part.text for part in parts if isinstance(part.node, Function)]
    others = [part.text for part in parts if not isinstance(part.node, Function)]
    inputs = [f"{name} = {value!r}" for name, value in case.inputs.items()]
    params = [f"{name} = {value!r}" for name, value in case.config.items() if name.isidentifier()]
    found = ["\n".join(["%%setup", NAMED, *others])]
    found += ["%%inputs\n" + "\n".join(inputs)] if inputs else []
    found += ["%%params\n" + "\n".join(params)] if params else []
    return [*found, "\n\n\n".join(["%%node", *functions])]


def ours(output: str) -> str:
    """The name in cells of a node inside another one."""
    return output.replace(".", "__")


@pytest.mark.parametrize("name", [name for name in CASES if name not in REFUSED])
def test_values_are_those_of_hamilton(name: str, load: Load, tmp_path: Path) -> None:
    """Each output of each case whose decorators have a form; the samples are the case's inputs."""
    case = CASES[name]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells(case)))
    outputs = [output for output in case.outputs if output not in RAW.get(name, ())]
    got, wanted = flow.run(map(ours, outputs), inputs=case.inputs), expected(load(case.text), case)
    for output in outputs:
        assert VALUES.equal(got[ours(output)], wanted[output]), output


@pytest.mark.parametrize("kind", ["module", "hamilton"])
@pytest.mark.parametrize("name", each([name for name in CASES if name not in REFUSED], often=4))
def test_an_exported_case_computes_the_same(name: str, kind: Kind, load: Load, tmp_path: Path) -> None:
    """The module gives the driver's values under its own names, and an import of it exports to the same bytes."""
    case = CASES[name]
    session = make_session(*cells(case))
    outputs = [output for output in case.outputs if output not in RAW.get(name, ())]

    def exported(folder: str, made: Session) -> str:
        path = tmp_path / folder / "features.py"
        path.parent.mkdir()
        request = ExportRequest("nb", "nb.ipynb", path, kind=kind, run=False)
        export_flow(made, replace(request, outputs=tuple(map(ours, outputs))))
        return path.read_text()

    text = exported("first", session)
    wanted = expected(load(case.text), case)
    flow = Dataflow.from_module(load(text.replace('"""Features', '_DOC = """Features')), config=case.config)
    known = {key: value for key, value in case.inputs.items() if key in {**flow.inputs, **flow.params}}
    got = flow.run(map(ours, outputs), inputs=known)
    for output in outputs:
        assert VALUES.equal(got[ours(output)], wanted[output]), output
    back = import_module(text, "features.py")
    assert back.differing == ()
    again = Session(VALUES)
    again.register(*sources(back.cells), load=False)
    assert exported("second", again.arranged(sources(back.cells))) == text


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_cell_obeys_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """Nothing is ignored silently; the place is named."""
    path = write_notebook(tmp_path / "n.ipynb", cells(CASES[name]))
    with pytest.raises(DataflowError) as caught:
        Dataflow.from_notebook(path).run(list(CASES[name].outputs), inputs=CASES[name].inputs)
    assert caught.value.code in ("DB115", "DB311")
    assert REFUSED[name] in caught.value.message
    assert "cell [" in caught.value.message


MANY = (
    f"%%setup\n{NAMED}",
    "%%inputs\nn: int = 3",
    "%%params\nregion: str = 'EU'",
    "%%node\n# A table.\n@tag(owner='ads')\n@check_output(range=(0, 9), importance='fail', target_='a')\n"
    "@extract_columns('a', 'b')\ndef table(n: int) -> pd.DataFrame:\n"
    "    rows = range(n)\n    return pd.DataFrame({'a': rows, 'b': rows})",
    "%%node\n@config.when(region='US')\ndef tax__us(b: pd.Series) -> pd.Series:\n    return b * 0.1\n\n\n"
    "@config.when_in(region=['EU', 'UK'])\n@cache(behavior='disable')\n"
    "def tax__europe(b: pd.Series) -> pd.Series:\n    return b * 0.2",
    "%%node\n@parameterize(plus_one={'by': value(1)}, plus_tax={'by': source('tax')})\n"
    "def added(a: pd.Series, by: float) -> pd.Series:\n    return a + by\n\n\n"
    "def total(plus_one: pd.Series, plus_tax: pd.Series) -> float:\n"
    "    return float((plus_one + plus_tax).sum())",
)
OUTPUTS = ["a", "b", "tax", "plus_one", "plus_tax", "total"]


@pytest.mark.parametrize("kind", ["module", "hamilton"])
def test_a_decorated_notebook_goes_out_and_comes_in(kind: Kind, load: Load, tmp_path: Path) -> None:
    """Hamilton runs both modules with equal values; an import of the module exports to the same bytes."""
    session = make_session(*MANY)
    for _ in session.compute():
        pass
    ours = {name: session.memos[name].value for name in OUTPUTS}

    def exported(folder: str, made: Session) -> str:
        path = tmp_path / folder / "features.py"
        path.parent.mkdir()
        export_flow(made, ExportRequest("nb", "nb.ipynb", path, kind=kind, run=False))
        return path.read_text()

    text = exported("first", session)
    back = import_module(text, "features.py")
    assert back.differing == ()
    again = Session(VALUES)
    again.register(*sources(back.cells), load=False)
    assert exported("second", again.arranged(sources(back.cells))) == text
    module = load(text.replace('"""Features', '_DOC = """Features'))
    flow = Dataflow.from_module(module)
    for region in ("EU", "US"):
        got = flow.run(OUTPUTS, inputs={"n": 3}, params={"region": region})
        if region == "EU":
            assert all(VALUES.equal(got[name], ours[name]) for name in OUTPUTS)
        if kind == "hamilton":
            built = driver.Builder().with_modules(module).with_config({"region": region}).build()
            wanted = built.execute(OUTPUTS, inputs={"n": 3})
            assert all(VALUES.equal(got[name], wanted[name]) for name in OUTPUTS)


def test_facts_of_decorated_nodes() -> None:
    """Tags, docs, caches, checks, variants, and the line of the cell on which a function fails."""
    graph = make_session(*MANY).graph
    assert dict(graph.node("b").tags) == {"owner": "ads"}
    assert graph.node("table").doc == "A table."
    assert graph.node("check_a").severity == "fail"
    assert [node.function for node in graph.nodes["tax"]] == ["tax__US", "tax__EU", "tax__UK"]
    assert [node.cache for node in graph.nodes["tax"]] == ["", "off", "off"]
    failing = make_session(*MANY[:2], MANY[3].replace("range(n)", "range(n / 0)"))
    errors = [event.error for event in failing.compute() if hasattr(event, "error")]
    assert errors[0].message.startswith("'table' failed on line 7 of cell [3]: ZeroDivisionError")


def test_a_validator_fails_like_a_check(load: Load) -> None:
    """`importance="fail"` stops a run, what it says is the condition."""
    session = make_session(*MANY[:2], MANY[3].replace("(0, 9)", "(0, 1)"))
    for _ in session.compute():
        pass
    assert not getattr(session.memos["check_a"].value, "held", True)
    assert "value.between(0, 1)" in str(session.memos["check_a"].value)


def test_a_name_means_what_the_setup_imports(tmp_path: Path) -> None:
    """A decorator of others stays; when an edit of the setup gives its name another meaning, cells follow."""
    node = "%%node\n@cache\ndef x(n: int) -> int:\n    return n + 1"
    session = make_session("%%setup\nfrom functools import cache", "%%inputs\nn = 1", node)
    assert session.graph.node("x").cache == ""
    assert session.graph.node("x").text is not None
    assert "@cache" in session.graph.node("x").text.source  # type: ignore[union-attr]
    session = make_session("%%setup\nfrom hamilton.function_modifiers import cache", *session_cells(node))
    assert "@cache" not in session.graph.node("x").text.source  # type: ignore[union-attr]
    parts = ("import hamilton.function_modifiers", "from hamilton import function_modifiers as fm")
    for line, word in zip(parts, ("hamilton.function_modifiers", "fm"), strict=True):
        session = make_session(f"%%setup\n{line}", *session_cells(node.replace("@", f"@{word}.")))
        assert "cache" not in session.graph.node("x").text.source  # type: ignore[union-attr]


def session_cells(node: str) -> tuple[str, str]:
    """The cells below the setup; the node's cell is given before the setup is known."""
    return "%%inputs\nn = 1", node


def test_edits_of_a_module_come_into_decorated_cells(tmp_path: Path) -> None:
    """A cell becomes the functions of the module; where its decorators say more than these, it stays."""
    notebook = write_notebook(tmp_path / "nb.ipynb", MANY)
    module, before = tmp_path / "features.py", notebook.read_text()
    assert main(["export", str(notebook), "-o", str(module), "--no-run"]) == 0
    text = module.read_text()
    module.write_text(text.replace("rows = range(n)", "rows = range(n + 1)"))  # its cell has a tag
    assert main(["import", str(module), "--into", str(notebook)]) == 1
    assert notebook.read_text() == before
    module.write_text(text.replace("a + by", "a + by + 1"))
    assert main(["import", str(module), "--into", str(notebook)]) == 0
    assert "return a + by + 1" in notebook.read_text()
    assert Dataflow.from_notebook(notebook).run("plus_one")["plus_one"].tolist() == [2, 3, 4]
