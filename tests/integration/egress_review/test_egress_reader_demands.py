"""Who reads a release package may demand more than the zone did: other witnesses, and a release key that is listed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.proof import format_proof, parse_proof
from audit.trusted import TrustedKey, TrustedKeys
from audit.witness.asking import WitnessRounds
from audit.witness.policy import WitnessPolicy
from audit.witness.service import Witness
from egress_review.package import RECEIPT, RELEASE_KEY, WITNESS_POLICY
from egress_review.release_keys import KEYS_FILE, ReleaseKeys, publish, verifier_of
from egress_review.replacing_key import replace_release_key
from egress_review.verify_package import PackageCheck, verify_package
from tests.databases import database_in
from tests.integration.audit.audit_attesting import serving
from tests.integration.egress_review.egress_house import Zone, ask_for, open_zone
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Reader:
    """Somebody with a package, the key of the log, and what they know of witnesses and release keys."""

    zone: Zone
    package: Path
    seen: Witness
    unseen: Witness

    def check(self, policy: str | None = None, release_keys: TrustedKeys | None = None) -> PackageCheck:
        wanted = None if policy is None else WitnessPolicy.parse(policy)
        log = self.zone.house.log
        return verify_package(self.package, log._keys.trusted(log.origin), policy=wanted, release_keys=release_keys)


@pytest.fixture(scope="module")
def reader(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """One witness signed the release; of a second one the zone knows nothing."""
    home = tmp_path_factory.mktemp("zone")
    zone, port = open_zone(database_in(home), home), free_port()
    (home / "keys").mkdir(exist_ok=True)
    witness = ask_for(zone, home, port)
    log = zone.house.log
    ref = zone.approved().ref
    zone.desk.release(ref)
    with serving(witness, port):
        WitnessRounds(log, log.witnesses, clock=zone.house.clock).run()
        zone.house.clock.pass_by(minutes=2)
        assert zone.desk.act(ref).packaged
    for path in zone.desk.package_of(ref).iterdir():
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield Reader(zone, zone.desk.package_of(ref), witness, Witness.create(home / "other", "other.example/1"))
    zone.house.db.close()


def line(name: str, witness: Witness) -> str:
    return f"witness {name} {witness.verifiers[1].vkey()}\n"


def test_a_package_that_is_whole_is_not_enough_where_the_reader_s_own_witness_did_not_sign(reader: Reader) -> None:
    assert reader.check().ok
    own = line("mine", reader.unseen) + "quorum mine\n"
    found = reader.check(own)
    assert (found.verdict, found.file) == ("untrusted", RECEIPT)
    assert (found.index, found.files) == (reader.check().index, ("files/table.csv",))
    both = line("a", reader.seen) + line("b", reader.unseen)
    assert reader.check(both + "group g all a b\nquorum g\n").verdict == "untrusted"
    assert reader.check(both + "group g any a b\nquorum g\n").ok
    assert reader.check(line("a", reader.seen) + "quorum a\n").ok


def test_a_policy_that_names_another_log_is_not_met(reader: Reader) -> None:
    other = verifier_of(Ed25519PrivateKey.generate(), "elsewhere.example").vkey()
    assert reader.check(f"log {other}\n{line('a', reader.seen)}quorum a\n").verdict == "untrusted"


def test_a_zone_that_takes_its_witnesses_back_afterwards_cannot_hide_it(reader: Reader) -> None:
    """The attack of whoever has every key of the zone: a package made again, that asks for nobody and names nobody."""
    zone, log = reader.zone, reader.zone.house.log
    before = log.witnesses
    log.witnesses = WitnessPolicy.none()
    try:
        ref = zone.released(content="sex,n\nF,220\nM,230\n").ref
    finally:
        log.witnesses = before
    package = zone.desk.package_of(ref)
    assert not (package / WITNESS_POLICY).exists()
    trusted = log._keys.trusted(log.origin)
    assert verify_package(package, trusted).ok
    demanded = WitnessPolicy.parse(line("a", reader.seen) + "quorum a\n")
    assert verify_package(package, trusted, policy=demanded).verdict == "untrusted"


def test_a_signature_of_the_demanded_witness_that_was_copied_from_elsewhere_does_not_hold(reader: Reader) -> None:
    receipt = reader.package / RECEIPT
    whole = receipt.read_text()
    proof = parse_proof(whole)
    signed = [one for one in proof.checkpoint.splitlines(keepends=True) if "witness.example" in one][-1]
    forged = signed[:-6] + ("AAAA=\n" if signed.endswith("=\n") else "AAAAA\n")
    note = proof.checkpoint.replace(signed, forged)
    receipt.write_text(format_proof(proof.index, proof.path, note, proof.extra))
    try:
        found = reader.check(line("a", reader.seen) + "quorum a\n")
        assert (found.verdict, found.file) == ("tampered", RECEIPT)
    finally:
        receipt.write_text(whole)


def test_a_release_key_that_is_not_in_the_reader_s_list_is_not_trusted(reader: Reader) -> None:
    zone = reader.zone
    own = verifier_of(zone.key, zone.house.log.origin)
    other = verifier_of(Ed25519PrivateKey.generate(), zone.house.log.origin)
    index = reader.check().index
    assert index is not None
    assert reader.check(release_keys=TrustedKeys.of(own)).ok
    assert reader.check(release_keys=TrustedKeys((TrustedKey(own, index, index),))).ok
    found = reader.check(release_keys=TrustedKeys.of(other))
    assert (found.verdict, found.file) == ("untrusted", RELEASE_KEY)
    for limits in ((0, index - 1), (index + 1, None)):
        assert reader.check(release_keys=TrustedKeys((TrustedKey(own, *limits),))).verdict == "untrusted"


def test_the_published_list_holds_for_releases_before_and_after_a_replacement(zone: Zone) -> None:
    log, directory = zone.house.log, zone.home / "keys"
    keys = zone.desk._release_keys = ReleaseKeys.in_directory(directory)
    publish(directory, keys, log.origin)
    first = zone.desk.package_of(zone.released().ref)
    at_first = TrustedKeys.load(directory / KEYS_FILE)
    replace_release_key(log, zone.house.db, directory, zone.home / "releases", keep=None)
    publish(directory, keys, log.origin)
    second = zone.desk.package_of(zone.released(content="sex,n\nF,320\nM,430\n").ref)
    every, trusted = TrustedKeys.load(directory / KEYS_FILE), log._keys.trusted(log.origin)
    assert len(every.keys) == 2
    for package in (first, second):
        assert verify_package(package, trusted, release_keys=every).ok
    assert verify_package(second, trusted, release_keys=at_first).file == RELEASE_KEY


def test_the_published_list_is_of_the_log_that_goes_on(tmp_path: Path) -> None:
    keys = ReleaseKeys.in_directory(tmp_path)
    for origin in ("first.example/audit", "second.example/audit"):
        publish(tmp_path, keys, origin)
        assert TrustedKeys.load(tmp_path / KEYS_FILE) == TrustedKeys.of(keys.verifier(origin))


def ansim(reader: Reader, *words: object, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hub_config.cli", "egress", "verify-package", *map(str, words)]
    environment = {**os.environ, "ANSIM_HOME": str(reader.zone.home / "elsewhere"), "LC_ALL": language}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_takes_keys_policy_and_release_keys_of_the_reader(reader: Reader, tmp_path: Path) -> None:
    keys = tmp_path / "trusted-keys"
    keys.write_text(reader.zone.house.log._keys.trusted(reader.zone.house.log.origin).format())
    listed = tmp_path / "release-keys"
    listed.write_text(TrustedKeys.of(verifier_of(reader.zone.key, reader.zone.house.log.origin)).format())
    policy = tmp_path / "policy"
    policy.write_text(line("a", reader.seen) + "quorum a\n")
    given = (reader.package, "--trusted-keys", keys, "--policy", policy, "--release-keys", listed)
    done = ansim(reader, *given, "--json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "intact"), done.stderr
    policy.write_text(line("b", reader.unseen) + "quorum b\n")
    refused = ansim(reader, *given, language="ko_KR.UTF-8")
    assert (refused.returncode, "증인의 서명이 없습니다" in refused.stdout) == (12, True)
    assert "--key" not in refused.stdout, "the key is not what is missing"
    policy.write_text("quorum nobody\n")
    wrong = ansim(reader, *given)
    assert (wrong.returncode, "nobody" in wrong.stderr) == (2, True)
