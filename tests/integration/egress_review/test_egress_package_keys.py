"""A release package outlives the keys of the log, whenever they are replaced."""

from __future__ import annotations

import fcntl
from pathlib import Path

from sqlalchemy import Connection, event

from audit.checkpoint import parse_text
from audit.note import parse_note
from audit.proof import parse_proof
from audit.rotation import rotate
from egress_review.package import RECEIPT, TRUSTED_KEYS
from egress_review.verify_package import verify_package
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


def is_locked(path: Path) -> bool:
    with path.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_keys_may_be_replaced_between_any_two_steps_of_a_release(zone: Zone) -> None:
    log, engine = zone.house.log, zone.house.db.engine
    steps, at = 0, 0

    def rotate_at_a_step(_connection: Connection) -> None:
        nonlocal steps
        # Between two transactions another process may do anything, unless a checkpoint is being signed.
        if not is_locked(log.directory / ".lock"):
            steps += 1
            if steps == at:
                rotate(log, log._keys, keep=None)

    log.checkpoint()
    request = zone.approved()
    event.listen(engine, "engine_connect", rotate_at_a_step)
    zone.desk.release(request.ref)
    last, before = steps, log._keys.trusted(log.origin)
    for at in range(1, last + 1):
        event.remove(engine, "engine_connect", rotate_at_a_step)
        request = zone.approved(content=f"sex,n\nF,{120 + 50 * at}\nM,{130 + 70 * at}\n")
        steps = 0
        event.listen(engine, "engine_connect", rotate_at_a_step)
        done = zone.desk.release(request.ref)
        directory = zone.desk.package_of(request.ref)
        assert done.packaged
        assert verify_package(directory, log._keys.trusted(log.origin)).ok, at
        assert len(log._keys.trusted(log.origin).keys) == len(before.keys) + 2 * at
        forged = directory / TRUSTED_KEYS
        forged.chmod(0o644)
        forged.write_text(forged.read_text().replace("to=", "to=1", 1))
        assert verify_package(directory, None).file == TRUSTED_KEYS
