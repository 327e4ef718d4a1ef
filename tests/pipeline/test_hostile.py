"""A crafted pipeline file, and crafted run records, are one clear error or text: nothing is run or written."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.documents.document import parse_document
from kernel_magics.engine.errors import SourceError
from tests.export.test_atomic_write import snapshot
from tests.file_monitor import monitored
from tests.pipeline.making import PIPELINE, make_project

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
CODE = '" + str(open("owned", "w")) + "'
FILES = {
    "a tag of Python": PIPELINE.replace("shop.ipynb", "!!python/object/apply:os.system ['touch owned']"),
    "a tag of ours": PIPELINE.replace("shop.ipynb", "!secret x"),
    "aliases that multiply": f"{LAUGHS}\n{PIPELINE}",
    "an alias of itself": f"x: &x [*x]\n{PIPELINE}",
    "deep lists": PIPELINE.replace("{day: ", "{deep: " + "[" * 5000 + "]" * 5000 + ", day: "),
    "a number with many digits": PIPELINE.replace("scale: 2.0", f"scale: {'9' * 10_000}"),
    "a large file": PIPELINE + "# " + "x" * 600_000,
    "a merge of mappings": PIPELINE.replace("params: {", "params: {<<: {a: 1}, "),
    "a zero": PIPELINE + "\x00",
    "a name of several lines": PIPELINE.replace("name: shop_daily", 'name: "shop_daily\\n"'),
    "a name of a path": PIPELINE.replace("name: shop_daily", 'name: "../../shop"'),
    "a function of code": PIPELINE + 'on_failure: "os:system\\nimport evil"\n',
    "a function of a line": PIPELINE + 'on_failure: "os:system\\n"\n',
    "a param of code": PIPELINE.replace("params: {", f"params: {{{json.dumps(CODE)}: 1, "),
    "a param of a template": PIPELINE.replace("params: {", 'params: {"day }} {{ conn.x": 1, '),
    "an input of a path": PIPELINE.replace("  customers:", '  "../customers":'),
    "a time zone of a path": PIPELINE + 'timezone: "../../../etc/passwd"\n',
    "a schedule of code": PIPELINE.replace('"0 5 * * *"', '"0 5 * * $(x)"'),
    "a password": PIPELINE.replace("data/customers.csv", '{table: x, url: "postgres://a:b@h/d"}'),
    "a number as a module": PIPELINE.replace("shop.ipynb", "7"),
    "a list": "- a\n- b\n",
    "a text": "hello",
    "nothing": "",
}


COMMANDS = (
    ("pipeline", "check", "pipeline.yaml"),
    ("pipeline", "compile", "pipeline.yaml", "-o", "dags"),
    ("pipeline", "run", "pipeline.yaml", "--day", "2026-01-01"),
)


def test_crafted_files_are_refused(tmp_path: Path) -> None:
    """By every command: one error with a code, soon; nothing is written and nothing runs."""
    commands = []
    for number, text in enumerate(FILES.values()):
        project = tmp_path / f"p{number}"
        project.mkdir()
        make_project(project, text)
        commands += [
            [word.replace("pipeline.yaml", f"p{number}/pipeline.yaml") for word in each] for each in COMMANDS
        ]
    before = snapshot(tmp_path)
    seen = monitored(tmp_path, *commands, scratch=tmp_path.parent / "scratch")
    wrong = {
        (list(FILES)[number // len(COMMANDS)], commands[number][1]): (code, said)
        for number, (code, said) in enumerate(zip(seen.codes, seen.said, strict=True))
        if code != 1 or "DB46" not in said or "Traceback" in said
    }
    assert wrong == {}
    assert seen.done == []
    assert snapshot(tmp_path) == before


TEXTS = {
    "description": f'"""{CODE}\\',
    "pool": CODE,
    "runs": f"runs{CODE}",
    "lineage": "x'''\"\"\"",
}


def test_texts_stay_texts_in_a_dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a file says, and however it is called, the DAG's code is that of any other file."""
    texts = "".join(f"{name}: {json.dumps(text)}\n" for name, text in TEXTS.items())
    params = f"text: {json.dumps(CODE)}, large: .inf, "
    file = PIPELINE.replace("params: {", f"params: {{{params}")
    file = file.replace("customers.csv", "{text}{large}.csv")
    written = make_project(tmp_path, f"{file}{texts}")
    evil = written.rename(tmp_path / f'x"""+str(1)+"""{chr(27)}\u202e.yaml')
    monkeypatch.chdir(tmp_path)
    for form in ("python", "bash"):
        assert main(["pipeline", "compile", evil.name, "-o", f"dags-{form}", "--form", form]) == 0
        (made,) = (tmp_path / f"dags-{form}").glob("*.py")
        text = made.read_text(encoding="utf-8")
        tree = ast.parse(text)
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not {"open", "str"} & called
        assert not {"\x1b", "\u202e"} & set(text)


PLANTED = {
    "a day of a path": {"version": 1, "day": "../../../../evil", "stages": {}, "state": "failed"},
    "a stage of a number": {"version": 1, "day": "2026-01-01", "stages": {"features": 7}},
    "a stage of a list": {"version": 1, "day": "2026-01-01", "stages": {"features": [1], "score": None}},
    "files of a list": {"version": 1, "stages": {"features": {"state": "done", "files": ["x"]}}},
    "files of numbers": {"version": 1, "stages": {"features": {"state": "done", "files": {"/dev/zero": 1}}}},
    "stages of a list": {"version": 1, "stages": ["features"]},
    "a list": [1],
    "a number": 7,
}


def test_crafted_run_records_count_as_none(tmp_path: Path) -> None:
    """The day runs as if it had never run, and nothing is written elsewhere."""
    for kind, record in PLANTED.items():
        folder = tmp_path / kind
        folder.mkdir()
        make_project(folder)
        records = folder / "runs" / "shop_daily"
        records.mkdir(parents=True)
        (records / "2026-01-01.json").write_text(json.dumps(record), encoding="utf-8")
        assert main(["pipeline", "run", str(folder / "pipeline.yaml"), "--day", "2026-01-01"]) == 0, kind
        written = json.loads((records / "2026-01-01.json").read_text(encoding="utf-8"))
        assert {name: of["state"] for name, of in written["stages"].items()} == {
            "features": "done",
            "score": "done",
        }
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(PLANTED)
    assert not list(tmp_path.parent.glob("evil*"))


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    """A planted link under a lock's name is not followed."""
    (tmp_path / "project").mkdir()
    path = make_project(tmp_path / "project")
    locks = tmp_path / "project" / "runs" / "shop_daily" / ".locks"
    locks.mkdir(parents=True)
    (locks / "2026-01-01").symlink_to(tmp_path / "made")
    assert main(["pipeline", "run", str(path), "--day", "2026-01-01"]) == 1
    assert not (tmp_path / "made").exists()


def test_deep_and_long_documents(tmp_path: Path) -> None:
    """The reader itself refuses them, with a line."""
    for text in ("[" * 100_000, "{a: " * 40_000, LAUGHS, "x: " + "9" * 5000):
        with pytest.raises(SourceError) as caught:
            parse_document(text, tmp_path / "x.yaml")
        assert caught.value.code == "DB461"
