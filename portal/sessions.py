"""Browser sessions: in the portal's memory, and sealed on disk for the portal that comes after it.

The key of a sealed session is in the browser's cookie alone, so a stolen disk or database holds no session.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from audit.refs import new_ref
from portal.session_files import NOTED_EVERY, SessionFiles

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
TOKEN_CHECK = timedelta(seconds=60)  # how long a hub token is believed without asking again
SIGN_IN_TIME = timedelta(minutes=10)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
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
    noted_at: datetime = LONG_AGO
    """When its use was last noted on disk."""

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

    def __init__(self, clock: Callable[[], datetime], files: SessionFiles | None = None) -> None:
        self._clock = clock
        self._files = files
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}
        self._pending: dict[str, PendingSignIn] = {}

    def open(self, handle: str, hub_token: str) -> str:
        """Open a session for a person whom the hub has named; return the value of its cookie."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        session = Session(new_ref("s"), handle, hub_token, now, now, now)
        with self._lock:
            self._open = {key: kept for key, kept in self._open.items() if not kept.over(now)}
            self._open[_key(cookie)] = session
        if self._files is not None:
            self._files.forget_before(now - IDLE - NOTED_EVERY)
            document = {"ref": session.ref, "handle": handle, "token": hub_token, "opened": now.isoformat()}
            self._files.keep(_key(cookie), cookie, document, now)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or nothing if there is none or it is over; counts as activity."""
        now = self._clock()
        with self._lock:
            session = self._open.pop(_key(cookie), None) or self._from_before(cookie)
            if session is None or session.over(now):
                if self._files is not None:
                    self._files.forget(_key(cookie))
                return None
            self._open[_key(cookie)] = replace(session, seen_at=now)
        if self._files is not None and now - session.noted_at >= NOTED_EVERY:
            self._files.used(_key(cookie), now)
            self._change(cookie, noted_at=now)
        return session

    def _from_before(self, cookie: str) -> Session | None:
        """Return a session that a portal before this one opened; the hub is asked about it before it counts."""
        found = self._files.find(_key(cookie), cookie) if self._files is not None else None
        if found is None:
            return None
        document, seen = found
        opened = datetime.fromisoformat(document["opened"])
        return Session(document["ref"], document["handle"], document["token"], opened, seen, opened - TOKEN_CHECK)

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
            session = self._open.pop(_key(cookie), None) or self._from_before(cookie)
        if self._files is not None:
            self._files.forget(_key(cookie))
        return session

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
