"""Importing: a module becomes a notebook whose export is that module, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.import_.importing import Imported, import_module
from kernel_magics.import_.tests import read_tests
from tests.export.notebooks import QUICK, Export, export

GROUPS = {4: "Spend features", 8: "Extremes #"}
MORE = (
    "%%setup\nimport asyncio\n\nimport pandas as pd",
    "%%inputs\nnet: float = 10.0\nsales: pd.Series = pd.Series([1.0, 2.0])",
    "%%params\nregion: str = 'US'  # where\nlevel: int = 1\nsteps: list[int] = [1, 2]  # in days",
    "%%node price --when region=US\nnet * level",
    "%%node price --when region='E U' --when level=-1\n# With tax.\n\n# it is 20 %\nreturned = net * 1.2\nreturned",
    "%%node {kind}_{k} --for kind=sum,mean --for k=1,2\n'''The {kind} of {k}.'''\ngetattr(sales, kind)() * k",
    "%%node low_{k}, high_{k} --for k=1,2\nlow_k = price - k\nhigh_k = price + k",
    "%%node spread_{k} --for k=1,2 --uses low=low_{k} --uses high_{k}\nhigh_k - low",
    "%%node stepped --check 'value >= 0' --warn 'rows > 0'\n[net * step for step in steps]",
    "%%node\ndef _half(x):\n    return x / 2\n\n\nasync def later(net, *, level):\n    await asyncio.sleep(0)\n    return _half(net)",
    "%%node awaited\nawait asyncio.sleep(0)\nlater * 2",
    "%%node text_a, text_b, text_c, text_d\n'''Four.'''\ntext_a = '''\n  a'''\ntext_b = text_c = text_d = f'{net}'",
    "%%check price --warn\nprice > 0\n(\n    price < 1000  # inside\n    and price != 3\n)  # in range",
    "%%check price\nprice['a'] == 'x' if isinstance(price, dict) else True",
    "%%check sum_1\nsum_1 > 0",
    "%%test later\nassert await later(2, level=1) == 1",
)


def imported(done: Export) -> Imported:
    """The notebook made of an export."""
    tests = read_tests(done.tests.read_text(encoding="utf-8"), done.module.stem)
    return import_module(done.text, done.module.name, tests)


def cells(done: Imported, magic: str) -> list[str]:
    """The notebook's cells of one kind."""
    return [cell.source for cell in done.cells if cell.source.startswith(f"%%{magic}")]


PERMITTED = tuple(
    cell.replace("\n", ' --future "it\'s known"\n', 1) if cell.startswith("%%node") else cell for cell in MORE
)


@pytest.mark.parametrize("notebook", [QUICK, MORE, PERMITTED], ids=["quick", "more", "permitted"])
def test_an_export_of_the_import_is_the_module(tmp_path: Path, notebook: tuple[str, ...]) -> None:
    """Every kind of cell comes back in a form that exports to the same bytes, tests included."""
    done = export(tmp_path, *notebook, groups=GROUPS, run=False)
    back = imported(done)
    assert back.differing == ()
    again = export_cells(tmp_path / "again", back)
    assert (again / "features.py").read_text() == done.text
    assert (again / "test_features.py").read_text() == done.tests.read_text()


def export_cells(folder: Path, done: Imported) -> Path:
    """Export a draft without a run, under the name and in the place of the first module."""
    from kernel_magics.engine.session.session import Session  # noqa: PLC0415
    from kernel_magics.export.export import export_flow  # noqa: PLC0415
    from kernel_magics.export.request import ExportRequest  # noqa: PLC0415
    from kernel_magics.import_.draft import sources  # noqa: PLC0415
    from kernel_magics.values import VALUES  # noqa: PLC0415

    session = Session(VALUES)
    session.register(*sources(done.cells), load=False)
    folder.mkdir()
    request = ExportRequest("nb", done.source, folder / "features.py", run=False)
    export_flow(session.arranged(sources(done.cells)), request)
    return folder


def test_a_module_for_hamilton_comes_back_as_it_is(tmp_path: Path) -> None:
    """Variants, checks above their node, an edited body and a name of the notebook that a decorator has."""
    more = ("%%node tag --when region=US\nprice + 1", "%%node tag --when region='E U'\nprice - 1")
    done = export(tmp_path, *MORE, *more, "%%check tag\ntag > 0", groups=GROUPS, run=False, kind="hamilton")
    back = imported(done)
    assert back.differing == ()
    assert "%%node price --when region=US\nnet * level" in cells(back, "node")
    assert any("region = 'US'" in cell for cell in cells(back, "params"))
    edited = import_module(done.text.replace("net * level", "net * level + 3"), "features.py")
    assert "%%node price --when region=US\nnet * level + 3" in cells(edited, "node")


def test_forms_come_back(tmp_path: Path) -> None:
    """Families, variants, several outputs, checks and tests are cells of their kind again."""
    back = imported(export(tmp_path, *MORE, run=False))
    first_lines = [source.split("\n")[0] for source in cells(back, "node")]
    assert first_lines == [
        "%%node price --when region=US",
        "%%node price --when 'region=E U' --when level=-1",
        "%%node {kind}_{k} --for kind=sum,mean --for k=1,2",
        "%%node low_{k}, high_{k} --for k=1,2",
        "%%node spread_{k} --for k=1,2 --uses high_{k} --uses low=low_{k}",
        "%%node --check 'value >= 0' --warn 'rows > 0'",
        "%%node",
        "%%node",
        "%%node text_a, text_b, text_c, text_d",
    ]
    assert "# With tax.\n\n# it is 20 %\n" in cells(back, "node")[1]
    assert [source.split("\n")[0] for source in cells(back, "check")] == [
        "%%check price --warn",
        "%%check price",
        "%%check sum_1",
    ]
    assert cells(back, "params") == [
        '%%params\nlevel: int = 1\nregion: str = "US"  # where\nsteps: list[int] = [1, 2]  # in days'
    ]
    assert cells(back, "test") == ["%%test later\nassert await later(2, level=1) == 1"]


def test_samples_are_the_recorded_ones(tmp_path: Path) -> None:
    """With recorded examples beside the module the inputs have samples, and a full export is the same."""
    done = export(tmp_path, *QUICK, groups=GROUPS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    notebook = tmp_path / "other.ipynb"
    assert main(["import", str(done.module), "-o", str(notebook)]) == 0
    assert (
        "spend: pd.Series = pd.Series([10.0, 20.0, 40.0, 0.0, 50.0, 60.0], name='s')" in notebook.read_text()
    )
    assert main(["export", str(notebook), "-o", str(done.module)]) == 0
    notebook.unlink()
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


HAND = '''"""My features."""

import math

RATE = 2


def _scaled(x):
    return x * RATE


def helper(x):
    """A public function that another one calls."""
    return x


def ctr(clicks: float, views: float = 1.0) -> float:
    return clicks / helper(views)


def _own(x):
    return math.log(x)


def log_ctr(ctr: float) -> float:
    return _own(ctr)


def both(ctr, log_ctr):
    return _scaled(ctr), _scaled(log_ctr)


def many(*frames):
    return frames


if __name__ == "__main__":
    print(ctr(1, 2))
'''


def test_a_module_written_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inputs are declared, missing samples and other functions are reported, and then the round trip is exact."""
    module, notebook = tmp_path / "mine.py", tmp_path / "mine.ipynb"
    module.write_text(HAND)
    assert main(["import", str(module), "-o", str(notebook)]) == 0
    said = capsys.readouterr().out
    assert "'helper' is called by other code" in said
    assert "'many' is no node: 'many' takes '*frames' on line 33" in said
    assert "no sample is known of clicks" in said
    assert "would not be mine.py" in said
    text = "\n".join("".join(cell["source"]) for cell in json.loads(notebook.read_text())["cells"])
    assert "clicks: float = ...  # sample needed" in text
    assert "views: float = 1.0" in text
    assert "%%node\ndef _own(x):\n    return math.log(x)\n\n\ndef log_ctr" in text
    assert main(["check", str(notebook)]) == 1
    assert "`...` stands for 'clicks': write a sample" in capsys.readouterr().err
    first = tmp_path / "a" / "mine.py"
    assert main(["export", str(notebook), "-o", str(first), "--no-run"]) == 0
    assert main(["import", str(first), "-o", str(tmp_path / "a" / "mine.ipynb")]) == 0
    before = first.read_bytes()
    assert main(["export", str(tmp_path / "a" / "mine.ipynb"), "-o", str(first), "--no-run"]) == 0
    assert first.read_bytes() == before


def test_a_written_notebook_is_laid_out_as_jupyter_does(tmp_path: Path) -> None:
    """It is valid, and saving it in Jupyter changes no byte."""
    (tmp_path / "mine.py").write_text(HAND)
    assert main(["import", str(tmp_path / "mine.py"), "-o", str(tmp_path / "mine.ipynb")]) == 0
    text = (tmp_path / "mine.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)  # type: ignore[no-untyped-call]
    assert nbformat.writes(notebook) + "\n" == text  # type: ignore[no-untyped-call]


def test_importing_executes_nothing(tmp_path: Path) -> None:
    """Neither the module nor its tests run."""
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')"
    (tmp_path / "trap.py").write_text(f"{trap}\nX = {trap}\n\n\ndef a(b, c={trap}):\n    return b\n")
    (tmp_path / "test_trap.py").write_text(f'"""Tests of trap.py, exported by Dagbook."""\n{trap}\n')
    assert main(["import", str(tmp_path / "trap.py"), "-o", str(tmp_path / "trap.ipynb")]) == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("def a(:\n", "DB404", "'x.py' is not valid Python on line 1"),
        ("x\0 = 1\n", "DB404", "'x.py' is not"),
        ("", "DB411", "'x.py' has no function that could be a node"),
        ("x = 1\n\n\nclass A:\n    pass\n", "DB411", "has no function"),
        ("def a(a):\n    return a\n", "DB412", "'a' depends on itself"),
        ("X = 1\n\n\ndef X(a):\n    return a\n", "DB412", "by two cells: 'setup' and 'X'"),
        ("def sum(x):\n    return x\n", "DB411", "has no function"),
    ],
)
def test_modules_that_cannot_become_notebooks(text: str, code: str, words: str) -> None:
    """Each kind of bad module gives one clear error."""
    with pytest.raises(DataflowError) as caught:
        import_module(text, "x.py")
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.hint


def test_modules_of_other_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The module of a package comes back with the tests beside it, and one for Apache Hamilton."""
    notebook = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
    for target in ("package", "hamilton"):
        out = tmp_path / ("pack" if target == "package" else "for_hamilton.py")
        assert main(["export", str(notebook), "-o", str(out), "--target", target, "--no-run"]) == 0
    module = tmp_path / "pack" / "src" / "pack" / "features.py"
    tests = str(tmp_path / "pack" / "tests")
    assert main(["import", str(module), "-o", str(tmp_path / "nb.ipynb"), "--tests", tests]) == 0
    assert "1 %%test cells" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "for_hamilton.py"), "-o", str(tmp_path / "back.ipynb")]) == 0
    assert "gives for_hamilton.py again, byte for byte" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "for_hamilton.py"), "--into", str(tmp_path / "back.ipynb")]) == 1
    assert "DB418" in capsys.readouterr().err


def test_files_that_cannot_be_read_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing files, other suffixes, notebooks that are there: one error each, and nothing is written."""

    def fail(*argv: str) -> str:
        assert main(argv) in (1, 2)
        return capsys.readouterr().err

    good, out = tmp_path / "good.py", tmp_path / "out.ipynb"
    good.write_text("def a(b):\n    return b\n")
    assert "DB403 cannot read" in fail("import", str(tmp_path / "none.py"), "-o", str(out))
    assert "DB002" in fail("import", str(tmp_path / "x.ipynb"), "-o", str(out))
    assert "DB002" in fail("import", str(good), "-o", str(tmp_path / "out.txt"))
    (tmp_path / "raw.py").write_bytes(b"\xff\xfe")
    assert "DB404" in fail("import", str(tmp_path / "raw.py"), "-o", str(out))
    (tmp_path / "file").write_text("")
    assert "DB405" in fail("import", str(good), "-o", str(tmp_path / "file" / "out.ipynb"))
    assert not out.exists()
    out.write_text("mine")
    assert "DB413" in fail("import", str(good), "-o", str(out))
    assert out.read_text() == "mine"
    assert main(["import", str(good), "-o", str(out), "--force"]) == 0
    assert "%%node" in out.read_text()


def test_decorators_of_hamilton_are_refused_by_name() -> None:
    """`import_modules` writes their forms; this reads exported and plain modules."""
    text = "import hamilton.function_modifiers as fm\n\n\n@fm.tag(a='b')\ndef y(x):\n    return x\n"
    with pytest.raises(DataflowError, match=r"@fm\.tag of 'y'") as caught:
        import_module(text, "x.py")
    assert caught.value.code == "DB418"
