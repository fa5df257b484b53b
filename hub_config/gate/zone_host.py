"""The zone host (hub, portal, and the frame around a workspace) and the preview host."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from hub_config.gate.announcement import Announcement
from hub_config.gate.answers import page, redirect
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import Refused
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.headers import HOST_PREFIX, cookies, gate_page_headers
from hub_config.gate.marks import PATH as MARK
from hub_config.gate.marks import Mark, Marks
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.origins import Origins
from hub_config.gate.pages import bar_page, frame_page, mark_page, stale_bar_page
from hub_config.gate.sites import FRAME, SAFE_METHODS, SANDBOXED_PART, Initiator, SitePolicy, check_initiator
from hub_config.gate.targets import PATH_SAFE, Target
from hub_config.gate.work_host import is_websocket
from hub_config.gate.workspaces import Workspaces, place_of

OPEN = "/_gate/open/"
BAR = "/_gate/bar"
HEALTH, READY = "/_gate/health", "/_gate/ready"
SIGN_OUT = "/hub/logout"


@dataclass(frozen=True, slots=True)
class HubRoute:
    """One path of the hub that a browser needs; everything else of the hub is for its neighbours only."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    reason: str


def _route(methods: str, pattern: str, reason: str) -> HubRoute:
    return HubRoute(frozenset(methods.split()), re.compile(pattern), reason)


HUB_ROUTES: tuple[HubRoute, ...] = (
    _route("GET HEAD POST", r"/hub/login", "the sign-in page and its form"),
    _route("GET HEAD POST", SIGN_OUT, "signing out"),
    _route("GET HEAD", r"/hub/identity/(?:begin|callback)", "to the provider that vouches for people, and back"),
    _route("POST", r"/hub/identity/signed-out", "the provider's message that it signed somebody out"),
    _route("GET HEAD", r"/hub/static/.+", "styles and pictures of these pages"),
    _route("GET HEAD", r"/hub/logo", "picture of these pages"),
    _route("GET HEAD POST", r"/hub/api/oauth2/authorize", "signing in to the portal and to workspaces"),
)
HUB_SIGN_IN = frozenset({"jupyterhub-hub-login", HOST_PREFIX + "jupyterhub-hub-login"})
HUB_HOMES = re.compile(r"/hub(?:/(?:home|spawn)?)?")  # where the hub sends people; the portal is our home

PREVIEW_POLICY = {"iframe": FRAME, "image": SANDBOXED_PART, "style": SANDBOXED_PART}


@dataclass(frozen=True, slots=True)
class ZoneHost:
    """Answers every request to the zone host."""

    config: GateConfig
    origins: Origins
    neighbours: Neighbours
    workspaces: Workspaces
    tickets: FrameTickets
    marks: Marks
    announcement: Announcement

    async def answer(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        """Answer a request whose target is unambiguous.

        Raises: Refused — if no table allows it.
        """
        websocket = is_websocket(request)
        initiator = Initiator.of(request.method, request.headers, websocket=websocket)
        check_initiator(SitePolicy(self.config.origin("zone")), initiator)
        if websocket:
            raise Refused("route.missing")
        reading = request.method in SAFE_METHODS
        if reading and target.path.startswith(OPEN):
            return self._frame(target)
        if reading and target.path == BAR:
            return self._bar(target)
        if reading and target.path == MARK:
            return self._mark(target)
        if reading and target.path in {HEALTH, READY}:
            # For load balancers and monitoring: whether, never what or who.
            ready = target.path == HEALTH or await self.neighbours.ready()
            also = "" if self.announcement.said is None else "maintenance\n"
            return web.Response(text=("ok\n" if ready else "not ready\n") + also, status=200 if ready else 503)
        if target.path == "/hub" or target.path.startswith("/hub/"):
            if target.path == SIGN_OUT and initiator.site == "cross-site":
                # The provider leads back here once the hub has signed out; no other site signs anybody out.
                _check_signed_out(request)
            return await self._hub(request, target, address)
        return await self.neighbours.to_portal(request, target, address, host="zone")

    async def _hub(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        if HUB_HOMES.fullmatch(target.path) and request.method in SAFE_METHODS:
            return redirect("/", self.config)
        for route in HUB_ROUTES:
            if request.method in route.methods and route.pattern.fullmatch(target.path):
                return await self.neighbours.to_hub(request, target, address)
        raise Refused("route.missing")

    def _frame(self, target: Target) -> web.Response:
        """Return the frame around a workspace; without a fresh ticket the work host checks the session first."""
        path = "/" + target.path.removeprefix(OPEN)
        place = place_of(path)
        if place is None:
            raise Refused("route.missing")
        origin = self.origins.origin_of(place)
        address = origin + quote(path, safe=PATH_SAFE)
        name = dict(target.query).get("ticket", "")
        ticket = self.tickets.open(name, path)
        workspace = self.workspaces.get(ticket.workspace) if ticket else None
        if workspace is None:
            return redirect(address, self.config)
        tenancy = workspace.tenancy
        mark = Mark(tenancy.handle, tenancy.language)
        text = frame_page(
            workspace_url=address,
            bar_url=f"{BAR}?ticket={name}",
            mark_url=self.marks.address(mark, time.time()) if tenancy.access.watermark else None,
            project=tenancy.project,
            language=tenancy.language,
        )
        return page(text, gate_page_headers(self.config, frames=("'self'", origin)))

    def _bar(self, target: Target) -> web.Response:
        ticket = self.tickets.bar(dict(target.query).get("ticket", ""))
        if ticket is None:
            # A gate that started anew knows no ticket of before, and a bar that stays up must not say "no such page".
            text = stale_bar_page(portal=self.config.origin("zone"), demo=self.config.demo)
            return page(text, gate_page_headers(self.config, framed_by="'self'"))
        workspace = self.workspaces.get(ticket.workspace)
        text = bar_page(
            ends_at=workspace.tenancy.ends_at if workspace else None,
            closed=workspace is None,
            language=workspace.tenancy.language if workspace else ticket.language,
            portal=self.config.origin("zone"),
            now=datetime.now(self.config.time_zone),
            demo=self.config.demo,
            project=workspace.tenancy.project if workspace else None,
            held=workspace.held if workspace else 0,
            kept=tuple(workspace.kept.names) if workspace else (),
            share=workspace.meter.share if workspace else 0.0,
            notice=self.announcement.said,
            stopped=workspace.stopped if workspace else None,
        )
        return page(text, gate_page_headers(self.config, framed_by="'self'"))

    def _mark(self, target: Target) -> web.Response:
        mark = self.marks.read(dict(target.query), time.time())
        text = mark_page(
            person=mark.person if mark else None,
            zone=self.config.domain,
            language=mark.language if mark else "ko",
            now=datetime.now(self.config.time_zone),
        )
        return page(text, gate_page_headers(self.config, framed_by="'self'"))


def _check_signed_out(request: web.BaseRequest) -> None:
    if any(name in HUB_SIGN_IN for name, _ in cookies(request.headers)):
        raise Refused("site.cross", "a sign-out from elsewhere")


PREVIEW_STYLE = "/static/preview.css"


@dataclass(frozen=True, slots=True)
class PreviewHost:
    """Answers every request to the preview host: reads only, without cookies, shown without rights."""

    config: GateConfig
    neighbours: Neighbours

    async def answer(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        """Answer a request whose target is unambiguous.

        Raises: Refused — for anything but reading a preview.
        """
        if request.method not in SAFE_METHODS or is_websocket(request):
            raise Refused("route.missing")
        if target.path != PREVIEW_STYLE:  # the same for everybody, and asked for by a document without an origin
            initiator = Initiator.of(request.method, request.headers)
            check_initiator(SitePolicy(self.config.origin("preview"), PREVIEW_POLICY), initiator)
            if not target.path.startswith("/p/"):
                raise Refused("route.missing")
        return await self.neighbours.to_portal(request, target, address, host="preview")
