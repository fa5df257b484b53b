"""Sign-ins that a browser began and has not finished, and messages that counted once: in memory, for minutes."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

TIME = timedelta(minutes=10)
MOST = 2000  # the oldest go first


@dataclass(frozen=True, slots=True)
class Begun:
    """What the zone remembers while a browser is at the provider (state and PKCE: RFC 9700 2.1.1 and 4.7)."""

    state: str
    nonce: str
    verifier: str
    goal: str
    at: datetime


class UnderWay:
    """Sign-ins by the hash of the cookie that ties each to its browser; each is finished once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, Begun] = {}
        self._messages: dict[str, datetime] = {}

    def begin(self, goal: str) -> tuple[str, Begun]:
        """Remember a sign-in; return the value of the cookie for it."""
        cookie = secrets.token_urlsafe(32)
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        begun = Begun(state, nonce, verifier, goal, self._clock())
        with self._lock:
            self._begun[_key(cookie)] = begun
            while len(self._begun) > MOST:
                del self._begun[next(iter(self._begun))]
        return cookie, begun

    def finish(self, cookie: str, state: str) -> Begun | None:
        """Return the sign-in that this browser began, once, or nothing if state or time do not fit."""
        with self._lock:
            begun = self._begun.pop(_key(cookie), None)
        if begun is None or self._clock() - begun.at >= TIME:
            return None
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


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
