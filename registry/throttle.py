"""How many failed sign-ins are looked at before the door stays shut for a while. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
NEIGHBOURS = 64  # bits: whoever has one address of IPv6 has all that share them (RFC 4291 section 2.5.4)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` within `WINDOW`, counted per `kind` of key; of programs, calls."""

    kind: str
    failures: int


def room_of(ip: str | None) -> str:
    """Return whom an address counts for: itself, or all its neighbours in IPv6; what names none counts together."""
    try:
        here = ipaddress.ip_address(ip or "")
    except ValueError:
        return "local"
    if isinstance(here, ipaddress.IPv6Address):
        within = here.ipv4_mapped
        return str(within or ipaddress.ip_network((here, NEIGHBOURS), strict=False))
    return str(here)


HANDLE = Limit("handle", 5)
SOURCE = Limit("source", 20)
PROGRAM = Limit("program", 240)
"""Calls of one program's account: a scrape each 15 seconds and as much again, and what a log of years can hold."""
HANDING_IN = Limit("handing_in", 24)
"""Calls of one account that hand in, ten files each at most: two people look at every one of them."""
NO_GUESS = frozenset(
    {
        "given_up",
        "code_refused",
        "client_secret_unreadable",
        "no_second_factor",
        "not_asked_again",
        "no_auth_time",
        "unknown_identity",
        "directory_unreachable",
    }
)
"""Causes of a refusal behind which nobody guesses: something else failed, or the person is known but not let in."""


def is_guess(cause: str) -> bool:
    """Whether a refusal counts against its address: a hospital is one address, and its provider may be down."""
    return cause not in NO_GUESS and not cause.startswith("provider_")


@dataclass(frozen=True, slots=True)
class History:
    """Recent failures for one key, and when the audit log was last told that the door is shut."""

    failures: tuple[datetime, ...] = ()
    announced_at: datetime | None = None

    def recent(self, now: datetime) -> tuple[datetime, ...]:
        """The failures that still count."""
        return tuple(at for at in self.failures if now - at < WINDOW)

    def shut(self, limit: Limit, now: datetime) -> bool:
        """Whether attempts are refused without being looked at."""
        return len(self.recent(now)) >= limit.failures

    def opens_in(self, limit: Limit, now: datetime) -> timedelta:
        """How long it is until an attempt is looked at again."""
        recent = self.recent(now)
        return WINDOW - (now - recent[-limit.failures]) if len(recent) >= limit.failures else timedelta()

    def due_to_announce(self, now: datetime) -> bool:
        """Whether the audit log has not been told within this window."""
        return self.announced_at is None or now - self.announced_at >= WINDOW

    def announced(self, now: datetime) -> History:
        """The history after the audit log was told."""
        return replace(self, announced_at=now)

    def failed(self, limit: Limit, now: datetime) -> History:
        """The history after one more failure; only as many are kept as can matter."""
        return replace(self, failures=(*self.recent(now), now)[-limit.failures :])
