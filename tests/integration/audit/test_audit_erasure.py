"""Erasure: when it is refused and until when, what it destroys, and that nothing of it is left in any byte."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit.body import moment, parse
from audit.errors import RetentionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.export.write import export_log
from audit.guards import MESSAGE
from audit.log import AuditLog
from audit.merkle import leaf_hash, verify_inclusion
from audit.proof import verify_receipt
from audit.retention import cleaning, erasure, facts, holding
from audit.tree import Tree
from audit.trusted import TrustedKeys
from tests.integration.audit.audit_world import ALICE, BOB, World
from tests.integration.audit.audit_years import BEGAN, HERE, OFFICER, OPERATOR, POLICY, Clock, fill, invited, log_with

NAME, EMAIL, CODE = "김민수 Kim Minsu", "kim.minsu@hospital.example", b"df[df.name == 'Kim Minsu'].count()"
ADDRESS = "203.0.113.77"
TAIL = 3  # entries after the erasure


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(world: World, clock: Clock) -> AuditLog:
    """A log in which Alice was invited, worked, and Bob did too."""
    log = log_with(world, clock)
    invited(log, ALICE, NAME, EMAIL)
    fill(log, 5)
    fill(log, 5, person=BOB)
    log.checkpoint()
    return log


def plan(world: World, clock: Clock, person: str = ALICE) -> erasure.Plan:
    with world.db.read() as tx:
        return erasure.plan(tx, person, POLICY, clock())


def erase(log: AuditLog, clock: Clock, person: str = ALICE) -> erasure.Destroyed:
    """Erase as the registry does it: destroyed and recorded in one transaction."""
    with log.db.begin() as tx:
        erasure.plan(tx, person, POLICY, clock()).check()
        destroyed = erasure.destroy(tx, person, clock())
        log.append(
            tx,
            Event(
                "privacy.erased",
                OFFICER,
                Object("person", person),
                Subjects.person(person),
                HERE,
                reason="request_of_person",
                detail={**destroyed.detail(), "requested_by": OPERATOR.ref},
            ),
        )
    log.settle()
    return destroyed


def test_before_the_legal_end_it_is_refused_with_reason_and_date(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(2)
    with pytest.raises(RetentionRefused) as refused:
        plan(world, clock).check()
    # Access records may go after two years; that she was invited is kept for three.
    assert refused.value.code == "retention_not_over"
    assert refused.value.possible_from is not None
    assert refused.value.possible_from.date() == BEGAN.replace(year=2029).date()
    assert "2029-11-21" in refused.value.text("en")
    assert "2029-11-21" in refused.value.text("ko")
    clock.years(1)
    clock.pass_by(seconds=1)
    plan(world, clock).check()


def test_any_later_entry_about_the_person_moves_the_date(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(3)
    clock.pass_by(seconds=1)
    closing = Event("person.closed", OPERATOR, Object("person", ALICE), Subjects.person(ALICE), HERE)
    index = log.record(closing)
    closed = moment(parse(world.body(index))["ts"])
    assert plan(world, clock).possible_from == closed.replace(year=2032)


def test_asking_and_being_refused_does_not_move_the_date(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(2)
    before = plan(world, clock).possible_from
    for action in ("privacy.erasure_requested", "privacy.erased", "hold.set", "hold.lifted"):
        log.record(Event(action, OPERATOR, Object("person", ALICE), Subjects.person(ALICE), HERE, outcome="denied"))
    assert plan(world, clock).possible_from == before


def test_who_pseudonymised_is_named_until_three_years_after_the_project(
    world: World, log: AuditLog, clock: Clock
) -> None:
    project = Object("project", "gibleed", "gibleed")
    log.record(Event("deid.linkage_approved", Actor.person(ALICE), project, Subjects.none(), HERE))
    clock.years(5)
    assert plan(world, clock).possible_from is None
    with pytest.raises(RetentionRefused, match="begins when its project is closed") as refused:
        plan(world, clock).check()
    assert refused.value.possible_from is None
    log.record(Event("project.closed", OPERATOR, project, Subjects.none(), HERE))
    closing = clock.now
    assert plan(world, clock).possible_from == closing.replace(year=closing.year + 3)
    clock.years(3)
    clock.pass_by(seconds=1)
    plan(world, clock).check()


@pytest.mark.parametrize(
    ("kind", "ref", "held"),
    [
        ("person", ALICE, True),
        ("person", BOB, False),
        ("project", "gibleed", True),
        ("dataset", "gibleed", True),
        ("project", "other", False),
        ("log", "audit", True),
    ],
)
def test_a_hold_refuses_what_it_is_on_until_it_is_lifted(
    world: World, log: AuditLog, clock: Clock, kind: str, ref: str, held: bool
) -> None:
    pair = {"by": OFFICER, "confirmed_by": OPERATOR, "source": HERE}
    index = holding.set_hold(log, kind, ref, "litigation", **pair)  # type: ignore[arg-type]
    clock.years(3)
    clock.pass_by(days=1)
    if held:
        with pytest.raises(RetentionRefused) as refused:
            plan(world, clock).check()
        assert (refused.value.code, str(index) in str(refused.value)) == ("legal_hold", True)
        holding.lift_hold(log, index, **pair)  # type: ignore[arg-type]
    plan(world, clock).check()


def test_an_erasure_destroys_what_is_sealed_and_every_proof_still_holds(
    world: World, log: AuditLog, clock: Clock
) -> None:
    receipt = log.receipt(0)
    clock.years(4)
    destroyed = erase(log, clock)
    assert (len(destroyed.keys), destroyed.values) == (1, 2 + 5)
    log.checkpoint()
    again = log.receipt(0)
    for text_ in (receipt, again):
        assert verify_receipt(text_, world.verifier).body["action"] == "person.invited"
    with world.db.read() as tx:
        tree = Tree(tx)
        for index in range(tree.size()):
            path = tree.inclusion(index, tree.size())
            leaf = leaf_hash(world.body(index))
            assert verify_inclusion(index, tree.size(), leaf, path, tree.root(tree.size()))
    log.check_head()


def test_an_erasure_names_keys_and_commitments_and_nothing_of_the_values(
    world: World, log: AuditLog, clock: Clock
) -> None:
    clock.years(4)
    destroyed = erase(log, clock)
    body = parse(world.body(11))
    assert (body["action"], body["object"]["ref"], body["detail"]["values"]) == ("privacy.erased", ALICE, 7)
    assert body["detail"]["keys"] == list(destroyed.keys)
    assert len(bytes.fromhex(body["detail"]["commitments"])) == 32
    for value in (NAME, "Kim", EMAIL, "203.0.113"):
        assert value not in json.dumps(body, ensure_ascii=False)


def test_verification_says_that_the_values_were_destroyed_and_the_proof_is_whole(
    world: World, log: AuditLog, clock: Clock
) -> None:
    clock.years(4)
    erase(log, clock)
    log.checkpoint()
    result = world.verify()
    assert result.verdict == "intact"
    assert not [problem for problem in result.problems if problem.weight != "note"]


def test_a_value_that_vanished_without_an_erasure_is_still_missed(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(4)
    erase(log, clock)
    log.checkpoint()
    # Bob was not erased: whoever removes his values is found out.
    world.tamper("DELETE FROM audit_sidecar")
    assert world.verify().verdict == "incomplete"


def test_the_log_says_who_was_erased_and_which_values_went(world: World, log: AuditLog, clock: Clock) -> None:
    clock.years(4)
    erase(log, clock)
    fill(log, TAIL, person=BOB)
    with world.db.read() as tx:
        erased = facts.erased_subjects(tx)
    assert erased == {ALICE: 11}
    said = {index: facts.is_erased(parse(world.body(index)), "source.ip", index, erased) for index in range(12 + TAIL)}
    assert [index for index, gone in said.items() if gone] == [1, 2, 3, 4, 5]
    assert facts.is_erased(parse(world.body(0)), "name", 0, erased)
    assert not facts.is_erased(parse(world.body(0)), "source.ip", 0, erased)


def test_another_persons_values_stay_readable(log: AuditLog, clock: Clock) -> None:
    before = log.unseal(7)
    clock.years(4)
    erase(log, clock)
    assert log.unseal(7) == before


def test_rows_go_only_once_their_key_is_destroyed(world: World, log: AuditLog) -> None:
    for table in ("audit_sidecar", "audit_digest"):
        with pytest.raises(DBAPIError, match=MESSAGE), world.db.begin() as tx:
            tx.execute(text(f"DELETE FROM {table}"))
    with world.db.begin() as tx:
        tx.execute(
            text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'now' WHERE subject = :p"),
            {"p": ALICE},
        )
    for table in ("audit_sidecar", "audit_digest"):
        mine = f"DELETE FROM {table} WHERE key_id IN (SELECT key_id FROM audit_key WHERE subject = '{ALICE}')"
        with world.db.begin() as tx:
            assert tx.execute(text(mine)).rowcount
        with pytest.raises(DBAPIError, match=MESSAGE), world.db.begin() as tx:
            tx.execute(text(f"DELETE FROM {table}"))


def test_an_erasure_that_breaks_off_has_destroyed_nothing(world: World, log: AuditLog, clock: Clock) -> None:
    with contextlib.suppress(RuntimeError), world.db.begin() as tx:
        erasure.destroy(tx, ALICE, clock())
        raise RuntimeError("power")
    assert log.unseal(0)["name"] == NAME


def spellings(value: str) -> Iterator[bytes]:
    """Yield a value in every encoding in which something here could have stored it."""
    for encoded in (value.encode(), value.encode("utf-16-le"), json.dumps(value).strip('"').encode()):
        yield encoded
        yield encoded.hex().encode()
        yield encoded.hex().upper().encode()
        for shift in range(3):  # base64 depends on where in a group of three bytes it begins
            yield base64.b64encode(b"\0" * shift + encoded)[4:-4]


def bytes_of(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "keys" not in path.parts}


def left(home: Path, needles: list[bytes]) -> list[str]:
    """Return in which files something is still found."""
    return [f"{path.name}: {needle!r}" for path, data in bytes_of(home).items() for needle in needles if needle in data]


@pytest.fixture
def directory(usual_world: World) -> World:
    """A world with a table of names in clear, as the registry keeps them."""
    with usual_world.db.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE directory (ref TEXT PRIMARY KEY, name TEXT, email TEXT)")
        for number in range(300):
            tx.exec_driver_sql(
                "INSERT INTO directory VALUES (?, ?, ?)", (f"p{number}", f"Somebody {number}", f"{number}@x.example")
            )
        tx.exec_driver_sql("INSERT INTO directory VALUES (?, ?, ?)", (ALICE, NAME, EMAIL))
    return usual_world


@pytest.mark.sqlite("the bytes of its file are read")
@pytest.mark.parametrize("vacuum", [True, False], ids=["rewritten", "overwritten"])
def test_no_byte_of_an_erased_value_is_left_in_database_log_cells_export_and_backup(
    directory: World, clock: Clock, vacuum: bool
) -> None:
    world, log = directory, log_with(directory, clock)
    invited(log, ALICE, NAME, EMAIL)
    fill(log, 40)
    name = world.cells.put(CODE, ALICE)
    visit = Event(
        "cell.sent",
        Actor.person(ALICE),
        Object("workspace", "ws_aaaaaaaaaaaaaaaa", project="gibleed"),
        Subjects.none(),
        Source(ADDRESS),
        detail={"code": name},
    )
    log.record(visit)
    needles = [part for value in (NAME, EMAIL, ADDRESS, CODE.decode()) for part in spellings(value)]
    with world.db.read() as tx:
        row = tx.execute(text("SELECT wrapped FROM audit_key WHERE subject = :p"), {"p": ALICE}).one()
        ciphertexts = [bytes(c) for c in tx.scalars(text("SELECT ciphertext FROM audit_sidecar"))]
    assert left(world.home, needles), "the test must be able to find what it looks for"
    clock.years(4)
    with world.db.begin() as tx:
        tx.exec_driver_sql("UPDATE directory SET name = 'erased', email = '' WHERE ref = ?", (ALICE,))
    erase(log, clock)
    done = cleaning.finish(world.db, world.home / "log", world.cells, clock(), vacuum=vacuum)
    assert (done.old_pages_gone, len(done.keys), done.vacuumed) == (True, 1, vacuum)
    # Neither the values, nor the key that sealed them, nor what it sealed.
    needles += [bytes(row.wrapped), bytes(row.wrapped)[12:], *ciphertexts]
    assert left(world.home, needles) == []
    log.checkpoint()
    export = world.home / "export"
    export_log(world.db, log.directory, TrustedKeys.of(world.verifier), export, unseal=log.unseal)
    assert left(export, needles) == []
    backup = world.home / "backup"
    backup.mkdir()
    with sqlite3.connect(backup / "ansim.db") as copy, sqlite3.connect(world.home / "ansim.db") as source:
        source.backup(copy)
    shutil.copytree(world.home / "cells", backup / "cells")
    assert left(backup, needles) == []
    assert [path for path in (world.home / "cells").rglob("*") if path.is_file()] == []


@pytest.mark.sqlite("about the pages of its file")
def test_old_pages_are_cut_off_again_later_if_somebody_reads_an_older_state(
    usual_world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, log = usual_world, log_with(usual_world, clock)
    monkeypatch.setattr(cleaning, "_TRUNCATE_SECONDS", 0.2)
    invited(log, ALICE, NAME, EMAIL)
    clock.years(4)
    with world.db.read() as reader:
        reader.execute(text("SELECT count(*) FROM audit_entry")).scalar()
        erase(log, clock)
        assert not cleaning.finish(world.db, log.directory, world.cells, clock(), vacuum=False).old_pages_gone
        assert cleaning.due(world.db, log.directory)
    assert cleaning.finish(world.db, log.directory, world.cells, clock()).old_pages_gone
    assert not cleaning.due(world.db, log.directory)


@pytest.mark.sqlite("a copy of its file comes back")
def test_a_restored_backup_is_held_against_what_was_erased_since(
    usual_world: World, clock: Clock, tmp_path: Path
) -> None:
    world, log = usual_world, log_with(usual_world, clock)
    invited(log, ALICE, NAME, EMAIL)
    with sqlite3.connect(tmp_path / "backup.db") as copy, sqlite3.connect(world.home / "ansim.db") as source:
        source.backup(copy)
    clock.years(4)
    erase(log, clock)
    cleaning.finish(world.db, log.directory, world.cells, clock())
    assert cleaning.revived(world.db, log.directory) == []
    world.db.close()
    for path in world.home.glob("ansim.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", world.home / "ansim.db")
    assert log.unseal(0)["name"] == NAME
    assert cleaning.revived(world.db, log.directory) == [ALICE]
    erase(log, clock)
    assert log.unseal(0) == {}
    assert cleaning.revived(world.db, log.directory) == []
