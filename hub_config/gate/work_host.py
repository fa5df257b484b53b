"""The hosts of workspaces: each for one workspace and its owner, or one for all of them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import HttpVersion11, web

from audit.event import Actor
from hub_config.gate.activity import by_person
from hub_config.gate.answers import LANGUAGE, drop_cookie, page, redirect, refusal, set_cookie
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import AmbiguousTarget, HubUnavailable, Refused
from hub_config.gate.forward import Passage, forward
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.headers import gate_page_headers
from hub_config.gate.hub_identity import HubIdentity
from hub_config.gate.kernel_socket import join
from hub_config.gate.origins import Origins
from hub_config.gate.pages import return_page
from hub_config.gate.record import Asker, Record
from hub_config.gate.routes import Kind, Route, find_route
from hub_config.gate.sessions import Session, Sessions
from hub_config.gate.sign_ins import MAX_NEXT, SIGN_IN_SECONDS
from hub_config.gate.sites import (
    BEGAN_HERE,
    FRAME,
    SAFE_METHODS,
    Initiator,
    SitePolicy,
    check_initiator,
    check_sign_out,
)
from hub_config.gate.targets import PATH_SAFE, Target, parse_target
from hub_config.gate.workspace import OpenWorkspace
from hub_config.gate.workspaces import Place, Workspaces, place_of

OWN = "/_gate/"


@dataclass(frozen=True, slots=True)
class WorkHost:
    """Answers every request to a host of workspaces."""

    config: GateConfig
    origins: Origins
    hub: HubIdentity
    sessions: Sessions
    workspaces: Workspaces
    tickets: FrameTickets
    record: Record

    async def answer(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        """Answer a request whose target is unambiguous.

        Raises: Refused — if no table allows it; AuditUnavailable, HubUnavailable — if it cannot be decided.
        """
        websocket, host = is_websocket(request), request.headers["Host"]
        initiator = Initiator.of(request.method, request.headers, websocket=websocket)
        policy = SitePolicy(f"{self.config.scheme}://{host}", {"iframe": FRAME})
        check_initiator(policy, initiator)
        if target.path.startswith(OWN):
            return await self._own(request, target, initiator, host, address)
        place = self._place(target.path, host)
        if place is None:
            if target.path in ("/", "/user/") and request.method in SAFE_METHODS:
                return redirect(self.config.origin("zone") + "/", self.config)
            raise Refused("route.missing")
        try:
            session = await self.sessions.current(request.headers, host)
        except Refused as missing:
            if missing.code == "session.missing" and not self.workspaces.filled:
                # A gate that started anew has forgotten it, and waiting is all there is to do. Strangers get the same
                # answer for every path: what is open and what is frozen is not theirs to know.
                raise Refused("gate.filling") from missing
            if missing.code == "session.missing" and _may_sign_in(initiator, place):
                return redirect(f"{OWN}login?next={quote(target.path, safe='/')}", self.config)
            raise
        return await self._enter(request, target, place, session, address, initiator)

    async def _enter(
        self,
        request: web.BaseRequest,
        target: Target,
        place: Place,
        session: Session,
        address: str,
        initiator: Initiator,
    ) -> web.StreamResponse:
        workspace = self.workspaces.at(place)
        if session.handle != place.handle:
            stranger = Asker(Actor.service("gate"), address, session.handle)
            await self._refused(workspace, stranger, Refused("session.not_owner"), request, target)
            raise Refused("session.not_owner")
        if workspace is None:
            raise self.workspaces.absence(place)
        request[LANGUAGE] = workspace.tenancy.language
        asker = Asker(workspace.tenancy.owner(session.ref), address)
        below = Target(place.below, target.query)
        try:
            await self._admit(workspace, session, address)
            reserved = session.connecting(address) if initiator.websocket else contextlib.nullcontext()
            with reserved, workspace.serving(request):
                route = find_route(request.method, below, websocket=initiator.websocket)
                if route.kind is Kind.PAGE and initiator.dest is None and is_browser(request):
                    raise Refused("browser.old")  # in the frame it would not say either where it is: an empty page
                if initiator.top_level or (route.kind is Kind.PAGE and initiator.dest != "iframe"):
                    # Also for who does not say what it is for: outside the frame a link could lead anywhere.
                    return self._framed(workspace, route, below)
                await self.record.opened(workspace, asker)
                if route.kind in (Kind.PAGE, Kind.WRITE):
                    workspace.touch()
                if by_person(request.method, route.kind, below):
                    session.touch()
                return await self._pass(Passage(request, workspace, route, below, asker, session.touch), session)
        except Refused as refused:
            await self._refused(workspace, asker, refused, request, target)
            return refusal(refused.code, request, self.config)

    async def _admit(self, workspace: OpenWorkspace, session: Session, address: str) -> None:
        """Hold a request to the policy of the project.

        Raises: Refused — from an address that is not listed, while the person works in another browser or place, or
        when the policy allows less time than has passed since the sign-in.
        """
        access = workspace.tenancy.access
        access.check_address(address)
        session.hold_to(access)
        await self.sessions.validate(session)
        reason = self.sessions.reason_to_wait(session, address) if access.one_connection else None
        if reason is not None:
            raise Refused(reason)

    async def _pass(self, passage: Passage, session: Session) -> web.StreamResponse:
        if passage.route.kind in (Kind.KERNEL, Kind.EVENTS):
            with passage.workspace.joining():
                return await join(passage, session, self.config, self.record)
        if passage.route.kind is Kind.WRITE:
            async with passage.workspace.writing:  # the next one waits unread
                return await forward(passage, self.config, self.record)
        return await forward(passage, self.config, self.record)

    def _framed(self, workspace: OpenWorkspace, route: Route, below: Target) -> web.Response:
        """Send a page that a person opens to the frame that holds it; nothing else of a workspace fills a
        tab.
        """
        path = workspace.tenancy.prefix + (below.path if route.kind is Kind.PAGE and below.path else "lab")
        ticket = self.tickets.issue(workspace.tenancy.ref, path, workspace.tenancy.language)
        frame = f"{self.config.origin('zone')}{OWN}open{quote(path, safe=PATH_SAFE)}?ticket={ticket}"
        return redirect(frame, self.config)

    async def _refused(
        self,
        workspace: OpenWorkspace | None,
        asker: Asker,
        refused: Refused,
        request: web.BaseRequest,
        target: Target,
    ) -> None:
        if workspace is not None:
            await self.record.refused(workspace.tenancy, asker, refused, request.method, target.encoded())

    async def refuse_target(self, request: web.BaseRequest, address: str) -> None:
        """Record a target that has more than one reading, if a signed-in person sent it to a workspace of
        theirs.
        """
        host = request.headers["Host"]
        place = self._place(request.path, host)
        workspace = self.workspaces.at(place) if place else None
        if workspace is None:
            return
        try:
            session = await self.sessions.current(request.headers, host)
        except (Refused, HubUnavailable):
            return
        if session.handle == workspace.tenancy.handle:
            asker = Asker(workspace.tenancy.owner(session.ref), address)
            refused = Refused("target.ambiguous")
            await self.record.refused(workspace.tenancy, asker, refused, request.method, request.raw_path)

    def _place(self, path: str, host: str) -> Place | None:
        """Return which workspace a path names, if this is its host."""
        place = place_of(path)
        return place if place is not None and self.origins.host_of(place) == host else None

    async def _own(
        self, request: web.BaseRequest, target: Target, initiator: Initiator, host: str, address: str
    ) -> web.StreamResponse:
        query = dict(target.query)
        match request.method, target.path.removeprefix(OWN):
            case "GET", "login":
                return self._login(query.get("next", ""), host, address)
            case "GET", "callback":
                return await self._callback(request, query, host)
            case "GET" | "POST", "logout":
                check_sign_out(initiator)
                await self.sessions.end(request.headers, host)
                answer = redirect(self.config.origin("zone") + "/", self.config)
                drop_cookie(answer, self.config, self.sessions.cookie)
                return answer
            case _:
                raise Refused("route.missing")

    def _login(self, next_path: str, host: str, address: str) -> web.Response:
        try:
            place = self._place(parse_target(quote(next_path, safe=PATH_SAFE)).path, host)
        except AmbiguousTarget:
            place = None
        if place is None:
            raise Refused("route.missing")
        goal = next_path if len(next_path) <= MAX_NEXT else f"/user/{place.handle}/{place.project}/"[:MAX_NEXT]
        sign_in = self.sessions.begin(goal, host, address)
        answer = redirect(self.hub.authorize_url(sign_in), self.config)
        # Lax, because the sign-in may have been started by a link on another site.
        set_cookie(answer, self.config, self.sessions.state_cookie, sign_in.state, "Lax", int(SIGN_IN_SECONDS))
        return answer

    async def _callback(self, request: web.BaseRequest, query: dict[str, str], host: str) -> web.Response:
        code, state = query.get("code", ""), query.get("state", "")
        value, sign_in = await self.sessions.finish(code, state, request.headers, host)
        target = quote(sign_in.next_path, safe=PATH_SAFE)
        if request.headers.get("Sec-Fetch-Site") in BEGAN_HERE:
            answer = redirect(target, self.config)
        else:
            # A link on another site may have begun it: only a page of our own makes the browser send a strict cookie.
            answer = page(return_page(target), gate_page_headers(self.config))
        drop_cookie(answer, self.config, self.sessions.state_cookie)
        set_cookie(answer, self.config, self.sessions.cookie, value, "Strict", None)
        return answer


def is_websocket(request: web.BaseRequest) -> bool:
    """Say whether a request asks for a WebSocket; HTTP/1.0 has none (RFC 6455 section 4.1)."""
    return request.version >= HttpVersion11 and request.headers.get("Upgrade", "").lower() == "websocket"


def is_browser(request: web.BaseRequest) -> bool:
    """Say whether a person sits before what asks, as browsers say it since the first ones; it opens nothing."""
    return request.headers.get("User-Agent", "").startswith("Mozilla/")


def _may_sign_in(initiator: Initiator, place: Place) -> bool:
    """Say whether a request without a session is a page that a person opens, not a part of one."""
    opens = initiator.mode in (None, "navigate") and initiator.dest in (None, "document")
    return initiator.method == "GET" and opens and not initiator.websocket and not place.below.startswith("api/")
