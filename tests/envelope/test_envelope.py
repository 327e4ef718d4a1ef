"""An envelope runs from its folder alone, and any change of its files is an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Envelope
from kernel_magics.cli.main import main
from kernel_magics.cli.watch import _baseline
from kernel_magics.engine.errors import DataflowError, ExportError, SourceError, UsageError
from kernel_magics.envelope.record import NAME, folder_files, read_record, seal
from tests.envelope.making import CELLS, FRAME, SCORES, SETUP, make
from tests.notebook_file import write_notebook


def test_it_computes_from_stored_values(whole: Path) -> None:
    """New rows are scored with what was learnt from the samples; computing learns from what is given."""
    envelope = Envelope.open(whole)
    people = pd.DataFrame(FRAME)
    assert envelope.run(inputs={"people": people}, checks="off")["score"].tolist() == SCORES
    assert envelope.frame(inputs={"people": people}, params={"scale": 1.0}, checks="off")[
        "score"
    ].tolist() == [-6.0, 17.0]
    given = {"people": people, "paid": pd.Series([0.0, 4.0])}
    assert envelope.run(inputs=given, fitted="compute", checks="off")["score"].tolist() == [-100.0, 180.0]
    assert envelope.run("middle") == {"middle": 40.0}
    assert envelope.flow.needs(envelope.outputs) == ("people",)


def test_its_record_says_what_it_is(whole: Path) -> None:
    """Schema, fitted values, metrics, checks, requirements, source; and nothing of this machine."""
    record = Envelope.open(whole).record
    assert (
        record["source"] == {"notebook": "people.ipynb", "commit": None, "dirty": None}
        or record["source"]["commit"]
    )
    assert [(item["name"], item["needed"]) for item in record["inputs"]] == [
        ("people", True),
        ("paid", False),
    ]
    assert [item["name"] for item in record["outputs"]] == ["score"]
    assert {name: value["format"] for name, value in record["values"].items()} == {
        "rates": "json",
        "middle": "npy",
        "by_city": "parquet",
    }
    assert record["checks"] == {"count": 1, "failed": 0, "warned": 1}
    assert list(record["metrics"]) == ["error"]
    assert (record["tests"], record["proof"]) == ("passed", "equal")
    assert {"pandas", "numpy", "pyarrow"} <= record["requirements"]["imports"].keys()
    assert "dagbook" not in record["requirements"]["closure"]
    pins = (whole / "requirements.txt").read_text(encoding="utf-8").split()
    assert pins == [f"{name}=={version}" for name, version in record["requirements"]["closure"].items()]
    texts = {path: data.decode(errors="replace") for path, data in folder_files(whole).items()}
    for path, text in texts.items():
        assert not any(word in text for word in (str(Path.home()), os.getcwd(), str(whole.parent))), path
        assert "kernel_magics" not in text or path.startswith("code/people/tables/"), path


def test_the_code_never_names_dagbook(whole: Path) -> None:
    """No module of an envelope imports Dagbook."""
    for path in (whole / "code").rglob("*.py"):
        assert "kernel_magics" not in path.read_text(encoding="utf-8"), path.name


def test_it_runs_where_dagbook_is_not(whole: Path) -> None:
    """With the folder's code only, Python answers the example as recorded."""
    script = (
        "import importlib.abc, json, sys\n"
        "class No(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('kernel_magics'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\nsys.path.insert(0, 'code')\n"
        "from people import model\n"
        "example = json.load(open('example.json'))\n"
        "found = model._load_pyfunc('.').answer(**{'rows': example['request']['rows'], 'beside': {}})\n"
        "assert {name: model.as_json(value) for name, value in found.items()} == example['answer']\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=whole, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_two_exports_of_one_state_are_one_envelope(whole: Path, tmp_path: Path) -> None:
    """Another folder, another process state: the digest is the same, and an export anew writes nothing."""
    make(tmp_path / "people")
    assert Envelope.open(tmp_path / "people").digest == Envelope.open(whole).digest
    assert folder_files(tmp_path / "people") == folder_files(whole)
    report = make(tmp_path / "people", check=True)
    assert report.drift == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people"]


FILES = (
    "MLmodel",
    "baseline.json",
    "code/people/features.py",
    "values/rates.json",
    "requirements.txt",
    "example.json",
)


@pytest.mark.parametrize("name", [*FILES, NAME])
def test_a_changed_file_is_an_error_at_open(copied: Path, name: str) -> None:
    """One byte of any file, the record included."""
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(SourceError, match="of the envelope") as caught:
        Envelope.open(copied)
    assert caught.value.code == "DB541"
    assert name in caught.value.message


def test_added_missing_and_linked_files_are_errors(copied: Path) -> None:
    """What is not in the record does not belong into the folder: Python would import it."""
    (copied / "code" / "pandas.py").write_text("")
    with pytest.raises(SourceError, match=r"'code/pandas\.py' of the envelope .* is no file of the envelope"):
        Envelope.open(copied)
    (copied / "code" / "pandas.py").unlink()
    (copied / "MLmodel").rename(copied.parent / "MLmodel")
    with pytest.raises(SourceError, match=r"'MLmodel' .* is missing"):
        Envelope.open(copied)
    (copied / "MLmodel").symlink_to(copied.parent / "MLmodel")
    with pytest.raises(SourceError, match=r"'MLmodel' .* is a link"):
        Envelope.open(copied)


def test_changes_after_opening_are_found(copied: Path) -> None:
    """Stored values are read when they are needed, and checked then; `verify` looks at everything again."""
    envelope = Envelope.open(copied)
    envelope.verify()
    (copied / "values" / "rates.json").write_text('{"A": 0.0, "B": 0.0}')
    with pytest.raises(DataflowError, match="is not what was exported"):
        envelope.run(inputs={"people": pd.DataFrame(FRAME)}, checks="off")
    with pytest.raises(SourceError, match="was changed"):
        envelope.verify()


def test_what_python_compiled_is_neither_read_nor_counted(copied: Path) -> None:
    """Compiled code beside the module could contain anything."""
    cache = copied / "code" / "people" / "__pycache__"
    cache.mkdir()
    (cache / f"features.{sys.implementation.cache_tag}.pyc").write_bytes(b"anything")
    assert (
        Envelope.open(copied).run(inputs={"people": pd.DataFrame(FRAME)}, checks="off")["score"].tolist()
        == SCORES
    )


def test_damaged_records_are_errors(tmp_path: Path) -> None:
    """No folder, no record, no JSON, another version."""
    for content, code in ((None, "DB403"), (b"{", "DB541"), (b"[]", "DB541"), (b'{"version": 1}', "DB541")):
        if content is not None:
            (tmp_path / NAME).write_bytes(content)
        with pytest.raises(SourceError) as caught:
            read_record(tmp_path)
        assert caught.value.code == code
    record = json.loads(seal({"name": "x"}, {}))
    (tmp_path / NAME).write_text(json.dumps({**record, "version": 99}))
    with pytest.raises(SourceError, match="version 99"):
        read_record(tmp_path)


@pytest.mark.slow
def test_two_envelopes_of_one_name_live_side_by_side(whole: Path, tmp_path: Path) -> None:
    """The champion and the challenger in one process: each has its own functions and values."""
    cells = [cell.replace("* scale", "* scale * 2") for cell in CELLS]
    make(tmp_path / "people", *cells)
    old, new = Envelope.open(whole), Envelope.open(tmp_path / "people")
    people = pd.DataFrame(FRAME)
    assert old.digest != new.digest
    assert new.run(inputs={"people": people}, checks="off")["score"].tolist() == [
        2 * score for score in SCORES
    ]
    assert old.run(inputs={"people": people}, checks="off")["score"].tolist() == SCORES


# -- what stops an export, and what it leaves ---------------------------------------------------------------


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


PRIVATE = [
    f"{SETUP}\nfrom tests.envelope.making import SCORES",
    *CELLS[1:-1],
    "%%node z\npeople['age'] + SCORES[0]",
]
FAILING = [*CELLS[:-1], "%%check score\nscore > 1e9"]
REFUSED: dict[str, tuple[Sequence[str], dict[str, object], str]] = {
    "a private module": (PRIVATE, {"outputs": ("z",)}, "DB544"),
    "no such output": (CELLS, {"outputs": ("scroe",)}, "DB308"),
    "an input as output": (CELLS, {"outputs": ("people",)}, "DB308"),
    "no run": (CELLS, {"run": False}, "DB002"),
    "tests elsewhere": (CELLS, {"tests": Path("tests")}, "DB002"),
    "a failing check": (FAILING, {}, "DB302"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_export_that_cannot_be_leaves_nothing(tmp_path: Path, case: str) -> None:
    """One error with its code, and no file."""
    cells, options, code = REFUSED[case]
    with pytest.raises(DataflowError) as caught:
        make(tmp_path / "people", *cells, **options)
    assert caught.value.code == code
    assert listing(tmp_path) == []


@pytest.mark.slow
def test_a_folder_of_somebody_else_is_never_replaced(copied: Path) -> None:
    """An edited envelope and a folder with other files stay, unless --force says otherwise."""
    (copied / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="would be replaced") as caught:
        make(copied)
    assert caught.value.code == "DB521"
    assert (copied / "notes.txt").read_text() == "mine"
    make(copied, force=True)
    assert not (copied / "notes.txt").exists()
    Envelope.open(copied)


@pytest.mark.slow
def test_an_old_envelope_is_replaced_as_a_whole(copied: Path) -> None:
    """Values that the new one does not have are gone."""
    make(copied, *[cell.replace(" + people['city'].map(by_city['mean'])", "") for cell in CELLS])
    envelope = Envelope.open(copied)
    assert "values/by_city.parquet" not in envelope.record["files"]
    assert listing(copied.parent)[0] == "people"
    assert list(copied.parent.iterdir()) == [copied]


@pytest.mark.slow
def test_a_pickle_needs_a_word_and_is_said(tmp_path: Path) -> None:
    """A value of a class of the setup is stored as a pickle only on request, and runs from the folder alone."""
    cells = [
        f"{SETUP}\n\n\nclass Doubler:\n    def __init__(self, by):\n        self.by = by",
        "%%inputs\nx: pd.Series = pd.Series([1.0, 2.0])",
        "%%node doubler --fitted\nDoubler(len(x))",
        "%%node score\nx * doubler.by",
    ]
    with pytest.raises(ExportError, match="--allow-pickle"):
        make(tmp_path / "doubled", *cells)
    report = make(tmp_path / "doubled", *cells, allow_pickle=True)
    assert "'doubler' is stored as a pickle: reading it runs code." in report.warnings
    envelope = Envelope.open(tmp_path / "doubled")
    assert envelope.record["values"]["doubler"]["format"] == "pickle"
    assert envelope.run(inputs={"x": pd.Series([5.0])})["score"].tolist() == [10.0]


@pytest.mark.slow
def test_only_what_outputs_read_is_stored(tmp_path: Path) -> None:
    """A fitted node that no output reads is no part of an envelope, and running it from there says so."""
    make(tmp_path / "people", *CELLS, "%%node unread --fitted\npaid.sum()")
    envelope = Envelope.open(tmp_path / "people")
    assert set(envelope.record["values"]) == {"rates", "middle", "by_city"}
    with pytest.raises(UsageError, match="'unread' was not stored"):
        envelope.run("unread", inputs={"paid": pd.Series([1.0])})
    assert envelope.run("unread", inputs={"paid": pd.Series([1.0])}, fitted="compute") == {"unread": 1.0}


# -- on the command line ------------------------------------------------------------------------------------


def test_the_commands_export_and_run_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a notebook's file to an envelope, to a file with its outputs; a changed file stops the run."""
    notebook = write_notebook(tmp_path / "people.ipynb", CELLS)
    target = str(tmp_path / "out" / "people")
    assert main(["export", str(notebook), "-o", target, "--target", "envelope", "--outputs", "score"]) == 0
    pd.DataFrame(FRAME).to_csv(tmp_path / "rows.csv", index=False)
    run = ["run", target, "--input", f"people={tmp_path / 'rows.csv'}", "-o", str(tmp_path / "out.csv")]
    assert main([*run, "--baseline", "off"]) == 0
    assert pd.read_csv(tmp_path / "out.csv")["score"].tolist() == SCORES
    assert _baseline(Path(target), None).keys() >= {"people", "score"}
    capsys.readouterr()
    (tmp_path / "out" / "people" / "MLmodel").write_text("")
    assert main(run) == 1
    assert capsys.readouterr().err.startswith("DB541 'MLmodel'")
