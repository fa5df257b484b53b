"""Keeps reviews: rows that are only ever added, so that the past of a review cannot be changed by accident.

A report lies under its own hash; where a review stands follows from its moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, func, insert, select

from audit.body import parse
from audit.review.errors import ReviewMissing
from audit.review.report import Report
from audit.review.workflow import State
from audit.review.working_hours import Month
from audit.tables import audit_entry, audit_review, audit_review_finding, audit_review_move, audit_review_report
from audit.text import Text

Verdict = Literal["no_concern", "follow_up", "incident"]
VERDICTS: Mapping[Verdict, Text] = {
    "no_concern": Text("이상 없음", "no concern"),
    "follow_up": Text("추가 확인 필요", "follow up"),
    "incident": Text("사고로 처리", "incident"),
}
assert set(VERDICTS) == set(get_args(Verdict))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an officer found about one item; the note is sealed in the entry that records it."""

    item: str
    verdict: Verdict
    at: str
    by: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Review:
    """One report of one month and what became of it."""

    month: Month
    version: int
    sha256: str
    size: int
    """Of the log it is about."""
    policy: str
    made_at: str
    made_by: str
    event_id: str
    state: State
    signed_at: str | None = None
    signed_by: str | None = None
    signed_event: str | None = None

    @property
    def ref(self) -> str:
        """The name of the review in the log, such as review.2026-10.1."""
        return f"review.{self.month}.{self.version}"


_review, _move, _finding = audit_review.c, audit_review_move.c, audit_review_finding.c
_RANK = {State.DRAFT: 0, State.MADE: 1, State.SIGNED: 2, State.SUPERSEDED: 3}


def insert_review(tx: Connection, review: Review, report: Report) -> None:
    """Add a review and its report, which may be there already."""
    kept = select(audit_review_report.c.sha256).where(audit_review_report.c.sha256 == report.sha256)
    if tx.execute(kept).first() is None:
        tx.execute(insert(audit_review_report).values(sha256=report.sha256, body=report.data))
    tx.execute(
        insert(audit_review).values(
            month=str(review.month),
            version=review.version,
            sha256=review.sha256,
            size=review.size,
            policy=review.policy,
            made_at=review.made_at,
            made_by=review.made_by,
            event_id=review.event_id,
        )
    )


def insert_move(tx: Connection, review: Review, state: State, *, at: str, by: str, event_id: str) -> None:
    """Add that a review came into a state."""
    tx.execute(
        insert(audit_review_move).values(
            month=str(review.month), version=review.version, state=state.value, at=at, by_ref=by, event_id=event_id
        )
    )


def insert_judgement(tx: Connection, review: Review, judgement: Judgement) -> None:
    """Add what an officer found about an item; the latest counts."""
    n = select(func.count()).where(_finding.month == str(review.month), _finding.version == review.version)
    tx.execute(
        insert(audit_review_finding).values(
            month=str(review.month),
            version=review.version,
            n=tx.execute(n).scalar_one(),
            item=judgement.item,
            verdict=judgement.verdict,
            at=judgement.at,
            by_ref=judgement.by,
            event_id=judgement.event_id,
        )
    )


def reviews(tx: Connection, month: Month | None = None) -> list[Review]:
    """Return the reviews of a month, of all without it, the latest first."""
    statement = select(audit_review).order_by(_review.month.desc(), _review.version.desc())
    moves = select(audit_review_move)
    if month is not None:
        statement = statement.where(_review.month == str(month))
        moves = moves.where(_move.month == str(month))
    taken: dict[tuple[str, int], list[tuple[State, str, str, str]]] = {}
    for row in tx.execute(moves):
        step = (State(row.state), row.at, row.by_ref, row.event_id)
        taken.setdefault((row.month, row.version), []).append(step)
    return [_review_of(row, taken.get((row.month, row.version), [])) for row in tx.execute(statement)]


def load(tx: Connection, month: Month, version: int | None = None) -> Review:
    """Return a review, the latest of its month without a version.

    Raises: ReviewMissing.
    """
    for review in reviews(tx, month):
        if version in (None, review.version):
            return review
    raise ReviewMissing(Text(f"{month} 점검 보고서가 없습니다.", f"There is no report of {month}."))


def report_of(tx: Connection, review: Review) -> Report:
    """Return the report of a review.

    Raises: ReviewAltered — if its bytes are not those under its hash. ReviewMissing — if they are gone.
    """
    table = audit_review_report.c
    data = tx.execute(select(table.body).where(table.sha256 == review.sha256)).scalar()
    if data is None:
        raise ReviewMissing(Text("보관된 보고서가 없습니다.", "The kept report is gone."))
    return Report.read(bytes(data), review.sha256)


def judgements(tx: Connection, review: Review) -> dict[str, Judgement]:
    """Return the latest judgement of each item."""
    mine = (_finding.month == str(review.month), _finding.version == review.version)
    rows = tx.execute(select(audit_review_finding).where(*mine).order_by(_finding.n))
    return {row.item: Judgement(row.item, row.verdict, row.at, row.by_ref, row.event_id) for row in rows}


def _review_of(row: object, moves: list[tuple[State, str, str, str]]) -> Review:
    signed = next((move for move in moves if move[0] is State.SIGNED), None)
    values = {name: getattr(row, name) for name in ("version", "sha256", "size", "policy", "made_at", "made_by")}
    return Review(
        month=Month.parse(row.month),  # type: ignore[attr-defined]
        event_id=row.event_id,  # type: ignore[attr-defined]
        state=max((move[0] for move in moves), key=_RANK.__getitem__, default=State.DRAFT),
        signed_at=signed[1] if signed else None,
        signed_by=signed[2] if signed else None,
        signed_event=signed[3] if signed else None,
        **values,
    )


def recorded_report(tx: Connection, review: Review) -> str | None:
    """Return the hash of the report that the log names for a review."""
    data = tx.execute(select(audit_entry.c.body).where(audit_entry.c.event_id == review.event_id)).scalar()
    if data is None:
        return None
    named = parse(bytes(data)).get("detail", {}).get("report")
    return named if isinstance(named, str) else None
