"""Bytes that nobody meant, at each door of the gate: HTTP and WebSocket of a browser, of a workspace's calls, and of
what a workspace answers. The gate goes on and answers the next one.

`ANSIM_FUZZ=20000` tries that many at each door; a seed that found something is `ANSIM_FUZZ_SEED`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import random
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hub_config.gate.frames import V1
from tests.integration.gate.events import events
from tests.integration.gate.harness import Browser, ZoneUnderTest
from tests.integration.gate.lab.browsing import v1_frame
from tests.integration.gate.test_gate_hostile_workspace import JSON, OK, PREFIX, Hostile, eve

__all__ = ["eve"]
pytestmark = pytest.mark.long
TIMES = int(os.environ.get("ANSIM_FUZZ", "400"))
SEED = int(os.environ.get("ANSIM_FUZZ_SEED", "1"))
AT_ONCE = 16
FEW = 20
SILENCE_SECONDS = 0.2
ANSWER_SECONDS = 20.0
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
#: What parsers have disagreed about before.
TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"//", b"..", b"%2e", b"%252f", b"\\", b"\xff\xfe"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: other\r\n"),
    *(
        b"Transfer-Encoding: identity, chunked\r\n",
        b"Upgrade: h2c\r\n",
        b"Connection: upgrade\r\n",
        b"Expect: 100-continue\r\n",
    ),
    *(b"HTTP/1.0\r\n", b"HTTP/2.0\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"X: " + b"a" * 20_000 + b"\r\n"),
)
FRAMES = (b"\x81\xfe", b"\x82\xff" + b"\xff" * 8, b"\x88\x80", b"\x89\xff", b"\xf1\x80", b"\x01\x80", b"\x80\x80")

Send = Callable[[bytes], Awaitable[bytes]]


def mutated(chance: random.Random, data: bytes, tokens: tuple[bytes, ...]) -> bytes:
    """Change a few places of some bytes."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        end = min(len(made), at + chance.randint(1, 40))
        match chance.randrange(6):
            case 0:
                made[at:at] = chance.choice(tokens)
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = made[at:end]
            case 3:
                made[at:end] = chance.randbytes(end - at)
            case 4:
                del made[at:]
            case _:
                made[at:end] = chance.choice(tokens)
    return bytes(made)


def masked(payload: bytes, opcode: int) -> bytes:
    """Return a frame as a browser sends it; the mask is of zeros, so that the payload stands as it is."""
    size = len(payload)
    head = (
        struct.pack(">BB", 0x80 | opcode, 0x80 | size) if size < 126 else struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
    )
    return head + bytes(4) + payload


async def sent(opening: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]], data: bytes) -> bytes:
    """Send bytes on a connection of its own, and return what comes until it is silent."""
    reader, writer = await opening
    said = b""
    with contextlib.suppress(TimeoutError, OSError):
        writer.write(data)
        async with asyncio.timeout(SILENCE_SECONDS):
            while piece := await reader.read(65536):
                said += piece
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return said


class Doors:
    """The ways bytes come to the gate, each with requests that it takes."""

    def __init__(self, zone: ZoneUnderTest, browser: Browser, hostile: Hostile) -> None:
        self.zone, self.browser, self.hostile = zone, browser, hostile
        self.host = zone.origin_of(PREFIX).partition("//")[2].encode()
        value = next(c.value for c in browser.session.cookie_jar if c.key == "ansim-work")
        self.cookie = b"Cookie: ansim-work=" + value.encode() + b"\r\n"

    def head(self, line: bytes, *fields: bytes) -> bytes:
        return b"".join([line + b" HTTP/1.1\r\nHost: " + self.host + b"\r\n", self.cookie, *fields, b"\r\n"])

    async def to_browser(self, data: bytes) -> bytes:
        return await sent(asyncio.open_connection("127.0.0.1", self.zone.port), data)

    def unix(self, name: str) -> Send:
        place: Path = self.hostile.run / name
        return lambda data: sent(asyncio.open_unix_connection(str(place)), data)

    async def to_answer(self, data: bytes) -> bytes:
        """Have the workspace answer with the bytes."""
        self.hostile.answer = data
        ask = self.head(b"GET " + PREFIX.encode() + b"api/status", b"Connection: close\r\n")
        said, _ = await asyncio.gather(self.to_browser(ask), self.hostile.dial())
        return said

    def upgrade(self) -> bytes:
        key = b"Sec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\nSec-WebSocket-Version: 13\r\n"
        origin = b"Origin: " + self.zone.origin_of(PREFIX).encode() + b"\r\n"
        fields = (
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
            key,
            origin,
            b"Sec-WebSocket-Protocol: " + V1.encode() + b"\r\n",
        )
        return self.head(
            b"GET " + PREFIX.encode() + b"api/kernels/11111111-1111-4111-8111-111111111111/channels", *fields
        )

    async def to_socket(self, frames: bytes) -> bytes:
        """Open a WebSocket through the gate and send bytes in it, from the browser and from the workspace."""
        self.hostile.answering = lambda head: accepted(head) + frames
        said, _ = await asyncio.gather(self.to_browser(self.upgrade() + frames), self.hostile.dial())
        return said

    def all(self) -> dict[str, tuple[Send, list[bytes], tuple[bytes, ...]]]:
        prefix = PREFIX.encode()
        json = b"Content-Type: application/json\r\nOrigin: " + self.zone.origin_of(PREFIX).encode() + b"\r\n"
        requests = [
            self.head(b"GET " + prefix + b"api/status"),
            self.head(b"PUT " + prefix + b"api/contents/a.txt", json, b"Content-Length: 2\r\n") + b"{}",
            self.head(b"PUT " + prefix + b"api/contents/a.txt", json, b"Transfer-Encoding: chunked\r\n")
            + b"2\r\n{}\r\n0\r\n\r\n",
            self.upgrade(),
        ]
        call = b"POST /workspace/drafts HTTP/1.1\r\nHost: zone\r\n" + json + b"Content-Length: 2\r\n\r\n{}"
        pull = b"GET /simple/x/ HTTP/1.1\r\nHost: zone\r\nAccept: text/html\r\n\r\n"
        chunked = JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        cell = v1_frame("x = 1")
        frames = [
            masked(cell, 2) + masked(b"", 9),
            masked(b'{"header": {}}', 1),
            struct.pack(">BBH", 0x82, 126, len(cell)) + cell,
        ]
        return {
            "a browser's requests": (self.to_browser, requests, TOKENS),
            "a workspace's calls": (self.unix("api.sock"), [call, call.replace(b"POST", b"GET")], TOKENS),
            "a workspace's packages": (self.unix("packages.sock"), [pull], TOKENS),
            "a workspace's answers": (self.to_answer, [OK, chunked], TOKENS),
            "a kernel's socket": (self.to_socket, frames, FRAMES),
        }


def accepted(head: bytes) -> bytes:
    """Answer an upgrade as a server does that opens every WebSocket."""
    key = next(
        (
            line.partition(b":")[2].strip()
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        ),
        b"",
    )
    accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET, usedforsecurity=False).digest())
    chosen = b"Sec-WebSocket-Protocol: " + V1.encode() + b"\r\n"
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\n"
        + chosen
        + b"\r\n"
    )


@pytest.fixture
async def doors(bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]) -> Doors:
    browser, hostile = eve
    return Doors(bare_zone, browser, hostile)


NAMES = (
    "a browser's requests",
    "a workspace's calls",
    "a workspace's packages",
    "a workspace's answers",
    "a kernel's socket",
)


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_bytes_come_the_gate_goes_on(doors: Doors, name: str) -> None:
    chance, zone = random.Random(f"{SEED} {name}"), doors.zone
    send, seeds, tokens = doors.all()[name]
    one_at_a_time = name in NAMES[3:]  # they change what the workspace answers
    pid, log = zone.processes["gate"].pid, zone.home / "gate.log"
    before = log.stat().st_size
    for seed in seeds:
        async with asyncio.timeout(ANSWER_SECONDS):
            while not await send(seed) and not one_at_a_time:
                await doors.hostile.dial()  # a connection whose request went wrong is never used again
    # What was meant arrives, so what comes now is read as deeply.
    if name == "a kernel's socket":
        assert "execute_request" in [event["detail"]["kind"] for event in events(zone, "cell.sent")]
    for _ in range(0, TIMES, 4 if one_at_a_time else AT_ONCE):
        tried = [mutated(chance, chance.choice(seeds), tokens) for _ in range(1 if one_at_a_time else AT_ONCE)]
        async with asyncio.timeout(ANSWER_SECONDS):
            await doors.hostile.dial(4)
            await asyncio.gather(*(send(data) for data in tried))
        assert zone.processes["gate"].poll() is None, tried
    doors.hostile.answer, doors.hostile.answering = OK, None
    await doors.hostile.dial(4)
    assert (await doors.browser.get(f"{zone.base(PREFIX)}api/status"))[1] == "ok"
    assert zone.processes["gate"].pid == pid
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8")[before:].splitlines()]
    assert [line for line in lines if line["level"] in ("ERROR", "CRITICAL")] == []
    # What a workspace answers amiss is told each time, with the request of the person that asked for it.
    assert len(lines) <= FEW + (TIMES if one_at_a_time else 0), "a flood of bytes is no flood of lines"
