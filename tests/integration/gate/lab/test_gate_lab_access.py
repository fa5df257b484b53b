"""Who gets to a workspace and how: its owner alone, in the frame of the zone, and by no way around it."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.integration.gate.events import events
from tests.integration.gate.harness import Browser, ZoneUnderTest, wait_for


@pytest.mark.parametrize(
    "path",
    [
        "files/note.txt",
        "%66iles/note.txt",
        "lab/../files/note.txt",
        "lab/%2e%2e/files/note.txt",
        "lab%2f..%2ffiles/note.txt",
        "%2566iles/note.txt",
        "view/note.txt",
        "nbconvert/html/x.ipynb",
        "api/terminals",
        "terminals/1",
        "metrics",
        "api/contents/note.txt?download=1",
        "lab/api/extensions",
    ],
)
async def test_a_way_around_is_refused_with_a_page_and_recorded(
    zone: ZoneUnderTest, alice: Browser, prefix: str, path: str
) -> None:
    from yarl import URL

    url = URL(zone.base(prefix) + path, encoded=True)
    async with alice.session.get(url, headers={"Accept": "text/html"}) as answer:
        page = await answer.text()
    assert answer.status in (400, 403)
    assert "포털" in page
    assert "portal" in page


async def test_refusals_are_in_the_log(zone: ZoneUnderTest, alice: Browser, prefix: str) -> None:
    await alice.get(f"{zone.base(prefix)}files/secret-name.csv")
    refused = events(zone, "gate.refused")
    assert "route.download" in {event["reason"] for event in refused}
    assert "secret-name" not in json.dumps(refused)


async def test_only_the_owner_enters(zone: ZoneUnderTest, prefix: str) -> None:
    other = zone.start_workspace("mallory", "gibleed")
    try:
        async with Browser(zone) as mallory:
            await mallory.sign_in("mallory", other)
            for path in ("lab", "api/contents", "api/status"):
                status, text = await mallory.get(f"{zone.base(prefix)}{path}")
                assert status == 403, text
            assert events(zone, "gate.refused")[-1]["reason"] == "session.not_owner"
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await mallory.socket(prefix, "api/events/subscribe")
    finally:
        zone.hub_api("DELETE", "/users/mallory/servers/gibleed")
        wait_for(lambda: len(zone.control("GET", "/workspaces").json()) == 1, "mallory's workspace is closed")


async def test_nobody_enters_without_signing_in(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as stranger:
        status, text = await stranger.get(f"{zone.base(prefix)}api/contents")
        assert (status, json.loads(text)["reason"]) == (401, "session.missing")


async def test_a_page_of_the_portal_can_neither_read_nor_write_a_workspace(
    zone: ZoneUnderTest, alice: Browser, prefix: str
) -> None:
    url = f"{zone.base(prefix)}api/contents"
    script = {"Origin": zone.origin("zone"), "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    script["Sec-Fetch-Dest"] = "empty"
    assert (await alice.get(url, **script))[0] == 403
    async with alice.session.post(url, json={}, headers=script) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await alice.socket(prefix, "api/events/subscribe", origin=zone.origin("zone"))


@pytest.mark.parametrize(
    "opened",
    [
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
        {"Accept": "text/html"},  # what does not say what it opens
    ],
)
async def test_what_a_person_opens_is_framed_by_the_zone(
    zone: ZoneUnderTest, alice: Browser, prefix: str, opened: dict[str, str]
) -> None:
    async with alice.session.get(f"{zone.base(prefix)}lab", headers=opened) as page:
        html = await page.text()
        assert str(page.url).startswith(zone.origin("zone") + "/_gate/open/")
        policy = page.headers["Content-Security-Policy"]
    assert f'src="{zone.base(prefix)}lab"' in html
    assert "allow-top-navigation" not in html
    assert f"frame-src 'self' {zone.origin_of(prefix)};" in policy
    bar = html.split('class="bar" src="')[1].split('"')[0]
    status, text = await alice.get(zone.origin("zone") + bar)
    assert status == 200
    assert "Recording" in text


async def test_a_browser_too_old_for_the_frame_is_told_so_and_sees_no_empty_page(
    alice: Browser, prefix: str, zone: ZoneUnderTest
) -> None:
    old = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Macintosh) Version/15.6 Safari/605.1.15"}
    async with alice.session.get(f"{zone.base(prefix)}lab", headers=old) as page:
        assert (page.status, page.content_type) == (403, "text/html")
        assert "Safari 16.4" in await page.text()
