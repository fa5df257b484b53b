"""Hostile content made harmless: what a file says, rendered by us, on an origin of its own that can do nothing.

No cookie is sent to this origin. The address carries a signed token that names viewer, request, file and language
and is good for five minutes; what the viewer may see is asked anew at each request, and each view is an audit event.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from audit.event import Source
from egress_review.errors import EgressError
from egress_review.previews import Preview
from portal.i18n import Language, as_language
from portal.render import render
from portal.visit import Portal, Visit
from registry.errors import NotFound
from registry.model import PersonStatus

LIFETIME = timedelta(minutes=5)
MAX_ROWS = 2_000  # rows of a table on one page; the reader turns to the next


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave for one person to see one file of one request."""

    viewer: str
    request: str
    sha256: str
    language: Language
    until: int

    def sign(self, key: bytes) -> str:
        """Return the ticket as part of an address."""
        data = json.dumps([self.viewer, self.request, self.sha256, self.language, self.until]).encode()
        return _text(data) + "." + _text(_mac(key, data))


def open_ticket(token: str, key: bytes, now: datetime) -> Ticket | None:
    """Return the ticket in an address, or nothing if it is not ours or its time is over."""
    data_part, _, mac_part = token.partition(".")
    data, mac = _bytes(data_part), _bytes(mac_part)
    if data is None or mac is None or not hmac.compare_digest(_mac(key, data), mac):
        return None
    viewer, request, sha256, language, until = json.loads(data)
    if now.timestamp() >= until:
        return None
    return Ticket(viewer, request, sha256, as_language(language) or "ko", until)


def address(visit: Visit, request_ref: str, sha256: str) -> str:
    """Return where this person may see a file for the next five minutes."""
    until = int((visit.now + LIFETIME).timestamp())
    ticket = Ticket(visit.person.ref, request_ref, sha256, visit.language, until)
    return f"{visit.zone.settings.origin('preview')}/p/{ticket.sign(visit.portal.preview_secret)}"


def routes(portal: Portal) -> list[BaseRoute]:
    """Return the routes of the preview origin."""

    def page(request: Request) -> Response:
        return _show(portal, request)

    return [Route("/p/{token}", page)]


def refuse(request: Request, error: Exception) -> Response:
    """Answer anything else on this origin in one line."""
    return PlainTextResponse("not found\n", cast(HTTPException, error).status_code)


def _show(portal: Portal, request: Request) -> Response:
    """Render a file for the person in the ticket, in one answer: one look is one event."""
    ticket = open_ticket(request.path_params["token"], portal.preview_secret, portal.clock())
    if ticket is None:
        return _note(portal, "ko", over=True, status=403)
    source = Source(ip=request.headers.get("x-forwarded-for", "").strip() or None)
    try:
        person = portal.zone.registry.person_by_ref(ticket.viewer)
        if person.status is not PersonStatus.ACTIVE:
            return _note(portal, ticket.language, over=True, status=403)
        shown = portal.zone.desk.preview(person, ticket.request, ticket.sha256, source=source)
    except (EgressError, NotFound):
        return _note(portal, ticket.language, over=False, status=403)
    blocks = _blocks(shown, _number(request, "part"), _number(request, "from"))
    return HTMLResponse(render(portal.templates, "preview.html", ticket.language, {"blocks": blocks}))


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a file on the page; of a long table the rows from `first` to `last`, counted from 1."""

    heading: str
    part: int
    preview: Preview
    picture: str
    first: int
    last: int

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows on this page."""
        return self.preview.rows[self.first - 1 : self.last]

    @property
    def before(self) -> int | None:
        """Where the page before begins; None on the first."""
        return max(1, self.first - MAX_ROWS) if self.first > 1 else None

    @property
    def after(self) -> int | None:
        """Where the next page begins; None on the last."""
        return self.last + 1 if self.last < len(self.preview.rows) else None


def _blocks(shown: Preview, part: int, first: int) -> list[Block]:
    """Return what is on the page: the whole file, or from one row on the one part that a reader turns the pages of."""
    parts = shown.parts if shown.kind == "parts" else (("", shown),)
    if part:
        parts = parts[part - 1 : part]
    return [
        _block(heading, number, one, first if part else 1) for number, (heading, one) in enumerate(parts, part or 1)
    ]


def _block(heading: str, number: int, preview: Preview, first: int) -> Block:
    first = min(max(1, first), max(1, len(preview.rows)))
    image = f"data:{preview.media};base64,{b64encode(preview.image).decode()}" if preview.kind == "image" else ""
    return Block(heading, number, preview, image, first, min(first + MAX_ROWS - 1, len(preview.rows)))


def _number(request: Request, name: str) -> int:
    """Return a number of the address; 0 for whatever is none."""
    value = request.query_params.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 9 else 0


def _note(portal: Portal, language: Language, *, over: bool, status: int) -> Response:
    return HTMLResponse(render(portal.templates, "preview_refused.html", language, {"over": over}), status)


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, b"preview\x00" + data, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
