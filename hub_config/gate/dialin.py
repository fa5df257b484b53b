"""Connections that a workspace dialled in, handed out to requests.

The relay in the workspace connects to a socket that the gate made; nothing here ever connects to a name that
a container could have made. A request takes an idle connection; aiohttp keeps it for the next request of the
same workspace as long as both sides left it clean.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

from aiohttp import BaseConnector, ClientSession, ClientTimeout, ClientWebSocketResponse, DummyCookieJar
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from hub_config.gate.errors import Refused, WorkspaceSilent
from hub_config.gate.unread import Room, Unread

READ_BYTES = 1 << 20
REUSE_SECONDS = 15.0  # far below the hour after which Jupyter closes an idle connection
MAX_HEADER = 16_384


class DialledIn(ResponseHandler):
    """One connection from a workspace: idle until a request takes it."""

    def __init__(self, pool: DialIn) -> None:
        super().__init__(asyncio.get_running_loop())
        self._pool = pool
        self.idle = True
        self.unread: Unread | None = None
        """What counts the messages of a WebSocket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Offer the connection to the next request."""
        super().connection_made(transport)
        self._pool.offer(self)

    def data_received(self, data: bytes) -> None:
        """Drop a workspace that speaks before it was asked: the bytes would become the answer to another
        request.
        """
        if self.idle:
            self.abort()
            return
        if self.unread is None or self.unread.came(len(data)):
            super().data_received(data)

    def eof_received(self) -> None:
        """Forget a connection that the workspace gave up while it was idle."""
        self._pool.forget(self)
        super().eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._pool.lost(self)
        super().connection_lost(exc)


class DialIn:
    """All connections of one workspace."""

    def __init__(self, *, limit: int, answer_seconds: float) -> None:
        self._limit = limit
        self._answer_seconds = answer_seconds
        self._idle: deque[DialledIn] = deque()
        self._all: set[DialledIn] = set()
        self._waiters: deque[asyncio.Future[DialledIn]] = deque()
        self.closed = False
        self.session = ClientSession(
            connector=_Connector(self),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            timeout=ClientTimeout(total=None, connect=answer_seconds + 1),
            read_bufsize=READ_BYTES,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
        )
        # A second try would run a request twice in the workspace.
        self.session._retry_connection = False

    @property
    def connections(self) -> int:
        """How many connections of the workspace are open."""
        return len(self._all)

    def accept(self) -> DialledIn:
        """Return the protocol of a new connection."""
        return DialledIn(self)

    def offer(self, connection: DialledIn) -> None:
        """Give a new connection to the request that waits longest, or keep it idle."""
        if self.closed or len(self._all) >= self._limit:
            connection.abort()
            return
        self._all.add(connection)
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                connection.idle = False
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def forget(self, connection: DialledIn) -> None:
        """Never hand out this connection again."""
        if connection in self._idle:
            self._idle.remove(connection)

    def lost(self, connection: DialledIn) -> None:
        """Note that a connection is gone."""
        self._all.discard(connection)
        self.forget(connection)

    async def take(self) -> DialledIn:
        """Return an idle connection, the newest first, waiting for one if there is none.

        Raises: WorkspaceSilent — if none comes in time, or the workspace is cut.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.is_connected():
                connection.idle = False
                return connection
        if self.closed:
            raise WorkspaceSilent("cut")
        waiter: asyncio.Future[DialledIn] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await waiter
        except (TimeoutError, asyncio.CancelledError) as error:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                waiter.result().abort()  # it came in the same moment, and nobody will use it
            if isinstance(error, TimeoutError):
                raise WorkspaceSilent("no connection came") from error
            raise

    @contextlib.contextmanager
    def counted(self, upstream: ClientWebSocketResponse[Literal[False]], room: Room, owner: str) -> Iterator[Unread]:
        """Count what comes over a WebSocket of the workspace and is not dealt with yet.

        Raises: Refused — if its connection is gone already.
        """
        connection = upstream._conn and upstream._conn.protocol
        if not isinstance(connection, DialledIn):
            raise Refused("workspace.silent", "gone already")
        with room.counting(owner, connection.abort) as connection.unread:
            yield connection.unread

    def shut(self) -> None:
        """Cut every connection at once; whoever waits for one gets `WorkspaceSilent`."""
        self.closed = True
        for connection in list(self._all):
            connection.abort()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(WorkspaceSilent("cut"))
        self._waiters.clear()

    async def close(self) -> None:
        """Cut every connection, and let go of what is kept for them."""
        self.shut()
        await self.session.close()


class _Connector(BaseConnector):
    """Takes a dialled-in connection where aiohttp would open one; the hook that its own connectors override."""

    def __init__(self, pool: DialIn) -> None:
        super().__init__(limit=0, keepalive_timeout=REUSE_SECONDS)
        self._pool = pool

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:  # noqa: ASYNC109
        return await self._pool.take()

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Connection:  # noqa: ASYNC109
        connection = await super().connect(req, traces, timeout)
        if isinstance(connection.protocol, DialledIn):
            connection.protocol.idle = False
        return connection

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        if isinstance(protocol, DialledIn):
            protocol.idle = True
