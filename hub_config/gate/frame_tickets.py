"""Tickets for the frame around a workspace: each opens the frame once, then names its bar."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from audit.text import Language

OPEN_SECONDS = 60.0
BAR_SECONDS = 13 * 3600.0  # longer than a session on the work host
MAX_TICKETS = 10_000
MAX_OF_ONE = 50  # of one workspace: tabs whose bars still speak


@dataclass(slots=True)
class Ticket:
    """What the work host has checked: that the owner may see this page of this workspace."""

    workspace: str
    path: str
    language: Language
    made: float
    opened: bool = False


@dataclass(slots=True)
class FrameTickets:
    """Tickets in the order in which they were made; unguessable, so a bar needs no cookie."""

    _tickets: dict[str, Ticket] = field(default_factory=dict)

    def issue(self, workspace: str, path: str, language: Language) -> str:
        """Return a new ticket for a page of a workspace."""
        now = time.monotonic()
        self._tickets = {k: t for k, t in self._tickets.items() if now - t.made < BAR_SECONDS}
        mine = [name for name, ticket in self._tickets.items() if ticket.workspace == workspace]
        for oldest in [*mine[: max(0, len(mine) + 1 - MAX_OF_ONE)], *list(self._tickets)[: -MAX_TICKETS + 1]]:
            self._tickets.pop(oldest, None)
        name = secrets.token_urlsafe(24)
        self._tickets[name] = Ticket(workspace, path, language, now)
        return name

    def open(self, name: str, path: str) -> Ticket | None:
        """Return a fresh ticket for a path and mark it used; a reload needs a new one, hence a live session."""
        ticket = self._tickets.get(name)
        if ticket is None or ticket.opened or ticket.path != path or time.monotonic() - ticket.made > OPEN_SECONDS:
            return None
        ticket.opened = True
        return ticket

    def drop(self, workspaces: Collection[str]) -> None:
        """Forget every ticket that opens a frame of these workspaces; their bars still say that they are closed."""
        self._tickets = {k: t for k, t in self._tickets.items() if t.opened or t.workspace not in workspaces}

    def bar(self, name: str) -> Ticket | None:
        """Return the ticket of a bar, if its frame was opened."""
        ticket = self._tickets.get(name)
        return ticket if ticket is not None and ticket.opened else None
