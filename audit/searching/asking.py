"""The officer at the record: every reading and every copy is an entry itself, written before anything is shown.

The entry says what kind of reading it was and how much was found. What exactly was asked may name people, so it is
sealed; so is the reason that a copy needs (safety standards for personal data, art. 8(2)).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from audit.body import timestamp
from audit.canonical import JSON
from audit.digests import ADDRESS, under_every_key
from audit.errors import QuestionRefused
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.search import Page, entry, look
from audit.searching.answers import Answer, Ask, answer
from audit.searching.counting import Counts, count
from audit.searching.plan import Budget
from audit.searching.query import Entry, Query
from audit.text import Text

LOG = Object("log", "audit")
LONGEST_REASON = 2_000
SHORTEST_REASON = 5

Reading = Literal["timeline", "entry", "answer", "processing"]


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who reads the record, and from where."""

    log: AuditLog
    actor: Actor
    source: Source

    def find(self, query: Query, question: Mapping[str, object] | None = None, *, counted: bool = False) -> Found:
        """Return a page of what a query finds; `question` is what was asked as it was typed.

        Raises: QuestionRefused — as `audit.search.search`.
        """
        with self.log.db.read() as tx:
            page = look(tx, query, addresses=self.addresses)
            # A text is looked for body by body: to count what it finds would be to look twice.
            counts = count(tx, query, addresses=self.addresses) if counted and not query.text else None
        self._record("log.searched", {"found": len(page.entries)}, question or asked(query))
        return Found(page, counts)

    def follow(self, kind: str, ref: str, *, after: int | None = None, limit: int, newest_first: bool = False) -> Page:
        """Return a page of the timeline of a thing."""
        query = replace(Query(after=after, limit=limit, newest_first=newest_first), **{kind: ref})  # type: ignore[arg-type]
        with self.log.db.read() as tx:
            page = look(tx, query, budget=Budget())
        self._viewed("timeline", len(page.entries), {"timeline": kind, "of": ref})
        return page

    def open(self, index: int) -> Entry:
        """Return one entry, without its sealed values.

        Raises: NotInLog — if there is none.
        """
        with self.log.db.read() as tx:
            one = entry(tx, index)
        self._viewed("entry", 1, {"entry": str(index)})
        return one

    def answer(self, ask: Ask, kind: str, ref: str, *, after: int | None = None, limit: int = 200) -> Answer:
        """Return the answer to one of the three questions.

        Raises: QuestionRefused — for a kind of thing that this cannot be asked of.
        """
        with self.log.db.read() as tx:
            found = answer(tx, ask, kind, ref, after=after, limit=limit)
        self._viewed("answer", len(found.seen) + len(found.entries), {"answer": ask, "kind": kind, "of": ref})
        return found

    def unsealed(self, index: int) -> None:
        """Record that the sealed values of an entry are about to be shown; those whose values they are can see it.

        Raises: NotInLog — if there is no such entry.
        """
        with self.log.db.read() as tx:
            body = entry(tx, index).body
        people = {ref for kind, ref in _people(body) if kind == "person"}
        subjects = Subjects.person(*people) if people else Subjects.none()
        detail: Mapping[str, JSON] = {"entry": index, "fields": sorted(body.get("c", {}))}
        self.log.record(Event("log.unsealed", self.actor, LOG, subjects, self.source, detail=detail))

    def read(self, kind: Reading, found: int, question: Mapping[str, object]) -> None:
        """Record that something else than single entries is about to be shown, and how much of it."""
        self._viewed(kind, found, question)

    def downloaded(self, reason: str, question: Mapping[str, object], form: str, rows: int) -> str:
        """Record that a copy is about to be handed over; return the reason as it was recorded.

        Raises: ReasonNeeded — without a reason that says something.
        """
        said = check_reason(reason)
        self._record("log.downloaded", {"form": form, "rows": rows}, question, reason=said)
        return said

    def addresses(self, tx: Any, address: str) -> list[tuple[str, bytes]]:
        """Return what stands for a network address in the index: key and digest of each subject who used it."""
        return under_every_key(tx, self.log.subject_keys, ADDRESS, address)

    def _viewed(self, kind: Reading, found: int, question: Mapping[str, object]) -> None:
        self._record("log.viewed", {"kind": kind, "found": found}, question)

    def _record(
        self,
        action: str,
        detail: Mapping[str, JSON],
        question: Mapping[str, object],
        *,
        outcome: Outcome = "ok",
        **sealed: str,
    ) -> None:
        asked_for = json.dumps(question, ensure_ascii=False, sort_keys=True)
        self.log.record(
            Event(
                action,
                self.actor,
                LOG,
                Subjects.none(),
                self.source,
                outcome,
                detail=detail,
                sealed={"question": asked_for, **sealed},
            )
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, and how all of it is spread."""

    page: Page
    counts: Counts | None


class ReasonNeeded(QuestionRefused):
    """It takes a reason, and what was given says nothing or far too much."""

    summary = Text("사유가 필요합니다.", "A reason is needed.")
    hint = Text(
        "나중에 기록을 읽는 사람이 알 수 있도록, 무엇을 위한 것인지 한 문장으로 적으십시오.",
        "Write one sentence from which whoever reads the record later understands what it was for.",
    )


_COPY = Text(
    "내려받는 사유를 {least}자 이상 적으십시오. 사유는 기록에 남습니다.",
    "Say in at least {least} characters why you take a copy; the reason is recorded.",
)


def check_reason(reason: str, needed: Text = _COPY) -> str:
    """Return the reason for a copy, or for another act of which `needed` says that it takes one of `{least}` letters.

    Raises: ReasonNeeded — if it is missing, says nothing, or is too long.
    """
    said = " ".join(reason.split())
    if len(said) < SHORTEST_REASON:
        raise ReasonNeeded(needed.format(least=SHORTEST_REASON))
    if len(said) > LONGEST_REASON:
        raise ReasonNeeded(Text("사유가 너무 깁니다.", "The reason is too long."))
    return said


def asked(query: Query) -> dict[str, str]:
    """Return the conditions of a query as texts, for the record and for keeping."""
    found: dict[str, str] = {}
    for name in Query.__dataclass_fields__:
        value = getattr(query, name)
        if value in (None, ()) or name in ("limit", "newest_first", "after"):
            continue
        if name in ("since", "until"):
            found[name] = timestamp(value)
        else:
            found[name] = " ".join(value) if isinstance(value, tuple) else str(value)
    return found


def _people(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return whose values an entry may seal: the actor's, and those of the person it is about."""
    return {(body["actor"]["kind"], body["actor"]["ref"]), (body["object"]["kind"], body["object"]["ref"])}
