"""Egress requests as pages show them: state, path, findings; and whose workspace a call comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from egress_review.findings import FileReport, Finding, Flagged, NotChecked, Passed, Severity, Verdict
from egress_review.in_words import NOT_APPLIED, SEVERITY_TEXT, place
from egress_review.model import Direction, Request, RequestView
from egress_review.queueing import Waiting
from egress_review.workflow import STATE_TEXT, State
from portal.errors import RoleNeeded
from portal.i18n import N_
from portal.marks import Mark
from portal.zone import ZoneLike
from registry.errors import NotFound
from registry.model import Person, PersonStatus, Workspace
from registry.text import Text

StepState = Literal["done", "now", "ended", "late", "todo"]


@dataclass(frozen=True, slots=True)
class StateView:
    """How a state is shown: words, icon, tone, the step it belongs to, and what happens next."""

    text: Text
    icon: str
    tone: str
    step: int
    here: StepState
    next: Text


def _view(state: State, icon: str, tone: str, step: int, here: StepState, ko: str, en: str) -> StateView:
    return StateView(STATE_TEXT[state], icon, tone, step, here, Text(ko, en))


STEPS = (
    (N_("Submitted"), "egress"),
    (N_("Machine check"), "policy"),
    (N_("Review by two people"), "users"),
    (N_("Approved"), "passed"),
    (N_("Released"), "seal"),
)
"""The path of a request as the page draws it."""

REQUEST_STATES: Mapping[State, StateView] = {
    State.DRAFT: _view(State.DRAFT, "pen", "", 0, "now", "아직 제출하지 않았습니다.", "It has not been submitted yet."),
    State.SCANNING: _view(
        State.SCANNING, "clock", "note", 1, "now",
        "파일을 자동으로 점검하고 있습니다. 보통 몇 초가 걸립니다.",
        "The files are being checked by machine. This usually takes seconds.",
    ),
    State.BLOCKED: _view(
        State.BLOCKED, "cross", "stop", 1, "ended",
        "반출할 수 없는 내용이 발견되었습니다. 고친 파일로 새로 신청하십시오.",
        "Something was found that may not leave. Fix it and submit a new request.",
    ),
    State.SCAN_FAILED: _view(
        State.SCAN_FAILED, "alert", "warn", 1, "late",
        "자동 점검을 마치지 못했습니다. 다시 점검하며, 점검 없이 통과하는 일은 없습니다.",
        "The check did not finish. It is repeated; nothing passes without it.",
    ),
    State.IN_REVIEW: _view(
        State.IN_REVIEW, "users", "note", 2, "now",
        "서로의 의견을 모르는 두 심사자가 살펴보고 있습니다.",
        "Two checkers look at it, neither knowing the other's opinion.",
    ),
    State.REVIEWED: _view(
        State.REVIEWED, "comment", "note", 2, "now",
        "심사자의 의견이 갈리거나 예외가 있어 조정하고 있습니다.",
        "The checkers disagree, or an exception is asked for; they consolidate.",
    ),
    State.RETURNED: _view(
        State.RETURNED, "return", "warn", 2, "late",
        "보완을 요청받았습니다. 의견을 읽고 고친 뒤 다시 제출하십시오.",
        "Changes were asked for. Read the remarks, correct it, submit again.",
    ),
    State.APPROVED: _view(
        State.APPROVED, "passed", "ok", 3, "now",
        "승인되었습니다. 곧 반출 꾸러미가 만들어집니다.",
        "It is approved. The release package is about to be made.",
    ),
    State.REJECTED: _view(
        State.REJECTED, "cross", "stop", 2, "ended",
        "반려되었습니다. 이유를 확인하십시오.",
        "It was rejected. The reason stands below.",
    ),
    State.RELEASING: _view(
        State.RELEASING, "clock", "note", 4, "now",
        "모든 바이트를 다시 확인하고 서명하고 있습니다.",
        "Every byte is compared again, then the package is signed.",
    ),
    State.RELEASE_FAILED: _view(
        State.RELEASE_FAILED, "alert", "warn", 4, "late",
        "꾸러미를 만들지 못했습니다. 다시 시도하며, 아무것도 나가지 않았습니다.",
        "The package could not be made. It is tried again; nothing has left.",
    ),
    State.RELEASED: _view(
        State.RELEASED, "seal", "ok", 4, "done",
        "반출되었습니다. 꾸러미를 받아 갈 수 있습니다.",
        "It is released. The package can be collected.",
    ),
    State.WITHDRAWN: _view(
        State.WITHDRAWN, "return", "", 2, "ended", "신청자가 철회했습니다.", "Its author withdrew it."
    ),
    State.REVOKED: _view(
        State.REVOKED, "cross", "stop", 4, "ended",
        "반출이 취소되었습니다. 더 이상 받아 갈 수 없습니다.",
        "The release was revoked and can no longer be collected.",
    ),
    State.ABANDONED: _view(
        State.ABANDONED, "clock", "", 2, "ended",
        "오래 진행되지 않아 종료되었습니다. 새 초안으로 복사할 수 있습니다.",
        "It ended because it lay idle. You can copy it to a new draft.",
    ),
    State.EXPIRED: _view(
        State.EXPIRED, "clock", "", 4, "ended",
        "수령 기간이 지났습니다. 필요하면 새로 신청하십시오.",
        "The time to collect it is over. Submit a new request if you need it.",
    ),
}  # fmt: skip
"""Every state; a state without a row is a defect that a test finds."""

PACKING = _view(
    State.RELEASING, "clock", "note", 4, "now",
    "반출이 기록되었고 꾸러미를 만들고 있습니다.",
    "The release is recorded, and its package is being made.",
)  # fmt: skip
UNWITNESSED = _view(
    State.RELEASING, "clock", "warn", 4, "late",
    "감사 기록의 증인이 아직 서명하지 않아 기다립니다."
    " 서명을 받으면 저절로 이어지며, 그 전에는 아무것도 나가지 않습니다.",
    "The witnesses of the audit log have not signed yet. It goes on by itself when they have; nothing leaves before.",
)  # fmt: skip
"""A release without its package is not released for whoever waits for it."""

INGRESS_STATES: Mapping[State, StateView] = {
    state: replace(REQUEST_STATES[state], text=Text(*text), next=Text(*then))
    for state, text, then in (
        (State.BLOCKED, ("차단됨", "blocked"), (
            "반입할 수 없는 내용이 발견되었습니다. 고친 파일로 새로 신청하십시오.",
            "Something was found that may not come in. Fix it and submit a new request.",
        )),
        (State.ABANDONED, ("방치되어 종료됨", "abandoned"), (
            "오래 진행되지 않아 종료되었습니다. 필요하면 새로 신청하십시오.",
            "It ended because it lay idle. Submit a new request if you need it.",
        )),
        (State.APPROVED, ("승인됨", "approved"), (
            "승인되었습니다. 곧 분석환경의 /inbox에 들어갑니다.",
            "It is approved. It is about to be put into /inbox of the workspace.",
        )),
        (State.RELEASING, ("반입 처리 중", "being let in"), (
            "모든 바이트를 다시 확인하고 있습니다.", "Every byte is compared again.",
        )),
        (State.RELEASE_FAILED, ("반입 처리 실패", "could not be let in"), (
            "파일을 넣지 못했습니다. 다시 시도하며, 아무것도 들어가지 않았습니다.",
            "The file could not be put in. It is tried again; nothing has come in.",
        )),
        (State.RELEASED, ("반입됨", "let in"), (
            "반입되었습니다. 분석환경의 /inbox에서 읽을 수 있습니다.",
            "It came in. The workspace reads it in /inbox.",
        )),
        (State.REVOKED, ("반입 취소됨", "revoked"), (
            "반입이 취소되었습니다. 파일은 /inbox에서 지워집니다.",
            "It was revoked. The file is removed from /inbox.",
        )),
    )
}  # fmt: skip
"""States that mean something else for a file that comes in."""

PLACING = replace(INGRESS_STATES[State.RELEASING], next=Text("/inbox에 넣고 있습니다.", "It is being put into /inbox."))
LET_IN = (N_("Let in"), "download")
"""The last step of a file that comes in."""

BUSY = frozenset({State.SCANNING, State.SCAN_FAILED, State.APPROVED, State.RELEASING, State.RELEASE_FAILED})
"""States that the machine leaves by itself: the page renews itself meanwhile."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path with its state."""

    label: str
    icon: str
    state: StepState


def view_of(request: Request) -> StateView:
    """Return how the state of a request is shown."""
    if request.direction == "ingress":
        placing = request.state is State.RELEASED and request.retry_at is not None
        return PLACING if placing else INGRESS_STATES.get(request.state, REQUEST_STATES[request.state])
    if request.state is State.RELEASED and not request.packaged:
        return UNWITNESSED if request.attempts else PACKING
    return REQUEST_STATES[request.state]


def is_busy(request: Request) -> bool:
    """Return whether the machine moves a request on by itself."""
    waits = not request.packaged or (request.direction == "ingress" and request.retry_at is not None)
    return request.state in BUSY or (request.state is State.RELEASED and waits)


def path_of(state: State | StateView, direction: Direction = "egress") -> tuple[Step, ...]:
    """Return the path of a request in this state: what is done, where it stands, what is to come."""
    view = REQUEST_STATES[state] if isinstance(state, State) else state
    return tuple(
        Step(label, icon, "done" if at < view.step else view.here if at == view.step else "todo")
        for at, (label, icon) in enumerate(STEPS if direction == "egress" else (*STEPS[:-1], LET_IN))
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One request in a list."""

    ref: str
    title: str
    project: str
    mark: Mark
    state_text: Text
    direction: Direction
    round: int
    files: int
    submitted_at: datetime


def rows(views: Iterable[RequestView]) -> list[Row]:
    """Return requests as lines of a list, in the order given."""
    return [_row(view.request) for view in views]


def waiting_row(one: Waiting) -> Row:
    """Return a line of the queue as a line of a list."""
    view = REQUEST_STATES[one.state]
    return Row(
        ref=one.ref,
        title=one.title,
        project=one.project,
        mark=Mark("", view.icon, view.tone),
        state_text=view.text,
        direction=one.direction,
        round=one.round,
        files=one.files,
        submitted_at=one.submitted_at,
    )


def _row(request: Request) -> Row:
    view = view_of(request)
    return Row(
        ref=request.ref,
        title=request.title,
        project=request.project,
        mark=Mark("", view.icon, view.tone),
        state_text=view.text,
        direction=request.direction,
        round=request.round,
        files=len(request.files),
        submitted_at=request.submitted_at,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, ready to be shown."""

    rule: str
    label: Text
    icon: str
    tone: str
    where: Text
    number: str
    message: Text
    fix: Text
    address: str = ""
    """Where on the page the place is shown, for one that has a place."""


SEVERITIES: Mapping[Severity, tuple[Text, str, str]] = {
    Severity.BLOCK: (SEVERITY_TEXT[Severity.BLOCK], "cross", "stop"),
    Severity.FAIL: (SEVERITY_TEXT[Severity.FAIL], "alert", "stop"),
    Severity.WARN: (SEVERITY_TEXT[Severity.WARN], "alert", "warn"),
    Severity.NOTE: (SEVERITY_TEXT[Severity.NOTE], "info", "note-line"),
}

VERDICTS: Mapping[Verdict, Mark] = {
    Verdict.PASSED: Mark(N_("Passed"), "passed", "ok"),
    Verdict.FLAGGED: Mark(N_("Needs a fix"), "alert", "stop"),
    Verdict.NOT_CHECKED: Mark(N_("Not checked"), "question", "warn"),
}


def lines(report: FileReport, link: Callable[[Finding], str] | None = None) -> list[Line]:
    """Return the findings that say something, the gravest first; what passed is only counted.

    `link` gives the address at which the place of a finding is shown.
    """
    found = [_line(finding, link(finding) if link else "") for finding in report.findings if not _passed(finding)]
    order = ("stop", "warn", "note-line")
    return sorted(found, key=lambda line: (order.index(line.tone), line.rule, line.where.en))


def _passed(finding: Finding) -> bool:
    return isinstance(finding, Passed)


def _line(finding: Finding, address: str) -> Line:
    match finding:
        case Flagged():
            label, icon, tone = SEVERITIES[finding.severity]
            number = "" if finding.number is None else f"{finding.number:g}"
            where = place(finding.where)
            return Line(finding.rule, label, icon, tone, where, number, finding.message, finding.fix, address)
        case NotChecked():
            tone = "warn" if finding.severity.decides else "note-line"
            return Line(finding.rule, NOT_APPLIED, "question", tone, Text("", ""), "", finding.message, finding.fix)
        case Passed():
            raise AssertionError("a rule that passed has nothing to say")
        case _:
            assert_never(finding)


def open_workspace(zone: ZoneLike, ref: str) -> tuple[Workspace, Person]:
    """Return the workspace that calls and the active person it belongs to.

    Raises: RoleNeeded — if no such workspace exists or its person is not active.
    """
    try:
        workspace = zone.registry.workspace_by_ref(ref)
        person = zone.registry.person_by_ref(workspace.person_ref)
    except NotFound:
        raise _no_workspace() from None
    if person.status is not PersonStatus.ACTIVE:
        raise _no_workspace()
    return workspace, person


def _no_workspace() -> RoleNeeded:
    return RoleNeeded(Text("이용 중인 분석환경이 아닙니다.", "This is not a workspace in use."))
