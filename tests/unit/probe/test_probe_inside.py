"""Attacks that are refused by nobody at all: what is silent, away or without end is no wall, and each says so."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub_config.gate.listen import BACKLOG
from hub_config.probe.browser.door import statuses_of
from hub_config.probe.inside import limits, network, processes, sockets
from hub_config.probe.inside.base import refused
from hub_config.probe.inside.secrets import KEYS

ALLOWED = 200
CALL = b"GET / HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


def test_a_question_that_left_and_was_not_answered_is_red() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        said = network._asks("127.0.0.1", silent.getsockname()[1])
        assert silent.recv(512) == network.QUERY
    assert network.unsent({"udp": said}).held is False
    assert network.unsent({"udp": "ENETUNREACH", "tcp": "ECONNREFUSED"}).held is True


@contextmanager
def answering(place: Path, answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """Listen at a socket; answer each connection's first bytes once, and read on where the answer is None."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    calling = listening.accept()[0]
                except OSError:
                    return
                with calling:
                    said = answer(calling.recv(65536))
                    if said is not None:
                        calling.sendall(said)
                    while said is None and calling.recv(65536):
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield str(place)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_server_that_reads_without_an_end_has_refused_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "EXCHANGE_SECONDS", 0.1)
    with answering(tmp_path / "s", lambda said: None) as reading:
        said = sockets._judged(CALL + b" " * 2_000_000, reading)
    assert said == "done: kept waiting"
    assert refused({"length": said}).held is False
    with answering(tmp_path / "t", lambda said: b"") as closing:
        assert sockets._judged(CALL, closing) == "closed"
    with answering(tmp_path / "u", lambda said: MISSING) as refusing:
        assert sockets._judged(CALL, refusing) == "status 404"


def test_a_socket_that_refuses_what_it_lists_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer, held in (("gone", MISSING, False), ("there", OK, True)):
        with answering(tmp_path / name, lambda said, answer=answer: answer) as path:  # type: ignore[misc]
            monkeypatch.setitem(sockets.LISTED, path, CALL)
            assert sockets._there(path, {"/people": "status 404"}).held is held


def test_a_second_answer_is_seen_where_it_follows_a_body_without_a_new_line() -> None:
    assert sockets.STATUSES.findall(MISSING + OK) == [b"404", b"200"]
    assert statuses_of(MISSING + OK) == [404, 200]


@pytest.mark.parametrize(("kept", "held"), [(0, False), (100, True), (1000, False)])
def test_a_flood_counts_what_a_gate_keeps_and_proves_nothing_below_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, held: bool
) -> None:
    """A gate that lets nobody in, one that keeps to its limit, and one that has none."""
    monkeypatch.setattr(sockets, "UP", str(tmp_path / "up"))
    monkeypatch.setattr(sockets, "FLOOD_SECONDS", 0.2 if kept == 0 else 5.0)
    monkeypatch.setattr(sockets, "SETTLING_SECONDS", 0.1)
    dialled: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "up"))
        listening.listen(BACKLOG)

        def accept() -> None:
            while True:
                try:
                    one = listening.accept()[0]
                except OSError:
                    return
                if len(dialled) < kept:
                    dialled.append(one)
                else:
                    one.close()

        thread = threading.Thread(target=accept, daemon=True)
        if kept:
            thread.start()
        seen = sockets.flood({"connections": ALLOWED})
        listening.shutdown(socket.SHUT_RDWR)
        if kept:
            thread.join()
    for one in dialled:
        one.close()
    assert seen.held is held, seen.words
    assert ("proves nothing" in seen.words) is (kept == 0)


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_known_in_every_form_that_programs_write(kind: str) -> None:
    assert KEYS.search(f"-----BEGIN {kind}".encode() + b"PRIVATE KEY-----\n")
    assert KEYS.search(f"-----BEGIN {kind}".encode() + b"PUBLIC KEY-----\n") is None


def test_where_the_server_has_no_queues_nothing_is_said_of_them() -> None:
    assert processes.ipc({"queue_key": 1, "queues": []}).held is None


def test_what_can_be_filled_beyond_its_limit_and_what_cannot_is_told_apart(tmp_path: Path) -> None:
    facts = {"tmp_bytes": limits.MIB, "shm_bytes": limits.MIB}
    assert limits.temporary(facts).held is False
    room = os.statvfs("/dev/shm")
    assert limits._filled("/dev/shm", room.f_blocks * room.f_frsize + limits.MIB) == "ENOSPC"
