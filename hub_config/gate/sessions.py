"""Sessions on the work host: kept in the gate, named by a cookie, asked about at the hub again and again."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from audit.refs import new_ref
from hub_config.gate.access import Access
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import HubUnavailable, Refused
from hub_config.gate.headers import cookies
from hub_config.gate.hub_identity import HubIdentity, SignIn

CLOSE_SESSION = 4401  # WebSocket close code: the person is no longer signed in
LIFETIME_SECONDS = 12 * 3600.0
SIGN_IN_SECONDS = 600.0
MAX_SIGN_INS = 1000
MAX_SESSIONS = 10_000
MAX_OF_ONE = 20  # browsers of one person


@dataclass(slots=True, eq=False)
class Session:
    """One browser of one person."""

    handle: str
    token: str
    checked: float
    ref: str = field(default_factory=lambda: new_ref("s"))
    """The opaque name of the session in the log."""
    created: float = field(default_factory=time.monotonic)
    touched: float = field(default_factory=time.monotonic)
    idle_seconds: float = LIFETIME_SECONDS
    longest_seconds: float = LIFETIME_SECONDS
    ended: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    joining: int = 0
    """Connections that are open or being opened."""

    @contextlib.contextmanager
    def connecting(self) -> Iterator[None]:
        """Count a connection before anything about it is waited for, so that two at once cannot both be the first."""
        self.joining += 1
        try:
            yield
        finally:
            self.joining -= 1

    def touch(self) -> None:
        """Note that the person, not the page by itself, did something."""
        self.touched = time.monotonic()

    def hold_to(self, access: Access) -> None:
        """Take over the limits of a workspace that the session enters; the strictest of all it entered count."""
        self.idle_seconds = min(self.idle_seconds, access.idle_seconds)
        self.longest_seconds = min(self.longest_seconds, access.longest_seconds)

    def over(self, now: float) -> bool:
        """Whether its time is over, or nobody did anything for too long."""
        return now - self.created > self.longest_seconds or now - self.touched > self.idle_seconds


class Sessions:
    """All sessions and sign-ins under way; a restart of the gate forgets them, and the hub signs in again."""

    def __init__(self, hub: HubIdentity, config: GateConfig) -> None:
        self._hub = hub
        self._limits = config.limits
        secure = config.scheme == "https"
        # The prefix keeps a page of another host below the domain from planting the cookie; it needs https.
        self.cookie = "__Host-ansim-work" if secure else "ansim-work"
        self.state_cookie = "__Host-ansim-state" if secure else "ansim-state"
        self._sessions: dict[str, Session] = {}
        self._sign_ins: dict[str, tuple[float, SignIn]] = {}

    def begin(self, next_path: str) -> SignIn:
        """Start a sign-in that ends at a path of the work host."""
        now = time.monotonic()
        self._sign_ins = {s: v for s, v in self._sign_ins.items() if now - v[0] < SIGN_IN_SECONDS}
        while len(self._sign_ins) >= MAX_SIGN_INS:
            self._sign_ins.pop(next(iter(self._sign_ins)))
        sign_in = SignIn(next_path)
        self._sign_ins[sign_in.state] = (now, sign_in)
        return sign_in

    async def finish(self, code: str, state: str, headers: Mapping[str, str]) -> tuple[str, SignIn]:
        """Return the cookie value of a new session.

        Raises: Refused — if this browser did not start the sign-in, or the hub refuses it.
        """
        _, sign_in = self._sign_ins.get(state, (0.0, None))
        if sign_in is None or [v for n, v in cookies(headers) if n == self.state_cookie] != [state]:
            raise Refused("session.failed", "unknown state")
        del self._sign_ins[state]
        token = await self._hub.exchange(code, sign_in)
        handle = await self._hub.handle_of(token)
        if handle is None:
            raise Refused("session.failed", "no such person")
        value = secrets.token_urlsafe(32)
        self._sessions[value] = Session(handle, token, time.monotonic())
        await self._make_room(handle)
        return value, sign_in

    async def _make_room(self, handle: str) -> None:
        """End the oldest sessions beyond what one person, and all together, may have; their connections end too."""
        mine = [one for one in self._sessions.values() if one.handle == handle]
        surplus = [*mine[:-MAX_OF_ONE], *list(self._sessions.values())[:-MAX_SESSIONS]]
        await asyncio.gather(*(self._end(one) for one in surplus))

    async def current(self, headers: Mapping[str, str]) -> Session:
        """Return the session of a request, asked about at the hub if the last answer is old.

        Raises: Refused — if there is none that is still good.
        """
        values = [value for name, value in cookies(headers) if name == self.cookie]
        # Two cookies of that name mean that a page planted one: trust neither.
        session = self._sessions.get(values[0]) if len(values) == 1 else None
        if session is None or session.ended:
            raise Refused("session.missing")
        await self.validate(session)
        return session

    async def validate(self, session: Session) -> None:
        """Ask the hub whether a session is still good.

        Raises: Refused — if it is not, or the hub has been away for longer than the grace.
        """
        async with session.lock:
            now = time.monotonic()
            age = now - session.checked
            if session.over(now):
                await self._end(session)
            elif age > self._limits.validate_seconds:
                await self._ask(session, age)
        if session.ended:
            raise Refused("session.missing")

    async def _ask(self, session: Session, age: float) -> None:
        try:
            handle = await self._hub.handle_of(session.token)
        except HubUnavailable as error:
            if age > self._limits.validate_seconds + self._limits.grace_seconds:
                await self._close_sockets(session)
                raise Refused("hub.away") from error
            return
        if handle == session.handle:
            session.checked = time.monotonic()
        else:
            await self._end(session)

    async def watch(self) -> None:
        """Validate every session with an open WebSocket for as long as the gate runs."""
        while True:
            await asyncio.sleep(self._limits.validate_seconds / 4)
            live = [session for session in self._sessions.values() if session.sockets]
            # A refusal has closed the sockets already; nothing is left to do about it here.
            await asyncio.gather(*(self.validate(session) for session in live), return_exceptions=True)

    async def end(self, headers: Mapping[str, str]) -> None:
        """Sign out the browser that sent a request."""
        for name, value in cookies(headers):
            session = self._sessions.get(value) if name == self.cookie else None
            if session is not None:
                await self._end(session)

    def elsewhere(self, session: Session) -> bool:
        """Whether the same person works in another browser now."""
        others = (one for one in self._sessions.values() if one is not session and one.handle == session.handle)
        return any(one.sockets or one.joining for one in others)

    async def end_all_of(self, handles: Collection[str]) -> int:
        """Sign these people out of the work host, wherever they are; return how many sessions that ended."""
        ending = [session for session in self._sessions.values() if session.handle in handles]
        await asyncio.gather(*(self._end(session) for session in ending))
        return len(ending)

    async def _end(self, session: Session) -> None:
        session.ended = True
        self._sessions = {value: s for value, s in self._sessions.items() if s is not session}
        await self._close_sockets(session)

    async def _close_sockets(self, session: Session) -> None:
        closing = [s.close(code=CLOSE_SESSION, message=b"signed out") for s in set(session.sockets)]
        await asyncio.gather(*closing, return_exceptions=True)
