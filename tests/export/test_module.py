"""The exported module: what a careful engineer would have written by hand."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from ruff.__main__ import find_ruff_bin

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.module import link_modules
from tests.export.notebooks import QUICK, export, run_python
from tests.recorded import check_recorded
from tests.type_check import Mypy

GROUPS = {4: "Spend features", 8: "Extremes"}


def test_the_module_and_its_tests_read_like_the_recorded_ones(tmp_path: Path) -> None:
    """Module and test file of a small notebook are those that were reviewed and recorded."""
    done = export(tmp_path, *QUICK, groups=GROUPS)
    check_recorded("export/features.py.txt", done.text)
    check_recorded("export/test_features.py.txt", done.tests.read_text(encoding="utf-8"))
    check_recorded("export/test_features.json.txt", done.examples.read_text(encoding="utf-8"))


def test_exporting_twice_writes_nothing_new(tmp_path: Path) -> None:
    """A second export of the same notebook gives byte-identical files and touches none of them."""
    first = export(tmp_path, *QUICK)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    second = export(tmp_path, *QUICK)
    assert first.report.written
    assert second.report.written == ()
    assert before == {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}


def test_two_folders_get_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the place, the time or the machine is in the files."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = export(tmp_path / "a", *QUICK), export(tmp_path / "b", *QUICK, examples="refresh")
    for path in (one.module, one.tests, one.examples):
        assert path.read_bytes() == (two.module.parent / path.name).read_bytes()
        assert str(tmp_path) not in path.read_text(encoding="utf-8")


def test_a_path_of_this_machine_is_pointed_out(tmp_path: Path) -> None:
    """An absolute path in an exported cell gives a note; one in a sample or in what is not exported does not."""
    done = export(
        tmp_path,
        "%%setup\nROOT = '/home/ada/data'\nUNUSED = '/home/ada/other'",
        "%%inputs\nname: str = '/home/ada/sample'",
        "%%node path\n# /home/ada/comment\nROOT + '/' + name",
        "%%node plain\npath + '/etc'",
        run=False,
    )
    notes = [note for note in done.report.notes() if "machine" in note]
    assert notes == ["cell [1] holds '/home/ada/data', a path of this machine: make it an input or a param."]


def test_the_module_runs_without_dagbook(tmp_path: Path) -> None:
    """A module without variants imports nothing of dagbook."""
    export(tmp_path, *QUICK)
    done = run_python("import features\nprint(features.low({'low': 1.5}))", tmp_path)
    assert done.stdout.strip() == "1.5", done.stderr


def test_only_what_is_used_is_exported(tmp_path: Path) -> None:
    """Unused imports, constants, helpers and params stay in the notebook."""
    done = export(tmp_path, *QUICK, "%%params\nnobody: int = 3")
    assert "import os" not in done.text
    assert "unused" not in done.text
    assert "nobody" not in done.text
    assert any("'nobody'" in note for note in done.report.warnings)


def test_helpers_become_private(tmp_path: Path) -> None:
    """A public function of the setup would be a node of the module, so it gets an underscore."""
    done = export(tmp_path, *QUICK)
    assert "def _scaled(values, by=WEEK):" in done.text
    assert "return _scaled(rolling_mean)" in done.text
    graph = link_modules([(done.text, "features.py")])
    assert "scaled" not in graph.nodes
    assert [node.name for node in graph if node.kind == "param"] == ["window", "rate"]


def test_helpers_in_the_text_of_a_query_are_renamed(tmp_path: Path) -> None:
    """`@name` in the text of a query means the helper wherever a frame is queried, and the module runs."""
    done = export(
        tmp_path,
        "%%setup\nimport pandas as pd\n\nLIMIT = 2\n\n\ndef rate(x):\n    return x * LIMIT",
        "%%inputs\nevents: pd.DataFrame = pd.DataFrame({'v': [1, 2, 3, 30]})",
        "%%node recent\nevents.query('v > @rate(1)')",
        "%%node\ndef few(events):\n    return events.query(expr='v > @rate(1) '\n        'and v < @LIMIT * 9')",
        "%%node twice\ngrow = lambda frame, by: frame.eval(f'w = v + @rate(v) * @by * {LIMIT}')\ngrow(events, 2)",
    )
    assert "events.query('v > @_rate(1)')" in done.text.replace('"', "'")
    assert "@rate" not in done.text
    code = "import pandas as pd, features as f\nframe = pd.DataFrame({'v': [1, 2, 3, 30]})\n"
    code += "print(*f.recent(frame).v, *f.few(frame).v, *f.twice(frame).w)"
    ran = run_python(code, tmp_path)
    assert ran.stdout.split() == ["3", "30", "3", "9", "18", "27", "270"], ran.stderr


def test_a_helper_that_a_branch_defines_becomes_private(tmp_path: Path) -> None:
    """A helper is renamed where it is defined, too, however deep; attributes and methods of its name stay."""
    done = export(
        tmp_path,
        "%%setup\nif True:\n    def double(x):\n        return 2 * x\n\n\n"
        "class Box:\n    def double(self, by=double):\n        return by(3)",
        "%%inputs\na: int = 1",
        "%%node b\ndouble(a) + Box().double()",
    )
    assert "def _double(x)" in done.text
    assert run_python("import features\nprint(features.b(4))", tmp_path).stdout.strip() == "14"


@pytest.mark.parametrize(
    ("setup", "node", "reason"),
    [
        ("def double(x):\n    return 2 * x\n\n\n_double = 3", "double(a) + _double", "exists, too"),
        ("def double(x):\n    return 2 * x", "[(lambda double: double)(1), double(a)]", "an inner function"),
    ],
)
def test_a_helper_that_cannot_be_renamed_safely_is_refused(
    tmp_path: Path, setup: str, node: str, reason: str
) -> None:
    """If renaming could change what a name means, the export stops with an error."""
    with pytest.raises(DataflowError, match=reason) as caught:
        export(tmp_path, f"%%setup\n{setup}", "%%inputs\na: int = 1", f"%%node b\n{node}")
    assert caught.value.code == "DB509"
    assert list(tmp_path.iterdir()) == []


def test_types_come_from_hints_else_from_values(tmp_path: Path) -> None:
    """Declared types are kept; others are those of the values, with the imports that they need."""
    done = export(
        tmp_path,
        "%%setup\nfrom pathlib import Path\nimport datetime as dt",
        "%%inputs\nfolder: Path = Path('x')\nday = dt.date(2025, 1, 31)\nnames = ['a', 'b']\nnothing = None",
        "%%node\ndef deep(folder, names) -> 'Path':\n    return folder.joinpath(*names)",
        "%%node tomorrow\nday + dt.timedelta(days=1)",
        "%%node sizes\n{name: len(name) for name in names}",
        "%%node same\nnothing",
        "%%node table\nimport pandas\npandas.DataFrame({'a': names})",
    )
    assert "def deep(folder: Path, names: list[str]) -> 'Path':".replace("'", '"') in done.text
    assert "def tomorrow(day: dt.date) -> dt.date:" in done.text
    assert "def sizes(names: list[str]) -> dict[str, int]:" in done.text
    assert "def same(nothing: Any) -> Any:" in done.text
    assert "def table(names: list[str]) -> pd.DataFrame:" in done.text
    assert "import pandas as pd\n" in done.text


def test_params_of_bare_bodies_keep_their_default(tmp_path: Path) -> None:
    """Params come last among the inputs of a bare body, whenever they are declared."""
    done = export(
        tmp_path,
        "%%node scaled_{k} --for k=1,2\nfactor * values * k",
        "%%node shifted\nfactor + values",
        "%%inputs\nvalues: float = 2.0",
        "%%params\nfactor: float = 3.0",
    )
    assert "def shifted(values: float, factor: float = 3.0) -> float:" in done.text
    assert "def scaled_2(values: float, factor: float = 3.0) -> float:" in done.text
    assert "return _scaled_k(values, factor, k=2)" in done.text


def test_comments_inside_a_body_are_kept(tmp_path: Path) -> None:
    """No comment of a body is lost, above, beside or below code."""
    body = "# the docstring\n\n# why: because\nx = a  # beside\nif x:\n    # inside\n    x += 1\n# last\nx"
    done = export(tmp_path, "%%inputs\na: int = 1", f"%%node b\n{body}")
    for comment in ("# why: because", "# beside", "# inside", "# last"):
        assert comment in done.text


def test_each_function_leads_back_to_its_cell(tmp_path: Path) -> None:
    """The id of its cell is above the first function of every cell, whatever moves around it."""
    done = export(tmp_path, *QUICK, groups=GROUPS)
    rows = [row[: len("# cell cell-5")] if row.startswith("# cell") else row for row in done.text.split("\n")]
    assert rows[rows.index("# cell cell-5") + 1].startswith("def cost(")
    assert rows[rows.index("# cell cell-7") + 1].startswith("def _lag_k(")
    assert rows.index("# --- Spend features ---") < rows.index("# cell cell-4")
    assert rows.index("# --- Extremes ---") < rows.index("# cell cell-8")


def test_variants_say_when_they_are_meant(tmp_path: Path) -> None:
    """A variant is decorated with its params, and the module is read back with them."""
    done = export(
        tmp_path,
        "%%inputs\nnet: float = 10.0",
        "%%params\nregion: str = 'US'",
        "%%node price --when region=US\nnet",
        "%%node price --when region=EU\nnet * 1.2",
    )
    assert '@_when(region="EU")\ndef price__EU(net: float) -> float:' in done.text
    assert "kernel_magics" not in done.text
    assert run_python("import features\nprint(features.price__EU(10.0))", tmp_path).stdout == "12.0\n"
    graph = link_modules([(done.text, "features.py")])
    assert [node.when for node in graph.nodes["price"]] == [(("region", "US"),), (("region", "EU"),)]


def test_async_nodes_stay_async(tmp_path: Path) -> None:
    """`async def` and top-level await are exported, proven and tested."""
    done = export(
        tmp_path,
        "%%setup\nimport asyncio",
        "%%inputs\na: int = 1",
        "%%node\nasync def later(a):\n    await asyncio.sleep(0)\n    return a + 1",
        "%%node twice\nawait asyncio.sleep(0)\nlater * 2",
        "%%test later\nassert await later(2) == 3",
    )
    assert "async def later(a: int) -> int:" in done.text
    assert "async def twice(later: int) -> int:" in done.text
    assert done.report.proven == 2


def test_setup_classes_cross_into_the_clean_process(tmp_path: Path) -> None:
    """Values of a class that the setup defines are compared, too."""
    done = export(
        tmp_path,
        "%%setup\nfrom typing import NamedTuple\n\n\nclass Point(NamedTuple):\n    x: int\n    y: int",
        "%%inputs\nstart: Point = Point(1, 2)",
        "%%node\ndef moved(start):\n    return Point(start.x + 1, start.y)",
    )
    assert "def moved(start: Point) -> Point:" in done.text
    assert done.report.proven == 1


def test_imports_behind_a_change_of_the_path_stay_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that needs an effect of the setup is not moved above it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "neighbour.py").write_text("SIZE = 3\n")
    done = export(
        tmp_path,
        f"%%setup\nimport sys\nsys.path.append({str(tmp_path / 'lib')!r})\nfrom neighbour import SIZE",
        "%%inputs\na: int = 1",
        "%%node b\na * SIZE\n",
        "%%node c\nsys.maxsize + b",
    )
    assert done.text.index("sys.path.append") < done.text.index("from neighbour import SIZE")


def test_a_display_setting_is_not_exported(tmp_path: Path) -> None:
    """What only changes how the notebook shows values has no business in production."""
    setup = "%%setup\nimport pandas as pd\npd.set_option('display.max_rows', 5)"
    with pd.option_context("display.max_rows", 60):  # afterwards it is as before
        done = export(
            tmp_path, setup, "%%inputs\na: pd.Series = pd.Series([1])", "%%node b\npd.concat([a, a])"
        )
    assert "set_option" not in done.text


def test_the_hash_follows_the_code_alone(tmp_path: Path) -> None:
    """Other samples, tests and unused setup leave the source hash; another default or body changes it."""

    def digest(*cells: str) -> str:
        text = export(tmp_path, *cells, run=False).text
        return text.split("Source hash ")[1].split(".")[0]

    base = ("%%params\nk: int = 2", "%%inputs\na: int = 1", "%%node b\na * k")
    assert digest(*base) == digest(*base[:1], "%%inputs\na: int = 5", *base[2:])
    assert digest(*base) == digest(*base, "%%test b\nassert b(1, 2) == 2", "%%setup\nX = 1")
    assert digest(*base) != digest("%%params\nk: int = 3", *base[1:])
    assert digest(*base) != digest(*base[:2], "%%node b\na * k + 0")


def test_ruff_and_mypy_accept_the_files(tmp_path: Path, mypy: Mypy) -> None:
    """Formatted as ruff would, no finding of its default rules, and consistent types."""
    done = export(tmp_path, *QUICK, groups=GROUPS)
    paths = [str(done.module), str(done.tests)]
    for command in (["format", "--check", "--isolated"], ["check", "--isolated"]):
        result = subprocess.run(
            [find_ruff_bin(), *command, *paths], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert result.returncode == 0, result.stdout + result.stderr
    result = mypy(tmp_path, paths[0])
    assert result.returncode == 0, result.stdout


def test_the_settings_of_the_project_decide_the_layout(tmp_path: Path) -> None:
    """A project's own ruff settings are those of the module there, whatever folder it is in."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.ruff]\nline-length = 40\n[tool.ruff.format]\nquote-style = 'single'\n"
    )
    (tmp_path / "src").mkdir()
    cells = ("%%inputs\nfirst: str = 'a'", "%%node joined\nfirst + 'b' + first + 'c' + first + 'd'")
    done = export(tmp_path / "src", *cells)
    result = subprocess.run(
        [find_ruff_bin(), "format", "--check", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    assert "'b'" in done.text
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert '"b"' in export(tmp_path / "src", *cells).text


def test_defaults_that_calls_would_share_are_constants(tmp_path: Path) -> None:
    """A call or a list is written once under a name in capitals; it stays the default, and ruff has no finding."""
    done = export(
        tmp_path,
        "%%setup\nimport pandas as pd\nFIRST = 2020\nDAYS = 3",
        "%%inputs\nx: int = 1",
        "%%params\nas_of: pd.Timestamp = pd.Timestamp(f'{FIRST}-01-31')  # the last day\n"
        "days: list[int] = [\n    1,\n    2,\n]\nrate: float = -0.5",
        "%%node a\nas_of.year + x",
        "%%node\ndef b(x, as_of, days):\n    return x + as_of.month + len(days) + DAYS",
        "%%node c\nx * rate",
    )
    assert "def a(x: int, as_of: pd.Timestamp = AS_OF) -> int:" in done.text
    assert "DEFAULT_DAYS: list[int] = [" in done.text
    assert 'AS_OF: pd.Timestamp = pd.Timestamp(f"{FIRST}-01-31")  # the last day' in done.text
    assert "def c(x: int, rate: float = -0.5) -> float:" in done.text
    assert done.text.index("FIRST = 2020") < done.text.index("AS_OF:") < done.text.index("def a(")
    result = subprocess.run(
        [find_ruff_bin(), "check", "--isolated", "--select=B", str(done.module)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert run_python("import features\nprint(features.a(1), features.b(1))", tmp_path).stdout == "2021 7\n"


def test_outputs_of_one_cell_say_what_they_are(tmp_path: Path) -> None:
    """The comment beside an output is its docstring, else the first line of the cell's."""
    done = export(
        tmp_path,
        "%%inputs\nx: float = 1.0",
        "%%node low, high, width\n# Bounds of x, in metres.\n#\n# By the book.\n"
        "low = x - 1  # where it begins\nhigh = x + 1  # noqa: E501\nwidth = (\n    high - low  # always 2\n)",
    )
    for name, doc in (
        ("low", "Where it begins."), ("high", "Bounds of x, in metres: high."), ("width", "Bounds of x, in metres: width.")
    ):  # fmt: skip
        assert f'def {name}(low_and_high_and_width: dict[str, float]) -> float:\n    """{doc}"""' in done.text
    assert "# where it begins" in done.text


def test_members_of_a_tuple_are_any_number(tmp_path: Path) -> None:
    """A type checker takes a tuple made by a loop for one of any length, and so does the hint."""
    done = export(tmp_path, "%%inputs\nx: float = 1.0", "%%node pair\ntuple(x * each for each in (1, 2))")
    assert "def pair(x: float) -> tuple[float, ...]:" in done.text
