"""`pylock.toml` locks the pins of an envelope to files of an index; what does not, is left out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.envelope.lock import NAME, lock
from tests.envelope.making import make

PINS = {"six": "1.17.0"}
FILE = 'url = "https://files.example.org/six.whl", hashes = {{ sha256 = "{digest}" }}'
LOCK = """\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "six"
version = "{version}"
wheels = [{{ {file} }}]
"""


def text(version: str = "1.17.0", file: str = FILE.format(digest="0" * 64)) -> str:
    """A lock of one distribution."""
    return LOCK.format(version=version, file=file)


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command `uv` that answers with the content of this file, and fails where it is not there."""
    answer, folder = tmp_path / "answer.toml", tmp_path / "bin"
    folder.mkdir()
    script = folder / "uv"
    script.write_text(f'#!/bin/sh\nfor last; do :; done\ncp {answer} "$last"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return answer


def test_what_uv_knows_is_the_lock(uv: Path, tmp_path: Path) -> None:
    """As uv writes it; none where uv fails."""
    assert lock(PINS, tmp_path / "none") is None
    uv.write_text(text())
    assert lock(PINS, tmp_path / "none") == text().encode()


@pytest.mark.parametrize(
    "wrong",
    [
        text(version="1.16.0"),
        text(file='path = "/opt/wheels/six.whl", hashes = {}'),
        text(file='url = "file:///opt/wheels/six.whl", hashes = {}'),
        text(file='url = "https://me:word@files.example.org/six.whl", hashes = {}'),
        text(file=""),
        text().replace("wheels", "others"),
        "no toml",
        "",
    ],
)
def test_what_other_machines_cannot_use_is_left_out(uv: Path, tmp_path: Path, wrong: str) -> None:
    """Another version, a file or folder of this machine, a password, and what is no lock."""
    uv.write_text(wrong)
    assert lock(PINS, tmp_path / "none") is None


def test_without_uv_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pins of `requirements.txt` are there all the same."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lock(PINS, tmp_path / "none") is None


def test_the_lock_of_an_envelope_stays(uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export anew gives the same lock, whatever the index has got, also where uv is not there."""
    script = f"""#!{sys.executable}
import pathlib, sys
digest = pathlib.Path({str(uv)!r}).read_text()
parts = ['lock-version = "1.0"\\ncreated-by = "uv"\\n']
for pin in pathlib.Path(sys.argv[-3]).read_text().split():
    name, version = pin.split("==")
    file = f'url = "https://files.example.org/{{name}}.whl", hashes = {{{{ sha256 = "{{digest}}" }}}}'
    parts.append(f'[[packages]]\\nname = "{{name}}"\\nversion = "{{version}}"\\nwheels = [{{{{ {{file}} }}}}]\\n')
pathlib.Path(sys.argv[-1]).write_text("".join(parts))
"""
    (uv.parent / "bin" / "uv").write_text(script)
    uv.write_text("0" * 64)
    folder = tmp_path / "people"
    report = make(folder)
    closure = Envelope.open(folder).record["requirements"]["closure"]
    first = (folder / NAME).read_bytes()
    assert NAME in report.files
    assert {item["name"] for item in tomllib.loads(first.decode())["packages"]} == set(closure)
    uv.write_text("1" * 64)
    assert lock(closure, folder) == first
    other = lock({**closure, **PINS}, folder)
    assert other is not None
    assert b"1" * 64 in other
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lock(closure, folder) == first
    (folder / NAME).write_bytes(first + b"# edited")
    assert lock(closure, folder) is None


def test_uv_reads_what_it_wrote(tmp_path: Path) -> None:
    """The real uv, where it is there and has seen a distribution of this environment."""
    pylock = pytest.importorskip("packaging.pylock")
    if shutil.which("uv") is None:
        pytest.skip("uv is not here")
    from importlib.metadata import version  # noqa: PLC0415  # of this environment

    data = lock({"iniconfig": version("iniconfig")}, tmp_path / "none")
    if data is None:
        pytest.skip("uv has not seen the index")
    (tmp_path / NAME).write_bytes(data)
    pylock.Pylock.from_dict(tomllib.loads(data.decode())).validate()
    words = ["uv", "pip", "sync", NAME, "--dry-run", "--offline", "--python", sys.executable]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert lock({"iniconfig": version("iniconfig")}, tmp_path / "none") == data
