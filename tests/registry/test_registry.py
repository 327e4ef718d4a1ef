"""A registry on disk: what is published, decided and recorded, and what happens when something goes wrong."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.registry.changes import add_evidence, approve, promote, publish, write_rules
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.log import read_log
from kernel_magics.registry.pointer import pointer
from kernel_magics.registry.registry import Registry, pointed
from tests.examples import examples
from tests.registry.making import RULES, digest_of, envelope, later, registry
from tests.waiting import PATIENCE


def evidence_file(tmp_path: Path, **groups: object) -> Path:
    """A file with evidence."""
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(groups), encoding="utf-8")
    return path


def in_production(tmp_path: Path, root: Path, digest: str, hours: float) -> None:
    """Do all that brings an envelope in staging into production."""
    add_evidence(root, digest, evidence_file(tmp_path, drift={"max_psi": 0.1}))
    approve(root, digest[:8], "risk")
    (move,) = promote(root, now=later(hours)).moves
    assert (move.environment, move.digest) == ("production", digest)


def code(error: pytest.ExceptionInfo[DataflowError]) -> str:
    """The code of an error."""
    return error.value.code


def test_the_rules_move_an_envelope_and_every_move_has_its_reasons(tmp_path: Path) -> None:
    """Staging at once, production after a day, with evidence and an approval; the pointers follow."""
    root, (a,) = registry(tmp_path, 0.8)
    assert promote(root, dry=True, now=later(0)).moves[0].digest == a
    assert not (root / "environments").exists()
    promote(root, now=later(0))
    assert pointed(root, "staging").name == a
    assert not promote(root, now=later(25)).moves
    in_production(tmp_path, root, a, 25)
    assert pointed(root, "production").name == a
    whole = Registry.open(root)
    assert [record["what"] for record in whole.log.records] == [
        "created", "published", "promoted", "evidence", "approved", "promoted"
    ]  # fmt: skip
    reasons = {item["text"]: item["reason"] for item in whole.log.records[-1]["reasons"]}
    assert reasons["staging.hours >= 24"] == "staging.hours is 25"
    assert all(item["holds"] for item in whole.log.records[-1]["reasons"])
    assert not promote(root, now=later(26)).moves


def test_failing_checks_roll_back_and_the_envelope_does_not_return(tmp_path: Path) -> None:
    """The one before it is there again, with its time counted anew."""
    root, (a,) = registry(tmp_path, 0.8)
    promote(root, now=later(0))
    in_production(tmp_path, root, a, 25)
    b, _ = publish(envelope(tmp_path / "out", 0.81), root)
    promote(root, now=later(26))
    in_production(tmp_path, root, b, 51)
    add_evidence(root, b, evidence_file(tmp_path, checks={"failed": 1}))
    (move,) = promote(root, now=later(52)).moves
    assert (move.what, move.digest, move.before) == ("rolled back", a, b)
    assert pointed(root, "production").name == a
    assert not promote(root, now=later(80)).moves
    add_evidence(root, b, evidence_file(tmp_path, checks={"failed": 0}))
    found = promote(root, now=later(81))
    assert not found.moves
    assert "not rolled back before" in [item.text for item in found.waits[0].unmet]


def test_a_registry_without_an_earlier_envelope_says_that_it_is_stuck(tmp_path: Path) -> None:
    """The environment keeps what it has, and the command tells it by its exit code."""
    root, (a,) = registry(tmp_path, 0.8, rules="environments: {live: {rollback: [checks.failed > 0]}}")
    promote(root, now=later(0))
    add_evidence(root, a, evidence_file(tmp_path, checks={"failed": 1}))
    assert [wait.digest for wait in promote(root, now=later(1)).stuck] == [a]
    assert pointed(root, "live").name == a


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    """The same envelope is one; a damaged copy is restored."""
    root, (a,) = registry(tmp_path, 0.8)
    before = (root / "log.jsonl").read_bytes()
    (root / "envelopes" / a / "code" / "a.py").write_text("broken")
    with pytest.raises(DataflowError) as error:
        Registry.open(root).envelope(a)
    assert code(error) == "DB541"
    assert publish(tmp_path / "out", root) == (a, False)
    assert Registry.open(root).envelope(a).name == a
    assert (root / "log.jsonl").read_bytes() == before
    assert sorted(path.name for path in (root / "envelopes").iterdir()) == [a]


def test_a_damaged_envelope_does_not_move_and_stops_no_other(tmp_path: Path) -> None:
    """It stays where it is, with an error; the other environment moves."""
    root, (a,) = registry(tmp_path, 0.8)
    promote(root, now=later(0))
    add_evidence(root, a, evidence_file(tmp_path, drift={"max_psi": 0.1}))
    approve(root, a, "risk")
    b, _ = publish(envelope(tmp_path / "out", 0.9), root)
    (root / "envelopes" / b / "code" / "a.py").write_text("broken")
    with pytest.raises(DataflowError) as error:
        promote(root, now=later(30))
    assert code(error) == "DB541"
    assert [pointer(Folder(root), name)[0] for name in ("staging", "production")] == [a, a]


def forged(line: bytes) -> bytes:
    """A record with another value, and the digest that belongs to it."""
    entry = {key: value for key, value in json.loads(line).items() if key != "hash"}
    entry["facts"]["checks.failed"] = 7
    return json.dumps({**entry, "hash": sha256(json.dumps(entry).encode()).hexdigest()}).encode()


EDITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a value": lambda lines: [lines[0], lines[1].replace(b'failed": 0', b'failed": 1'), *lines[2:]],
    "a record with a digest of its own": lambda lines: [lines[0], forged(lines[1]), *lines[2:]],
    "a line removed": lambda lines: [lines[0], *lines[2:]],
    "lines exchanged": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "a space": lambda lines: [lines[0] + b" ", *lines[1:]],
    "a line made up": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "the end removed": lambda lines: lines[:-2],
    "all removed": lambda lines: [],
    "the last line": lambda lines: [*lines[:-1], lines[-1].replace(b"promoted", b"Promoted")],
    "a number in the last line": lambda lines: [*lines[:-1], lines[-1].replace(b"is 0", b"is 1")],
    "no JSON": lambda lines: [*lines[:2], b"{", *lines[3:]],
    "another kind": lambda lines: [b"[]", *lines[1:]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_log_is_refused(tmp_path: Path, edit: str) -> None:
    """By every command, and nothing is changed."""
    root, (a, _) = registry(tmp_path, 0.8, 0.9)
    promote(root, now=later(0))
    path = root / "log.jsonl"
    lines = EDITS[edit](path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    before = path.read_bytes()
    for work in (
        lambda: Registry.open(root),
        lambda: promote(root),
        lambda: approve(root, a, "risk"),
        lambda: publish(tmp_path / "out", root),
    ):
        with pytest.raises(DataflowError) as error:
            work()
        assert code(error) == "DB562"
    assert path.read_bytes() == before


def test_a_line_without_an_end_never_counted(tmp_path: Path) -> None:
    """It is overwritten by the next record."""
    root, _ = registry(tmp_path, 0.8)
    with (root / "log.jsonl").open("ab") as file:
        file.write(b'{"number": 2, "before')
    assert len(Registry.open(root).log.records) == 2
    promote(root, now=later(0))
    assert [record["what"] for record in Registry.open(root).log.records] == [
        "created",
        "published",
        "promoted",
    ]


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([b"{", b"}", b'"what"', b":", b"0", b"\n", b"[]"])).map(b"".join)
)
def test_any_bytes_are_a_log_or_refused(data: bytes) -> None:
    """Never another error."""
    try:
        assert not read_log(data, "log").records
    except DataflowError as error:
        assert error.code == "DB562"


def link_to(target: Path) -> Callable[[Path], None]:
    """Something that puts a link in place of a path."""

    def put(path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)

    return put


@pytest.mark.parametrize(
    "name", ["log.jsonl", "rules.yaml", ".lock", "envelopes", "environments", "environments/staging.json"]
)
def test_links_are_refused(tmp_path: Path, name: str) -> None:
    """What a link leads to is neither read nor written."""
    root, _ = registry(tmp_path, 0.8)
    outside = tmp_path / "outside"
    real = root / name
    if real.is_dir() or name in ("environments",):
        shutil.copytree(real, outside) if real.exists() else outside.mkdir()
    else:
        outside.write_bytes(real.read_bytes() if real.exists() else b"")
    before = outside.read_bytes() if outside.is_file() else sorted(os.listdir(outside))
    link_to(outside)(real)
    with pytest.raises(DataflowError) as error:
        promote(root, now=later(0))
    assert code(error) == "DB561"
    assert before == (outside.read_bytes() if outside.is_file() else sorted(os.listdir(outside)))


NAMES = ("../staging", "/etc/passwd", "", "a/b", "Staging", "..", "s\0", "x" * 50, "staging.json")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_no_paths(tmp_path: Path, name: str) -> None:
    """Neither of an environment nor of an envelope."""
    root, _ = registry(tmp_path, 0.8)
    promote(root, now=later(0))
    with pytest.raises(DataflowError) as error:
        pointed(root, name)
    assert code(error) == "DB308"
    with pytest.raises(DataflowError) as error:
        approve(root, name, "risk")
    assert code(error) == "DB564"


def test_a_folder_with_other_files_is_no_registry(tmp_path: Path) -> None:
    """Publishing into it by mistake changes nothing; rules may be there before."""
    other = tmp_path / "work"
    other.mkdir()
    (other / "thesis.txt").write_text("x")
    made = envelope(tmp_path / "out")
    with pytest.raises(DataflowError) as error:
        publish(made, other)
    assert code(error) == "DB561"
    assert os.listdir(other) == ["thesis.txt"]
    with pytest.raises(DataflowError) as error:
        promote(tmp_path / "nothing")
    assert code(error) == "DB561"
    assert not (tmp_path / "nothing").exists()
    root = tmp_path / "registry"
    root.mkdir()
    (root / "rules.yaml").write_text("environments: {live: {}}")
    publish(made, root)
    assert (root / "rules.yaml").read_text() == "environments: {live: {}}"


def test_an_envelope_of_another_name_is_refused(tmp_path: Path) -> None:
    """One registry has the envelopes of one name; a changed envelope is none."""
    root, _ = registry(tmp_path, 0.8)
    before = (root / "log.jsonl").read_bytes()
    with pytest.raises(DataflowError) as error:
        publish(envelope(tmp_path / "other", name="sales"), root)
    assert code(error) == "DB566"
    (tmp_path / "out" / "code" / "a.py").write_text("changed")
    with pytest.raises(DataflowError) as error:
        publish(tmp_path / "out", root)
    assert code(error) == "DB541"
    assert (root / "log.jsonl").read_bytes() == before


BAD_EVIDENCE: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[]",
    "nothing": b"{}",
    "a number": b'{"drift": 1}',
    "a list inside": b'{"drift": {"psi": [1]}}',
    "NaN": b'{"drift": {"psi": NaN}}',
    "a huge number": b'{"drift": {"psi": 1e999}}',
    "a huge integer": b'{"drift": {"psi": 1' + b"0" * 400 + b"}}",
    "null": b'{"drift": {"psi": null}}',
    "an envelope's own": b'{"metrics": {"auc": 1.0}}',
    "the tests": b'{"tests": {"a": "passed"}}',
    "the champion": b'{"champion": {"auc": 0.0}}',
    "a path": b'{"../drift": {"a": 1}}',
    "a name that is none": b'{"drift": {"a b": 1}}',
    "deep": b'{"drift": ' * 3000,
    "another envelope": b'{"envelope": "abc", "drift": {"psi": 1}}',
    "no text": b"\xff\xfe",
    "large": b'{"drift": {"a": "' + b"x" * 1_000_001 + b'"}}',
}


@pytest.mark.parametrize("case", BAD_EVIDENCE)
def test_evidence_that_is_none_is_refused(tmp_path: Path, case: str) -> None:
    """Nothing of it is recorded."""
    root, (a,) = registry(tmp_path, 0.8)
    before = (root / "log.jsonl").read_bytes()
    path = tmp_path / "evidence.json"
    path.write_bytes(BAD_EVIDENCE[case])
    with pytest.raises(DataflowError) as error:
        add_evidence(root, a, path)
    assert code(error) == "DB565"
    assert (root / "log.jsonl").read_bytes() == before


def test_evidence_of_an_environment_is_not_forged(tmp_path: Path) -> None:
    """The hours that a file tells are not those that the registry counts."""
    root, (a,) = registry(tmp_path, 0.8)
    promote(root, now=later(0))
    approve(root, a, "risk")
    add_evidence(root, a, evidence_file(tmp_path, staging={"hours": 99}, drift={"max_psi": 0.0}))
    assert not promote(root, now=later(1)).moves


def test_a_file_replaces_its_groups_whole(tmp_path: Path) -> None:
    """Yesterday's value that today's file has not is missing."""
    root, (a,) = registry(tmp_path, 0.8, rules="environments: {live: {require: [drift.a < 1]}}")
    add_evidence(root, a, evidence_file(tmp_path, drift={"a": 0.1}))
    assert promote(root, dry=True).moves
    add_evidence(root, a, evidence_file(tmp_path, drift={"b": 0.1}))
    assert not promote(root, dry=True).moves


def test_rules_are_replaced_by_those_that_saw_them(tmp_path: Path) -> None:
    """Wrong rules, and rules made from an older text, change nothing."""
    root, _ = registry(tmp_path, 0.8)
    with pytest.raises(DataflowError) as error:
        write_rules(root, "environments: {}", RULES)
    assert code(error) == "DB563"
    with pytest.raises(DataflowError) as error:
        write_rules(root, "environments: {live: {}}", "old")
    assert code(error) == "DB432"
    assert (root / "rules.yaml").read_text() == RULES
    write_rules(root, "environments: {live: {}}", RULES, by="ann")
    assert Registry.open(root).log.records[-1]["by"] == "ann"


STEPS = ("os.write", "os.fsync", "os.replace", "os.ftruncate", "os.rename")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("number", range(4))
def test_a_disk_that_fails_at_any_step_leaves_the_registry_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    """Publishing and promoting are done or not done; again, they are done."""
    root, (a,) = registry(tmp_path, 0.8)
    made = envelope(tmp_path / "out", 0.9)
    b = digest_of(made)
    for work in (lambda: publish(made, root), lambda: promote(root, now=later(0))):
        with monkeypatch.context() as patch:
            calls = iter(range(1000))
            real = getattr(os, step.removeprefix("os."))

            def failing(*given: object, real=real, calls=calls) -> object:  # type: ignore[no-untyped-def]
                if next(calls) == number:
                    raise OSError(28, "No space left on device")
                return real(*given)

            patch.setattr(step, failing)
            try:
                work()
            except DataflowError as error:
                assert error.code == "DB405"
        found = Registry.open(root)
        assert set(found.standing()[0].published) <= {a, b}
        assert pointer(Folder(root), "staging")[0] in ("", a, b)
        work()
    assert pointed(root, "staging").name == b


def _promote_many(root: Path, start: Barrier) -> None:
    start.wait(PATIENCE)
    for _ in range(5):
        promote(root)


def test_promoters_at_once_decide_once(tmp_path: Path) -> None:
    """One of them records the move, the others find it done."""
    root, _ = registry(tmp_path, 0.8)
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(4)
    workers = [fork.Process(target=_promote_many, args=(root, start)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert [record["what"] for record in Registry.open(root).log.records].count("promoted") == 1


def _work_on(root: Path, folder: Path) -> None:
    while True:
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                digest, _ = publish(path, root)
                add_evidence(root, digest, folder / "e.json")
                promote(root)


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_the_registry_whole(tmp_path: Path) -> None:
    """kill -9 at random moments: the log is right, each pointer names a record of it and a whole envelope."""
    root, folder = tmp_path / "registry", tmp_path / "many"
    for number in range(6):
        envelope(folder / f"e{number}", 0.5 + number / 100)
    (folder / "e.json").write_text('{"monitor": {"errors": 0}}')
    root.mkdir()
    rules = "environments: {staging: {}, live: {after: staging, require: [monitor.errors == 0]}}"
    (root / "rules.yaml").write_text(rules)
    for number in range(40):
        process = multiprocessing.get_context("fork").Process(target=_work_on, args=(root, folder))
        process.start()
        time.sleep(0.005 + 0.003 * number)
        process.kill()
        process.join()
        log = root / "log.jsonl"
        if not log.exists() or b"\n" not in log.read_bytes():  # killed before its first record was whole
            continue
        found = Registry.open(root)
        for digest in found.standing()[0].published:
            assert found.envelope(digest).name == digest
        for name in ("staging", "live"):
            here = pointer(Folder(root), name)
            assert here == ("", "") or (here[1] in found.log.digests and pointed(root, name))
    promote(root)
    after = Registry.open(root)
    for name, place in after.standing()[0].places.items():
        assert pointer(Folder(root), name)[0] == place.current


@given(st.lists(st.sampled_from(["publish", "evidence", "fail", "approve", "promote", "wait"]), max_size=12))
@examples(25)
def test_the_log_tells_all(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Whatever is done, the pointers are what the records add up to, and every move has reasons that hold."""
    base = tmp_path_factory.mktemp("steps")
    root, digests = registry(base, 0.8)
    hours = 0.0
    for number, step in enumerate(steps):
        hours += 30 if step == "wait" else 0.1
        if step == "publish":
            digests.append(publish(envelope(base / "out", 0.8 + number / 1000), root)[0])
        elif step in ("evidence", "fail"):
            groups = {"drift": {"max_psi": 0.1}, "checks": {"failed": int(step == "fail")}}
            add_evidence(root, digests[-1], evidence_file(base, **groups))
        elif step == "approve":
            approve(root, digests[-1], "risk")
        elif step == "promote":
            promote(root, now=later(hours))
        whole = Registry.open(root)
        for name in ("staging", "production"):
            assert pointer(Folder(root), name)[0] == whole.standing()[0].place(name).current
        for record in whole.log.records:
            if record["what"] in ("promoted", "rolled back"):
                assert record["reasons"]
                assert all(item["holds"] for item in record["reasons"])
