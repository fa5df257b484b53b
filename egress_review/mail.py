"""What people are told by e-mail, and the outbox that it waits in: written with the move that it tells of.

A mail names the reference, what became of the request, and where to read more. Never a title, a file, a finding, a
reason or a checker: mail leaves the zone. Nothing is told of a vote: the author hears when the review has ended, and
checkers when all votes of a blind phase are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from sqlalchemy import Connection, insert, select

from egress_review import tables
from egress_review.model import Request
from registry.text import Text

Page = Literal["/requests", "/review", "/compliance/timeline/request"]


_EGRESS, _INGRESS = Text("반출신청", "Egress request"), Text("반입신청", "Ingress request")


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that people are told."""

    says: Text
    page: Page
    duty: bool = False
    """Whether it cannot be switched off: something must be done, or undone."""
    request: Text = _EGRESS
    """What a request is called that goes this way."""


_LEAVING: Mapping[str, Kind] = MappingProxyType(
    {
        "egress.blocked": Kind(Text("자동 점검에서 차단되었습니다", "it was stopped by a check"), "/requests"),
        "egress.returned": Kind(Text("보완 요청이 있습니다", "it was returned for changes"), "/requests"),
        "egress.rejected": Kind(Text("반려되었습니다", "it was rejected"), "/requests"),
        "egress.released": Kind(
            Text("반출되었습니다. 받을 수 있습니다", "it was released and can be collected"), "/requests"
        ),
        "egress.idle": Kind(
            Text("오래 진행되지 않아 곧 종료됩니다", "it lies idle and will be given up soon"), "/requests"
        ),
        "egress.abandoned": Kind(
            Text("오래 진행되지 않아 종료되었습니다", "it lay idle and was given up"), "/requests"
        ),
        "egress.revoked": Kind(
            Text(
                "반출이 취소되었습니다. 받은 파일을 쓰거나 전달하지 말고 지우십시오",
                "its release was revoked. Do not use or pass on the files; delete them",
            ),
            "/requests",
            duty=True,
        ),
        "to_review": Kind(Text("심사를 기다립니다", "it waits for a review"), "/review"),
        "to_settle": Kind(
            Text("심사자의 의견 조정이 필요합니다", "its reviewers have to come to one view"), "/review", duty=True
        ),
        "due": Kind(Text("심사 기한이 오늘입니다", "its review is due today"), "/review", duty=True),
        "to_recheck": Kind(Text("재확인 대상으로 뽑혔습니다", "it was drawn for a second look"), "/review"),
        # It leaves the zone, so it says nothing of canaries.
        "alarm": Kind(
            Text("준법감시 담당자가 확인할 경보가 있습니다", "there is an alarm for the compliance officer to look at"),
            "/compliance/timeline/request",
            duty=True,
        ),
        "overdue": Kind(Text("심사 기한이 지났습니다", "its review is overdue"), "/review", duty=True),
    }
)
_SAID_OF_COMING: Mapping[str, Text] = MappingProxyType(
    {
        "ingress.released": Text(
            "반입되었습니다. 분석환경의 /inbox에서 읽을 수 있습니다",
            "it came in and can be read in /inbox of the workspace",
        ),
        "egress.revoked": Text(
            "반입이 취소되었습니다. 파일은 /inbox에서 지워집니다. 사본을 쓰지 말고 지우십시오",
            "it was revoked. Its file is removed from /inbox; do not use copies of it, delete them",
        ),
    }
)
_IN = "in."
_COMING: Mapping[str, Kind] = MappingProxyType(
    {
        kind if kind.startswith("ingress.") else _IN + kind: replace(
            _LEAVING.get(kind, _LEAVING["egress.released"]),
            says=_SAID_OF_COMING.get(kind) or _LEAVING[kind].says,
            request=_INGRESS,
        )
        for kind in (*(kind for kind in _LEAVING if kind != "egress.released"), "ingress.released")
    }
)
"""The same of what comes in."""

KINDS: Mapping[str, Kind] = MappingProxyType({**_LEAVING, **_COMING})
"""Everything that is told by e-mail, by its kind; an event that is not here is told in the portal only."""


_DUTY = Text(
    "이 알림은 맡은 일에 관한 것이라 끌 수 없습니다.", "This is about a duty of yours and cannot be switched off."
)
_CHOICE = Text(
    "이런 알림은 포털의 ‘내 계정’에서 끌 수 있습니다.", "You can switch such mails off in the portal, under My account."
)


def put(tx: Connection, kind: str, request: Request, people: Iterable[str], now: datetime) -> None:
    """Put a mail to each of these people into the outbox, in the transaction that does what it tells of.

    What was told a person about a round is not told again.
    """
    table = tables.mail
    if request.direction != "egress" and _IN + kind in KINDS:
        kind = _IN + kind
    for person_ref in sorted(set(people)):
        once = f"{kind}:{request.ref}:{request.round}:{person_ref}"
        if tx.execute(select(table.c.id).where(table.c.once == once)).first() is None:
            row = {"once": once, "person_ref": person_ref, "kind": kind, "request_ref": request.ref}
            tx.execute(insert(table).values(**row, made_at=now, due_at=now))


def wants_mail(tx: Connection, person_ref: str) -> bool:
    """Whether somebody wants e-mail about what is no duty of theirs; who never chose does."""
    table = tables.mail_choice
    chosen = tx.execute(select(table.c.wanted).where(table.c.person_ref == person_ref)).scalar()
    return chosen is not False


def subject_of(kind: str, ref: str) -> Text:
    """The subject line, without anything of the request but its reference."""
    called = KINDS[kind].request if kind in KINDS else None
    return Text(f"{called.ko} {ref}", f"{called.en} {ref}") if called else Text(ref, ref)


def body_of(kind: str, ref: str, zone: str, origin: str) -> Text:
    """The whole text of a mail; `origin` is where the portal is reached."""
    told = KINDS[kind]
    link = f"{origin}{told.page}/{ref}"
    end = _DUTY if told.duty else _CHOICE
    return Text(
        f"{zone}\n\n{told.request.ko} {ref}: {told.says.ko}.\n\n자세한 내용은 포털에서 보십시오.\n{link}\n\n{end.ko}\n"
        "이 메일에는 자료가 들어 있지 않습니다. 회신은 아무도 읽지 않습니다.\n",
        f"{zone}\n\n{told.request.en} {ref}: {told.says.en}.\n\nRead more in the portal.\n{link}\n\n{end.en}\n"
        "There is no data in this mail. Nobody reads replies to it.\n",
    )
