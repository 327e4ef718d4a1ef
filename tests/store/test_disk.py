"""Files that are damaged, foreign or too many are as good as none; they are never executed."""

import os
import pickle
import time
from collections import UserDict
from pathlib import Path

import numpy as np
import pytest

from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.session.store import Result
from kernel_magics.store import DiskStore, disk
from kernel_magics.values import VALUES
from tests.export.test_atomic_write import snapshot
from tests.store.conftest import become

KEY, OTHER = "ab" * 20, "cd" * 20


def put(store: DiskStore, value: object, key: str = KEY) -> None:
    """Keep a value, and wait until it is on disk."""
    store.put(key, "x", Result(value, VALUES.digest(value) or "made so", 0.0, 0.0))
    store.flush()


def files(folder: Path) -> list[Path]:
    """All files of a store."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_result_that_was_never_kept_is_a_miss(tmp_path: Path) -> None:
    """Asking makes nothing: no folder, no file."""
    assert DiskStore(tmp_path / "cache").get(KEY) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [[1, 2, 3], np.arange(50.0), UserDict({"a": 1})])
def test_a_damaged_file_is_a_miss(value: object, tmp_path: Path) -> None:
    """Whatever byte of whatever file is changed or missing, the answer is the value or nothing."""
    store = DiskStore(tmp_path)
    put(store, value)
    hits = 0
    for path in files(tmp_path):
        content = path.read_bytes()
        broken = [content[:at] for at in range(len(content))]
        broken += [bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]]) for at in range(len(content))]
        for bad in broken:
            path.write_bytes(bad)
            result = store.get(KEY)
            assert result is None or VALUES.equal(result.value, value) or result.value == value
            hits += result is not None
        path.write_bytes(content)
    assert store.get(KEY) is not None
    assert hits <= 128, "padding in the header of an array is all that may change"


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"{}\n1\n", b'{}\n"\xc3\xa4"\n', b"{}\n" + b"[" * 100_000 + b"\n", b"\0" * 99]
)
def test_a_file_of_anything_else_is_a_miss(content: bytes, tmp_path: Path) -> None:
    """Anything in place of an entry is never an error."""
    store = DiskStore(tmp_path)
    put(store, 1)
    next(tmp_path.rglob("*.jsonl")).write_bytes(content)
    assert store.get(KEY) is None


def test_a_missing_file_is_a_miss(tmp_path: Path) -> None:
    """An entry whose file is missing, or a folder in its place, is no error."""
    store = DiskStore(tmp_path)
    put(store, np.arange(3.0))
    array = next(tmp_path.rglob("*.numpy"))
    array.unlink()
    assert store.get(KEY) is None
    array.mkdir()
    assert store.get(KEY) is None


def test_files_of_another_user_are_not_read(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that came with a project from another machine counts as empty."""
    mine = tmp_path_factory.mktemp("mine")
    put(DiskStore(tmp_path), [1, 2])
    become(mine, monkeypatch)
    assert DiskStore(tmp_path).get(KEY) is None
    put(DiskStore(tmp_path), [1, 2])
    assert DiskStore(tmp_path).get(KEY) is not None


def test_a_foreign_pickle_is_never_executed(tmp_path: Path) -> None:
    """A pickle that replaces ours is not loaded, whether its name, size or entry fit or not."""
    store, marker = DiskStore(tmp_path / "cache"), tmp_path / "executed"

    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (marker,)

    put(store, UserDict({"a": 1}))
    next(tmp_path.rglob("*.pickled")).write_bytes(pickle.dumps(Attack()))
    assert store.get(KEY) is None
    entry = next(tmp_path.rglob("*.jsonl"))
    entry.write_bytes(entry.read_bytes().replace(b'"sha256": "', b'"sha256": "0'))
    assert store.get(KEY) is None
    assert not marker.exists()


def test_an_entry_counts_only_under_its_key(tmp_path: Path) -> None:
    """A copy of a signed entry does not answer for another key."""
    store = DiskStore(tmp_path)
    put(store, 1)
    put(store, 2, OTHER)
    os.replace(tmp_path / "ab" / f"{KEY}.jsonl", tmp_path / "cd" / f"{OTHER}.jsonl")
    assert store.get(OTHER) is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """A read-only place or another file at its path is no error; the notebook continues without the store."""
    (tmp_path / "cache").write_text("in the way")
    store = DiskStore(tmp_path / "cache")
    put(store, 1)
    assert store.get(KEY) is None


def test_a_folder_whose_permissions_change_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values are as good as never kept while it cannot be used; one line says so, each time that begins."""
    store = DiskStore(tmp_path / "cache")
    put(store, [1])
    assert store.news() == []

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    for _ in range(2):
        with monkeypatch.context() as changed:
            changed.setattr(disk, "make_folder", refused)
            put(store, [2], KEY[::-1])
            (line,) = store.news()
            assert line.startswith(
                f"results are not kept on disk: cannot write '{tmp_path / 'cache'}': Permission denied."
            )
            put(store, [3], KEY[::-1])
            assert store.news() == []
            assert store.get(KEY[::-1]) is None
        put(store, [1])
        assert store.news() == []
        found = store.get(KEY)
        assert found is not None
        assert found.value == [1]


def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it was used cannot be noted there; its results are right all the same."""
    store = DiskStore(tmp_path / "cache")
    put(store, [1])

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(disk.os, "utime", refused)
    found = store.get(KEY)
    assert found is not None
    assert found.value == [1]


def test_what_was_used_least_recently_makes_way(tmp_path: Path) -> None:
    """Above the limit old results are removed until there is room, the last used ones stay."""
    store = DiskStore(tmp_path, limit=50_000)
    keys = [f"{number:02x}" * 20 for number in range(7)]
    start = time.time() - 1000
    for number, key in enumerate(keys):
        put(store, np.zeros(1000) + number, key)  # 8 kB each
        if number < 5:
            os.utime(tmp_path / key[:2] / f"{key}.jsonl", (start + number, start + number))
            os.utime(tmp_path / key[:2] / f"{key}.numpy", (start + number, start + number))
        if number == 4:
            assert store.get(keys[0]) is not None
    there = [number for number, key in enumerate(keys) if store.get(key) is not None]
    assert 0 in there
    assert there[-1] == 6
    assert 1 not in there
    assert store.room.taken == sum(path.stat().st_size for path in files(tmp_path)) <= 50_000


def test_a_value_larger_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    """It would drive out all others."""
    store = DiskStore(tmp_path, limit=10_000)
    put(store, 1, OTHER)
    put(store, np.zeros(10_000))
    assert store.get(KEY) is None
    assert store.get(OTHER) is not None


def test_what_a_killed_kernel_left_is_cleared_away(tmp_path: Path) -> None:
    """Half-written files of yesterday go when room is made."""
    store = DiskStore(tmp_path, limit=20_000)
    put(store, 1)
    left = tmp_path / "ab" / f"{OTHER}.new-1"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    put(store, np.zeros(1500), OTHER)
    put(store, np.zeros(1501), "ef" * 20)
    assert not left.exists()


def test_version_control_leaves_the_folder_alone(tmp_path: Path) -> None:
    """`.dagbook/` ignores itself."""
    store = DiskStore(tmp_path / ".dagbook" / "cache")
    put(store, 1)
    assert (tmp_path / ".dagbook" / ".gitignore").read_text().endswith("*\n")


def test_the_secret_is_the_users_own(someone: Path, tmp_path: Path) -> None:
    """It is made once, only its owner can read it, and it is not beside the files that it signs."""
    put(DiskStore(tmp_path), 1)
    secret = someone / "dagbook" / "cache.secret"
    assert secret.stat().st_mode & 0o077 == 0
    assert len(secret.read_bytes()) == 32
    assert secret.read_bytes() not in b"".join(path.read_bytes() for path in files(tmp_path))


def make_outside(tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A folder with a user's files, which also looks like one of a store; and its content."""
    outside = tmp_path / "home"
    for folder in (outside, outside / "cache", outside / "ab", outside / "cache" / "ab"):
        folder.mkdir()
        for name in ("thesis.tex", f"{KEY}.jsonl", f"{KEY}.numpy", "a.jsonl"):
            (folder / name).write_bytes(b"precious" * 1000)
            os.utime(folder / name, (0, 0))
    return outside, snapshot(outside)


@pytest.mark.parametrize("link", [".dagbook", ".dagbook/cache", ".dagbook/cache/ab", ".dagbook/cache/go"])
def test_nothing_behind_a_link_is_touched(tmp_path: Path, link: str) -> None:
    """Limit, clearing, reading and writing stay in the folder, whichever part of it is a link to elsewhere."""
    outside, before = make_outside(tmp_path)
    path = tmp_path / "repo" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(outside)
    store = DiskStore(tmp_path / "repo" / ".dagbook" / "cache", limit=4000)
    for number in range(5):
        put(store, np.zeros(100) + number, f"{0xAB + number:02x}" * 20)
    store.get(KEY)
    if link in (".dagbook", ".dagbook/cache"):
        assert store.room.count() == store.room.taken == 0
        with pytest.raises(SourceError, match=r"DB431 .* is a link"):
            store.refuse_unsafe()
    else:
        store.refuse_unsafe()
        assert store.get("af" * 20) is not None
    store.clear()
    assert snapshot(outside) == before


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Limit and clearing remove results only, by their names, and links to files without what is behind them."""
    outside, before = make_outside(tmp_path)
    folder = tmp_path / "cache"
    (folder / "ab").mkdir(parents=True)
    own = [
        folder / "notes.txt",
        folder / "ab" / "thesis.tex",
        folder / "ab" / f"{KEY}.numpy.bak",
        folder / "xyz",
    ]
    for path in own:
        path.write_bytes(b"precious" * 1000)
        os.utime(path, (0, 0))
    (folder / "ab" / f"{OTHER}.numpy").symlink_to(outside / "thesis.tex")
    store = DiskStore(folder, limit=4000)
    for number in range(5):
        put(store, np.zeros(100) + number, f"{0xAB + number:02x}" * 20)
    store.clear()
    assert all(path.read_bytes() == b"precious" * 1000 for path in own)
    assert snapshot(outside) == before
    assert store.room.count() == 0


@pytest.mark.parametrize("kind", ["world-writable", "readable", "a link", "open folder"])
def test_a_key_that_others_may_know_is_refused(
    someone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Results that such a key signed are not read, and the cache gives the reason."""
    put(DiskStore(tmp_path), 1)
    key = someone / "dagbook" / "cache.secret"
    match kind:
        case "world-writable":
            key.chmod(0o666)
        case "readable":
            key.chmod(0o640)
        case "a link":
            key.rename(someone / "key")
            key.symlink_to(someone / "key")
        case _:
            key.parent.chmod(0o777)
    become(someone, monkeypatch)
    store = DiskStore(tmp_path)
    assert store.get(KEY) is None
    with pytest.raises(SourceError, match="DB434 the key of the cache"):
        store.refuse_unsafe()
