"""The append-only service under pressure: rates, a queue with an end, and the outbox of PostgreSQL behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit import limits, writer
from audit.client import AsyncAuditClient, AuditClient
from audit.errors import ServiceBusy, TooManyEvents
from audit.limits import COMPONENTS, Rate
from audit.search import Query, search
from audit.writer import Recorder, Service, _listen, _sequence
from tests.integration.audit.audit_world import World, an_event
from tests.patience import PATIENCE


@contextlib.contextmanager
def serving(world: World) -> Iterator[Path]:
    """Run the service in a thread of this process, so that a test can look at its limits."""
    path = world.home / "audit.sock"
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        service = Service(Recorder(world.log, world.cells), {os.getuid(): "gate"})
        server = await loop.create_unix_server(service.connection, sock=_listen(path, None))
        end = _sequence(world.log)
        ready.set()
        await stop.wait()
        server.close()
        service.flush()
        end()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield path
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def small_rate(monkeypatch: pytest.MonkeyPatch, burst: int) -> None:
    gate = COMPONENTS["gate"]
    small: Any = {"gate": type(gate)(gate.actions, gate.services, gate.objects, gate.rate, Rate(0.001, burst))}
    monkeypatch.setattr(limits, "COMPONENTS", small)


def actions(world: World) -> list[str]:
    world.log.settle()
    with world.db.read() as tx:
        return [entry.body["action"] for entry in search(tx, Query(newest_first=False, limit=1000))]


def test_too_many_events_are_refused_by_name_and_recorded_once(
    usual_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_rate(monkeypatch, 3)
    with serving(usual_world) as path:
        client = AuditClient(path)
        for _ in range(3):
            client.append(an_event())
        for _ in range(4):
            with pytest.raises(TooManyEvents):
                client.append(an_event())
        client.close()
    assert actions(usual_world) == ["cell.sent"] * 3 + ["log.throttled"]


def test_what_waits_has_an_end_and_everything_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING", 4)
    monkeypatch.setattr(writer, "MAX_BATCH", 3)

    async def ask(path: Path) -> list[int | None]:
        client = AsyncAuditClient(path, timeout=60)
        events = [an_event(detail={"n": n}) for n in range(60)]
        answers = await asyncio.gather(*(client.cell(event, os.urandom(2000)) for event in events))
        await client.close()
        return list(answers)

    with serving(world) as path:
        assert len(asyncio.run(ask(path))) == 60
    assert actions(world) == ["cell.sent"] * 60


def test_more_callers_than_it_can_serve_are_told_so(usual_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_CONNECTIONS", 1)
    with serving(usual_world) as path:
        first = AuditClient(path)
        first.append(an_event())
        with pytest.raises(ServiceBusy):
            AuditClient(path, timeout=2).append(an_event())
        first.close()


def test_on_postgresql_an_answer_says_that_it_is_durable_and_the_service_sequences(postgresql_world: World) -> None:
    world = postgresql_world
    with serving(world) as path:
        client = AuditClient(path)
        event = an_event()
        assert client.append(event) is None
        deadline = time.monotonic() + PATIENCE
        while world.size() < 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert client.append(event) == 0
        client.close()
