"""Listening: an address is taken before anything is served at it, and answers leave at once."""

from __future__ import annotations

import socket

import pytest

from kernel_magics.cli.listening import bound
from kernel_magics.engine.errors import SourceError


def test_a_socket_is_told_its_protocol() -> None:
    """asyncio switches the delay of small parts off for such sockets only; each answer would wait 40 ms."""
    with bound("127.0.0.1", 0) as found:
        assert found.proto == socket.IPPROTO_TCP
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(found.getsockname(), timeout=5)


@pytest.mark.parametrize("host", ["203.0.113.9", "no.such.host.invalid", "x" * 70])
def test_an_address_of_others_is_one_error(host: str) -> None:
    """With the address and a way out."""
    with pytest.raises(SourceError, match="cannot listen at") as caught:
        bound(host, 0)
    assert caught.value.code == "DB552"


def test_a_port_that_is_taken_is_one_error() -> None:
    """Who serves there keeps it."""
    with bound("127.0.0.1", 0) as first:
        first.listen()
        with pytest.raises(SourceError, match=r"[Ii]n use"):
            bound("127.0.0.1", first.getsockname()[1])
