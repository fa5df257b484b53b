"""What the portal refuses by itself, and the one table that turns any refusal into a status and a next step."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy.exc

from audit.errors import AuditError, FontMissing, QuestionRefused
from audit.searching.asking import ReasonNeeded
from deid import errors as deid_errors
from deid.records import errors as record_errors
from egress_review import errors as egress_errors
from registry import errors as registry_errors
from registry.text import Text


class PortalError(Exception):
    """Base of what the portal itself refuses; the argument is the reason, the class says what to do next."""

    hint: ClassVar[Text] = Text("처음 화면으로 돌아가 다시 시도하십시오.", "Go back to the first page and try again.")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class SignInNeeded(PortalError):
    """Nobody is signed in, or the session has ended."""

    hint = Text("다시 로그인하십시오.", "Sign in again.")


class RoleNeeded(PortalError):
    """The person holds none of the roles that the page names."""

    hint = Text(
        "이 업무를 맡고 있다면 운영자에게 권한을 요청하십시오.",
        "If this is part of your work, ask an operator to grant you the role.",
    )


class CrossSite(PortalError):
    """The request was not started by a page of this portal (docs: threat model, cross-site requests)."""

    hint = Text("이 사이트의 화면에서 직접 다시 실행하십시오.", "Repeat the step from a page of this site.")


class Missing(PortalError):
    """No page or thing stands at this address."""

    hint = Text(
        "주소를 확인하거나 처음 화면에서 찾아보십시오.", "Check the address, or look for it from the first page."
    )


class WrongInput(PortalError):
    """A form or a call holds something that cannot be read."""

    hint = Text("표시된 항목을 고친 뒤 다시 보내십시오.", "Correct the entry named above and send it again.")


class TooLarge(PortalError):
    """A browser sent more than the page takes; nothing of it was kept."""

    hint = Text(
        "필요한 부분만 담거나 여러 파일로 나누어 다시 보내십시오."
        " 더 큰 파일이 꼭 필요하면 운영자에게 한도를 문의하십시오.",
        "Send only the part that you need, or spread it over several files. If a larger one is needed, ask an operator"
        " about the limit.",
    )


class HubUnavailable(PortalError):
    """The hub does not answer or answers with an error of its own."""

    hint = Text(
        "잠시 뒤 다시 시도하십시오. 계속되면 운영자에게 알려 주십시오.",
        "Try again in a moment. If it stays, tell an operator.",
    )


class HubRefused(PortalError):
    """The hub refused to start or stop a workspace."""

    hint = Text(
        "이유를 확인하고, 모르겠다면 운영자에게 문의하십시오.", "Read the reason; if it is unclear, ask an operator."
    )


class DatabaseAway(PortalError):
    """The database does not answer, or keeps everybody waiting; what was under way may or may not have been done."""

    hint = Text(
        "잠시 뒤 화면을 다시 열어 방금 한 일이 반영되었는지 확인하고, 반영되지 않았으면 다시 하십시오. 계속되면"
        " 운영자에게 알려 주십시오. 저장되었다고 확인된 것은 사라지지 않습니다.",
        "Open the page again in a moment, see whether what you did last is there, and repeat it if it is not. If this"
        " stays, tell an operator. Nothing is lost that was confirmed to you.",
    )


class DatabaseFull(PortalError):
    """The disk of the database is full."""

    hint = Text(
        "운영자에게 데이터베이스 디스크의 공간을 비워 달라고 한 뒤 다시 하십시오. 저장되었다고 확인된 것은 사라지지"
        " 않습니다.",
        "Ask an operator to make room on the disk of the database, then repeat it. Nothing is lost that was confirmed"
        " to you.",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """How one family of errors is shown: its status, title and code for programs."""

    status: int
    code: str
    title: Text


def _answer(status: int, code: str, ko: str, en: str) -> Answer:
    return Answer(status, code, Text(ko, en))


ANSWERS: tuple[tuple[type[Exception], Answer], ...] = (
    (RoleNeeded, _answer(403, "denied", "권한이 없습니다", "You do not have access to this")),
    (CrossSite, _answer(403, "cross_site", "다른 사이트에서 온 요청입니다", "This request came from another site")),
    (Missing, _answer(404, "not_found", "찾을 수 없습니다", "There is nothing at this address")),
    (WrongInput, _answer(400, "invalid", "입력을 읽을 수 없습니다", "The input could not be read")),
    (TooLarge, _answer(413, "too_large", "너무 큽니다", "This is too large")),
    (HubUnavailable, _answer(503, "unavailable", "허브가 응답하지 않습니다", "The hub does not answer")),
    (DatabaseAway, _answer(503, "database", "데이터베이스가 응답하지 않습니다", "The database does not answer")),
    (DatabaseFull, _answer(507, "no_room", "저장할 공간이 없습니다", "There is no room to keep this")),
    (HubRefused, _answer(409, "refused", "분석환경을 바꿀 수 없습니다", "The workspace cannot be changed now")),
    (SignInNeeded, _answer(401, "sign_in", "로그인이 필요합니다", "Please sign in")),
    (registry_errors.SignInRefused, _answer(401, "sign_in", "로그인할 수 없습니다", "You cannot be signed in")),
    (registry_errors.Denied, _answer(403, "denied", "허용되지 않습니다", "This is not allowed")),
    (registry_errors.NotFound, _answer(404, "not_found", "찾을 수 없습니다", "This does not exist")),
    (registry_errors.Conflict, _answer(409, "conflict", "지금 상태에서는 할 수 없습니다", "The state has changed")),
    (registry_errors.Invalid, _answer(422, "invalid", "입력을 확인하십시오", "Please check what you entered")),
    (registry_errors.RegistryError, _answer(400, "refused", "처리할 수 없습니다", "This cannot be done")),
    (egress_errors.Denied, _answer(403, "denied", "허용되지 않습니다", "This is not allowed")),
    (egress_errors.NotFound, _answer(404, "not_found", "찾을 수 없습니다", "This does not exist")),
    (egress_errors.Invalid, _answer(422, "invalid", "입력을 확인하십시오", "Please check what you entered")),
    (egress_errors.OutboxRefused, _answer(422, "outbox", "보낼 수 없는 파일입니다", "This file cannot be taken")),
    (egress_errors.NoRoom, _answer(507, "no_room", "저장할 공간이 없습니다", "There is no room to keep this")),
    (egress_errors.EgressError, _answer(409, "refused", "이 단계를 진행할 수 없습니다", "This step cannot be taken")),
    (record_errors.Denied, _answer(403, "denied", "허용되지 않습니다", "This is not allowed")),
    (record_errors.NotFound, _answer(404, "not_found", "찾을 수 없습니다", "This does not exist")),
    (record_errors.Invalid, _answer(422, "invalid", "입력을 확인하십시오", "Please check what you entered")),
    (record_errors.RecordError, _answer(409, "conflict", "지금 상태에서는 할 수 없습니다", "The state has changed")),
    (deid_errors.Refused, _answer(403, "denied", "허용되지 않습니다", "This is not allowed")),
    (deid_errors.UsageError, _answer(422, "invalid", "입력을 확인하십시오", "Please check what you entered")),
    (ReasonNeeded, _answer(422, "reason", "사유를 적으십시오", "A reason is needed")),
    (QuestionRefused, _answer(422, "invalid", "조회 조건을 확인하십시오", "Please check what you asked")),
    (FontMissing, _answer(503, "font", "PDF를 만들 수 없습니다", "A PDF cannot be made here")),
    (AuditError, _answer(503, "log", "기록을 남길 수 없어 중단했습니다", "Stopped: the audit log cannot be written")),
)


DATABASE_AWAY = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError)
"""What the driver and the pool raise when the database is gone, gives up waiting, or has no room."""

_PG_FULL = "53100"
"""disk_full (PostgreSQL, appendix A)."""


def away(error: Exception) -> DatabaseAway | DatabaseFull:
    """Return what is said while the database does not answer, or has no room."""
    cause = getattr(error, "orig", None)
    if getattr(cause, "sqlstate", None) == _PG_FULL or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return DatabaseFull(
            Text(
                "데이터베이스의 디스크가 가득 차서 아무것도 바꾸지 않았습니다.",
                "The disk of the database is full; nothing was changed.",
            )
        )
    return DatabaseAway(
        Text(
            "구역이 데이터베이스에 연결하지 못했거나 답을 오래 기다리다 멈추었습니다.",
            "The zone could not reach its database, or waited for it too long.",
        )
    )


def answer_for(error: Exception) -> Answer:
    """Return the first row of the table that names a class of this error.

    Raises: the error itself — if no row names it: an unknown error is a defect, never a page of advice.
    """
    for kind, answer in ANSWERS:
        if isinstance(error, kind):
            return answer
    raise error


def reason_of(error: Exception) -> Text:
    """Return why something was refused, without internals."""
    if isinstance(error, AuditError | record_errors.RecordError | deid_errors.Refused | deid_errors.UsageError):
        return Text(error.text("ko"), error.text("en"))
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, Text) else answer_for(error).title


def advice_of(error: Exception) -> Text | None:
    """Return what to do next, where the error knows it in both languages."""
    if isinstance(error, record_errors.RecordError):
        return Text(error.advice.ko, error.advice.en)
    hint = getattr(error, "hint", None)
    return hint if isinstance(hint, Text) else None
