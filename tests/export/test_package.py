"""The package target: an installable project that computes the notebook's values from files."""

import os
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from ruff.__main__ import find_ruff_bin

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import ExportError
from kernel_magics.export.export import export_flow
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from kernel_magics.export.staging import STAGING
from tests.export.notebooks import make_session
from tests.notebook_file import write_notebook
from tests.type_check import Mypy
from tests.warm import run_warm

CELLS = (
    "%%setup\nimport asyncio\n\nimport numpy as np\nimport pandas as pd",
    "%%inputs\nsales: pd.DataFrame = pd.DataFrame({'day': pd.to_datetime(['2025-01-03', '2025-01-04', '2025-01-04']),\n"
    "    'zip': ['01234', '99999', '01234'], 'euro': [10.0, 20.0, 5.0]})  # one row for each | sale\n"
    "weight: pd.Series = pd.Series([1.0, 2.0, 3.0])\nbase: int = 2",
    "%%params\nregion: str = 'US'  # where it is sold\nsince: pd.Timestamp = pd.Timestamp('2025-01-01')",
    "%%node net --when region=US\n# Money without tax.\nsales['euro'] + base",
    "%%node net --when region=EU\nsales['euro'] / 1.2",
    "%%node recent\nsales['day'] >= since",
    "%%node\nasync def weighted(net, weight):\n    await asyncio.sleep(0)\n    return net * weight",
    "%%node low, high\nlow = net.min()\nhigh = net.max()",
    "%%node east\nsales['zip'].str.startswith('0')",
    "%%node pair\n(low, high, low)",
    "%%check net\nnet > 0  # never free",
    "%%check base\nbase > 0",
    "%%check sales --warn\nlen(sales) > 2  # enough rows",
    "%%test recent\nassert recent(pd.DataFrame({'day': [pd.Timestamp('2030-01-01')]})).all()",
)


@dataclass(frozen=True)
class Made:
    """An exported package, the interpreter of the environment where it is installed, and its folder there."""

    root: Path
    python: Path
    site: Path
    report: Report

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command in the package's folder, run by that interpreter."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        command = [str(self.python), *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def run_warm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same, faster: what is installed there runs in this environment."""
        return run_warm(arguments, self.root, {**os.environ, "PYTHONPATH": str(self.site)})


def make(folder: Path, *cells: str, **options: object) -> Report:
    """Export cells as the package in this folder."""
    request = ExportRequest(
        "sales",
        "sales.ipynb",
        folder,
        kind="package",
        draw=lambda graph, title: f"<svg>{title} {len(graph.names())}</svg>",
        **options,  # type: ignore[arg-type]
    )
    return export_flow(make_session(*cells), request)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A package, its wheel built and installed in a fresh environment without its dependencies' download."""
    folder = tmp_path_factory.mktemp("package")
    root = folder / "sales-features"
    report = make(root, *CELLS)
    pip = [sys.executable, "-m", "pip"]
    wheel = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(root)]
    subprocess.run([*pip, *wheel], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "fresh")], check=True)
    python = folder / "fresh" / "bin" / "python"
    built = next(folder.glob("*.whl"))
    install = ["install", "--quiet", "--no-deps", "--no-index", str(built)]
    subprocess.run([*pip, "--python", str(python), *install], check=True)
    site = next((folder / "fresh" / "lib").glob("python*/site-packages"))
    (site / "neighbours.pth").write_text(sysconfig.get_path("purelib"))  # instead of downloading pandas
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-12-31", "2025-02-01"]),
            "zip": ["00001", "10000"],
            "euro": [12.0, 24.0],
        }
    )
    frame.to_csv(root / "sales.csv", index=False)
    frame.to_parquet(root / "sales.parquet")
    pd.Series([1.0, 10.0], name="weight").to_csv(root / "weight.csv")
    return Made(root, python, site, report)


def test_the_project_has_what_a_project_needs(made: Made) -> None:
    """Sources in `src`, tests, README, picture, typing mark; dependencies are the imports, pinned to what ran."""
    files = {str(path.relative_to(made.root)) for path in made.root.rglob("*") if path.suffix != ".csv"}
    home = "src/sales_features"
    expected = {"__init__.py", "__main__.py", "features.py", "py.typed"}
    assert {f"{home}/{name}" for name in expected} | {"README.md", "lineage.svg", "pyproject.toml"} <= files
    assert {"tests/test_features.py", "tests/test_features.json"} <= files
    project = tomllib.loads((made.root / "pyproject.toml").read_text())
    assert project["project"]["name"] == "sales-features"
    assert project["project"]["dependencies"] == [f"pandas=={pd.__version__}"]
    assert [item.partition("==")[0] for item in project["project"]["optional-dependencies"]["test"]] == [
        "numpy",
        "pytest",
    ]
    assert (made.root / "lineage.svg").read_text().startswith("<svg>sales 16</svg>\n<!-- Source hash ")


def test_the_readme_names_inputs_outputs_and_checks(made: Made) -> None:
    """The README lists inputs, outputs and checks, and has the picture."""
    text = (made.root / "README.md").read_text()
    for line in (
        "![what is computed from what](lineage.svg)",
        "| `sales` | `pd.DataFrame` | one row for each \\| sale |",
        "| `region` | `str` | `'US'` | where it is sold |",
        "| `net` | `pd.Series` | Money without tax. |",
        "| `net` | `check_net` | stops |",
        "| `sales` | `warn_sales` | warns |",
    ):
        assert line in text
    outputs = text.split("## Outputs")[1].split("##")[0]
    assert "`weighted`" in outputs
    assert "`pair`" not in outputs  # no column


def test_its_own_tests_pass_where_it_is_installed(made: Made) -> None:
    """In the fresh environment, pytest on the project is green and runs the installed module."""
    done = made.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert f"{made.report.tests} passed" in done.stdout


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_reads_and_writes_files(made: Made, suffix: str) -> None:
    """Dates, texts that look like numbers, and an index survive; defaults and variants are those of the module."""
    done = made.run(
        "-m", "sales_features", "-o", f"out.{suffix}", "--outputs", "net,recent,weighted,east,high",
        "--input", f"sales=sales.{suffix}", "--input", "weight=weight.csv", "--input", "base=3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warning: 'sales' is not as it should be: enough rows." in done.stderr
    path = made.root / f"out.{suffix}"
    frame = pd.read_csv(path, index_col=0) if suffix == "csv" else pd.read_parquet(path)
    assert frame.to_dict("list") == {
        "net": [15.0, 27.0],
        "recent": [False, True],
        "weighted": [15.0, 270.0],
        "east": [True, False],
        "high": [27.0, 27.0],
    }


def test_params_choose_variants_and_take_the_type_of_their_default(made: Made) -> None:
    """A text becomes a date where the default is one; what the variant does not read need not be given."""
    done = made.run_warm(
        "-m", "sales_features", "-o", "eu.csv", "--outputs", "net,recent", "--param", "region=EU",
        "--param", "since=2024-01-01", "--input", "sales=sales.csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(made.root / "eu.csv", index_col=0)
    assert frame.to_dict("list") == {"net": [10.0, 20.0], "recent": [True, True]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outputs", "net", "--input", "sales=sales.csv"], "input 'base' was not given.\nAdd --input base=FILE."),
        (["--outputs", "nte", "--input", "sales=sales.csv"], "'nte' is no output"),
        (["--outputs", "recent", "--input", "sales=absent.csv"], "cannot read 'absent.csv'"),
        (["--outputs", "recent", "--input", "sale=sales.csv"], "there is no input 'sale'"),
        (["--outputs", "recent", "--param", "since=yes", "--input", "sales=sales.csv"], "param 'since' must be Timestamp, which 'yes' is not."),
        (["--outputs", "net", "--input", "base=-99", "--input", "sales=sales.csv"], "'net' is not as it must be: never free"),
        (["--outputs", "net", "--input", "base=-99", "--input", "sales=sales.csv"], "'base' is not as it must be: base > 0."),
        (["--outputs", "net,pair", "--input", "base=1", "--input", "sales=sales.csv"], "make no one table: 'net' (2 rows); 'pair' (3 rows)"),
    ],
)  # fmt: skip
def test_problems_are_short_and_leave_the_output(made: Made, arguments: list[str], message: str) -> None:
    """A problem that the user can solve is a line on stderr, one for each check; exit code 1; existing files are kept."""
    (made.root / "kept.csv").write_text("old")
    done = made.run_warm("-m", "sales_features", "-o", "kept.csv", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert (made.root / "kept.csv").read_text() == "old"


def test_checks_can_warn_instead(made: Made) -> None:
    """With `--checks warn` the output is written although a check does not hold."""
    arguments = ["--outputs", "net", "--input", "base=-99", "--input", "sales=sales.csv", "--checks", "warn"]
    done = made.run_warm("-m", "sales_features", "-o", "warned.csv", *arguments)
    assert done.returncode == 0, done.stderr
    assert "never free" in done.stderr
    assert (made.root / "warned.csv").is_file()


def test_ruff_and_mypy_accept_the_project(made: Made, mypy: Mypy) -> None:
    """The whole project is formatted, without findings, and consistently typed."""
    for command in (["format", "--check", "--isolated"], ["check", "--isolated"]):
        done = subprocess.run(
            [find_ruff_bin(), *command, str(made.root)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
    done = mypy(made.root, "src/sales_features")
    assert done.returncode == 0, done.stdout


def test_name_and_version_of_the_project_stay(tmp_path: Path) -> None:
    """A release number that was edited by hand outlives the next export; an equal export writes nothing."""
    root = tmp_path / "sales"
    cells = ("%%inputs\nx: int = 1", "%%node y\nx + 1")
    make(root, *cells, run=False)
    project = root / "pyproject.toml"
    project.write_text(
        project.read_text().replace('"0.1.0"', '"2.3.4"').replace('name = "sales"', 'name = "acme-sales"')
    )
    assert make(root, *cells, run=False).written == ()
    make(root, *cells, "%%node z\ny * 2", run=False)
    kept = tomllib.loads(project.read_text())["project"]
    assert (kept["name"], kept["version"]) == ("acme-sales", "2.3.4")


def test_what_a_killed_export_left_is_gone_after_the_next(tmp_path: Path) -> None:
    """Hidden files of an export that died are removed, wherever in the project they are."""
    root = tmp_path / "sales"
    cells = ("%%inputs\nx: int = 1", "%%node y\nx + 1")
    make(root, *cells, run=False)
    for file in ("pyproject.toml", "src/sales/__main__.py", "tests/test_features.py"):
        (root / file).with_name(STAGING).mkdir()
        ((root / file).with_name(STAGING) / "0.new").write_text("half")
    make(root, *cells, run=False)
    assert [path for path in root.rglob("*") if "dagbook" in path.name] == []


TYPED = (
    "%%setup\nimport enum\nfrom dataclasses import dataclass\n\nimport pandas as pd\nimport polars as pl\n\n\n"
    "class Mode(enum.Enum):\n    FAST = 1\n    SLOW = 2\n\n\n@dataclass(frozen=True)\nclass Window:\n    days: int\n",
    "%%inputs\nshops: pd.DataFrame = pd.DataFrame({'id': ['007', '010'], 'country': ['NA', 'DE'], 'n': [1, 2]}).set_index('id')\n"
    "spend: pd.Series = pd.Series([1.0, 2.0], index=pd.to_datetime(['2024-01-01', '2024-01-02']))\n"
    "trips: pl.DataFrame = pl.DataFrame({'km': [1.5, 2.0]})\nnames: list[str] = ['NA']\nrate: float = 2.0",
    "%%params\ndrop: bool = True\nversion: str = '1.0'\nsince: pd.Timestamp = pd.Timestamp('2024-01-01')\n"
    "mode: Mode = Mode.FAST\nwindow: Window = Window(2)\nlags: list[int] = [1]\ntop: int | None = None",
    "%%node kept\n(shops[shops['country'].isin(names)] if drop else shops).assign(n=shops['n'] * rate, version=version)",
    "%%node recent\nspend[spend.index >= since].rolling(f'{window.days}D').sum() * mode.value + sum(lags) + (top or 0)",
    "%%node share\ntrips.select(pl.col('km') / pl.col('km').sum())",
    "%%node settings\n{'drop': drop, 'mode': mode.name, 'top': top}",
    "%%node base\nshops * 1",
    "%%node capped\nbase.assign(n=base['n'].clip(upper=2))",
)
FILES = {
    "shops.csv": "id,country,n\n007,NA,1\n008,FR,5\n",
    "spend.csv": "day,spend\n2024-01-01,1\n2024-02-01,2\n2024-02-02,4\n",
    "trips.csv": "km\n1\n3\n",
    "names.json": '["NA", "FR"]',
    "broken.csv": "id,country,n\n007,NA,many\n",
}


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook, its package, and files of its inputs."""
    folder = tmp_path_factory.mktemp("typed")
    notebook = write_notebook(folder / "typed.ipynb", list(TYPED))
    assert main(["export", str(notebook), "--target", "package", "-o", str(folder / "typed")]) == 0
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


RUNS: dict[str, tuple[list[str], str]] = {
    "indexes, leading zeros and the text NA": (["--outputs", "kept", "--input", "shops=shops.csv", "--input", "names=names.json", "--input", "rate=3"], "id,country,n,version\n007,NA,3.0,1.0\n008,FR,15.0,1.0\n"),
    "lists and params as texts": (["--outputs", "kept", "--input", "shops=shops.csv", "--input", "names=FR,XX", "--input", "rate=1", "--param", "version=1.10"], "id,country,n,version\n008,FR,5.0,1.10\n"),
    "words of truth": (["--outputs", "kept", "--input", "shops=shops.csv", "--input", "names=[]", "--input", "rate=1", "--param", "drop=no"], "id,country,n,version\n007,NA,1.0,1.0\n008,FR,5.0,1.0\n"),
    "dates, enums, lists, classes, optional": (["--outputs", "recent", "--input", "spend=spend.csv", "--param", "since=2024-02-01", "--param", "mode=SLOW", "--param", 'window={"days": 2}', "--param", "lags=10,20", "--param", "top=none"], ",recent\n2024-02-01,34.0\n2024-02-02,42.0\n"),
    "Polars": (["--outputs", "share", "--input", "trips=trips.csv"], "km\n0.25\n0.75\n"),
    "a cell that does not fit": (["--outputs", "base", "--input", "shops=broken.csv"], "column 'n' must be int64, and 1 of 1 values is not: 'many' (row 1)"),
    "a column that is missing": (["--outputs", "base", "--input", "shops=trips.csv"], "column 'id' (str) is missing: the file has 'km'"),
    "a param of another type": (["--outputs", "base", "--input", "shops=shops.csv", "--param", "lags=x"], "param 'lags' must be list[int]"),
    "an enum that is none": (["--outputs", "base", "--input", "shops=shops.csv", "--param", "mode=NO"], "one of FAST, SLOW"),
    "columns of one name": (["--outputs", "base,capped", "--input", "shops=shops.csv"], "'capped' cannot become a column: the column 'country' exists already"),
    "different rows": (["--outputs", "base,recent", "--input", "shops=shops.csv", "--input", "spend=spend.csv"], "'base' (index id, 2 rows); 'recent' (3 rows)"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_the_package_and_the_notebook_read_and_write_alike(
    typed: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind: types from the notebook's samples and defaults hold in both commands, bytes and messages."""
    monkeypatch.chdir(typed)
    words, expected = RUNS[name]
    code = main(["run", "typed.ipynb", "-o", "ours.csv", *words])
    said = capsys.readouterr().err
    environment = {**os.environ, "PYTHONPATH": str(typed / "typed/src")}
    done = run_warm(["-m", "typed", "-o", "theirs.csv", *words], typed, environment)
    assert (done.returncode != 0) == (code != 0), done.stderr
    if code:
        assert expected in said
        assert expected in done.stderr or expected[1:] in done.stderr
    else:
        assert Path("ours.csv").read_text() == expected == Path("theirs.csv").read_text()


def test_a_package_writes_a_folder(typed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs with different rows have a file each, and what is no table is JSON."""
    monkeypatch.chdir(typed)
    command = [
        sys.executable,
        "-m",
        "typed",
        "-o",
        "out/",
        "--format",
        "csv",
        "--outputs",
        "base,recent,settings",
    ]
    environment = {**os.environ, "PYTHONPATH": "typed/src"}
    given = ["--input", "shops=shops.csv", "--input", "spend=spend.csv", "--param", "top=3"]
    done = subprocess.run([*command, *given], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == ["base.csv", "recent.csv", "settings.json"]
    assert Path("out/settings.json").read_text() == '{"drop": true, "mode": "FAST", "top": 3}\n'


@pytest.mark.parametrize(
    ("sample", "change"),
    [
        ("pd.DataFrame({'a': [1.0, 5.0]})", "base['a'] = base['a'].clip(upper=2)\nbase"),
        ("np.array([1.0, 5.0])", "base[1] = 2\nbase"),
        ("[1.0, 5.0]", "base[1] = 2\nbase"),
        ("{'a': [1.0, 5.0]}", "base['a'][1] = 2\nbase"),
    ],
    ids=["frame", "array", "list", "nested"],
)
def test_a_changed_input_changes_no_other_output(tmp_path: Path, sample: str, change: str) -> None:
    """A function that changes its input in place changes nothing that others read, as in the notebook (r25)."""
    session = make_session(
        "%%setup\nimport numpy as np\nimport pandas as pd",
        "%%inputs\nn: int = 1",
        f"%%node base\n{sample}",
        f"%%node capped\n{change}",
        "%%node seen\n(str(base), str(capped))",
    )
    export_flow(session, ExportRequest("p", "p.ipynb", tmp_path / "p", kind="package", run=False))
    code = (
        "from p.__main__ import compute; before, after = compute(['capped', 'seen'], {})['seen'];"
        "assert '5' in before and '5' not in after, (before, after)"
    )
    done = run_warm(["-c", code], tmp_path, {**os.environ, "PYTHONPATH": str(tmp_path / "p" / "src")})
    assert done.returncode == 0, done.stderr


def test_a_package_has_only_what_it_needs(typed: Path, made: Made) -> None:
    """The modules for Polars are there where the dataflow uses it; nothing imports Dagbook."""
    names = {path.name for path in (typed / "typed/src/typed/tables").iterdir()}
    assert "polars_.py" in names
    assert not any(name.startswith("arrow_") for name in names)
    assert not (made.root / "src/sales_features/tables/polars_.py").exists()
    for path in (typed / "typed/src").rglob("*.py"):
        assert "kernel_magics" not in path.read_text(), path


def test_the_command_line_has_the_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--target package` makes a folder with the picture of the graph, `--target hamilton` a decorated module."""
    notebook = write_notebook(tmp_path / "sales.ipynb", list(CELLS))
    folder, module = tmp_path / "my-sales", tmp_path / "features.py"
    assert main(["export", str(notebook), "--target", "package", "-o", str(folder), "--no-run"]) == 0
    assert (folder / "lineage.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (folder / "src" / "my_sales" / "features.py").is_file()
    assert main(["export", str(notebook), "--target", "hamilton", "-o", str(module), "--no-run"]) == 0
    assert "@config.when_in(region=['US', None])".replace("'", '"') in module.read_text(encoding="utf-8")
    assert main(["export", str(notebook), "--target", "package", "-o", str(module), "--no-run"]) == 1
    assert "DB508 'features.py' is no folder." in capsys.readouterr().err


def test_without_a_run_the_tables_stay(tmp_path: Path) -> None:
    """`--no-run` keeps what an earlier run saw of the samples; `--check` agrees with it."""
    make(tmp_path / "sales", *CELLS)
    assert make(tmp_path / "sales", *CELLS, run=False).written == ()
    assert make(tmp_path / "sales", *CELLS, check=True).drift == ""


@pytest.mark.parametrize("name", ["features.py", "1st", "pandas", "class"])
def test_a_name_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    """A package is a folder whose name can be that of a module."""
    with pytest.raises(ExportError) as caught:
        make(tmp_path / name, "%%inputs\nx: int = 1", "%%node y\nx + 1")
    assert caught.value.code == "DB508"
    assert list(tmp_path.iterdir()) == []
