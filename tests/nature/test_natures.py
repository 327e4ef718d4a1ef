"""Natures of dataflows: by node and from the inputs on, in notebooks, modules, on the command line, in views."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.cli.main import main
from kernel_magics.nature.kept import Kept, nature_of, read_nature
from kernel_magics.nature.natures import NodeNature
from kernel_magics.view.natures import nature_html, nature_text
from tests.magics.kernel import Kernel
from tests.module_file import import_module
from tests.nature.labels import shop
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport numpy as np\nimport pandas as pd",
    "%%inputs --key store --time day\n"
    "_random = np.random.default_rng(0)\n"
    "sales: pd.DataFrame = pd.DataFrame({'store': np.tile(['a', 'b', 'c', 'd'], 40),"
    " 'day': np.repeat(pd.date_range('2024-01-01', periods=40), 4), 'amount': _random.gamma(2, 50, 160).round(2)})",
    "%%node euro\nsales['amount'] * 2",
    "%%node before\neuro.groupby(sales['store']).shift(1)",
    "%%node mean\nsales['amount'].mean()",
    "%%node above\nsales['amount'] > mean",
    "%%node parts\n{'double': euro * 2, 'half': euro / 2}",
    "%%node half\nparts['half'] + 1",
]


@pytest.fixture(scope="module")
def natures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NodeNature]:
    """The natures of a small notebook."""
    path = write_notebook(tmp_path_factory.mktemp("book") / "sales.ipynb", CELLS)
    return Dataflow.from_notebook(path).natures()


def test_keys_and_times_of_the_inputs_hold_for_all_nodes(natures: dict[str, NodeNature]) -> None:
    """Keys and times declared on `%%inputs` are found for nodes that read columns without them."""
    assert {name: found.own.scope for name, found in natures.items()} == {
        "euro": "row",
        "before": "key",
        "mean": "whole",
        "above": "row",
        "parts": "row",
        "half": "row",
    }
    before = natures["before"].own
    assert (before.by("store"), bool(before.point_in_time), before.look_back_rows.span) == (True, True, 1)


def test_from_the_inputs_on_all_that_lies_between_has_to_hold(natures: dict[str, NodeNature]) -> None:
    """What a node reads decides what holds from the inputs on, and is named where it does not."""
    assert natures["half"].ends.row_wise.holds is True
    assert natures["before"].ends.keys["store"].holds is True
    above = natures["above"].ends
    assert above.row_wise.holds is None
    assert above.row_wise.why.startswith("through 'mean': ")
    assert above.point_in_time.holds is None


def test_natures_as_json_and_as_tables(natures: dict[str, NodeNature]) -> None:
    """Every verdict is in the JSON; the tables name each node, and HTML escapes what it shows."""
    found = json.loads(json.dumps({name: each.to_json() for name, each in natures.items()}))
    assert found["before"]["key_wise"]["store"]["holds"] is True
    assert found["before"]["row_wise"]["holds"] is False
    assert "became" in found["before"]["row_wise"]["why"]
    assert found["above"]["from_inputs"]["row_wise"]["holds"] is None
    text = nature_text(natures)
    assert "before  rows of euro" in text
    assert "not row-wise: at store" in text
    assert "dagbook-natures" in nature_html(natures)
    assert "<script" not in nature_html({"<script>": natures["euro"]})


def test_natures_are_kept_until_code_or_sample_change(tmp_path: Path) -> None:
    """What was learnt is not tried again: neither in this process, nor from a folder; after an edit it is."""
    module = import_module(tmp_path, "def double(df):\n    return df['units'] * 2\n")
    tried: list[str] = []

    def learn(kept: Kept, table: pd.DataFrame, text: str = "") -> NodeNature:
        flow = Dataflow.from_module(import_module(tmp_path, text) if text else module)
        return flow.natures(inputs={"df": table}, key="store", time="day", kept=kept, note=tried.append)[
            "double"
        ]

    first = learn(Kept(tmp_path / "natures"), shop())
    again = learn(Kept(tmp_path / "natures"), shop())
    assert tried == ["double"]
    assert again == first
    learn(Kept(tmp_path / "natures"), shop(seed=1))
    learn(Kept(tmp_path / "natures"), shop(), "def double(df):\n    return df['units'] * 3\n")
    assert tried == ["double"] * 3


def test_a_damaged_record_is_learnt_anew(tmp_path: Path) -> None:
    """A file that holds no nature is as good as none."""
    module = import_module(tmp_path, "def double(df):\n    return df['units'] * 2\n")
    flow = Dataflow.from_module(module)
    flow.natures(inputs={"df": shop()}, kept=Kept(tmp_path / "natures"))
    paths = list((tmp_path / "natures").rglob("*.json"))
    for path in paths:
        path.write_text('{"shape": 3}')
    found = flow.natures(inputs={"df": shop()}, kept=Kept(tmp_path / "natures"))
    assert found["double"].own.scope == "row"
    with pytest.raises(KeyError):
        nature_of({})
    good = paths[0].read_text()
    assert read_nature(paths[0]) is not None
    paths[0].write_text(good.replace('"rows of df"', '"rows of dg"'))
    assert read_nature(paths[0]) is None
    (paths[0].parent / "other.json").write_text(good)
    assert read_nature(paths[0].parent / "other.json") is None


def test_what_only_reads_keeps_nothing(tmp_path: Path) -> None:
    """Natures are learnt for a check, and nothing is written for it."""
    module = import_module(tmp_path, "def double(df):\n    return df['units'] * 2\n")
    flow = Dataflow.from_module(module)
    assert flow.natures(inputs={"df": shop()}, kept=Kept(tmp_path / "natures", writes=False))[
        "double"
    ].own.row_wise
    assert not (tmp_path / "natures").exists()


def test_nature_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command learns from a notebook's samples or from files, and `graph` and `lineage` know it then."""
    book = write_notebook(tmp_path / "sales.ipynb", CELLS)
    assert main(["nature", str(book), "--outputs", "before,above"]) == 0
    out = capsys.readouterr().out
    assert "before" in out
    assert "by store" in out
    assert main(["nature", str(book), "--outputs", "before", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert found["nodes"]["before"]["point_in_time"]["holds"] is True
    assert main(["graph", str(book), "-o", str(tmp_path / "x.json")]) == 0
    nodes = {node["name"]: node for node in json.loads((tmp_path / "x.json").read_text())["nodes"]}
    assert nodes["before"]["nature"]["scope"] == "key"
    assert nodes["half"]["nature"] is None
    capsys.readouterr()
    assert main(["lineage", str(book), "before"]) == 0
    assert "by store, point-in-time" in capsys.readouterr().out


def test_nature_command_on_a_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module has no samples, so its inputs are files; without them the command says what is missing."""
    module = tmp_path / "features.py"
    module.write_text("def before(df):\n    return df.groupby('store')['units'].shift(1)\n")
    assert main(["nature", str(module)]) == 1
    assert "DB306" in capsys.readouterr().err
    shop().to_parquet(tmp_path / "shop.parquet")
    given = ["--input", f"df={tmp_path / 'shop.parquet'}", "--key", "store", "--time", "day"]
    assert main(["nature", str(module), *given]) == 0
    assert "by store" in capsys.readouterr().out


def test_nature_magic(kernel: Kernel) -> None:
    """`%nature` shows a table; the views, `%lineage` and an edit follow."""
    for number, cell in enumerate(CELLS[:5]):
        assert kernel.run(cell, f"c{number}").status == "ok"
    result = kernel.run("%nature before", "n")
    assert "by store" in result.text
    assert "dagbook-natures" in result.html
    assert "by store, point-in-time" in kernel.run("%lineage before", "l").text
    kernel.run("%%node before\neuro.groupby(sales['store']).shift(2)", "c3")
    assert "by store" not in kernel.run("%lineage before", "l").text
    assert "DB308 'sales' is a input" not in kernel.run("%nature sales", "n").error
    assert "DB308" in kernel.run("%nature sales", "n").error


def test_natures_are_excluded_from_version_control_in_the_hidden_folder_only(tmp_path: Path) -> None:
    """A folder that somebody names gets no file that hides the project around it."""
    flow = Dataflow.from_module(import_module(tmp_path, "def double(df):\n    return df['units'] * 2\n"))
    for folder in (tmp_path / "natures", tmp_path / ".dagbook" / "natures"):
        flow.natures(inputs={"df": shop()}, kept=Kept(folder))
        assert list(folder.rglob("*.json"))
    assert [path.parent.name for path in tmp_path.rglob(".gitignore")] == [".dagbook"]


def test_paths_on_the_command_line_are_those_of_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input is found from where the command is typed, as in a run, not from beside the module."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "shop_module.py").write_text("def double(df):\n    return df['units'] * 2\n")
    shop().to_parquet(tmp_path / "shop.parquet")
    monkeypatch.chdir(tmp_path)
    words = ["below/shop_module.py", "--input", "df=shop.parquet"]
    assert main(["nature", *words, "--key", "store", "--time", "day"]) == 0
