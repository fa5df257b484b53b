"""Passwords kept by a real LDAP server and by this machine's PAM; the one-time code stays the zone's."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_config.identity.directory import LdapDirectory, PamDirectory, directory_of
from hub_config.identity.directory_settings import DirectorySettings
from hub_config.processes import accepts
from registry.directory import NOBODY, DirectoryUnreachable
from registry.errors import Invalid, SignInRefused
from registry.model import Role
from registry.service import Registry
from registry.totp import code_at, new_secret
from tests.integration.hub.conftest import wait_until
from tests.integration.registry.registry_house import HOME, House, open_house
from tests.patience import PATIENCE
from tests.ports import free_port

pytestmark = pytest.mark.long
PASSWORD, BASE = "kept by the hospital", "dc=hospital,dc=example"
SLAPD = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/slapd.pid
TLSCertificateFile {home}/server.pem
TLSCertificateKeyFile {home}/server.key
TLSCACertificateFile {home}/server.pem
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw admin
directory {home}/data
"""
ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Hospital
dc: hospital

dn: uid=minji,{BASE}
objectClass: inetOrgPerson
uid: minji
cn: minji
sn: minji
userPassword: {PASSWORD}
"""


def certificate(home: Path) -> None:
    """A certificate for localhost that vouches for itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (home / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (home / "server.key").write_bytes(pem)


@pytest.fixture(scope="module")
def ldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DirectorySettings, Path]]:
    """A running slapd with one person in it."""
    slapd, slapadd = shutil.which("slapd", path="/usr/sbin"), shutil.which("slapadd", path="/usr/sbin")
    if slapd is None or slapadd is None:
        pytest.fail("no OpenLDAP server on this machine: `apt-get install slapd`")
    home = tmp_path_factory.mktemp("ldap")
    (home / "data").mkdir()
    certificate(home)
    (home / "slapd.conf").write_text(SLAPD.format(home=home, base=BASE))
    subprocess.run([slapadd, "-f", home / "slapd.conf"], input=ENTRIES, text=True, check=True)
    port = free_port()
    server = subprocess.Popen([slapd, "-d", "0", "-f", home / "slapd.conf", "-h", f"ldap://127.0.0.1:{port}"])
    import socket

    wait_until(partial(accepts, socket.AF_INET, ("127.0.0.1", port)), PATIENCE, "slapd does not answer")
    settings = DirectorySettings(
        kind="ldap", host="localhost", port=port, user_dn=f"uid={{handle}},{BASE}", certificates="server.pem"
    )
    yield settings, home
    server.terminate()
    server.wait(PATIENCE)


def with_directory(house: House, settings: DirectorySettings, home: Path) -> Registry:
    return house.reopened(directory=directory_of(settings, home))


@pytest.fixture
def house(usual_url: str, tmp_path: Path) -> Iterator[House]:
    made = open_house(usual_url, tmp_path)
    yield made
    made.db.close()


def test_a_doctor_signs_in_with_the_hospitals_password_and_the_zones_code(
    house: House, ldap: tuple[DirectorySettings, Path]
) -> None:
    registry = with_directory(house, *ldap)
    by = house.join("taeyang", Role.OPERATOR).actor
    token = registry.invite("minji", "김민지", "minji@x.org", [Role.RESEARCHER], "ko", by=by, source=HOME)
    secret = new_secret()
    registry.accept_invitation(token, "", secret, code_at(secret, house.clock()), source=HOME)

    def come(password: str) -> str:
        house.clock.pass_by(seconds=31)
        return registry.sign_in("minji", password, code_at(secret, house.clock()), source=HOME).handle

    assert come(PASSWORD) == "minji"
    for wrong in ("", "wrong", PASSWORD + "\x00", PASSWORD.upper()):
        with pytest.raises(SignInRefused):
            come(wrong)
    house.clock.pass_by(minutes=16)
    with pytest.raises(SignInRefused):
        registry.sign_in("minji", PASSWORD, "000000", source=HOME)
    with pytest.raises(Invalid):
        registry.change_password(registry.person("minji"), PASSWORD, "another one of mine", "000000", source=HOME)


def test_a_password_of_the_zone_counts_no_more_but_the_envelopes_does(
    house: House, ldap: tuple[DirectorySettings, Path]
) -> None:
    account = house.join("minji")
    registry = with_directory(house, *ldap)
    with pytest.raises(SignInRefused):
        registry.sign_in("minji", account.password, house.code(account), source=HOME)
    envelope = registry.seal_emergency(by=house.join("taeyang", Role.OPERATOR).actor, source=HOME)
    house.clock.pass_by(seconds=31)
    code = code_at(envelope.totp_secret, house.clock())
    assert registry.sign_in(envelope.handle, envelope.password, code, source=HOME).handle == "emergency"


def test_a_server_that_nobody_vouches_for_gets_no_password(
    ldap: tuple[DirectorySettings, Path], tmp_path: Path
) -> None:
    settings, home = ldap
    assert LdapDirectory(settings, home).is_right("minji", PASSWORD)
    assert not LdapDirectory(settings, home).is_right(NOBODY, PASSWORD)
    for bad in (replace(settings, certificates=""), replace(settings, host="127.0.0.1"), replace(settings, port=1)):
        with pytest.raises(DirectoryUnreachable):
            LdapDirectory(bad, home).is_right("minji", PASSWORD)


@pytest.mark.parametrize("handle", ["minji,dc=x", "*", "minji)(uid=*", "minji\\", "cn=admin"])
def test_a_user_name_is_no_part_of_a_name_in_the_directory(ldap: tuple[DirectorySettings, Path], handle: str) -> None:
    settings, home = ldap
    assert not LdapDirectory(settings, home).is_right(handle, PASSWORD)


def test_a_directory_that_is_down_lets_nobody_in_and_says_so_in_the_record(
    house: House, ldap: tuple[DirectorySettings, Path]
) -> None:
    settings, home = ldap
    account = house.join("minji")
    registry = with_directory(house, replace(settings, port=1), home)
    with pytest.raises(SignInRefused):
        registry.sign_in("minji", PASSWORD, house.code(account), source=HOME)
    assert house.last()["reason"] == "directory_unreachable"


@pytest.fixture
def machine_account() -> Iterator[tuple[DirectorySettings, str]]:
    """An account of this machine and a PAM service that asks for it."""
    name = f"t{uuid.uuid4().hex[:8]}"
    service = Path("/etc/pam.d") / f"ansim-{name}"
    subprocess.run(["useradd", "--no-create-home", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}\n", text=True, check=True)
        service.write_text("auth required pam_unix.so\naccount required pam_unix.so\n")
        yield DirectorySettings(kind="pam", service=service.name), name
    finally:
        service.unlink(missing_ok=True)
        subprocess.run(["userdel", name], check=True)


def test_an_account_of_the_machine_signs_in_through_pam(
    house: House, machine_account: tuple[DirectorySettings, str], tmp_path: Path
) -> None:
    settings, name = machine_account
    account = house.join(name)
    registry = with_directory(house, settings, tmp_path)
    assert registry.sign_in(name, PASSWORD, house.code(account), source=HOME).handle == name
    for wrong in ("", "wrong", account.password):
        with pytest.raises(SignInRefused):
            registry.sign_in(name, wrong, house.code(account), source=HOME)


def test_pam_has_no_service_to_fall_back_to(machine_account: tuple[DirectorySettings, str]) -> None:
    settings, name = machine_account
    with pytest.raises(DirectoryUnreachable):
        PamDirectory(replace(settings, service="nobody-wrote-this")).is_right(name, PASSWORD)


def test_an_account_that_is_over_does_not_come_in(machine_account: tuple[DirectorySettings, str]) -> None:
    settings, name = machine_account
    assert PamDirectory(settings).is_right(name, PASSWORD)
    subprocess.run(["chage", "--expiredate", "1", name], check=True)
    assert not PamDirectory(settings).is_right(name, PASSWORD)
