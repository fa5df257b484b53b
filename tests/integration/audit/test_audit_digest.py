"""Entries are found by address without an address in any column, and not at all once its subject is erased."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit.digests import ADDRESS, find
from audit.event import Actor, Source
from audit.guards import MESSAGE
from audit.retention import erasure
from audit.subject_keys import SubjectKeys
from tests.integration.audit.audit_world import ALICE, BOB, World, an_event
from tests.integration.audit.audit_years import BEGAN, OFFICER

SHARED = "198.51.100.9"


def found(world: World, address: str) -> list[int]:
    with world.db.read() as tx:
        return find(tx, world.log.subject_keys, ADDRESS, address)


@pytest.fixture
def visited(world: World) -> World:
    """Three people at one address, one of them also at another; a service at none."""
    for person, address in ((ALICE, SHARED), (BOB, SHARED), (ALICE, "2001:db8::17"), (OFFICER.ref, SHARED)):
        world.log.record(an_event("workspace.opened", Actor.person(person), source=Source(address)))
    world.log.record(an_event("workspace.opened", Actor.service("gate"), source=Source(None)))
    world.log.record(an_event("gate.refused", Actor.service("gate"), source=Source(SHARED)))
    return world


def test_entries_are_found_by_address_across_people(visited: World) -> None:
    assert found(visited, SHARED) == [0, 1, 3, 5]
    assert found(visited, "203.0.113.1") == []


@pytest.mark.parametrize("spelling", ["2001:db8::17", "2001:0DB8:0:0:0:0:0:17", " 2001:db8::17 "])
def test_an_address_is_found_in_any_spelling(visited: World, spelling: str) -> None:
    assert found(visited, spelling) == [2]


def test_the_table_says_nothing_to_whoever_has_it(visited: World) -> None:
    with visited.db.read() as tx:
        rows = tx.execute(text("SELECT key_id, digest FROM audit_digest")).all()
    digests = {bytes(row.digest) for row in rows}
    assert len(digests) == 5  # the same address of four subjects has four digests
    for guess in (SHARED, "address\0" + SHARED):
        for key in (b"", visited.keys.sidecar.now(), *(row.key_id.encode() for row in rows)):
            assert hashlib.blake2b(guess.encode(), key=key, digest_size=16).digest() not in digests


def test_another_master_key_finds_nothing(visited: World) -> None:
    with visited.db.read() as tx, pytest.raises(InvalidTag):
        find(tx, SubjectKeys(b"\x07" * 32), ADDRESS, SHARED)


def test_an_erased_persons_visits_are_not_found_any_more(visited: World) -> None:
    with visited.db.begin() as tx:
        erasure.destroy(tx, ALICE, BEGAN)
    assert found(visited, SHARED) == [1, 3, 5]
    assert found(visited, "2001:db8::17") == []


def test_the_index_cannot_be_emptied_while_its_subject_lives(visited: World) -> None:
    for statement in ("DELETE FROM audit_digest", "UPDATE audit_digest SET kind = kind"):
        with pytest.raises(DBAPIError, match=MESSAGE), visited.db.begin() as tx:
            tx.execute(text(statement))


def test_an_event_that_is_sent_again_is_indexed_once(visited: World) -> None:
    event = an_event("workspace.opened", Actor.person(BOB), source=Source("192.0.2.8"))
    assert visited.log.record(event) == visited.log.record(event) == 6
    assert found(visited, "192.0.2.8") == [6]


def test_a_key_destroyed_by_another_process_takes_no_new_address(visited: World) -> None:
    with visited.db.begin() as tx:
        erasure.destroy(tx, ALICE, BEGAN)
    # This process still remembers the destroyed key.
    index = visited.log.record(an_event("workspace.opened", Actor.person(ALICE), source=Source(SHARED)))
    assert found(visited, SHARED)[-1] == index
    assert visited.log.unseal(index)["source.ip"] == SHARED
    with visited.db.read() as tx:
        sealed = tx.execute(
            text("SELECT count(*) FROM audit_digest d JOIN audit_key k ON k.key_id = d.key_id WHERE k.wrapped IS NULL")
        )
        assert sealed.scalar() == 0
