"""Hostile content made harmless: what a file says, rendered by us, on an origin of its own that can do nothing.

No cookie is sent to this origin. The address carries a signed token that names viewer, request, file and language
and is good for five minutes; what the viewer may see is asked anew at each request, and each view is an audit event.
Whoever turns pages gets a fresh token with each page, so that reading a long file never ends half way; a chain of
tokens ends after two hours. No script runs here, so what is known is which page was served, when, and to whom.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from audit.event import Source
from egress_review.comparing import Change, PartPair
from egress_review.errors import EgressError
from egress_review.paging import Piece
from egress_review.seeing import Look, Mark
from portal.i18n import Language, as_language
from portal.render import render
from portal.requests import SEVERITIES
from portal.visit import Portal, Visit
from registry.errors import NotFound
from registry.model import Person, PersonStatus
from registry.text import Text

LIFETIME = timedelta(minutes=5)
LONGEST = timedelta(hours=2)  # a chain of tickets; whoever reads on loads the page around it again

CHANGES: Mapping[Change, tuple[str, Text]] = {
    "changed": ("≠", Text("바뀜", "changed")),
    "added": ("+", Text("추가", "added")),
    "removed": ("−", Text("삭제", "removed")),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave for one person to see one file of one request."""

    viewer: str
    request: str
    sha256: str
    language: Language
    until: int
    ends: int
    """When the chain of tickets that began with the first one ends, in seconds."""
    against: str = ""
    """What it is compared with: the reference and the round of another request, and the hash of its file."""

    def sign(self, key: bytes) -> str:
        """Return the ticket as part of an address."""
        values = [self.viewer, self.request, self.sha256, self.language, self.until, self.ends, self.against]
        data = json.dumps(values).encode()
        return _text(data) + "." + _text(_mac(key, data))

    def renewed(self, now: datetime) -> Ticket:
        """Return the ticket for the next page."""
        return replace(self, until=min(int((now + LIFETIME).timestamp()), self.ends))


def open_ticket(token: str, key: bytes, now: datetime) -> Ticket | None:
    """Return the ticket in an address, or nothing if it is not ours or its time is over."""
    data_part, _, mac_part = token.partition(".")
    data, mac = _bytes(data_part), _bytes(mac_part)
    if data is None or mac is None or not hmac.compare_digest(_mac(key, data), mac):
        return None
    viewer, request, sha256, language, until, ends, against = json.loads(data)
    if now.timestamp() >= until:
        return None
    return Ticket(viewer, request, sha256, as_language(language) or "ko", until, ends, against)


def address(visit: Visit, request_ref: str, sha256: str, *, page: int = 1, at: str = "", against: str = "") -> str:
    """Return where this person may see a file from now on; `at` is the place on the page that is pointed at."""
    now = visit.now
    ends = int((now + LONGEST).timestamp())
    ticket = Ticket(visit.person.ref, request_ref, sha256, visit.language, 0, ends, against).renewed(now)
    place = f"?page={page}&at={at}#c{at}" if at else f"?page={page}" if page > 1 else ""
    return f"{visit.zone.settings.origin('preview')}/p/{ticket.sign(visit.portal.preview_secret)}{place}"


def routes(portal: Portal) -> list[BaseRoute]:
    """Return the routes of the preview origin."""

    def page(request: Request) -> Response:
        return _show(portal, request)

    return [Route("/p/{token}", page)]


def refuse(request: Request, error: Exception) -> Response:
    """Answer anything else on this origin in one line."""
    return PlainTextResponse("not found\n", cast(HTTPException, error).status_code)


def _show(portal: Portal, request: Request) -> Response:
    """Render a page of a file for the person in the ticket, in one answer: one look is one event."""
    now = portal.clock()
    ticket = open_ticket(request.path_params["token"], portal.preview_secret, now)
    if ticket is None:
        return _note(portal, "ko", over=True, status=403)
    source = Source(ip=request.headers.get("x-forwarded-for", "").strip() or None)
    number = _number(request, "page")
    try:
        person = portal.zone.registry.person_by_ref(ticket.viewer)
        if person.status is not PersonStatus.ACTIVE:
            return _note(portal, ticket.language, over=True, status=403)
        if ticket.against:
            return _compare(portal, person, ticket, source)
        look = portal.zone.desk.preview(person, ticket.request, ticket.sha256, number, source=source)
    except (EgressError, NotFound):
        return _note(portal, ticket.language, over=False, status=403)
    values = {
        "look": look,
        "blocks": _blocks(look, request.query_params.get("at", "")),
        "turn": f"/p/{ticket.renewed(now).sign(portal.preview_secret)}?page=",
        "severities": SEVERITIES,
    }
    return HTMLResponse(render(portal.templates, "preview.html", ticket.language, values))


def _compare(portal: Portal, person: Person, ticket: Ticket, source: Source) -> Response:
    """Render a file beside another version of it.

    Raises: EgressError.
    """
    found = portal.zone.desk.comparison(person, ticket.request, ticket.sha256, ticket.against, source=source)
    values = {"comparison": found, "signs": CHANGES, "width": _width}
    return HTMLResponse(render(portal.templates, "compare.html", ticket.language, values))


def _width(part: PartPair) -> int:
    return max(len(part.head), *(max(len(row.before), len(row.after)) for row in part.rows))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table with what the checks found there."""

    text: str
    id: str
    marks: tuple[Mark, ...]
    here: bool
    """Whether this is the cell that the reader asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by its number in the file."""

    number: int
    id: str
    cells: tuple[Cell, ...]
    marks: tuple[Mark, ...]
    """Findings about the whole row."""
    here: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a file on the page."""

    piece: Piece
    rows: tuple[Row, ...]
    picture: str
    marks: tuple[Mark, ...]
    """Findings on this part that stand in no row of a table."""


def _blocks(look: Look, at: str) -> list[Block]:
    return [_block(piece, tuple(m for m in look.marks if m.spot.part == piece.part), at) for piece in look.page.pieces]


def _block(piece: Piece, marks: tuple[Mark, ...], at: str) -> Block:
    preview = piece.preview
    image = f"data:{preview.media};base64,{b64encode(preview.image).decode()}" if preview.kind == "image" else ""
    if preview.kind != "table":
        return Block(piece, (), image, marks)
    rows = [_row(piece, number, row, marks, at) for number, row in enumerate(preview.rows, piece.first)]
    return Block(piece, tuple(rows), image, tuple(mark for mark in marks if not mark.spot.row))


def _row(piece: Piece, number: int, row: tuple[str, ...], marks: tuple[Mark, ...], at: str) -> Row:
    id = f"{piece.part}.{number}"
    here = [mark for mark in marks if mark.spot.row == number]
    cells = []
    for column, text in enumerate(row, 1):
        found = tuple(mark for mark in here if mark.spot.column == column)
        cells.append(Cell(text, f"{id}.{column}", found, at == f"{id}.{column}"))
    whole = tuple(mark for mark in here if not 1 <= mark.spot.column <= len(row))
    return Row(number, id, tuple(cells), whole, at in (id, f"{id}.0"))


def _number(request: Request, name: str) -> int:
    """Return a number of the address; 1 for whatever is none."""
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else 1


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
