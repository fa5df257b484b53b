"""A signing key on a PKCS#11 token: the same log, the same notes, and no secret in a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pkcs11
import pytest

from audit.errors import KeyFileUnusable
from audit.keys import PKCS11_FILE
from audit.pkcs11_key import Pkcs11Key
from audit.rotation import follow, rotate
from audit.secret_file import NEXT
from audit.trusted import TrustedKeys
from audit.verify import verify
from tests.integration.audit.audit_world import ORIGIN, World, open_world

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "735208"
EDWARDS25519 = b"\x13\x0cedwards25519"  # the name of the curve as a DER printable string


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A software token with two keys; the library reads its configuration once for the whole process."""
    if not MODULE.exists() or shutil.which("softhsm2-util") is None:
        pytest.fail("SoftHSM is missing: apt-get install -y --no-install-recommends softhsm2")
    directory = tmp_path_factory.mktemp("softhsm")
    (directory / "tokens").mkdir()
    (directory / "softhsm2.conf").write_text(f"directories.tokendir = {directory / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(directory / "softhsm2.conf")
    made = ["softhsm2-util", "--init-token", "--free", "--label", "ansim", "--pin", PIN, "--so-pin", PIN]
    subprocess.run(made, check=True, capture_output=True)
    with pkcs11.lib(str(MODULE)).get_token(token_label="ansim").open(user_pin=PIN, rw=True) as session:
        for label in ("log-1", "log-2"):
            curve = {pkcs11.Attribute.EC_PARAMS: EDWARDS25519}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC_EDWARDS, curve, local=True)
            how = pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN
            parameters.generate_keypair(mechanism=how, store=True, label=label)
    return "ansim"


def name_a_key(world: World, token: str, label: str) -> None:
    """Write the file that names the coming key of a log."""
    pin = world.home / "pin"
    pin.write_text(PIN + "\n")
    path = world.home / "keys" / (PKCS11_FILE + NEXT)
    path.write_text(f"module = {MODULE}\ntoken = {token}\nkey = {label}\npin_file = {pin}\n")
    for file in (pin, path):
        file.chmod(0o600)


def test_a_log_moves_to_a_token_and_on_to_the_next_key_there(usual_world: World, token: str) -> None:
    keys = usual_world.keys
    usual_world.fill(3)
    began = keys.trusted(ORIGIN)
    name_a_key(usual_world, token, "log-1")
    first = rotate(usual_world.log, keys, keep=None)
    assert not (usual_world.home / "keys" / "log.ed25519").exists()
    assert isinstance(keys.signing, Pkcs11Key)
    usual_world.fill(3)
    between = keys.trusted(ORIGIN)
    assert TrustedKeys.of(first.new[0]).open(usual_world.log.checkpoint()).size == 7
    name_a_key(usual_world, token, "log-2")
    second = rotate(usual_world.log, keys, keep=None)
    again = open_world(usual_world.db, usual_world.home, usual_world.url)
    again.fill(1)
    assert TrustedKeys.of(second.new[0]).open(again.log.checkpoint()).size == 9
    assert follow(began, between, first.receipt.read_text()) == first.size
    assert follow(between, keys.trusted(ORIGIN), second.receipt.read_text()) == second.size
    assert verify(again.db, keys.trusted(ORIGIN), again.home / "log").ok


def test_a_key_on_a_token_is_not_replaced_by_one_in_a_file(usual_world: World, token: str) -> None:
    usual_world.fill(1)
    name_a_key(usual_world, token, "log-1")
    rotate(usual_world.log, usual_world.keys, keep=None)
    with pytest.raises(KeyFileUnusable, match="token"):
        rotate(usual_world.log, usual_world.keys, keep=None)
    usual_world.log.checkpoint()


@pytest.mark.parametrize("fault", ["another token", "another key", "a wrong PIN", "an open PIN", "half a file"])
def test_a_token_that_cannot_sign_is_named(usual_world: World, token: str, fault: str) -> None:
    name_a_key(usual_world, "nobody" if fault == "another token" else token, "x" if fault == "another key" else "log-1")
    path, pin = usual_world.home / "keys" / (PKCS11_FILE + NEXT), usual_world.home / "pin"
    if fault == "a wrong PIN":
        pin.write_text("1")
    if fault == "an open PIN":
        pin.chmod(0o644)
    if fault == "half a file":
        path.write_text(f"module = {MODULE}\n")
    with pytest.raises(KeyFileUnusable):
        Pkcs11Key.load(path).sign(b"anything")
