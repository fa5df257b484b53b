"""One sequencer at a time, replaced when it dies; nothing acknowledged is left out, doubled or put in another order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from audit.db import Database
from audit.errors import NotIntegrated
from audit.pending import waiting
from audit.sequencer import Sequencer
from audit.store import SEQUENCER_LOCK
from tests.integration.audit.audit_world import World, an_event, open_world
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
SEQUENCE = """
import sys, threading
from audit.db import Database
from audit.sequencer import Sequencer
print("ready", flush=True)
Sequencer(Database.open(sys.argv[1])).run(threading.Event())
"""


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def sequencer_process(world: World) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SEQUENCE, world.url]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def durable(world: World, count: int) -> list[str]:
    return [e.event_id for e in world.log.record_all([(an_event(detail={"n": n}), "portal") for n in range(count)])]


def order(world: World) -> list[str]:
    with world.db.read() as tx:
        return list(tx.scalars(text("SELECT event_id FROM audit_entry ORDER BY idx")))


def integrated(world: World, size: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while world.size() < size and time.monotonic() < deadline:
        time.sleep(0.05)
    return world.size() == size


def test_batches_close_tiles_wherever_they_end(world: World) -> None:
    expected: list[str] = []
    for count in (255, 1, 1, 300, 500):
        expected += durable(world, count)
        world.log.sequencer.drain()
    assert order(world) == expected
    with world.db.read() as tx:
        assert tx.scalars(text("SELECT n FROM audit_tile ORDER BY n")).all() == [0, 1, 2, 3]
    world.log.checkpoint()
    assert world.verify().problems == ()


def test_more_than_one_batch_is_drained(world: World) -> None:
    expected = durable(world, 2100)
    world.log.sequencer.drain()
    assert order(world) == expected


def test_while_one_leads_nobody_else_does(world: World) -> None:
    durable(world, 1)
    with world.db.begin() as tx:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCER_LOCK})
        assert world.log.sequencer.step() is None
        assert world.size() == 0
    assert world.log.sequencer.step() == 1


def test_a_leader_that_hangs_is_waited_for_only_so_long(world: World) -> None:
    [event] = durable(world, 1)
    with world.db.begin() as tx:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCER_LOCK})
        with pytest.raises(NotIntegrated):
            world.log.wait(event, "integrated", 0.3)
    assert world.log.wait(event) == 0


def test_a_sequencer_that_dies_is_replaced(world: World) -> None:
    first, second = sequencer_process(world), sequencer_process(world)
    try:
        expected = durable(world, 10)
        assert integrated(world, 10)
        first.send_signal(signal.SIGKILL)
        expected += durable(world, 10)
        assert integrated(world, 20)
        assert order(world) == expected
    finally:
        first.kill()
        second.kill()
        first.wait()
        second.wait()


def test_a_sequencer_outlives_its_connection(world: World, postgresql_socket: str) -> None:
    stop = threading.Event()
    own = Database.open(world.url)
    thread = threading.Thread(target=Sequencer(own).run, args=(stop,))
    thread.start()
    try:
        durable(world, 3)
        assert integrated(world, 3)
        with psycopg.connect(host=postgresql_socket, user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        world.db.engine.dispose()
        durable(world, 3)
        assert integrated(world, 6)
    finally:
        stop.set()
        thread.join()
        own.close()


def test_a_second_copy_of_an_event_is_let_go(world: World) -> None:
    # A row that was inserted while its first copy was on its way from the outbox into the tree.
    durable(world, 1)
    copy = "CREATE TEMPORARY TABLE copy AS SELECT * FROM audit_pending"
    with world.db.begin() as tx:
        tx.execute(text(copy))
        tx.execute(text("UPDATE copy SET id = id + 1000"))
        keep = tx.execute(text("SELECT * FROM copy")).mappings().one()
    world.log.sequencer.drain()
    put_back(world, dict(keep))
    durable(world, 1)
    world.log.sequencer.drain()
    assert (world.size(), outbox(world)) == (2, 0)


def test_an_acknowledged_event_with_the_id_of_another_is_never_dropped(world: World) -> None:
    durable(world, 1)
    with world.db.begin() as tx:
        row = dict(tx.execute(text("SELECT * FROM audit_pending")).mappings().one())
    world.log.sequencer.drain()
    other = bytes(row["body"]).replace(b'"n":0', b'"n":7')
    put_back(world, {**row, "id": row["id"] + 1000, "body": other})
    durable(world, 2)
    world.log.sequencer.drain()
    assert (world.size(), outbox(world)) == (3, 1)  # it stays visible, and holds nobody up


def test_on_sqlite_there_is_nothing_to_sequence(tmp_path: Path) -> None:
    assert Sequencer(Database.open(f"sqlite:///{tmp_path / 'x.db'}")).step() == 0


def test_what_one_process_made_durable_another_sequences(world: World) -> None:
    other = open_world(Database.open(world.url), world.home, world.url)
    mine = [world.log.record(an_event(), wait="durable") for _ in range(3)]
    assert mine == [None] * 3
    other.log.settle()
    assert world.size() == 3
    other.db.close()


def put_back(world: World, row: dict[str, object]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with world.db.begin() as tx:
        tx.execute(text(f"INSERT INTO audit_pending ({names}) VALUES ({values})"), row)


def outbox(world: World) -> int:
    with world.db.read() as tx:
        return waiting(tx)
