"""What a notebook may ask the zone: how things stand, would this pass, please let this out.

The gate says which workspace calls, because the socket that the call came through says so; nothing in the call itself
names a person. Texts come in both languages, findings in the one that the call asks for, else in the person's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from audit.event import Source
from egress_review.model import Message
from egress_review.model import Request as EgressRequest
from egress_review.service import Draft
from portal.errors import ANSWERS, DATABASE_AWAY, Missing, WrongInput, advice_of, answer_for, away, reason_of
from portal.fields import check_address, checked
from portal.formats import minute
from portal.groups import groups_of
from portal.i18n import Language
from portal.package_desk import packages_of
from portal.package_mirror import Mirror, told
from portal.requests import open_workspace, view_of
from portal.visit import role_name
from portal.zone import ZoneLike
from registry.model import Person, Workspace
from registry.text import Text

log = logging.getLogger("ansim.portal")

HEADER = "ansim-workspace"
MAX_BODY = 1_000_000  # bytes; names and texts only
MAX_FILES = 1_000  # names in one call; the policy's own limit is lower and speaks for itself


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a workspace: whose it is, and what it says."""

    zone: ZoneLike
    request: Request
    workspace: Workspace
    person: Person
    document: Mapping[str, Any]

    @property
    def source(self) -> Source:
        """A call comes out of the container of its workspace, not over a network."""
        return Source(ip=None, container=self.workspace.ref)

    @property
    def language(self) -> Language:
        """The language that the notebook was switched to, in its Accept-Language header; else that of the person."""
        asked = self.request.headers.get("accept-language", "").strip().lower()
        return "ko" if asked == "ko" else "en" if asked == "en" else self.person.language

    def text(self, name: str, *, required: bool = True) -> str:
        """Return one text of the document.

        Raises: WrongInput.
        """
        value = self.document.get(name)
        if isinstance(value, Mapping):
            value = json.dumps(value, ensure_ascii=False, sort_keys=True)
        if value is not None and not isinstance(value, str):
            raise WrongInput(Text(f"글이어야 하는 항목: {name}", f"This must be a text: {name}"))
        return checked(name, value, required=required)

    def files(self) -> list[str]:
        """Return the names of files in the outbox.

        Raises: WrongInput — if it is not a list of distinct names.
        """
        return self._names("files", least=1)

    def supporting(self) -> list[str]:
        """Return the names of files in the outbox that only the checks and the reviewers read; there may be none.

        Raises: WrongInput — if it is not a list of distinct names, or names a file that is to leave.
        """
        names = self._names("supporting", least=0) if self.document.get("supporting") else []
        if set(names) & set(self.files()):
            raise WrongInput(
                Text(
                    "같은 파일을 반출 파일과 근거 자료로 함께 지정할 수 없습니다.",
                    "A file either leaves or supports; it cannot be both.",
                )
            )
        return names

    def draft(self, *, complete: bool = True) -> Draft:
        """Return what the call wants to leave; an incomplete one needs a title only.

        Raises: WrongInput.
        """
        named = complete or bool(self.document.get("files"))
        return Draft(
            title=self.text("title"),
            purpose=self.text("purpose", required=complete),
            context=self.text("context", required=False),
            controls=self.text("controls", required=False),
            files=tuple(self.files()) if named else (),
            supporting=tuple(self.supporting() if named else self._names("supporting", least=0)),
            groups=groups_of(self.document.get("groups")),
        )

    def own(self) -> str:
        """Return the reference in the path, of a request of this workspace.

        Raises: Missing — also for a request of another one: its existence is not this workspace's to know.
        """
        ref = str(self.request.path_params["ref"])
        request = self.zone.desk.view(self.person, ref).request
        if (request.project, request.author_ref) != (self.workspace.project, self.person.ref):
            raise Missing(Text("이 분석환경의 반출신청이 아닙니다.", "This is not a request of this workspace."))
        return ref

    def _names(self, key: str, *, least: int) -> list[str]:
        names = self.document.get(key, [] if not least else None)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise WrongInput(Text(f"{key}는 파일 이름의 목록이어야 합니다.", f"`{key}` must be a list of names."))
        if not least <= len(names) <= MAX_FILES or len(set(names)) != len(names):
            raise WrongInput(
                Text(
                    f"파일은 1개에서 {MAX_FILES}개까지, 겹치지 않게 지정합니다.",
                    f"Name 1 to {MAX_FILES} distinct files.",
                )
            )
        return [checked("files", name) for name in names]


def build_workspace_api(zone: ZoneLike) -> ASGIApp:
    """Return the application for calls of workspaces."""
    app = Starlette(
        routes=[
            Route("/workspace/status", _endpoint(zone, status)),
            Route("/workspace/messages", _endpoint(zone, messages)),
            Route("/workspace/precheck", _endpoint(zone, precheck), methods=["POST"]),
            Route("/workspace/submit", _endpoint(zone, submit), methods=["POST"]),
            Route("/workspace/requests/{ref}", _endpoint(zone, one_request)),
            *(Route(path, _endpoint(zone, handler), methods=["POST"]) for path, handler in OF_REQUESTS.items()),
            Route("/workspace/packages", _endpoint(zone, packages)),
            Route("/workspace/packages", _endpoint(zone, ask_for_package), methods=["POST"]),
            *Mirror(zone).routes(),
        ],
        exception_handlers={HTTPException: _unknown},
    )
    return RequestBodyLimitMiddleware(app, MAX_BODY)


def status(call: Call) -> Mapping[str, object]:
    """Say whose workspace this is, until when, under which policy, and how its requests stand."""
    registry, desk = call.zone.registry, call.zone.desk
    permit = registry.may_work(call.person.handle, call.workspace.project, begins=False)
    policy = desk.policy_for(permit.project.id)
    time_zone = ZoneInfo(call.zone.settings.zone.time_zone)
    requests = [view for view in desk.requests_of(call.person) if view.request.project == call.workspace.project]
    return {
        "message": both(
            Text(
                f"과제 {permit.project.id} · 이용 기한 {minute(permit.ends_at, 'ko', time_zone)} · 이곳에서 하는 일은"
                " 기록됩니다.",
                f"Project {permit.project.id} · access until {minute(permit.ends_at, 'en', time_zone)} · what you do"
                " here is recorded.",
            )
        ),
        "project": {"id": permit.project.id, "title": both(permit.project.title)},
        "ends_at": permit.ends_at.isoformat(),
        "datasets": [{"id": mount.dataset, "version": mount.version} for mount in permit.mounts],
        "policy": {"name": policy.name, "digest": policy.digest, "min_cell": policy.min_cell},
        "outbox": [
            {"name": file.name, "size": file.size, "problem": both(file.problem) if file.problem else None}
            for file in desk.list_outbox(call.workspace)
        ],
        "requests": [_request(view.request) for view in requests],
    }


def precheck(call: Call) -> Mapping[str, object]:
    """Check files as they would be checked after submitting; nothing is kept."""
    report = call.zone.desk.precheck(
        call.workspace,
        call.files(),
        call.text("controls", required=False),
        source=call.source,
        supporting=call.supporting(),
        context=call.text("context", required=False) or None,
    )
    document: Mapping[str, object] = report.as_json(call.language)
    return document


def submit(call: Call) -> Mapping[str, object]:
    """Ask for files to leave the zone."""
    return _request(call.zone.desk.submit(call.person, call.workspace, call.draft(), source=call.source))


def packages(call: Call) -> Mapping[str, object]:
    """Say which packages the project may install, and how its requests for others stand."""
    return told(call.zone, call.workspace)


def ask_for_package(call: Call) -> Mapping[str, object]:
    """Ask for a package that the project may not use yet."""
    name, why = call.text("package"), call.text("reason")
    packages_of(call.zone).ask(call.person, call.workspace.project, name, why, source=call.source)
    return told(call.zone, call.workspace)


def save_draft(call: Call) -> Mapping[str, object]:
    """Keep a draft, which may be incomplete."""
    draft = call.draft(complete=False)
    return _request(call.zone.desk.save_draft(call.person, call.workspace, draft, source=call.source))


def edit_draft(call: Call) -> Mapping[str, object]:
    """Replace what a draft of this workspace says."""
    draft = call.draft(complete=False)
    return _request(call.zone.desk.edit_draft(call.person, call.own(), draft, source=call.source))


def submit_draft(call: Call) -> Mapping[str, object]:
    """Hand a draft in, as it is kept."""
    return _request(call.zone.desk.submit_draft(call.person, call.own(), source=call.source))


def withdraw(call: Call) -> Mapping[str, object]:
    """Take a draft or a request back."""
    return _request(call.zone.desk.withdraw(call.person, call.own(), source=call.source))


def copy(call: Call) -> Mapping[str, object]:
    """Make a new draft of what an ended request said."""
    return _request(call.zone.desk.copy_to_draft(call.person, call.own(), source=call.source))


def comment(call: Call) -> Mapping[str, object]:
    """Say something to the reviewers."""
    ref = call.own()
    group, file = call.text("group", required=False), call.text("file", required=False)
    call.zone.desk.comment(call.person, ref, call.text("text"), source=call.source, group=group, file=file)
    return _request(call.zone.desk.view(call.person, ref).request)


OF_REQUESTS: Mapping[str, Callable[[Call], Mapping[str, object]]] = {
    "/workspace/drafts": save_draft,
    "/workspace/drafts/{ref}": edit_draft,
    "/workspace/drafts/{ref}/submit": submit_draft,
    "/workspace/requests/{ref}/withdraw": withdraw,
    "/workspace/requests/{ref}/copy": copy,
    "/workspace/requests/{ref}/comment": comment,
}
"""What an author does with drafts and requests of this workspace."""


def one_request(call: Call) -> Mapping[str, object]:
    """Say how one request of this workspace stands.

    Raises: Missing — also for a request of another workspace: its existence is not this one's to know.
    """
    view = call.zone.desk.view(call.person, call.own())
    said = [
        {"role": one.by_role, "text": one.text, "round": one.round, "group": one.group, "file": one.file}
        for one in view.messages
    ]
    return {**_request(view.request), "said": said}


def messages(call: Call) -> Mapping[str, object]:
    """Say what was said about the requests of this workspace, the latest first: what to change, and who says so."""
    views = call.zone.desk.requests_of(call.person)
    found = [
        (one, view.request) for view in views if view.request.project == call.workspace.project for one in view.messages
    ]
    return {"requests": [_message(one, request) for one, request in sorted(found, key=_when, reverse=True)]}


def _when(said: tuple[Message, EgressRequest]) -> datetime:
    return said[0].at


def _message(one: Message, request: EgressRequest) -> Mapping[str, object]:
    state, role, about = view_of(request).text, role_name(one.by_role), one.file or one.group
    return {
        "ref": request.ref,
        "title": f"{request.title} · {about}" if about else request.title,
        "state": request.state.value.lower(),
        "state_text": both(Text(f"{state.ko} · {role.ko}", f"{state.en} · {role.en}")),
        "round": one.round,
        "at": one.at.isoformat(),
        "message": one.text,
    }


def _request(request: Any) -> Mapping[str, object]:
    return {
        "ref": request.ref,
        "title": request.title,
        "state": request.state.value.lower(),
        "state_text": both(view_of(request).text),
        "round": request.round,
        "message": both(view_of(request).next),
    }


def _endpoint(zone: ZoneLike, handler: Callable[[Call], Mapping[str, object]]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            check_address(request)
            document = await _document(request)
            return JSONResponse(await run_in_threadpool(_call, zone, request, document, handler))
        except tuple(kind for kind, _ in ANSWERS) as error:
            return refusal_of(error)
        except DATABASE_AWAY as error:
            log.exception("%s: the database is away", request.url.path)
            return refusal_of(away(error))

    return endpoint


def _call(
    zone: ZoneLike,
    request: Request,
    document: Mapping[str, Any],
    handler: Callable[[Call], Mapping[str, object]],
) -> Mapping[str, object]:
    """Find whose call it is, then answer it.

    Raises: portal.errors.RoleNeeded — if no workspace of an active person calls.
    """
    workspace, person = open_workspace(zone, request.headers.get(HEADER, ""))
    return handler(Call(zone, request, workspace, person, document))


async def _document(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of a call; a GET has none.

    Raises: WrongInput — for anything else.
    """
    if request.method != "POST":
        return {}
    try:
        document = json.loads(await request.body())
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise WrongInput(Text("JSON 객체를 보내야 합니다.", "Send one JSON object."))
    return document


def refusal_of(error: Exception) -> JSONResponse:
    """Return a refusal as programs read it: its code, why, and what to do next, in both languages."""
    answer = answer_for(error)
    hint = advice_of(error)
    content = {
        "code": getattr(error, "code", answer.code),
        "message": both(reason_of(error)),
        "hint": both(hint) if hint else None,
    }
    return JSONResponse({"error": content}, answer.status)


def _unknown(request: Request, error: Exception) -> Response:
    refusal = refusal_of(Missing(Text("이런 호출은 없습니다.", "There is no such call.")))
    refusal.status_code = getattr(error, "status_code", 404)
    return refusal


def both(text: Text) -> dict[str, str]:
    """Return a text in both languages, for a program to choose."""
    return {"ko": text.ko, "en": text.en}
