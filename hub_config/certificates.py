"""When the certificates of a zone end: what browsers are shown in front, what the hub shows a front on another machine,
and what the database shows the zone.

They are asked for over the network, as whoever relies on them does: a file may have been renewed while the server still
shows the old one. Nothing is trusted here, so that a certificate that has ended can be read too.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from audit.text import Text
from hub_config.settings import Settings

SOON = timedelta(days=21)
"""Every way of the playbook renews a month before the end: with three weeks left it has not worked."""
SECONDS = 5.0
HTTPS = 443
POSTGRESQL = 5432
HERE = ("127.0.0.1", HTTPS)
SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))
"""A client that wants TLS of PostgreSQL says so first (PostgreSQL, 55.7, SSLRequest: 80877103)."""

Name = Literal["front", "hub", "database"]
NAMES: dict[Name, Text] = {
    "front": Text("브라우저가 보는 인증서", "certificate that browsers see"),
    "hub": Text("앞 서버가 확인하는 허브의 인증서", "certificate of the hub, which the front verifies"),
    "database": Text("데이터베이스 서버의 인증서", "certificate of the database server"),
}
_HINTS: dict[Name, Text] = {
    "front": Text(
        "플레이북을 다시 실행하면 내부 인증서가 갱신됩니다. ACME는 `systemctl start certbot`을, 받은 인증서는 새"
        " 파일을 넣고 플레이북을 실행하십시오. 그동안 만료되면 브라우저가 구역을 열지 않습니다.",
        "Run the playbook again: it renews an internal certificate. With ACME run `systemctl start certbot`; a given"
        " one needs its new file, then the playbook. Once it has ended no browser opens the zone.",
    ),
    "hub": Text(
        "플레이북을 다시 실행하면 갱신됩니다. 그동안 만료되면 앞 서버가 허브에 연결하지 않습니다(502).",
        "Run the playbook again: it renews it. Once it has ended the front does not connect to the hub (502).",
    ),
    "database": Text(
        "데이터베이스 서버의 인증서를 갱신하고 PostgreSQL을 다시 읽게 하십시오(`systemctl reload postgresql`).",
        "Renew the certificate on the database server and have PostgreSQL read it: `systemctl reload postgresql`.",
    ),
}
_ENDED = Text("{at} UTC에 만료되었습니다.", "It ended on {at} UTC.")
_ENDS = Text("{at} UTC에 만료됩니다({days}일 남음).", "It ends on {at} UTC, in {days} days.")
_UNREAD = Text("읽을 수 없습니다: 아무도 응답하지 않습니다.", "It cannot be read: nobody answers.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate is shown; the first address that answers counts."""

    name: Name
    server: str
    addresses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as it is shown now; `ends` is None where nobody answers."""

    name: Name
    server: str
    ends: datetime | None

    def left(self, now: datetime) -> timedelta | None:
        """Return how long it still holds; negative once it has ended."""
        return None if self.ends is None else self.ends - now

    def fault(self, now: datetime) -> tuple[Text, Text] | None:
        """Say what is wrong with it, and what to do; None while it holds for long enough."""
        left = self.left(now)
        if left is None:
            return _UNREAD, _HINTS[self.name]
        if left > SOON:
            return None
        told = _ENDED if left <= timedelta(0) else _ENDS
        return told.format(at=f"{self.ends:%Y-%m-%d %H:%M}", days=left.days), _HINTS[self.name]


def places_of(settings: Settings) -> Iterator[Place]:
    """Return where this zone relies on a certificate: nowhere, in one that runs on its own machine without TLS."""
    if settings.zone.scheme == "https":
        host = settings.host("zone")
        # The machine of the zone may not know its outside name; the front is then the one on this machine.
        yield Place("front", host, ((host, HTTPS), HERE))
        yield Place("hub", host, (HERE,))
    for server, port in database_servers(settings.database_url()):
        yield Place("database", server, ((server, port),))


def database_servers(url: str) -> list[tuple[str, int]]:
    """Return the servers that a database is asked for at over the network, in the order in which they are tried."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return []
    try:
        # What the driver is told: `host` may stand in front or in the query, once, several times or with commas.
        told = parsed.get_dialect()().create_connect_args(parsed)[1]
    except ArgumentError:
        return []  # nobody connects with such an address, and the database's own row says so
    hosts = str(told.get("host") or "").split(",")
    ports = str(told["port"]).split(",") if "port" in told else [""] * len(hosts)
    pairs = zip(hosts, ports, strict=True)
    return [(host, int(port or POSTGRESQL)) for host, port in pairs if host and not host.startswith(("/", "@"))]


def shown(settings: Settings) -> list[Shown]:
    """Return every certificate of a zone as it is shown now."""
    return shown_at(places_of(settings))


def shown_at(places: Iterable[Place]) -> list[Shown]:
    """Return the certificates that are shown at places now; a database that speaks no TLS shows none.

    The hub has one of its own only where the front is another machine: on one server both are the same.
    """
    found: list[Shown] = []
    for place in places:
        try:
            one = Shown(place.name, place.server, ends_at(place))
        except NoTls:
            continue
        if one.name != "hub" or one.ends not in (None, *(other.ends for other in found)):
            found.append(one)
    return found


class NoTls(Exception):
    """The server does not speak TLS, and need not: it stands on the same machine."""


def ends_at(place: Place) -> datetime | None:
    """Return until when the certificate at a place holds; None where nobody answers.

    Raises: NoTls.
    """
    for address in place.addresses:
        try:
            with socket.create_connection(address, SECONDS) as plain:
                return _end(plain, place)
        except (OSError, ValueError):
            continue
    return None


def _end(plain: socket.socket, place: Place) -> datetime:
    if place.name == "database":
        plain.sendall(SSL_REQUEST)
        if plain.recv(1) != b"S":
            raise NoTls
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE  # only the date is read, and of one that has ended too
    with looking.wrap_socket(plain, server_hostname=place.server) as secured:
        certificate = secured.getpeercert(binary_form=True)
    if certificate is None:
        raise NoTls
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc


def fault_of(settings: Settings) -> tuple[Text, Text] | None:
    """Say what is wrong with the certificates of a zone, the worst first; None while all hold."""
    now = datetime.now(UTC)
    for one in sorted(shown(settings), key=lambda one: one.left(now) or timedelta.min):
        if (fault := one.fault(now)) is not None:
            reason, hint = fault
            named = NAMES[one.name]
            of = f" ({one.server})"
            return Text(f"{named.ko}{of}: {reason.ko}", f"{named.en}{of}: {reason.en}"), hint
    return None
