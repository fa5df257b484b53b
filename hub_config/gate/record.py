"""What the gate writes into the log, through the append-only service; an act whose event is not durable is
not done.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Actor, Event, Outcome, Source
from audit.refs import new_event_id
from hub_config.gate.codes import Code
from hub_config.gate.errors import AuditUnavailable, Refused
from hub_config.gate.held_files import HeldFile
from hub_config.gate.outputs import Output
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.shown import Shown
from hub_config.gate.trickle import Found
from hub_config.gate.workspace import OpenWorkspace, Tenancy

log = logging.getLogger("ansim.gate")

WINDOW_SECONDS = 60.0  # refusals of one kind within it become one event with their number


class Client(Protocol):
    """The append-only service as the gate sees it: `audit.client.AsyncAuditClient`."""

    async def append(self, event: Event) -> int | None: ...
    async def cell(self, event: Event, code: bytes) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request to a workspace, and from where."""

    actor: Actor
    address: str | None
    handle: str | None = None
    """Only of a person whose reference the gate does not know: somebody at another person's workspace."""

    @property
    def source(self) -> Source:
        """The place of the person's browser."""
        return Source(ip=self.address or None)


@dataclass(slots=True)
class Window:
    """Refusals of one kind since the last event about them."""

    until: float
    held: int = 0
    last: Event | None = None

    def hold(self, event: Event) -> None:
        """Keep a refusal for the next event."""
        self.held += 1
        self.last = event


@dataclass(slots=True)
class Showing:
    """What one browser is shown of one kernel, and the entry about it that could not be written yet."""

    shown: Shown
    tenancy: Tenancy
    asker: Asker
    waiting: Event | None = None


class Record:
    """Turns what passes the gate into events."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._windows: dict[tuple[str, str, str], Window] = {}
        self._showings: list[Showing] = []
        self._alerts: deque[Event] = deque()

    async def opened(self, workspace: OpenWorkspace, asker: Asker) -> None:
        """Record, once per session, that a person entered a workspace.

        Raises: AuditUnavailable — if it is not durable.
        """
        session = asker.actor.session or ""
        if session in workspace.opened_by:
            return
        await self._append(self._event("workspace.opened", workspace.tenancy, asker))
        workspace.opened_by.add(session)

    async def cell(self, workspace: OpenWorkspace, asker: Asker, code: Code, kernel: str) -> str:
        """Record code that is about to be sent to a kernel, and return the name of its entry.

        Raises: AuditUnavailable — if it is not durable.
        """
        detail = {"kind": code.kind, "kernel": kernel, "bytes": len(code.text)}
        event = self._event("cell.sent", workspace.tenancy, asker, detail=detail)
        try:
            await self._client.cell(event, code.text)
        except (AuditError, OSError) as error:
            log.exception("a cell could not be recorded")
            raise AuditUnavailable(error) from error
        workspace.cells += 1
        return event.id

    @contextlib.contextmanager
    def showing(self, tenancy: Tenancy, asker: Asker) -> Iterator[Shown]:
        """Keep account of what a browser is shown of a kernel; it becomes an entry soon, also when that is over."""
        shown = Shown()
        self._showings.append(Showing(shown, tenancy, asker))
        try:
            yield shown
        finally:
            shown.ended = True

    async def written(self, workspace: OpenWorkspace, asker: Asker, method: str, path: str, body: bytes) -> None:
        """Record content that is about to be written into a workspace.

        Raises: AuditUnavailable — if it is not durable.
        """
        detail = {"method": method, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        event = self._event("contents.written", workspace.tenancy, asker, detail=detail, sealed={"path": path})
        await self._append(event)

    async def refused(self, tenancy: Tenancy, asker: Asker, refusal: Refused, method: str, path: str) -> None:
        """Record a refusal; the first of a kind at once, those that follow within a minute as one with their
        number.

        A refusal stands whether or not it is recorded, so a log that fails is reported and nothing else.
        """
        if not REFUSALS[refusal.code].audited:
            return
        sealed = {"path": path[:1000]} | ({"handle": asker.handle} if asker.handle else {})
        event = self._event(
            "gate.refused",
            tenancy,
            asker,
            outcome="denied",
            reason=refusal.code,
            detail={"method": method, "count": 1},
            sealed=sealed,
        )
        await self._windowed((tenancy.ref, asker.actor.session or "", refusal.code), event)

    async def held(self, workspace: OpenWorkspace, asker: Asker, output: Output, reason: str, digest: str) -> None:
        """Record that an output was not shown; those that follow within a minute become one event."""
        detail: dict[str, JSON] = {
            "kind": output.type,
            "bytes": output.size,
            "types": list(output.mimes),
            "sha256": digest,
            "count": 1,
        }
        event = self._event("output.held", workspace.tenancy, asker, reason=reason, detail=detail)
        workspace.held += 1
        await self._windowed((workspace.tenancy.ref, asker.actor.session or "", reason), event)

    async def keeping(self, tenancy: Tenancy, asker: Asker, file: HeldFile) -> Event:
        """Announce that an output is about to be put into the outbox of its workspace; return the announcement.

        Raises: AuditUnavailable — if it is not durable.
        """
        detail = {"bytes": file.size, "type": file.kind.type, "sha256": file.sha256}
        announced = self._event("output.kept", tenancy, asker, outcome="intent", detail=detail)
        await self._append(announced)
        return announced

    async def kept(self, announced: Event, *, failed: str | None = None) -> None:
        """Record whether the output that was announced lies in the outbox.

        Without a log the announcement stays open, and the worker closes it as one whose outcome never came.
        """
        outcome: Outcome = "ok" if failed is None else "failed"
        ended = replace(announced, id=new_event_id(), outcome=outcome, reason=failed, intent_id=announced.id)
        with contextlib.suppress(AuditUnavailable):
            await self._append(ended)

    async def trickled(self, workspace: OpenWorkspace, asker: Asker, found: Found | None) -> None:
        """Record, if there is anything to be told, that much that looks encoded, is no text, or more than starts of a
        workspace allow went to a browser; without a log it waits to be told.
        """
        if found is None:
            return
        detail = {
            "bytes": found.size,
            "messages": found.messages,
            "seconds": found.seconds,
            "kind": found.kind,
        }
        self._alerts.append(self._event("output.encoded", workspace.tenancy, asker, detail=detail))
        with contextlib.suppress(AuditUnavailable):
            await self._tell_alerts()

    async def _tell_alerts(self) -> None:
        while self._alerts:
            alert = self._alerts.popleft()
            try:
                await self._append(alert)
            except BaseException:  # also where whoever waits for it is cancelled: the counters will not say it again
                self._alerts.appendleft(alert)
                raise

    async def _windowed(self, key: tuple[str, str, str], event: Event) -> None:
        """Record the first event of a kind at once, and count those that follow."""
        now = time.monotonic()
        window = self._windows.get(key)
        if window is not None and now < window.until:
            window.hold(event)
            return
        if window is None:
            window = self._windows[key] = Window(now + WINDOW_SECONDS)
        window.until = now + WINDOW_SECONDS
        try:
            await self._append(event)
        except AuditUnavailable:
            window.hold(event)

    async def keep_counting(self) -> None:
        """Record the refusals that were held back, for as long as the gate runs."""
        while True:
            await asyncio.sleep(WINDOW_SECONDS / 4)
            await self.flush(time.monotonic())
            await self.tell_shown()

    async def tell_shown(self) -> None:
        """Record alerts that wait, and what browsers were shown since the last time; without a log it is counted on."""
        with contextlib.suppress(AuditUnavailable):
            await self._tell_alerts()
        for one in list(self._showings):
            while one.waiting or (told := one.shown.taken()) is not None:
                one.waiting = one.waiting or self._event("output.shown", one.tenancy, one.asker, detail=told)
                try:
                    await self._append(one.waiting)
                except AuditUnavailable:
                    return
                one.waiting = None
            if one.shown.ended:
                self._showings.remove(one)

    async def flush(self, now: float) -> None:
        """Record the number of refusals in every window that is over at `now`; none is lost while the log is
        away.
        """
        for key, window in list(self._windows.items()):
            if window.until > now:
                continue
            if window.last is None:
                del self._windows[key]
                continue
            held, event = window.held, window.last
            with contextlib.suppress(AuditUnavailable):
                await self._append(_counted(event, held))
                window.held -= held
                window.last = None if window.held == 0 else window.last
                window.until = time.monotonic() + WINDOW_SECONDS

    async def _append(self, event: Event) -> None:
        try:
            await self._client.append(event)
        except (AuditError, OSError) as error:
            log.exception("%s could not be recorded", event.action)
            raise AuditUnavailable(error) from error

    @staticmethod
    def _event(action: str, tenancy: Tenancy, asker: Asker, **fields: object) -> Event:
        return Event(
            action,
            asker.actor,
            tenancy.object,
            tenancy.subjects,
            asker.source,
            **fields,  # type: ignore[arg-type]  # the names are those of Event, given in this file only
        )


def _counted(event: Event, count: int) -> Event:
    """Return an event of its own that stands for many."""
    return Event(
        event.action,
        event.actor,
        event.object,
        event.subjects,
        event.source,
        outcome=event.outcome,
        reason=event.reason,
        detail={**event.detail, "count": count},
        sealed=event.sealed,
    )
