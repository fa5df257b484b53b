"""A release package outlives the keys of the log, and carries what its witnesses signed."""

from __future__ import annotations

from pathlib import Path

from audit.checkpoint import parse_text
from audit.note import parse_note
from audit.proof import parse_proof
from audit.rotation import rotate
from audit.witness.asking import WitnessRounds
from audit.witness.policy import WitnessPolicy
from audit.witness.service import Witness
from egress_review.package import RECEIPT, TRUSTED_KEYS, WITNESS_POLICY
from egress_review.verify_package import verify_package
from tests.integration.audit.audit_attesting import serving
from tests.integration.egress_review.egress_house import Zone


def test_a_package_from_before_a_rotation_verifies_with_the_list_of_keys(zone: Zone) -> None:
    log = zone.house.log
    before = log._keys.verifier(log.origin)
    first = zone.desk.package_of(zone.released().ref)
    rotate(log, log._keys, keep=None)
    second = zone.desk.package_of(zone.released(content="sex,n\nF,210\nM,220\n").ref)
    every = log._keys.trusted(log.origin)
    assert verify_package(first, before).ok
    assert verify_package(first, every).ok
    assert verify_package(second, every).ok
    assert verify_package(second, before).verdict == "untrusted"
    assert verify_package(first, log._keys.verifier(log.origin)).verdict == "untrusted"


def test_a_receipt_is_signed_by_both_keys_and_by_nobody_unknown(zone: Zone) -> None:
    directory = zone.desk.package_of(zone.released().ref)
    note = parse_note(parse_proof((directory / RECEIPT).read_text()).checkpoint)
    assert len(note.signatures) == 2
    assert parse_text(note.text).origin == zone.house.log.origin
    (directory / TRUSTED_KEYS).chmod(0o644)
    lines = (directory / TRUSTED_KEYS).read_text().splitlines(keepends=True)
    (directory / TRUSTED_KEYS).write_text(lines[0])
    assert verify_package(directory, None).verdict == "tampered"


def test_a_receipt_with_cosignatures_is_held_to_the_witnesses_of_the_package(zone: Zone, tmp_path: Path) -> None:
    log = zone.house.log
    witness = Witness.create(tmp_path / "witness", "witness.example/1")
    witness.trust(log._keys.trusted(log.origin))
    with serving(witness) as url:
        text = f"witness w {witness.verifiers[1].vkey()} {url}\nquorum w\n"
        log.witnesses = WitnessPolicy.parse(text)
        request = zone.released()
        WitnessRounds(log, log.witnesses).run()
    directory = zone.desk.package_of(request.ref)
    assert url not in (directory / WITNESS_POLICY).read_text()
    assert request.release_index is not None
    cosigned = log.receipt(request.release_index)
    assert log.witnesses.satisfied_by(parse_proof(cosigned).checkpoint)
    path = directory / RECEIPT
    path.chmod(0o644)
    path.write_text(cosigned)
    assert verify_package(directory, log._keys.trusted(log.origin)).ok
    path.write_text(cosigned[:-40] + ("A" if cosigned[-40] != "A" else "B") + cosigned[-39:])
    assert (verify_package(directory, None).verdict, verify_package(directory, None).file) == ("tampered", RECEIPT)
