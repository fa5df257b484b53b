"""Rows to values and back. Every function works in the caller's transaction and decides nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, exists, func, insert, or_, select, update

from audit.tables import audit_entry
from egress_review import tables
from egress_review.errors import Conflict, NotFound
from egress_review.findings import Report
from egress_review.holding import not_frozen
from egress_review.model import Choice, DatasetUse, Group, Message, Request, RequestFile, Visibility, Vote
from egress_review.terms import Policy
from egress_review.wire import report_from_wire, report_to_wire
from egress_review.workflow import State
from registry.text import Text

MOST_VALUES = 500
"""Values in one question; SQLite before 3.32 takes no more than 999."""
HANDING_IN = 0x616E7369
"""The first half of the keys of PostgreSQL's locks under which authors hand in, one at a time."""


def insert_request(tx: Connection, request: Request, *, draft: str | None = None) -> None:
    """Add a request with its first round or, before it is handed in, with what its author has written so far."""
    tx.execute(
        insert(tables.request).values(
            ref=request.ref,
            project=request.project,
            author_ref=request.author_ref,
            workspace_ref=request.workspace_ref,
            direction=request.direction,
            state=request.state.value,
            created_at=request.created_at,
            **_round_columns(request),
        )
    )
    if draft is None:
        insert_round(tx, request)
    else:
        tx.execute(insert(tables.draft).values(request_ref=request.ref, content=draft, at=request.created_at))


def insert_round(tx: Connection, request: Request) -> None:
    """Add what the author says in a round, and its files."""
    tx.execute(
        insert(tables.said).values(
            request_ref=request.ref,
            round=request.round,
            title=request.title,
            purpose=request.purpose,
            context=request.context,
            controls=request.controls,
            context_hash=request.context_hash,
            at=request.submitted_at,
        )
    )
    tx.execute(
        insert(tables.file),
        [
            {
                "request_ref": request.ref,
                "round": request.round,
                "name": file.name,
                "sha256": file.sha256,
                "size": file.size,
                "kind": file.kind,
                "group_name": file.group,
            }
            for file in request.files
        ],
    )
    for name, group in request.groups.items():
        tx.execute(
            insert(tables.group).values(
                request_ref=request.ref,
                round=request.round,
                name=name,
                context=group.context,
                controls=group.controls,
            )
        )


def replace_round(tx: Connection, request: Request) -> None:
    """Make `request` the new round of what is stored under its reference."""
    change(tx, request, **_round_columns(request))
    insert_round(tx, request)


def change(tx: Connection, request: Request, **columns: Any) -> None:
    """Set columns of a request that nobody changed since it was read.

    Raises: Conflict — if somebody did.
    """
    table = tables.request
    columns.setdefault("version", request.version + 1)
    changed = tx.execute(
        update(table).where(table.c.ref == request.ref, table.c.version == request.version).values(**columns)
    )
    if changed.rowcount != 1:
        raise Conflict(
            "changed_meanwhile",
            Text(ko="그사이 신청의 상태가 바뀌었습니다.", en="The request was changed in the meantime."),
        )


def load(tx: Connection, ref: str, *, lock: bool = False) -> Request:
    """The request of that reference; `lock` keeps others from changing it until the transaction ends.

    Raises: NotFound
    """
    query = select(tables.request).where(tables.request.c.ref == ref)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("request_unknown", Text(ko="그런 반출신청이 없습니다.", en="There is no such request."))
    return _requests(tx, [row])[0]


def one_at_a_time(tx: Connection, author_ref: str) -> None:
    """Let no other transaction hand in for an author until this one ends; with SQLite only one writes anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(HANDING_IN, func.hashtext(author_ref))))


def find(tx: Connection, *conditions: Any) -> list[Request]:
    """The requests for which all conditions hold, the latest first."""
    table = tables.request
    rows = tx.execute(select(table).where(*conditions).order_by(table.c.submitted_at.desc(), table.c.ref)).all()
    return _requests(tx, rows)


def due(tx: Connection, now: datetime, expired_before: datetime) -> list[str]:
    """References of the requests with which the machine has something to do, the oldest first."""
    table = tables.request
    at_once = (State.SCANNING, State.APPROVED, State.RELEASING)
    after_a_while = (State.SCAN_FAILED, State.RELEASE_FAILED)
    condition = or_(
        table.c.state.in_([state.value for state in at_once]),
        table.c.state.in_([state.value for state in after_a_while]) & (table.c.retry_at <= now),
        (table.c.state == State.RELEASED.value)
        & or_(
            table.c.packaged.is_(False) & or_(table.c.retry_at.is_(None), table.c.retry_at <= now),
            table.c.packaged.is_(True) & (_collectable_since(table.c.ref, table.c.released_at) <= expired_before),
        ),
    )
    waiting = select(table.c.ref).where(condition, not_frozen(table.c.project))
    return list(tx.execute(waiting.order_by(table.c.changed_at)).scalars())


def _collectable_since(ref: ColumnElement[str], released: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """When a package could first be collected: a receipt is stored with it, at times long after the decision."""
    table = tables.receipt.c
    return func.coalesce(select(table.at).where(table.request_ref == ref).scalar_subquery(), released)


def collectable_since(tx: Connection, ref: str) -> datetime | None:
    """When the package of a request could first be collected; None while there is no release."""
    table = tables.request.c
    since: datetime | None = tx.scalar(select(_collectable_since(table.ref, table.released_at)).where(table.ref == ref))
    return since


def waits_for_package(tx: Connection) -> bool:
    """Whether a release is decided and not packed yet: it is signed with the key that its event names."""
    table = tables.request.c
    waits = (table.state == State.RELEASED.value) & table.packaged.is_(False)
    return bool(tx.scalar(select(exists().where(waits))))


def insert_report(tx: Connection, request: Request, report: Report, policy: Policy, at: datetime) -> str:
    """Add the findings of a round with the policy they were made under, and return the digest of both."""
    content = json.dumps(report_to_wire(report), ensure_ascii=False, sort_keys=True)
    terms = json.dumps(policy.as_json(), ensure_ascii=False, sort_keys=True)
    tx.execute(
        insert(tables.report).values(
            request_ref=request.ref,
            round=request.round,
            policy_name=report.policy,
            policy_digest=report.policy_digest,
            policy=terms,
            content=content,
            at=at,
        )
    )
    return report_digest(content, terms)


def report_digest(content: str, policy: str) -> str:
    """What the log keeps of findings and of the policy that they were made under: one hash, over what is stored."""
    return hashlib.sha256(f"{content}\n{policy}".encode()).hexdigest()


def report_of(tx: Connection, request: Request) -> Report | None:
    """The findings of the present round."""
    table = tables.report
    content: str | None = tx.execute(
        select(table.c.content).where(table.c.request_ref == request.ref, table.c.round == request.round)
    ).scalar()
    return None if content is None else report_from_wire(json.loads(content))


def scanned_at(tx: Connection, request: Request) -> datetime:
    """When the present round was scanned.

    Raises: NotFound — if it was not yet.
    """
    table = tables.report.c
    at: datetime | None = tx.execute(
        select(table.at).where(table.request_ref == request.ref, table.round == request.round)
    ).scalar()
    if at is None:
        raise NotFound("not_scanned", Text(ko="아직 점검되지 않았습니다.", en="It is not checked yet."))
    return at


def policy_of(tx: Connection, request: Request) -> Policy:
    """The policy under which the present round was checked.

    Raises: NotFound — if it was not checked yet.
    """
    table = tables.report
    content: str | None = tx.execute(
        select(table.c.policy).where(table.c.request_ref == request.ref, table.c.round == request.round)
    ).scalar()
    if content is None:
        raise NotFound("not_scanned", Text(ko="아직 점검되지 않았습니다.", en="It is not checked yet."))
    return Policy.from_json(json.loads(content))


def insert_votes(tx: Connection, request: Request, votes: Sequence[Vote], event_id: str) -> None:
    """Add one checker's votes on every file; the unique constraint refuses a second ballot."""
    tx.execute(
        insert(tables.vote),
        [
            {
                "request_ref": request.ref,
                "round": vote.round,
                "checker_ref": vote.checker_ref,
                "sha256": vote.sha256,
                "revision": vote.revision,
                "choice": vote.choice.value,
                "context_hash": vote.context_hash,
                "policy_digest": vote.policy_digest,
                "roles": " ".join(vote.roles),
                "comment": vote.comment,
                "event_id": event_id,
                "at": vote.at,
            }
            for vote in votes
        ],
    )


def votes_of(tx: Connection, ref: str) -> list[Vote]:
    """Every vote that was ever cast on a request, in order."""
    table = tables.vote
    order = (table.c.at, table.c.revision, table.c.event_id, table.c.sha256)
    rows = tx.execute(select(table).where(table.c.request_ref == ref).order_by(*order))
    return [vote_of(row) for row in rows]


def vote_of(row: Row[Any]) -> Vote:
    """The vote in a row."""
    return Vote(
        checker_ref=row.checker_ref,
        roles=tuple(row.roles.split()),
        sha256=row.sha256,
        choice=Choice(row.choice),
        round=row.round,
        context_hash=row.context_hash,
        policy_digest=row.policy_digest,
        revision=row.revision,
        comment=row.comment,
        at=row.at,
    )


def vote_indexes(tx: Connection, request: Request) -> dict[str, int]:
    """Index in the audit log of each checker's latest ballot of the present round that is in the tree."""
    table = tables.vote
    rows = tx.execute(
        select(table.c.checker_ref, func.max(audit_entry.c.idx))
        .join(audit_entry, audit_entry.c.event_id == table.c.event_id)
        .where(table.c.request_ref == request.ref, table.c.round == request.round)
        .group_by(table.c.checker_ref)
    )
    return {row[0]: row[1] for row in rows}


def insert_message(tx: Connection, request: Request, message: Message) -> None:
    """Add a reason or remark."""
    tx.execute(
        insert(tables.message).values(
            request_ref=request.ref,
            round=message.round,
            by_ref=message.by_ref,
            by_role=message.by_role,
            kind=message.kind,
            visibility=message.visibility.value,
            group_name=message.group,
            file_name=message.file,
            text=message.text,
            at=message.at,
        )
    )


def message_of(row: Row[Any]) -> Message:
    """The reason or remark in a row."""
    return Message(
        round=row.round,
        by_ref=row.by_ref,
        by_role=row.by_role,
        kind=row.kind,
        text=row.text,
        at=row.at,
        visibility=Visibility(row.visibility),
        group=row.group_name,
        file=row.file_name,
    )


def _round_columns(request: Request) -> dict[str, Any]:
    return {
        "title": request.title,
        "purpose": request.purpose,
        "context": request.context,
        "controls": request.controls,
        "salt": request.salt,
        "round": request.round,
        "policy_name": request.policy_name,
        "policy_digest": request.policy_digest,
        "datasets": json.dumps([[use.dataset, use.version, use.people] for use in request.datasets]),
        "submitted_at": request.submitted_at,
        "changed_at": request.changed_at,
        "idle_since": request.changed_at,
        "warned_at": None,
    }


def _requests(tx: Connection, rows: Sequence[Row[Any]]) -> list[Request]:
    """The requests of these rows, with the files and groups of their present rounds in two queries for all of them."""
    files = _of_rounds(tx, tables.file, rows)
    grouped = [row for row in rows if any(file.group_name for file in files.get(row.ref, ()))]
    groups = _of_rounds(tx, tables.group, grouped)
    return [_request(row, files.get(row.ref, []), groups.get(row.ref, [])) for row in rows]


def _of_rounds(tx: Connection, table: Table, rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    """What a table has of the present round of each of these requests, by name."""
    present = {row.ref: row.round for row in rows}
    found: dict[str, list[Row[Any]]] = {}
    for refs in batched(present):
        of_these = select(table).where(table.c.request_ref.in_(refs)).order_by(table.c.request_ref, table.c.name)
        for one in tx.execute(of_these):
            if one.round == present[one.request_ref]:
                found.setdefault(one.request_ref, []).append(one)
    return found


def batched(refs: Iterable[str]) -> Iterator[list[str]]:
    """References in lists that a database takes as the values of one question."""
    every = list(refs)
    for start in range(0, len(every), MOST_VALUES):
        yield every[start : start + MOST_VALUES]


def _request(row: Row[Any], files: Iterable[Row[Any]], groups: Iterable[Row[Any]]) -> Request:
    values = dict(row._mapping)
    values["state"] = State(values["state"])
    values["datasets"] = tuple(DatasetUse(*use) for use in json.loads(values["datasets"]))
    values["files"] = tuple(RequestFile(f.name, f.sha256, f.size, f.kind, f.group_name) for f in files)
    values["groups"] = {
        one.name: Group(one.context, one.controls, tuple(f.name for f in values["files"] if f.group == one.name))
        for one in groups
    }
    return Request(**values)


def collections(tx: Connection, ref: str) -> int:
    """How often a package was collected."""
    table = tables.collection.c
    return int(tx.execute(select(func.count()).where(table.request_ref == ref)).scalar_one())


def insert_collection(tx: Connection, ref: str, by_ref: str, event_id: str, at: datetime) -> None:
    """Add that a package was collected."""
    tx.execute(insert(tables.collection).values(request_ref=ref, by_ref=by_ref, event_id=event_id, at=at))
