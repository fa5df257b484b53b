"""The zone's side of witnesses: every checkpoint reaches them, and a witness that fails is seen."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from audit.attesters import attester
from audit.checkpoint import unverified_checkpoint
from audit.errors import NotTrusted
from audit.log import AuditLog
from audit.merkle import leaf_hash
from audit.note import open_note
from audit.proof import parse_proof, verify_receipt
from audit.tables import audit_cosignature
from audit.witness.asking import WitnessRounds
from audit.witness.client import OtherSize
from audit.witness.cosignatures import cosigned_note, last_cosigned, last_witnessed, newest, witnessed_note
from audit.witness.policy import WitnessPolicy
from audit.witness.protocol import AddCheckpoint
from audit.witness.service import Witness
from tests.integration.audit.audit_attesting import Clock, Terminal, a_witness, policy_text, serving
from tests.integration.audit.audit_world import ORIGIN, World, an_event


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def witness(usual_world: World, tmp_path: Path) -> Witness:
    return a_witness(usual_world, tmp_path / "witness")


def rounds(world: World, policy: str, clock: Clock | None = None) -> WitnessRounds:
    return WitnessRounds(world.log, WitnessPolicy.parse(policy), timedelta(minutes=60), clock or Clock())


def grow(world: World, count: int) -> None:
    world.fill(count)
    world.log.checkpoint()


def events(world: World, action: str) -> list[str | None]:
    world.log.settle()
    with world.db.read() as tx:
        rows = tx.execute(text("SELECT body FROM audit_entry WHERE action = :a ORDER BY idx"), {"a": action})
        return [json.loads(bytes(row.body)).get("reason") for row in rows]


def test_every_new_checkpoint_is_cosigned_and_kept(world: World, tmp_path: Path) -> None:
    first, second = (a_witness(world, tmp_path / name, f"{name}.example") for name in ("one", "two"))
    with serving(first) as one, serving(second) as two:
        duty = rounds(world, policy_text(world, (first, one), (second, two)))
        for count in (3, 300, 1):
            grow(world, count)
            duty.run()
            with world.db.read() as tx:
                size, note = newest(tx) or (0, "")
                assert duty.policy.satisfied_by(cosigned_note(tx, size))
                assert not duty.policy.satisfied_by(note)
                assert last_cosigned(tx, first.verifiers[0]) == size
    known = first.known(ORIGIN)
    assert known is not None
    assert known.head.size == 304


def test_checkpoints_themselves_never_change(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 5)
    with usual_world.db.read() as tx:
        before = newest(tx)
    with serving(witness) as url:
        rounds(usual_world, policy_text(usual_world, (witness, url))).run()
    with usual_world.db.read() as tx:
        assert newest(tx) == before
    assert usual_world.verify().ok


def test_a_witness_that_lost_an_answer_is_asked_from_where_it_stands(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 5)
    with serving(witness) as url:
        duty = rounds(usual_world, policy_text(usual_world, (witness, url)))
        with usual_world.db.read() as tx:
            asked = newest(tx)
        assert asked is not None
        # Persisted, and killed before the answer went out.
        witness.add_checkpoint(f"old 0\n\n{asked[1]}".encode())
        duty.run()
        with usual_world.db.read() as tx:
            assert last_witnessed(tx, duty.policy) is not None


def test_nothing_is_asked_twice_within_the_hour(usual_world: World, witness: Witness) -> None:
    clock, count = Clock(), [0]
    grow(usual_world, 5)
    with serving(witness) as url:
        duty = rounds(usual_world, policy_text(usual_world, (witness, url)), clock)
        real = duty.ask

        def counted(address: str, request: AddCheckpoint) -> str | OtherSize:
            count[0] += 1
            return real(address, request)

        duty = WitnessRounds(duty.log, duty.policy, duty.patience, clock, counted)
        for minutes in (0, 1, 30, 30, 1):
            clock.pass_by(minutes=minutes)
            duty.run()
    assert count == [2]


def test_a_silent_witness_is_recorded_once_and_its_return_too(usual_world: World, witness: Witness) -> None:
    clock = Clock()
    grow(usual_world, 5)
    with serving(witness) as url:
        policy = policy_text(usual_world, (witness, url))
    duty = rounds(usual_world, policy, clock)
    for minutes in (0, 30, 29):
        clock.pass_by(minutes=minutes)
        duty.run()
        assert events(usual_world, "log.witness_failed") == []
    for _ in range(3):
        clock.pass_by(minutes=2)
        duty.run()
    assert events(usual_world, "log.witness_failed") == ["unreachable"]
    with serving(witness, int(url.rpartition(":")[2])):
        clock.pass_by(minutes=2)
        duty.run()
    assert events(usual_world, "log.witness_resumed") == [None]
    with usual_world.db.read() as tx:
        state = attester(tx, "witness", witness.verifiers[0].key_id.hex())
    assert (state.failing_since, state.reason, state.alerted_at) == (None, None, None)


def test_a_log_that_was_rolled_back_is_found_by_its_witness_at_once(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 9)
    with serving(witness) as url:
        duty = rounds(usual_world, policy_text(usual_world, (witness, url)))
        duty.run()
        # An administrator cuts the log, forgets what was cosigned, and goes on under the log's own key.
        usual_world.tamper("DELETE FROM audit_entry WHERE idx >= 4", "DELETE FROM audit_link WHERE idx >= 4")
        usual_world.tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_cosignature")
        for file in (usual_world.home / "log" / "checkpoints").iterdir():
            file.unlink()
        (usual_world.home / "log" / "checkpoint").unlink()
        grow(usual_world, 2)
        duty.run()
        assert events(usual_world, "log.witness_failed") == ["witness_ahead"]
        grow(usual_world, 30)
        with usual_world.db.begin() as tx:
            tx.execute(text("DELETE FROM audit_attester"))
        duty.run()
    assert "proof_refused" in events(usual_world, "log.witness_failed")
    with witness.state.changing() as memory:
        assert len(memory.evidence(ORIGIN)) == 1


def test_a_receipt_is_under_a_cosigned_checkpoint_where_the_policy_asks(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 9)
    with serving(witness) as url:
        policy = WitnessPolicy.parse(policy_text(usual_world, (witness, url)))
        WitnessRounds(usual_world.log, policy, clock=Clock()).run()
        grow(usual_world, 9)
    log = AuditLog(usual_world.db, usual_world.keys, component="cli", origin=ORIGIN, witnesses=policy)
    covered, later = log.receipt(4), log.receipt(12)
    assert policy.satisfied_by(parse_proof(covered).checkpoint)
    assert verify_receipt(covered, usual_world.keys.trusted(ORIGIN), [witness.verifiers[0]]).checkpoint.size == 9
    assert not policy.satisfied_by(parse_proof(later).checkpoint)
    assert parse_proof(usual_world.log.receipt(4)).checkpoint.count("—") == 2


def test_a_release_can_wait_for_the_witnesses(usual_world: World, witness: Witness) -> None:
    with serving(witness) as url:
        policy = WitnessPolicy.parse(policy_text(usual_world, (witness, url)))
        log = AuditLog(usual_world.db, usual_world.keys, component="cli", origin=ORIGIN, witnesses=policy)
        event = an_event()
        index = log.record(event)
        log.checkpoint()
        WitnessRounds(log, policy, clock=Clock()).run()
        assert log.wait(event.id, "witnessed", 20.0) == index


def test_a_forged_cosignature_in_the_database_satisfies_nothing(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 9)
    with serving(witness) as url:
        duty = rounds(usual_world, policy_text(usual_world, (witness, url)))
        duty.run()
        grow(usual_world, 3)
        usual_world.tamper("UPDATE audit_cosignature SET size = 12")
    with usual_world.db.read() as tx:
        assert witnessed_note(tx, duty.policy, 10) is None
        assert last_witnessed(tx, duty.policy) is None


def test_cosignatures_are_append_only(world: World, tmp_path: Path) -> None:
    grow(world, 3)
    witness = a_witness(world, tmp_path / "witness")
    with serving(witness) as url:
        rounds(world, policy_text(world, (witness, url))).run()
    with pytest.raises(Exception, match="append-only"), world.db.begin() as tx:
        tx.execute(delete(audit_cosignature))
    with world.db.read() as tx:
        assert tx.scalars(select(audit_cosignature.c.size)).all() == [3]


def test_a_file_goes_to_the_witness_and_comes_back_signed(usual_world: World, witness: Witness, tmp_path: Path) -> None:
    terminal = Terminal(usual_world, policy_text(usual_world, (witness, "")))
    asked, state = tmp_path / "ask.txt", witness.directory
    for count in (5, 20):
        usual_world.fill(count)
        assert terminal.run("witness", "request", asked) == 0
        assert terminal.run("witness", "sign", asked, "--state", state) == 0
        assert terminal.run("witness", "accept", f"{asked}.signed") == 0
    assert terminal.run("witness", "status", "--json") == 0
    report = json.loads(terminal.lines[0])
    assert report["witnessed"] == report["newest"] == 25
    assert leaf_hash(usual_world.body(0))


def test_a_request_file_of_a_forked_log_is_refused_with_an_alarm(
    usual_world: World, witness: Witness, tmp_path: Path
) -> None:
    terminal = Terminal(usual_world, policy_text(usual_world, (witness, "")))
    asked = tmp_path / "ask.txt"
    usual_world.fill(5)
    terminal.run("witness", "request", asked)
    text_of = asked.read_text()
    assert terminal.run("witness", "sign", asked, "--state", witness.directory) == 0
    assert terminal.run("witness", "sign", asked, "--state", witness.directory) == 1
    assert "--since 5" in terminal.lines[0]
    asked.write_text(text_of.replace("\n5\n", "\n6\n"))
    assert terminal.run("witness", "sign", asked, "--state", witness.directory) == 12
    asked.write_text("hello\n")
    assert terminal.run("witness", "sign", asked, "--state", witness.directory) == 2


def test_an_answer_by_a_stranger_is_not_taken_over(usual_world: World, witness: Witness, tmp_path: Path) -> None:
    stranger = a_witness(usual_world, tmp_path / "stranger", "stranger.example")
    terminal = Terminal(usual_world, policy_text(usual_world, (witness, "")))
    asked = tmp_path / "ask.txt"
    usual_world.fill(5)
    terminal.run("witness", "request", asked)
    terminal.run("witness", "sign", asked, "--state", stranger.directory)
    assert terminal.run("witness", "accept", f"{asked}.signed") == 3
    with usual_world.db.read() as tx:
        assert tx.scalars(select(audit_cosignature.c.size)).all() == []


def test_status_shows_a_failing_witness_and_a_missing_quorum(usual_world: World, witness: Witness) -> None:
    with serving(witness) as url:
        policy = policy_text(usual_world, (witness, url))
    grow(usual_world, 5)
    rounds(usual_world, policy).run()
    terminal = Terminal(usual_world, policy)
    assert terminal.run("witness", "status") == 1
    assert "unreachable" in terminal.lines[0]
    assert terminal.lines[1].startswith("✗")


def test_a_witness_shows_how_old_the_newest_checkpoint_is(usual_world: World, witness: Witness, tmp_path: Path) -> None:
    terminal, asked = Terminal(usual_world, policy_text(usual_world, (witness, ""))), tmp_path / "ask.txt"
    assert terminal.run("witness", "status", "--state", witness.directory) == 1
    usual_world.fill(5)
    terminal.run("witness", "request", asked)
    terminal.run("witness", "sign", asked, "--state", witness.directory)
    assert terminal.run("witness", "status", "--state", witness.directory) == 0
    assert terminal.run("witness", "status", "--state", witness.directory, "--json", "--max-age", "-1") == 1
    [row] = json.loads(terminal.lines[0])["logs"]
    assert (row["origin"], row["size"]) == (ORIGIN, 5)
    assert row["age_seconds"] >= 0


def test_cosignatures_come_with_the_note(usual_world: World, witness: Witness) -> None:
    grow(usual_world, 5)
    with serving(witness) as url:
        rounds(usual_world, policy_text(usual_world, (witness, url))).run()
    with usual_world.db.read() as tx:
        note = cosigned_note(tx, 5)
    assert open_note(note, [witness.verifiers[0]]) == unverified_checkpoint(note).text()
    with pytest.raises(NotTrusted):
        open_note(note, [witness.verifiers[1]])
