"""A certificate that ends is said before and after, by the doctor and by the alert, and no more once it is renewed."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_config.certificates import SSL_REQUEST, NoTls, Place, Shown, ends_at, places_of
from hub_config.processes import REPOSITORY
from hub_config.settings import DatabaseSettings, Settings, ZoneSettings

NOW = datetime.now(UTC)
RULES = REPOSITORY / "ansible" / "files" / "monitoring" / "ansim.rules.yml"
DAYS = (-400, -1, 0.5, 20, 22, 397)


def certificate(directory: Path, ends: datetime) -> Path:
    """Write a key and a certificate that signs itself, as an internal authority's would be."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zone.example.org")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(ends - timedelta(days=500)).not_valid_after(ends)
    path = directory / "zone.pem"
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain) + signed)
    return path


@contextmanager
def server(pem: Path | None, *, asks_first: bool) -> Iterator[int]:
    """Show a certificate at a port until the block ends; without one, say that there is no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, pem, asks_first), daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])


def _serve(listening: socket.socket, pem: Path | None, asks_first: bool) -> None:
    connection, _ = listening.accept()
    with connection:
        if asks_first:
            assert connection.recv(len(SSL_REQUEST)) == SSL_REQUEST
            connection.sendall(b"N" if pem is None else b"S")
        if pem is None:
            return
        showing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        showing.load_cert_chain(pem)
        with showing.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)


def alerts(seconds_left: float) -> set[str]:
    """Return which alert rules fire, by the comparison that stands in the file."""
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    found = set()
    for rule in rules:
        compared = re.fullmatch(r"ansim_certificate_seconds_left (<|<=) (\d+)", rule["expr"])
        if compared is not None:
            limit = float(compared[2])
            if seconds_left < limit or (compared[1] == "<=" and seconds_left == limit):
                found.add(rule["alert"])
    return found


@pytest.mark.parametrize("name", ["front", "database"])
def test_what_is_shown_is_read_even_when_it_has_ended_and_again_when_renewed(name: str, tmp_path: Path) -> None:
    for days in (-1, 60):
        ends = (NOW + timedelta(days=days)).replace(microsecond=0)
        with server(certificate(tmp_path, ends), asks_first=name == "database") as port:
            place = Place(name, "zone.example.org", (("127.0.0.1", port),))  # type: ignore[arg-type]
            found = Shown(place.name, ends_at(place))
        assert found.ends == ends
        assert (found.fault(NOW) is None) == (days == 60)


@pytest.mark.parametrize("days", DAYS)
def test_doctor_and_alert_say_the_same(days: float) -> None:
    found = Shown("front", NOW + timedelta(days=days))
    left = found.left(NOW)
    assert left is not None
    fault, fired = found.fault(NOW), alerts(left.total_seconds())
    assert (fault is None) == (not fired)
    assert ("AnsimCertificateEnded" in fired) == (days <= 0)
    if fault is not None:
        reason, hint = fault
        assert ("ended on" in reason.en) == (days <= 0)
        assert ("만료되었습니다" in reason.ko) == (days <= 0)
        assert "systemctl start certbot" in hint.en


def test_a_database_without_tls_shows_nothing_and_is_no_fault() -> None:
    with server(None, asks_first=True) as port, pytest.raises(NoTls):
        ends_at(Place("database", "db", (("127.0.0.1", port),)))


def test_a_front_that_nobody_answers_for_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    found = Shown("front", ends_at(Place("front", "zone", (("127.0.0.1", port),))))
    fault = found.fault(NOW)
    assert fault is not None
    assert "nobody answers" in fault[0].en


def test_a_zone_relies_on_those_that_it_is_set_up_with(tmp_path: Path) -> None:
    def names(scheme: str, url: str) -> list[str]:
        zone = ZoneSettings(scheme=scheme, domain="safe.example.org")  # type: ignore[arg-type]
        return [p.name for p in places_of(Settings(home=tmp_path, zone=zone, database=DatabaseSettings(url=url)))]

    here, elsewhere = "postgresql+psycopg://a@/b?host=/run/postgresql", "postgresql+psycopg://a@db.example.org/b"
    assert names("http", "sqlite:///ansim.db") == []
    assert names("https", here) == ["front"]
    assert names("https", elsewhere) == ["front", "database"]
