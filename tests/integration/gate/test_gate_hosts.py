"""Three hosts, three origins: what each of them answers, and that no other exists."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.gate.harness import Browser, ZoneUnderTest
from tests.integration.gate.portal_stand_in import start_portal
from tests.integration.gate.test_gate_frozen import Place

SCRIPTED = {"Sec-Fetch-Mode": "cors"}
SCRIPT = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}


@pytest.fixture(scope="module")
def gate(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A gate without hub."""
    zone = ZoneUnderTest(tmp_path_factory.mktemp("zone"), Path("/nonexistent"))
    try:
        zone.start_gate()
        yield zone
    finally:
        zone.stop()


@pytest.fixture
async def browser(gate: ZoneUnderTest) -> AsyncIterator[Browser]:
    """A browser, with a portal behind the gate."""
    portal = await start_portal(gate)
    async with Browser(gate) as browser:
        yield browser
    await portal.cleanup()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "ansim.localhost", "evil.example", "zone.ansim.localhost", "zone.ansim.localhost:1"],
)
async def test_an_unknown_host_is_misdirected(browser: Browser, gate: ZoneUnderTest, host: str) -> None:
    status, _ = await browser.get(f"http://127.0.0.1:{gate.port}/", Host=host)
    assert status == 421


async def test_the_portal_gets_one_address_and_no_word_of_the_browser_about_it(
    browser: Browser, gate: ZoneUnderTest
) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "Ansim-Workspace": "ws_x", "Forwarded": "for=6.6.6.6"}
    _, text = await browser.get(gate.origin("zone") + "/requests/%EA%B0%80?a=1", **forged)
    seen = json.loads(text)
    assert seen["target"] == "/requests/%EA%B0%80?a=1"
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert seen["headers"]["x-forwarded-host"] == f"zone.ansim.localhost:{gate.port}"
    assert "ansim-workspace" not in seen["headers"]
    assert "forwarded" not in seen["headers"]


async def test_a_script_of_a_workspace_can_neither_read_nor_post_to_the_portal(
    browser: Browser, gate: ZoneUnderTest
) -> None:
    headers = {**SCRIPT, "Origin": gate.origin("work"), "Cookie": "ansim=secret"}
    assert (await browser.get(gate.origin("zone") + "/", **headers))[0] == 403
    for mode, dest in (("cors", "empty"), ("no-cors", "empty"), ("navigate", "document"), ("navigate", "iframe")):
        started = {**headers, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        async with browser.session.post(gate.origin("zone") + "/", data={"x": "1"}, headers=started) as answer:
            assert answer.status == 403


async def test_no_page_of_another_site_signs_anybody_out(browser: Browser, gate: ZoneUnderTest) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    cookie = {"Cookie": "ansim-browser=" + "a" * 43 + "; jupyterhub-hub-login=x"}
    for origin in (gate.origin("work"), gate.origin_of("/user/alice/gibleed/")):
        assert (await browser.get(origin + "/_gate/logout", **link, **cookie))[0] == 403
        assert (await browser.get(origin + "/_gate/logout", **cookie))[0] == 403
        script = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        assert (await browser.get(origin + "/_gate/logout", **script, **cookie))[0] == 403
    assert (await browser.get(gate.origin("zone") + "/hub/logout", **link, **cookie))[0] == 403
    # The provider leads a browser back that the hub has signed out; this zone has no hub, which is another refusal.
    assert (await browser.get(gate.origin("zone") + "/hub/logout", **link))[0] == 503


async def test_who_is_not_signed_in_learns_nothing_of_a_workspace(browser: Browser, gate: ZoneUnderTest) -> None:
    opened, frozen, none = (Place(gate, "eve", project) for project in ("study", "frozen", "nothing"))
    link = {"Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
    try:
        assert gate.control("PUT", f"/workspaces/{opened.ref}", {**opened.tenancy, "language": "en"}).status_code == 201
        assert gate.control("PUT", "/frozen", {"projects": ["frozen"]}).status_code == 200
        for headers in ({"Accept": "text/html"}, {"Accept-Language": "en"}, {}):
            for path in ("lab", "api/status"):
                told = {await browser.get(gate.base(p.prefix) + path, **headers) for p in (opened, frozen, none)}
                assert [status for status, _ in told] == [503]
        for origin in (gate.origin("zone"), gate.origin("work")):
            told = {await browser.get(origin + p.prefix, **link, **SCRIPTED) for p in (opened, frozen, none)}
            assert len(told) == 1
            assert '<html lang="ko"' in told.pop()[1]
    finally:
        gate.control("DELETE", f"/workspaces/{opened.ref}", {"reason": "test"})
        gate.control("PUT", "/frozen", {"projects": []})
        for place in (opened, frozen, none):
            place.hostile.stop()


async def test_the_portals_own_form_and_a_link_from_a_workspace_work(browser: Browser, gate: ZoneUnderTest) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": gate.origin("zone")}
    async with browser.session.post(gate.origin("zone") + "/x", data={"a": "b"}, headers=own) as answer:
        assert (await answer.json())["body"] == "a=b"
    link = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await browser.get(gate.origin("zone") + "/", **link))[0] == 200


async def test_a_file_for_the_portal_passes_in_pieces_however_large_it_is(
    browser: Browser, gate: ZoneUnderTest
) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": gate.origin("zone")}
    size = 80_000_000

    async def file() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 1_000_000

    for headers in (own, own | {"Content-Length": str(size)}):
        async with browser.session.post(gate.origin("zone") + "/count", data=file(), headers=headers) as answer:
            assert (await answer.json())["size"] == size


async def test_a_write_that_does_not_say_where_it_comes_from_is_refused(browser: Browser, gate: ZoneUnderTest) -> None:
    async with browser.session.post(gate.origin("zone") + "/", headers={"Cookie": "a=b"}) as answer:
        assert answer.status == 403


async def test_a_preview_is_read_only_and_has_no_cookies_and_no_rights(browser: Browser, gate: ZoneUnderTest) -> None:
    url = gate.origin("preview") + "/p/token"
    async with browser.session.get(url, headers={"Cookie": "ansim=secret"}) as answer:
        seen = await answer.json()
        assert "cookie" not in seen["headers"]
        assert seen["headers"]["x-forwarded-host"].startswith("preview.")
        assert "Set-Cookie" not in answer.headers
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert f"frame-ancestors {gate.origin('zone')}" in policy
    assert (await browser.get(gate.origin("preview") + "/"))[0] == 404
    async with browser.session.post(url) as answer:
        assert answer.status == 404


async def test_the_zone_may_frame_a_preview_and_a_stranger_may_not(browser: Browser, gate: ZoneUnderTest) -> None:
    url = gate.origin("preview") + "/p/token"
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert (await browser.get(url, **frame, **{"Sec-Fetch-Site": "same-site"}))[0] == 200
    assert (await browser.get(url, **frame, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert (await browser.get(url, **SCRIPT))[0] == 403


@pytest.mark.parametrize(
    "path", ["/hub/api/users", "/hub/token", "/hub/admin", "/hub/%61dmin", "/hub/api/oauth2/token"]
)
async def test_the_hubs_api_is_not_on_the_zone_host(browser: Browser, gate: ZoneUnderTest, path: str) -> None:
    from yarl import URL

    async with browser.session.get(URL(gate.origin("zone") + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_the_hubs_home_is_the_portal(browser: Browser, gate: ZoneUnderTest) -> None:
    for path in ("/hub", "/hub/", "/hub/home", "/hub/spawn"):
        async with browser.session.get(gate.origin("zone") + path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_answers_carry_no_banner_and_cannot_be_framed(browser: Browser, gate: ZoneUnderTest) -> None:
    async with browser.session.get(gate.origin("zone") + "/") as answer:
        assert answer.headers["Server"] == "ansim"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_watermark_that_the_gate_did_not_sign_names_nobody_hides_nothing_and_says_to_reload(
    browser: Browser, gate: ZoneUnderTest
) -> None:
    frame = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    status, text = await browser.get(gate.origin("zone") + "/_gate/mark?person=minji&until=9999999999&seal=00", **frame)
    assert status == 200
    assert "background:transparent" in text
    assert "<main" not in text
    assert "minji" not in text
    assert "이 페이지를 새로 고치십시오 · Reload this page" in text
    assert 'http-equiv="refresh" content="60"' in text
    assert f"+09:00 · {gate.origin('zone').partition('zone.')[2].partition(':')[0]}<" in text


async def test_a_zone_without_hub_says_so(browser: Browser, gate: ZoneUnderTest) -> None:
    status, text = await browser.get(gate.origin("zone") + "/hub/login")
    assert (status, json.loads(text)["reason"]) == (503, "zone.away")


async def test_a_load_balancer_learns_whether_the_gate_lives_and_whether_the_zone_answers(
    browser: Browser, gate: ZoneUnderTest
) -> None:
    assert await browser.get(gate.origin("zone") + "/_gate/health") == (200, "ok\n")
    # This gate has no hub: it lives, and nobody can work.
    assert await browser.get(gate.origin("zone") + "/_gate/ready") == (503, "not ready\n")
