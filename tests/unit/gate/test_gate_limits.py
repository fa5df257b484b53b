"""What one person, one browser or one message may take of the gate: sessions, connections, bytes that no record has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from audit.event import Actor
from hub_config.gate.config import Limits, parse_config
from hub_config.gate.errors import Refused
from hub_config.gate.frames import Message, v1_frame
from hub_config.gate.hub_identity import HubIdentity, SignIn
from hub_config.gate.kernel_socket import check_loose
from hub_config.gate.record import Asker
from hub_config.gate.sessions import MAX_OF_ONE, Session, Sessions

CONFIG = parse_config('{"domain": "d.example"}')
HOST = "w-own.d.example:8600"
HEADER = {"msg_id": "1", "msg_type": "comm_msg"}


class Willing(HubIdentity):
    """A hub that knows everybody by the code that they bring."""

    async def exchange(self, code: str, sign_in: SignIn) -> str:
        return code

    async def handle_of(self, token: str) -> str:
        return token

    async def signed_in_for(self, token: str) -> float:
        return 0.0


class Connection:
    """What a session closes when it ends."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self, **_: Any) -> None:
        self.closed = True


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    hub = Willing(CONFIG, "token")
    yield Sessions(hub, CONFIG)
    await hub.close()


async def sign_in(sessions: Sessions, handle: str) -> Session:
    state = sessions.begin("/user/a/b/", HOST).state
    value, _ = await sessions.finish(handle, state, {"Cookie": f"{sessions.state_cookie}={state}"}, HOST)
    return await sessions.current({"Cookie": f"{sessions.cookie}={value}"}, HOST)


async def test_the_oldest_browsers_of_a_person_are_signed_out_with_their_connections(sessions: Sessions) -> None:
    bystander = await sign_in(sessions, "bob")
    first = await sign_in(sessions, "alice")
    connection: Any = Connection()
    first.sockets.add(connection)
    others = [await sign_in(sessions, "alice") for _ in range(MAX_OF_ONE)]
    assert first.ended
    assert connection.closed
    assert not any(one.ended for one in (bystander, *others))


async def test_two_connections_at_once_are_not_both_the_first(sessions: Sessions) -> None:
    browsers = [await sign_in(sessions, "alice") for _ in range(2)]
    entered = []

    async def enter(browser: Session) -> None:
        if sessions.elsewhere(browser):
            return
        with browser.connecting():
            entered.append(browser)
            await asyncio.sleep(0)  # the workspace opens its side

    await asyncio.gather(*map(enter, browsers))
    assert entered == browsers[:1]
    assert not sessions.elsewhere(browsers[1])


def loose(content: dict[str, Any], buffers: tuple[bytes, ...] = (), *, recorded: bool = False) -> None:
    message = Message("shell", HEADER, {}, {}, content, buffers)
    sent = v1_frame("shell", (HEADER, {}, {}, content), buffers)
    check_loose(message, sent, recorded=recorded, limit=Limits().loose_bytes)


def test_no_file_fits_into_what_is_not_recorded() -> None:
    loose({"data": {"value": 1}}, (b"x" * 60_000,))
    loose({"code": "x" * 500_000}, recorded=True)
    with pytest.raises(Refused) as refusal:
        loose({}, (b"x" * 40_000, b"x" * 40_000), recorded=True)
    assert refusal.value.code == "upload.refused"
    with pytest.raises(Refused) as refusal:
        loose({"data": {"value": "x" * 70_000}})
    assert refusal.value.code == "frame.too_large"


def test_without_an_address_none_is_recorded() -> None:
    assert Asker(Actor.service("gate"), "").source.ip is None
