"""Exported tests keep natures true: each claim holds, and fails on a function that breaks it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.session.session import Session
from kernel_magics.export.claims import claims_text
from kernel_magics.export.draft import claimed
from kernel_magics.export.examples.parts import nature_problem
from kernel_magics.nature.natures import learn_natures
from kernel_magics.nature.world import session_world
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from kernel_magics.values.decode import decode
from tests.nature.test_natures import CELLS
from tests.notebook_file import write_notebook
from tests.warm import run_warm

START = CELLS[:2]
BODIES = {
    "double": "sales['amount'] * 2",
    "before": "sales.groupby('store')['amount'].shift(1)",
    "week": "double.groupby(sales['store']).transform(lambda values: values.rolling(3, min_periods=1).mean())",
    "totals": "sales.groupby('store')['amount'].sum()",
    "daily": "sales.groupby('day')['amount'].sum()",
    "both": "{'high': sales['amount'] > 90, 'total': sales.groupby('store')['amount'].cumsum()}",
    "array": "sales['amount'].to_numpy() + 1",
    "large": "sales[sales['amount'] > 50]",
    "mean": "sales['amount'].mean()",
}
CLAIMED = {
    "double": ["row-wise"],
    "before": ["by store", "point-in-time"],
    "week": ["by store", "point-in-time"],
    "totals": ["by store"],
    "daily": ["point-in-time"],
    "both": ["by store", "point-in-time"],
    "array": ["row-wise"],
    "large": ["row-wise"],
}
MUTANTS = [
    ("double", "row-wise", "sales['amount'] * 2 - sales['amount'].min()"),
    ("double", "row-wise", "(sales['amount'] * 2).head(len(sales) // 2)"),
    ("before", "by store", "sales['amount'].shift(1)"),
    ("before", "point-in-time", "sales.groupby('store')['amount'].shift(-1)"),
    ("before", "point-in-time", "sales.groupby('store')['amount'].shift(1).bfill()"),
    ("week", "by store", "double.rolling(3, min_periods=1).mean()"),
    ("week", "point-in-time", "double.groupby(sales['store']).transform('mean')"),
    ("totals", "by store", "sales.groupby('store')['amount'].sum() / len(sales)"),
    ("daily", "point-in-time", "sales.groupby('day')['amount'].sum()[::-1].cumsum()[::-1]"),
    ("both", "by store", "{'high': sales['amount'] > 90, 'total': sales['amount'].cumsum()}"),
    (
        "both",
        "point-in-time",
        "{'high': sales['amount'] > sales['amount'].mean(), 'total': sales['amount'].cumsum()}",
    ),
    ("array", "row-wise", "sales['amount'].to_numpy() + sales['amount'].max()"),
    ("large", "row-wise", "sales[sales['amount'] > sales['amount'].median()]"),
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The claims of a notebook."""
    cells = [*START, *(f"%%node {name}\n{body}" for name, body in BODIES.items())]
    path = write_notebook(tmp_path_factory.mktemp("claims") / "sales.ipynb", cells)
    session = Session(VALUES)
    session.register(*read_notebook(str(path)).sources(), load=False)
    world = session_world(session)
    found: dict[str, Any] = json.loads(claims_text(world, learn_natures(world)))
    return found


def problem(document: dict[str, Any], name: str, claim: str, body: str) -> str | None:
    """What a claim says of another body of a node."""
    node = document["nodes"][name]
    given = {key: decode(document["values"][label]) for key, label in node["given"].items()}
    code = f"def function({', '.join(node['given'])}):\n    return {body}"
    names: dict[str, Any] = {"pd": pd}
    exec(code, names)
    return nature_problem(names["function"], given, node["claims"][claim])


def test_claims_are_what_was_found(document: dict[str, Any]) -> None:
    """Each nature that holds is claimed, those that follow from others are not, and nothing else is."""
    assert {name: list(node["claims"]) for name, node in document["nodes"].items()} == CLAIMED


def test_titles_of_claims_are_told_to_a_manifest(document: dict[str, Any]) -> None:
    """What describes an export lists the natures that its tests keep true."""
    assert claimed(json.dumps(document)) == CLAIMED
    assert claimed("") == {}


def test_each_claim_holds(document: dict[str, Any]) -> None:
    """The functions that the claims are of keep them."""
    found = {
        (name, claim): problem(document, name, claim, BODIES[name])
        for name in CLAIMED
        for claim in CLAIMED[name]
    }
    assert set(found.values()) == {""}


@pytest.mark.parametrize(("name", "claim", "body"), MUTANTS)
def test_a_mutant_breaks_its_claim(document: dict[str, Any], name: str, claim: str, body: str) -> None:
    """A function that reads other rows, keys or times than claimed fails, with the place."""
    assert problem(document, name, claim, body)


def test_private_columns_are_not_recorded(tmp_path: Path) -> None:
    """A node whose rows hold what is never written as it is has no claims."""
    for line, kept in (
        (START[1], True),
        (START[1].replace("--time day", "--time day --private amount"), False),
    ):
        session = Session(VALUES)
        cells = [START[0], line, f"%%node double\n{BODIES['double']}"]
        path = write_notebook(tmp_path / "n.ipynb", cells)
        session.register(*read_notebook(str(path)).sources(), load=False)
        world = session_world(session)
        assert bool(claims_text(world, learn_natures(world))) is kept


def test_an_exported_test_fails_on_a_mutant(tmp_path: Path) -> None:
    """The file beside the tests is found, its tests run, and one fails when the module reads the future."""
    path = write_notebook(tmp_path / "sales.ipynb", [*START, f"%%node before\n{BODIES['before']}"])
    module = tmp_path / "out" / "feats.py"
    module.parent.mkdir()
    assert main(["export", str(path), "-o", str(module)]) == 0
    assert main(["export", str(path), "-o", str(module), "--check"]) == 0
    module.write_text(module.read_text().replace("shift(1)", "shift(-1)"))
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "test_nature", "."]
    done = run_warm(command, module.parent, dict(os.environ))
    assert re.findall(r"FAILED \S+::(\S+)", done.stdout) == ["test_nature[before-point-in-time]"]
    assert "before is not point-in-time any more: when rows after moment" in done.stdout


def test_an_imported_notebook_has_no_natures_of_its_own(tmp_path: Path) -> None:
    """Import leaves out what an export writes for its own tests: the notebook made of a module can be checked."""
    write_notebook(tmp_path / "sales.ipynb", [*START, "%%node double\nsales['amount'] * 2"])
    module, back = tmp_path / "features.py", tmp_path / "back.ipynb"
    assert main(["export", str(tmp_path / "sales.ipynb"), "-o", str(module)]) == 0
    assert "NATURES" in (tmp_path / "test_features.py").read_text()
    assert main(["import", str(module), "-o", str(back)]) == 0
    assert "NATURES" not in back.read_text()
    assert main(["check", str(back)]) == 0
