"""What the hub holds of the provider while it runs: sign-ins under way, and tokens to sign people out there with."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hub_config.identity.errors import NotVouched
from hub_config.identity.provider import Provider, SignedIn
from hub_config.identity.under_way import Begun, UnderWay
from hub_config.settings import Settings

CALLBACK = "/hub/identity/callback"
SIGNED_OUT = "/hub/logout"
THREADS = 4  # of their own: a provider that hangs must not hold up those who sign in with a password
MOST = 2000  # tokens kept, and names; the oldest go first
LONGEST_MESSAGE = 16_384  # characters of a logout token

T = TypeVar("T")


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class IdentityDesk:
    """The provider of a zone and what goes on with it; one per hub."""

    provider: Provider
    under_way: UnderWay
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "identity"))
    _tokens: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    """By the `sub` of everybody who signed in: the name that the zone knows them by, if it is another claim."""

    @classmethod
    def of(cls, settings: Settings) -> IdentityDesk | None:
        """Return the desk of a zone that has a provider."""
        if not settings.oidc.on:
            return None
        return cls.at(settings.home, settings, clock=utc_now)

    @classmethod
    def at(cls, home: Path, settings: Settings, *, clock: Callable[[], datetime]) -> IdentityDesk:
        """Return a desk whose clock is given."""
        redirect_uri = settings.origin("zone") + CALLBACK
        return cls(Provider(settings.oidc, home, redirect_uri, clock=clock), UnderWay(clock))

    async def ask(self, question: Callable[[], T]) -> T:
        """Ask the provider in a thread of its own. Raises: NotVouched — as the question does."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)

    async def finish(self, begun: Begun, answer: Mapping[str, str]) -> SignedIn:
        """Return whom the provider vouches for. Raises: NotVouched."""
        signed_in = await self.ask(lambda: self.provider.finish(begun, answer))
        if self.provider.settings.person_claim != "sub":
            _keep(self._names, signed_in.sub, signed_in.vouched.subject)
        return signed_in

    async def take_message(self, token: str, end: Callable[[str], Awaitable[None]]) -> None:
        """Do `end` for the subject whom a message of the provider signs out, once for each message.

        A message whose `end` failed counts when the provider sends it again: only what was done is remembered.

        Raises: NotVouched — the message does not count. Whatever `end` raises.
        """
        if not 0 < len(token) <= LONGEST_MESSAGE:
            raise NotVouched("token_unreadable")
        message = await self.ask(lambda: self.provider.signed_out(token))
        if not self.under_way.is_new(message.message):
            raise NotVouched("token_seen_before")
        own = message.claim == self.provider.settings.person_claim
        subject = message.subject if own else self._names.get(message.subject)
        if subject is None:
            raise NotVouched("token_names_nobody")
        await end(subject)
        self.under_way.done(message.message, message.until)

    def keep_token(self, session: str, id_token: str) -> None:
        """Keep the token with which a session of the hub is later ended at the provider too."""
        _keep(self._tokens, _key(session), id_token)

    def take_token(self, session: str) -> str | None:
        """Return the token of a session that ends, once."""
        return self._tokens.pop(_key(session), None)


def _keep(kept: dict[str, str], key: str, value: str) -> None:
    """Keep a value as the newest of a bounded number."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > MOST:
        del kept[next(iter(kept))]


def _key(session: str) -> str:
    return hashlib.sha256(session.encode("utf-8", "replace")).hexdigest()
