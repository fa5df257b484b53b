"""Every cookie of the gate with TLS, over a whole sign-in: bound to its host, hidden from scripts, and as strict as the
way back from the hub allows (ADR 0022).
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Iterator
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
from yarl import URL

from tests.integration.gate.conftest import BUDGET
from tests.integration.gate.harness import DOMAIN, ONWARD, PASSWORD, QUICK, Loopback, ZoneUnderTest, running
from tests.integration.gate.test_gate_frozen import Place

pytestmark = pytest.mark.long

DESIGNED = {"__Host-ansim-work": "Strict", "__Host-ansim-state": "Lax", "__Host-ansim-browser": "Lax"}


class Walker:
    """A browser that is led from page to page and writes down each cookie as it was given."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._jar: dict[str, dict[str, str]] = {}
        self.given: list[tuple[str, Morsel[str]]] = []

    async def walk(self, url: str, *, steps: int = 20, **form: str) -> tuple[str, str]:
        """Open an address or send a form, and follow where it leads; return the last address and its page."""
        for _ in range(steps):
            to, method = URL(url), "POST" if form else "GET"
            cookie = "; ".join(f"{name}={value}" for name, value in self._jar.get(to.host or "", {}).items())
            headers = {"Cookie": cookie, **({"Origin": str(to.origin())} if form else {"Sec-Fetch-Site": "none"})}
            plain = to.with_scheme("http").with_port(to.port)
            async with self._session.request(
                method, plain, data=form or None, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.text()
                self._keep(to.host or "", answer.headers.getall("Set-Cookie", []))
                onward, location = ONWARD.search(text), answer.headers.get("Location")
                assert answer.status in (200, 302, 303), (url, text)
            if location is None and onward is None:
                return url, text
            form = {}
            url = urljoin(url, location or html.unescape(onward[1] if onward else ""))
        return url, ""

    def _keep(self, host: str, fields: list[str]) -> None:
        for one in fields:
            for name, morsel in SimpleCookie(one).items():
                self.given.append((host, morsel))
                self._jar.setdefault(host, {})[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self._jar[host][name]


@pytest.fixture(scope="module")
def secure(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A zone whose people come by TLS."""
    yield from running(tmp_path_factory.mktemp("secure"), Path("/nonexistent"), QUICK | BUDGET, scheme="https")


@pytest.fixture
async def walker() -> AsyncIterator[Walker]:
    connector = aiohttp.TCPConnector(resolver=Loopback())
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Walker(session)


async def test_each_cookie_of_the_gate_is_bound_hidden_and_as_strict_as_designed(
    secure: ZoneUnderTest, walker: Walker
) -> None:
    place = Place(secure, "eve", "gibleed")
    secure.hub_api("POST", "/users/eve")
    assert secure.control("PUT", f"/workspaces/{place.ref}", place.tenancy).status_code == 201
    await place.hostile.dial(4)
    url, text = await walker.walk(secure.base(place.prefix) + "lab")
    assert URL(url).path == "/hub/login"
    token = text.split('name="_xsrf" value="')[1].split('"')[0]
    await walker.walk(url, username="eve", password=PASSWORD, _xsrf=token)
    place.hostile.stop()
    for origin in (secure.origin_of(place.prefix), secure.origin("work")):
        await walker.walk(origin + "/_gate/logout", steps=1)
    ours = [(host, morsel) for host, morsel in walker.given if "ansim" in morsel.key]
    assert {morsel.key for _, morsel in ours} == set(DESIGNED)
    own = URL(secure.base(place.prefix)).host
    kept = [(host, morsel) for host, morsel in ours if morsel["max-age"] != "0"]
    assert {(morsel.key, host) for host, morsel in kept} == {
        ("__Host-ansim-work", own),
        ("__Host-ansim-state", own),
        ("__Host-ansim-browser", f"work.{DOMAIN}"),
    }
    for _, morsel in kept:
        assert morsel["secure"], morsel
        assert morsel["httponly"], morsel
        assert (morsel["path"], morsel["domain"]) == ("/", ""), morsel
        assert morsel["samesite"] == DESIGNED[morsel.key], morsel
    # Taken back in the same words, or a browser would keep it: the name demands them (RFC 6265bis section 4.1.3.2).
    gone = [morsel for _, morsel in ours if morsel["max-age"] == "0"]
    assert {morsel.key for morsel in gone} == set(DESIGNED)
    for morsel in gone:
        assert (bool(morsel["secure"]), morsel["path"], morsel["domain"]) == (True, "/", "")
