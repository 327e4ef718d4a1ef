"""What is written about values has no secret, and nothing of what is marked as private."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.private import private_marks, private_nodes
from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.run.event import Failed
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.cover import Cover
from kernel_magics.export.private import Private
from kernel_magics.nature.kept import Kept
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.verdict import Verdict
from kernel_magics.quality.baseline import baseline_text, is_counted, read_baseline
from kernel_magics.quality.check_report import check_page, check_report
from kernel_magics.quality.suggestion import suggest
from kernel_magics.store import secret
from kernel_magics.values import VALUES
from kernel_magics.view import static_view
from tests.notebook_file import write_notebook

KEY = "AKIA" + "QYLPMN5HFIQR7XYA"  # has the shape of a key, and is none
CELLS = (
    ("setup", "", "import pandas as pd"),
    (
        "inputs",
        "--private email",
        "people: pd.DataFrame = pd.DataFrame({'email': ['ann@real.org', 'bob@real.org'] * 10, 'n': range(20)})",
    ),
    ("inputs", "", "open_: pd.DataFrame = pd.DataFrame({'town': ['Rome', 'Bonn'] * 10})"),
    ("node", "", "def upper(people: pd.DataFrame) -> pd.Series:\n    return people['email'].str.upper()"),
    ("node", "", "def towns(open_: pd.DataFrame) -> pd.Series:\n    return open_['town']"),
    ("node", "", "def broken(people: pd.DataFrame) -> int:\n    raise ValueError(people['email'][0])"),
    ("check", "upper --warn", "upper.str.startswith('X')"),
    ("check", "towns --warn", "towns.str.startswith('X')"),
)
TOLD = ("real.org", "ann@", "bob@")


@pytest.fixture(scope="module")
def session() -> Session:
    """A dataflow with a private column, computed."""
    made = Session(VALUES)
    cells = [
        CellSource(str(n), f"[{n}]", magic, line, body, "", 1, "")
        for n, (magic, line, body) in enumerate(CELLS)
    ]
    made.register(*cells)
    made.errors = [event.error for event in made.compute() if isinstance(event, Failed)]  # type: ignore[attr-defined]
    return made


def told(text: str) -> list[str]:
    """The private parts in a text."""
    return [part for part in TOLD if part in text.lower()]


def results(session: Session) -> dict[str, CheckResult]:
    """The outcomes of the checks."""
    return {name: memo.value for name, memo in session.memos.items() if isinstance(memo.value, CheckResult)}


def test_reports_of_checks_count_rows_that_they_do_not_show(session: Session) -> None:
    """Of what depends on a private column there are counts; other rows are shown as ever."""
    private = private_nodes(session.graph)
    assert private >= {"people", "upper", "broken"}
    assert "towns" not in private
    errors: list[DataflowError] = session.errors  # type: ignore[attr-defined]
    open_report = check_report(session.graph, results(session), errors)
    assert told(json.dumps(open_report)) == list(TOLD)
    report = check_report(session.graph, results(session), errors, private=private)
    assert told(json.dumps(report)) == []
    assert told(check_page(report)) == []
    checks = {check["node"]: check["conditions"][0] for check in report["checks"]}
    assert (checks["upper"]["failing"], checks["upper"]["sample"]) == (20, [])
    assert "20 of 20 rows" in checks["upper"]["detail"]
    assert "Rome" in checks["towns"]["detail"]
    assert "ValueError" in report["errors"][0]["message"]


def test_a_baseline_says_which_values_are_private(session: Session, tmp_path: Path) -> None:
    """So that a report of a module's run leaves them out, although the module has no marks."""
    values = {name: session.memos[name].value for name in ("people", "towns")}
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text(session.graph, values, hidden={"people": ["email"]}), encoding="utf-8")
    found = read_baseline(path)
    assert is_counted(found["people"])
    assert not is_counted(found["towns"])


def test_evidence_that_may_tell_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Natures of private nodes, and those with a secret, are kept in this process alone."""
    monkeypatch.setattr(secret, "_home", lambda: tmp_path / "home")
    plain = Nature(**{field.name: _empty(field.name) for field in dataclasses.fields(Nature)})
    told_ = dataclasses.replace(plain, row_wise=Verdict(False, 1, f"key {KEY} became NaN"))
    kept = Kept(tmp_path / "natures")
    kept.put("aa1", plain, "", private=True)
    kept.put("bb1", told_, "")
    assert not list((tmp_path / "natures").rglob("*.json"))
    assert kept.get("aa1") == plain
    kept.put("cc1", plain, "")
    assert [path.name for path in (tmp_path / "natures").rglob("*.json")] == ["cc1.json"]


def _empty(name: str) -> object:
    found = {"keys": {}, "having": {}}
    return found.get(name, Verdict())


def test_drafts_have_no_private_text(session: Session) -> None:
    """`%suggest` names members of open columns only."""
    values = {name: session.memos[name].value for name in ("people", "open_", "upper", "towns")}
    assert told(suggest(session.graph, "upper", values)) == []
    assert "Rome" in suggest(session.graph, "towns", values)


def test_pictures_have_no_private_sample(session: Session) -> None:
    """The document of a picture has the declaration, and dots for the sample."""
    document = static_view(session.graph)
    assert told(json.dumps(document)) == []
    sources = {node["name"]: node["source"] for node in document["nodes"]}
    assert sources["people"] == "people: pd.DataFrame = …"
    assert "Rome" in sources["open_"]


def test_examples_of_envelopes_are_fakes(session: Session) -> None:
    """The rows of a request have the same types, and no private text."""
    values = {"people": session.memos["people"].value, "open_": session.memos["open_"].value}
    private = Private.of(private_marks(session.graph), values)
    made = private.disguised(values)
    assert told(made["people"].to_json()) == []
    assert list(made["people"]["n"]) == list(range(20))
    assert made["open_"] is values["open_"]
    assert isinstance(made["people"], pd.DataFrame)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"failed for {KEY} at once", "failed for AKIA‹secret› at once"),
        ("password=hunter2x9 and more", "password=‹secret› and more"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "‹secret›\nrest"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc and no end", "‹secret›"),
        ("row 3: ANN@REAL.ORG is late", "row 3: ‹private› is late"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_a_cover_takes_out_what_it_knows(text: str, left: str) -> None:
    """Secrets by their shape, private texts in any capitals; all else stays."""
    assert Cover(values=["ann@real.org"]).text(text) == left


def test_a_cover_of_a_document() -> None:
    """Everything under a private name, and what a telling name announces."""
    given = {
        "rows": [{"email": "ann@real.org", "n": 1}],
        "api_token": "a8f3k2l9x7q4",
        "deep": {"email": {"x": 2}},
    }
    assert Cover(["email"]).document(given) == {
        "rows": [{"email": "‹private›", "n": 1}],
        "api_token": "‹secret›",
        "deep": {"email": {"x": "‹private›"}},
    }


@pytest.mark.parametrize(
    "words",
    [
        "check nb.ipynb --html out.html",
        "run nb.ipynb --samples --outputs n --checks warn -o n.json --report out.html",
        "diff old.ipynb nb.ipynb --html out.html",
        "graph nb.ipynb -o out.html",
        "docs nb.ipynb -o out",
    ],
)
def test_no_page_has_a_secret(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions and changed lines of code are shown, without the key that stands in them."""
    monkeypatch.chdir(tmp_path)
    for name, key in (("nb.ipynb", KEY), ("old.ipynb", "x")):
        cells = ["%%inputs\nx = 1", f"%%node n\n# of {key}\n'{key} x' * x", f"%%check n\nlen(n) > 0  # {key}"]
        write_notebook(tmp_path / name, cells)
    assert main(words.split()) == 0
    pages = [path for path in (tmp_path / "out.html", *tmp_path.glob("out/**/*.html")) if path.is_file()]
    assert pages
    assert [path.name for path in pages if KEY in path.read_text(encoding="utf-8")] == []
