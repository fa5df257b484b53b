"""A person's browser without JavaScript: cookies, redirects, refreshes, links and forms, on the three origins."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from typing import Any, Self
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import pyotp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.settings import Settings
from hub_config.story.pages import Form, PageContent, read_page

MAX_HOPS = 20
#: The workspace in the zone's frame around it, which is loaded into a frame and nowhere else.
WORK = re.compile(rb'<iframe class="work" src="([^"]+)"')
FRAMED = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
TOTP_STEP_SECONDS = 30
RETRY_SECONDS = 60  # how long a page that reloads itself is waited for


class StoryFailed(ZoneError):
    """The zone did not answer as the story promises."""

    hint = Text(
        "구역은 계속 실행 중입니다. 구역 홈의 `logs/` 아래 로그를 보거나 브라우저에서 그 단계를 해 보십시오.",
        "The zone is left running. Look at its logs below `logs/` in its home, or try the step in a browser.",
    )
    exit_code = 1


class Loopback(AbstractResolver):
    """Finds every name of the zone on this machine, whatever the machine's resolver says."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """Return the one address for any host."""
        return [
            ResolveResult(
                hostname=host,
                host=self._address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was opened."""

    url: str
    status: int
    body: bytes
    content: PageContent

    def form(self, action_part: str) -> Form:
        """Return the form whose action contains a text.

        Raises: StoryFailed
        """
        for form in self.content.forms:
            if action_part in (form.action or self.url):
                return form
        raise StoryFailed(f"{self.url} ({self.status}) has no form for {action_part}: {self.content.text[:300]}")

    def link(self, part: str) -> str:
        """Return the first link whose target contains a text.

        Raises: StoryFailed
        """
        for target, _ in self.content.links:
            if part in target:
                return target
        raise StoryFailed(f"{self.url} ({self.status}) has no link to {part}: {self.content.text[:300]}")


class Visitor:
    """One person in front of the zone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=Loopback(settings.zone.bind), use_dns_cache=False),
            cookie_jar=aiohttp.CookieJar(),
            headers={"Accept-Language": "ko,en;q=0.5", "Sec-Fetch-Site": "same-origin"},
            timeout=aiohttp.ClientTimeout(total=120),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the browser and forget its cookies."""
        await self._session.close()

    def url(self, path: str) -> str:
        """Return the address of a page of the portal."""
        return urljoin(self.settings.origin("zone"), path)

    async def open(self, url: str) -> Page:
        """Open a page and follow redirects, immediate refreshes and the frame of a workspace, as a browser does."""
        return await self._follow("GET", urljoin(self.settings.origin("zone"), url))

    async def submit(self, page: Page, form: Form, values: Mapping[str, str | list[str]]) -> Page:
        """Submit a form with some fields filled in."""
        return await self._follow("POST", urljoin(page.url, form.action), filled(form, values))

    async def send(self, page: Page, form: Form, values: Mapping[str, str | list[str]]) -> tuple[int, str | None]:
        """Submit a form and return the answer to it alone: its status and where it leads, which is not followed."""
        answer, target = await self._once("POST", urljoin(page.url, form.action), filled(form, values))
        return answer.status, target

    async def _follow(self, method: str, url: str, data: list[tuple[str, str]] | None = None) -> Page:
        framed = False
        for _ in range(MAX_HOPS):
            page, target = await self._once(method, urldefrag(url).url, data, framed=framed)
            if target is None:
                return page
            framed = framed or WORK.search(page.body) is not None
            method, data, url = "GET", None, target
        raise StoryFailed(f"{url} leads in circles.")

    async def _once(
        self, method: str, url: str, data: list[tuple[str, str]] | None, *, framed: bool = False
    ) -> tuple[Page, str | None]:
        headers = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(url))} if method == "POST" else {}
        headers |= FRAMED if framed else {}
        body = aiohttp.FormData(data) if data is not None else None
        patience = RETRY_SECONDS if method == "GET" else 0  # a form that was sent is a person's to send again
        async with self._patiently(method, url, patience, data=body, headers=headers) as answer:
            raw = await answer.read()
            html = answer.content_type == "text/html"
            content = read_page(raw.decode("utf-8", "replace")) if html else PageContent()
            page = Page(url, answer.status, raw, content)
            if work := WORK.search(raw) if html else None:
                return page, unescape(work[1].decode())
            if answer.status in (301, 302, 303, 307, 308):
                return page, urljoin(url, answer.headers["Location"])
            if content.refresh and content.refresh_seconds == 0:
                return page, urljoin(url, content.refresh)
            return page, None

    async def sign_in(self, handle: str, password: str, totp_secret: str) -> Page:
        """Sign in with password and second factor; a code that was just used is awaited to change."""
        page = await self.open("/")
        form = page.form("login")
        for attempt in ("at once", "with the next code"):
            if attempt == "with the next code":
                # Each code is accepted once; whoever signed in a moment ago waits for the next.
                await asyncio.sleep(TOTP_STEP_SECONDS - time.time() % TOTP_STEP_SECONDS + 0.5)
            code = pyotp.TOTP(totp_secret).now()
            page = await self.submit(page, form, {"username": handle, "password": password, "code": code})
            if "/hub/login" not in urlsplit(page.url).path:
                return page
            form = page.form("login")
        raise StoryFailed(f"{handle} cannot sign in: {page.content.text[:300]}")

    async def json(self, method: str, url: str, body: Any = None) -> Any:
        """Call an API of the workspace and return its answer.

        Raises: StoryFailed — for any status but success.
        """
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        headers = {"Origin": origin, "X-XSRFToken": self.cookie(url, "_xsrf")}
        async with self._patiently(method, url, RETRY_SECONDS, json=body, headers=headers) as answer:
            if not answer.ok:
                raise StoryFailed(f"{url} answered {answer.status}: {(await answer.text())[:300]}")
            return await answer.json() if answer.content_type == "application/json" else None

    @contextlib.asynccontextmanager
    async def _patiently(
        self, method: str, url: str, seconds: float, **named: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; where the answer says when to ask again, wait and do so for some time, as a browser does."""
        deadline = time.monotonic() + seconds
        while True:
            async with self._session.request(method, url, allow_redirects=False, **named) as answer:
                wait = retry_after(answer)
                if wait is None or time.monotonic() + wait > deadline:
                    yield answer
                    return
            await asyncio.sleep(wait)

    async def raw(self, method: str, url: str) -> int:
        """Send a path exactly as it is spelt and return the status; nothing is decoded, joined or followed."""
        async with self._session.request(method, URL(url, encoded=True), allow_redirects=False) as answer:
            await answer.read()
            return answer.status

    def cookie(self, url: str, name: str) -> str:
        """Return a cookie that would be sent to an address, or an empty text."""
        morsel = self._session.cookie_jar.filter_cookies(URL(url)).get(name)
        return "" if morsel is None else morsel.value

    async def socket(self, url: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket as a page of its own origin does; the Origin header speaks of http, not of ws."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url)).replace("ws", "http", 1)
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return await self._session.ws_connect(url, headers={"Origin": origin}, max_msg_size=0)
            except aiohttp.WSServerHandshakeError as error:
                if error.status != 503 or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(1)


def retry_after(answer: aiohttp.ClientResponse) -> int | None:
    """Return for how many seconds an answer asks to wait, or None if it is the answer (RFC 9110 section 10.2.3)."""
    said = answer.headers.get("Retry-After", "")
    return int(said) if answer.status == 503 and said.isdigit() else None


def filled(form: Form, values: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    """Return what a form sends: its own fields, with some of them filled in."""
    data = [(n, v) for n, v in form.fields if n not in values]
    for name, value in values.items():
        data += [(name, v) for v in ([value] if isinstance(value, str) else value)]
    return data
