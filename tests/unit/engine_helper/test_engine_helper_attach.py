"""A caller's connection is handed through to the engine only after the engine opened the streams on it."""

from __future__ import annotations

import contextlib
import socket

import pytest

from hub_config.engine_helper.engine import opened
from hub_config.engine_helper.errors import Refused

OPENED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def heard(said: bytes) -> bytes:
    """What the helper makes of an engine that says this and then no more."""
    ours, engines = socket.socketpair()
    with contextlib.closing(ours), contextlib.closing(engines):
        engines.sendall(said)
        engines.shutdown(socket.SHUT_WR)
        return opened(ours)


def test_what_the_engine_said_with_its_word_is_kept() -> None:
    assert heard(OPENED) == OPENED
    assert heard(OPENED + b"first bytes") == OPENED + b"first bytes"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", 404),
        (b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}", 409),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 502),
    ],
)
def test_an_engine_that_opens_no_streams_gets_nothing_from_the_caller(said: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        heard(said)
    assert refused.value.status == status


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 101 UPGR", b"SSH-2.0\r\n\r\n", b"x" * 200_000])
def test_an_engine_that_breaks_off_is_no_open_stream(said: bytes) -> None:
    with pytest.raises(ConnectionError):
        heard(said)
