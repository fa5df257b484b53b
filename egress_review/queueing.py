"""The queue of checkers and who works on what; an assignment is a courtesy among colleagues and hides nothing.

Who took a request is told to nobody before the votes are in, only how many did: whom to ask would be whom to follow
(invariant I6). It stays taken after a vote, so that giving up the place does not tell that somebody voted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, and_, func, insert, select

from audit.event import Source
from egress_review import store, tables
from egress_review.deadlines import Deadline, deadlines
from egress_review.desk import Record, as_actor
from egress_review.errors import Conflict
from egress_review.model import Direction
from egress_review.review import CHECKER_ROLES
from egress_review.seeing import Seeing
from egress_review.standing import independent, ties_of
from egress_review.workflow import OPEN_REVIEW, State
from registry.model import Person
from registry.text import Text

Taking = Literal["taken", "given_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One request as the queue shows it: read in a few queries for all of them, whatever their number."""

    ref: str
    title: str
    project: str
    state: State
    direction: Direction
    round: int
    submitted_at: datetime
    files: int
    size: int
    """Bytes of all its files."""
    mine: bool
    """Whether this checker took it."""
    others: int
    """How many others did."""
    voted: bool
    """Whether this checker voted in the present round."""
    due_at: datetime | None
    """Until when it should be decided; None where the policy sets no deadline."""


class Queueing(Seeing):
    """What lies where."""

    def waiting(self, checker: Person) -> tuple[Waiting, ...]:
        """The requests that a checker may review now, the longest waiting first."""
        if not checker.has(*CHECKER_ROLES):
            return ()
        with self._db.read() as tx:
            due = deadlines(tx, self._hours, self.policy, self._clock())
            return tuple(_waiting(tx, checker, due))

    def take(self, checker: Person, ref: str, *, source: Source) -> None:
        """Take a request upon oneself; others may take it too. Twice is once.

        Raises: NotFound, Denied, Conflict.
        """
        self._assign(checker, ref, "taken", source)

    def give_back(self, checker: Person, ref: str, *, source: Source) -> None:
        """Give a request back. Twice is once.

        Raises: NotFound, Denied, Conflict.
        """
        self._assign(checker, ref, "given_back", source)

    def _assign(self, checker: Person, ref: str, kind: Taking, source: Source) -> None:
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            person = independent(tx, checker, request)
            if request.state not in OPEN_REVIEW:
                raise Conflict(
                    "wrong_state",
                    Text(ko="심사 중인 신청만 맡을 수 있습니다.", en="Only a request in review can be taken."),
                )
            if (person.ref in takers_of(tx, [ref]).get(ref, ())) == (kind == "taken"):
                return
            event_id = self._record(tx, request, f"egress.{kind}", Record(actor=as_actor(person), source=source))
            values = {"request_ref": ref, "checker_ref": person.ref, "kind": kind}
            tx.execute(insert(tables.taken).values(**values, event_id=event_id, at=self._clock()))


def workload(tx: Connection) -> Counter[str]:
    """How many open requests each checker has taken."""
    table = tables.request.c
    open_states = [state.value for state in OPEN_REVIEW]
    refs = tx.execute(select(table.ref).where(table.state.in_(open_states))).scalars().all()
    return Counter(checker for takers in takers_of(tx, refs).values() for checker in takers)


def _waiting(tx: Connection, checker: Person, due: Mapping[str, Deadline]) -> Iterable[Waiting]:
    table, file = tables.request.c, tables.file.c
    request = (table.ref, table.title, table.project, table.state, table.direction, table.round)
    about = (*request, table.submitted_at, table.author_ref)
    of_round = and_(file.request_ref == table.ref, file.round == table.round)
    found = tx.execute(
        select(*about, func.count(file.sha256).label("files"), func.coalesce(func.sum(file.size), 0).label("size"))
        .join_from(tables.request, tables.file, of_round, isouter=True)
        .where(table.state.in_([state.value for state in OPEN_REVIEW]), table.author_ref != checker.ref)
        .group_by(*about)
        .order_by(table.submitted_at, table.ref)
    ).all()
    ties = ties_of(tx, checker.ref)
    rows = [
        row
        for row in found
        if row.project not in ties.projects | ties.interests
        and row.ref not in ties.recused
        and row.author_ref not in ties.accounts
    ]
    refs = [row.ref for row in rows]
    taken, voted = takers_of(tx, refs), _voted(tx, refs, checker.ref)
    for row in rows:
        takers = taken.get(row.ref, frozenset())
        yield Waiting(
            ref=row.ref,
            title=row.title,
            project=row.project,
            state=State(row.state),
            direction=row.direction,
            round=row.round,
            submitted_at=row.submitted_at,
            files=row.files,
            size=int(row.size),
            mine=checker.ref in takers,
            others=len(takers - {checker.ref}),
            voted=(row.ref, row.round) in voted,
            due_at=due[row.ref].due_at if row.ref in due else None,
        )


def _voted(tx: Connection, refs: Sequence[str], person_ref: str) -> set[tuple[str, int]]:
    table = tables.vote.c
    mine = (table.request_ref.in_(refs), table.checker_ref == person_ref)
    rows = tx.execute(select(table.request_ref, table.round).where(*mine).distinct())
    return {(row.request_ref, row.round) for row in rows}


def takers_of(tx: Connection, refs: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who has taken which of these requests, by what each did last."""
    table = tables.taken.c
    rows = tx.execute(
        select(table.request_ref, table.checker_ref, table.kind).where(table.request_ref.in_(refs)).order_by(table.id)
    )
    last = {(row.request_ref, row.checker_ref): row.kind for row in rows}
    found: dict[str, set[str]] = {}
    for (ref, checker), kind in last.items():
        if kind == "taken":
            found.setdefault(ref, set()).add(checker)
    return {ref: frozenset(takers) for ref, takers in found.items()}
