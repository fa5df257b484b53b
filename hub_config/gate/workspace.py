"""A workspace that the gate has opened: who owns it, and everything that ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from aiohttp import ClientWebSocketResponse, web

from audit.event import Actor, Object, Subjects
from audit.text import Language
from hub_config.gate.access import Access, parse_access
from hub_config.gate.activity import Typing
from hub_config.gate.config import Limits
from hub_config.gate.dialin import DialIn
from hub_config.gate.errors import Refused
from hub_config.gate.kept import Kept
from hub_config.gate.listen import Acceptor
from hub_config.gate.outflow import Day, Outflow
from hub_config.gate.trickle import Found
from hub_config.gate.unread import FULL, Room, Unread

REF = re.compile(r"ws_[a-z2-7]{16}")
PERSON = re.compile(r"p_[a-z2-7]{16}")
HANDLE = re.compile(r"[a-z][a-z0-9-]{1,28}")
SLUG = re.compile(r"[a-z][a-z0-9-]{0,29}")
OPEN = Access()
CLOSE_CUT = 4001  # WebSocket close code: the zone has closed the workspace
CUT_SECONDS = 0.5
CALL_CONNECTIONS = 32
STOPPED_SECONDS = 180.0
MOST_REQUESTS = 128  # of browsers at once, WebSockets among them: one workspace does not take the share of a house
MOST_SOCKETS = 32  # WebSockets of browsers: Lab opens one for each kernel and one for events
READ_AT_ONCE = 4  # answers that are kept in memory until they were looked at
WRITTEN_AT_ONCE = 2  # files that are being saved, and are in memory until the workspace has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """Whose workspace it is and until when; what the hub tells the gate before a start."""

    ref: str
    handle: str
    person_ref: str
    project: str
    prefix: str
    ends_at: datetime | None
    language: Language
    datasets: tuple[tuple[str, int, int], ...]
    access: Access = OPEN

    @property
    def object(self) -> Object:
        """The workspace as the object of an event."""
        return Object("workspace", self.ref, self.project)

    @property
    def subjects(self) -> Subjects:
        """Whose data lies in the workspace."""
        return Subjects.datasets(self.datasets)

    def owner(self, session: str | None) -> Actor:
        """Return the owner as the actor of an event."""
        return Actor.person(self.person_ref, session=session)


def parse_tenancy(ref: str, document: Mapping[str, Any]) -> Tenancy:
    """Read the body of `PUT /workspaces/<ref>`.

    Raises: ValueError — if it is not exactly what the contract of the control socket says.
    """
    values = dict(document)
    values.pop("bytes_out", None)
    try:
        ends_at = values.pop("ends_at")
        datasets = tuple((str(i), int(v), int(p)) for i, v, p in values.pop("datasets"))
        access = parse_access(values.pop("access", {}))
        tenancy = Tenancy(
            ref=ref,
            ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
            datasets=datasets,
            access=access,
            **values,
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a workspace: {error}") from error
    wanted = f"/user/{tenancy.handle}/{tenancy.project}/"
    good = (
        REF.fullmatch(ref)
        and PERSON.fullmatch(tenancy.person_ref)
        and HANDLE.fullmatch(tenancy.handle)
        and SLUG.fullmatch(tenancy.project)
        and tenancy.prefix == wanted
        and tenancy.language in ("ko", "en")
        and (tenancy.ends_at is None or tenancy.ends_at.tzinfo is not None)
    )
    if not good:
        raise ValueError("a field of the workspace has the wrong form")
    return tenancy


class Meter:
    """Counts what goes to browsers against the budget of one start of a workspace, and of the day of its owner."""

    def __init__(self, day: Day, spent: int = 0) -> None:
        self._day = day
        self.bytes_out = spent

    @property
    def share(self) -> float:
        """How much of the budget is spent, from 0 to 1."""
        return min(1.0, self.bytes_out / self._day.budget)

    def check(self, size: int | None) -> None:
        """Refuse an answer before it starts.

        Raises: Refused — if the budget is spent, or an answer of `size` bytes would overspend it.
        """
        if self.bytes_out + (size or 0) > self._day.budget or self.bytes_out >= self._day.budget:
            raise Refused("budget.spent")

    def count(self, size: int) -> Found | None:
        """Count bytes that are about to be sent; return what is to be told of them.

        Raises: Refused — if they would overspend the budget.
        """
        self.check(size)
        self.bytes_out += size
        return self._day.count(size, time.monotonic())


class OpenWorkspace:
    """The sockets, counters and live connections of one workspace."""

    def __init__(
        self, tenancy: Tenancy, limits: Limits, room: Room, *, spent: int = 0, outflow: Outflow | None = None
    ) -> None:
        self.tenancy = tenancy
        self._room = room
        self.outflow = outflow or Outflow.of(tenancy.access, limits)
        self.meter = Meter(self.outflow.day, spent)
        self.reading = asyncio.Semaphore(READ_AT_ONCE)
        self.writing = asyncio.Semaphore(WRITTEN_AT_ONCE)
        self.held = 0
        self._stopped: tuple[str, float] | None = None
        self.kept = Kept()
        self.typing = Typing()
        self.dial_in = DialIn(limit=limits.connections, answer_seconds=limits.answer_seconds)
        self.last_activity = datetime.now(UTC)
        self.cells = 0
        self.opened_by: set[str] = set()
        self._limits = limits
        self._acceptors: list[Acceptor] = []
        self._browsers: set[web.WebSocketResponse] = set()
        self._joining = 0
        self._requests: set[asyncio.Transport] = set()

    def listen(self, calls: web.Server, packages: web.Server) -> None:
        """Make the three sockets in the workspace's run directory, which the container sees read-only."""
        run = Path("workspaces") / self.tenancy.ref / "run"
        rate = self._limits.accepts_per_second
        limit = self._limits.connections
        for name, factory, most in (
            ("up.sock", self.dial_in.accept, limit),
            ("api.sock", calls, CALL_CONNECTIONS),
            ("packages.sock", packages, CALL_CONNECTIONS),
        ):
            self._acceptors.append(Acceptor(run / name, factory, limit=most, per_second=rate))

    def note_stopped(self, code: str) -> None:
        """Note that a message was not sent on, so that the bar says why."""
        self._stopped = (code, time.monotonic())

    @property
    def stopped(self) -> str | None:
        """Why the last message was not sent on, a code of `REFUSALS`, for as long as the bar says it."""
        if self._stopped is None or time.monotonic() - self._stopped[1] > STOPPED_SECONDS:
            return None
        return self._stopped[0]

    def touch(self) -> None:
        """Note that a person or a kernel did something."""
        self.last_activity = datetime.now(UTC)

    @contextlib.contextmanager
    def serving(self, request: web.BaseRequest) -> Iterator[None]:
        """Tie a browser's request to the workspace, so that it is cut with it.

        Raises: Refused — if the workspace is closed, or does not answer as many as it may have under way.
        """
        transport = request.transport
        if transport is None or self.dial_in.closed:
            raise Refused("workspace.closed")
        if len(self._requests) >= MOST_REQUESTS:
            raise Refused("sockets.many")
        self._requests.add(transport)
        try:
            yield
        finally:
            self._requests.discard(transport)

    @contextlib.contextmanager
    def joining(self) -> Iterator[None]:
        """Count a WebSocket before anything about it is waited for: each may hold one large message of the workspace.

        Raises: Refused — if there are as many as a workspace may have.
        """
        if self._joining >= MOST_SOCKETS:
            raise Refused("sockets.many")
        self._joining += 1
        try:
            yield
        finally:
            self._joining -= 1

    @contextlib.contextmanager
    def socket(self, browser: web.WebSocketResponse) -> Iterator[None]:
        """Tie a browser's WebSocket to the workspace."""
        self._browsers.add(browser)
        try:
            yield
        finally:
            self._browsers.discard(browser)

    def counted(self, upstream: ClientWebSocketResponse[Literal[False]]) -> AbstractContextManager[Unread]:
        """Count what comes over a WebSocket of the workspace and is not dealt with yet."""
        return self.dial_in.counted(upstream, self._room, self.tenancy.person_ref)

    @contextlib.asynccontextmanager
    async def holding(self) -> AsyncIterator[Unread]:
        """Count what a request over HTTP keeps in memory; where there is no room for it, it ends.

        Raises: Refused.
        """
        try:
            async with asyncio.timeout(None) as end:
                with self._room.counting(self.tenancy.person_ref, lambda: end.reschedule(0.0)) as held:
                    yield held
        except TimeoutError as error:
            if not end.expired():
                raise
            raise Refused(FULL) from error

    def shut(self) -> None:
        """Close every connection of the workspace and remove its sockets, without waiting for anybody: from now on
        nothing passes, whatever browsers are told.
        """
        self.dial_in.shut()
        while self._acceptors:  # each once: another start makes sockets of the same names
            self._acceptors[-1].close()
            self._acceptors.pop()

    async def cut(self, reason: str) -> None:
        """Shut the workspace and tell its browsers; what does not end politely is aborted."""
        self.shut()
        doomed = set(self._requests)
        polite = [b.close(code=CLOSE_CUT, message=reason.encode()[:120]) for b in set(self._browsers)]
        await self.dial_in.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CUT_SECONDS):
                await asyncio.gather(*polite, return_exceptions=True)
        for transport in doomed & self._requests:
            transport.abort()

    def state(self) -> dict[str, Any]:
        """Return what `GET /workspaces` says about the workspace."""
        return {
            "bytes_out": self.meter.bytes_out,
            "last_activity": self.last_activity.isoformat(),
            "connections": self.dial_in.connections,
            "browsers": len(self._browsers),
            "cells": self.cells,
        }
