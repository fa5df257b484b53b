"""A certificate that ends is said before and after, by the doctor and by the alert, and no more once it is renewed."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_config.certificates import SSL_REQUEST, NoTls, Place, Shown, database_servers, ends_at, places_of, shown_at
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
        compared = re.match(r"ansim_certificate_seconds_left (<|<=) (\d+)( or |$)", rule["expr"])
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
            found = Shown(place.name, place.server, ends_at(place))
        assert found.ends == ends
        assert (found.fault(NOW) is None) == (days == 60)


@pytest.mark.parametrize("days", DAYS)
def test_doctor_and_alert_say_the_same(days: float) -> None:
    found = Shown("front", "zone", NOW + timedelta(days=days))
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
    found = Shown("front", "zone", ends_at(Place("front", "zone", (("127.0.0.1", port),))))
    fault = found.fault(NOW)
    assert fault is not None
    assert "nobody answers" in fault[0].en


def settings_of(tmp_path: Path, scheme: str, url: str = "sqlite:///ansim.db") -> Settings:
    zone = ZoneSettings(scheme=scheme, domain="safe.example.org")  # type: ignore[arg-type]
    return Settings(home=tmp_path, zone=zone, database=DatabaseSettings(url=url))


def test_a_zone_relies_on_those_that_it_is_set_up_with(tmp_path: Path) -> None:
    def names(scheme: str, url: str) -> list[str]:
        return [p.name for p in places_of(settings_of(tmp_path, scheme, url))]

    here, elsewhere = "postgresql+psycopg://a@/b?host=/run/postgresql", "postgresql+psycopg://a@db.example.org/b"
    assert names("http", "sqlite:///ansim.db") == []
    assert names("https", here) == ["front", "hub"]
    assert names("https", elsewhere) == ["front", "hub", "database"]


@pytest.mark.parametrize(
    ("address", "servers"),
    [
        ("a@db.example.org/b", [("db.example.org", 5432)]),
        ("a@db.example.org:6543/b", [("db.example.org", 6543)]),
        ("a@/b?host=db1,db2&target_session_attrs=read-write", [("db1", 5432), ("db2", 5432)]),
        ("a@/b?host=db1,db2&port=5433,5434", [("db1", 5433), ("db2", 5434)]),
        ("a@/b?host=db1:6000&host=db2", [("db1", 6000), ("db2", 5432)]),
        ("a@/b?host=/run/postgresql,db2", [("db2", 5432)]),
        ("a@/b?host=/run/postgresql", []),
        ("a@/b", []),
    ],
)
def test_each_server_of_a_database_that_fails_over_is_looked_at(address: str, servers: list[tuple[str, int]]) -> None:
    assert database_servers(f"postgresql+psycopg://{address}") == servers


def test_the_handbooks_address_of_a_database_with_a_standby_names_two_servers() -> None:
    page = (REPOSITORY / "docs" / "how-to" / "keep-the-database-up.md").read_text(encoding="utf-8")
    (address,) = re.findall(r"url: (postgresql\S+)", page)
    assert [server for server, _ in database_servers(address)] == ["db1.example.org", "db2.example.org"]


def shown_by(tmp_path: Path, front: int, hub: int | None) -> list[tuple[str, datetime | None]]:
    """Read what a front and a hub show whose certificates end in so many days; a hub of None is silent."""
    (tmp_path / "hub").mkdir()
    ends = NOW.replace(microsecond=0)
    of_front = certificate(tmp_path, ends + timedelta(days=front))
    of_hub = None if hub is None else certificate(tmp_path / "hub", ends + timedelta(days=hub))
    with server(of_front, asks_first=False) as at, server(of_hub, asks_first=False) as inside:
        places = {"front": (("127.0.0.1", at),), "hub": (("127.0.0.1", inside),)}
        moved = [replace(one, addresses=places[one.name]) for one in places_of(settings_of(tmp_path, "https"))]
        return [(one.name, one.ends) for one in shown_at(moved)]


def test_a_hub_behind_a_front_of_its_own_shows_one_that_ends_by_itself(tmp_path: Path) -> None:
    ends = NOW.replace(microsecond=0)
    found = shown_by(tmp_path, 300, 5)
    assert found == [("front", ends + timedelta(days=300)), ("hub", ends + timedelta(days=5))]


@pytest.mark.parametrize("hub", [300, None])
def test_one_server_has_one_certificate(tmp_path: Path, hub: int | None) -> None:
    assert [name for name, _ in shown_by(tmp_path, 300, hub)] == ["front"]
