"""Conflicts of interest that nobody can see in the registry: a checker steps back, or an interest is declared.

Both bar for ever and are only added to. What the registry does know, membership past and present and second accounts
with one mailbox, bars by itself (`standing.ties_of`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from audit.event import Actor, Event, Object, Source, Subjects
from egress_review import store, tables
from egress_review.desk import Record, as_actor
from egress_review.errors import Conflict, Denied
from egress_review.remarks import Remarking
from egress_review.review import CHECKER_ROLES
from egress_review.reviewing import checked_reason
from egress_review.workflow import OPEN_REVIEW, State, check_state
from registry import queries
from registry.model import Person, Role
from registry.text import Text

Kind = Literal["declared", "recused"]


@dataclass(frozen=True, slots=True)
class Interest:
    """Why somebody may not review a project, or one request of it."""

    person_ref: str
    project: str
    request_ref: str | None
    """The one request that they stepped back from; None for the whole project."""
    kind: Kind
    at: datetime


class Declaring(Remarking):
    """What keeps people from reviewing."""

    def recuse(self, checker: Person, ref: str, reason: str, *, source: Source) -> None:
        """Step back from the review of a request; a vote that was cast before no longer counts.

        Raises: NotFound, Denied, Conflict, Invalid.
        """
        said = checked_reason(reason)
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            person = queries.person_by_ref(tx, checker.ref)
            if not person.has(*CHECKER_ROLES):
                raise Denied(
                    "not_a_checker",
                    Text(ko="심사자만 회피할 수 있습니다.", en="Only a checker can step back from a review."),
                )
            check_state(request.state, OPEN_REVIEW | {State.APPROVED, State.RELEASE_FAILED, State.RETURNED})
            self._not_yet(tx, person.ref, request.project, ref)
            record = Record(actor=as_actor(person), source=source, sealed={"reason": said})
            event_id = self._record(tx, request, "egress.recused", record)
            self._add_interest(tx, person.ref, request.project, ref, "recused", event_id)

    def declare_interest(
        self, by: Person | Actor, person_ref: str, project: str, reason: str, *, source: Source
    ) -> None:
        """Declare that somebody has an interest in a project: one's own, or an operator on behalf of somebody.

        `by` is a person, or the command of whoever runs the host.

        Raises: NotFound (registry), Denied, Conflict, Invalid.
        """
        said = checked_reason(reason)
        with self._db.begin() as tx:
            speaker = queries.person_by_ref(tx, by.ref) if isinstance(by, Person) else None
            person = queries.person_by_ref(tx, person_ref)
            queries.project(tx, project)
            if speaker is not None and speaker.ref != person.ref and not speaker.has(Role.OPERATOR):
                raise Denied(
                    "not_yours",
                    Text(
                        ko="자신의 이해관계만 등록할 수 있습니다. 다른 사람의 것은 운영자가 등록합니다.",
                        en="Declare your own interests; those of others are entered by an operator.",
                    ),
                )
            self._not_yet(tx, person.ref, project, None)
            event = Event(
                action="egress.interest_declared",
                actor=by if isinstance(by, Actor) else as_actor(speaker or by),
                object=Object("person", person.ref, project),
                subjects=Subjects.none(),
                source=source,
                sealed={"reason": said},
            )
            self._add_interest(tx, person.ref, project, None, "declared", self._log.append(tx, event).event_id)

    def interests(self, project: str | None = None) -> list[Interest]:
        """Everything that was declared, in order; without the reasons, which are the person's."""
        row = tables.interest.c
        query = select(row.person_ref, row.project, row.request_ref, row.kind, row.at).order_by(row.id)
        with self._db.read() as tx:
            found = tx.execute(query if project is None else query.where(row.project == project)).all()
        return [Interest(one.person_ref, one.project, one.request_ref, one.kind, one.at) for one in found]

    def _not_yet(self, tx: Connection, person_ref: str, project: str, ref: str | None) -> None:
        row = tables.interest.c
        same = row.request_ref.is_(None) if ref is None else row.request_ref == ref
        if tx.execute(select(row.id).where(row.person_ref == person_ref, row.project == project, same)).first():
            raise Conflict("declared_already", Text(ko="이미 등록되어 있습니다.", en="That is on record already."))

    def _add_interest(
        self, tx: Connection, person_ref: str, project: str, ref: str | None, kind: Kind, event_id: str
    ) -> None:
        values = {"person_ref": person_ref, "project": project, "request_ref": ref, "kind": kind}
        tx.execute(insert(tables.interest).values(**values, event_id=event_id, at=self._clock()))
