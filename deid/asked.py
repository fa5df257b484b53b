"""What was asked and what was answered, read from the audit log: the log is the only place where it stands.

No table says that somebody agreed, so none can be changed to say so. Every entry that a decision rests on is held
against its hash and against the signed head of the log before it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.errors import LogInconsistent
from audit.log import AuditLog
from audit.search import Entry, Query, search
from audit.text import Text
from deid.errors import Refused

MAX_ASKED = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with everything that was said to it, oldest first."""

    entry: Entry
    answers: tuple[Entry, ...]

    @property
    def detail(self) -> dict[str, Any]:
        """Return the facts of the question."""
        return dict(self.entry.body["detail"])

    @property
    def by(self) -> str:
        """Return who asked."""
        return str(self.entry.body["actor"]["ref"])

    @property
    def at(self) -> datetime:
        """Return when it was asked."""
        return self.entry.ts

    def answered(self, action: str, outcome: str = "ok") -> tuple[Entry, ...]:
        """Return the answers of one kind."""
        return tuple(e for e in self.answers if e.body["action"] == action and e.body["outcome"] == outcome)


def all_asked(log: AuditLog, action: str) -> list[Asked]:
    """Return every question of one kind with its answers, the newest first; unproven, for screens and lists."""
    log.settle()
    with log.db.read() as tx:
        questions = search(tx, Query(action=action, outcome="ok", limit=MAX_ASKED))
        return [Asked(q, tuple(_answers(search(tx, _about(q)), q))) for q in questions]


def asked(log: AuditLog, action: str, ref: str) -> Asked:
    """Return one question with its answers, all proven.

    Raises: Refused — if there is none of this reference, or the record of it was changed.
    """
    for one in all_asked(log, action):
        if one.detail.get("request") == ref:
            for entry in (one.entry, *one.answers):
                _prove(log, entry)
            return one
    raise Refused("unknown_request", Text(f"{ref}: 그런 요청이 없습니다.", f"There is no request {ref}."))


def _about(question: Entry) -> Query:
    return Query(correlation=question.id, newest_first=False, limit=MAX_ASKED)


def _answers(found: list[Entry], question: Entry) -> list[Entry]:
    return [e for e in found if e.index > question.index and e.body.get("intent_id") == question.id]


def _prove(log: AuditLog, entry: Entry) -> None:
    """Hold an entry against its hash and the signed head of the log.

    Raises: Refused — if it is not what was recorded.
    """
    try:
        if entry.intact:
            log.receipt(entry.index)
            return
    except LogInconsistent:
        pass
    raise Refused(
        "record_changed",
        Text(
            "감사 기록이 바뀐 흔적이 있어 따를 수 없습니다. `ansim audit verify`로 확인하십시오.",
            "The audit log was tampered with, so nothing follows from it; run `ansim audit verify`.",
        ),
    )
