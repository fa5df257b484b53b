"""Browser sessions, kept in the portal's memory only: a stolen disk or database holds no session.

A restart of the portal ends them; the hub's own session then signs the person in again without a question.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audit.refs import new_ref

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
TOKEN_CHECK = timedelta(seconds=60)  # how long a hub token is believed without asking again
SIGN_IN_TIME = timedelta(minutes=10)
MAX_PENDING = 2000  # sign-ins that were begun but not finished; the oldest go first


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; `ref` names it in the audit log, the cookie's value never appears anywhere."""

    ref: str
    handle: str
    hub_token: str
    opened_at: datetime
    seen_at: datetime
    checked_at: datetime
    flash: str | None = None

    def over(self, now: datetime) -> bool:
        """Say whether the session has ended by idleness or age."""
        return now - self.seen_at >= IDLE or now - self.opened_at >= ABSOLUTE


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What the portal remembers while a browser is at the hub (RFC 6749 §10.12 state, RFC 7636 verifier)."""

    state: str
    verifier: str
    goal: str
    begun_at: datetime


class Sessions:
    """Sessions by the hash of their cookie, and sign-ins under way; safe to use from several threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}
        self._pending: dict[str, PendingSignIn] = {}

    def open(self, handle: str, hub_token: str) -> str:
        """Open a session for a person whom the hub has named; return the value of its cookie."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._open = {key: kept for key, kept in self._open.items() if not kept.over(now)}
            self._open[_key(cookie)] = Session(new_ref("s"), handle, hub_token, now, now, now)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or nothing if there is none or it is over; counts as activity."""
        now = self._clock()
        with self._lock:
            session = self._open.pop(_key(cookie), None)
            if session is None or session.over(now):
                return None
            self._open[_key(cookie)] = replace(session, seen_at=now)
            return session

    def token_due(self, session: Session) -> bool:
        """Say whether the hub must be asked again whether the token is still good."""
        return self._clock() - session.checked_at >= TOKEN_CHECK

    def checked(self, cookie: str) -> None:
        """Note that the hub has just confirmed the token."""
        self._change(cookie, checked_at=self._clock())

    def leave_message(self, cookie: str, message: str) -> None:
        """Keep one sentence for the next page that this browser sees."""
        self._change(cookie, flash=message)

    def take_message(self, cookie: str) -> str | None:
        """Return the sentence left for this page, once."""
        with self._lock:
            session = self._open.get(_key(cookie))
        if session is None or session.flash is None:
            return None
        self._change(cookie, flash=None)
        return session.flash

    def close(self, cookie: str) -> Session | None:
        """End a session; return it if there was one."""
        with self._lock:
            return self._open.pop(_key(cookie), None)

    def begin_sign_in(self, goal: str) -> tuple[str, PendingSignIn]:
        """Remember a sign-in under way; return the value of the cookie that ties it to the browser."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        pending = PendingSignIn(secrets.token_urlsafe(32), secrets.token_urlsafe(48), goal, now)
        with self._lock:
            self._pending[_key(cookie)] = pending
            while len(self._pending) > MAX_PENDING:
                del self._pending[next(iter(self._pending))]
        return cookie, pending

    def finish_sign_in(self, cookie: str, state: str) -> PendingSignIn | None:
        """Return the sign-in that this browser began, once, or nothing if state or time do not fit."""
        with self._lock:
            pending = self._pending.pop(_key(cookie), None)
        if pending is None or self._clock() - pending.begun_at >= SIGN_IN_TIME:
            return None
        return pending if secrets.compare_digest(pending.state.encode(), state.encode()) else None

    def _change(self, cookie: str, **changes: object) -> None:
        with self._lock:
            session = self._open.get(_key(cookie))
            if session is not None:
                self._open[_key(cookie)] = replace(session, **changes)  # type: ignore[arg-type]


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
