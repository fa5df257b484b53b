"""What a program may ask of the zone with the token of its account: a few calls, each for one scope.

These calls know tokens and no cookies; pages know cookies and no tokens. So nothing that a token opens can be reached
with a browser's session, and no page, vote or file with a token. Each call is in the audit log before it is answered.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from audit.event import Source
from egress_review.bringing import Incoming, Program
from egress_review.model import Request as Asked
from portal.bodies import discard
from portal.errors import ANSWERS, DATABASE_AWAY, Missing, WrongInput, answer_for, away
from portal.fields import checked
from portal.requests import view_of
from portal.views.bringing import own_workspace
from portal.workspace_api import both, refusal_of
from portal.zone import ZoneLike
from registry.scopes import Scope
from registry.service_use import Admitted, TokenRefused, TooManyCalls
from registry.text import Text

PREFIX = "/service"
INGRESS = f"{PREFIX}/ingress"
MOST_FILES = 10
Metrics = Callable[[], bytes | None]
log = logging.getLogger("ansim.portal")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a program that was let in."""

    zone: ZoneLike
    admitted: Admitted
    metrics: Metrics
    path: Mapping[str, Any]
    form: FormData = field(default_factory=FormData)
    taken: list[str] = field(default_factory=list)
    """References of the requests that were handed in so far."""
    failures: list[str] = field(default_factory=list)
    """Codes of what went wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One call with the scope that opens it; `begins` marks those whose outcome is a second entry of the log."""

    path: str
    method: str
    scope: Scope
    route: str
    answer: Callable[[Call], Response]
    begins: bool = False


def metrics(call: Call) -> Response:
    """Return what the zone's own monitoring reads, in Prometheus' text format."""
    text = call.metrics()
    if text is None:
        return _said(503, "metrics_off", _NO_METRICS)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def submit(call: Call) -> Response:
    """Hand each file in as an ingress request of the person who answers for the account, in their workspace."""
    owner, project = call.admitted.owner, str(call.admitted.account.project)
    title, purpose, context = (checked(name, call.form.get(name)) for name in ("title", "purpose", "context"))
    uploads = [one for one in call.form.getlist("content") if isinstance(one, UploadFile) and one.filename]
    if not 1 <= len(uploads) <= MOST_FILES:
        raise WrongInput(_FILES)
    workspace = own_workspace(call.zone, owner, project)
    found, account = [], call.admitted.account
    program = Program(account.ref, account.name)
    for upload in uploads:
        incoming = Incoming(title, purpose, context, str(upload.filename), upload.file)
        source = call.admitted.source
        found.append(call.zone.desk.bring_in(owner, workspace, incoming, source=source, program=program))
        call.taken.append(found[-1].ref)
    return JSONResponse({"requests": [_standing(one) for one in found]}, 201)


def requests(call: Call) -> Response:
    """Say how the requests stand that this account handed in."""
    return JSONResponse({"requests": [_standing(one) for one in _own(call)]})


def one_request(call: Call) -> Response:
    """Say how one of them stands.

    Raises: Missing — also for a request of somebody else: its existence is not this account's to know.
    """
    for one in _own(call):
        if one.ref == call.path["ref"]:
            return JSONResponse(_standing(one))
    raise Missing(Text("이 계정이 낸 신청이 아닙니다.", "This is not a request of this account."))


CALLS: tuple[Row, ...] = (
    Row(f"{PREFIX}/metrics", "GET", Scope.METRICS_READ, "metrics", metrics),
    Row(INGRESS, "POST", Scope.INGRESS_SUBMIT, "ingress", submit, begins=True),
    Row(f"{PREFIX}/requests", "GET", Scope.REQUESTS_READ, "requests", requests),
    Row(f"{PREFIX}/requests/{{ref}}", "GET", Scope.REQUESTS_READ, "request", one_request),
)
"""Every call there is; `tests/integration/portal/test_portal_service_accounts.py` walks it with every scope."""


def service_routes(zone: ZoneLike, metrics: Metrics) -> list[BaseRoute]:
    """Return the routes of these calls."""
    return [Route(row.path, _endpoint(zone, metrics, row), methods=[row.method]) for row in CALLS]


def _endpoint(zone: ZoneLike, metrics: Metrics, row: Row) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        source = Source(ip=request.headers.get("x-forwarded-for", "").strip() or None)
        admit = partial(zone.registry.admit_service, _token(request), row.scope, row.route)
        try:
            # Nothing of a body is read, or kept on the disk of the zone, before the token has been looked at.
            admitted = await run_in_threadpool(admit, source=source, begins=row.begins)
        except tuple(kind for kind, _ in ANSWERS) as error:
            await discard(request.receive)
            return _refusal(error)
        except DATABASE_AWAY as error:
            log.exception("%s: the database is away", row.route)
            await discard(request.receive)
            return refusal_of(away(error))
        call = Call(zone, admitted, metrics, request.path_params)
        if not row.begins:
            return await run_in_threadpool(_answer, row, call, FormData())
        async with _concluding(call), request.form(max_files=MOST_FILES, max_fields=10) as form:
            return await run_in_threadpool(_answer, row, call, form)

    return endpoint


def _answer(row: Row, call: Call, form: FormData) -> Response:
    try:
        return row.answer(replace(call, form=form))
    except tuple(kind for kind, _ in ANSWERS) as error:
        call.failures.append(str(getattr(error, "code", answer_for(error).code)))
        return _refusal(error, call.taken)
    except DATABASE_AWAY as error:
        log.exception("%s: the database is away", row.route)
        call.failures.append("database_away")
        return refusal_of(away(error))


@asynccontextmanager
async def _concluding(call: Call) -> AsyncIterator[None]:
    """Say in the log how a call ended that changes something, also when nobody foresaw the end."""
    try:
        yield
    except BaseException:
        call.failures.append("unforeseen")
        raise
    finally:
        failure = call.failures[0] if call.failures else None
        conclude = partial(call.zone.registry.conclude_service, call.admitted, call.taken, failure=failure)
        await run_in_threadpool(conclude)


def _token(request: Request) -> str:
    """Return the token of the one Authorization header (RFC 6750 section 2.1); empty where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _own(call: Call) -> list[Asked]:
    own = call.zone.registry.requests_of_service(call.admitted.account)
    return [view.request for view in call.zone.desk.requests_of(call.admitted.owner) if view.request.ref in own]


def _standing(request: Asked) -> dict[str, object]:
    view = view_of(request)
    state = request.state.value.lower()
    return {
        "ref": request.ref,
        "title": request.title,
        "state": state,
        "state_text": both(view.text),
        "round": request.round,
    }


def _refusal(error: Exception, taken: list[str] | None = None) -> Response:
    """Return the refusal; a batch that broke off says what of it was taken."""
    if isinstance(error, TokenRefused):
        answer = _said(401, error.code, error.reason, error.hint)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if isinstance(error, TooManyCalls):
        answer = _said(429, error.code, error.reason, error.hint)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if not taken:
        return refusal_of(error)
    about = getattr(error, "code", answer_for(error).code)
    return JSONResponse({"error": {"code": about, "taken": taken}}, answer_for(error).status)


def _said(status: int, code: str, message: Text, hint: Text | None = None) -> Response:
    return JSONResponse(
        {"error": {"code": code, "message": both(message), "hint": both(hint) if hint else None}}, status
    )


_NO_METRICS = Text(
    "지표가 꺼져 있거나 응답하지 않습니다. ansim.yaml의 metrics.port를 확인하십시오.",
    "The metrics are switched off or do not answer; see metrics.port in ansim.yaml.",
)
_FILES = Text(
    f"반입할 파일을 content 항목에 1개에서 {MOST_FILES}개까지 넣으십시오.",
    f"Send 1 to {MOST_FILES} files in the part named content.",
)
