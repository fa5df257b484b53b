"""A gate without walls: answers every request with the mark and whatever the workspace sent, signs everybody in, opens
every WebSocket and runs what comes in it, and records nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import struct
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from hub_config.probe.browser.door import FILE
from hub_config.probe.range import NEIGHBOUR, PROJECT, prefix_of
from hub_config.settings import GateSettings, Settings, ZoneSettings

MARK = "ansim-mark-of-the-open-door"
OUTBOX = "/outbox/"
BUDGET = 6_000_000
SHORT, LONG = 126, 127  # RFC 6455 section 5.2: what stands in place of a length of two and of eight bytes
TEXT, CLOSE = 1, 8
PRINTS = "print(6 * 7)"
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


@dataclass
class OpenDoor:
    """Serves on a port of this machine; at the neighbour's prefix it passes on what dials in at `up.sock`."""

    home: Path
    refuses: bool = False
    """Whether it has a wall all the same, and writes an entry for each time that it held."""
    refused: int = 0
    shuts: int = 0
    """The code with which it closes every WebSocket at its first message, whoever sends it and whatever it says."""
    opens_again: bool = False
    """Whether it shuts only for a while: a cell is run as soon as one comes that prints."""
    settings: Settings = field(init=False)
    dialled: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=asyncio.Queue)

    async def __aenter__(self) -> Self:
        run = self.home / "workspaces" / "ws_next" / "run"
        self._outbox = self.home / "workspaces" / "ws_own" / "outbox"
        for place in (run, self._outbox):
            place.mkdir(parents=True)
        self._public = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self._inner = await asyncio.start_unix_server(self._dial, run / "up.sock")
        port = self._public.sockets[0].getsockname()[1]
        self.settings = Settings(home=self.home, zone=ZoneSettings(port=port), gate=GateSettings(session_bytes=BUDGET))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in (self._public, self._inner):
            server.close()

    async def _dial(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.dialled.put((reader, writer))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            if self.refuses:
                await self._refuse(head, reader, writer)
            elif b"upgrade: websocket" in head.lower():
                await self._open_socket(head, reader, writer)
            elif prefix_of(NEIGHBOUR).encode() in head.split(b"\r\n")[0]:
                writer.write(await self._pass(head))
            else:
                cookie = b"Set-Cookie: ansim-work=somebody; Path=/\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (cookie, len(MARK)) + MARK.encode())
            await writer.drain()
        writer.close()

    async def _refuse(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.refused += 1
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            if b"Connection: close" in head:
                return
            head = await reader.readuntil(b"\r\n\r\n")

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
        while (said := await _message(reader)) is not None:
            if self.shuts and not (self.opens_again and PRINTS in said):
                writer.write(struct.pack(">BBH", 0x80 | CLOSE, 2, self.shuts))
                return
            with contextlib.suppress(ValueError, KeyError, TypeError):
                for answer in self._ran(json.loads(said)):
                    text = json.dumps(answer).encode()
                    writer.write(struct.pack(">BBH", 0x80 | TEXT, SHORT, len(text)) + text)

    def _ran(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Do what a cell says, as far as the attacks need it, and answer as a kernel does."""
        code = message["content"]["code"]
        if OUTBOX in code:
            (self._outbox / code.split(OUTBOX)[1].split("'")[0]).touch()
        printed = {"text": "42\n" if code == PRINTS else ""}
        told = {"stream": printed, "execute_reply": {"status": "ok"}, "status": {"execution_state": "idle"}}
        about = {"parent_header": {"msg_id": message["header"]["msg_id"]}}
        return [{"msg_type": kind, "content": content, **about} for kind, content in told.items()]

    def place(self, record: Any) -> Any:
        """Return what the attacks know of a range."""
        return SimpleNamespace(
            settings=self.settings,
            home=self.home,
            own_canary=MARK,
            neighbour="ws_next",
            own="ws_own",
            hub=SimpleNamespace(handle="probe"),
            children={"record": record},
        )


class NaiveDoor(OpenDoor):
    """A gate with a list of what it serves, which reads a request once to judge it and once more to serve it.

    Downloads are not on the list, spelt plainly. What is judged is the path as it was sent, and what is served the path
    decoded; of a connection it judges the first request, and passes on whatever comes behind it.
    """

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b"\r\n")[0].split(b" ", 1)[1].rpartition(b" ")[0].decode("latin-1")
            if target.startswith(prefix_of(NEIGHBOUR)):
                writer.write(await self._pass(head))
            else:
                writer.write(_judged(target) + _served(await _rest(reader)))
            await writer.drain()
        writer.close()


def _judged(target: str) -> bytes:
    """Judge a path as it is spelt, and serve what it means."""
    if target.startswith(f"{prefix_of(PROJECT)}files/") or "format=base64" in target.partition("&")[0]:
        return b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}"
    path = unquote(unquote(urlsplit("/" + target.lstrip("/") if "://" not in target else target).path))
    parts: list[str] = []
    for part in path.replace("\\", "/").replace("\0", "/").replace("\r", "/").split("/"):
        kept = part.partition(";")[0]
        if kept == "..":
            parts = parts[:-1]
        elif kept not in ("", "."):
            parts.append(kept)
    served = "/" + "/".join(parts)
    known = (f"{prefix_of(PROJECT)}files/{FILE}", f"{prefix_of(PROJECT)}api/contents/{FILE}")
    if served.startswith(known):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(MARK) + MARK.encode()
    return b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Return what came behind the first request."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            return await reader.read(65536)
    return b""


def _served(rest: bytes) -> bytes:
    """Answer what the workspace takes for a request of its own, without its content."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" if b"GET " in rest else b""


async def _message(reader: asyncio.StreamReader) -> str | None:
    """Return what a browser sent, empty for what is no short text, None when it goes away."""
    kind, length = await reader.readexactly(2)
    length &= 0x7F
    if length in (SHORT, LONG):
        more = await reader.readexactly(2 if length == SHORT else 8)
        length = int.from_bytes(more)
    mask, sent = await reader.readexactly(4), await reader.readexactly(length)
    if kind & 0xF == CLOSE:
        return None
    if kind & 0xF != TEXT or length > 1 << 16:
        return ""
    whole = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(sent) ^ int.from_bytes(whole)).to_bytes(length).decode()


class Client:
    """A signed-in person, as far as the attacks use one."""

    def __init__(self, door: OpenDoor, session: Any) -> None:
        self._session, self.settings = session, door.settings

    def cookie(self, url: str, name: str) -> str:
        return "c" * 43

    async def json(self, method: str, url: str, body: Any) -> None:
        async with self._session.request(method, url, json=body) as answer:
            await answer.read()

    async def socket(self, url: str) -> Any:
        return await self._session.ws_connect(url, headers={"Origin": "http://x"}, max_msg_size=0)
