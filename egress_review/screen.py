"""Everything that one screen of a reviewer needs, read in one transaction: a page that asks piece by piece is slow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from egress_review import store, tables
from egress_review.counting import Counting
from egress_review.earlier import Release, Version, last_versions, releases
from egress_review.left_meanwhile import left_meanwhile, on_their_way
from egress_review.model import Action, RequestView
from egress_review.queueing import takers_of
from egress_review.showing import Shown, shown_in_votes, shown_to
from egress_review.standing import Ties, independent, ties_of
from egress_review.workflow import OPEN_REVIEW
from registry.model import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A request as one who may review it sees it, with what it is held against."""

    view: RequestView
    shown: Mapping[str, Shown]
    """What this reviewer has been shown of each file, by hash."""
    shown_in_votes: Mapping[str, Mapping[str, Shown]]
    """What those whose votes are in the view had been shown, by checker and file."""
    last: Mapping[str, Version]
    """The last version of each file, by the hash of the present one."""
    releases: tuple[Release, ...]
    left_meanwhile: bool
    """Whether something left the project that the files were not compared with, so that no vote is taken."""
    on_their_way: Mapping[str, str]
    """Titles of other requests of the project that may still leave, by reference: neither was compared with them."""
    takers: frozenset[str]
    before: str | None
    """The request before this one in the queue of the reviewer."""
    after: str | None


class Screening(Counting):
    """What lies on the desk of a reviewer."""

    def screen(self, checker: Person, ref: str) -> Screen:
        """A request with everything that a decision needs.

        Raises: NotFound. Denied — with the reason, for its author, members of the project, and others.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            person = independent(tx, checker, request)
            ties = ties_of(tx, person.ref)
            view = self._view(tx, person, request, ties)
            may_look = Action.PREVIEW in view.actions
            before, after = _neighbours(tx, ties, ref)
            return Screen(
                view=view,
                shown=shown_to(tx, self._vault.previews, request, request.files, person.ref, self._clock()),
                shown_in_votes=shown_in_votes(tx, request) if view.reviews else {},
                last=last_versions(tx, request) if may_look else {},
                releases=tuple(releases(tx, request)) if may_look else (),
                left_meanwhile=request.state in OPEN_REVIEW and left_meanwhile(tx, request),
                on_their_way=on_their_way(tx, request) if request.state in OPEN_REVIEW else {},
                takers=takers_of(tx, [ref]).get(ref, frozenset()),
                before=before,
                after=after,
            )


def _neighbours(tx: Connection, ties: Ties, ref: str) -> tuple[str | None, str | None]:
    """The requests before and after one in the queue; of one that is not in it, the head of the queue comes after."""
    table = tables.request.c
    rows = tx.execute(
        select(table.ref)
        .where(
            table.state.in_([state.value for state in OPEN_REVIEW]),
            table.author_ref.not_in(ties.accounts),
            table.project.not_in(ties.projects | ties.interests),
            table.ref.not_in(ties.recused),
        )
        .order_by(table.submitted_at, table.ref)
    )
    refs = list(rows.scalars())
    if ref not in refs:
        return None, refs[0] if refs else None
    at = refs.index(ref)
    return refs[at - 1] if at else None, refs[at + 1] if at + 1 < len(refs) else None
