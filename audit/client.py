"""Clients of the append-only service; a call returns only when the event is durable.

A lost connection is made anew and the same event is sent again: its id makes sure that it is recorded once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections import deque
from pathlib import Path

from audit.errors import MalformedRequest, NotDurable
from audit.event import Event
from audit.wire import Request, parse_answer, request_line

DEFAULT_TIMEOUT = 10.0
_RETRY_SECONDS = 0.05


class AuditClient:
    """A blocking client; threads may share it, one request is under way at a time."""

    def __init__(self, path: Path, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._buffer = b""

    def append(self, event: Event) -> int | None:
        """Record an event and return its index, None where it has none yet.

        Raises: EventRefused — if the service will not take it. NotDurable — if it is not durable in time:
        what it records must not happen.
        """
        return self._ask(request_line(Request(event)))

    def cell(self, event: Event, code: bytes) -> int | None:
        """Store code, record the event that it was sent for execution, and return its index.

        Raises: as `append`.
        """
        return self._ask(request_line(Request(event, code)))

    def close(self) -> None:
        """End the connection; the next call makes a new one."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._buffer = None, b""

    def _ask(self, line: bytes) -> int | None:
        deadline = time.monotonic() + self._timeout
        with self._lock:
            while True:
                try:
                    return parse_answer(self._exchange(line, deadline))
                except (OSError, MalformedRequest) as error:
                    self.close()
                    if isinstance(error, MalformedRequest) or time.monotonic() + _RETRY_SECONDS > deadline:
                        raise NotDurable(f"the audit service did not record it: {error}") from error
                time.sleep(_RETRY_SECONDS)

    def _exchange(self, line: bytes, deadline: float) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._wait_until(deadline)
            self._socket.connect(os.fspath(self._path))
        self._wait_until(deadline)
        self._socket.sendall(line)
        while b"\n" not in self._buffer:
            self._wait_until(deadline)
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionResetError("the audit service closed the connection")
            self._buffer += data
        answer, _, self._buffer = self._buffer.partition(b"\n")
        return answer

    def _wait_until(self, deadline: float) -> None:
        assert self._socket is not None
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("it did not answer in time")
        self._socket.settimeout(remaining)


class AsyncAuditClient:
    """An asyncio client; many requests are under way at once on one connection, answered in order."""

    def __init__(self, path: Path, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout
        self._connecting = asyncio.Lock()
        self._channel: _Channel | None = None

    async def append(self, event: Event) -> int | None:
        """Record an event and return its index, None where it has none yet.

        Raises: as `AuditClient.append`.
        """
        return await self._ask(request_line(Request(event)))

    async def cell(self, event: Event, code: bytes) -> int | None:
        """Store code, record the event that it was sent for execution, and return its index.

        Raises: as `AuditClient.append`.
        """
        return await self._ask(request_line(Request(event, code)))

    async def close(self) -> None:
        """End the connection; the next call makes a new one."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    async def _ask(self, line: bytes) -> int | None:
        reason: Exception | None = None
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    try:
                        channel = await self._connected()
                        return parse_answer(await channel.ask(line))
                    except OSError as error:
                        reason = error
                    await asyncio.sleep(_RETRY_SECONDS)
        except (TimeoutError, MalformedRequest) as error:
            raise NotDurable(f"the audit service did not record it: {reason or error}") from error

    async def _connected(self) -> _Channel:
        async with self._connecting:
            if self._channel is None or self._channel.closed:
                loop = asyncio.get_running_loop()
                _, self._channel = await loop.create_unix_connection(_Channel, os.fspath(self._path))
            return self._channel


class _Channel(asyncio.Protocol):
    """One connection: requests out, answers in, matched by their order."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[bytes]] = deque()
        self._buffer = b""

    @property
    def closed(self) -> bool:
        """Return whether nothing more can be asked here."""
        return self._transport is None or self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits that no answer will come."""
        self._transport = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionResetError("the audit service closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Hand each answer to whoever asked first."""
        *answers, self._buffer = (self._buffer + data).split(b"\n")
        for answer in answers:
            if not self._waiting:
                self.close()
                return
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(answer)

    def ask(self, line: bytes) -> asyncio.Future[bytes]:
        """Send a request and return its future answer; a caller that gives up keeps its place."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the audit service closed the connection")
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._transport.write(line)
        return future

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()
