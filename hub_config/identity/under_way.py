"""Sign-ins that a browser began and has not finished, and messages that counted once.

What was begun lies sealed in the browser's own cookie: however many a stranger begins, nobody else's is forgotten.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from portal.hub import CLIENT_ID, THIS_MOMENT
from portal.sealed_cookies import SealedCookies, short_goal
from portal.sessions import IDLE

TIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the zone remembers while a browser is at the provider (state and PKCE: RFC 9700 2.1.1 and 4.7)."""

    state: str
    nonce: str
    verifier: str
    goal: str
    began: str
    anew: str = ""
    """Not empty if the provider is to ask the person, whatever it knows of the browser."""

    @property
    def longest(self) -> timedelta:
        """How long ago the provider may have asked the person: the idle limit, within which nobody has to be asked."""
        return timedelta(seconds=THIS_MOMENT) if self.anew else IDLE

    @property
    def asked_since(self) -> datetime:
        """The earliest moment at which the provider may have asked the person."""
        return datetime.fromisoformat(self.began) - self.longest


def demands_anew(address: str) -> bool:
    """Say whether an address that leads to the portal demands a sign-in of this moment, as the portal alone does."""
    query = parse_qs(address.partition("?")[2])
    return (query.get("client_id"), query.get("max_age")) == ([CLIENT_ID], [str(THIS_MOMENT)])


class UnderWay:
    """Sign-ins by the cookie that ties each to its browser; each is finished once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cookies = SealedCookies("ansim sign-in by a provider", TIME, clock)
        self._messages: dict[str, datetime] = {}

    def begin(self, goal: str, *, anew: bool = False) -> tuple[str, Begun]:
        """Begin a sign-in, `anew` also where the goal demands it; return the value of the cookie for it."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        asked = "yes" if anew or demands_anew(goal) else ""
        begun = Begun(state, nonce, verifier, short_goal(goal, ""), self._clock().isoformat(), asked)
        return self._cookies.seal(asdict(begun)), begun

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
