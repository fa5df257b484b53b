"""Whom beside its author a move of a request is told by e-mail; nothing tells of a vote in a blind phase."""

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
from registry.text import Text


def tell_of_move(tx: Connection, request: Request, event: str, target: State, actor_ref: str, now: datetime) -> None:
    """Put what others are told of a move into the outbox, in the transaction of the move."""
    if event == "egress.scanned":
        mail.put(tx, "to_review", request, reviewers_of(tx, request), now)
    elif event == "egress.voted" and request.state is State.IN_REVIEW and target is State.REVIEWED:
        # Every vote that was asked for is in by now, so nobody is blind any more.
        mail.put(tx, "to_settle", request, {*voters_of(tx, request), actor_ref}, now)
    elif event == "egress.revoked":
        mail.put(tx, "egress.revoked", request, recipients_of(tx, request), now)


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


def voters_of(tx: Connection, request: Request) -> set[str]:
    """References of those who voted in the present round."""
    table = tables.vote.c
    mine = (table.request_ref == request.ref, table.round == request.round)
    return set(tx.execute(select(table.checker_ref).where(*mine).distinct()).scalars())


def recipients_of(tx: Connection, request: Request) -> set[str]:
    """References of those who collected a release."""
    table = tables.collection.c
    return set(tx.execute(select(table.by_ref).where(table.request_ref == request.ref).distinct()).scalars())
