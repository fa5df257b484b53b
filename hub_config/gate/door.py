"""How many connections of browsers the gate takes, altogether and from one address."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

log = logging.getLogger("ansim.gate")

SAID_SECONDS = 60.0


@dataclass(slots=True)
class Door:
    """Counts who is in; a front end stands for everybody who comes through it."""

    most: int
    of_one: int
    front_ends: Collection[str]
    _inside: Counter[str] = field(default_factory=Counter)
    _said: float = -SAID_SECONDS

    def enter(self, address: str) -> bool:
        """Count a connection; return whether it may stay."""
        self._inside[address] += 1
        few = self._inside[address] <= self.of_one or address in self.front_ends
        if few and self._inside.total() <= self.most:
            return True
        now = time.monotonic()
        if now - self._said >= SAID_SECONDS:
            self._said = now
            log.warning("too many connections of browsers; more are refused")
        return False

    def leave(self, address: str) -> None:
        """Note that a connection is gone."""
        self._inside[address] -= 1
        if not self._inside[address]:
            del self._inside[address]


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
