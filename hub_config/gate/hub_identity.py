"""Who a person is, asked from the hub: the OAuth code flow of the hub service `gate`, with state and PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver

from hub_config.gate.config import GateConfig
from hub_config.gate.errors import HubUnavailable, Refused

CLIENT_ID = "service-gate"
Limit = Literal["idle", "longest"]
"""What ends a session by time: nobody did anything for too long, or it lasted as long as one may."""
TIMEOUT = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in under way; the browser knows `state` only.

    `host` is where it began and ends; `browser` names the browser, once it came back from the hub.
    """

    next_path: str
    host: str
    browser: str = ""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """The PKCE challenge of the verifier (RFC 7636, S256)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


class HubIdentity:
    """The few calls of the gate to the hub."""

    def __init__(self, config: GateConfig, token: str) -> None:
        self._config = config
        self._token = token
        self._redirect = f"{config.origin('work')}/_gate/callback"
        self._session = ClientSession(
            # The resolver of aiodns would read files that the gate may no longer reach.
            connector=TCPConnector(resolver=ThreadedResolver()),
            cookie_jar=DummyCookieJar(),
            timeout=TIMEOUT,
        )

    def authorize_url(self, sign_in: SignIn) -> str:
        """Return where the browser goes to sign in."""
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": self._redirect,
            "response_type": "code",
            "state": sign_in.state,
            "code_challenge": sign_in.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._config.origin('zone')}/hub/api/oauth2/authorize?{urlencode(query)}"

    async def exchange(self, code: str, sign_in: SignIn) -> str:
        """Return the token for an authorization code.

        Raises: Refused — if the hub does not take the code. HubUnavailable — if it does not answer.
        """
        form = {
            "client_id": CLIENT_ID,
            "client_secret": self._token,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": sign_in.verifier,
        }
        try:
            async with self._session.post(f"{self._config.hub_url}/hub/api/oauth2/token", data=form) as answer:
                if answer.status >= 500:
                    raise HubUnavailable(f"the hub answered {answer.status}")
                document = await answer.json() if answer.status == 200 else {}
        except (ClientError, TimeoutError, ValueError) as error:
            raise HubUnavailable(type(error).__name__) from error
        token = document.get("access_token")
        if not isinstance(token, str):
            raise Refused("session.failed", f"the hub answered {answer.status}")
        return token

    async def handle_of(self, token: str) -> str | None:
        """Return the handle of the person whose token this is, or None once the hub no longer accepts it.

        Raises: HubUnavailable — if the hub does not answer.
        """
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._session.get(f"{self._config.hub_url}/hub/api/user", headers=headers) as answer:
                if answer.status >= 500:
                    raise HubUnavailable(f"the hub answered {answer.status}")
                document = await answer.json() if answer.status == 200 else {}
        except (ClientError, TimeoutError, ValueError) as error:
            raise HubUnavailable(type(error).__name__) from error
        name = document.get("name") if document.get("kind") == "user" else None
        return name if isinstance(name, str) else None

    async def signed_in_for(self, token: str) -> float:
        """Return for how many seconds the person has been signed in, in the browser that the token is for.

        Raises: Refused — if the hub does not know it. HubUnavailable — if it does not answer.
        """
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._session.get(f"{self._config.hub_url}/hub/session-began", headers=headers) as answer:
                if answer.status >= 500:
                    raise HubUnavailable(f"the hub answered {answer.status}")
                document = await answer.json() if answer.status == 200 else {}
        except (ClientError, TimeoutError, ValueError) as error:
            raise HubUnavailable(type(error).__name__) from error
        seconds = document.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise Refused("session.failed", "the hub does not know since when")
        return float(seconds)

    async def end_sign_in(self, token: str, session: str, limit: Limit) -> None:
        """Make the hub forget in which browsers the person is signed in whose token this is, and record why.

        `session` is the name of the session in the log, `limit` what ended it.

        Raises: HubUnavailable — if the hub does not say that it did.
        """
        headers = {"Authorization": f"Bearer {token}"}
        url, form = f"{self._config.hub_url}/hub/session-over", {"session": session, "limit": limit}
        try:
            async with self._session.post(url, headers=headers, data=form) as answer:
                # A token that the hub no longer knows belongs to a sign-in that has ended already.
                if answer.status not in (204, 403):
                    raise HubUnavailable(f"the hub answered {answer.status}")
        except (ClientError, TimeoutError) as error:
            raise HubUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        """Close the connections to the hub."""
        await self._session.close()
