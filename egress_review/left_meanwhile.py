"""What left a project while a request was on its way: nothing leaves that was not compared with all that left before.

Two requests can be checked side by side and neither know of the other. So the findings of a round keep a digest of what
had left when they were made, and the release holds it to what has left by then; no clock is asked. Where something did,
the machine compares the request with that before it leaves, and gives it back if the checks find more than people saw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, and_, select

from egress_review import store, tables
from egress_review.desk import Desk
from egress_review.errors import Conflict
from egress_review.job import JobFile
from egress_review.model import Request
from egress_review.workflow import FINAL, State
from registry.text import Text

LEFT_MEANWHILE = Text(
    ko="점검 뒤에 같은 과제의 다른 결과가 반출되어, 이 결과를 그것과 함께 다시 살펴야 합니다.",
    en="Another result of the project left after the check, and this one has to be looked at beside it.",
)
HAND_IN_AGAIN = Text(
    ko="다시 제출하면 두 결과를 함께 볼 때 드러나는 것을 점검 결과가 알려 줍니다.",
    en="Once it is handed in again, the findings say what the two tell together.",
)
NOT_OPEN = FINAL | {State.DRAFT, State.RETURNED, State.RELEASED}
"""States from which nothing leaves unless it is handed in first."""


class LeftMeanwhile(Desk):
    """What a request is compared with, and whether it still is all that has left."""

    def _earlier(self, tx: Connection, request: Request) -> tuple[JobFile, ...]:
        """What the files are compared with: every file that has left from the same project."""
        return self._left_before(tx, request.project, but=request.ref)

    def _check_compared(self, tx: Connection, request: Request, again: str | None) -> None:
        """Refuse to release a request that was not compared with all that has left.

        `again` is the digest of what it was compared with since its check, None if that found more than the check.
        Raises: Conflict
        """
        if left_meanwhile(tx, request) and compared(request, left_by_now(tx, request)) != again:
            raise Conflict("left_meanwhile", LEFT_MEANWHILE, hint=HAND_IN_AGAIN)


def left_meanwhile(tx: Connection, request: Request) -> bool:
    """Whether something left the project that the findings of the present round know nothing of."""
    if request.direction != "egress":
        return False
    report = store.report_of(tx, request)
    return compared(request, left_by_now(tx, request)) != (report.compared if report else "")


def compared(request: Request, left: Iterable[str]) -> str:
    """The digest of what a request is compared with, by the hashes of what has left; "" for nothing.

    Its own files are none of it: they are compared with each other.
    """
    hashes = sorted({*left} - {file.sha256 for file in request.outputs})
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest() if hashes else ""


def left_by_now(tx: Connection, request: Request) -> Iterable[str]:
    """The hashes of all that has left the project but by the request itself."""
    table, file = tables.request.c, tables.file.c
    of_round = and_(file.request_ref == table.ref, file.round == table.round, file.kind == "output")
    left = (table.project == request.project, table.released_at.is_not(None), table.ref != request.ref)
    return tx.execute(select(file.sha256).join_from(tables.request, tables.file, of_round).where(*left)).scalars()


def on_their_way(tx: Connection, request: Request) -> dict[str, str]:
    """Titles of the other requests of the project that may still leave, by reference, the oldest first."""
    table = tables.request.c
    states = [state.value for state in State if state not in NOT_OPEN]
    others = (table.project == request.project, table.direction == "egress", table.ref != request.ref)
    rows = tx.execute(
        select(table.ref, table.title).where(*others, table.state.in_(states)).order_by(table.submitted_at, table.ref)
    )
    return {row.ref: row.title for row in rows}
