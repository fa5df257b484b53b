"""Puts the gate together and sends every request to the host it names."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientError, web

from audit.client import AsyncAuditClient
from hub_config.gate.access import parse_address
from hub_config.gate.announcement import Announcement
from hub_config.gate.answers import refusal
from hub_config.gate.calls import Calls
from hub_config.gate.config import GateConfig
from hub_config.gate.control import Control
from hub_config.gate.door import Door, GuardedServer, UnderWay
from hub_config.gate.errors import AmbiguousTarget, AuditUnavailable, HubUnavailable, Refused
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.hub_identity import HubIdentity
from hub_config.gate.marks import Marks
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.origins import Origins
from hub_config.gate.packages import Packages
from hub_config.gate.record import Asker, Record
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.sessions import Sessions
from hub_config.gate.sign_in_host import SignInHost
from hub_config.gate.targets import Target, parse_target
from hub_config.gate.work_host import WorkHost
from hub_config.gate.workspaces import Workspaces
from hub_config.gate.zone_host import PreviewHost, ZoneHost

log = logging.getLogger("ansim.gate")

AUDIT_SOCKET = Path("run/audit.sock")
MAX_HEADER = 16_384
MAX_HEADERS = 64  # fields of a browser's request; none sends half as many
STOP_SECONDS = 2.0

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Host(Protocol):
    """One kind of host."""

    async def answer(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse: ...


class Gate:
    """The gate of one zone; needs a running event loop."""

    def __init__(self, config: GateConfig, token: str, *, trusted: frozenset[int]) -> None:
        self._config = config
        self._audit = AsyncAuditClient(AUDIT_SOCKET)
        self._hub = HubIdentity(config, token)
        self._neighbours = Neighbours(config)
        self._record = Record(self._audit)
        self._sessions = Sessions(self._hub, config)
        self._origins = Origins(config, token)
        self._under_way = UnderWay(config.limits.requests_of_one, config.limits.strangers_of_one)
        self.workspaces = Workspaces(
            config.limits,
            Calls(config, self._neighbours, self._tell_pace).server,
            Packages(config, self._neighbours).server,
        )
        tickets = FrameTickets()
        self._announcement = Announcement()
        self.control = Control(self.workspaces, self._sessions, tickets, trusted, self._announcement)
        origins = self._origins
        self._work = WorkHost(config, origins, self._hub, self._sessions, self.workspaces, tickets, self._record)
        self._hosts: dict[str, Host] = {
            config.host("zone"): ZoneHost(
                config, origins, self._neighbours, self.workspaces, tickets, Marks(token), self._announcement
            ),
            config.host("work"): SignInHost(config, origins, self._sessions) if origins.apart else self._work,
            config.host("preview"): PreviewHost(config, self._neighbours),
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a browser."""
        name = request.headers.get("Host", "")
        host = self._host(name)
        if host is None or len(request.headers.getall("Host")) != 1:
            return refusal("host.unknown", request, self._config)
        address = self._address(request)
        try:
            with self._under_way.request(address, stranger=not self._sessions.knows(request.headers, name)):
                return await self._answer(request, host, address)
        except Refused as refused:
            if REFUSALS[refused.code].status >= 500:
                log.warning("%s: %s", refused.code, refused.detail)
            return refusal(refused.code, request, self._config, notice=self._announcement.said)
        except AuditUnavailable as unrecorded:
            return refusal(unrecorded.code, request, self._config)
        except HubUnavailable:
            return refusal("hub.away", request, self._config, notice=self._announcement.said)

    async def _answer(self, request: web.BaseRequest, host: Host, address: str) -> web.StreamResponse:
        try:
            target = parse_target(request.raw_path)
        except AmbiguousTarget as error:
            if host is self._work:
                await self._work.refuse_target(request, address)
            raise Refused("target.ambiguous", str(error)) from error
        return await host.answer(request, target, address)

    async def _tell_pace(self, ref: str, refused: Refused, method: str, path: str) -> None:
        """Record that a workspace called too often; it asks by itself, and no session of its owner does."""
        if (workspace := self.workspaces.get(ref)) is not None:
            asker = Asker(workspace.tenancy.owner(None), None)
            await self._record.refused(workspace.tenancy, asker, refused, method, path)

    def _host(self, name: str) -> Host | None:
        return self._work if self._origins.holds_workspaces(name) else self._hosts.get(name)

    def _address(self, request: web.BaseRequest) -> str:
        return address_of(request.remote or "", request.headers.getall("X-Forwarded-For", []), self._config.front_ends)

    @contextlib.asynccontextmanager
    async def serving(self, public: socket.socket, orders: socket.socket) -> AsyncIterator[None]:
        """Serve on both sockets until the block ends; then nothing of the gate is left open."""
        browsers, controls = browser_server(self.answer, self._config), _server(self.control.answer)
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            for server, listener in ((browsers, public), (controls, orders)):
                listening = await loop.create_server(server, sock=listener)
                stack.push_async_callback(server.shutdown, STOP_SECONDS)
                stack.callback(listening.close)
            stack.push_async_callback(self._close)
            for duty in (self._sessions.watch(), self._record.keep_counting()):
                stack.callback(asyncio.create_task(duty).cancel)
            yield

    async def _close(self) -> None:
        await self.workspaces.cut_all("gate_stopped")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._record.tell_shown()
        await self._neighbours.close()
        await self._hub.close()
        await self._audit.close()


def address_of(peer: str, said: Sequence[str], front_ends: Sequence[str]) -> str:
    """Return the address of the browser: that of the connection, or what a named front end says it was; "" where a
    front end names none, for its own address is nobody's place.

    Only the last word is the front end's own; whatever stands before it came from the browser.
    """
    here = parse_address(peer)
    if here is None or here not in map(parse_address, front_ends):
        return peer
    named = parse_address(",".join(said).rpartition(",")[2].strip())
    return "" if named is None else str(named)


def browser_server(handler: Answer, config: GateConfig) -> web.Server:
    """Return the server of browsers, among them strangers: neither their number nor their patience fills the gate."""
    limits = config.limits
    front_ends = frozenset(str(parse_address(one)) for one in config.front_ends)
    door = Door(limits.browsers, limits.browsers_of_one, front_ends)
    return _server(handler, door, keepalive_timeout=limits.quiet_seconds, max_headers=MAX_HEADERS)


def _server(handler: Answer, door: Door | None = None, **more: Any) -> web.Server:
    """Return a server that takes a browser that goes away in the middle of an answer for what it is: no
    error.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handler(request)
        except (ClientError, ConnectionError) as error:
            log.info("a browser went away (%s)", type(error).__name__)
            return web.Response(status=499)

    settings = {"max_line_size": MAX_HEADER, "max_field_size": MAX_HEADER, "access_log": None, **more}
    if door is None:
        return web.Server(answer, handler_cancellation=True, **settings)
    return GuardedServer(answer, door, settings)
