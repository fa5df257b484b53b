"""A syslog receiver of our own: RFC 5425 over TLS with a certificate authority made for the test."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.patience import PATIENCE

LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority with its files in one directory."""

    directory: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        return self.directory / "ca.pem"

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return files of a certificate for a host or client of this name, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == LOCALHOST:
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = _builder(subject, self.certificate.subject, key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(usages, critical=False)
        made = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        _write(builder.sign(self.key, hashes.SHA256()), key, *made)
        return made


def new_authority(directory: Path, name: str = "test authority") -> Authority:
    """Make an authority."""
    directory.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    _write(certificate, key, directory / "ca.pem", directory / "ca.key")
    return Authority(directory, certificate, key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=2))


def _write(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, where: Path, key_file: Path) -> None:
    where.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key_file.write_bytes(private)
    key_file.chmod(0o600)


@dataclass
class Receiver:
    """What a running receiver got, and how it is to behave."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    connections: int = 0
    peers: list[str] = field(default_factory=list)
    reset_after: int | None = None
    """Break off after so many messages of a connection, with the rest unread."""
    close_early: bool = False
    """Close in order after the handshake, before anything is read."""
    mute: bool = False
    """Read everything and never close."""
    silent_close: bool = False
    """Close the connection without a `close_notify`, as GnuTLS does in rsyslog."""


@contextmanager
def receiver(authority: Authority, *, demand_client: bool = False) -> Iterator[Receiver]:
    """Run a receiver in threads until the block ends."""
    state = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(LOCALHOST))
    if demand_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
    listening = socket.create_server(("127.0.0.1", 0))
    state.port = listening.getsockname()[1]
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_connection, args=(state, context, plain, over), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(PATIENCE)


def _connection(state: Receiver, context: ssl.SSLContext, plain: socket.socket, over: threading.Event) -> None:
    state.connections += 1
    try:
        with plain, context.wrap_socket(plain, server_side=True) as tls:
            if certificate := tls.getpeercert():
                state.peers.append(certificate["subject"][0][0][1])
            if state.close_early:
                return
            _read(state, tls)
            if state.mute:
                over.wait(60)
            elif not state.silent_close:
                tls.unwrap()
    except OSError:
        pass  # the sender broke off: what it sent in part does not count


def _read(state: Receiver, tls: ssl.SSLSocket) -> None:
    """Read frames of RFC 5425 section 4.3 until the connection ends."""
    stream, got = tls.makefile("rb"), 0
    while (digits := _digits(stream)) != b"":
        data = stream.read(int(digits))
        if len(data) != int(digits):
            raise ConnectionResetError
        if got == state.reset_after:
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionResetError
        state.messages.append(data.decode("utf-8"))
        got += 1


def _digits(stream: IO[bytes]) -> bytes:
    """Read MSG-LEN SP; nothing at the end."""
    digits = b""
    while (byte := stream.read(1)) not in (b"", b" "):
        digits += byte
    if not byte and digits:
        raise ConnectionResetError
    return digits


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Return when a condition holds; fail after a time that no machine needs."""
    done = threading.Event()
    for _ in range(int(seconds * 20)):
        if condition():
            return
        done.wait(0.05)
    raise AssertionError("it did not happen in time")
