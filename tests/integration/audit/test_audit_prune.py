"""Declared pruning: only what nothing needs any more goes, everything that was proved stays proved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit.digests import ADDRESS, find
from audit.errors import NotInLog, RetentionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.guards import MESSAGE
from audit.log import AuditLog
from audit.proof import verify_receipt
from audit.retention import facts, holding, pruning
from tests.integration.audit.audit_world import ALICE, BOB, World
from tests.integration.audit.audit_years import HERE, OFFICER, OPERATOR, POLICY, Clock, fill, invited, log_with

PAIR: dict[str, Any] = {"by": OPERATOR, "confirmed_by": OFFICER, "source": HERE}
OLD = 600


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(world: World, clock: Clock) -> AuditLog:
    """A log with 600 access records, and 100 more a year later."""
    return two_years(world, clock)


@pytest.fixture
def sqlite_log(usual_world: World, clock: Clock) -> AuditLog:
    """The same on SQLite, for what does not depend on the kind of database."""
    return two_years(usual_world, clock)


def two_years(world: World, clock: Clock) -> AuditLog:
    log = log_with(world, clock)
    fill(log, OLD)
    log.checkpoint()
    clock.years(1)
    fill(log, 100)
    log.checkpoint()
    return log


def prune(log: AuditLog, clock: Clock, before: datetime | None = None) -> pruning.Plan:
    now = clock()
    plan = pruning.declare(log, POLICY, before or now.replace(year=now.year - 2), now, **PAIR)
    pruning.remove_pruned(log.db)
    log.checkpoint()
    return plan


def count(world: World, table: str) -> int:
    with world.db.read() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def refused(log: AuditLog, clock: Clock, before: datetime | None = None) -> RetentionRefused:
    with pytest.raises(RetentionRefused) as error:
        prune(log, clock, before)
    return error.value


def test_whole_tiles_past_their_period_go_and_the_rest_stays(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(1)
    clock.pass_by(hours=1)
    plan = prune(log, clock)
    # The second year begins at entry 600; a tile has 256.
    assert (plan.present, plan.minimum) == (0, 512)
    assert plan.stop is not None
    assert (plan.stop.index, plan.stop.code) == (600, "retention_not_over")
    assert count(world, "audit_entry") == 700 - 512 + 1
    assert count(world, "audit_link WHERE idx < 512") == 0
    assert count(world, "audit_sidecar") == count(world, "audit_digest") == 700 - 512
    assert count(world, "audit_discard") == 0
    assert count(world, "audit_tile") == 2


def test_the_declaration_stands_in_the_log_with_the_root_over_what_went(
    world: World, log: AuditLog, clock: Clock
) -> None:
    with world.db.read() as tx:
        root = log.root(tx, 512)
    clock.years(2)
    prune(log, clock)
    with world.db.read() as tx:
        said = facts.pruning(tx)
    assert said is not None
    assert (said.minimum, said.index, said.root) == (512, 700, root)


def test_earlier_receipts_and_checkpoints_still_verify(world: World, log: AuditLog, clock: Clock) -> None:
    receipts = {index: log.receipt(index) for index in (0, 255, 511, 512, 699)}
    clock.years(2)
    prune(log, clock)
    for index, receipt in receipts.items():
        assert verify_receipt(receipt, world.verifier).index == index
    log.check_head()
    assert verify_receipt(log.receipt(600), world.verifier).index == 600
    with pytest.raises(NotInLog):
        log.receipt(5)


def test_a_pruned_log_verifies_as_declared(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(2)
    prune(log, clock)
    result = world.verify()
    assert (result.verdict, result.size, result.covered) == ("intact", 701, 701)


def test_a_hole_that_nobody_declared_is_still_tampering(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(2)
    prune(log, clock)
    world.tamper("DELETE FROM audit_entry WHERE idx = 512")
    assert world.verify().verdict == "tampered"


def test_a_minimum_in_the_table_without_its_entry_is_tampering(world: World, log: AuditLog) -> None:
    world.tamper(
        "INSERT INTO audit_pruning (minimum, event_id, declared_at) VALUES (256, 'e', 'now')",
        "DELETE FROM audit_entry WHERE idx < 256",
    )
    assert world.verify().verdict == "tampered"


def test_what_is_younger_than_the_legal_period_is_refused_with_the_date(sqlite_log: AuditLog, clock: Clock) -> None:
    clock.years(1)
    now = clock.now
    error = refused(sqlite_log, clock, before=now.replace(month=now.month - 1))
    assert error.code == "retention_not_over"
    assert error.possible_from == now.replace(month=now.month - 1, year=now.year + 2)
    assert "2 years" in error.text("en")


def test_nothing_goes_before_the_period_of_the_first_tile_is_over(sqlite_log: AuditLog, clock: Clock) -> None:
    clock.pass_by(days=360)
    error = refused(sqlite_log, clock)
    assert error.code == "retention_not_over"
    assert error.possible_from is not None
    assert error.possible_from.year == 2028


def test_an_entry_of_a_longer_class_stops_the_prefix(usual_world: World, clock: Clock) -> None:
    log = log_with(usual_world, clock)
    fill(log, 300)
    invited(log, BOB, "Bob", "bob@x.example")
    fill(log, 300)
    clock.years(2)
    clock.pass_by(days=1)
    plan = prune(log, clock)
    assert plan.stop is not None
    assert (plan.minimum, plan.stop.index, plan.stop.code) == (256, 300, "retention_not_over")
    assert "3 years" in plan.stop.reason.en
    clock.years(1)
    assert prune(log, clock).minimum == 512


@pytest.mark.parametrize(("kind", "ref"), [("person", ALICE), ("project", "gibleed"), ("log", "audit")])
def test_a_hold_stops_the_prefix_until_it_is_lifted(
    usual_world: World, sqlite_log: AuditLog, clock: Clock, kind: str, ref: str
) -> None:
    index = holding.set_hold(sqlite_log, kind, ref, "investigation", **PAIR)
    clock.years(3)
    error = refused(sqlite_log, clock)
    assert error.code == "legal_hold"
    assert str(index) in error.text("ko")
    holding.lift_hold(sqlite_log, index, **PAIR)
    assert prune(sqlite_log, clock).minimum == 512


def test_a_hold_on_what_comes_later_stops_there(usual_world: World, sqlite_log: AuditLog, clock: Clock) -> None:
    fill(sqlite_log, 10, person=BOB)
    holding.set_hold(sqlite_log, "person", BOB, "litigation", **PAIR)
    clock.years(2)
    assert prune(sqlite_log, clock).minimum == 512
    fill(sqlite_log, 200)
    clock.years(5)
    plan = refused(sqlite_log, clock)
    assert plan.code == "legal_hold"


def test_rows_above_the_declared_minimum_cannot_be_removed(world: World, log: AuditLog, clock: Clock) -> None:
    for statement in ("DELETE FROM audit_entry WHERE idx < 256", "DELETE FROM audit_link WHERE idx < 256"):
        with pytest.raises(DBAPIError, match=MESSAGE), world.db.begin() as tx:
            tx.execute(text(statement))
    clock.years(2)
    prune(log, clock)
    for statement in (
        "DELETE FROM audit_entry WHERE idx = 512",
        "DELETE FROM audit_link WHERE idx = 512",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_sidecar",
        "DELETE FROM audit_pruning",
        "UPDATE audit_pruning SET minimum = minimum",
        "UPDATE audit_entry SET body = body",
    ):
        with pytest.raises(DBAPIError, match=MESSAGE), world.db.begin() as tx:
            tx.execute(text(statement))


def test_a_pruning_that_was_interrupted_goes_on(
    world: World, log: AuditLog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.years(2)
    now = clock()
    pruning.declare(log, POLICY, now.replace(year=now.year - 2), now, **PAIR)
    monkeypatch.setattr(pruning, "BATCH", 100)
    seen: list[tuple[int, int]] = []

    class Killed(Exception):
        pass

    def stop_in_the_middle(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 300:
            raise Killed

    with pytest.raises(Killed):
        pruning.remove_pruned(world.db, stop_in_the_middle)
    assert count(world, "audit_entry WHERE idx < 512") == 212
    log.checkpoint()
    assert world.verify().verdict == "intact"
    assert pruning.remove_pruned(world.db) == 212
    assert pruning.remove_pruned(world.db) == 0
    assert seen == [(100, 512), (200, 512), (300, 512)]
    assert world.verify().verdict == "intact"


def test_the_log_goes_on_after_a_pruning(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(2)
    prune(log, clock)
    fill(log, 400, person=BOB)
    assert world.size() == 700 + 1 + 400
    log.checkpoint()
    assert world.verify().verdict == "intact"
    with world.db.read() as tx:
        assert find(tx, log.subject_keys, ADDRESS, "203.0.113.7")[0] >= 512
    clock.years(3)
    assert prune(log, clock).minimum == 1024
    assert world.verify().verdict == "intact"
    # The first declaration stands at entry 700 and has gone with what it declared; the second says it all.
    with world.db.read() as tx:
        said = facts.pruning(tx)
    assert said is not None
    assert said.root == log_root(log, 1024)


def log_root(log: AuditLog, size: int) -> bytes:
    with log.db.read() as tx:
        return log.root(tx, size)


@pytest.mark.parametrize(
    ("by", "confirmed_by"),
    [
        (OPERATOR, OPERATOR),
        (OPERATOR, Actor.person(BOB, ("operator",))),
        (OFFICER, Actor.person(BOB, ("checker",))),
        (Actor.service("cli"), OFFICER),
    ],
)
def test_it_takes_two_people_of_different_duties(
    sqlite_log: AuditLog, clock: Clock, by: Actor, confirmed_by: Actor
) -> None:
    clock.years(2)
    now = clock()
    with pytest.raises(RetentionRefused) as error:
        pruning.declare(
            sqlite_log, POLICY, now.replace(year=now.year - 2), now, by=by, confirmed_by=confirmed_by, source=HERE
        )
    assert error.value.code == "second_person_needed"


def test_an_entry_of_an_action_nobody_knows_is_kept_longest(
    usual_world: World, sqlite_log: AuditLog, clock: Clock
) -> None:
    usual_world.tamper("UPDATE audit_entry SET action = 'older.forgotten' WHERE idx = 300")
    clock.years(1)
    clock.pass_by(hours=1)
    with usual_world.db.read() as tx:
        plan = pruning.plan(tx, POLICY, clock())
    assert (plan.minimum, plan.stop.index if plan.stop else None) == (256, 300)


def test_an_empty_log_has_nothing_to_prune(usual_world: World, clock: Clock) -> None:
    log = log_with(usual_world, clock)
    assert refused(log, clock).code == "nothing_to_prune"
    log.record(Event("log.created", Actor.system(), Object("log", "audit"), Subjects.none(), Source(None)))
    clock.years(9)
    assert refused(log, clock).code == "newest"


def pseudonymised(log: AuditLog, project: str = "gibleed") -> int:
    about = Object("dataset", "gibleed", project=project)
    return log.record(Event("deid.extract", Actor.person(ALICE), about, Subjects.none(), HERE))


def closed(log: AuditLog, project: str = "gibleed") -> int:
    return log.record(Event("project.closed", OPERATOR, Object("project", project, project), Subjects.none(), HERE))


def test_records_of_pseudonymisation_are_kept_until_three_years_after_the_project(world: World, clock: Clock) -> None:
    log = log_with(world, clock)
    fill(log, 300)
    index = pseudonymised(log)
    fill(log, 300)
    clock.years(5)
    # Five years old, and its project is still open.
    plan = prune(log, clock)
    assert plan.stop is not None
    assert (plan.minimum, plan.stop.index, plan.stop.code) == (256, index, "retention_not_over")
    closed(log, "another")
    closed(log)
    clock.years(2)
    assert "closed" in refused(log, clock).text("en")
    clock.years(1)
    clock.pass_by(minutes=1)
    assert prune(log, clock).minimum == 512
