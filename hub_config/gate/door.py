"""How many connections and requests of browsers the gate takes, altogether and from one address."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hub_config.gate.access import parse_address
from hub_config.gate.errors import Refused

log = logging.getLogger("ansim.gate")

SAID_SECONDS = 60.0
HOME_BITS = 64  # of an address of IPv6: whoever has one has all that share them (RFC 4291 section 2.5.4)


def counted_as(address: str) -> str:
    """Return what an address counts for: itself in one spelling, with IPv6 the network that one place has; what names
    none counts together.
    """
    here = parse_address(address)
    if isinstance(here, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((here, HOME_BITS), strict=False))
    return "" if here is None else str(here)


@dataclass(slots=True)
class Said:
    """Says of each limit once a minute that it was hit."""

    _last: dict[str, float] = field(default_factory=dict)

    def hit(self, limit: str) -> None:
        """Say that more than a limit were refused."""
        now = time.monotonic()
        if now - self._last.get(limit, -SAID_SECONDS) >= SAID_SECONDS:
            self._last[limit] = now
            log.warning("too many %s; more are refused", limit)


@dataclass(slots=True)
class Door:
    """Counts who is in; a front end stands for everybody who comes through it."""

    most: int
    of_one: int
    front_ends: Collection[str]
    """In the spelling of `parse_address`."""
    _inside: Counter[str] = field(default_factory=Counter)
    _said: Said = field(default_factory=Said)

    def enter(self, address: str) -> bool:
        """Count a connection; return whether it may stay."""
        place = counted_as(address)
        self._inside[place] += 1
        if self._inside[place] > self.of_one and str(parse_address(address)) not in self.front_ends:
            self._said.hit("connections of browsers from one address")
            return False
        if self._inside.total() > self.most:
            self._said.hit("connections of browsers altogether")
            return False
        return True

    def leave(self, address: str) -> None:
        """Note that a connection is gone."""
        place = counted_as(address)
        self._inside[place] -= 1
        if not self._inside[place]:
            del self._inside[place]


@dataclass(slots=True)
class UnderWay:
    """Counts requests that are being answered, by the browser's own address whatever front end they came through."""

    of_one: int
    of_strangers: int
    """From one address by browsers without a session."""
    _counted: Counter[tuple[str, bool]] = field(default_factory=Counter)
    _said: Said = field(default_factory=Said)

    @contextlib.contextmanager
    def request(self, address: str, *, stranger: bool) -> Iterator[None]:
        """Count a request until it is answered.

        Raises: Refused — if so many are being answered already.
        """
        key = (counted_as(address), stranger)
        if self._counted[key] >= (self.of_strangers if stranger else self.of_one):
            self._said.hit(f"requests {'without' if stranger else 'with'} a session from one address")
            raise Refused("address.busy")
        self._counted[key] += 1
        try:
            yield
        finally:
            self._counted[key] -= 1
            if not self._counted[key]:
                del self._counted[key]


class GuardedServer(web.Server):
    """A server with a door."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        door: Door,
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__(handler, handler_cancellation=True, **settings)
        self._door = door
        self._whose: dict[object, str] = {}

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        """Take a connection, or end it before anything of it is read."""
        super().connection_made(handler, transport)
        peer = transport.get_extra_info("peername")
        self._whose[handler] = str(peer[0]) if peer else ""
        if not self._door.enter(self._whose[handler]):
            transport.abort()

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        """Let a connection go."""
        super().connection_lost(handler, exc)
        address = self._whose.pop(handler, None)
        if address is not None:
            self._door.leave(address)
