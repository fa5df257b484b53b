"""After a key was lost: `ansim audit key continue` prepares a fresh home, and `ansim up` makes a whole zone of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.continuing import LastGood, verify_continuation
from audit.db import Database
from audit.log import AuditLog
from audit.trusted import TrustedKeys
from audit.witness.asking import WitnessRounds
from audit.witness.cosignatures import last_witnessed
from audit.witness.policy import WitnessPolicy
from hub_config.zone import open_zone
from tests.functional.conftest import run_ansim, zone_port
from tests.integration.audit.audit_attesting import a_witness, policy_text, serving
from tests.integration.audit.audit_world import ORIGIN, World, new_world

NEW = "zone-2.example/audit"
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """What is left of a zone whose key was stolen: its last good checkpoint, its public keys, the policy."""
    left = tmp_path / "left"
    left.mkdir()
    url = f"sqlite:///{tmp_path / 'old.db'}"
    world: World = new_world(Database.open(url), tmp_path / "old", url)
    world.fill(7)
    witness = a_witness(world, tmp_path / "witness")
    with serving(witness) as address:
        text = policy_text(world, (witness, address))
        policy = WitnessPolicy.parse(text)
        log = AuditLog(world.db, world.keys, component="worker", origin=ORIGIN, witnesses=policy)
        log.checkpoint()
        WitnessRounds(log, policy).run()
    with world.db.read() as tx:
        good = last_witnessed(tx, policy)
    assert good is not None
    (left / "checkpoint").write_text(good[1])
    (left / "policy").write_text(text)
    (left / "trusted-keys").write_text(world.keys.trusted(ORIGIN).format())
    world.db.close()
    return left


def test_a_zone_is_started_whole_on_the_log_that_continues_a_lost_one(lost: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    given = ("--checkpoint", lost / "checkpoint", "--key", lost / "trusted-keys", "--policy", lost / "policy")
    said = run_ansim(
        tmp_path / "any", "audit", "key", "continue", *map(str, given), "--origin", NEW, "--into", str(home), "--json"
    )
    assert json.loads(said.stdout) == {"home": str(home), "origin": NEW, "old": ORIGIN, "size": 7}
    try:
        run_ansim(home, "up", "--empty", "--port", zone_port())
        assert run_ansim(home, "status").returncode == 0
        zone = open_zone(home, "cli")
        try:
            assert zone.log.origin == NEW
            last = LastGood(
                (lost / "checkpoint").read_text(),
                TrustedKeys.load(lost / "trusted-keys"),
                (lost / "policy").read_text(),
            )
            vouched = verify_continuation(zone.log.receipt(0), TrustedKeys.load(home / "keys" / "trusted-keys"), last)
            assert (vouched.origin, vouched.size) == (ORIGIN, 7)
            with zone.db.read() as tx:
                assert zone.log.size(tx) > 1, "the zone records what it does behind the entry that continues the other"
        finally:
            zone.db.close()
        assert run_ansim(home, "audit", "verify").returncode == 0
        run_ansim(home, "down")
        run_ansim(home, "up", "--empty")
        found = json.loads(run_ansim(home, "audit", "search", "--action", "log.continued", "--json").stdout)
        assert found["index"] == 0, "a second start continues nothing anew"
    finally:
        run_ansim(home, "down", check=False)
