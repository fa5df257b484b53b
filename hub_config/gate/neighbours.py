"""Requests that go to the zone's own processes: the hub by TCP, the portal by its two Unix sockets."""

from __future__ import annotations

from aiohttp import (
    BaseConnector,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
    ThreadedResolver,
    UnixConnector,
    web,
)
from multidict import CIMultiDict
from yarl import URL

from hub_config.gate.bodies import read_body
from hub_config.gate.config import GateConfig, HostName
from hub_config.gate.errors import Refused
from hub_config.gate.headers import from_neighbour, preview_headers, to_neighbour, zone_headers
from hub_config.gate.targets import Target

PORTAL = "run/portal.sock"
CALLS = "run/portal-workspace.sock"
TIMEOUT = ClientTimeout(total=None, sock_connect=5, sock_read=300)
READY_TIMEOUT = ClientTimeout(total=3)
NO_BODY = frozenset({204, 304})
OWN_FIELDS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Neighbours:
    """Clients of the hub and the portal."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        # The resolver of aiodns would read files that the gate may no longer reach.
        self.hub = _session(TCPConnector(limit=0, resolver=ThreadedResolver()))
        self.portal = _session(UnixConnector(PORTAL, limit=0))
        self.calls = _session(UnixConnector(CALLS, limit=0))

    async def to_hub(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        """Pass a request of the zone host on to the hub.

        Raises: Refused — if the hub does not answer.
        """
        url = URL(self._config.hub_url + target.encoded(), encoded=True)
        headers = to_neighbour(CIMultiDict(request.headers), address, self._config, self._config.host("zone"))
        return await self._pass(request, self.hub, url, headers)

    async def to_portal(
        self, request: web.BaseRequest, target: Target, address: str, *, host: HostName
    ) -> web.StreamResponse:
        """Pass a request of the zone or the preview host on to the portal.

        Raises: Refused — if the portal does not answer.
        """
        url = URL("http://portal" + target.encoded(), encoded=True)
        headers = to_neighbour(CIMultiDict(request.headers), address, self._config, self._config.host(host))
        if host == "preview":
            headers.popall("Cookie", None)
        return await self._pass(request, self.portal, url, headers, preview=host == "preview")

    async def ready(self) -> bool:
        """Say whether the hub and the portal both answer without an error of their own."""
        asked = ((self.hub, self._config.hub_url + "/hub/health"), (self.portal, "http://portal/sign-in"))
        return all([await _answers(session, url, self._config.host("zone")) for session, url in asked])

    async def _pass(
        self,
        request: web.BaseRequest,
        session: ClientSession,
        url: URL,
        headers: CIMultiDict[str],
        *,
        preview: bool = False,
    ) -> web.StreamResponse:
        body: bytes | StreamReader | None
        if session is self.portal:
            # The portal takes files and says itself how large they may be; nothing of them is kept here.
            body = request.content if request.body_exists else None
        else:
            limits = self._config.limits
            body = await read_body(request, limits.form_bytes, seconds=limits.form_seconds) or None
        try:
            async with session.request(
                request.method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                skip_auto_headers=OWN_FIELDS,
            ) as answer:
                return await _answer(request, answer, self._headers(answer, preview=preview))
        except (ClientError, TimeoutError, OSError) as error:
            raise Refused("zone.away", f"{url.host}: {error!r}") from error

    def _headers(self, answer: ClientResponse, *, preview: bool) -> CIMultiDict[str]:
        """Return the header of an answer with what the gate insists on (previews) or adds (pages of the
        zone).
        """
        passed = from_neighbour(CIMultiDict(answer.headers), self._config)
        if preview:
            passed.popall("Set-Cookie", None)
            passed.update(preview_headers(self._config))
        for name, value in zone_headers(self._config).items():
            if not preview:
                passed.setdefault(name, value)
        return passed

    async def close(self) -> None:
        """Close the connections."""
        for session in (self.hub, self.portal, self.calls):
            await session.close()


async def _answers(session: ClientSession, url: str, host: str) -> bool:
    try:
        async with session.get(url, headers={"Host": host}, allow_redirects=False, timeout=READY_TIMEOUT) as answer:
            return answer.status < 500
    except (ClientError, TimeoutError):
        return False


async def _answer(request: web.BaseRequest, answer: ClientResponse, headers: CIMultiDict[str]) -> web.StreamResponse:
    sent = web.StreamResponse(status=answer.status, headers=headers)
    if answer.content_length is not None and answer.status not in NO_BODY:
        sent.content_length = answer.content_length
    await sent.prepare(request)
    if request.method == "HEAD" or answer.status in NO_BODY:
        return sent
    try:
        async for chunk in answer.content.iter_any():
            await sent.write(chunk)
        await sent.write_eof()
    except ClientError:
        # The answer has begun, so a broken connection is the only way to say that it is not whole.
        if request.transport is not None:
            request.transport.abort()
    return sent


def _session(connector: BaseConnector) -> ClientSession:
    session = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=TIMEOUT, auto_decompress=False)
    # A second try would run a request twice.
    session._retry_connection = False
    return session
