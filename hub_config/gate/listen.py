"""Unix sockets that the gate makes, and loops that accept on them no faster than a limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import stat
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger("ansim.gate")

BACKLOG = 128
BURST = 64  # accepts before a pause is due


def bind_socket(path: Path, mode: int) -> socket.socket:
    """Return a listening socket at a path in a directory that only the gate and root can write to.

    Raises: FileExistsError — if something other than a socket of an earlier run stands there.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(path)
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(mode)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


class Acceptor:
    """Accepts connections on one socket of one workspace, and ends with it."""

    def __init__(self, path: Path, factory: Callable[[], asyncio.BaseProtocol], *, limit: int, per_second: int) -> None:
        self._path = path
        self._listener = bind_socket(path, 0o666)
        self._factory = factory
        self._limit = limit
        self._pause = BURST / per_second
        self._open: set[asyncio.BaseTransport] = set()
        self._task = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            for _ in range(BURST):
                connection, _ = await loop.sock_accept(self._listener)
                await self._take(loop, connection)
            # A workspace that dials without end must not keep the gate from serving others.
            await asyncio.sleep(max(0.0, self._pause - (loop.time() - started)))

    async def _take(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        self._open = {t for t in self._open if not t.is_closing()}
        if len(self._open) >= self._limit:
            connection.close()
            return
        with contextlib.suppress(OSError):
            transport, _ = await loop.connect_accepted_socket(self._factory, connection)
            self._open.add(transport)

    def close(self) -> None:
        """Stop accepting, cut what is open, and remove the name, in this order: a disk that takes no writes may keep
        the name, at which nobody answers any more.
        """
        self._task.cancel()
        self._listener.close()
        for transport in self._open:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the name of a socket is left of a workspace that was cut (%s)", type(error).__name__)
