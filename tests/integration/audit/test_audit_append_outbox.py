"""The outbox of PostgreSQL: durable with the change, in the tree a moment later, and once in any case."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.db import Database
from audit.errors import EventRefused, NotDurable, NotIntegrated, NotWitnessed
from audit.event import Event, Object
from audit.log import AuditLog
from audit.note import parse_vkey
from audit.pending import waiting
from audit.sequencer import Sequencer
from audit.witness.policy import Witness, WitnessPolicy
from tests.integration.audit.audit_world import ALICE, ORIGIN, World, an_event, new_world, open_world
from tests.patience import PATIENCE

PENDING = "SELECT count(*) FROM audit_pending"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, postgresql_url: str) -> str:
    return postgresql_url


def pending(world: World) -> int:
    with world.db.read() as tx:
        return waiting(tx)


def test_an_append_is_durable_at_commit_and_in_the_tree_when_it_was_sequenced(world: World) -> None:
    with world.db.begin() as tx:
        appended = world.log.append(tx, an_event())
        assert appended.index is None
    assert (world.size(), pending(world)) == (0, 1)
    assert world.log.wait(appended.event_id, "durable") is None
    assert world.log.sequencer.step() == 1
    assert (world.size(), pending(world)) == (1, 0)
    assert world.log.wait(appended.event_id, "durable") == 0


def test_what_was_rolled_back_leaves_nothing_in_the_outbox(world: World) -> None:
    with suppress(RuntimeError), world.db.begin() as tx:
        world.log.append(tx, an_event())
        raise RuntimeError("the change fails after it was recorded")
    assert pending(world) == 0
    with world.db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM audit_sidecar")) == 0


def test_whoever_waits_sequences_what_nobody_else_does(world: World) -> None:
    with world.db.begin() as tx:
        events = [world.log.append(tx, an_event()) for _ in range(5)]
    assert [world.log.wait(event.event_id) for event in events] == [0, 1, 2, 3, 4]


def test_an_event_that_is_unknown_is_not_waited_for_without_end(world: World) -> None:
    with pytest.raises(NotIntegrated):
        world.log.wait(an_event().id, "integrated", 0.2)
    with pytest.raises(NotIntegrated):
        world.log.wait(an_event().id, "durable", 0.2)


def test_settling_brings_everything_into_the_tree(world: World) -> None:
    world.log.record_all([(an_event(), "portal") for _ in range(3)])
    world.log.settle()
    assert (world.size(), pending(world)) == (3, 0)


def test_an_event_is_taken_once_while_it_waits_and_afterwards(world: World) -> None:
    event = an_event(sealed={"comment": "a word"})
    for _ in range(3):
        world.log.record(event, wait="durable")
    assert pending(world) == 1
    world.log.settle()
    assert world.log.record(event, wait="durable") == 0
    assert (world.size(), pending(world)) == (1, 0)
    with world.db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM audit_sidecar")) == 2


@pytest.mark.parametrize("settled", [False, True])
def test_an_id_that_waits_or_is_entered_is_refused_for_another_event(world: World, settled: bool) -> None:
    event = an_event()
    world.log.record(event, wait="durable")
    if settled:
        world.log.settle()
    with pytest.raises(EventRefused):
        world.log.record(replace(event, outcome="failed"), wait="durable")
    world.log.settle()
    assert world.size() == 1


def test_many_who_send_the_same_event_at_once_record_it_once(world: World) -> None:
    event, failures = an_event(), []

    def send() -> None:
        try:
            world.log.record(event)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    ended = time.monotonic() + PATIENCE
    while pending(world) and time.monotonic() < ended:  # a late copy is let go by the next batch
        Sequencer(world.db).drain()
    assert (world.size(), pending(world)) == (1, 0)


def test_a_transaction_that_is_still_open_holds_nobody_up(world: World) -> None:
    with world.db.begin() as slow:
        late = world.log.append(slow, an_event(detail={"who": "slow"}))
        others = [world.log.record(an_event()) for _ in range(3)]
        assert others == [0, 1, 2]
    # Its number in the outbox is smaller than theirs; nothing that reads "after the last one" would find it.
    assert world.log.wait(late.event_id) == 3


def test_times_rise_with_indexes_although_transactions_overlap(world: World) -> None:
    with world.db.begin() as slow:
        late = world.log.append(slow, an_event())
        world.log.record(an_event())
    world.log.wait(late.event_id)
    world.log.checkpoint()
    assert world.verify().problems == ()


def test_a_clock_that_was_set_back_is_told_as_it_was(world: World) -> None:
    clock = iter(datetime(2026, 11, 21, 12, tzinfo=UTC) - timedelta(hours=n) for n in range(9))
    log = AuditLog(
        world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=lambda: next(clock)
    )
    log.record(an_event())
    log.record(an_event())
    world.log.checkpoint()
    result = world.verify()
    assert result.ok
    assert [problem.code for problem in result.problems] == ["time.backwards"]


def test_an_intent_stands_before_its_outcome_whoever_writes_them(world: World) -> None:
    other = open_world(Database.open(world.url), world.home, world.url)
    intents: list[Event] = []
    for n in range(20):
        intent = an_event("workspace.start", outcome="intent")
        world.log.record(intent, wait="durable")
        other.log.record(an_event("workspace.start", intent_id=intent.id), wait="durable")
        intents.append(intent)
        if n % 7 == 0:
            world.log.sequencer.step()
    world.log.settle()
    with world.db.read() as tx:
        order = {row.event_id: row.idx for row in tx.execute(text("SELECT event_id, idx FROM audit_entry"))}
        outcomes = {r.ref: r.idx for r in tx.execute(text("SELECT ref, idx FROM audit_link WHERE kind = 'intent'"))}
    assert all(order[intent.id] < outcomes[intent.id] for intent in intents)
    other.db.close()


def test_sealed_values_are_there_as_soon_as_the_event_is_durable(world: World) -> None:
    event = an_event(sealed={"comment": "hers"})
    world.log.record(event, wait="durable")
    with world.db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM audit_sidecar")) == 2
    assert world.log.unseal(world.log.wait(event.id)) == {"comment": "hers", "source.ip": "203.0.113.7"}


def test_a_key_that_another_process_destroyed_seals_nothing_more(world: World) -> None:
    world.log.record(an_event())
    with world.db.begin() as tx:
        tx.execute(text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'now' WHERE subject = :s"), {"s": ALICE})
    # This process still knows the old key.
    index = world.log.record(an_event(sealed={"comment": "later"}))
    assert world.log.unseal(index) == {"comment": "later", "source.ip": "203.0.113.7"}
    assert world.log.unseal(0) == {}


def test_two_processes_may_make_the_first_key_of_a_person_at_once(world: World) -> None:
    other = open_world(Database.open(world.url), world.home, world.url)
    with world.db.begin() as first:
        world.log.append(first, an_event())
        done = threading.Event()

        def record() -> None:
            other.log.record(an_event())
            done.set()

        thread = threading.Thread(target=record)
        thread.start()
        done.wait(0.3)
    thread.join()
    world.log.settle()
    assert world.size() == 2
    assert [world.log.unseal(n) for n in range(2)] == [{"source.ip": "203.0.113.7"}] * 2
    other.db.close()


def test_a_database_that_refuses_the_outbox_means_that_it_is_not_durable(world: World) -> None:
    with world.db.begin() as tx:
        tx.execute(text("DROP TABLE audit_pending"))
    with pytest.raises(NotDurable):
        world.log.record(an_event())


def test_an_event_without_sealed_values_is_taken_too(world: World) -> None:
    event = replace(an_event("zone.started", object=Object("zone", "z")), source=replace(an_event().source, ip=None))
    assert world.log.record(event) == 0
    assert world.log.record(event) == 0


def test_a_witnessed_wait_ends_without_the_witness(postgresql_url: str, tmp_path: Path) -> None:
    plain = new_world(Database.open(postgresql_url), tmp_path, postgresql_url)
    key = parse_vkey("w.example+" + plain.keys.verifier("w.example").vkey().split("+", 1)[1])
    needs = Witness("w", key)
    log = AuditLog(
        plain.db, plain.keys, component="portal", origin=ORIGIN, log_dir=tmp_path / "log",
        witnesses=WitnessPolicy(witnesses=(needs,), quorum=needs),
    )  # fmt: skip
    event = an_event()
    with pytest.raises(NotWitnessed):
        log.wait(log.record_all([(event, "portal")])[0].event_id, "witnessed", 0.3)
    assert plain.log.record(event, wait="witnessed") == 0  # this one asks for no witness
    plain.db.close()
