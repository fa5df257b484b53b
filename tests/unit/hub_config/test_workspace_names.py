"""The doctor says that a name or certificate of workspaces is missing before somebody needs it, and what helps."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_config.settings import GateSettings, Settings, ZoneSettings
from hub_config.workspace_names import certified, fault_of, names_of, resolve, shared

HERE, THERE = frozenset({"192.0.2.1"}), frozenset({"192.0.2.9"})
DOMAIN = "safe.example.org"


def zone(tmp_path: Path, *, domain: str = DOMAIN, scheme: str = "https", origins: str = "own") -> Settings:
    return Settings(
        home=tmp_path,
        zone=ZoneSettings(domain=domain, scheme=scheme),  # type: ignore[arg-type]
        gate=GateSettings(workspace_origins=origins),  # type: ignore[arg-type]
    )


def certificate(*names: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zone")])
    made = x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return made.sign(key, hashes.SHA256()), key


@pytest.mark.parametrize(
    ("wildcard", "of_zone", "names", "word"),
    [
        (HERE, HERE, {f"*.{DOMAIN}", f"zone.{DOMAIN}"}, None),
        (HERE, HERE, None, None),  # nobody answers: that is said of the certificate elsewhere
        (HERE, frozenset({"127.0.1.1"}), {f"*.{DOMAIN}"}, None),
        (frozenset(), HERE, {f"*.{DOMAIN}"}, "이름 서버에"),
        (THERE, HERE, {f"*.{DOMAIN}"}, "이름 서버에"),
        (HERE, HERE, {f"zone.{DOMAIN}", f"work.{DOMAIN}"}, "인증서로"),
        (HERE, HERE, {"*.example.org"}, "인증서로"),  # a wildcard stands for one label (RFC 9525 section 6.3)
        (HERE, HERE, set(), "인증서로"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    tmp_path: Path, wildcard: frozenset[str], of_zone: frozenset[str], names: set[str] | None, word: str | None
) -> None:
    fault = fault_of(
        zone(tmp_path),
        resolve=lambda name: of_zone if name == f"zone.{DOMAIN}" else wildcard,
        certified=lambda name: None if names is None else frozenset(names),
    )
    if word is None:
        assert fault is None
        return
    assert fault is not None
    reason, hint = fault
    assert word in hint.ko
    for text in (reason.ko, reason.en, hint.ko, hint.en):
        assert f"*.{DOMAIN}" in text
    assert "gate: {workspace_origins: one}" in hint.ko
    assert "gate: {workspace_origins: one}" in hint.en


def test_a_zone_that_needs_no_wildcard_is_not_asked_for_one(tmp_path: Path) -> None:
    def never(name: str) -> frozenset[str]:
        raise AssertionError(name)

    assert fault_of(zone(tmp_path, origins="one"), resolve=never, certified=never) is None
    assert fault_of(zone(tmp_path, domain="ansim.localhost", scheme="http"), resolve=never, certified=never) is None
    assert shared(zone(tmp_path, origins="one")) is not None
    assert shared(zone(tmp_path)) is None


def test_without_tls_no_certificate_is_asked_for(tmp_path: Path) -> None:
    def never(name: str) -> frozenset[str]:
        raise AssertionError(name)

    assert fault_of(zone(tmp_path, scheme="http"), resolve=lambda name: HERE, certified=never) is None


def test_the_name_that_is_asked_for_is_no_workspaces_and_another_each_time(tmp_path: Path) -> None:
    asked: list[str] = []

    def note(name: str) -> frozenset[str]:
        asked.append(name)
        return HERE

    for _ in range(2):
        fault_of(zone(tmp_path), resolve=note, certified=lambda name: None)
    assert len(set(asked)) == 3  # the zone's own twice
    assert {len(name.partition(".")[0]) for name in asked if not name.startswith("zone.")} == {28}


def test_the_names_of_a_certificate_are_read_as_it_is_shown(tmp_path: Path) -> None:
    shown, key = certificate("*.Safe.example.org", "zone.safe.example.org")
    pem = tmp_path / "zone.pem"
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain) + shown.public_bytes(serialization.Encoding.PEM)
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_show, args=(listening, pem), daemon=True).start()
        place = ("127.0.0.1", int(listening.getsockname()[1]))
        names = frozenset({"*.safe.example.org", "zone.safe.example.org"})
        assert certified("w-x.safe.example.org", (place,)) == names
    assert names_of(certificate()[0]) == frozenset()


def _show(listening: socket.socket, pem: Path) -> None:
    showing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    showing.load_cert_chain(pem)
    connection, _ = listening.accept()
    with showing.wrap_socket(connection, server_side=True) as secured:
        secured.recv(1)


def test_a_name_that_nobody_knows_has_no_address_and_a_silent_place_no_certificate() -> None:
    assert resolve("nobody.invalid") == frozenset()
    assert resolve("127.0.0.1") == {"127.0.0.1"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = ("127.0.0.1", int(taken.getsockname()[1]))
    assert certified("nobody.invalid", (place,)) is None
