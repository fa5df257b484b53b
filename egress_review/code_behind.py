"""The code behind a result: the cells that its author ran in the workspace before handing in, from the audit log.

Code can name people, so whoever opens it says why, the log keeps that, and only who reviews this very request can.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from audit.cells import CellStore
from audit.errors import AuditError
from audit.event import Source
from audit.search import Entry, Query, search
from egress_review.desk import Record, as_actor
from egress_review.errors import Invalid
from egress_review.model import Request
from egress_review.queueing import Queueing
from egress_review.standing import independent
from registry.model import Person
from registry.text import Text

MOST_CELLS = 200
LEAST_REASON = 5
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class RanCell:
    """One cell that was sent to a kernel."""

    index: int
    """Its entry in the audit log."""
    at: datetime
    code: str | None
    """None if it cannot be opened any more."""
    names: tuple[str, ...]
    """The files of the request that it mentions."""


class CodeBehind(Queueing):
    """Where a result came from."""

    def code_behind(
        self, checker: Person, ref: str, reason: str, *, cells: CellStore, source: Source
    ) -> tuple[RanCell, ...]:
        """The cells that ran in the workspace before the present round, those that mention a file of it first.

        At most 200, the latest. Opening them is recorded with its reason before anything is shown.
        Raises: NotFound, Denied, Invalid.
        """
        said = _checked_reason(reason)
        request = self.content_of(checker, ref)
        with self._db.begin() as tx:
            person = independent(tx, checker, request)
            found = search(tx, _cells_of(request))
            record = Record(
                actor=as_actor(person), source=source, detail={"cells": len(found)}, sealed={"reason": said}
            )
            self._record(tx, request, "egress.code_read", record)
        ran = [_opened(entry, request, cells) for entry in found]
        return tuple(sorted(ran, key=lambda cell: (not cell.names, -cell.index)))


def _cells_of(request: Request) -> Query:
    return Query(
        action="cell.sent",
        actor=request.author_ref,
        object=request.workspace_ref,
        until=request.submitted_at,
        limit=MOST_CELLS,
    )


def _opened(entry: Entry, request: Request, cells: CellStore) -> RanCell:
    name = entry.body.get("detail", {}).get("code")
    try:
        code = cells.get(name).decode("utf-8", "replace") if isinstance(name, str) else None
    except AuditError:
        code = None
    return RanCell(entry.index, entry.ts, code, tuple(_mentioned(code or "", request)))


def _mentioned(code: str, request: Request) -> Iterable[str]:
    return (file.name for file in request.files if file.name in code)


def _checked_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not LEAST_REASON <= len(reason) <= LONGEST_REASON:
        raise Invalid(
            "reason_missing",
            Text(
                ko=f"코드를 보는 까닭을 {LEAST_REASON}자에서 {LONGEST_REASON}자로 적으십시오. 기록에 남습니다.",
                en=f"Say in {LEAST_REASON} to {LONGEST_REASON} characters why you read the code; it is recorded.",
            ),
        )
    return reason
