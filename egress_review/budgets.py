"""What a project may hand in within a period: many small requests add up to what one would not be allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, func, select

from egress_review import tables
from egress_review.errors import Conflict
from egress_review.model import Request
from egress_review.terms import BUDGET_DAYS, Policy
from egress_review.workflow import State
from registry import queries
from registry.text import Text

PERIOD = timedelta(days=BUDGET_DAYS)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a project has handed in within the period, drafts apart; what was withdrawn or refused counts too."""

    requests: int
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Share:
    """How one budget of a project stands."""

    kind: Literal["requests", "files", "size"]
    name: Text
    used: int
    most: int
    """0 is no limit; sizes are in bytes."""

    @property
    def left(self) -> int:
        """What may still be handed in within the period."""
        return max(0, self.most - self.used)

    @property
    def nearly_spent(self) -> bool:
        """Whether a tenth or less is left."""
        return bool(self.most) and self.left * 10 <= self.most


def spent(tx: Connection, project: str, now: datetime, *, but: str = "") -> Spent:
    """What the project has used of its budgets, without the request `but`."""
    request, file = tables.request.c, tables.file.c
    counted = (
        request.project == project,
        request.direction == "egress",
        request.state != State.DRAFT.value,
        request.submitted_at > now - PERIOD,
        request.ref != but,
    )
    requests = tx.execute(select(func.count()).select_from(tables.request).where(*counted)).scalar_one()
    present = and_(file.request_ref == request.ref, file.round == request.round, file.kind == "output")
    total = select(func.count(), func.coalesce(func.sum(file.size), 0))
    files, size = tx.execute(total.join_from(tables.file, tables.request, present).where(*counted)).one()
    return Spent(requests, files, int(size))


def check_budget(tx: Connection, policy: Policy, request: Request, now: datetime) -> None:
    """Refuse a hand-in that its project has no room for; two at once cannot both take the last of it.

    Raises: Conflict — naming the budget and the day from which there is room again.
    """
    if request.direction != "egress" or not (policy.budget_requests or policy.budget_files or policy.budget_bytes):
        return
    queries.project(tx, request.project, lock=True)
    used = spent(tx, request.project, now, but=request.ref)
    for limit, total, name in (
        (policy.budget_requests, used.requests + 1, Text("신청", "requests")),
        (policy.budget_files, used.files + len(request.outputs), Text("파일", "files")),
        (policy.budget_bytes, used.size + sum(file.size for file in request.outputs), Text("바이트", "bytes")),
    ):
        if limit and total > limit:
            raise _spent(limit, name, _oldest(tx, request, now))


def _oldest(tx: Connection, request: Request, now: datetime) -> datetime:
    row = tables.request.c
    mine = (row.project == request.project, row.submitted_at > now - PERIOD, row.ref != request.ref)
    oldest: datetime | None = tx.execute(
        select(func.min(row.submitted_at)).where(*mine, row.state != State.DRAFT.value, row.direction == "egress")
    ).scalar()
    return (oldest or now) + PERIOD


def _spent(limit: int, name: Text, room_at: datetime) -> Conflict:
    reason = Text(
        ko=f"이 과제가 {BUDGET_DAYS}일 동안 낼 수 있는 한도를 넘습니다: {name.ko} {limit:,}",
        en=f"The project would go beyond what it may hand in within {BUDGET_DAYS} days: {limit:,} {name.en}.",
    )
    hint = Text(
        ko=f"{room_at:%Y-%m-%d}(UTC)부터 여유가 생깁니다. 더 필요하면 운영자나 데이터 제공 책임자와 상의하십시오.",
        en=f"There is room again from {room_at:%Y-%m-%d} (UTC). For more, ask an operator or the data controller.",
    )
    return Conflict("budget_spent", reason, hint=hint)


def shares(policy: Policy, used: Spent) -> tuple[Share, ...]:
    """Each budget with what is used of it, for pages; one without a limit says only what was used."""
    return (
        Share("requests", Text("신청", "Requests"), used.requests, policy.budget_requests),
        Share("files", Text("파일", "Files"), used.files, policy.budget_files),
        Share("size", Text("파일 크기", "Size of the files"), used.size, policy.budget_bytes),
    )
