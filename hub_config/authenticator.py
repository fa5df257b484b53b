"""Signs people in with the registry's password and one-time code; the hub itself knows nobody's secret."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from jupyterhub.auth import Authenticator
from jupyterhub.orm import new_token
from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from audit.event import Event, Object, Source, Subjects
from registry.desk import as_actor
from registry.errors import NotFound, SignInRefused
from registry.identities import Vouched
from registry.model import Person, PersonStatus

if TYPE_CHECKING:
    from hub_config.identity.desk import IdentityDesk
    from hub_config.zone import Zone

#: The longest answers that are looked at, in characters; what is longer is wrong and costs no hashing time.
FIELDS = {"username": 64, "password": 1024, "code": 32}
#: How long a session of the hub may last: a working day; the register of access has no use for longer ones.
SESSION = timedelta(hours=12)
REFRESH_SECONDS = 30  # with the gate's own 30 s, an ended account is out within the 60 s that the zone promises


def source_address(request: HTTPServerRequest) -> str | None:
    """Return the address of the person's browser.

    The gate is the only one who connects, from this machine, and sets X-Forwarded-For to exactly one address.
    From anywhere else, or with anything else in it, the header is worth nothing.
    """
    peer = _address(getattr(request.connection.context, "_orig_remote_ip", None))  # type: ignore[union-attr]
    named = request.headers.get_list("X-Forwarded-For")
    if peer is not None and ipaddress.ip_address(peer).is_loopback and len(named) == 1:
        return _address(named[0]) or peer
    return peer


def _address(value: Any) -> str | None:
    try:
        return str(ipaddress.ip_address(str(value).strip()))
    except ValueError:
        return None


class Refused(HTTPError):
    """The registry refused a sign-in; `refusal` carries the one text that it gives for every cause."""

    def __init__(self, refusal: SignInRefused) -> None:
        super().__init__(403, "sign-in refused")
        self.refusal = refusal


class RegistryAuthenticator(Authenticator):  # type: ignore[misc]  # the base class carries no types
    """The hub's authenticator; `hub_config.hub` binds it to a zone."""

    zone: ClassVar[Zone]
    identity: ClassVar[IdentityDesk | None] = None
    _ended: ClassVar[dict[str, datetime]] = {}
    """Until when the sessions of a person were ended here."""

    async def authenticate(self, handler: Any, data: dict[str, str] | Vouched) -> dict[str, Any]:
        """Return the hub's model of a person whom the registry accepts; nobody is a hub administrator.

        `data` is what was typed into the form, or whom a provider vouches for, which no form can say.

        Raises: Refused — never None, for which the hub would write the name that was typed into its log.
        """
        source = Source(ip=source_address(handler.request))
        try:
            person = await asyncio.to_thread(self._let_in, data, source)
        except SignInRefused as refusal:
            raise Refused(refusal) from refusal
        known = handler.find_user(person.handle)
        if known is not None:
            self._end_sessions(known, person)  # before this one begins
        return {"name": person.handle, "admin": False}

    def _let_in(self, data: dict[str, str] | Vouched, source: Source) -> Person:
        registry = self.zone.registry
        if isinstance(data, Vouched):
            return registry.sign_in_vouched(data, source=source)
        answers = {name: str(data.get(name, ""))[:longest] for name, longest in FIELDS.items()}
        handle, code = answers["username"].strip(), answers["code"].strip()
        return registry.sign_in(handle, answers["password"], code, source=source)

    async def end_vouched(self, handler: Any, subject: str) -> None:
        """End the sessions of a person whom the provider signed out; one whom nobody knows has none."""
        source, authority = Source(ip=source_address(handler.request)), self.zone.settings.oidc.issuer
        end = self.zone.registry.end_vouched
        person = await asyncio.to_thread(end, authority, subject, source=source)
        known = handler.find_user(person.handle) if person is not None else None
        if person is not None and known is not None:
            self._end_sessions(known, person)

    async def refresh_user(self, user: Any, handler: Any = None) -> bool:
        """Say whether the person may still be signed in, for cookies and tokens alike."""
        person = await asyncio.to_thread(self._active, str(user.name))
        return person is not None and not self._end_sessions(user, person)

    def _active(self, handle: str) -> Person | None:
        registry = self.zone.registry
        try:
            person: Person = registry.person(handle)
        except NotFound:
            return None
        open_still = person.status is PersonStatus.ACTIVE and not registry.emergency_is_over(person)
        return person if open_still else None

    def _end_sessions(self, user: Any, person: Person) -> bool:
        """End what was opened before a reset of password or authenticator, once; say whether that was now.

        A hub that started anew ends them again: it no longer knows of which browser a cookie is.
        """
        since = person.sessions_from
        if since is None or datetime.now(UTC) - since > SESSION or self._ended.get(person.handle) == since:
            return False
        user.orm_user.cookie_id = new_token()
        for token in user.orm_user.api_tokens:
            if str(token.client_id).startswith("service-"):  # portal and gate; the servers keep theirs
                token.expires_at = token.now()
        user.db.commit()
        self._ended[person.handle] = since
        return True

    def record_sign_out(self, handle: str, request: HTTPServerRequest) -> None:
        """Record that a person signed out."""
        person = self.zone.registry.person(handle)
        self.zone.log.record(
            Event(
                action="session.signed_out",
                actor=as_actor(person),
                object=Object("person", person.ref),
                subjects=Subjects.person(person.ref),
                source=Source(ip=source_address(request)),
            ),
            wait="durable",
        )

    def record_time_over(self, handle: str, session: str, limit: str) -> None:
        """Record that a session at workspaces ended by a limit of time."""
        self.zone.registry.end_by_time(handle, session, limit, source=Source(ip=None))

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Return our pages in place of the hub's own."""
        from hub_config import session_over, sign_in_times
        from hub_config.identity.pages import BeginHandler, CallbackHandler, SignedOutHandler
        from hub_config.sign_in_pages import SignInHandler, SignOutHandler

        return [
            ("/login", SignInHandler),
            ("/logout", SignOutHandler),
            ("/identity/begin", BeginHandler),
            ("/identity/callback", CallbackHandler),
            ("/identity/signed-out", SignedOutHandler),
            (session_over.PATH, session_over.SessionOverHandler),
            (sign_in_times.PATH, sign_in_times.SessionBeganHandler),
            (sign_in_times.AUTHORIZE, sign_in_times.AuthorizeHandler),  # in place of the hub's own
        ]
