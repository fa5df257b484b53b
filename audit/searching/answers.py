"""The three questions of an officer, for a person, a dataset, a project, a request or a file.

Who saw what: who opened a workspace in which the data lay, ran cells there (code is how data is seen here), looked at
files, took results along or read the record; counted by person, action, project and dataset. What left, and who
approved it: entry by entry, because each of them is a decision with a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Connection, select, text

from audit.body import moment
from audit.errors import QuestionRefused
from audit.search import Page, entries_at, look
from audit.searching.conditions import LINKED
from audit.searching.query import MAX_LIMIT, Entry, Query
from audit.store import log_size
from audit.tables import audit_link
from audit.text import Text

Ask = Literal["saw", "left", "approved"]

READ = 50_000
"""How many entries of a subject one answer to "who saw what" looks at; the next answer goes on behind them."""

_BEYOND = """
SELECT idx FROM audit_link WHERE kind = :kind AND ref = :ref AND idx < :high ORDER BY idx DESC LIMIT 1 OFFSET :read
"""
# An entry about several datasets is a line for each of them.
_SEEN = """
SELECT e.actor_ref, e.action, e.project, l.ref AS dataset,
       CASE WHEN e.object_kind = 'request' THEN e.object_ref END AS request, e.outcome,
       count(*) AS n, min(e.idx) AS first, max(e.idx) AS last, min(e.ts) AS first_at, max(e.ts) AS last_at
FROM audit_link d {join} audit_entry e ON e.idx = d.idx AND e.idx >= :low AND e.idx < :high
LEFT JOIN audit_link l ON l.idx = e.idx AND l.kind = 'dataset'
WHERE d.kind = :kind AND d.ref = :ref AND d.idx >= :low AND d.idx < :high AND e.action IN ({actions})
GROUP BY 1, 2, 3, 4, 5, 6
"""
_MORE = """
SELECT e.idx
FROM (SELECT idx FROM audit_link WHERE kind = :kind AND ref = :ref AND idx < :low ORDER BY idx DESC LIMIT :read) d
{join} audit_entry e ON e.idx = d.idx
WHERE e.action IN ({actions}) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One of the questions: how it is put, and the actions that answer it."""

    text: Text
    actions: tuple[str, ...]
    of_requests: tuple[str, ...] = ()
    """Those of the actions that concern a file through its request, naming no file themselves."""


QUESTIONS: Mapping[Ask, Question] = MappingProxyType(
    {
        "saw": Question(
            Text("누가 무엇을 보았나", "Who saw what"),
            (
                "workspace.start",
                "workspace.opened",
                "cell.sent",
                "egress.viewed",
                "egress.code_read",
                "egress.collected",
                "log.searched",
                "log.viewed",
                "log.unsealed",
                "log.downloaded",
            ),
        ),
        "left": Question(
            Text("무엇이 나갔나", "What left"),
            ("egress.released", "egress.collected", "egress.revoked", "egress.expired"),
            ("egress.collected", "egress.revoked", "egress.expired"),
        ),
        "approved": Question(
            Text("누가 승인했나", "Who approved"),
            (
                "egress.voted",
                "egress.approved",
                "egress.returned",
                "egress.rejected",
                "grant.approved",
                "grant.revoked",
                "membership.granted",
                "membership.revoked",
                "person.role_granted",
                "person.role_revoked",
            ),
            ("egress.returned", "egress.rejected"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of "who saw what": the same person, the same action, the same data."""

    actor: str
    action: str
    project: str | None
    dataset: str | None
    request: str | None
    outcome: str
    count: int
    first: int
    last: int
    """The first and the last of these entries."""
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question about one thing."""

    ask: Ask
    kind: str
    ref: str
    seen: tuple[Seen, ...]
    entries: tuple[Entry, ...]
    next_after: int | None
    """Behind which entry the rest of the answer begins; None if this is all."""


def answer(tx: Connection, ask: Ask, kind: str, ref: str, *, after: int | None = None, limit: int = 200) -> Answer:
    """Return who saw what, what left or who approved, of one thing; newest first.

    Raises: QuestionRefused — for a kind of thing that this cannot be asked of.
    """
    if kind not in LINKED:
        raise QuestionRefused(Text("이런 대상에 대해서는 물을 수 없습니다.", "This cannot be asked of such a thing."))
    query = Query(**{kind: ref}, actions=QUESTIONS[ask].actions, after=after, limit=limit)  # type: ignore[arg-type]
    if ask == "saw":
        seen, rest = _seen(tx, query, kind, ref)
        return Answer(ask, kind, ref, seen, (), rest)
    page = _of_file(tx, query, QUESTIONS[ask]) if kind == "file" else look(tx, query)
    return Answer(ask, kind, ref, (), page.entries, page.next_after)


def _seen(tx: Connection, query: Query, kind: str, ref: str) -> tuple[tuple[Seen, ...], int | None]:
    """Return the lines of "who saw what" in the next entries of a thing, and behind which entry the rest begins.

    The reach is found first, in the index of timelines alone: bounds on both sides of the join let PostgreSQL read one
    stretch of the log in order instead of the whole of it.
    """
    size = log_size(tx)
    high = size if query.after is None else min(size, query.after)
    values: dict[str, Any] = {"kind": kind, "ref": ref, "high": high}
    beyond = tx.execute(text(_BEYOND), {**values, "read": READ}).scalar()
    low = 0 if beyond is None else beyond + 1
    named = {f"action{n}": action for n, action in enumerate(query.actions)}
    # SQLite would now and then begin with the entries; a CROSS JOIN it leaves in the order in which it is written.
    join = "CROSS JOIN" if tx.dialect.name == "sqlite" else "JOIN"
    sql = _SEEN.format(join=join, actions=", ".join(f":{name}" for name in named))
    rows = tx.execute(text(sql), {**values, **named, "low": low}).all()
    lines = tuple(_line(row) for row in sorted(rows, key=lambda row: -row.last)[:MAX_LIMIT])
    if not low:
        return lines, None
    # Nothing further back may answer the question; whether it does is not looked for beyond the next answer.
    more = _MORE.format(join=join, actions=", ".join(f":{name}" for name in named))
    older = tx.execute(text(more), {**values, **named, "low": low, "read": READ}).first()
    far = tx.execute(text(_BEYOND), {**values, "high": low, "read": READ}).first() if older is None else older
    return lines, None if far is None else low


def _line(row: Any) -> Seen:
    what = (row.actor_ref, row.action, row.project, row.dataset, row.request, row.outcome)
    return Seen(*what, row.n, row.first, row.last, moment(row.first_at), moment(row.last_at))


def _of_file(tx: Connection, query: Query, question: Question) -> Page:
    """Return what answers a question about a file: what names it, and what befell the requests it left in or was in."""
    named = look(tx, query)
    # A request may have handed the file in and left it out later: that it left is said only where the file is named.
    proof = ("egress.released",) if "egress.released" in question.actions else ()
    cause = look(tx, replace(query, actions=proof or ("egress.submitted", "egress.resubmitted"), after=None))
    indexes = {one.index for one in named.entries}
    for request in sorted(_requests(tx, cause.entries)):
        # Looked for in the same stretch of the log: a page of one is a page of the other.
        about = replace(query, file=None, request=request, actions=question.of_requests)
        indexes |= {one.index for one in look(tx, about).entries}
    return Page(tuple(entries_at(tx, sorted(indexes, reverse=True))), named.more, named.read_to)


def _requests(tx: Connection, entries: Sequence[Entry]) -> set[str]:
    indexes = [one.index for one in entries]
    linked = select(audit_link.c.ref).where(audit_link.c.kind == "request", audit_link.c.idx.in_(indexes))
    return set(tx.scalars(linked))
