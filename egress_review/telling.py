"""Whom beside its author a move or an alarm is told, by e-mail or in the portal; no vote of a blind phase is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from egress_review import mail, tables
from egress_review.model import Request
from egress_review.review import CHECKER_ROLES
from egress_review.standing import is_untied, ties_of
from egress_review.workflow import State
from registry import queries
from registry.model import Role
from registry.service import Registry
from registry.tables import message
from registry.text import Text

# Whoever stands beside the officer's screen reads it too, so neither says which record or which data it was.
CANARY = Text(
    ko="{ref}: 유출을 알아채려고 넣어 둔 가짜 기록(카나리아)이 결과 파일에 있습니다. 준법감시 기록에서 확인하십시오.",
    en="{ref}: a result holds a record that was planted to notice leaks (a canary). Look into it in the audit log.",
)
PROBING = Text(
    ko="{ref}: 한 사람의 사전 점검이 하루에 {count}번 원본 기록과 일치했습니다. 준법감시 기록에서 확인하십시오.",
    en="{ref}: pre-checks of one person met records of the source {count} times in a day. Look into it in the log.",
)
DISAGREES = Text(
    ko="신청 {ref}: 반출을 다시 확인한 심사자가 동의하지 않았습니다. ‘반출 재확인’에서 사유를 읽으십시오.",
    en="Request {ref}: whoever looked again disagrees with the release. Read why under Second looks.",
)


def tell_of_move(tx: Connection, request: Request, event: str, target: State, actor_ref: str, now: datetime) -> None:
    """Put what others are told of a move into the outbox, in the transaction of the move."""
    if event == "egress.scanned":
        mail.put(tx, "to_review", request, reviewers_of(tx, request), now)
    elif event == "egress.voted" and request.state is State.IN_REVIEW and target is State.REVIEWED:
        # Every vote that was asked for is in by now, so nobody is blind any more.
        mail.put(tx, "to_settle", request, {*voters_of(tx, request), actor_ref}, now)


def called(request: Request, text: Text) -> Text:
    """A text that calls a request an egress request, as it is said of this one."""
    if request.direction == "egress":
        return text
    return Text(text.ko.replace("반출신청", "반입신청"), text.en.replace("Egress request", "Ingress request"))


def reviewers_of(tx: Connection, request: Request) -> list[str]:
    """References of everybody who may review a request now."""
    people = (person for person in queries.people(tx) if person.has(*CHECKER_ROLES))
    return [person.ref for person in people if is_untied(request, ties_of(tx, person.ref))]


def officers_of(tx: Connection) -> list[str]:
    """References of the compliance officers."""
    return [person.ref for person in queries.people(tx) if person.has(Role.COMPLIANCE_OFFICER)]


def tell_officers(tx: Connection, registry: Registry, code: str, content: Text) -> None:
    """Leave a message for every compliance officer who has it not before them yet; not everybody has e-mail."""
    row = message.c
    unread = select(row.person_ref).where(row.code == code, row.en == content.en, row.read_at.is_(None))
    told = set(tx.execute(unread).scalars())
    for officer in officers_of(tx):
        if officer not in told:
            registry.tell(tx, officer, code, content)


def voters_of(tx: Connection, request: Request) -> set[str]:
    """References of those who voted in the present round."""
    table = tables.vote.c
    mine = (table.request_ref == request.ref, table.round == request.round)
    return set(tx.execute(select(table.checker_ref).where(*mine).distinct()).scalars())
