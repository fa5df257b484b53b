"""The same way on PostgreSQL, also when two people act at the same moment."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import DatabaseError

from deid.records.errors import Conflict
from deid.records.model import Extract
from deid.records.workflow import State
from registry.desk import CLI
from tests.integration.extracts.extract_world import HERE, World


def test_the_way_is_the_same_on_postgresql(postgresql_world: World) -> None:
    world = postgresql_world
    extract = world.mountable()
    grant = world.granted()
    world.registry.check_mounts(world.registry.may_work("minji", "cardio"), by=CLI, source=HERE)
    for statement in ("UPDATE deid_extract_review SET reason = ''", "TRUNCATE deid_extract_move"):
        with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
            tx.exec_driver_sql(statement)
    world.registry.revoke_grant(grant, by=CLI, source=HERE)
    gone = world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("sunhee"))
    assert gone.state is State.DESTROYED
    assert [step.event_id for step in gone.steps] == [body["id"] for body in world.entries() if body["outcome"] == "ok"]


def test_of_two_verdicts_at_once_one_counts(postgresql_world: World) -> None:
    world = postgresql_world
    extract = world.in_review()
    results: list[Extract | Conflict] = []
    barrier = threading.Barrier(2)

    def decide(handle: str, *, adequate: bool) -> None:
        barrier.wait()
        try:
            results.append(world.review(extract, by=handle, adequate=adequate))
        except Conflict as error:
            results.append(error)

    people = (("dohyun", True), ("jihye", False))
    threads = [threading.Thread(target=decide, args=(who,), kwargs={"adequate": yes}) for who, yes in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True]
    assert len(world.desk.get(extract.ref).reviews) == 1
