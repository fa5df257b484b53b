"""Every workspace has a browser origin of its own, and a cookie of one opens no other."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.access import parse_access
from hub_config.gate.config import parse_config
from hub_config.gate.errors import HubUnavailable, Refused
from hub_config.gate.hub_identity import HubIdentity, Limit, SignIn
from hub_config.gate.origins import Origins
from hub_config.gate.sessions import Session, Sessions
from hub_config.gate.workspace import HANDLE, SLUG
from hub_config.gate.workspaces import Place

CONFIG = parse_config('{"domain": "d.example"}')
ORIGINS = Origins(CONFIG, "secret")
PLACES = st.builds(Place, st.from_regex(HANDLE, fullmatch=True), st.from_regex(SLUG, fullmatch=True), st.just(""))
ALICE, ALICE_ELSEWHERE, BOB = Place("alice", "one", ""), Place("alice", "two", ""), Place("bob", "one", "")


@given(PLACES, PLACES)
def test_two_workspaces_never_share_an_origin(one: Place, other: Place) -> None:
    assert (ORIGINS.origin_of(one) == ORIGINS.origin_of(other)) == (one == other)


@given(PLACES)
def test_the_name_of_a_host_is_stable_and_says_nothing_without_the_secret(place: Place) -> None:
    host = ORIGINS.host_of(place)
    assert host == Origins(CONFIG, "secret").host_of(place)
    assert host != Origins(CONFIG, "another").host_of(place)
    assert ORIGINS.holds_workspaces(host)
    assert host.endswith(".d.example:8600")
    assert len(host.partition(".")[0]) < 63  # RFC 1035 section 2.3.4


def test_what_lies_below_a_workspace_belongs_to_the_same_host() -> None:
    assert ORIGINS.host_of(ALICE) == ORIGINS.host_of(replace(ALICE, below="lab/tree/x"))


@pytest.mark.parametrize("name", ["zone", "work", "preview", "w-", "w-" + "a" * 25, "w-" + "A" * 26, "x-" + "a" * 26])
def test_no_other_host_holds_workspaces(name: str) -> None:
    assert not ORIGINS.holds_workspaces(f"{name}.d.example:8600")


@pytest.mark.parametrize("rest", ["", ".d.example", ".d.example:8601", ".e.example:8600", ".x.d.example:8600"])
def test_the_right_name_below_another_domain_or_at_another_port_holds_none(rest: str) -> None:
    assert not ORIGINS.holds_workspaces("w-" + "a" * 26 + rest)


def test_a_zone_without_names_for_workspaces_serves_them_on_one_host() -> None:
    shared = Origins(parse_config('{"domain": "d.example", "workspace_origins": "one"}'), "secret")
    assert shared.host_of(ALICE) == shared.host_of(BOB) == "work.d.example:8600"
    assert not shared.holds_workspaces(ORIGINS.host_of(ALICE))


class Willing(HubIdentity):
    """A hub that knows everybody by the code that they bring, and forgets whom it is told to."""

    def __init__(self) -> None:
        super().__init__(CONFIG, "token")
        self.away = False
        self.forgotten: list[str] = []
        self.recorded: list[tuple[str, str]] = []
        self.since = 0.0

    async def signed_in_for(self, token: str) -> float:
        return self.since

    async def end_sign_in(self, token: str, session: str, limit: Limit) -> None:
        if self.away:
            raise HubUnavailable("away")
        self.forgotten.append(token)
        self.recorded.append((session, limit))
        self.since = 0.0  # whoever comes next signs in with a password

    async def exchange(self, code: str, sign_in: SignIn) -> str:
        return code

    async def handle_of(self, token: str) -> str:
        return token


@pytest.fixture
async def hub() -> AsyncIterator[Willing]:
    hub = Willing()
    yield hub
    await hub.close()


@pytest.fixture
def sessions(hub: Willing) -> Sessions:
    return Sessions(hub, CONFIG)


async def enter(sessions: Sessions, place: Place, browser: str = "") -> tuple[dict[str, str], Session, str]:
    """Sign in at a workspace; return the cookie, the session and the name of the browser."""
    host = ORIGINS.host_of(place)
    state = sessions.begin(f"/user/{place.handle}/{place.project}/", host, "10.0.0.1").state
    named = sessions.returned(state, {"Cookie": f"{sessions.browser_cookie}={browser}"} if browser else {})
    headers = {"Cookie": f"{sessions.state_cookie}={state}"}
    value, _ = await sessions.finish(place.handle, state, headers, host)
    cookie = {"Cookie": f"{sessions.cookie}={value}"}
    return cookie, await sessions.current(cookie, host), named.browser


async def test_a_cookie_of_one_host_opens_no_other(sessions: Sessions) -> None:
    cookie, _, browser = await enter(sessions, ALICE)
    await enter(sessions, ALICE_ELSEWHERE, browser)
    for place in (ALICE_ELSEWHERE, BOB):
        with pytest.raises(Refused) as refused:
            await sessions.current(cookie, ORIGINS.host_of(place))
        assert refused.value.code == "session.missing"


async def test_one_browser_is_one_session_whatever_it_shows(sessions: Sessions) -> None:
    first, here, browser = await enter(sessions, ALICE)
    _, there, _ = await enter(sessions, ALICE_ELSEWHERE, browser)
    assert here is there
    _, second, _ = await enter(sessions, ALICE)
    assert second is not here
    with here.connecting("10.0.0.1"):
        assert sessions.reason_to_wait(second, "10.0.0.1")
        assert not sessions.reason_to_wait(here, "10.0.0.1")
        assert sessions.reason_to_wait(here, "10.0.0.2")  # somebody has carried the cookies to another machine
    assert not sessions.reason_to_wait(here, "10.0.0.2")
    await sessions.end({"Cookie": f"{sessions.browser_cookie}={browser}"}, CONFIG.host("work"))
    with pytest.raises(Refused):
        await sessions.current(first, ORIGINS.host_of(ALICE))
    assert not second.ended


async def test_somebody_who_knows_the_name_of_a_browser_has_nothing_of_who_uses_it(sessions: Sessions) -> None:
    _, alice, browser = await enter(sessions, ALICE)
    _, bob, _ = await enter(sessions, BOB, browser)
    assert bob is not alice


async def test_a_browser_with_two_names_counts_as_new(sessions: Sessions) -> None:
    name = sessions.browser_cookie
    assert sessions.browser_of({"Cookie": f"{name}={'a' * 43}"}) == "a" * 43
    assert sessions.browser_of({"Cookie": f"{name}={'a' * 43}; {name}={'b' * 43}"}) == ""
    assert sessions.browser_of({"Cookie": f"{name}=short"}) == ""


async def test_a_sign_in_ends_where_it_began_and_nowhere_else(sessions: Sessions) -> None:
    state = sessions.begin("/user/alice/one/", ORIGINS.host_of(ALICE), "10.0.0.1").state
    headers = {"Cookie": f"{sessions.state_cookie}={state}"}
    with pytest.raises(Refused):
        await sessions.finish("mallory", state, headers, ORIGINS.host_of(BOB))
    with pytest.raises(Refused):
        sessions.returned("made up", {})


async def test_when_its_time_is_over_the_hub_forgets_the_browser_first(sessions: Sessions, hub: Willing) -> None:
    cookie, session, _ = await enter(sessions, ALICE)
    session.touched -= session.idle_seconds + 1
    hub.away = True
    with pytest.raises(HubUnavailable):
        await sessions.current(cookie, ORIGINS.host_of(ALICE))
    assert not session.ended  # the next request finds it as it is, and nothing opens meanwhile
    hub.away = False
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await sessions.current(cookie, ORIGINS.host_of(ALICE))
        assert refused.value.code == "session.missing"
    assert hub.forgotten == ["alice"]
    assert hub.recorded == [(session.ref, "idle")]


async def test_signing_in_silently_just_before_the_end_gives_no_second_time(sessions: Sessions, hub: Willing) -> None:
    """With no cookie of the gate, in a browser that counts as new, and after signing out of the gate alone."""
    limit = parse_access({"longest_seconds": 3600})
    cookie, first, browser = await enter(sessions, ALICE)
    first.hold_to(limit)
    first.created -= 3590
    hub.since = 3590.0  # the hub's cookie is as old, and the browser keeps it
    await sessions.end(cookie, ORIGINS.host_of(ALICE))
    for named in ("", browser):
        _, again, _ = await enter(sessions, ALICE, named)
        again.hold_to(limit)
        assert again.over(time.monotonic() + 11) == "longest"
        again.created -= 11
        with pytest.raises(Refused):
            await sessions.validate(again)
        assert hub.recorded.pop() == (again.ref, "longest")
        hub.since = 3590.0
    assert hub.forgotten == ["alice", "alice"]


async def test_a_new_sign_in_with_a_password_begins_a_new_time_in_the_same_browser(
    sessions: Sessions, hub: Willing
) -> None:
    hub.since = 3000.0
    _, first, browser = await enter(sessions, ALICE)
    hub.since = 0.0
    _, again, _ = await enter(sessions, ALICE_ELSEWHERE, browser)
    assert again is first
    again.hold_to(parse_access({"longest_seconds": 2000}))
    assert again.over(time.monotonic()) is None


async def test_dropping_the_cookie_does_not_bring_a_session_back_whose_time_is_over(
    sessions: Sessions, hub: Willing
) -> None:
    _, session, _ = await enter(sessions, ALICE)
    session.created -= session.longest_seconds + 1
    with pytest.raises(Refused) as refused:
        await enter(sessions, ALICE_ELSEWHERE)
    assert refused.value.code == "session.failed"
    assert hub.forgotten == ["alice"]
    await enter(sessions, ALICE_ELSEWHERE)  # with a sign-in of her own


async def test_a_browser_that_nobody_uses_does_not_keep_another_one_from_working(
    sessions: Sessions, hub: Willing
) -> None:
    _, left, _ = await enter(sessions, ALICE)
    cookie, used, _ = await enter(sessions, ALICE)
    left.touched -= left.idle_seconds + 1
    with pytest.raises(Refused):
        await sessions.validate(left)
    assert await sessions.current(cookie, ORIGINS.host_of(ALICE)) is used
