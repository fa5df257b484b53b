"""Sign-ins that a browser began and has not finished, and messages that counted once.

What was begun lies sealed in the browser's own cookie: however many a stranger begins, nobody else's is forgotten.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from portal.sealed_cookies import SealedCookies, short_goal

TIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the zone remembers while a browser is at the provider (state and PKCE: RFC 9700 2.1.1 and 4.7)."""

    state: str
    nonce: str
    verifier: str
    goal: str


def longest_of(address: str) -> int | None:
    """Return how many seconds ago the sign-in may be, where an address that leads to the portal demands it."""
    given = parse_qs(urlsplit(address).query).get("max_age", [])
    fits = len(given) == 1 and len(given[0]) <= 6 and given[0].isascii() and given[0].isdigit()
    return int(given[0]) if fits else None


class UnderWay:
    """Sign-ins by the cookie that ties each to its browser; each is finished once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cookies = SealedCookies("ansim sign-in by a provider", TIME, clock)
        self._messages: dict[str, datetime] = {}

    def begin(self, goal: str) -> tuple[str, Begun]:
        """Begin a sign-in; return the value of the cookie for it."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        begun = Begun(state, nonce, verifier, short_goal(goal, ""))
        document = {"state": state, "nonce": nonce, "verifier": verifier, "goal": begun.goal}
        return self._cookies.seal(document), begun

    def finish(self, cookie: str, state: str) -> Begun | None:
        """Return the sign-in that this browser began, once, or nothing if state or time do not fit."""
        document = self._cookies.take(cookie)
        if document is None:
            return None
        begun = Begun(**document)
        return begun if secrets.compare_digest(begun.state.encode(), state.encode("utf-8", "replace")) else None

    def is_new(self, message: str) -> bool:
        """Say whether no message of the provider with this name was done."""
        with self._lock:
            until = self._messages.get(message)
        return until is None or until <= self._clock()

    def done(self, message: str, until: datetime) -> None:
        """Remember a message, until it would be too old to count."""
        now = self._clock()
        with self._lock:
            self._messages = {name: end for name, end in self._messages.items() if end > now}
            self._messages[message] = until
