"""Each person's cells are under a key of their own: one's erasure neither needs nor harms another's."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.cells import CellStore
from audit.errors import SealedValueLost
from audit.event import Actor, Object
from audit.retention import cleaning, erasure
from audit.wire import Request
from audit.writer import Recorder
from tests.integration.audit.audit_world import ALICE, BOB, WORKSPACE, World, an_event

CODE = b"df[df.name == 'Kim Minsu'].count()"


def erase(world: World, person: str) -> None:
    with world.db.begin() as tx:
        erasure.destroy(tx, person, datetime.now(UTC))
    cleaning.clean(world.db, world.home / "log", world.cells)


def files(world: World) -> list[Path]:
    return [path for path in (world.home / "cells").rglob("*") if path.is_file()]


def test_the_same_code_of_two_people_has_two_names(world: World) -> None:
    one, other = world.cells.put(CODE, ALICE), world.cells.put(CODE, BOB)
    assert one != other
    assert world.cells.put(CODE, ALICE) == one
    assert len(files(world)) == 2
    assert world.cells.get(one) == world.cells.get(other) == CODE


def test_an_erasure_takes_ones_cells_and_leaves_anothers(world: World) -> None:
    mine, theirs = world.cells.put(CODE, ALICE), world.cells.put(CODE, BOB)
    erase(world, ALICE)
    with pytest.raises(SealedValueLost):
        world.cells.get(mine)
    assert world.cells.get(theirs) == CODE
    assert len(files(world)) == 1


def test_a_destroyed_key_makes_cells_unreadable_even_while_their_files_are_there(world: World) -> None:
    name = world.cells.put(CODE, ALICE)
    with world.db.begin() as tx:
        erasure.destroy(tx, ALICE, datetime.now(UTC))
    assert len(files(world)) == 1
    with pytest.raises(SealedValueLost, match="destroyed"):
        world.cells.get(name)
    other_process = CellStore(world.home / "cells", world.keys.cells, world.log.cell_keys())
    with pytest.raises(SealedValueLost, match="destroyed"):
        other_process.get(name)


def test_a_cell_store_alone_opens_no_cell(world: World) -> None:
    name = world.cells.put(CODE, ALICE)
    with pytest.raises(SealedValueLost):
        CellStore(world.home / "cells", world.keys.cells).get(name)


def test_a_cell_from_before_each_person_had_a_key_is_read(world: World) -> None:
    name = CellStore(world.home / "cells", world.keys.cells).put(CODE)
    assert world.cells.get(name) == CODE


def test_an_old_cell_goes_with_the_last_person_who_sent_it(world: World) -> None:
    old = CellStore(world.home / "cells", world.keys.cells)
    shared, own = old.put(CODE), old.put(CODE + b"#")
    world.cells.put(b"1", ALICE)
    world.cells.put(b"1", BOB)
    for person, name in ((ALICE, shared), (BOB, shared), (ALICE, own)):
        world.log.record(an_event(actor=Actor.person(person), detail={"code": name}))
    erase(world, ALICE)
    assert world.cells.get(shared) == CODE
    with pytest.raises(SealedValueLost):
        world.cells.get(own)
    erase(world, BOB)
    with pytest.raises(SealedValueLost):
        world.cells.get(shared)


def test_the_audit_service_keeps_a_cell_among_those_of_the_person_who_sent_it(world: World) -> None:
    recorder = Recorder(world.log, world.cells)
    event = an_event(actor=Actor.person(BOB), object=Object("workspace", WORKSPACE))
    assert not isinstance(recorder.record([(Request(event, CODE), "gate")])[0], Exception)
    (key_id,) = world.cells.key_ids()
    with world.db.read() as tx:
        owner = tx.exec_driver_sql(f"SELECT subject FROM audit_key WHERE key_id = '{key_id}'").scalar()
    assert owner == BOB


def test_cells_that_no_entry_names_are_removed_once_they_are_not_young(world: World) -> None:
    named, lost, young = (world.cells.put(code, ALICE) for code in (b"named", b"lost", b"young"))
    world.log.record(an_event(actor=Actor.person(ALICE), detail={"code": named}))
    yesterday = time.time() - timedelta(days=2).total_seconds()
    for name, path in world.cells.names():
        if name in (named, lost):
            os.utime(path, (yesterday, yesterday))
    before = datetime.now(UTC) - timedelta(days=1)
    assert cleaning.remove_unused_cells(world.db, world.cells, before=before) == 1
    assert world.cells.get(named) == b"named"
    assert world.cells.get(young) == b"young"
    with pytest.raises(SealedValueLost):
        world.cells.get(lost)
