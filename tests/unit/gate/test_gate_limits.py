"""What one person, one browser or one message may take of the gate: sessions, connections, bytes that no record has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from audit.event import Actor
from hub_config.gate.access import Access
from hub_config.gate.codes import check_loose, code_of
from hub_config.gate.config import Limits, parse_config
from hub_config.gate.errors import Refused
from hub_config.gate.forward import largest_body
from hub_config.gate.frame_tickets import MAX_OF_ONE as TICKETS_OF_ONE
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.frames import Message, Protocol, parse_frame, write_frame
from hub_config.gate.hub_identity import HubIdentity, SignIn
from hub_config.gate.record import Asker
from hub_config.gate.routes import Kind
from hub_config.gate.sessions import MAX_OF_ONE, Session, Sessions
from hub_config.gate.unread import Room
from hub_config.gate.workspace import MOST_REQUESTS, MOST_SOCKETS, OpenWorkspace, parse_tenancy

CONFIG = parse_config('{"domain": "d.example"}')
HOST = "w-own.d.example:8600"
ADDRESS = "198.51.100.7"
HEADER = {"msg_id": "1", "msg_type": "comm_msg"}
OPEN = Access()
PROTOCOLS: tuple[Protocol, ...] = ("v1", "legacy")


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
    state = sessions.begin("/user/a/b/", HOST, ADDRESS).state
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
        if sessions.reason_to_wait(browser, ADDRESS):
            return
        with browser.connecting(ADDRESS):
            entered.append(browser)
            await asyncio.sleep(0)  # the workspace opens its side

    await asyncio.gather(*map(enter, browsers))
    assert entered == browsers[:1]
    assert not sessions.reason_to_wait(browsers[1], ADDRESS)


async def test_who_changes_the_network_is_told_of_another_address_and_not_of_another_browser(
    sessions: Sessions,
) -> None:
    browser, other = [await sign_in(sessions, "alice") for _ in range(2)]
    with browser.connecting(ADDRESS):
        assert sessions.reason_to_wait(browser, ADDRESS) is None
        assert sessions.reason_to_wait(browser, "203.0.113.9") == "session.other_address"
        assert sessions.reason_to_wait(other, ADDRESS) == "session.elsewhere"
    assert sessions.reason_to_wait(browser, "203.0.113.9") is None


def loose(kind: str, protocol: Protocol = "v1", *, access: Access = OPEN, **parts: Any) -> str | None:
    """Send a message as a browser does; return the code of the refusal, or None."""
    header = {**HEADER, "msg_type": kind, **parts.pop("header", {})}
    given = {"parent_header": {}, "metadata": {}, "content": {}, **parts}
    sent = write_frame(Message("shell", header, **given), protocol)
    message = parse_frame(sent, protocol)
    try:
        code = code_of(message, limit=Limits().code_bytes)
        check_loose(message, sent, code, access, limit=Limits().loose_bytes)
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_file_fits_into_what_is_not_recorded(protocol: Protocol) -> None:
    assert loose("comm_msg", protocol, buffers=(b"x" * 60_000,)) is None
    assert loose("comm_msg", protocol, content={"data": {"value": "x" * 70_000}}) == "frame.too_large"
    large: dict[str, Any] = {"content": {"code": "x"}, "buffers": (b"x" * 40_000, b"x" * 40_000)}
    assert loose("execute_request", protocol, **large) == "upload.refused"
    closed = Access(uploads=False)
    assert loose("execute_request", protocol, access=closed, **large) == "upload.closed"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("kind", "recorded", "size"),
    [
        ("execute_request", {"code": "go()"}, 400_000),
        ("execute_request", {"code": "", "user_expressions": {"a": "go()"}}, 70_000),
        ("input_reply", {"value": "go()"}, 70_000),
        ("debug_request", {"command": "evaluate"}, 70_000),
    ],
)
def test_no_file_fits_beside_what_is_recorded(
    protocol: Protocol, kind: str, recorded: dict[str, Any], size: int
) -> None:
    beside = {"x": "A" * size}
    for where in ("header", "parent_header", "metadata"):
        parts: dict[str, Any] = {"content": recorded, where: beside}
        assert loose(kind, protocol, **parts) == "frame.too_large", where
    if kind != "debug_request":  # of it all is recorded
        assert loose(kind, protocol, content={**recorded, **beside}) == "frame.too_large"
    halves: dict[str, Any] = {"metadata": {"x": "A" * 40_000}, "buffers": (b"A" * 40_000,)}
    assert loose(kind, protocol, content=recorded, **halves) == "frame.too_large"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_long_cell_with_what_lab_says_beside_it_passes(protocol: Protocol) -> None:
    content = {"code": "x = '가나다'  # " + "x" * 900_000, "silent": False, "store_history": True, "allow_stdin": True}
    content |= {"stop_on_error": True, "user_expressions": {}}
    metadata = {
        "cellId": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "deletedCells": ["x" * 36] * 500,
        "recordTiming": True,
    }
    assert loose("execute_request", protocol, content=content, metadata=metadata) is None
    assert loose("input_reply", protocol, content={"value": "x" * 900_000, "status": "ok"}) is None


@pytest.mark.parametrize(
    ("method", "kind", "most"),
    [
        *((method, kind, 0) for method in ("GET", "HEAD", "DELETE") for kind in Kind),
        ("POST", Kind.PLAIN, 4_096),
        ("PATCH", Kind.PLAIN, 4_096),
        ("PUT", Kind.SETTING, 256_000),
        ("PUT", Kind.WRITE, 16_000_000),
    ],
)
def test_what_reads_or_deletes_has_no_body_and_what_writes_nothing_a_small_one(
    method: str, kind: Kind, most: int
) -> None:
    assert largest_body(method, kind, Limits()) == most


@pytest.fixture
async def workspace() -> AsyncIterator[OpenWorkspace]:
    tenancy = {"handle": "alice", "person_ref": "p_" + "a" * 16, "project": "p", "prefix": "/user/alice/p/"}
    more: dict[str, Any] = {"ends_at": None, "language": "ko", "datasets": []}
    made = OpenWorkspace(parse_tenancy("ws_" + "a" * 16, tenancy | more), Limits(), Room(1))
    yield made
    await made.dial_in.close()


async def test_a_workspace_has_so_many_websockets_and_the_next_comes_when_one_goes(workspace: OpenWorkspace) -> None:
    with contextlib.ExitStack() as others:
        for _ in range(MOST_SOCKETS - 1):
            others.enter_context(workspace.joining())
        for _ in range(2):
            with workspace.joining(), pytest.raises(Refused, match=r"sockets\.many"), workspace.joining():
                pass


async def test_a_workspace_that_answers_nothing_does_not_take_the_share_of_a_house(workspace: OpenWorkspace) -> None:
    def asked() -> Any:
        return SimpleNamespace(transport=object())

    with contextlib.ExitStack() as unanswered:
        for _ in range(MOST_REQUESTS - 1):
            unanswered.enter_context(workspace.serving(asked()))
        for _ in range(2):
            with workspace.serving(asked()), pytest.raises(Refused, match=r"sockets\.many"), workspace.serving(asked()):
                pass


def test_a_workspace_has_so_many_tickets_and_takes_none_from_others() -> None:
    tickets = FrameTickets()
    other = tickets.issue("ws_other", "/a", "ko")
    mine = [tickets.issue("ws_mine", "/b", "ko") for _ in range(TICKETS_OF_ONE + 2)]
    assert tickets.open(other, "/a")
    assert [tickets.open(name, "/b") is not None for name in mine] == [False] * 2 + [True] * TICKETS_OF_ONE


def test_without_an_address_none_is_recorded() -> None:
    assert Asker(Actor.service("gate"), "").source.ip is None
