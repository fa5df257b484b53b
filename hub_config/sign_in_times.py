"""When a browser signed in: from then gate and portal count the longest time of a session, however it enters anew.

The hub keeps a browser signed in by a cookie that it signs with the date of the sign-in and does not renew. Whoever
drops the gate's cookies is led through the hub without being asked anything; the date of that cookie is what stays.
Where it is too long ago for the portal, the portal demands a new sign-in (`max_age`, OpenID Connect Core 3.1.2.1) and
looks at the date again: a browser that leaves the demand out gains nothing. The old cookie stays until password and
code, or a provider, have made a new one: whoever only links here signs nobody out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from jupyterhub.apihandlers.auth import OAuthAuthorizeHandler
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.utils import maybe_future
from tornado.httputil import url_concat

from hub_config.identity.under_way import demands_anew
from hub_config.not_kept import NOT_KEPT, NotKept
from portal.hub import CLIENT_ID, THIS_MOMENT

AUTHORIZE = "/api/oauth2/authorize"
PATH = "/session-began"
GATE = "service-gate"
ASKING = frozenset({GATE, CLIENT_ID})
KEPT = "ansim_sign_in_times"
MOST_OF_ONE = 50  # sign-ins under way of one person; the oldest go first, and only that person begins anew


@dataclass(slots=True)
class SignInTimes:
    """When the browsers signed in that were just led on to the gate or the portal, in seconds of the epoch."""

    _times: dict[str, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: dict[str, Any]) -> SignInTimes:
        """Return those of a running hub, which keeps them among its settings."""
        found: SignInTimes = settings.setdefault(KEPT, cls())
        return found

    def note(self, handle: str, session: str, at: float) -> None:
        """Note when a browser signed in."""
        own = self._times.setdefault(handle, {})
        own.pop(session, None)
        own[session] = at
        while len(own) > MOST_OF_ONE:
            del own[next(iter(own))]

    def of_session(self, handle: str, session: str) -> float | None:
        """Return when a browser signed in, or None if this hub did not lead it on."""
        return self._times.get(handle, {}).get(session)


def date_of(signed: str | None) -> float:
    """Return when a signed cookie was made, in seconds of the epoch; long ago for what has no date.

    The signature was checked before; the form is Tornado's version 2: `2|1:0|10:<seconds>|…`, each with its length.
    """
    fields = (signed or "").split("|")
    length, _, seconds = fields[2].partition(":") if len(fields) > 3 else ("", "", "")
    fits = fields[0] == "2" and length == str(len(seconds)) and seconds.isascii() and seconds.isdigit()
    return float(seconds) if fits else 0.0


def has_to_sign_in(browser: BaseHandler, goal: str) -> bool:
    """Say whether a browser that is signed in has to sign in anew for where it goes."""
    since = date_of(browser.get_cookie(browser.hub.cookie_name))
    return browser.current_user is not None and demands_anew(goal) and time.time() - since > THIS_MOMENT


class AuthorizeHandler(OAuthAuthorizeHandler):  # type: ignore[misc]  # the base class carries no types
    """Leads a browser on as the hub does, and notes since when it is signed in."""

    async def get(self) -> None:
        """Lead on; a browser whose sign-in is older than what is demanded signs in first, whoever is in front of it."""
        if has_to_sign_in(self, self.request.uri):
            self.redirect(url_concat(self.get_login_url(), {"next": self.request.uri}))
            return
        try:
            await maybe_future(super().get())
        except NOT_KEPT as error:
            self.db.rollback()
            raise NotKept(error) from error

    def add_credentials(self, credentials: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the hub knows of the browser; the token of the gate will carry its session."""
        given: dict[str, Any] = super().add_credentials(credentials)
        signed = self.get_cookie(self.hub.cookie_name)
        SignInTimes.of(self.settings).note(str(given["user"].name), str(given["session_id"]), date_of(signed))
        return given


class SessionBeganHandler(BaseHandler):  # type: ignore[misc]  # the base class carries no types
    """Tells gate and portal when the person signed in in the browser that a token is for."""

    async def get(self) -> None:
        """Answer with how long ago, and when, in seconds; 403 for a token that is none of theirs, 404 where unknown."""
        token = self.get_token()
        if token is None or token.client_id not in ASKING or token.user is None:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        at = SignInTimes.of(self.settings).of_session(str(token.user.name), str(token.session_id))
        if at is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.finish({"seconds": max(0, int(time.time() - at)), "at": int(at)})
