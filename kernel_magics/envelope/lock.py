"""`pylock.toml` locks the requirements of an envelope: which files of an index they are, with their digests.

uv writes it from what its cache knows of the index: an export asks no network. The lock of an earlier export
with the same requirements stays: an export anew is the same envelope, whatever the index has got since.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.secrets import masked
from kernel_magics.envelope.record import read_record

NAME: Final = "pylock.toml"
_SECONDS: Final = 20.0
_OPTIONS: Final = ("--quiet", "--offline", "--no-deps", "--no-header", "--no-annotate", "--format", NAME)


def lock(pins: Mapping[str, str], target: Path) -> bytes | None:
    """The text of `pylock.toml`; None where uv is not there, or has not seen these distributions.

    Args:
        pins: the version of each distribution.
        target: the folder of the envelope, which may have one of an earlier export.
    """
    kept = _kept(target)
    if kept is not None and _locks(kept, pins):
        return kept
    found = _locked(pins) if pins else None
    return found if found is not None and _locks(found, pins) else None


def _kept(target: Path) -> bytes | None:
    """The lock of an envelope that is unchanged."""
    try:
        read_record(target)
        return (target / NAME).read_bytes()
    except (DataflowError, OSError):
        return None


def _locked(pins: Mapping[str, str]) -> bytes | None:
    uv = shutil.which("uv")
    if uv is None:
        return None
    with tempfile.TemporaryDirectory(prefix="dagbook-") as folder:
        asked = Path(folder) / "requirements.in"
        asked.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
        command = [uv, "pip", "compile", *_OPTIONS, "--python", sys.executable, asked.name, "-o", NAME]
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS)
            if done.returncode == 0:
                return (Path(folder) / NAME).read_bytes()
    return None


def _locks(data: bytes, pins: Mapping[str, str]) -> bool:
    """Whether a text locks exactly these versions, each to files that any machine can fetch."""
    try:
        text = data.decode()
        packages = tomllib.loads(text)["packages"]
        versions = {item["name"]: item["version"] for item in packages}
        urls = [url for item in packages for url in _urls(item)]
    except (ValueError, KeyError, TypeError):
        return False
    fetched = all(url.startswith("https://") and "@" not in url.split("/")[2] for url in urls)
    return versions == dict(pins) and fetched and masked(text) == text


def _urls(package: Mapping[str, Any]) -> Iterator[str]:
    """Where the files of a distribution are; "" for one that has none, or is a folder of this machine."""
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
    yield from (file.get("url", "") for file in files)
    if not files:
        yield ""
