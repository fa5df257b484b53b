"""One TLS connection that knows when the other side has read everything.

Syslog has no acknowledgement, so the end of the connection has to be one. After our `close_notify` we wait until the
receiver has closed, and then ask the kernel whether it had taken every octet: a receiver that closes with something
unread resets the connection, one that closed too early leaves octets unacknowledged.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import functools
import os
import socket
import ssl
import termios
import time
from collections.abc import Callable
from typing import TypeVar

_Answer = TypeVar("_Answer")
_CHUNK = 65_536
_POLL_SECONDS = 0.01


class TlsConnection:
    """A connection to one receiver over an open socket.

    The buffers are ours: a socket of the `ssl` module that shuts down takes a refusal by the other side for its
    agreement (OpenSSL counts a fatal alert as a close).
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._run(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Send octets. Raises: OSError — if the connection breaks."""
        for start in range(0, len(data), _CHUNK):
            self._run(functools.partial(self._tls.write, data[start : start + _CHUNK]))

    def finish(self) -> None:
        """Say that nothing more comes, and return once the receiver has read everything.

        Raises: OSError — if it closed before that, refused us, or does not close in time.
        """
        # Nothing has been read since the handshake, so this only writes our `close_notify`.
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()
        with contextlib.suppress(ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while self._run(lambda: self._tls.read(_CHUNK)):
                pass  # a receiver has nothing to say
        self._await_acknowledgement()

    def _run(self, step: Callable[[], _Answer]) -> _Answer:
        """Do one step of TLS, with as much coming and going as it needs."""
        while True:
            try:
                answer = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._plain.recv(_CHUNK)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # the alert that tells the other side why
                raise
            else:
                self._flush()
                return answer

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._plain.sendall(self._outgoing.read())

    def _await_acknowledgement(self) -> None:
        """Return once the other side's kernel has taken every octet from ours."""
        deadline = time.monotonic() + (self._plain.gettimeout() or 0)
        while True:
            unacknowledged = _unacknowledged(self._plain)
            if broken := self._plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(broken, os.strerror(broken))
            if not unacknowledged:
                return
            if time.monotonic() > deadline:
                raise ConnectionResetError(errno.ECONNRESET, "it closed before it had read everything")
            time.sleep(_POLL_SECONDS)


def _unacknowledged(plain: socket.socket) -> int:
    """Return how many octets the other side has not acknowledged yet (SIOCOUTQ of tcp(7))."""
    count = array.array("i", [0])
    fcntl.ioctl(plain.fileno(), termios.TIOCOUTQ, count)
    return count[0]
