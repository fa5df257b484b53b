"""What left a project while a request was on its way: nothing leaves that was not compared with all that left before.

Two requests can be checked side by side and neither know of the other. So the findings of a round keep a digest of what
had left when they were made, and every vote and the release hold it to what has left by then; no clock is asked.
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
    ko="점검 뒤에 같은 과제의 다른 결과가 반출되어, 이 결과와 비교되지 않았습니다.",
    en="Another result of the project left after the check, and this one was not compared with it.",
)
RETURN_IT = Text(
    ko="신청자에게 돌려보내십시오. 다시 제출하면 그것과도 비교합니다.",
    en="Return the request: once it is handed in again, it is compared with that one too.",
)
NOT_OPEN = FINAL | {State.DRAFT, State.RETURNED, State.RELEASED}
"""States from which nothing leaves unless it is handed in first."""


class LeftMeanwhile(Desk):
    """What a request is compared with, and whether it still is all that has left."""

    def _earlier(self, tx: Connection, request: Request) -> tuple[JobFile, ...]:
        """What the files are compared with: every file that has left from the same project."""
        return self._left_before(tx, request.project, but=request.ref)

    def _check_compared(self, tx: Connection, request: Request) -> None:
        """Refuse to go on with a request that was not compared with all that has left.

        Raises: Conflict
        """
        if left_meanwhile(tx, request):
            raise Conflict("left_meanwhile", LEFT_MEANWHILE, hint=RETURN_IT)


def left_meanwhile(tx: Connection, request: Request) -> bool:
    """Whether something left the project that the findings of the present round know nothing of."""
    if request.direction != "egress":
        return False
    report = store.report_of(tx, request)
    return compared(request, _left(tx, request)) != (report.compared if report else "")


def compared(request: Request, left: Iterable[str]) -> str:
    """The digest of what a request is compared with, by the hashes of what has left; "" for nothing.

    Its own files are none of it: they are compared with each other.
    """
    hashes = sorted({*left} - {file.sha256 for file in request.outputs})
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest() if hashes else ""


def _left(tx: Connection, request: Request) -> Iterable[str]:
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
