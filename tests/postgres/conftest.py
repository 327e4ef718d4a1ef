"""A PostgreSQL server for the tests, on loopback, run by a user who is not root, and ended with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import reserved_port
from tests.waiting import PATIENCE

NEEDED = os.environ.get("DAGBOOK_POSTGRES") == "required"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    path = shutil.which("initdb")
    return Path(path).parent if path else None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a new server."""
    binaries = _binaries()
    if binaries is None:
        if NEEDED:
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(
        tempfile.mkdtemp(prefix="dagbook-postgres-", dir="/tmp")
    )  # its user cannot see pytest's folders
    if as_user:
        shutil.chown(folder, "postgres")
    data, control = str(folder / "data"), [*as_user, str(binaries / "pg_ctl"), "-w", "-t", f"{PATIENCE:.0f}"]
    try:
        _do([*as_user, str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "dagbook", "-N"])
        with reserved_port() as port:
            options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
            _do([*control, "-D", data, "-l", str(folder / "log"), "-o", options, "start"])
            try:
                yield f"postgresql://dagbook@127.0.0.1:{port}/postgres"
            finally:
                _do([*control, "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _do(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the server."""
    import psycopg  # noqa: PLC0415

    name = f"t{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[arg-type,unused-ignore]
    return server.rpartition("/")[0] + f"/{name}"
