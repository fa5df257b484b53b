"""Searches that officers keep by a name: for themselves, or shared with everybody who reads the record.

A saved search is a tool, no record: it may be deleted, by the one who made it. That it was made and deleted is
recorded. It names people by their reference and keeps no address, so that nothing personal stays behind in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from audit.body import moment, timestamp
from audit.canonical import JSON
from audit.errors import QuestionRefused
from audit.event import Event, Subjects
from audit.log import utc_now
from audit.refs import new_ref
from audit.searching.asking import LOG, Officer
from audit.tables import audit_query
from audit.text import Text

LONGEST_NAME = 80
MOST = 200
"""How many searches one officer may keep."""
LONGEST = 4_000

_table = audit_query.c


@dataclass(frozen=True, slots=True)
class Saved:
    """A search that was kept; `question` holds the fields of a form or of a command."""

    id: str
    owner: str
    name: str
    shared: bool
    question: Mapping[str, str]
    created_at: datetime


def save(
    officer: Officer, name: str, question: Mapping[str, str], *, shared: bool = False, now: datetime | None = None
) -> Saved:
    """Keep a search by a name, in one transaction with the entry about it.

    Raises: QuestionRefused — for a name that is empty, too long or taken, for nothing to keep, or for an address.
    """
    named, kept = " ".join(name.split()), {key: value for key, value in question.items() if value}
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    _check(named, kept, text)
    at = now or utc_now()
    saved = Saved(new_ref("q"), officer.actor.ref, named, shared, kept, at)
    with officer.log.db.begin() as tx:
        own = tx.execute(select(_table.name).where(_table.owner == saved.owner)).scalars().all()
        if named in own:
            raise QuestionRefused(Text(f"같은 이름이 이미 있습니다: {named}", f"This name is taken: {named}"))
        if len(own) >= MOST:
            raise QuestionRefused(Text("저장한 조회가 너무 많습니다.", "Too many searches are kept already."))
        values = {"id": saved.id, "owner": saved.owner, "name": named, "shared": shared, "question": text}
        tx.execute(insert(audit_query).values(**values, created_at=timestamp(at)))
        _record(tx, officer, "log.query_saved", saved)
    return saved


def every(tx: Connection, reader: str) -> list[Saved]:
    """Return the searches that somebody may run: their own, and those that others share; by name."""
    seen = or_(_table.owner == reader, _table.shared)
    rows = tx.execute(select(audit_query).where(seen).order_by(_table.name, _table.id))
    return [
        Saved(row.id, row.owner, row.name, row.shared, json.loads(row.question), moment(row.created_at)) for row in rows
    ]


def load(tx: Connection, reader: str, which: str) -> Saved:
    """Return a search by its id or its name; one's own comes before another's of the same name.

    Raises: QuestionRefused — if there is none that this reader may run.
    """
    found = [one for one in every(tx, reader) if which in (one.id, one.name)]
    if not found:
        raise QuestionRefused(Text("저장된 조회가 없습니다.", "There is no such saved search."))
    return min(found, key=lambda one: one.owner != reader)


def remove(officer: Officer, which: str) -> Saved:
    """Delete a search of one's own, in one transaction with the entry about it.

    Raises: QuestionRefused — if there is none, or it is another's.
    """
    with officer.log.db.begin() as tx:
        saved = load(tx, officer.actor.ref, which)
        if saved.owner != officer.actor.ref:
            raise QuestionRefused(Text("만든 사람만 삭제할 수 있습니다.", "Only the one who made it deletes it."))
        tx.execute(delete(audit_query).where(_table.id == saved.id))
        _record(tx, officer, "log.query_deleted", saved)
    return saved


def _check(name: str, question: Mapping[str, str], text: str) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise QuestionRefused(
            Text(f"이름은 1자에서 {LONGEST_NAME}자까지 씁니다.", f"A name has 1 to {LONGEST_NAME} characters.")
        )
    if not question:
        raise QuestionRefused(Text("저장할 조건이 없습니다.", "There is no condition to keep."))
    if len(text) > LONGEST:
        raise QuestionRefused(Text("조건이 너무 깁니다.", "The conditions are too long."))
    if "address" in question:
        raise QuestionRefused(
            Text(
                "접속지 주소는 개인정보이므로 저장하지 않습니다. 주소를 지우고 저장하십시오.",
                "An address is personal and is not kept. Leave it out and type it when you search.",
            )
        )


def _record(tx: Connection, officer: Officer, action: str, saved: Saved) -> None:
    detail: Mapping[str, JSON] = {"query": saved.id, "shared": saved.shared}
    # The name is free text, and what is asked may name people.
    sealed = {"name": saved.name, "question": json.dumps(saved.question, ensure_ascii=False, sort_keys=True)}
    officer.log.append(
        tx, Event(action, officer.actor, LOG, Subjects.none(), officer.source, detail=detail, sealed=sealed)
    )
