"""Handing messages over, so that what counts as delivered has arrived: over TLS, or into a file.

Over TLS a batch has a connection of its own and counts as delivered once the receiver has read it and closed; in a
file it counts when it is on the disk.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from audit.errors import DeliveryFailed
from audit.outward.syslog import frame
from audit.outward.target import Target
from audit.outward.tls import TlsConnection

TIMEOUT_SECONDS = 10.0


class Sender(Protocol):
    """Something that takes messages, all or an error."""

    def send(self, messages: Sequence[str]) -> None:
        """Hand messages over. Raises: DeliveryFailed."""


def sender_for(target: Target) -> Sender:
    """Return what sends to a target."""
    return FileSender(Path(target.path)) if target.transport == "file" else TlsSender(target)


class TlsSender:
    """RFC 5425: syslog over TLS, one connection per batch."""

    def __init__(self, target: Target, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._target = target
        self._timeout = timeout

    def send(self, messages: Sequence[str]) -> None:
        """Send a batch and wait until the receiver has read it.

        Raises: DeliveryFailed — if it cannot be reached, is not who it should be, or did not read to the end.
        """
        target = self._target
        context = _context(target)
        try:
            with socket.create_connection((target.host, target.port), timeout=self._timeout) as plain:
                connection = TlsConnection(plain, context, target.server_name or target.host)
                connection.send(frame(messages))
                connection.finish()
        except ssl.SSLCertVerificationError as error:
            raise DeliveryFailed("certificate_refused", error.verify_message) from error
        except ssl.SSLError as error:
            raise DeliveryFailed("tls_failed", str(error.reason or error)) from error
        except TimeoutError as error:
            raise DeliveryFailed("no_answer", f"none within {self._timeout:g} s") from error
        except socket.gaierror as error:
            raise DeliveryFailed("name_unknown", str(error)) from error
        except OSError as error:
            raise DeliveryFailed("connection_failed", error.strerror or str(error)) from error


class FileSender:
    """A file that a shipper follows; it may be rotated away between two batches."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, messages: Sequence[str]) -> None:
        """Append a line for each message and put them on the disk.

        Raises: DeliveryFailed — if the file cannot be written.
        """
        data = "".join(f"{message}\n" for message in messages).encode("utf-8")
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _drop_torn_line(descriptor)
                while data:
                    data = data[os.write(descriptor, data) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DeliveryFailed("file_unwritable", error.strerror or str(error)) from error


def _context(target: Target) -> ssl.SSLContext:
    """Return what a connection to a target must satisfy: a certificate that is trusted and names it."""
    try:
        context = ssl.create_default_context(cafile=target.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if target.certificate:
            context.load_cert_chain(target.certificate, target.key)
    except (OSError, ssl.SSLError) as error:
        raise DeliveryFailed("certificate_unusable", error.strerror or str(error)) from error
    return context


def _drop_torn_line(descriptor: int) -> None:
    """Cut off the line that a killed process left half written; its batch is sent again."""
    size = os.fstat(descriptor).st_size
    while size and os.pread(descriptor, 1, size - 1) != b"\n":
        start = max(0, size - 65_536)
        last = os.pread(descriptor, size - start, start).rfind(b"\n")
        size = start + last + 1 if last >= 0 else start
        os.ftruncate(descriptor, size)
