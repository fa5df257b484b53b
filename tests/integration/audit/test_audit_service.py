"""The append-only service: who asks is known from the kernel, and what it acknowledged is never lost."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from audit.client import AsyncAuditClient, AuditClient
from audit.errors import EventRefused, NotDurable, NotPermitted
from audit.event import Source, this_host
from audit.search import Query, search
from audit.wire import Request, request_line
from tests.integration.audit.audit_world import World, an_event
from tests.patience import PATIENCE

pytestmark = pytest.mark.sqlite(
    "answers are places in the tree, which PostgreSQL gives a moment later; test_audit_service_pressure has that"
)

SERVE = """
import os, sys
from pathlib import Path
from typing import Any
from audit.db import Database
from audit.writer import serve
from tests.integration.audit.audit_world import open_world
world = open_world(Database.open(sys.argv[1]), Path(sys.argv[2]), sys.argv[1])
users = {int(sys.argv[3]): sys.argv[4]}
serve(world.log, world.cells, Path("audit.sock"), users, ready=lambda: print("ready", flush=True))
"""
ROOT = Path(__file__).parents[3]


class Server:
    """The service in a process of its own."""

    def __init__(self, world: World, component: str = "gate", uid: int | None = None) -> None:
        self.world = world
        self.path = world.home / "audit.sock"
        self._uid = os.getuid() if uid is None else uid
        self._component = component
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, self.world.url, str(self.world.home), str(self._uid), self._component]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, cwd=self.world.home, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@pytest.fixture
def start(usual_world: World) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def begin(component: str = "gate", uid: int | None = None) -> Server:
        server = Server(usual_world, component, uid)
        server.start()
        started.append(server)
        return server

    yield begin
    for server in started:
        server.kill()


def entries(world: World) -> list[dict[str, Any]]:
    with world.db.read() as tx:
        return [dict(entry.body) for entry in search(tx, Query(newest_first=False, limit=1000))]


def test_the_service_names_component_host_and_time_itself(start: Callable[..., Server], usual_world: World) -> None:
    client = AuditClient(start("hub").path)
    event = an_event("workspace.start", source=Source("203.0.113.7", host="forged"))
    assert client.append(event) == 0
    (body,) = entries(usual_world)
    assert (body["component"], body["source"]) == ("hub", {"host": this_host()})
    assert usual_world.log.unseal(0) == {"source.ip": "203.0.113.7"}
    client.close()


def test_a_cell_is_stored_before_it_is_recorded(start: Callable[..., Server], usual_world: World) -> None:
    code = "df[df['이름'] == '김민수']".encode()
    assert AuditClient(start().path).cell(an_event(), code) == 0
    (body,) = entries(usual_world)
    assert usual_world.cells.get(body["detail"]["code"]) == code
    assert "김민수".encode() not in usual_world.body(0)


@pytest.mark.parametrize("action", ["egress.approved", "log.verified", "person.role_granted", "cell.invented"])
def test_a_component_records_only_what_it_observes(start: Callable[..., Server], action: str) -> None:
    client = AuditClient(start().path)
    with pytest.raises(NotPermitted):
        client.append(an_event(action))
    assert client.append(an_event()) == 0


def test_a_component_that_no_table_names_records_nothing(start: Callable[..., Server]) -> None:
    with pytest.raises(NotPermitted):
        AuditClient(start("stranger").path).append(an_event())


def test_a_user_that_is_no_component_is_turned_away(start: Callable[..., Server], usual_world: World) -> None:
    with pytest.raises(NotPermitted):
        AuditClient(start(uid=os.getuid() + 1).path).append(an_event())
    assert usual_world.size() == 0


def test_an_event_of_another_form_is_refused_and_the_next_is_taken(start: Callable[..., Server]) -> None:
    client = AuditClient(start().path)
    with pytest.raises(EventRefused):
        client.append(an_event(detail={"name": "김민수"}))
    with pytest.raises(EventRefused):
        client.cell(an_event(detail={"code": "x"}), b"1")
    assert client.append(an_event()) == 0


def test_one_refused_event_does_not_take_others_with_it(start: Callable[..., Server], usual_world: World) -> None:
    path = start().path

    async def ask() -> list[int | BaseException | None]:
        client = AsyncAuditClient(path)
        events = [an_event(detail={"n": n} if n % 5 else {"n": "김"}) for n in range(50)]
        answers = await asyncio.gather(*(client.append(event) for event in events), return_exceptions=True)
        await client.close()
        return list(answers)

    answers = asyncio.run(ask())
    assert [isinstance(answer, EventRefused) for answer in answers] == [n % 5 == 0 for n in range(50)]
    assert sorted(answer for answer in answers if isinstance(answer, int)) == list(range(40))


def test_concurrent_requests_share_transactions(start: Callable[..., Server], usual_world: World) -> None:
    path = start().path

    async def ask(count: int) -> tuple[list[int | None], float]:
        client = AsyncAuditClient(path)
        await client.append(an_event())
        began = time.perf_counter()
        found = await asyncio.gather(*(client.append(an_event()) for _ in range(count)))
        elapsed = time.perf_counter() - began
        await client.close()
        return found, elapsed

    found, _ = asyncio.run(ask(400))
    assert set(found) == set(range(1, 401))
    times = [body["ts"] for body in entries(usual_world)]
    assert times == sorted(times)
    usual_world.log.checkpoint()
    assert usual_world.verify().ok


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"not json\n",
        b'{"op":"drop"}\n',
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b'{"op":"append","event":{}}\n',
    ],
)
def test_a_line_that_is_no_request_ends_the_connection_and_nothing_else(
    start: Callable[..., Server], line: bytes
) -> None:
    path = start().path
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(10)
        raw.connect(str(path))
        raw.sendall(line)
        assert json.loads(raw.makefile().readline())["error"] == "malformed"
        assert raw.recv(1) == b""
    assert AuditClient(path).append(an_event()) == 0


def test_a_line_without_end_is_cut_off(start: Callable[..., Server]) -> None:
    path = start().path
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(20)
        raw.connect(str(path))
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                raw.sendall(b"x" * 65_536)
        with contextlib.suppress(ConnectionError):
            while raw.recv(65_536):
                pass
    assert AuditClient(path).append(an_event()) == 0


def test_what_arrived_before_a_bad_line_is_recorded(start: Callable[..., Server], usual_world: World) -> None:
    path = start().path
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(10)
        raw.connect(str(path))
        raw.sendall(request_line(Request(an_event())) + b"nonsense\n")
        answers = raw.makefile().readlines()
    assert json.loads(answers[0]) == {"index": 0}
    assert json.loads(answers[1])["error"] == "malformed"
    assert usual_world.size() == 1


def test_a_caller_that_goes_away_is_still_recorded(start: Callable[..., Server], usual_world: World) -> None:
    path = start().path
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(path))
        raw.sendall(request_line(Request(an_event())))
    AuditClient(path).append(an_event())
    assert usual_world.size() == 2


def test_threads_may_share_a_client(start: Callable[..., Server]) -> None:
    client = AuditClient(start().path)
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(client.append(an_event()))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == set(range(20))


def test_a_client_finds_the_service_again_and_records_once(start: Callable[..., Server], usual_world: World) -> None:
    server = start()
    client = AuditClient(server.path)
    event = an_event()
    assert client.append(event) == 0
    server.kill()
    server.start()
    assert client.append(event) == 0
    assert client.append(an_event()) == 1


async def test_an_asyncio_client_finds_the_service_again_and_records_once(start: Callable[..., Server]) -> None:
    server = start()
    client = AsyncAuditClient(server.path)
    event = an_event()
    assert await client.cell(event, b"1 + 1") == 0
    server.kill()
    server.start()
    assert await client.cell(event, b"1 + 1") == 0
    assert await client.append(an_event()) == 1
    await client.close()


async def test_without_a_service_nothing_is_durable(tmp_path: Path) -> None:
    with pytest.raises(NotDurable):
        AuditClient(tmp_path / "none.sock", timeout=0.2).append(an_event())
    with pytest.raises(NotDurable):
        await AsyncAuditClient(tmp_path / "none.sock", timeout=0.2).append(an_event())


async def test_a_service_that_does_not_answer_makes_nothing_durable(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        with pytest.raises(NotDurable):
            AuditClient(tmp_path / "silent.sock", timeout=0.3).append(an_event())
        with pytest.raises(NotDurable):
            await AsyncAuditClient(tmp_path / "silent.sock", timeout=0.3).append(an_event())


def test_an_answer_that_is_none_makes_nothing_durable(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as liar:
        liar.bind(str(tmp_path / "liar.sock"))
        liar.listen()

        def answer() -> None:
            connection, _ = liar.accept()
            connection.recv(65_536)
            connection.sendall(b'{"index": "yes"}\n')

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotDurable):
            AuditClient(tmp_path / "liar.sock", timeout=5).append(an_event())
        thread.join()


def test_a_database_that_cannot_write_makes_nothing_durable(start: Callable[..., Server], usual_world: World) -> None:
    path = start().path
    with usual_world.db.begin() as tx:
        tx.execute(text("DROP TABLE audit_link"))
    with pytest.raises(NotDurable):
        AuditClient(path).append(an_event())


def test_a_stopped_service_leaves_no_socket_and_ends_well(start: Callable[..., Server]) -> None:
    server = start()
    assert server.stop() == 0
    assert not server.path.exists()


def test_a_killed_service_leaves_a_socket_that_the_next_one_takes_over(start: Callable[..., Server]) -> None:
    server = start()
    server.kill()
    assert server.path.exists()
    server.start()
    assert AuditClient(server.path).append(an_event()) == 0


def test_a_second_service_at_one_socket_is_refused(start: Callable[..., Server], usual_world: World) -> None:
    start()
    second = subprocess.run(
        [sys.executable, "-c", SERVE, usual_world.url, str(usual_world.home), "0", "gate"],
        cwd=usual_world.home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "another audit service" in second.stderr
    assert AuditClient(usual_world.home / "audit.sock").append(an_event()) == 0


def test_a_rolled_back_log_is_not_served(usual_world: World) -> None:
    usual_world.fill(3)
    usual_world.log.checkpoint()
    usual_world.tamper("DELETE FROM audit_entry WHERE idx = 2")
    refused = subprocess.run(
        [sys.executable, "-c", SERVE, usual_world.url, str(usual_world.home), "0", "gate"],
        cwd=usual_world.home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "LogInconsistent" in refused.stderr


def test_no_acknowledged_event_is_lost_when_the_service_is_killed_under_load(
    start: Callable[..., Server], usual_world: World
) -> None:
    server = start()
    acknowledged: dict[str, int | None] = {}
    stop = threading.Event()

    def load(number: int) -> None:
        client = AuditClient(server.path)
        while not stop.is_set():
            event = an_event(detail={"caller": number})
            answer = client.cell(event, os.urandom(20)) if number % 2 else client.append(event)
            acknowledged[event.id] = answer

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.4)
        server.kill()
        server.start()
    stop.set()
    for thread in threads:
        thread.join()
    with usual_world.db.read() as tx:
        stored = {row.event_id: row.idx for row in tx.execute(text("SELECT event_id, idx FROM audit_entry"))}
    assert len(acknowledged) > 50
    assert {event_id: stored.get(event_id) for event_id in acknowledged} == acknowledged
    usual_world.log.checkpoint()
    assert usual_world.verify().ok
    for body in entries(usual_world):
        if "code" in body.get("detail", {}):
            usual_world.cells.get(body["detail"]["code"])


def test_the_leaf_of_a_cell_shows_neither_person_nor_address_nor_code(
    start: Callable[..., Server], usual_world: World
) -> None:
    values = {"name": "김민수", "email": "kim@hospital.example"}
    code = b"print('secret of 203.0.113.7')"
    AuditClient(start().path).cell(replace(an_event(), sealed=values), code)
    leaf = usual_world.body(0)
    for value in (*(v.encode() for v in values.values()), b"203.0.113.7", code, b"secret"):
        assert value not in leaf
    assert usual_world.log.unseal(0) == {**values, "source.ip": "203.0.113.7"}
