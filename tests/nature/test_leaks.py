"""Leaks are found by experiment, named where they are written, and stop a check and an export."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.assist import problems
from kernel_magics.cli.main import main
from kernel_magics.engine.session.session import Session
from kernel_magics.loading.files import import_file
from kernel_magics.nature.kept import Kept
from kernel_magics.nature.leak import Leak
from kernel_magics.nature.natures import Natures, learn_natures
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.world import session_world
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from tests.assist.books import book
from tests.nature.test_natures import CELLS
from tests.notebook_file import write_notebook

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
START = CELLS[:2]
BEFORE = "%%node before\nsales.groupby('store')['amount'].shift(1)"
TOMORROW = "%%node tomorrow\nsales.groupby('store')['amount'].shift(-1)"
AFTER = "%%node twice\ntomorrow * 2"
MEAN = "%%node mean\nsales['amount'].mean()"
SCALE = "%%node scale\nmean * 2"
ABOVE = "%%node above\nsales['amount'] > scale"
COUNTED = "%%node counted\nabove.groupby(sales['store']).cumsum()"


def learnt(tmp_path: Path, *cells: str) -> Natures:
    """The natures of a notebook."""
    session = Session(VALUES)
    path = write_notebook(tmp_path / "sales.ipynb", cells)
    session.register(*read_notebook(str(path)).sources(), load=False)
    return learn_natures(session_world(session))


def test_the_node_that_reads_ahead_is_named_and_nothing_downstream(tmp_path: Path) -> None:
    """Of a shift by -1 and what is made of it, the shift is the leak, with a counterexample."""
    found = learnt(tmp_path, *START, BEFORE, TOMORROW, AFTER)
    assert [leak.node for leak in found.leaks] == ["tomorrow"]
    assert found.leaks[0].text.startswith("'tomorrow' reads the future: at store ")
    assert "became NaN when rows after 2024-" in found.leaks[0].text


def test_a_value_of_all_rows_leaks_where_rows_in_time_read_it(tmp_path: Path) -> None:
    """A mean of all days is named with the first node that reads it at some time; alone it is no leak."""
    assert learnt(tmp_path, *START, MEAN, SCALE).leaks == ()
    found = learnt(tmp_path, *START, MEAN, SCALE, ABOVE, COUNTED)
    assert [(leak.node, leak.seen) for leak in found.leaks] == [("mean", "above")]
    assert "'mean' is made of rows of all times, and 'above' reads it" in found.leaks[0].text


def test_what_may_read_ahead_is_no_leak_nor_what_reads_it(tmp_path: Path) -> None:
    """`--future` permits a target, and a mean that is known ahead; what reads them is judged by itself."""
    permitted = [
        cell.replace("\n", ' --future "known ahead"\n', 1) if cell in (TOMORROW, MEAN) else cell
        for cell in (TOMORROW, AFTER, MEAN, SCALE, ABOVE, COUNTED)
    ]
    found = learnt(tmp_path, *START, *permitted)
    assert found.leaks == ()
    assert found["tomorrow"].future == "known ahead"
    assert found["tomorrow"].to_json()["future"] == "known ahead"


def test_check_point_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option fails on leaks, tells what is not known, and passes where nothing leaks."""
    path = write_notebook(tmp_path / "sales.ipynb", [*START, BEFORE, TOMORROW, MEAN])
    assert main(["check", str(path)]) == 0
    assert main(["check", str(path), "--point-in-time", "--json"]) == 1
    summary = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert [(error["code"], error["message"][:10]) for error in summary["errors"]] == [
        ("DB341", "'tomorrow'")
    ]
    assert summary["unknown"] == ["mean"]
    write_notebook(path, [*START, BEFORE])
    assert main(["check", str(path), "--point-in-time"]) == 0


def test_an_export_refuses_leaks_and_writes_nothing(tmp_path: Path) -> None:
    """Where the notebook declares keys or times, a leak stops the export until its cell permits it."""
    path, module = write_notebook(tmp_path / "sales.ipynb", [*START, TOMORROW]), tmp_path / "feats.py"
    words = ["export", str(path), "-o", str(module)]
    assert main(words) == 1
    assert not module.exists()
    write_notebook(path, [*START, TOMORROW.replace("\n", ' --future "target"\n', 1)])
    assert main(words) == 0


def test_a_module_carries_the_permission(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a cell permits, the exported module permits, too, and its check tells what is not permitted."""
    cells = [*START, BEFORE, TOMORROW.replace("\n", " --future 'the label'\n", 1)]
    path, module = write_notebook(tmp_path / "sales.ipynb", cells), tmp_path / "feats.py"
    assert main(["export", str(path), "-o", str(module), "--no-run"]) == 0
    Dataflow.from_notebook(path).declared("sales")[1].to_parquet(tmp_path / "sales.parquet")
    checked = ["--point-in-time", "--input", f"sales={tmp_path / 'sales.parquet'}", "--seconds", "2"]
    assert main(["check", str(module), *checked]) == 0, capsys.readouterr().err
    assert "no leak of the future" in capsys.readouterr().out
    text = module.read_text()
    module.write_text("\n".join(row for row in text.split("\n") if "'the label'" not in row))
    assert main(["check", str(module), *checked]) == 1
    error = capsys.readouterr().err
    assert error.startswith("DB341 'tomorrow' reads the future")
    assert 'say `# --future "why"` above the function' in error


def test_a_module_carries_the_permission_of_a_family(tmp_path: Path) -> None:
    """Also where the family is a table of many members: each has it, and none is a leak."""
    family = (
        "%%node ahead_{k} --for k=1..25 --future \"it's known\"\nsales.groupby('store')['amount'].shift(-k)"
    )
    path, module = write_notebook(tmp_path / "sales.ipynb", [*START, family]), tmp_path / "family_feats.py"
    assert main(["export", str(path), "-o", str(module), "--no-run"]) == 0
    flow = Dataflow.from_module(import_file(str(module)))
    assert {flow.nodes[f"ahead_{k}"].future for k in range(1, 26)} == {"it's known"}
    sales = Dataflow.from_notebook(path).declared("sales")[1]
    found = flow.natures(["ahead_1", "ahead_25"], inputs={"sales": sales}, key="store", time="day", seconds=2)
    assert found["ahead_1"].own.point_in_time.holds is False
    assert found.leaks == ()


def test_a_module_with_decorators_permits(tmp_path: Path) -> None:
    """Also where Apache Hamilton determines the nodes."""
    module = tmp_path / "tagged_feats.py"
    module.write_text(
        "import pandas as pd\nfrom hamilton.function_modifiers import tag\n\n\n"
        "# --future 'target'\n@tag(a='b')\ndef ahead(x: pd.Series) -> pd.Series:\n    return x.shift(-1)\n"
    )
    flow = Dataflow.from_module(import_file(str(module)))
    assert flow.nodes["ahead"].future == "target"


def test_a_notebook_takes_no_inputs_to_its_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is checked on its samples; keys and times stand in its cells."""
    path = write_notebook(tmp_path / "sales.ipynb", [*START, BEFORE])
    assert main(["check", str(path), "--point-in-time", "--key", "store"]) == 2
    assert "--key belongs to the check of a module" in capsys.readouterr().err


def test_problems_show_a_leak_at_its_cell_until_it_is_permitted() -> None:
    """The editor underlines the node that leaks; the option on its line ends that."""
    leak = Leak("tomorrow", "at 3: 1 became NaN when rows after 3 were left out", "tomorrow")
    found = problems(book(*START, BEFORE, TOMORROW), leaks=[leak])
    assert [(item.code, item.place.cell, item.place.name, item.severity) for item in found] == [
        ("DB341", "d", "tomorrow", "error")
    ]
    permitted = TOMORROW.replace("\n", ' --future "target"\n', 1)
    assert problems(book(*START, BEFORE, permitted), leaks=[leak]) == ()
    assert problems(book(*START, BEFORE), leaks=[leak]) == ()


def test_dates_that_do_not_plainly_tell_the_time_are_told() -> None:
    """Two columns of dates, or dates as text, need a word; a declared one is the time."""
    days = pd.date_range("2024-01-01", periods=30)
    orders = pd.DataFrame({"ordered": days, "paid": days + pd.Timedelta(days=2), "amount": range(30)})
    assert "'orders' has several times (ordered, paid)" in Sample({"orders": orders}).untold
    assert Sample({"orders": orders}, times=("paid",)).untold == ""
    texts = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "amount": range(30)})
    assert "its time ('day') as text" in Sample({"texts": texts}).untold
    assert Sample({"plain": orders[["amount", "paid"]]}).untold == ""


def test_nothing_is_kept_through_a_link(tmp_path: Path) -> None:
    """A `.dagbook` that leads elsewhere is not written to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".dagbook").symlink_to(tmp_path / "elsewhere")
    kept = Kept(tmp_path / ".dagbook" / "natures")
    session = Session(VALUES)
    session.register(*read_notebook(str(write_notebook(tmp_path / "n.ipynb", [*START, BEFORE]))).sources())
    kept.put("ab", learn_natures(session_world(session))["before"].own, "cd")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "quickstart",
        pytest.param("churn_features", marks=pytest.mark.slow),
        pytest.param("churn_model", marks=pytest.mark.slow),
        pytest.param("guide/pipeline", marks=pytest.mark.slow),
        pytest.param("guide/production", marks=pytest.mark.slow),
        pytest.param("weather_features", marks=pytest.mark.slow),
    ],
)
def test_no_example_notebook_gives_a_false_alarm(name: str) -> None:
    """The examples hold no leak beside what their cells permit."""
    session = Session(VALUES)
    session.register(*read_notebook(str(NOTEBOOKS / f"{name}.ipynb")).sources(), load=False)
    assert learn_natures(session_world(session)).leaks == ()
