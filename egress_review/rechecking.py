"""Looking again: a share of what was released is drawn for somebody who had no part in it, and they agree or do not.

Which release is drawn follows from its own entry in the log and a key of the zone: nobody can tell beforehand, and
anybody with the key can tell afterwards that nobody chose.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from audit.event import Source
from audit.tables import audit_entry
from egress_review import mail, store, tables
from egress_review.desk import HERE, WORKER, Record, as_actor
from egress_review.errors import Conflict, Denied, Invalid, NotFound
from egress_review.model import Request
from egress_review.review import CHECKER_ROLES
from egress_review.reviewing import LEAST_REASON
from egress_review.standing import independent
from egress_review.telling import DISAGREES, officers_of, reviewers_of, tell_officers
from egress_review.watching import Watching
from egress_review.watching_tables import recheck, recheck_answer
from registry.model import Person, Role
from registry.text import Text

DRAWN_WITHIN = timedelta(days=7)
"""Time after its release in which a request may be drawn; a share that is raised later does not reach back further."""
LONGEST_REASON = 20_000
_PURPOSE = b"ansim draw of releases to be checked again"


@dataclass(frozen=True, slots=True)
class Recheck:
    """A release that was drawn, and what the person who looked again said."""

    request: Request
    drawn_at: datetime
    answered_at: datetime | None = None
    agrees: bool | None = None
    reason: str = ""
    checker_ref: str | None = None
    """Who looked again; None for a reader who may not know."""


def drawn(event_hash: bytes, key: bytes, percent: int) -> bool:
    """Whether a release is drawn: a number between 0 and 2^32 from its entry and the key, against the share."""
    number = int.from_bytes(hmac.digest(key, _PURPOSE + event_hash, "sha256")[:4], "big")
    return number * 100 < percent * 2**32


@dataclass(frozen=True, slots=True)
class Upheld:
    """How releases fared when somebody looked again; how alike blind votes are is in `egress_review.figures`."""

    drawn: int
    answered: int
    upheld: int
    """Answers that agree with the release."""

    @classmethod
    def of(cls, rechecks: Iterable[Recheck]) -> Upheld:
        """The count of some."""
        every = list(rechecks)
        answers = [one.agrees for one in every if one.agrees is not None]
        return cls(len(every), len(answers), sum(answers))


class Rechecking(Watching):
    """Use cases of looking again."""

    def draw_rechecks(self) -> list[str]:
        """Draw among the releases of the last days that were not looked at yet; return what was drawn."""
        if self._watch is None:
            return []
        now, found = self._clock(), []
        with self._db.read() as tx:
            table, known = tables.request, select(recheck.c.request_ref)
            recent = store.find(tx, table.c.released_at > now - DRAWN_WITHIN, table.c.ref.not_in(known))
            wanted = [(one, self._policy_of(tx, one).recheck_percent, _entry_hash(tx, one)) for one in recent]
        for request, percent, entry in wanted:
            if entry is not None and drawn(entry, self._watched.fingerprints.key, percent):
                self._draw(request, percent)
                found.append(request.ref)
        return found

    def _draw(self, request: Request, percent: int) -> None:
        with self._db.begin() as tx:
            record = Record(actor=WORKER, source=HERE, detail={"percent": percent})
            event_id = self._record(tx, request, "egress.recheck_drawn", record)
            values = {"request_ref": request.ref, "round": request.round, "percent": percent}
            tx.execute(insert(recheck).values(event_id=event_id, at=self._clock(), **values))
            others = set(reviewers_of(tx, request)) - _voters(tx, request)
            mail.put(tx, "to_recheck", request, others, self._clock())

    def rechecks(self, person: Person) -> list[Recheck]:
        """The drawn releases that a checker may look at again, those that wait first; an officer sees all.

        Raises: Denied
        """
        officer = person.has(Role.COMPLIANCE_OFFICER)
        if not officer and not person.has(*CHECKER_ROLES):
            raise _not_a_checker()
        with self._db.read() as tx:
            every = _rechecks(tx)
            shown = [one for one in every if officer or self._may_look(tx, person, one)]
        return sorted(shown, key=lambda one: (one.agrees is not None, -one.drawn_at.timestamp()))

    def every_recheck(self) -> list[Recheck]:
        """All drawn releases, for the command line of the zone."""
        with self._db.read() as tx:
            return list(_rechecks(tx))

    def recheck(self, checker: Person, ref: str, agrees: bool, reason: str, *, source: Source) -> Recheck:
        """Record whether somebody who did not vote agrees with a release; who does not says why.

        Raises: Denied — for the author, members of the project and whoever voted. Conflict — if somebody has looked.
        Invalid, NotFound.
        """
        text = reason.strip()
        if not agrees and len(text) < LEAST_REASON:
            missing = Text(ko="동의하지 않는 까닭을 적으십시오.", en="Say why you disagree.")
            raise Invalid("reason_missing", missing)
        if len(text) > LONGEST_REASON:
            raise Invalid("too_long", Text(ko="글이 너무 깁니다.", en="The text is too long."))
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            standing = next((one for one in _rechecks(tx) if one.request.ref == ref), None)
            if standing is None:
                raise NotFound("not_drawn", Text(ko="재확인 대상이 아닙니다.", en="It was not drawn."))
            if standing.agrees is not None:
                raise _answered()
            person = independent(tx, checker, request)
            if person.ref in _voters(tx, request):
                reason_why = Text(
                    ko="이 신청에 의견을 낸 사람은 다시 확인할 수 없습니다.",
                    en="Whoever voted on a request does not check it again.",
                )
                raise Denied("voted", reason_why)
            record = Record(
                actor=as_actor(person),
                source=source,
                outcome="ok" if agrees else "failed",
                reason=None if agrees else "disagrees",
                detail={"agrees": agrees},
                sealed={"reason": text},
            )
            event_id = self._record(tx, request, "egress.rechecked", record)
            values = {"request_ref": ref, "checker_ref": person.ref, "agrees": agrees, "reason": text}
            try:
                tx.execute(insert(recheck_answer).values(event_id=event_id, at=self._clock(), **values))
            except IntegrityError:
                raise _answered() from None
            if not agrees:
                mail.put(tx, "alarm", request, officers_of(tx), self._clock())
                tell_officers(tx, self._registry, "egress_recheck_disagrees", DISAGREES.fill(ref=ref))
            return next(one for one in _rechecks(tx) if one.request.ref == ref)

    def _may_look(self, tx: Connection, person: Person, one: Recheck) -> bool:
        try:
            independent(tx, person, one.request)
        except Denied:
            return False
        return person.ref not in _voters(tx, one.request)


def _rechecks(tx: Connection) -> Iterable[Recheck]:
    answers = {row.request_ref: row for row in tx.execute(select(recheck_answer))}
    for row in tx.execute(select(recheck).order_by(recheck.c.at, recheck.c.request_ref)).all():
        said = answers.get(row.request_ref)
        one = Recheck(store.load(tx, row.request_ref), row.at)
        yield Recheck(one.request, row.at, said.at, said.agrees, said.reason, said.checker_ref) if said else one


def _entry_hash(tx: Connection, request: Request) -> bytes | None:
    """The leaf of the entry that records the release; None while it has no place in the log."""
    event_id = select(tables.release.c.event_id).where(tables.release.c.request_ref == request.ref)
    leaf = select(audit_entry.c.leaf_hash).where(audit_entry.c.event_id == event_id.scalar_subquery())
    found = tx.execute(leaf).scalar()
    return None if found is None else bytes(found)


def _voters(tx: Connection, request: Request) -> frozenset[str]:
    return frozenset(vote.checker_ref for vote in store.votes_of(tx, request.ref))


def _answered() -> Conflict:
    return Conflict("answered", Text(ko="이미 다시 확인되었습니다.", en="Somebody has checked it again already."))


def _not_a_checker() -> Denied:
    return Denied(
        "not_a_checker",
        Text(ko="심사자와 준법감시 담당자만 볼 수 있습니다.", en="Only checkers and compliance officers see these."),
    )
