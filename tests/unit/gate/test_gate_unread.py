"""Messages that never end fill nothing: who sends them is cut off, and everybody else is served."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import struct
import time
import tracemalloc
import uuid
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, UnixConnector, WSMsgType, web

from hub_config.gate.bodies import aside
from hub_config.gate.config import GateConfig, Limits
from hub_config.gate.errors import Refused
from hub_config.gate.forward import Passage, forward
from hub_config.gate.frames import Message, write_frame
from hub_config.gate.kernel_socket import join
from hub_config.gate.record import Record
from hub_config.gate.routes import find_route
from hub_config.gate.sessions import Session
from hub_config.gate.targets import Target
from hub_config.gate.unread import Room
from hub_config.gate.workspace import OpenWorkspace, parse_tenancy
from hub_config.systemd.sandbox import GATE_MEMORY
from tests.patience import PATIENCE
from tests.unit.gate.test_gate_record import ASKER, Service
from tests.unit.gate.test_gate_values import REF, tenancy

CONFIG = GateConfig(domain="d.example")
EVENTS = Target("api/events/subscribe", ())
CHANNELS = Target(f"api/kernels/{uuid.UUID(int=1)}/channels", ())
FILE = Target("api/contents/a.txt", ())
TARGETS = {"events": EVENTS, "kernel": CHANNELS, "file": FILE}
TRY_AGAIN_LATER = 1013  # the registry of close codes of RFC 6455
MOST = 3_000_000
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
ASKING = {
    "events": b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "file": b"Connection: close\r\n\r\n",
}
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


def head(size: int, kind: WSMsgType = WSMsgType.BINARY) -> bytes:
    """The head of the only frame of a message, as a server writes it."""
    first = bytes([0x80 | kind])
    if size < 126:
        return first + bytes([size])
    return first + (b"\x7e" + struct.pack("!H", size) if size < 65_536 else b"\x7f" + struct.pack("!Q", size))


def whole(data: bytes, kind: WSMsgType = WSMsgType.BINARY) -> bytes:
    return head(len(data), kind) + data


def answer(size: int, given: int) -> bytes:
    """An answer over HTTP without a length, which the gate looks at as a whole, and so many bytes of it."""
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return begun + b"%x\r\n" % size + b"x" * given + (b"\r\n0\r\n\r\n" if given == size else b"")


NEVER_ENDING = head(MOST // 2) + bytes(900_000)


class Zone:
    """A gate without a hub, and the workspaces of persons whose servers say what they like."""

    def __init__(self, place: Path) -> None:
        self.room = Room(MOST)
        self.service = Service()
        self._place = place
        self._workspaces: dict[str, OpenWorkspace] = {}
        self._said: dict[str, bytes] = {}
        self._all = contextlib.AsyncExitStack()

    async def open(self, person: str, said: bytes) -> None:
        """Open a workspace whose server says this over every WebSocket, and goes on waiting."""
        held = parse_tenancy(REF, tenancy(person_ref="p_" + person * 16))
        self._workspaces[person] = workspace = OpenWorkspace(held, CONFIG.limits, self.room)
        self._said[person] = said
        loop = asyncio.get_running_loop()
        listening = await loop.create_unix_server(workspace.dial_in.accept, str(self._place / person))
        self._all.push_async_callback(workspace.dial_in.close)
        self._all.callback(listening.close)

    async def _dial(self, person: str, joined: asyncio.Event) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._place / person))
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked = await reader.readuntil(b"\r\n\r\n")
            if b"Sec-WebSocket-Key: " in asked:
                key = asked.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
                writer.write(UPGRADE + base64.b64encode(hashlib.sha1(key + GUID).digest()) + b"\r\n\r\n")
                await joined.wait()
            writer.write(self._said[person])
            await reader.read()
        writer.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        workspace, target = self._workspaces[request.path[1]], TARGETS[request.path[3:]]
        route = find_route(request.method, target, websocket=target is not FILE)
        passage = Passage(request, workspace, route, target, ASKER, lambda: None)
        if target is not FILE:
            return await join(passage, Session("alice", "token", 0.0), CONFIG, Record(self.service))
        try:
            return await forward(passage, CONFIG, Record(self.service))
        except Refused as refused:
            return web.json_response(refused.code, status=503)

    def ask(self, person: str, method: str = "GET", **more: Any) -> asyncio.Task[tuple[int, bytes]]:
        """Ask for a file of a person's workspace, or save it; return status and body to come."""
        self._all.callback(asyncio.create_task(self._dial(person, asyncio.Event())).cancel)

        async def asked() -> tuple[int, bytes]:
            async with self._browser.request(method, f"http://gate/{person}/file", **more) as answer:
                return answer.status, await answer.read()

        task = asyncio.create_task(asked())
        self._all.callback(task.cancel)
        return task

    async def sockets(self, person: str, number: int, what: str = "events") -> Sequence[ClientWebSocketResponse]:
        """Open WebSockets as the browser of a person."""
        found = []
        for _ in range(number):
            dialled = asyncio.create_task(self._dial(person, joined := asyncio.Event()))
            self._all.callback(dialled.cancel)
            found.append(await self._browser.ws_connect(f"http://gate/{person}/{what}", max_msg_size=0))
            joined.set()
        return found

    async def raw_browser(self, person: str, said: bytes, what: str = "events") -> asyncio.StreamReader:
        """Open a WebSocket as a person's own program, which says what it likes, or ask for a file; return what it is
        answered.
        """
        dialled = asyncio.create_task(self._dial(person, joined := asyncio.Event()))
        self._all.callback(dialled.cancel)
        reader, writer = await asyncio.open_unix_connection(str(self._place / "gate"))
        self._all.callback(writer.close)
        writer.write(f"GET /{person}/{what} HTTP/1.1\r\nHost: gate\r\n".encode() + ASKING[what])
        await reader.readuntil(b"\r\n\r\n")
        joined.set()
        writer.write(said)
        return reader

    async def __aenter__(self) -> Zone:
        place = str(self._place / "gate")
        listening = await asyncio.get_running_loop().create_unix_server(web.Server(self._answer), place)
        self._all.callback(listening.close)
        self._browser = await self._all.enter_async_context(ClientSession(connector=UnixConnector(place)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._all.aclose()


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with Zone(tmp_path) as made:
        yield made


async def settled(zone: Zone, size: int) -> None:
    """Wait until so much is unread."""
    async with asyncio.timeout(PATIENCE):
        while zone.room.size != size:  # noqa: ASYNC110 — nobody is told
            await asyncio.sleep(0.005)


def reading(sockets: Sequence[ClientWebSocketResponse]) -> set[asyncio.Task[Any]]:
    return {asyncio.create_task(one.receive()) for one in sockets}


async def closing_codes(waiting: set[asyncio.Task[Any]], number: int) -> list[Any]:
    """Wait until the gate has closed so many sockets, and return their codes."""
    codes: list[Any] = []
    async with asyncio.timeout(PATIENCE):
        while len(codes) < number:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            codes += [one.result().data for one in done]
            waiting -= done
    return codes


async def test_who_fills_the_room_with_messages_that_never_end_is_cut_off_and_others_are_served(zone: Zone) -> None:
    await zone.open("e", NEVER_ENDING)
    await zone.open("b", whole(bytes(500_000)))
    filling = reading(await zone.sockets("e", 3))
    await settled(zone, 3 * len(NEVER_ENDING))
    [other] = await zone.sockets("b", 1)
    assert len(await other.receive_bytes(timeout=PATIENCE)) == 500_000
    assert await closing_codes(filling, 1) == [TRY_AGAIN_LATER], "there was no room but what was taken from e"
    filling |= reading(await zone.sockets("e", 5))
    assert await closing_codes(filling, 4) == [TRY_AGAIN_LATER] * 4
    await settled(zone, 3 * len(NEVER_ENDING))
    assert zone.room.ended == 5
    assert {event.reason for event in zone.service.events} == {"messages.full"}
    assert not other.closed
    for one in filling:
        one.cancel()


async def test_who_fills_it_from_a_browser_is_cut_off_too(zone: Zone) -> None:
    await zone.open("e", b"")
    begun = b"\x82\xff" + struct.pack("!Q", MOST // 2) + bytes(4) + bytes(900_000)  # masked, as browsers write it
    filling = [await zone.raw_browser("e", begun) for _ in range(4)]
    ended = [asyncio.create_task(one.readexactly(4)) for one in filling]
    async with asyncio.timeout(PATIENCE):
        done, _ = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    assert [one.result()[2:] for one in done] == [struct.pack("!H", TRY_AGAIN_LATER)]
    await settled(zone, 3 * len(begun))
    for one in ended:
        one.cancel()


async def test_what_was_passed_on_takes_no_room_and_is_kept_by_nobody(zone: Zone) -> None:
    sizes = (0, 1, 125, 126, 65_535, 65_536, 1_400_000)
    kinds = (WSMsgType.TEXT, WSMsgType.BINARY)
    await zone.open("a", b"".join(whole(b"x" * size, kind) for size in sizes for kind in kinds))
    tracemalloc.start()
    try:
        for _ in range(2):
            [socket] = await zone.sockets("a", 1)
            for size in sizes:
                for kind in kinds:
                    got = await socket.receive(timeout=PATIENCE)
                    assert (got.type, len(got.data)) == (kind, size)
            del got
            await settled(zone, 0)
            assert tracemalloc.get_traced_memory()[0] < 1_000_000, "the last message is larger"
    finally:
        tracemalloc.stop()


async def test_what_a_browser_sends_takes_no_room_once_it_is_passed_on(zone: Zone) -> None:
    await zone.open("a", b"")
    [socket] = await zone.sockets("a", 1, "kernel")
    for size in (1, 60_000, 100_000):
        cell = Message("shell", {"msg_id": "1", "msg_type": "execute_request"}, {}, {}, {"code": "x" * size})
        await socket.send_str(str(write_frame(cell, "legacy")))
    async with asyncio.timeout(PATIENCE):
        while len(zone.service.events) < 3:  # noqa: ASYNC110 — nobody is told
            await asyncio.sleep(0.005)
    await settled(zone, 0)
    assert not socket.closed


MOST_HELD = 3
"""Times that a message is there at most: as it came, in what waits for a browser, and what grows of that."""


@pytest.mark.parametrize("kind", [WSMsgType.TEXT, WSMsgType.BINARY])
async def test_a_message_that_a_browser_does_not_read_is_not_there_many_times_over(zone: Zone, kind: WSMsgType) -> None:
    said = b"x" * 700_000 + "😀".encode()  # as text each of its letters would take four bytes
    await zone.open("a", whole(said, kind))
    tracemalloc.start()
    try:
        unread = [await zone.raw_browser("a", b"") for _ in range(4)]
        async with asyncio.timeout(PATIENCE):
            while zone.room.size < len(unread) * len(said):  # noqa: ASYNC110 — nobody is told
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)  # for what is made of them meanwhile
        assert tracemalloc.get_traced_memory()[1] < MOST_HELD * zone.room.size + 1_000_000
    finally:
        tracemalloc.stop()


def test_what_is_unread_of_all_workspaces_leaves_the_gate_memory() -> None:
    assert MOST_HELD * Limits().unread_bytes < int(GATE_MEMORY[:-1]) * 2**30 * 2 / 3


async def test_who_fills_it_with_answers_that_never_end_is_refused_and_others_are_served(zone: Zone) -> None:
    await zone.open("e", answer(MOST // 2, 900_000))
    await zone.open("b", answer(400_000, 400_000))
    filling = {zone.ask("e") for _ in range(3)}
    await settled(zone, 3 * 900_000)
    assert await zone.ask("b") == (200, b"x" * 400_000)
    [ended] = [one for one in filling if one.done()]
    assert ended.result() == (503, b'"messages.full"')
    await settled(zone, 2 * 900_000)
    assert zone.room.ended == 1


async def test_who_fills_it_with_files_that_the_workspace_never_takes_is_refused(zone: Zone) -> None:
    await zone.open("e", b"")
    content = json.dumps({"type": "file", "format": "text", "content": "x" * 900_000}).encode()
    filling = {zone.ask("e", "PUT", data=content) for _ in range(4)}
    async with asyncio.timeout(PATIENCE):
        done, _ = await asyncio.wait(filling, return_when=asyncio.FIRST_COMPLETED)
    assert [one.result() for one in done] == [(503, b'"messages.full"')]
    await settled(zone, 3 * len(content))


async def test_answers_that_a_browser_does_not_read_are_not_there_many_times_over_and_are_broken_off(
    zone: Zone,
) -> None:
    size = 900_000
    await zone.open("a", answer(size, size))
    tracemalloc.start()
    try:
        unread = [await zone.raw_browser("a", b"", "file") for _ in range(3)]
        assert zone.room.size == 3 * size
        await asyncio.sleep(0.2)  # for what is made of them meanwhile
        assert tracemalloc.get_traced_memory()[1] < MOST_HELD * zone.room.size + 1_000_000
    finally:
        tracemalloc.stop()
    unread.append(await zone.raw_browser("a", b"", "file"))
    assert zone.room.ended == 1
    left = await asyncio.gather(*(one.read() for one in unread), return_exceptions=True)
    assert sorted(len(one) == size for one in left if isinstance(one, bytes)) == [False, True, True, True]
    await settled(zone, 0)


async def test_no_more_than_two_documents_take_the_memory_of_parsing_at_once() -> None:
    under_way: set[int] = set()
    most = []

    def parse(number: int) -> None:
        under_way.add(number)
        most.append(len(under_way))
        time.sleep(0.01)
        under_way.discard(number)

    await asyncio.gather(*(aside(partial(parse, number)) for number in range(8)))
    assert max(most) == 2


async def test_a_connection_that_is_gone_takes_no_room(zone: Zone) -> None:
    await zone.open("e", NEVER_ENDING)
    for socket in await zone.sockets("e", 3):
        await socket.close()
    await settled(zone, 0)
    assert zone.room.ended == 0
