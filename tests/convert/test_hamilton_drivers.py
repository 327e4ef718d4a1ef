"""Ordinary cells of a notebook of Apache Hamilton are written without its drivers, and give what they gave."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kernel_magics.cli.main import main
from kernel_magics.convert import GivenCell
from kernel_magics.convert.hamilton import convert_modules
from kernel_magics.notebook import read_notebook
from tests.notebook_file import write_notebook

TAX = (
    "%%cell_to_module shop\nimport pandas as pd\nfrom hamilton.function_modifiers import config\n\n\n"
    "def spend(clicks: int, price: float = 2.0) -> float:\n    return clicks * price\n\n\n"
    "@config.when(region='EU')\ndef tax__eu(spend: float) -> float:\n    return spend * 0.2\n\n\n"
    "@config.when(region='US')\ndef tax__us(spend: float) -> float:\n    return spend * 0.1\n\n\n"
    "def rows(clicks: int) -> pd.Series:\n    return pd.Series(range(clicks))\n\n\n"
    "def twice(rows: pd.Series) -> pd.Series:\n    return rows * 2"
)
BUILD = "dr = driver.Builder().with_modules(shop).with_config({'region': 'EU'}).build()"
START = "from hamilton import driver\n%load_ext hamilton.plugins.jupyter_magic"


def written(*cells: str, find: dict[str, str] | None = None) -> list[str]:
    """The ordinary cells of the main notebook, without those of the dataflow."""
    given = [GivenCell(f"c{number}", "code", cell) for number, cell in enumerate(cells)]
    main_book = convert_modules(given, (find or {}).get)[0]
    return [cell.source for cell in main_book.conversion.cells if cell.role in ("kept", "display")][1:]


def notes(*cells: str) -> str:
    """What is told about the ordinary cells."""
    given = [GivenCell(f"c{number}", "code", cell) for number, cell in enumerate(cells)]
    return "\n".join(note.message for group in convert_modules(given) for note in group.conversion.notes)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("dr.execute(['tax'], inputs={'clicks': 3})", "%compute tax"),
        ("r = dr.execute(['tax'], inputs={'clicks': 3})", "%compute tax\nr = {'tax': tax}"),
        (
            "t = dr.execute(['tax'], inputs={'clicks': 3})['tax']",
            "%compute tax\nt = {'tax': tax}['tax']",
        ),
        (
            "print(dr.execute([shop.tax], inputs={'clicks': 3}))  # what",
            "%compute tax\nprint({'tax': tax})  # what",
        ),
        (
            "r = dr.execute(\n    ['tax'],\n    inputs={'clicks': 3},\n)\nr",
            "%compute tax\nr = {'tax': tax}\nr",
        ),
        (
            "a, b = dr.execute(['tax', 'spend'], inputs={'clicks': 3}).values()",
            "%compute tax spend\na, b = {'tax': tax, 'spend': spend}.values()",
        ),
    ],
)
def test_a_request_of_the_notebooks_values(given: str, wanted: str) -> None:
    """It becomes `%compute`, wherever it stands in a statement."""
    assert written(START, TAX, BUILD, given) == [wanted]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("r = dr.execute(['tax'], inputs={'clicks': 4})", "r = dr.run(['tax'], inputs={'clicks': 4})"),
        (
            "n = len(text)\ndr.execute(['tax'], inputs={'clicks': n})",
            "n = len(text)\ndr.run(['tax'], inputs={'clicks': n})",
        ),
        (
            "for n in (1, 2):\n    print(dr.execute(['tax'], inputs={'clicks': n}))",
            "for n in (1, 2):\n    print(dr.run(['tax'], inputs={'clicks': n}))",
        ),
        (
            "r = [dr.execute(['tax'], inputs={'clicks': n}) for n in x]",
            "r = [dr.run(['tax'], inputs={'clicks': n}) for n in x]",
        ),
        (
            "dr.execute(['tax'], inputs={'clicks': 3}, overrides={'spend': 1.0})",
            "dr.run(['tax'], inputs={'clicks': 3}, overrides={'spend': 1.0})",
        ),
        (
            "dr.execute(['tax'], inputs={'clicks': 3, 'price': 1.0, 'other': 1})",
            "dr.run(['tax'], inputs={'clicks': 3, 'price': 1.0, 'other': 1}, extra='ignore')",
        ),
        ("dr.execute(names, inputs={'clicks': 3})", "dr.run(names, inputs={'clicks': 3})"),
        (
            "given = {'clicks': 3}\ngiven['clicks'] = 5\ndr.execute(['tax'], inputs=given)",
            "given = {'clicks': 3}\ngiven['clicks'] = 5\ndr.run(['tax'], inputs=given, extra='ignore')",
        ),
        ("dr.execute(['tax'], inputs={**x})", "dr.run(['tax'], inputs={**x}, extra='ignore')"),
    ],
)
def test_a_request_of_other_values(given: str, wanted: str) -> None:
    """It runs the notebook's dataflow on them, and never gives the values of the samples."""
    sample = "dr.execute(['spend'], inputs={'clicks': 3})"
    assert written(START, TAX, BUILD, sample, given) == ["%dataflow as dr", "%compute spend", wanted]


def test_an_input_that_only_some_requests_give() -> None:
    """The default of a function is never replaced by the sample of another request."""
    with_price = "dr.execute(['tax'], inputs={'clicks': 3, 'price': 1.0})"
    plain = "dr.execute(['tax'], inputs={'clicks': 3})"
    assert written(START, TAX, BUILD, plain, with_price)[1:] == [
        "%compute tax",
        with_price.replace("execute", "run"),
    ]
    assert written(START, TAX, BUILD, with_price, plain)[1:] == [
        "%compute tax",
        plain.replace("execute", "run"),
    ]


def test_drivers_of_other_values_of_the_config() -> None:
    """Each has its params."""
    us = BUILD.replace("EU", "US").replace("dr =", "us =")
    cells = written(START, TAX, BUILD, us, "a = dr.execute(['tax'])\nb = us.execute(['tax'])")
    assert cells == [
        "%dataflow as us",
        "%compute tax\na = {'tax': tax}\nb = us.run(['tax'], params={'region': 'US'})",
    ]


def test_a_driver_without_a_name() -> None:
    """A builder in a request is the dataflow of the notebook, too."""
    asked = f"{BUILD[5:]}.execute(['tax'], inputs={{'clicks': 3}})"
    assert written(START, TAX, asked) == ["%compute tax"]
    looped = f"for n in [1]:\n    {BUILD[5:]}.execute(['tax'], inputs={{'clicks': n}})"
    assert written(START, TAX, looped) == [
        "%dataflow as flow\nfor n in [1]:\n    flow.run(['tax'], inputs={'clicks': n})"
    ]


def test_tables() -> None:
    """A driver that gives tables gives tables."""
    build = "dr = driver.Driver({'region': 'EU'}, shop)"
    given = "t = dr.execute(['rows', 'twice'], inputs={'clicks': 3})\nu = dr.execute(['rows'], inputs={'clicks': 4})"
    assert written(START, TAX, build, given)[1] == (
        "import pandas as pd\n%compute rows twice\nt = pd.DataFrame({'rows': rows, 'twice': twice})\n"
        "u = dr.frame(['rows'], inputs={'clicks': 4})"
    )
    plain = "from hamilton import base\ndr = driver.Driver({}, shop, adapter=base.DefaultAdapter())"
    assert written(START, TAX, plain, "t = dr.execute(['rows'], inputs={'clicks': 3})") == [
        "%compute rows\nt = {'rows': rows}"
    ]


def test_one_table_is_given_as_it_is() -> None:
    """Hamilton makes no table of one table."""
    module = "%%cell_to_module m\nimport pandas as pd\n\n\ndef t(n: int) -> pd.DataFrame:\n    return pd.DataFrame({'a': [n]})"
    given = "x = dr.execute(['t'], inputs={'n': 1})\ny = dr.execute(['t'], inputs={'n': 2})"
    assert written(START, module, "dr = driver.Driver({}, m)", given)[1] == (
        "%compute t\nx = t\ny = dr.run(['t'], inputs={'n': 2})['t']"
    )


def test_what_waits() -> None:
    """An awaited request is awaited here."""
    build = "from hamilton import async_driver\ndr = await async_driver.Builder().with_modules(shop).build()"
    given = "r = await dr.execute(['spend'], inputs={'clicks': n})\ns = await dr.execute(['spend'])"
    assert written(START, TAX, build, given)[1].split("\n") == [
        "r = await dr.arun(['spend'], inputs={'clicks': n})",
        "%compute spend",
        "s = {'spend': spend}",
    ]


def test_pictures() -> None:
    """A picture of a dataflow becomes the live graph."""
    cells = (
        "dr.display_all_functions('a.png')",
        "dr.display_upstream_of('tax')",
        "dr.visualize_execution(['tax'])",
    )
    assert written(START, TAX, BUILD, *cells) == ["%dag", "%dag --upstream tax", "%dag"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("print(dr.list_available_variables())", "'dr', a driver of Hamilton"),
        ("dr.materialize(to.csv(id='x', path='p', dependencies=['tax']))", "'dr', a driver of Hamilton"),
        ("importlib.reload(shop)", "the module 'shop', whose functions are cells"),
        ("print(tax(3.0))", "'tax' as a function, which is the name of its value"),
        ("dr.execute(['gone'])", "'gone', which is no node of 'shop' as they are in the end"),
        ("x = dr.graph\nprint(x)", "'dr', a driver of Hamilton"),
    ],
)
def test_what_has_no_place_is_a_comment_with_the_reason(given: str, reason: str) -> None:
    """Nothing is lost, and no cell fails for a name that is gone."""
    rows = written(START, TAX, BUILD, given)[0].split("\n")
    assert rows[0] == f"# Left out, as it needs {reason}."
    assert all(row.startswith("# ") for row in rows)
    assert [row[2:] for row in rows if not row.startswith("# Left")] == given.split("\n")
    assert f"is a comment now: it needs {reason}" in notes(START, TAX, BUILD, given)


def test_what_a_builder_has_more_is_told() -> None:
    """Adapters, caches and executors change how a run goes, which is elsewhere here."""
    build = BUILD.replace(".build", ".with_cache(path='c').with_adapters(Tracker()).build")
    assert written(START, TAX, build) == []
    told = notes(START, TAX, build)
    assert "`with_cache(path='c')` is left out: `flow.run(cache=PATH)`" in told
    assert "`Tracker()` is left out: a dataflow has no adapters; `flow.run(listeners=…)` takes hooks" in told


def test_imports_and_objects_stay_where_they_are_needed() -> None:
    """Imports of Hamilton go with its drivers, unless other code reads them."""
    cell = (
        "from hamilton import base, telemetry\nfrom hamilton.lifecycle import api\nimport shop, math\n\n"
        "telemetry.disable_telemetry()\nbuilder = base.DictResult()\n\n\nclass Hook(api.NodeExecutionHook):\n    pass\n\n\n"
        "print(math.pi)"
    )
    assert written(START, TAX, cell) == [
        "from hamilton.lifecycle import api\nimport math\n\n\nclass Hook(api.NodeExecutionHook):\n    pass\n\n\nprint(math.pi)"
    ]


def test_a_version_that_is_asked_above() -> None:
    """The last version of a module stands where a cell above the last one asks for it."""
    given = [
        START,
        "%%cell_to_module m\ndef a() -> int:\n    return 1",
        "dr = driver.Builder().with_modules(m).build()",
    ]
    given += ["dr.execute(['a'])", "%%cell_to_module m\ndef a() -> int:\n    return 2"]
    texts = [
        cell.source
        for cell in convert_modules([GivenCell(f"c{n}", "code", text) for n, text in enumerate(given)])[
            0
        ].conversion.cells
    ]
    assert texts == ["%load_ext kernel_magics", "%%node\ndef a() -> int:\n    return 2", "%compute a"]


FILE = "import pandas as pd\n\n\ndef spend(clicks: int) -> int:\n    return clicks * 2\n"


@pytest.mark.parametrize(
    "cells",
    [
        ["import shop", "dr = driver.Builder().with_modules(shop).build()"],
        ["import lib.shop as shop", "dr = driver.Driver({}, shop, adapter=base.DefaultAdapter())"],
        [
            "import importlib\ns = importlib.import_module('lib.shop')",
            "dr = driver.Builder().with_modules(s).build()",
        ],
        ["from lib import shop as s", "dr = driver.Builder().with_modules(s).build()"],
        [f"%%writefile shop.py\n{FILE}", "import shop\ndr = driver.Builder().with_modules(shop).build()"],
        [
            "def spend(clicks: int) -> int:\n    return _twice(clicks)",
            "def _twice(x):\n    return 2 * x",
            (
                "from hamilton import ad_hoc_utils\nm = ad_hoc_utils.create_temporary_module(spend)\n"
                "dr = driver.Builder().with_modules(m).build()"
            ),
        ],
    ],
)
def test_modules_that_are_files(cells: list[str]) -> None:
    """The functions of a module that a driver is given become cells, wherever they are written."""
    given = [START + "\nfrom hamilton import base", *cells, "dr.execute(['spend'], inputs={'clicks': 3})"]
    groups = convert_modules(
        [GivenCell(f"c{n}", "code", text) for n, text in enumerate(given)],
        {"shop": FILE, "lib.shop": FILE}.get,
    )
    made = groups[0].conversion.cells
    assert len(groups) == 1
    assert "%%inputs\nclicks: int = 3" in [cell.source for cell in made]
    assert [cell.names for cell in made if cell.role == "node"] == [("spend",)]
    assert made[-1].source == "%compute spend"
    assert not any("driver" in cell.source for cell in made)


def test_a_cell_that_imports_a_module_and_asks_for_its_nodes() -> None:
    """The nodes stand above it."""
    cell = (
        "import shop\nfrom hamilton import driver\ndr = driver.Builder().with_modules(shop).build()\n"
        "dag = dr.display_all_functions()\nr = dr.execute(['spend'], inputs={'clicks': 3})\ndag"
    )
    made = convert_modules([GivenCell("c", "code", cell)], {"shop": FILE}.get)[0].conversion.cells
    assert [each.role for each in made] == ["kept", "setup", "inputs", "node", "kept"]
    assert made[-1].source == "import shop\n%dag\n%compute spend\nr = {'spend': spend}"


def test_a_module_that_is_nowhere() -> None:
    """A driver of it stays a comment that says so; a notebook without modules is no notebook of Hamilton."""
    other = "import elsewhere\nd2 = driver.Builder().with_modules(elsewhere).build()", "d2.execute(['a'])"
    assert written(START, TAX, *other)[-1] == (
        "# Left out, as it needs 'elsewhere', which no cell and no file beside the notebook defines.\n"
        "# d2.execute(['a'])"
    )
    assert convert_modules([GivenCell("c", "code", START), GivenCell("d", "code", other[0])]) == []


def test_an_import_that_only_an_ordinary_cell_has() -> None:
    """The module gets it, and this is told; a name that nothing imports is the reason why a module stays."""
    module = "%%cell_to_module m\ndef t(n: int) -> pd.DataFrame:\n    return pd.DataFrame({'a': [n]})"
    given = [GivenCell(f"c{n}", "code", text) for n, text in enumerate(["import pandas as pd", module])]
    made = convert_modules(given)[0].conversion
    assert made.cells[2].source == "%%setup\nimport pandas as pd"
    assert "`import pandas as pd` of an ordinary cell is in the setup, too" in notes(
        "import pandas as pd", module
    )
    assert "module 'm' stays: 't' in cell m uses 'pd', which the setup does not define" in notes(module)


def test_a_dict_that_a_cell_sets() -> None:
    """`%%set_dict` becomes the assignment that it is."""
    cells = written(
        START, "%%set_dict given\nclicks = 3\nprice = 1.5", TAX, BUILD, "dr.execute(['tax'], inputs=given)"
    )
    assert cells == [
        "given = {\n    'clicks': 3,\n    'price': 1.5,\n}",
        "%compute tax",
    ]


def test_the_notebooks_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every cell of what is written runs and gives Hamilton's values, also of a module that clashes."""
    clash = "%%cell_to_module clash\ndef spend(visits: int) -> int:\n    return visits * 3"
    cells = [START, TAX, BUILD, clash, "other = driver.Builder().with_modules(clash).build()"]
    cells += ["a = dr.execute(['tax'], inputs={'clicks': 3})['tax']"]
    cells += ["b = [dr.execute(['spend'], inputs={'clicks': n})['spend'] for n in range(3)]"]
    cells += ["c = other.execute(['spend'], inputs={'visits': 5})", "dr.list_available_variables()"]
    path = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["convert", str(path)]) == 0
    assert "proof: 4 values equal" in capsys.readouterr().out
    shell = InteractiveShell()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for cell in read_notebook(tmp_path / "n_dataflow.ipynb").cells:
            done = shell.run_cell(cell.source, store_history=True)
            assert done.success, cell.source
    assert round(shell.user_ns["a"], 6) == 1.2
    assert shell.user_ns["b"] == [0.0, 2.0, 4.0]
    assert shell.user_ns["c"] == {"spend": 15}


def test_a_module_that_stays_keeps_its_drivers() -> None:
    """Its cell, its driver, its requests and the extension are as they were."""
    whole = (
        "%%cell_to_module whole\nfrom hamilton.function_modifiers import subdag\n\n\n"
        "@subdag('shop')\ndef inner(spend: int) -> int:\n    return spend"
    )
    own = (
        "w = driver.Builder().with_modules(whole).build()\nprint(w.execute(['inner'], inputs={'clicks': 3}))"
    )
    given = [START, TAX, BUILD, whole, own]
    cells = convert_modules([GivenCell(f"c{n}", "code", text) for n, text in enumerate(given)])[
        0
    ].conversion.cells
    texts = [
        cell.source
        for cell in cells
        if not cell.source.startswith(("%%node", "%%setup", "%%inputs", "%%params"))
    ]
    assert texts == [
        "%load_ext kernel_magics\n%load_ext hamilton.plugins.jupyter_magic",
        "from hamilton import driver",
        whole,
        own,
    ]
