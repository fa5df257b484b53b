"""One request as a page handler sees it: who asks, in which language, with which form, and how to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from audit.errors import AuditError
from audit.event import Actor, Source
from portal.errors import SignInNeeded
from portal.fields import addressed, checked
from portal.formats import days_left, zone_name
from portal.hub import Hub
from portal.i18n import Language, catalogue
from portal.navigation import COMPLIANCE, OPERATORS, Crumb, beside, menu
from portal.render import render
from portal.review_desk import overdue
from portal.sessions import Session, Sessions
from portal.verifications import Verifications
from portal.zone import ZoneLike
from registry.model import Person, Role
from registry.roles import NAMES
from registry.text import Text

PARTIES: Mapping[str, Text] = {
    "author": Text("신청자", "author"),
    "system": Text("자동 처리", "the zone"),
    "zone": Text("자동 처리", "the zone"),
    "worker": Text("자동 처리", "the zone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """What every handler shares."""

    zone: ZoneLike
    hub: Hub
    sessions: Sessions
    verifications: Verifications
    templates: Environment
    clock: Callable[[], datetime]
    preview_secret: bytes

    @property
    def origin(self) -> str:
        """The browser origin of the portal."""
        return self.zone.settings.origin("zone")

    @property
    def https(self) -> bool:
        """Whether browsers reach the zone by TLS."""
        return self.zone.settings.zone.scheme == "https"

    @property
    def time_zone(self) -> ZoneInfo:
        """Where the people of the zone are: days begin, and times are shown, by the clocks of this place."""
        return ZoneInfo(self.zone.settings.zone.time_zone)

    @property
    def cookie_name(self) -> str:
        """The session cookie; the prefix makes a browser refuse one that another host set (RFC 6265bis §4.1.3)."""
        return "__Host-ansim" if self.https else "ansim"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person behind a request, as the registry knows them at this moment."""

    person: Person
    roles: frozenset[Role]
    session: Session
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request."""

    portal: Portal
    request: Request
    form: FormData
    language: Language
    signed_in: SignedIn | None
    database_answers: bool = True
    """Where it does not, a page says so without asking it anything."""

    @property
    def zone(self) -> ZoneLike:
        """The zone."""
        return self.portal.zone

    @property
    def now(self) -> datetime:
        """The time of the request."""
        return self.portal.clock()

    @property
    def me(self) -> SignedIn:
        """Who asks.

        Raises: SignInNeeded — if nobody is signed in.
        """
        if self.signed_in is None:
            raise SignInNeeded(Text("로그인해야 볼 수 있습니다.", "You need to sign in to see this."))
        return self.signed_in

    @property
    def person(self) -> Person:
        """The person who asks.

        Raises: SignInNeeded — if nobody is signed in.
        """
        return self.me.person

    @property
    def actor(self) -> Actor:
        """The person as the audit log names them."""
        me = self.me
        return Actor(me.person.ref, "person", tuple(sorted(map(str, me.roles))), me.session.ref)

    @property
    def source(self) -> Source:
        """Where the request came from: the one address that the gate wrote."""
        address = self.request.headers.get("x-forwarded-for", "").strip()
        return Source(ip=address or None)

    def has(self, *roles: Role) -> bool:
        """Say whether the person holds one of the roles now."""
        return self.signed_in is not None and not self.signed_in.roles.isdisjoint(roles)

    def path(self, name: str) -> str:
        """Return a part of the path, such as the reference of a request."""
        return str(self.request.path_params[name])

    def field(self, name: str, *, required: bool = True) -> str:
        """Return one text field of the form, without surrounding space.

        Raises: WrongInput — if it is missing, empty though required, or too long.
        """
        return checked(name, self.form.get(name), required=required)

    def chosen(self, name: str) -> list[str]:
        """Return every value of a list of boxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def query(self, name: str) -> str:
        """Return one parameter of the address, empty if it is missing.

        Raises: Missing — if it holds what no database keeps.
        """
        return addressed(self.request.query_params.get(name, "").strip())

    def text(self, msgid: str, **values: object) -> str:
        """Return a text of the portal in the language of the visit."""
        return catalogue(self.language).text(msgid) % values if values else catalogue(self.language).text(msgid)

    def page(
        self,
        template: str,
        values: Mapping[str, Any] | None = None,
        *,
        crumbs: tuple[Crumb, ...] = (),
        status: int = 200,
    ) -> HTMLResponse:
        """Return a page: the frame of the zone around a template."""
        return HTMLResponse(
            render(self.portal.templates, template, self.language, {**self._frame(crumbs), **(values or {})}), status
        )

    def go(self, path: str, message: str | None = None) -> RedirectResponse:
        """Send the browser to another page after a change, with one sentence (a msgid) about what was done."""
        if message and self.signed_in:
            self.portal.sessions.leave_message(self.signed_in.cookie, self.text(message))
        return RedirectResponse(path, 303)

    def _frame(self, crumbs: tuple[Crumb, ...]) -> dict[str, Any]:
        """Return what the frame of every page shows."""
        me = self.signed_in
        settings = self.zone.settings
        groups = menu(me.roles if me else None)
        return {
            "zone_name": settings.zone.name,
            "demo": settings.zone.demo,
            "work_origin": settings.origin("work"),
            "person": me.person if me else None,
            "roles": sorted(me.roles) if me else [],
            "menu": groups,
            "menu_beside": beside(groups),
            "path": self.request.url.path,
            "address": self.request.url.path + (f"?{self.request.url.query}" if self.request.url.query else ""),
            "crumbs": crumbs,
            "flash": self.portal.sessions.take_message(me.cookie) if me else None,
            "unread": unread(self.zone, me.person) if me else 0,
            "overdue_reviews": overdue(self.zone, self.portal.clock) if self.has(*COMPLIANCE, *OPERATORS) else (),
            "full_disk": full_disk(self.zone) if self.has(*COMPLIANCE, *OPERATORS) else None,
            "maintenance": self.zone.registry.announcement() if self.database_answers else None,
            "now": self.now,
            "time_zone": zone_name(self.portal.time_zone, self.language),
            "days_left": lambda until: days_left(until, self.now, self.portal.time_zone),
            "Role": Role,
            "role_name": role_name,
        }


def role_name(role: str) -> Text:
    """Return how a role is called on screen; parties of a request that are no role have names of their own."""
    return PARTIES[role] if role in PARTIES else NAMES[Role(role)]


def unread(zone: ZoneLike, person: Person) -> int:
    """Count the messages that a person has not read."""
    return sum(message.read_at is None for message in zone.registry.messages(person.ref))


def full_disk(zone: ZoneLike) -> Text | None:
    """Say which disk has so little room that nothing new begins; None while there is more, or none can be asked."""
    place, space = zone.log.directory, zone.log.space
    try:
        room = space.look() if space is not None else None
    except AuditError:
        return None
    if room is None or room.level != "exhausted":
        return None
    return Text(f"{place} · {room.gibibytes} GiB 남음", f"{place} · {room.gibibytes} GiB free")


def plain(text: str, *, filename: str, media_type: str = "text/plain; charset=utf-8") -> Response:
    """Return a small file for the person to keep."""
    return Response(text, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{filename}"'})
