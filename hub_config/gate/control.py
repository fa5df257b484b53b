"""The control socket: what the hub, the supervisor and the worker tell the gate. Root only, by the kernel's
word.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, web

from hub_config.gate.announcement import Announcement
from hub_config.gate.bodies import read_body
from hub_config.gate.errors import Refused, WorkspaceSilent
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.headers import WORKSPACE_HOST
from hub_config.gate.sessions import Sessions
from hub_config.gate.workspace import REF, SLUG, OpenWorkspace, parse_tenancy
from hub_config.gate.workspaces import NotCut, Workspaces, place_of

log = logging.getLogger("ansim.gate")

MAX_BODY = 1 << 20
MAX_READY_SECONDS = 600.0
RETRY_SECONDS = 0.1
CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")

Handler = Callable[..., Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Control:
    """The routes that the hub keeps here, and its orders about workspaces."""

    workspaces: Workspaces
    sessions: Sessions
    tickets: FrameTickets
    trusted: frozenset[int]
    """User ids that may give orders."""
    announcement: Announcement = field(default_factory=Announcement)
    instance: str = field(default_factory=lambda: secrets.token_hex(8))
    """Changes when the gate starts anew, so that the hub knows when to tell it everything again."""
    _routes: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Carry out one order; the answer says why where it was not carried out."""
        if _peer(request) not in self.trusted:
            return _error(403, "this user may not give orders to the gate")
        for (method, pattern), handler in TABLE.items():
            match = re.fullmatch(pattern, request.path)
            if method == request.method and match:
                try:
                    return await handler(self, request, *match.groups())
                except (ValueError, KeyError, TypeError, Refused) as error:
                    return _error(400, str(error))
                except OSError as error:
                    return _error(500, f"{type(error).__name__}: {error.strerror}")
                except NotCut as error:
                    log.warning("%s", error)
                    return _error(500, str(error))
                except Exception as error:
                    log.exception("an order was not carried out")
                    return _error(500, type(error).__name__)
        return _error(404, "no such order")

    async def health(self, request: web.BaseRequest) -> web.StreamResponse:
        """Say that the gate runs, which start of it this is, whether the hub has told it everything since, and how many
        connections to workspaces it has ended for want of room.
        """
        told = {"ok": True, "instance": self.instance, "filled": self.workspaces.filled}
        return web.json_response({**told, "ended": self.workspaces.room.ended})

    async def filled(self, request: web.BaseRequest) -> web.StreamResponse:
        """Note that the hub has told everything; from now on what is not open is closed."""
        if (await _json(request)).get("instance") != self.instance:
            return _error(409, "this gate started later than the one that was told")
        self.workspaces.filled = True
        return web.Response(status=204)

    async def get_routes(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return the hub's routes, those to a workspace with its last activity."""
        return web.json_response({spec: self._with_activity(spec, r) for spec, r in self._routes.items()})

    def _with_activity(self, spec: str, route: dict[str, Any]) -> dict[str, Any]:
        place = place_of(spec)
        workspace = self.workspaces.at(place) if place else None
        if workspace is None:
            return route
        activity = {"last_activity": workspace.last_activity.isoformat()}
        return {**route, "data": {**route["data"], **activity}}

    async def put_route(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep a route of the hub. The gate forwards by its own tables, so a route opens nothing."""
        document = await _json(request)
        spec, target, data = document["routespec"], document["target"], document["data"]
        if not (isinstance(spec, str) and isinstance(target, str) and isinstance(data, dict)):
            raise ValueError("a route is a routespec, a target and data")
        self._routes[spec] = {"routespec": spec, "target": target, "data": data}
        return web.json_response({}, status=201)

    async def delete_route(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forget a route of the hub."""
        self._routes.pop((await _json(request))["routespec"], None)
        return web.Response(status=204)

    async def get_workspaces(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return the counters of every open workspace."""
        return web.json_response(self.workspaces.states())

    async def put_workspace(self, request: web.BaseRequest, ref: str) -> web.StreamResponse:
        """Open a workspace: its three sockets, its budget and its place on the work host."""
        document = await _json(request)
        spent = document.get("bytes_out", 0)
        if isinstance(spent, bool) or not isinstance(spent, int) or spent < 0:
            raise ValueError("bytes_out is a number of bytes")
        await self.workspaces.open(parse_tenancy(ref, document), spent=spent)
        return web.json_response({}, status=201)

    async def delete_workspace(self, request: web.BaseRequest, ref: str) -> web.StreamResponse:
        """Cut a workspace."""
        reason = (await _json(request)).get("reason", "closed")
        if not isinstance(reason, str) or not CODE.fullmatch(reason):
            raise ValueError("a reason is a code")
        if not await self.workspaces.cut(ref, reason):
            return _error(404, "this workspace is not open")
        return web.Response(status=204)

    async def put_frozen(self, request: web.BaseRequest) -> web.StreamResponse:
        """Let the projects of a list stand still, and no other; every way into their workspaces ends with it."""
        projects = (await _json(request))["projects"]
        if not isinstance(projects, list) or not all(isinstance(p, str) and SLUG.fullmatch(p) for p in projects):
            raise ValueError("projects is a list of project ids")
        not_cut = None
        try:
            cut = await self.workspaces.freeze(frozenset(projects))
        except NotCut as error:
            not_cut, cut = error, [*error.doomed]
        self.tickets.drop({one.ref for one in cut})
        ended = await self.sessions.end_all_of({one.handle for one in cut})
        if not_cut is not None:
            raise not_cut
        return web.json_response({"workspaces": sorted(one.ref for one in cut), "sessions": ended})

    async def put_announcement(self, request: web.BaseRequest) -> web.StreamResponse:
        """Say from now on what the zone announces, or nothing."""
        self.announcement.tell(await _json(request))
        return web.Response(status=204)

    async def ready(self, request: web.BaseRequest, ref: str) -> web.StreamResponse:
        """Answer once Jupyter in the workspace does, or that it did not in time."""
        seconds = float(request.query.get("timeout", "60"))
        workspace = self.workspaces.get(ref)
        if workspace is None:
            return _error(404, "this workspace is not open")
        if not 0 < seconds <= MAX_READY_SECONDS:
            raise ValueError(f"timeout is at most {MAX_READY_SECONDS:.0f} seconds")
        try:
            async with asyncio.timeout(seconds):
                while not await _answers(workspace):  # noqa: ASYNC110 — Jupyter tells nobody when it is up
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError:
            return _error(504, "the workspace does not answer")
        return web.json_response({"ready": True})


TABLE: dict[tuple[str, str], Handler] = {
    ("GET", "/health"): Control.health,
    ("PUT", "/filled"): Control.filled,
    ("GET", "/routes"): Control.get_routes,
    ("PUT", "/routes"): Control.put_route,
    ("DELETE", "/routes"): Control.delete_route,
    ("GET", "/workspaces"): Control.get_workspaces,
    ("PUT", "/frozen"): Control.put_frozen,
    ("PUT", "/announcement"): Control.put_announcement,
    ("PUT", rf"/workspaces/({REF.pattern})"): Control.put_workspace,
    ("DELETE", rf"/workspaces/({REF.pattern})"): Control.delete_workspace,
    ("GET", rf"/workspaces/({REF.pattern})/ready"): Control.ready,
}


async def _answers(workspace: OpenWorkspace) -> bool:
    """Ask Jupyter for its version; whatever it says with success counts."""
    if workspace.dial_in.closed:
        raise Refused("workspace.closed")
    url = f"http://workspace{workspace.tenancy.prefix}api"
    headers = {"Host": WORKSPACE_HOST, "Accept-Encoding": "identity"}
    try:
        async with workspace.dial_in.session.get(url, headers=headers, allow_redirects=False) as answer:
            return answer.status == 200
    except (ClientError, TimeoutError, WorkspaceSilent):
        return False


async def _json(request: web.BaseRequest) -> dict[str, Any]:
    body = await read_body(request, MAX_BODY)
    document = json.loads(body) if body else {}
    if not isinstance(document, dict):
        raise ValueError("the body is a JSON object")
    return document


def _peer(request: web.BaseRequest) -> int | None:
    """Return the user id of the process at the other end, as the kernel knows it."""
    connection = request.get_extra_info("socket")
    if connection is None:
        return None
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)


def _error(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)
