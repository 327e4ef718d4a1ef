"""A service under load that is ended, or killed: no answer is lost, none is mixed up, and the log tells all."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.serve.app import Limits
from tests.envelope.making import make
from tests.ports import listening
from tests.serve.serving import served
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow
CLIENTS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An envelope."""
    path = tmp_path_factory.mktemp("load") / "people"
    make(path)
    return path


@contextmanager
def process(folder: Path, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port and the process of `dagbook serve`, with a session of its own."""
    words = ["serve", str(folder), "--log", str(log)]
    with listening(
        lambda port: [sys.executable, "-m", "kernel_magics", *words, "--port", str(port)]
    ) as found:
        yield found


def ask(port: int, client: int, answered: dict[str, float], ended: threading.Event) -> None:
    """Ask over one connection until it ends; each answer must be the one to its own question."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for number in range(100_000):
        if ended.is_set():
            break
        age = client * 1000 + number % 1000
        try:
            connection.request("POST", "/predict", json.dumps({"age": age, "city": "A"}))
            response = connection.getresponse()
            found = json.loads(response.read())
        except (OSError, http.client.HTTPException):
            break
        assert response.status == 200, found
        assert found["outputs"]["score"] == [(3.5 + 3.5 + age - 40.0) * 10.0]
        answered[found["request_id"]] = age
    connection.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_answered_is_in_the_log(folder: Path, tmp_path: Path, how: signal.Signals) -> None:
    """Ended: the log has what was answered and nothing else. Killed: every answer is there, and each line is right."""
    log = tmp_path / "log.jsonl"
    answered: list[dict[str, float]] = [{} for _ in range(CLIENTS)]
    ended = threading.Event()
    with process(folder, log) as (port, there):
        clients = [
            threading.Thread(target=ask, args=(port, number, answered[number], ended))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        until(lambda: min(map(len, answered)) >= 5, "five answers for each client")
        if how == signal.SIGTERM:
            there.terminate()
        else:
            os.killpg(there.pid, signal.SIGKILL)
        there.wait(PATIENCE)
        ended.set()
        for client in clients:
            client.join(PATIENCE)
    found = {id: age for each in answered for id, age in each.items()}
    assert min(map(len, answered)) >= 5
    whole = log.read_bytes().rpartition(b"\n")[0].splitlines()
    logged: dict[str, Any] = {entry["id"]: entry for entry in map(json.loads, whole)}
    assert found.keys() <= logged.keys()
    assert all(logged[id]["inputs"]["rows"] == [{"age": age, "city": "A"}] for id, age in found.items())
    if how == signal.SIGTERM:
        assert logged.keys() == found.keys()


@contextmanager
def slow(address: str) -> Iterator[socket.socket]:
    """A connection with a request that was accepted, and of whose body the first byte came."""
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sent:
        sent.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        )
        assert sent.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sent.sendall(b"[")
        yield sent


def test_a_slow_client_is_given_up(folder: Path, tmp_path: Path) -> None:
    """Its request is answered after the limit, though its body is not there."""
    with served(folder, tmp_path / "log.jsonl", Limits(seconds=0.2)) as address, slow(address) as sent:
        assert b" 504 " in sent.recv(1000).split(b"\r\n")[0]


def test_a_slow_client_keeps_nobody_waiting(folder: Path, tmp_path: Path) -> None:
    """Others are answered meanwhile; a body of ten megabytes is refused."""
    limits = Limits(seconds=PATIENCE)
    with served(folder, tmp_path / "log.jsonl", limits) as address, slow(address) as sent:
        port = int(address.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        for age in range(5):
            connection.request("POST", "/predict", json.dumps({"age": age, "city": "A"}))
            assert connection.getresponse().read().startswith(b'{"digest":')
        with suppress(BrokenPipeError, ConnectionResetError):  # it is refused before it was sent to its end
            connection.request("POST", "/predict", b"[" + b" " * 10_000_000 + b"]")
        assert connection.getresponse().status == 413
        connection.close()
        rows = [{"age": age, "city": "B"} for age in range(1000)]
        connection.request("POST", "/predict", json.dumps(rows))
        scores = json.loads(connection.getresponse().read())["outputs"]["score"]
        assert scores == [(2.0 + 2.0 + age - 40.0) * 10.0 for age in range(1000)]
        connection.close()
        assert not select.select([sent], [], [], 0)[0], "the slow client was answered"


def test_ctrl_c_lets_accepted_requests_end(folder: Path, tmp_path: Path) -> None:
    """A request that was accepted is answered, however long it takes; a terminal interrupts all processes."""
    with process(folder, tmp_path / "log.jsonl") as (port, there), slow(f"http://127.0.0.1:{port}") as sent:
        os.killpg(there.pid, signal.SIGINT)
        time.sleep(1)
        sent.sendall(b'{"age": 30, "city": "A"}'.ljust(98) + b"]")
        assert b" 200 " in sent.recv(1000).split(b"\r\n")[0]
