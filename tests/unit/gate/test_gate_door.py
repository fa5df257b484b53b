"""Strangers cannot fill the gate: forms are small and come in time, connections are few and do not stay open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub_config.gate.config import parse_config
from hub_config.gate.door import Door, UnderWay
from hub_config.gate.errors import Refused
from hub_config.gate.gate import Gate, browser_server
from tests.patience import PATIENCE

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Zone:
    """A gate without a hub, and ways to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"zone.ansim.localhost:{port}"
        self.clients: list[asyncio.StreamWriter] = []

    async def connect(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        return reader, writer


@pytest.fixture
async def zone(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Zone]:
    monkeypatch.chdir(tmp_path)
    public = socket.create_server(("127.0.0.1", 0))
    made = Zone(public.getsockname()[1])
    settings = getattr(request, "param", {})
    if "front_ends" in settings:
        made.host = "zone.ansim.localhost"
    else:
        settings = {"limits": settings}
    config = parse_config(json.dumps({"domain": "ansim.localhost", "port": made.port, **settings}))
    gate = Gate(config, "token", trusted=frozenset())
    server = await asyncio.get_running_loop().create_server(browser_server(gate.answer, config), sock=public)
    yield made
    for writer in made.clients:
        writer.close()
    server.close()
    await gate._close()


def form(zone: Zone, *lines: str, to: str = "/hub/login") -> bytes:
    head = (f"POST {to} HTTP/1.1", f"Host: {zone.host}", *lines, "", "")
    return "\r\n".join(head).encode()


async def answered(client: Client, *parts: bytes) -> bytes:
    """Send, and return the first line of the answer, or nothing where the connection is closed."""
    reader, writer = client
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await asyncio.wait_for(reader.readline(), PATIENCE)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("path", ["/hub/login", "/hub/logout", "/hub/identity/signed-out", "/hub/api/oauth2/authorize"])
async def test_a_form_that_is_no_form_is_refused_before_it_is_read(zone: Zone, path: str) -> None:
    assert b" 413 " in await answered(await zone.connect(), form(zone, "Content-Length: 70000", to=path))


async def test_a_form_that_does_not_say_its_length_is_refused_when_it_grows(zone: Zone) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    head = form(zone, "Transfer-Encoding: chunked")
    assert b" 413 " in await answered(await zone.connect(), head, *[chunk] * 5)


@pytest.mark.parametrize("zone", [{"form_seconds": 0.2}], indirect=True)
async def test_a_form_that_does_not_end_is_given_up(zone: Zone) -> None:
    assert b" 408 " in await answered(await zone.connect(), form(zone, "Content-Length: 6000"), b"username=")


@pytest.mark.parametrize("zone", [{"quiet_seconds": 0.2}], indirect=True)
async def test_a_connection_that_asks_nothing_or_never_ends_asking_is_closed(zone: Zone) -> None:
    begun = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    assert await asyncio.gather(*[answered(await zone.connect(), sent) for sent in begun]) == [b""] * 3


@pytest.mark.parametrize("zone", [{"browsers_of_one": 4}], indirect=True)
async def test_one_address_has_so_many_connections_and_the_next_comes_when_one_goes(zone: Zone) -> None:
    clients = [await zone.connect() for _ in range(4)]
    asked = f"GET /_gate/health HTTP/1.1\r\nHost: zone.ansim.localhost:{zone.port}\r\n\r\n".encode()
    assert b" 200 " in await answered(clients[3], asked)
    assert await answered(await zone.connect(), asked) == b""
    clients[0][1].close()
    async with asyncio.timeout(PATIENCE):
        while b" 200 " not in await answered(await zone.connect(), asked):
            pass


def test_a_front_end_stands_for_everybody_behind_it() -> None:
    door = Door(5, 2, frozenset({"10.0.0.1"}))
    assert [door.enter("10.0.0.9") for _ in range(3)] == [True, True, False]
    door.leave("10.0.0.9")
    assert [door.enter("10.0.0.1") for _ in range(4)] == [True, True, True, False]  # up to all there is room for


def test_one_place_is_one_whatever_it_writes_and_however_many_addresses_it_has() -> None:
    door = Door(9, 2, frozenset({"127.0.0.1"}))
    assert [door.enter(one) for one in ("10.0.0.9", "::ffff:10.0.0.9", "10.0.0.9")] == [True, True, False]
    assert [door.enter(f"2001:db8::{n}") for n in range(3)] == [True, True, False]
    door.leave("2001:db8::2")
    assert door.enter("2001:db8:0:1::1")  # the neighbour's
    assert [door.enter("::ffff:127.0.0.1") for _ in range(2)] == [True, True]


def test_the_log_says_which_limit_was_hit(caplog: pytest.LogCaptureFixture) -> None:
    door = Door(2, 1, frozenset())
    assert [door.enter(f"10.0.0.{n}") for n in (1, 1, 1, 2)] == [True, False, False, False]
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"too many connections of browsers {which}; more are refused" for which in LIMITS]


LIMITS = ("from one address", "altogether")


def test_strangers_behind_a_front_end_take_nobody_elses_turn() -> None:
    under_way, open_ones = UnderWay(3, 2), contextlib.ExitStack()

    def asks(address: str, *, stranger: bool = True) -> bool:
        try:
            open_ones.enter_context(under_way.request(address, stranger=stranger))
        except Refused:
            return False
        return True

    assert [asks("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert [asks(f"2001:db8::{n}") for n in range(3)] == [True, True, False]
    assert asks("203.0.113.8")
    assert [asks("203.0.113.9", stranger=False) for _ in range(4)] == [True, True, True, False]
    open_ones.close()
    assert asks("203.0.113.9")


FRONT = {"front_ends": ["127.0.0.1"], "limits": {"strangers_of_one": 2}}


@pytest.mark.parametrize("zone", [FRONT], indirect=True)
async def test_a_stranger_with_many_slow_forms_is_refused_and_the_others_are_not(zone: Zone) -> None:
    slow = [await zone.connect() for _ in range(2)]
    for _, writer in slow:
        writer.write(form(zone, "Content-Length: 6000", "X-Forwarded-For: 203.0.113.9"))
        await writer.drain()

    async def asked(address: str) -> bytes:
        line = f"GET /_gate/health HTTP/1.1\r\nHost: {zone.host}\r\nX-Forwarded-For: {address}\r\n\r\n"
        return await answered(await zone.connect(), line.encode())

    async with asyncio.timeout(PATIENCE):
        while b" 429 " not in await asked("203.0.113.9"):
            pass
    assert b" 200 " in await asked("203.0.113.8")
