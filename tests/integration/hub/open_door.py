"""A gate without walls: answers every request with the mark and whatever the workspace sent, opens every WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from hub_config.probe.range import NEIGHBOUR, prefix_of
from hub_config.settings import Settings, ZoneSettings

MARK = "ansim-mark-of-the-open-door"
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


@dataclass
class OpenDoor:
    """Serves on a port of this machine; at the neighbour's prefix it passes on what dials in at `up.sock`."""

    home: Path
    settings: Settings = field(init=False)
    dialled: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=asyncio.Queue)

    async def __aenter__(self) -> Self:
        run = self.home / "workspaces" / "ws_next" / "run"
        run.mkdir(parents=True)
        self._public = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self._inner = await asyncio.start_unix_server(self._dial, run / "up.sock")
        port = self._public.sockets[0].getsockname()[1]
        self.settings = Settings(home=self.home, zone=ZoneSettings(port=port))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in (self._public, self._inner):
            server.close()

    async def _dial(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.dialled.put((reader, writer))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            if b"upgrade: websocket" in head.lower():
                await self._open_socket(head, reader, writer)
            elif prefix_of(NEIGHBOUR).encode() in head.split(b"\r\n")[0]:
                writer.write(await self._pass(head))
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(MARK), MARK.encode()))
            await writer.drain()
        writer.close()

    async def _pass(self, head: bytes) -> bytes:
        while True:  # a connection that was dialled for an earlier answer is closed by now
            reader, writer = await self.dialled.get()
            writer.write(head)
            answer = await reader.read(65536)
            writer.close()
            if answer:
                return answer

    async def _open_socket(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n") if b": " in line)
        key = next((v for k, v in lines.items() if k.lower() == b"sec-websocket-key"), b"")
        accept = b64encode(hashlib.sha1(key + WEBSOCKET, usedforsecurity=False).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        while await reader.read(65536):
            pass

    def place(self) -> Any:
        """Return what the attacks know of a range."""
        return SimpleNamespace(
            settings=self.settings,
            home=self.home,
            own_canary=MARK,
            neighbour="ws_next",
            own="ws_own",
            hub=SimpleNamespace(handle="probe"),
        )


class Client:
    """A signed-in person, as far as the attacks use one."""

    def __init__(self, door: OpenDoor, session: Any) -> None:
        self._session, self.settings = session, door.settings

    def cookie(self, url: str, name: str) -> str:
        return "c" * 43

    async def socket(self, url: str) -> Any:
        return await self._session.ws_connect(url, headers={"Origin": "http://x"}, max_msg_size=0)
