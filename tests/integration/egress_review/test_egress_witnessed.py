"""A release waits for the witnesses that the zone names, says so, and goes on when they are back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from audit.note import parse_note
from audit.proof import parse_proof
from audit.witness.asking import WitnessRounds
from audit.witness.policy import WitnessPolicy
from egress_review.errors import Conflict
from egress_review.package import RECEIPT, RELEASE_KEY, WITNESS_POLICY
from egress_review.release_keys import ReleaseKeys
from egress_review.replacing_key import replace_release_key
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from tests.integration.audit.audit_attesting import serving
from tests.integration.egress_review.egress_house import HERE, Zone, ask_for
from tests.ports import free_port


def test_a_release_waits_for_a_witness_that_is_down_and_goes_on_when_it_is_back(
    each_zone: Zone, tmp_path: Path
) -> None:
    zone, port = each_zone, free_port()
    witness = ask_for(zone, tmp_path, port)
    rounds = WitnessRounds(zone.house.log, zone.house.log.witnesses, clock=zone.house.clock)
    ref = zone.approved().ref
    waiting = zone.desk.release(ref)
    rounds.run()
    assert (waiting.state, waiting.packaged, waiting.attempts) == (State.RELEASED, False, 1)
    assert zone.actions(ref)[-1] == "egress.unwitnessed"
    assert not zone.desk.package_of(ref).exists()
    assert not zone.desk.zip_of(ref).exists()
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, ref, source=HERE)
    assert ref not in zone.desk.pending(), "the machine leaves it alone for a while"
    zone.house.clock.pass_by(minutes=2)
    assert ref in zone.desk.pending()
    assert zone.desk.act(ref).attempts == 2
    assert zone.actions(ref).count("egress.unwitnessed") == 1, "that it waits is recorded once"
    with serving(witness, port):
        zone.house.clock.pass_by(minutes=2)
        rounds.run()
        done = zone.desk.act(ref)
    assert (done.packaged, done.attempts, done.retry_at) == (True, 0, None)
    check_cosigned(zone, ref)
    assert zone.desk.collect(zone.author, ref, source=HERE).is_file()


def test_a_release_that_its_witnesses_sign_at_once_is_packed_in_one_call(zone: Zone, tmp_path: Path) -> None:
    port = free_port()
    witness = ask_for(zone, tmp_path, port)
    log = zone.house.log
    rounds = WitnessRounds(log, log.witnesses, clock=zone.house.clock)
    ref = zone.approved().ref
    sign = log._waits._sign

    def signed_and_seen() -> str:
        note = sign()
        rounds.run()
        return note

    log._waits._sign = signed_and_seen
    with serving(witness, port):
        assert zone.desk.release(ref).packaged
    assert "egress.unwitnessed" not in zone.actions(ref)
    check_cosigned(zone, ref)


def test_the_author_hears_of_a_release_when_there_is_something_to_collect(zone: Zone, tmp_path: Path) -> None:
    ask_for(zone, tmp_path, free_port())
    ref = zone.approved().ref
    before = len(zone.house.registry.messages(zone.author.ref))
    zone.desk.release(ref)
    assert len(zone.house.registry.messages(zone.author.ref)) == before
    zone.house.log.witnesses = WitnessPolicy.none()
    zone.house.clock.pass_by(minutes=2)
    assert zone.desk.act(ref).packaged, "who takes the policy away lets it go as a zone without witnesses does"
    assert len(zone.house.registry.messages(zone.author.ref)) == before + 1


def test_a_package_without_the_signatures_that_its_policy_asks_for_is_incomplete(zone: Zone, tmp_path: Path) -> None:
    port = free_port()
    witness = ask_for(zone, tmp_path, port)
    log = zone.house.log
    ref = zone.approved().ref
    zone.desk.release(ref)
    with serving(witness, port):
        WitnessRounds(log, log.witnesses, timedelta(), clock=zone.house.clock).run()
        zone.house.clock.pass_by(minutes=2)
        zone.desk.act(ref)
    directory = zone.desk.package_of(ref)
    receipt = directory / RECEIPT
    receipt.chmod(0o644)
    whole = receipt.read_text()
    without = [line for line in whole.splitlines(keepends=True) if "witness.example" not in line]
    receipt.write_text("".join(without))
    check = verify_package(directory, log._keys.trusted(log.origin))
    assert (check.verdict, check.file) == ("incomplete", RECEIPT)
    receipt.write_text(whole)
    policy = directory / WITNESS_POLICY
    policy.chmod(0o644)
    policy.write_text(policy.read_text().replace("quorum w", "quorum none"))
    check = verify_package(directory, log._keys.trusted(log.origin))
    assert (check.verdict, check.file) == ("tampered", WITNESS_POLICY)


def test_a_release_that_waits_while_its_key_is_replaced_is_signed_by_the_key_that_its_event_names(
    zone: Zone, tmp_path: Path
) -> None:
    port, directory, log = free_port(), zone.home / "keys", zone.house.log
    zone.desk._release_keys = ReleaseKeys.in_directory(directory)
    witness = ask_for(zone, tmp_path, port)
    ref = zone.approved().ref
    zone.desk.release(ref)
    done = replace_release_key(log, zone.house.db, directory, zone.home / "releases", keep=None)
    assert done.kept
    with serving(witness, port):
        WitnessRounds(log, log.witnesses, clock=zone.house.clock).run()
        zone.house.clock.pass_by(minutes=2)
        assert zone.desk.act(ref).packaged
    check_cosigned(zone, ref)
    package = zone.desk.package_of(ref)
    assert (package / RELEASE_KEY).read_text() == done.old.vkey() + "\n"
    assert len(zone.desk._release_keys.read()) == 1, "nothing is left that the old key has to sign"
    log.witnesses = WitnessPolicy.none()
    second = zone.released(content="sex,n\nF,320\nM,430\n").ref
    assert (zone.desk.package_of(second) / RELEASE_KEY).read_text() == done.new.vkey() + "\n"
    for one in (ref, second):
        assert verify_package(zone.desk.package_of(one), log._keys.trusted(log.origin)).ok


def check_cosigned(zone: Zone, ref: str) -> None:
    log = zone.house.log
    directory = zone.desk.package_of(ref)
    assert verify_package(directory, log._keys.trusted(log.origin)).ok
    note = parse_proof((directory / RECEIPT).read_text()).checkpoint
    assert log.witnesses.satisfied_by(note)
    assert "witness.example/1" in {signature.name for signature in parse_note(note).signatures}


def test_the_time_to_collect_runs_from_when_the_package_is_there(each_zone: Zone, tmp_path: Path) -> None:
    zone, port = each_zone, free_port()
    witness, days = ask_for(zone, tmp_path, port), each_zone.desk.policy.collect_days
    rounds = WitnessRounds(zone.house.log, zone.house.log.witnesses, timedelta(), clock=zone.house.clock)
    ref = zone.approved().ref
    zone.desk.release(ref)
    zone.house.clock.pass_by(days=days - 1)
    with serving(witness, port):
        rounds.run()
        assert zone.desk.act(ref).packaged
    zone.house.clock.pass_by(days=days - 1)
    assert ref not in zone.desk.pending()
    assert zone.desk.act(ref).state is State.RELEASED
    assert zone.desk.collect(zone.author, ref, source=HERE).is_file()
    zone.house.clock.pass_by(days=1)
    assert zone.desk.pending() == [ref]
    assert zone.desk.act(ref).state is State.EXPIRED
