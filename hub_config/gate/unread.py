"""What came from workspaces and for them, and was not dealt with yet: one bound for all of them.

A message or body is kept until it is whole and was passed on, held back or refused, so those that never end would fill
the gate. Beyond the bound a connection of whoever holds the most is ended: nobody can take the room of others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp.web import RequestHandler

from hub_config.gate.door import Said
from hub_config.gate.errors import Refused

FULL = "messages.full"


@dataclass(slots=True, eq=False)
class Unread:
    """What is unread of one WebSocket or request, of both sides, in bytes as they came."""

    owner: str
    _room: Room
    _end: Callable[[], None]
    size: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def came(self, size: int) -> bool:
        """Count bytes that came; return whether the connection goes on."""
        self._room.count(self, size)
        return not self._ended.is_set()

    def watch(self, browser: RequestHandler) -> None:
        """Count what a browser sends, too; aiohttp has no hook for it."""
        browser._payload_parser = _Counted(browser._payload_parser, self)

    def read(self, size: int, *, mask: int = 0) -> None:
        """Note that a message was dealt with. What is not counted off are the heads of its frames but one, and what
        keeps a connection open: a few bytes of whoever is honest, and of others their own loss.
        """
        head = 2 if size < 126 else 4 if size < 65_536 else 10  # RFC 6455 section 5.2
        self._room.count(self, -min(size + head + mask, self.size))

    def end(self) -> None:
        """End the connection, as there is no room for what it holds."""
        self._ended.set()
        self._end()

    async def refused(self) -> None:
        """Wait until the connection is ended for want of room.

        Raises: Refused.
        """
        await self._ended.wait()
        raise Refused(FULL)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Reads a WebSocket for aiohttp, and counts."""

    _parser: Any
    _unread: Unread

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Read what came; return whether the connection is to be closed, and what is left."""
        if not self._unread.came(len(data)):
            return False, b""
        found: tuple[bool, bytes] = self._parser.feed_data(data)
        return found

    def feed_eof(self) -> None:
        """Note that nothing more comes."""
        self._parser.feed_eof()


@dataclass(slots=True)
class Room:
    """What is unread of all connections."""

    most: int
    size: int = 0
    ended: int = 0
    """How many connections were ended."""
    _all: set[Unread] = field(default_factory=set)
    _said: Said = field(default_factory=Said)

    @contextlib.contextmanager
    def counting(self, owner: str, end: Callable[[], None]) -> Iterator[Unread]:
        """Count a connection of a person; `end` ends it."""
        unread = Unread(owner, self, end)
        self._all.add(unread)
        try:
            yield unread
        finally:
            self._leave(unread)

    def count(self, unread: Unread, size: int) -> None:
        """Count bytes that came, or, below zero, that were dealt with; make room where they are too many."""
        if unread not in self._all:
            return
        unread.size += size
        self.size += size
        while self.size > self.most:
            fullest = self._fullest()
            self._leave(fullest)
            self.ended += 1
            self._said.hit("bytes of workspaces that are not read yet")
            fullest.end()

    def _fullest(self) -> Unread:
        """Return the connection that holds the most of the person who holds the most."""
        of: Counter[str] = Counter()
        for one in self._all:
            of[one.owner] += one.size
        return max(self._all, key=lambda one: (of[one.owner], one.size))

    def _leave(self, unread: Unread) -> None:
        if unread in self._all:
            self._all.discard(unread)
            self.size -= unread.size
