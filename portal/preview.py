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
from portal.i18n import Language, as_language
from portal.render import render
from portal.visit import Portal, Visit
from registry.errors import NotFound
from registry.model import PersonStatus

LIFETIME = timedelta(minutes=5)
MAX_ROWS = 2_000  # rows of a table on one page; what is left out is said


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
    values = {
        "preview": shown,
        "rows": shown.rows[: MAX_ROWS + 1],
        "left_out": max(0, len(shown.rows) - MAX_ROWS - 1),
        "picture": f"data:{shown.media};base64,{b64encode(shown.image).decode()}" if shown.kind == "image" else "",
    }
    return HTMLResponse(render(portal.templates, "preview.html", ticket.language, values))


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
