"""Reminding checkers of what is due: on the last day, and once more when the time has run out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from egress_review import mail, store, tables
from egress_review.deadlines import Deadline, deadlines, is_near
from egress_review.desk import HERE, WORKER, Desk, Record
from egress_review.model import Request
from egress_review.telling import called, reviewers_of, voters_of
from egress_review.workflow import OPEN_REVIEW, State
from registry import queries
from registry.text import Text

_REMINDED = {
    "due": Text(
        ko="반출신청 {ref}: 심사 기한이 오늘입니다.",
        en="Egress request {ref}: its review is due today.",
    ),
    "overdue": Text(
        ko="반출신청 {ref}: 심사 기한이 지났습니다.",
        en="Egress request {ref}: its review is overdue.",
    ),
}


class Reminding(Desk):
    """What the zone says by itself about time."""

    def remind(self) -> None:
        """Remind whoever can still act of each request that is due or overdue, once each in a round.

        Who has voted is not reminded before all votes are in: a reminder says nothing of what others did.
        """
        now = self._clock()
        with self._db.read() as tx:
            found = deadlines(tx, self._hours, self.policy, now).values()
        for deadline in found:
            kind = self._what(deadline, now)
            if kind:
                self._remind(deadline, kind, now)

    def wants_mail(self, person_ref: str) -> bool:
        """Whether somebody wants e-mail about what is no duty of theirs."""
        with self._db.read() as tx:
            return mail.wants_mail(tx, person_ref)

    def choose_mail(self, person_ref: str, *, wanted: bool) -> None:
        """Switch e-mail about what is no duty of theirs on or off for somebody."""
        table = tables.mail_choice
        values = {"wanted": wanted, "at": self._clock()}
        with self._db.begin() as tx:
            queries.person_by_ref(tx, person_ref, lock=True)
            if tx.execute(update(table).where(table.c.person_ref == person_ref).values(**values)).rowcount == 0:
                tx.execute(insert(table).values(person_ref=person_ref, **values))

    def _what(self, deadline: Deadline, now: datetime) -> str | None:
        if deadline.due_at is None or not is_near(self._hours, deadline.due_at, now):
            return None
        return "overdue" if deadline.due_at <= now else "due"

    def _remind(self, deadline: Deadline, kind: str, now: datetime) -> None:
        with self._db.begin() as tx:
            request = store.load(tx, deadline.ref, lock=True)
            if request.round != deadline.round or request.state not in OPEN_REVIEW or _said(tx, request, kind):
                return
            tx.execute(insert(tables.reminder).values(request_ref=request.ref, round=request.round, kind=kind, at=now))
            people = _who_can_act(tx, request)
            mail.put(tx, kind, request, people, now)
            for person_ref in sorted(people):
                said = called(request, _REMINDED[kind]).fill(ref=request.ref)
                self._registry.tell(tx, person_ref, f"egress_{kind}", said)
            if kind == "overdue":
                record = Record(actor=WORKER, source=HERE, detail={"reminded": len(people)})
                self._record(tx, request, "egress.overdue", record)


def _said(tx: Connection, request: Request, kind: str) -> bool:
    row = tables.reminder.c
    mine = (row.request_ref == request.ref, row.round == request.round, row.kind == kind)
    return tx.execute(select(row.kind).where(*mine)).first() is not None


def _who_can_act(tx: Connection, request: Request) -> set[str]:
    """Who may review and has not voted; where the votes are in, those who cast them have to settle it too."""
    able, voted = set(reviewers_of(tx, request)), voters_of(tx, request)
    return able if request.state is State.REVIEWED else able - voted
