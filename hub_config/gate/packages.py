"""The mirror of packages over a socket of its own: reading alone, a few forms of address, no faster than a limit.

pip in the workspace reaches it through a loopback port of the container. A request has no body, no query and no
header that counts but one of two words of `Accept`; what it may name is a package or a hash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, web
from yarl import URL

from hub_config.gate.answers import waiting
from hub_config.gate.calls import WORKSPACE_HEADER
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import Refused
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.rate import Bucket, paced_server
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.targets import parse_target

CONCURRENT = 4  # files of one workspace at once
BURST = 300  # requests at once: an installation of a hundred packages
PER_SECOND = 2.0  # and then
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
_NAME = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
LISTED = re.compile(rf"/simple/(?:{_NAME}/)?|/files/[0-9a-f]{{64}}/[A-Za-z0-9._+!-]{{1,255}}")
ASKED = re.compile(rf"/(?P<why>ask|wait)/(?P<package>{_NAME})/[A-Za-z0-9._+-]{{1,255}}")
METHODS = frozenset({"GET", "HEAD"})
PASSED = ("Content-Type", "Content-Length", "Retry-After")
#: The reason that pip shows beside the status; it shows nothing else of an answer, and reads it as Latin-1, so that
#: Korean would be there as other letters (http.client; RFC 9112 section 4 leaves the phrase to whoever reads it).
REASONS = {
    "ask": "Not allowed in this project. Ask for it at {portal}/packages, or in a cell: "
    "import ansim_client; ansim_client.ask_for_package('{package}', why='')",
    "wait": "Allowed, but {package} is not in the zone yet: an operator has to add it",
}


@dataclass(frozen=True, slots=True)
class Packages:
    """Makes one server per workspace; which server answers decides whose project it is."""

    config: GateConfig
    neighbours: Neighbours

    def server(self, workspace: str) -> web.Server:
        """Return the server behind the `packages.sock` of a workspace."""
        bucket = Bucket(BURST, PER_SECOND)
        return paced_server(bucket, CONCURRENT, lambda request: self._pass(workspace, request), _refuse)

    async def _pass(self, workspace: str, request: web.BaseRequest) -> web.StreamResponse:
        target = parse_target(request.raw_path)
        if request.method not in METHODS or request.body_exists:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        if target.query:
            raise Refused("route.missing")
        if asked := ASKED.fullmatch(target.path):
            said = REASONS[asked["why"]].format(package=asked["package"], portal=self.config.origin("zone"))
            return web.Response(status=403, reason=said)
        if not LISTED.fullmatch(target.path):
            raise Refused("route.missing")
        accept = JSON_TYPE if JSON_TYPE in request.headers.get("Accept", "") else "text/html"
        headers = {WORKSPACE_HEADER: workspace, "Accept": accept, "Accept-Encoding": "identity"}
        url = URL(f"http://portal/workspace/packages{target.path}")
        try:
            async with self.neighbours.calls.request(
                request.method, url, headers=headers, allow_redirects=False
            ) as answer:
                return await _send(request, answer)
        except (ClientError, TimeoutError, OSError) as error:
            raise Refused("zone.away", type(error).__name__) from error


async def _refuse(request: web.BaseRequest, code: str) -> web.Response:
    return web.Response(status=REFUSALS[code].status, headers=waiting(code))


async def _send(request: web.BaseRequest, answer: ClientResponse) -> web.StreamResponse:
    """Pass an answer on in pieces; one that breaks off breaks the connection, and pip tries again."""
    headers = {name: answer.headers[name] for name in PASSED if name in answer.headers}
    sent = web.StreamResponse(status=answer.status, headers=headers)
    await sent.prepare(request)
    if request.method == "HEAD":
        return sent
    try:
        async for chunk in answer.content.iter_any():
            await sent.write(chunk)
        await sent.write_eof()
    except (ClientError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
    return sent
