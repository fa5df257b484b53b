"""Browser sessions: in the portal's memory, and sealed on disk for the portal that comes after it.

The key of a sealed session is in the browser's cookie alone, so a stolen disk or database holds no session.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from audit.event import Source
from audit.refs import new_ref
from portal.sealed_cookies import SealedCookies, short_goal
from portal.session_files import NOTED_EVERY, SessionFiles
from registry.errors import NotFound
from registry.service import Registry

log = logging.getLogger("ansim.portal")

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
TOKEN_CHECK = timedelta(seconds=60)  # how long a hub token is believed without asking again
SWEEP_EVERY = timedelta(seconds=60)
SIGN_IN_TIME = timedelta(minutes=10)
Limit = Literal["idle", "longest"]
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; `ref` names it in the audit log, the cookie's value never appears anywhere."""

    ref: str
    handle: str
    hub_token: str
    opened_at: datetime
    signed_in_at: datetime
    """When password and code were asked for; also names the sign-in among those of the person."""
    seen_at: datetime
    checked_at: datetime
    flash: str | None = None
    noted_at: datetime = LONG_AGO
    """When its use was last noted on disk."""

    def over(self, now: datetime) -> Limit | None:
        """Return which limit has ended the session, or None while it goes on."""
        if now - self.signed_in_at >= ABSOLUTE:
            return "longest"
        return "idle" if now - self.seen_at >= IDLE else None


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What the portal remembers while a browser is at the hub (RFC 6749 §10.12 state, RFC 7636 verifier)."""

    state: str
    verifier: str
    goal: str
    anew: str = ""
    """Not empty if the hub was told to ask for password and code, whatever it knows of the browser."""


class Sessions:
    """Sessions by the hash of their cookie, and sign-ins under way; safe to use from several threads."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        files: SessionFiles | None = None,
        ended: Callable[[Session, Limit], None] = lambda session, limit: None,
    ) -> None:
        """Keep sessions, also in `files`; `ended` records the end of one by time before it counts as ended."""
        self._clock = clock
        self._files = files
        self._ended = ended
        self._swept = clock()
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}
        self._left: dict[tuple[str, datetime], None] = {}
        # Sealed in the browser's cookie: whoever begins many pushes nobody else's out.
        self._pending = SealedCookies("ansim sign-in to the portal", SIGN_IN_TIME, clock)

    def may_open(self, handle: str, signed_in_at: datetime) -> bool:
        """Say whether a sign-in of a person may open a session; if not, password and code have to be asked for anew.

        The hub lets a browser in for twelve hours without asking. A sign-in younger than the idle limit cannot have
        lain idle here. An older one counts while a session that it opened is in use: a link on another site brings
        no cookie along (SameSite=Strict). Whoever deletes cookies at a desk that was left has neither.
        """
        now = self._clock()
        with self._lock:
            if self._was_left(handle, signed_in_at) or now - signed_in_at >= ABSOLUTE:
                return False
            if now - signed_in_at < IDLE:
                return True
            return any(one.over(now) is None for one in self._of(handle, signed_in_at).values())

    def _was_left(self, handle: str, signed_in_at: datetime) -> bool:
        """Say whether somebody signed out of a sign-in, here or at a portal before this one."""
        on_disk = self._files is not None and self._files.was_left(handle, signed_in_at)
        return on_disk or (handle, signed_in_at) in self._left

    def _of(self, handle: str, signed_in_at: datetime) -> dict[str, Session]:
        """Return the sessions that one sign-in opened; a portal that started anew knows of none until they come."""
        own = self._open.items()
        return {key: one for key, one in own if (one.handle, one.signed_in_at) == (handle, signed_in_at)}

    def open(self, handle: str, hub_token: str, signed_in_at: datetime | None = None) -> str:
        """Open a session for a person whom the hub has named; return the value of its cookie.

        `signed_in_at` is when the hub asked for password and code: now, unless it is said.
        """
        cookie, now = secrets.token_urlsafe(32), self._clock()
        began = signed_in_at or now
        session = Session(new_ref("s"), handle, hub_token, now, began, now, now)
        with self._lock:
            self._open[_key(cookie)] = session
        if self._files is not None:
            self._files.forget_before(now - IDLE - NOTED_EVERY)
            document = {"ref": session.ref, "handle": handle, "token": hub_token, "opened": now.isoformat()}
            document["signed_in"] = began.isoformat()
            self._files.keep(_key(cookie), cookie, document, now)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or nothing if there is none or it is over; counts as activity."""
        now = self._clock()
        self._sweep(now)
        with self._lock:
            session = self._open.pop(_key(cookie), None) or self._from_before(cookie)
            limit = session.over(now) if session is not None else None
            if session is not None and limit is None:
                self._open[_key(cookie)] = replace(session, seen_at=now)
        if session is None or limit is not None:
            self._end(_key(cookie), session, limit)
            return None
        if self._files is not None and now - session.noted_at >= NOTED_EVERY:
            self._files.used(_key(cookie), now)
            self._change(cookie, noted_at=now)
        return session

    def _sweep(self, now: datetime) -> None:
        """End the sessions that nobody came back for; a visit a minute looks for them."""
        with self._lock:
            if now - self._swept < SWEEP_EVERY:
                return
            self._swept = now
            over = [(key, kept) for key, kept in self._open.items() if kept.over(now)]
            for key, _ in over:
                del self._open[key]
        for at, (key, session) in enumerate(over):
            try:
                self._end(key, session, session.over(now))
            except Exception:  # it is no affair of whoever happened to come by, and is tried again in a minute
                log.exception("the end of a session could not be recorded")
                with self._lock:
                    self._open.update(over[at + 1 :])
                return  # what failed once would keep this visitor waiting for each

    def _end(self, key: str, session: Session | None, limit: Limit | None) -> None:
        """Record that the time of a session was over, and forget it on disk; a failing record is tried again."""
        if session is not None and limit is not None:
            try:
                self._ended(session, limit)
            except Exception:
                with self._lock:
                    self._open[key] = session  # as over as before, and nothing opens by it
                raise
        if self._files is not None:
            self._files.forget(key)

    def _from_before(self, cookie: str) -> Session | None:
        """Return a session that a portal before this one opened; the hub is asked about it before it counts."""
        found = self._files.find(_key(cookie), cookie) if self._files is not None else None
        if found is None:
            return None
        document, seen = found
        opened = datetime.fromisoformat(document["opened"])
        began = datetime.fromisoformat(document.get("signed_in", document["opened"]))
        if self._was_left(document["handle"], began):
            return None
        checked = opened - TOKEN_CHECK
        return Session(document["ref"], document["handle"], document["token"], opened, began, seen, checked)

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

    def sign_out(self, cookie: str) -> None:
        """End every session of the sign-in that a cookie belongs to, which opens none any more.

        The hub forgets the browser next; one that never goes there comes in no more either, nor does a session that is
        only on disk, which is why the sign-in is noted there too.
        """
        session = self.close(cookie)
        if session is None:
            return
        now, left = self._clock(), (session.handle, session.signed_in_at)
        with self._lock:
            self._left = {one: None for one in self._left if now - one[1] < ABSOLUTE} | {left: None}
            others = list(self._of(*left))
            for key in others:
                del self._open[key]
        if self._files is not None:
            self._files.leave(*left, until=left[1] + ABSOLUTE)
            for key in others:
                self._files.forget(key)

    def begin_sign_in(self, goal: str, *, anew: bool = False) -> tuple[str, PendingSignIn]:
        """Begin a sign-in; return the value of the cookie that ties it to the browser."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        pending = PendingSignIn(state, verifier, short_goal(goal, "/"), "yes" if anew else "")
        return self._pending.seal(asdict(pending)), pending

    def finish_sign_in(self, cookie: str, state: str) -> PendingSignIn | None:
        """Return the sign-in that this browser began, once, or nothing if state or time do not fit."""
        document = self._pending.take(cookie)
        if document is None:
            return None
        pending = PendingSignIn(**document)
        return pending if secrets.compare_digest(pending.state.encode(), state.encode("utf-8", "replace")) else None

    def _change(self, cookie: str, **changes: object) -> None:
        with self._lock:
            session = self._open.get(_key(cookie))
            if session is not None:
                self._open[_key(cookie)] = replace(session, **changes)  # type: ignore[arg-type]


def record_of(registry: Registry) -> Callable[[Session, Limit], None]:
    """Return what records in the log that a session ended by a limit of time."""

    def ended(session: Session, limit: Limit) -> None:
        with contextlib.suppress(NotFound):  # somebody whose record was erased meanwhile
            registry.end_by_time(session.handle, session.ref, limit, source=Source(ip=None))

    return ended


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
