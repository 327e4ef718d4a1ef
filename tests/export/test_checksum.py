"""Checksums: edits of an exported module are detected, and an export never overwrites them."""

from pathlib import Path

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.export import export_flow
from kernel_magics.export.module.checksum import read_parts
from kernel_magics.export.request import ExportRequest
from tests.export.notebooks import QUICK, export, make_session

GROUPS = {4: "Spend features", 8: "Extremes"}


def test_a_fresh_export_has_no_edit(tmp_path: Path) -> None:
    """Every part is the exported text, in its section, under its cell's id."""
    module_parts = read_parts(export(tmp_path, *QUICK, groups=GROUPS, run=False).text)
    assert module_parts.source == "nb.ipynb"
    assert module_parts.edited == ()
    assert [(part.cell, part.group) for part in module_parts.parts][:2] == [
        ("cell-4", "Spend features"),
        ("cell-5", "Spend features"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [
        ("min_periods=1", "min_periods=2", ["cell-4"]),
        ("WEEK = 7", "WEEK = 8", [""]),
        ("# cell cell-9 ", "# cell cell-10 ", [""]),
        ("# --- Extremes ---", "# --- Limits ---", [""]),
        ("Mean spend of the last days.", "Mean of the last days.", ["cell-4"]),
        ("cost.shift(k)", "cost.shift(k)  # days", ["cell-7"]),
    ],
)
def test_an_edit_shows_in_its_part(tmp_path: Path, old: str, new: str, cells: list[str]) -> None:
    """Code, docstrings, comments, section headings: each edit is found in the part that it is made in."""
    text = export(tmp_path, *QUICK, groups=GROUPS, run=False).text
    assert old in text
    assert [part.cell for part in read_parts(text.replace(old, new)).edited] == cells


def test_text_in_strings_is_no_mark(tmp_path: Path) -> None:
    """A line of a string that looks like a cell's is part of the function that holds it."""
    text = export(
        tmp_path, "%%inputs\na: int = 1", "%%node b\nf'''\n# cell x 123456\n# --- x ---\n{a}'''", run=False
    ).text
    assert [part.cell for part in read_parts(text).parts] == ["cell-2"]


def test_an_export_does_not_overwrite_edits(tmp_path: Path) -> None:
    """Edits that the notebook lacks stop the export, unless it is forced; edits that it has do not."""
    done = export(tmp_path, *QUICK)
    edited = done.text.replace("min_periods=1", "min_periods=2")
    done.module.write_text(edited, encoding="utf-8")
    with pytest.raises(DataflowError, match=r"DB521 .*features\.py' was edited since .* \(cell cell-4\)"):
        export(tmp_path, *QUICK)
    assert done.text == edited
    cells = [cell.replace("min_periods=1", "min_periods=2") for cell in QUICK]
    assert export(tmp_path, *cells, examples="refresh").text != edited  # the checksum is the new one
    assert "min_periods=2" in done.text
    done.module.write_text(done.text.replace("WEEK = 7", "WEEK = 70"), encoding="utf-8")
    with pytest.raises(DataflowError, match="its top"):
        export(tmp_path, *cells, run=False)
    export(tmp_path, *cells, run=False, force=True)
    assert "WEEK = 7\n" in done.text


def test_an_export_does_not_overwrite_new_functions(tmp_path: Path) -> None:
    """A function that was added by hand under a cell of its own counts as an edit, too."""
    done = export(tmp_path, *QUICK, run=False)
    done.module.write_text(
        f"{done.text}\n\n# cell mine\ndef mine(cost):\n    return cost\n", encoding="utf-8"
    )
    with pytest.raises(DataflowError, match=r"DB521 .* \(cell mine\)"):
        export(tmp_path, *QUICK, run=False)


@pytest.mark.parametrize(
    "text",
    [
        "def a(b):\n    return b\n",
        "import x\nclass A:\n    pass\n",
        "half = (\n" * 9,
        "x = 1\n",
        "# to be written\n",
        "half = (",
        "import os\nDATABASE = 'db'\nif os.environ.get('PROD'):\n    DATABASE = 'prod'\n",
        "import pandas as pd\nprint(pd.read_csv('a.csv'))\n",
        "Notes for the talk on Monday: say nothing.\n",
        "\xff\x00",
    ],
)
def test_an_export_does_not_overwrite_other_files(tmp_path: Path, text: str) -> None:
    """Code that Dagbook did not write stays, unless the export is forced."""
    (tmp_path / "features.py").write_text(text)
    with pytest.raises(DataflowError, match=r"DB521 .* was not exported by Dagbook"):
        export(tmp_path, *QUICK, run=False)
    assert (tmp_path / "features.py").read_text() == text
    export(tmp_path, *QUICK, run=False, force=True)
    assert read_parts((tmp_path / "features.py").read_text()).edited == ()


def test_a_blank_file_is_no_work(tmp_path: Path) -> None:
    """`touch features.py` does not prevent an export."""
    (tmp_path / "features.py").write_text("\n")
    assert export(tmp_path, *QUICK, run=False).report.written


def test_an_export_does_not_overwrite_tests(tmp_path: Path) -> None:
    """Tests that were added to the exported file, and a user's own file, are kept."""
    done = export(tmp_path, *QUICK, run=False)
    text = done.tests.read_text(encoding="utf-8")
    for own, problem in (
        (f"{text}\n\ndef test_mine():\n    pass\n", "edited since"),
        ("x = 1\n", "not exported"),
    ):
        done.tests.write_text(own, encoding="utf-8")
        with pytest.raises(DataflowError, match=rf"DB521 '.*test_features\.py' was {problem}"):
            export(tmp_path, *QUICK, run=False)
        assert done.tests.read_text(encoding="utf-8") == own
    export(tmp_path, *QUICK, run=False, force=True)
    assert done.tests.read_text(encoding="utf-8") == text


PLACES = {
    "below a heading": "# --- Spend features ---\n",
    "above the sections": "WEEK = 7\n",
    "in the header": '\n"""\n',
    "in a function": "min_periods=1).mean()\n",
    "at the end": "high = float(cost.max())\n",
}


@pytest.mark.parametrize("own", ["def by_hand(y):\n    return y * 100\n", "LIMIT = 3\n", "# ask Ann first\n"])
@pytest.mark.parametrize("place", PLACES)
def test_an_export_does_not_overwrite_what_was_written_into_a_module(
    tmp_path: Path, place: str, own: str
) -> None:
    """Functions, constants and comments that were added anywhere in an exported module are edits."""
    done = export(tmp_path, *QUICK, run=False, groups=GROUPS)
    for ours in (f"\n\n{own}", own):
        text = done.text.replace(PLACES[place], f"{PLACES[place]}{ours}", 1)
        assert text != done.text
        done.module.write_text(text, encoding="utf-8")
        with pytest.raises(DataflowError, match="DB521"):
            export(tmp_path, *QUICK, run=False, groups=GROUPS)
        assert done.text == text
        export(tmp_path, *QUICK, run=False, groups=GROUPS, force=True)


def test_a_copied_header_makes_no_file_ours(tmp_path: Path) -> None:
    """A user's own module that begins with the header of an exported one is kept."""
    done = export(tmp_path, *QUICK, run=False)
    header = done.text.split('\n"""\n')[0] + '\n"""\n'
    for own in ("LIMIT = 3\n", "# nothing yet\n", "def a(b):\n    return b\n"):
        done.module.write_text(f"{header}{own}", encoding="utf-8")
        with pytest.raises(DataflowError, match="DB521"):
            export(tmp_path, *QUICK, run=False)


def test_an_export_does_not_overwrite_data_files_of_others(tmp_path: Path) -> None:
    """JSON that is not ours, or ours with an edit, stays in place of recorded examples and of the baseline."""
    done = export(tmp_path, *QUICK)
    for path, old, new in (
        (done.examples, "1.25", "1.26"),
        (done.module.with_suffix(".baseline.json"), '"rows": 6', '"rows": 7'),
    ):
        text = path.read_text(encoding="utf-8")
        for own, problem in (('{"a": 1}\n', "not exported"), (text.replace(old, new), "edited since")):
            assert own != text
            path.write_text(own, encoding="utf-8")
            with pytest.raises(DataflowError, match=rf"DB521 .* was {problem}"):
                export(tmp_path, *QUICK, examples="refresh", run=False)
            assert path.read_text(encoding="utf-8") == own
        path.write_text(text, encoding="utf-8")
    export(tmp_path, *QUICK, run=False)


def test_an_export_does_not_overwrite_files_of_a_package(tmp_path: Path) -> None:
    """Every file around the module is ours by its checksum; name and version of the project are the user's."""
    session = make_session(*QUICK)

    def run(**options: object) -> None:
        to = tmp_path / "ads"
        export_flow(session, ExportRequest("nb", "nb.ipynb", to, kind="package", run=False, **options))  # type: ignore[arg-type]

    run()
    files = [path for path in (tmp_path / "ads").rglob("*") if path.is_file() and path.name != "features.py"]
    around = [path for path in files if path.parent.name != "tables"]
    assert {path.name for path in around} == {
        *("__init__.py", "__main__.py", "py.typed", "pyproject.toml", "README.md", "test_features.py")
    }
    tables = [path for path in files if path.name in ("fit.py", "problem.py")]
    assert len(tables) == 2
    for path in (*around, *tables):
        text = path.read_text(encoding="utf-8")
        for own in (f"{text}# mine\n", "mine\n"):
            path.write_text(own, encoding="utf-8")
            with pytest.raises(DataflowError, match=f"DB521 .*{path.name}"):
                run()
            assert path.read_text(encoding="utf-8") == own
        path.write_text(text, encoding="utf-8")
    project = tmp_path / "ads" / "pyproject.toml"
    own = (
        project.read_text(encoding="utf-8")
        .replace('"0.1.0"', '"2.3.4"')
        .replace('name = "ads"', 'name = "my-ads"')
    )
    project.write_text(own, encoding="utf-8")
    run()
    assert project.read_text(encoding="utf-8") == own
