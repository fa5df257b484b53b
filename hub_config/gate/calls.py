"""Calls of a workspace to the zone: pre-check, submit and their state, over a socket that is who it is."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import ClientError, web
from multidict import CIMultiDict
from yarl import URL

from hub_config.gate.answers import waiting
from hub_config.gate.bodies import read_body, read_stream
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import Refused
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.rate import Bucket, paced_server
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.targets import parse_target
from portal.i18n import as_language

CONCURRENT = 4  # calls of one workspace at once; a scan uses a processor for seconds
BURST = 60  # calls at once
PER_SECOND = 2.0  # and then: drafts and comments are entries of the log for good, which nobody may fill
WORKSPACE_HEADER = "Ansim-Workspace"
Tell = Callable[[str, Refused, str, str], Awaitable[None]]
"""Hears of a workspace whose call was refused for its pace: reason, method, path."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that a workspace may make."""

    method: str
    pattern: re.Pattern[str]
    reason: str


CALLS: tuple[Call, ...] = (
    Call("GET", re.compile(r"/workspace/status"), "who and until when"),
    Call("GET", re.compile(r"/workspace/messages"), "what was said about its requests"),
    Call("POST", re.compile(r"/workspace/precheck"), "would this pass?"),
    Call("POST", re.compile(r"/workspace/submit"), "asking for a result to leave"),
    Call("GET", re.compile(r"/workspace/requests/er_[a-z2-7]{16}"), "how a request stands"),
    Call("POST", re.compile(r"/workspace/requests/er_[a-z2-7]{16}/withdraw"), "taking a request back"),
    Call("POST", re.compile(r"/workspace/requests/er_[a-z2-7]{16}/copy"), "a new draft of what ended"),
    Call("POST", re.compile(r"/workspace/requests/er_[a-z2-7]{16}/comment"), "an answer to the reviewers"),
    Call("GET", re.compile(r"/workspace/packages"), "which packages may be installed"),
    Call("POST", re.compile(r"/workspace/packages"), "asking for a package"),
    Call("POST", re.compile(r"/workspace/drafts"), "keeping a draft"),
    Call("POST", re.compile(r"/workspace/drafts/er_[a-z2-7]{16}"), "changing a draft"),
    Call("POST", re.compile(r"/workspace/drafts/er_[a-z2-7]{16}/submit"), "handing a draft in"),
)


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes one server per workspace; which server answers decides whose call it is."""

    config: GateConfig
    neighbours: Neighbours
    tell: Tell | None = None
    clock: Callable[[], float] = time.monotonic

    def server(self, workspace: str) -> web.Server:
        """Return the server behind the `api.sock` of a workspace."""

        async def refuse(request: web.BaseRequest, code: str) -> web.Response:
            if code == "calls.pace" and self.tell is not None:
                await self.tell(workspace, Refused(code), request.method, request.path)
            return _refusal(code)

        bucket = Bucket(BURST, PER_SECOND, self.clock)
        return paced_server(bucket, CONCURRENT, lambda request: self._pass(workspace, request), refuse)

    async def _pass(self, workspace: str, request: web.BaseRequest) -> web.Response:
        target = parse_target(request.raw_path)
        if target.query or not any(
            call.method == request.method and call.pattern.fullmatch(target.path) for call in CALLS
        ):
            raise Refused("route.missing")
        body = await read_body(request, self.config.limits.call_bytes)
        headers = {
            WORKSPACE_HEADER: workspace,
            "Content-Type": request.content_type,
            "Accept-Encoding": "identity",
        }
        if language := as_language(request.headers.get("Accept-Language")):
            headers["Accept-Language"] = language
        url = URL(f"http://portal{target.path}")
        try:
            async with self.neighbours.calls.request(
                request.method, url, headers=headers, data=body or None, allow_redirects=False
            ) as answer:
                limit = self.config.limits.page_bytes
                document = await read_stream(answer.content, limit, code="response.too_large")
                passed = CIMultiDict({"Content-Type": answer.headers.get("Content-Type", "application/json")})
                return web.Response(status=answer.status, body=document, headers=passed)
        except (ClientError, TimeoutError, OSError) as error:
            raise Refused("zone.away", type(error).__name__) from error


def _refusal(code: str) -> web.Response:
    known = REFUSALS[code]
    document = {"reason": code, "ko": known.body.ko, "en": known.body.en}
    return web.json_response(document, status=known.status, headers=waiting(code))
