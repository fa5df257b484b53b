"""Carries connections between the zone and the server in this container. Standard library only, one file.

The container has no network. The relay dials out on a Unix socket that the zone made and keeps a few idle
connections there; on the first byte from the zone it connects to the local server and pipes both ways. It
needs no secret and grants nothing: what may pass is decided outside. Started with a command after `--`, it
runs that command, passes signals on to it, and ends with it. With `--listen` it also carries what programs in the
container send to a loopback port out to a socket of the zone: pip speaks TCP alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Sequence

READ_BYTES = 1 << 17  # read at once, and taken at once by the zone's socket
IDLE = 10  # connections kept waiting: as many as a browser opens at once, and its WebSockets
TOTAL = 200  # connections altogether; the zone cuts what is above its own limit
BACKOFF = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)  # seconds between dials that fail
SETTLED_SECONDS = 1.0  # a connection that lived this long was accepted by the zone
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class Room:
    """Where every connection reads into: one place, for it is passed on before the next is read."""

    def __init__(self) -> None:
        self.bytes = memoryview(bytearray(READ_BYTES))

    def pass_on(self, count: int, transport: asyncio.Transport) -> None:
        """Write what was read; what the other side does not take at once may be kept by reference."""
        transport.write(self.bytes[:count])
        if transport.get_write_buffer_size():
            self.bytes = memoryview(bytearray(READ_BYTES))


ROOM = Room()


class End(asyncio.BufferedProtocol):
    """One end of a pipe. Plain protocols: a stream writer closes its transport when it is collected."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: End | None = None
        self.early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        connection = transport.get_extra_info("socket")
        if connection.family == socket.AF_UNIX:
            with contextlib.suppress(OSError):  # what is read at once is also sent at once, and not copied first
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * READ_BYTES)

    def join(self, other: End) -> None:
        """Pipe both ways from now on, beginning with what has arrived already."""
        self.other, other.other = other, self
        if other.transport is not None:
            for data in self.early:
                other.transport.write(data)
        self.early.clear()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes are read to."""
        return ROOM.bytes

    def buffer_updated(self, nbytes: int) -> None:
        """Pass bytes on, or keep them until there is somewhere to pass them."""
        if self.other is None or self.other.transport is None:
            self.early.append(bytes(ROOM.bytes[:nbytes]))
        else:
            ROOM.pass_on(nbytes, self.other.transport)

    def pause_writing(self) -> None:
        """Stop reading at the other end while this one cannot send."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on at the other end."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other end too, after what it still has to send; HTTP needs no half-open connections."""
        self.transport = None
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class Local(End):
    """A connection to the server in this container."""

    def buffer_updated(self, nbytes: int) -> None:
        """Acknowledge at once: the server writes the answers of a cell in pieces and waits for each to
        arrive.
        """
        super().buffer_updated(nbytes)
        if self.transport is not None and hasattr(socket, "TCP_QUICKACK"):
            connection = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class Dialled(End):
    """A connection to the zone: idle until its first byte."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._busy = False
        self.made = asyncio.get_running_loop().time()

    def buffer_updated(self, nbytes: int) -> None:
        """Begin to be used with the first byte."""
        if not self._busy:
            self._busy = True
            self._relay.taken(self)
        super().buffer_updated(nbytes)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the relay dial anew."""
        super().connection_lost(exc)
        self._relay.lost(self, busy=self._busy)


class Relay:
    """Keeps idle connections to the zone, for ever, however often the zone makes its socket anew."""

    def __init__(self, path: str, host: str, port: int) -> None:
        self._path, self._host, self._port = path, host, port
        self._idle: set[Dialled] = set()
        self._busy: set[Dialled] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._wanted = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Dial whenever there are too few idle connections."""
        loop = asyncio.get_running_loop()
        while True:
            self._wanted.clear()
            while len(self._idle) < IDLE and len(self._idle) + len(self._busy) < TOTAL:
                try:
                    _, dialled = await loop.create_unix_connection(lambda: Dialled(self), self._path)
                except OSError:
                    await self._pause()
                    continue
                if dialled.transport is not None:
                    self._idle.add(dialled)
            if not self._failures:
                await self._wanted.wait()
                continue
            # A dial that succeeds may still be turned away; only one that lasted ends the back-off.
            await self._pause()
            if len(self._idle) >= IDLE:
                self._failures = 0

    async def _pause(self) -> None:
        await asyncio.sleep(BACKOFF[min(self._failures, len(BACKOFF) - 1)])
        self._failures += 1

    def taken(self, dialled: Dialled) -> None:
        """Connect a used connection to the server, and wish for a new idle one."""
        self._failures = 0
        self._idle.discard(dialled)
        self._busy.add(dialled)
        self._wanted.set()
        task = asyncio.create_task(self._connect(dialled))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, dialled: Dialled) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, local = await loop.create_connection(Local, self._host, self._port)
        except OSError:
            # Not listening yet, or no longer: the zone sees a closed connection and says so.
            if dialled.transport is not None:
                dialled.transport.close()
            return
        if dialled.transport is None:
            if local.transport is not None:
                local.transport.close()
        else:
            dialled.join(local)

    def lost(self, dialled: Dialled, *, busy: bool) -> None:
        """Note that a connection is gone; one that was turned away at once counts as a failed dial."""
        self._idle.discard(dialled)
        self._busy.discard(dialled)
        if not busy and asyncio.get_running_loop().time() - dialled.made < SETTLED_SECONDS:
            self._failures += 1
        self._wanted.set()


class Inner(End):
    """A connection of a program in this container: joined to a socket of the zone as soon as it is made."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Dial the zone."""
        super().connection_made(transport)
        self._task = asyncio.create_task(self._dial())

    async def _dial(self) -> None:
        try:
            _, zone = await asyncio.get_running_loop().create_unix_connection(End, self._path)
        except OSError:
            if self.transport is not None:
                self.transport.close()
            return
        if self.transport is None:
            if zone.transport is not None:
                zone.transport.close()
        else:
            self.join(zone)


async def listen(address: str, path: str) -> asyncio.Server | None:
    """Listen on a loopback port for programs in this container; a port that is taken stops nothing else."""
    host, _, port = address.rpartition(":")
    try:
        return await asyncio.get_running_loop().create_server(lambda: Inner(path), host, int(port))
    except OSError as error:
        print(f"relay: {address}: {error}", file=sys.stderr)
        return None


async def serve(path: str, host: str, port: int, command: Sequence[str], outward: Sequence[str] = ()) -> int:
    """Relay until the command ends, or for ever without one; return the exit code of the command.

    `outward` holds `HOST:PORT=SOCKET`, for ports of this container that lead to other sockets of the zone.
    """
    relay = asyncio.create_task(Relay(path, host, port).run())
    servers = [await listen(*one.split("=", 1)) for one in outward]
    if not command:
        await relay
    child = await asyncio.create_subprocess_exec(*command)

    def pass_on(number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, pass_on, number)
    code = await child.wait()
    relay.cancel()
    for server in servers:
        if server is not None:
            server.close()
    return 128 - code if code < 0 else code


def main(arguments: Sequence[str]) -> int:
    """Read the command line and relay."""
    own, _, command = _split(arguments)
    parser = argparse.ArgumentParser(description="Carries connections between the zone and a local server.")
    parser.add_argument("--socket", required=True, help="Unix socket of the zone to dial")
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="where the server listens")
    parser.add_argument(
        "--listen", action="append", default=[], metavar="HOST:PORT=SOCKET", help="carry a local port to a socket"
    )
    options = parser.parse_args(own)
    host, _, port = options.to.rpartition(":")
    return asyncio.run(serve(options.socket, host, int(port), command, options.listen))


def _split(arguments: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Return what stands before the first `--`, and the command after it."""
    rest = list(arguments)
    if "--" not in rest:
        return rest, "", []
    at = rest.index("--")
    return rest[:at], "--", rest[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
