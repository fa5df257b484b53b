"""What a page is, and the one path that every request takes before its handler runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import i18n
from portal.bodies import discard
from portal.errors import (
    ANSWERS,
    DATABASE_AWAY,
    CrossSite,
    Missing,
    RoleNeeded,
    SignInNeeded,
    TooLarge,
    WrongInput,
    advice_of,
    answer_for,
    away,
    reason_of,
)
from portal.fields import check_address
from portal.formats import size
from portal.security import READING, check_same_origin
from portal.sessions import Session
from portal.visit import Portal, SignedIn, Visit
from registry.errors import NotFound
from registry.model import Person, PersonStatus, Role
from registry.roles import NAMES
from registry.text import Text

log = logging.getLogger("ansim.portal")

LANGUAGE_COOKIE = "ansim-language"
MAX_FORM_FIELDS = 2_000  # a request may list many files, each with a box and a vote

Needs = frozenset[Role] | Literal["nobody", "person"]
"""Who may see a page: nobody in particular, any signed-in person, or holders of one of these roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One route with what it needs; `before_notice` marks those that work before the notice is accepted."""

    path: str
    endpoint: Callable[[Visit], Response]
    methods: tuple[str, ...] = ("GET",)
    needs: Needs
    before_notice: bool = False
    takes_file: bool = False
    """Whether its form brings one file: to be found in the audit log, or to be brought into a workspace."""


async def respond(page: Page, portal: Portal, request: Request) -> Response:
    """Answer a request for a page; a refusal before the handler is a page too."""
    try:
        check_same_origin(request.method, request.headers, portal.origin)
        # A file is written to the disk of the zone only for somebody who may bring one.
        if page.takes_file and (refusal := await run_in_threadpool(_answer, page, portal, request, None)):
            await discard(request.receive)
            return refusal
        form = await _form(request, takes_file=page.takes_file)
    except (CrossSite, WrongInput) as error:
        return error_page(_guest(portal, request), error)
    answer = await run_in_threadpool(_answer, page, portal, request, form)
    assert answer is not None, "a handler always answers"
    return answer


def _answer(page: Page, portal: Portal, request: Request, form: FormData | None) -> Response | None:
    """Walk the checks in order: session, notice, role; then run the handler, or nothing without a form."""
    visit = _guest(portal, request)
    try:
        check_address(request)
        signed_in = find_person(portal, request)
        visit = replace(visit, form=form or FormData(), language=_language(request, signed_in), signed_in=signed_in)
        if page.needs != "nobody":
            if signed_in is None:
                return to_sign_in(request)
            if not page.before_notice and signed_in.person.notice_version != portal.zone.registry.notice_version:
                return RedirectResponse("/notice", 303)
            check_role(page.needs, visit)
        return None if form is None else page.endpoint(visit)
    except SignInNeeded:
        return to_sign_in(request)
    except tuple(kind for kind, _ in ANSWERS) as error:
        return error_page(visit, error)
    except DATABASE_AWAY as error:
        log.exception("%s: the database is away", page.path)
        # To a guest: who is signed in is asked of the same database.
        return error_page(replace(_guest(portal, request), database_answers=False), away(error))


def check_role(needs: Needs, visit: Visit) -> None:
    """Accept a visit by a holder of one of the roles that a page needs.

    Raises: RoleNeeded — naming the roles that would do.
    """
    if not isinstance(needs, frozenset) or visit.has(*needs):
        return
    roles = [NAMES[role] for role in sorted(needs)]
    raise RoleNeeded(
        Text(
            f"이 화면에 필요한 역할: {', '.join(name.ko for name in roles)}",
            f"This page is for: {', '.join(name.en for name in roles)}",
        )
    )


def _ended(session: Session, person: Person) -> bool:
    """Say whether a reset ended the session after it was opened."""
    return person.sessions_from is not None and session.opened_at < person.sessions_from


def find_person(portal: Portal, request: Request) -> SignedIn | None:
    """Return who asks, read afresh from the registry; a hub token is believed for a minute at most."""
    cookie = request.cookies.get(portal.cookie_name)
    session = portal.sessions.find(cookie) if cookie else None
    if cookie is None or session is None:
        return None
    if portal.sessions.token_due(session):
        if portal.hub.whoami(session.hub_token) != session.handle:
            portal.sessions.close(cookie)
            return None
        portal.sessions.checked(cookie)
    registry = portal.zone.registry
    try:
        person = registry.person(session.handle)
    except NotFound:
        person = None
    if person is None or person.status is not PersonStatus.ACTIVE or _ended(session, person):
        portal.sessions.close(cookie)
        return None
    now = portal.clock()
    in_projects = {m.role for m in registry.memberships(person.ref) if m.in_force(now)}
    return SignedIn(person=person, roles=person.roles | in_projects, session=session, cookie=cookie)


def to_sign_in(request: Request) -> Response:
    """Send a guest to the hub, and back to the page they wanted if it only reads."""
    goal = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = urlencode({"next": goal}) if request.method in READING and goal != "/" else ""
    return RedirectResponse("/sign-in" + (f"?{query}" if query else ""), 303)


def error_page(visit: Visit, error: Exception) -> Response:
    """Return the page for any error that the table names: what happened, why, and what to do next."""
    answer = answer_for(error)
    values = {
        "answer": answer,
        "reason": reason_of(error),
        "next_step": advice_of(error),
    }
    return visit.page("error.html", values, status=answer.status)


def framework_error(portal: Portal) -> Callable[[Request, Exception], Response]:
    """Return the handler for what the router itself refuses: unknown addresses and methods."""

    def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        missing = Missing(Text("이 주소에는 화면이 없습니다.", "There is no page at this address."))
        wrong = WrongInput(Text("요청을 읽을 수 없습니다.", "The request could not be read."))
        if error.status_code == 413:
            return too_large(portal)(request, int(error.detail))
        visit = _guest(portal, request)
        page = error_page(visit, missing if error.status_code == 404 else wrong)
        page.status_code = error.status_code
        return page

    return handle


def too_large(portal: Portal) -> Callable[[Request, int], Response]:
    """Return the answer to a body that is larger than a page takes."""

    def handle(request: Request, most: int) -> Response:
        reason = Text(f"한 번에 최대 {size(most)}까지 받습니다.", f"At most {size(most)} are taken at once.")
        return error_page(_guest(portal, request), TooLarge(reason))

    return handle


def _guest(portal: Portal, request: Request) -> Visit:
    return Visit(portal=portal, request=request, form=FormData(), language=_language(request, None), signed_in=None)


def _language(request: Request, signed_in: SignedIn | None) -> i18n.Language:
    """Choose by this browser's own choice, then the person's, then the browser's wish."""
    chosen = i18n.as_language(request.cookies.get(LANGUAGE_COOKIE))
    if chosen is not None:
        return chosen
    if signed_in is not None:
        return signed_in.person.language
    return i18n.preferred(request.headers.get("accept-language", ""))


async def _form(request: Request, *, takes_file: bool) -> FormData:
    """Read the form of a POST; only a page that says so takes a file, and one at most."""
    if request.method in READING:
        return FormData()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if takes_file and kind == "multipart/form-data":
        return await request.form(max_files=1, max_fields=10)
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise WrongInput(Text("양식이 아닌 내용을 받았습니다.", "The content is not a form."))
    return await request.form(max_files=0, max_fields=MAX_FORM_FIELDS)
