"""Sessions of browsers at workspaces: kept in the gate, asked about at the hub again and again.

A session has a cookie of its own on each workspace's host that the person enters with this browser: what one host
holds opens no other. Times and connections are counted for the browser, whatever it shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
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
from hub_config.gate.hub_identity import HubIdentity, Limit, SignIn
from hub_config.gate.sign_ins import SignIns

BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
CLOSE_SESSION = 4401  # WebSocket close code: the person is no longer signed in
LIFETIME_SECONDS = 12 * 3600.0
MAX_SESSIONS = 10_000
MAX_OF_ONE = 20  # browsers of one person
MAX_HOSTS = 64  # at which one browser may hold a cookie at the same time


@dataclass(slots=True, eq=False)
class Session:
    """One browser of one person."""

    handle: str
    token: str
    checked: float
    browser: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """Names the browser, so that its sign-ins on several hosts are one session."""
    ref: str = field(default_factory=lambda: new_ref("s"))
    """The opaque name of the session in the log."""
    created: float = field(default_factory=time.monotonic)
    """When the person signed in at the hub, not when the browser came: it may come again without being asked."""
    touched: float = field(default_factory=time.monotonic)
    idle_seconds: float = LIFETIME_SECONDS
    longest_seconds: float = LIFETIME_SECONDS
    ended: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    addresses: list[str] = field(default_factory=list)
    """Those of connections that are open or being opened."""

    @contextlib.contextmanager
    def connecting(self, address: str) -> Iterator[None]:
        """Count a connection before anything about it is waited for, so that two at once cannot both be the first."""
        self.addresses.append(address)
        try:
            yield
        finally:
            self.addresses.remove(address)

    def touch(self) -> None:
        """Note that the person, not the page by itself, did something."""
        self.touched = time.monotonic()

    def hold_to(self, access: Access) -> None:
        """Take over the limits of a workspace that the session enters; the strictest of all it entered count."""
        self.idle_seconds = min(self.idle_seconds, access.idle_seconds)
        self.longest_seconds = min(self.longest_seconds, access.longest_seconds)

    def over(self, now: float) -> Limit | None:
        """Return which limit has ended it, or None while it goes on."""
        if now - self.created > self.longest_seconds:
            return "longest"
        return "idle" if now - self.touched > self.idle_seconds else None


@dataclass(frozen=True, slots=True)
class Key:
    """What one cookie opens: a session, on one host."""

    session: Session
    host: str


class Sessions:
    """All sessions and sign-ins under way; a restart of the gate forgets them, and the hub signs in again."""

    def __init__(self, hub: HubIdentity, config: GateConfig) -> None:
        self._hub = hub
        self._limits = config.limits
        secure = config.scheme == "https"
        # The prefix keeps a page of another host below the domain from planting the cookie; it needs https.
        self.cookie = "__Host-ansim-work" if secure else "ansim-work"
        self.state_cookie = "__Host-ansim-state" if secure else "ansim-state"
        self.browser_cookie = "__Host-ansim-browser" if secure else "ansim-browser"
        self._sessions: dict[Session, None] = {}  # in the order in which they began
        self._keys: dict[str, Key] = {}
        self._sign_ins = SignIns()

    def begin(self, next_path: str, host: str, address: str) -> SignIn:
        """Start a sign-in, from an address, that ends at a path of the host where it began."""
        sign_in = SignIn(next_path, host)
        self._sign_ins.begin(sign_in, address)
        return sign_in

    def returned(self, state: str, headers: Mapping[str, str]) -> SignIn:
        """Note which browser came back from the hub to the host for everybody; return its sign-in.

        Raises: Refused — if no sign-in of this state is under way.
        """
        if self._sign_ins.find(state) is None:
            raise Refused("session.failed", "unknown state")
        return self._sign_ins.name(state, self.browser_of(headers) or secrets.token_urlsafe(32))

    def browser_of(self, headers: Mapping[str, str]) -> str:
        """Return the name of the browser that sent a request; "" for a new one, and for one with two names."""
        names = [value for name, value in cookies(headers) if name == self.browser_cookie]
        return names[0] if len(names) == 1 and BROWSER.fullmatch(names[0]) else ""

    async def finish(self, code: str, state: str, headers: Mapping[str, str], host: str) -> tuple[str, SignIn]:
        """Return the value of a new cookie for a host.

        Raises: Refused — if this browser did not start the sign-in there, or the hub refuses it.
        """
        sign_in = self._sign_ins.find(state)
        given = [v for n, v in cookies(headers) if n == self.state_cookie]
        if sign_in is None or given != [state] or sign_in.host != host:
            raise Refused("session.failed", "unknown state")
        self._sign_ins.drop(state)
        token = await self._hub.exchange(code, sign_in)
        handle = await self._hub.handle_of(token)
        if handle is None:
            raise Refused("session.failed", "no such person")
        await self._end_what_is_over(handle)
        began = time.monotonic() - await self._hub.signed_in_for(token)
        value = secrets.token_urlsafe(32)
        self._keys[value] = Key(self._session_of(handle, sign_in.browser, token, began), host)
        await self._make_room(handle)
        return value, sign_in

    async def _end_what_is_over(self, handle: str) -> None:
        """End sessions of a person whose time is over; a browser that dropped its cookie comes here without them.

        Raises: Refused — if there was one: the hub vouched for a sign-in that was to end. HubUnavailable.
        """
        now = time.monotonic()
        over = [one for one in self._sessions if one.handle == handle and one.over(now)]
        for session in over:
            with contextlib.suppress(Refused):
                await self.validate(session)
        if over:
            raise Refused("session.failed", "the time of a session was over")

    def _session_of(self, handle: str, browser: str, token: str, began: float) -> Session:
        """Return the session that a person has in a browser already, with the token of now, or a new one.

        Its longest time counts from `began`, the sign-in with a password: dropping cookies gives no second time.
        """
        now = time.monotonic()
        for known in self._sessions:
            if browser and (known.handle, known.browser) == (handle, browser):
                known.token, known.checked = token, now
                known.created = max(known.created, began)
                return known
        session = Session(handle, token, now, browser or secrets.token_urlsafe(32), created=began)
        self._sessions[session] = None
        return session

    async def _make_room(self, handle: str) -> None:
        """End the oldest sessions beyond what one person, and all together, may have; their connections end too."""
        mine = [one for one in self._sessions if one.handle == handle]
        surplus = [*mine[:-MAX_OF_ONE], *list(self._sessions)[:-MAX_SESSIONS]]
        await asyncio.gather(*(self._end(one) for one in surplus))
        for session in mine:
            values = [value for value, key in self._keys.items() if key.session is session]
            for value in values[:-MAX_HOSTS]:
                del self._keys[value]

    async def current(self, headers: Mapping[str, str], host: str) -> Session:
        """Return the session of a request to a host, asked about at the hub if the last answer is old.

        Raises: Refused — if there is none that is still good.
        """
        key = self._key_of(headers, host)
        if key is None:
            raise Refused("session.missing")
        await self.validate(key.session)
        return key.session

    def knows(self, headers: Mapping[str, str], host: str) -> bool:
        """Say whether a request to a host has a session, without asking about it."""
        return self._key_of(headers, host) is not None

    def _key_of(self, headers: Mapping[str, str], host: str) -> Key | None:
        values = [value for name, value in cookies(headers) if name == self.cookie]
        # Two cookies of that name mean that a page planted one: trust neither.
        key = self._keys.get(values[0]) if len(values) == 1 else None
        return None if key is None or key.host != host or key.session.ended else key

    async def validate(self, session: Session) -> None:
        """Ask the hub whether a session is still good.

        Raises: Refused — if it is not, or the hub has been away for longer than the grace. HubUnavailable — if its
        time is over and the hub cannot be told.
        """
        async with session.lock:
            now = time.monotonic()
            age = now - session.checked
            limit = session.over(now)
            if limit is not None and not session.ended:
                await self._close_sockets(session)
                # First the hub, which would sign the browser in again by itself; where it is away, nothing opens.
                await self._hub.end_sign_in(session.token, session.ref, limit)
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
        """Validate every session that has an open WebSocket, or whose time is over, for as long as the gate runs."""
        while True:
            await asyncio.sleep(self._limits.validate_seconds / 4)
            now = time.monotonic()
            live = [session for session in self._sessions if session.sockets or session.over(now)]
            # A refusal has closed the sockets already; nothing is left to do about it here.
            await asyncio.gather(*(self.validate(session) for session in live), return_exceptions=True)

    async def end(self, headers: Mapping[str, str], host: str) -> None:
        """Sign out the browser that sent a request, on every host."""
        browser = self.browser_of(headers)
        keys = [self._keys.get(value) for name, value in cookies(headers) if name == self.cookie]
        ending = {key.session for key in keys if key is not None and key.host == host}
        ending |= {one for one in self._sessions if browser and one.browser == browser}
        await asyncio.gather(*(self._end(one) for one in ending))

    def reason_to_wait(self, session: Session, address: str) -> str | None:
        """Return why a person has to wait, a code of `REFUSALS`, who works in another browser now, or with the cookies
        of this one at another address; None for everybody else.
        """
        others = (one for one in self._sessions if one is not session and one.handle == session.handle)
        if any(one.sockets or one.addresses for one in others):
            return "session.elsewhere"
        return "session.other_address" if any(other != address for other in session.addresses) else None

    async def end_all_of(self, handles: Collection[str]) -> int:
        """Sign these people out of their workspaces, wherever they are; return how many sessions that ended."""
        ending = [session for session in self._sessions if session.handle in handles]
        await asyncio.gather(*(self._end(session) for session in ending))
        return len(ending)

    async def _end(self, session: Session) -> None:
        session.ended = True
        self._sessions.pop(session, None)
        self._keys = {value: key for value, key in self._keys.items() if key.session is not session}
        await self._close_sockets(session)

    async def _close_sockets(self, session: Session) -> None:
        closing = [s.close(code=CLOSE_SESSION, message=b"signed out") for s in set(session.sockets)]
        await asyncio.gather(*closing, return_exceptions=True)
