"""The use cases of the monthly review: make a report, record findings, sign it, say what is overdue.

desk = ReviewDesk(db, log, load_review_policy(home))
review = desk.make(Month.parse("2026-10"), by=actor, source=source)        # MADE
desk.note(review, "downloads", "no_concern", "", officer=actor, source=source)
desk.sign(review, "2026-10", officer=actor, source=source)                 # SIGNED
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection

from audit.body import timestamp
from audit.canonical import JSON, encode
from audit.checkpoint import unverified_checkpoint
from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog, utc_now
from audit.review import due, store
from audit.review.errors import ReviewAltered, ReviewRefused
from audit.review.policy import ReviewPolicy
from audit.review.report import Head, Report, month_report
from audit.review.store import Judgement, Review, Verdict
from audit.review.workflow import Party, State, move_for
from audit.review.working_hours import Month
from audit.text import Text

MAX_NOTE = 4_000  # characters
OPEN = (State.DRAFT, State.MADE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A review with everything that belongs to it."""

    review: Review
    report: Report
    judgements: Mapping[str, Judgement]

    @property
    def missing(self) -> tuple[str, ...]:
        """The items that still need a finding."""
        return tuple(item for item in self.report.to_be_judged if item not in self.judgements)


class ReviewDesk:
    """Reviews of one log under one policy; every step is one transaction with its event."""

    def __init__(
        self, db: Database, log: AuditLog, policy: ReviewPolicy, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._db = db
        self._log = log
        self.policy = policy
        self._clock = clock

    def make(self, month: Month | None = None, *, by: Actor, source: Source) -> Review:
        """Make the report of a month, of the last whole one without it, at a checkpoint signed now.

        A report that says nothing new is not made again.
        Raises: ReviewRefused — for a month that has not begun. AuditError — if no checkpoint can be signed.
        """
        now = self._clock()
        wanted = month or due.this_month(self.policy, now).previous()
        span = self.policy.hours.month(wanted)
        if span.since > now:
            raise ReviewRefused(Text(f"{wanted}은 아직 시작하지 않았습니다.", f"{wanted} has not begun."))
        state = State.MADE if span.until <= now else State.DRAFT
        move = move_for(None, state, "review.made")
        self._log.settle()  # what is durable by now belongs into the report
        head = unverified_checkpoint(self._log.checkpoint())
        with self._db.read() as tx:
            report = month_report(tx, wanted, Head(head.origin, head.size, head.root), self.policy)
        with self._db.begin() as tx:
            earlier = store.reviews(tx, wanted)
            if earlier and earlier[0].state is state and _says_the_same(store.report_of(tx, earlier[0]), report):
                return earlier[0]
            version = earlier[0].version + 1 if earlier else 1
            event = _event(move.event, by, source, f"review.{wanted}.{version}", self.policy, _about(report, wanted))
            at = timestamp(now)
            review = Review(wanted, version, report.sha256, head.size, self.policy.digest, at, by.ref, event.id, state)
            self._log.append(tx, event)
            store.insert_review(tx, review, report)
            store.insert_move(tx, review, state, at=at, by=by.ref, event_id=event.id)
            for old in earlier:
                if old.state in OPEN:
                    move_for(old.state, State.SUPERSEDED, move.event)
                    store.insert_move(tx, old, State.SUPERSEDED, at=at, by=by.ref, event_id=event.id)
        self._log.settle()
        return review

    def reviews(self, month: Month | None = None) -> list[Review]:
        """Return the reviews, the latest first."""
        with self._db.read() as tx:
            return store.reviews(tx, month)

    def open(self, month: Month, version: int | None = None) -> Opened:
        """Return a review with its report and findings, the latest of its month without a version.

        Raises: ReviewMissing. ReviewAltered — if the kept report is not the one that was made.
        """
        with self._db.read() as tx:
            review = store.load(tx, month, version)
            return Opened(review, store.report_of(tx, review), store.judgements(tx, review))

    def note(
        self, review: Review, item: str, verdict: Verdict, text: str, *, officer: Actor, source: Source
    ) -> Judgement:
        """Record what an officer found about an item; the note itself is sealed.

        Raises: ReviewRefused — if the review is not open to them, or the finding is incomplete.
        """
        with self._db.begin() as tx:
            current = store.load(tx, review.month, review.version)
            move = move_for(current.state, State.MADE, "review.noted")
            _check_party(move.by, officer)
            report = store.report_of(tx, current)
            _check_finding(report, item, verdict, text)
            detail: dict[str, JSON] = {"item": item, "verdict": verdict, "report": report.sha256}
            sealed = {"note": text.strip()} if text.strip() else {}
            event = _event(move.event, officer, source, current.ref, self.policy, detail, sealed)
            self._log.append(tx, event)
            judgement = Judgement(item, verdict, timestamp(self._clock()), officer.ref, event.id)
            store.insert_judgement(tx, current, judgement)
        self._log.settle()
        return judgement

    def sign(self, review: Review, typed: str, *, officer: Actor, source: Source) -> Review:
        """Sign a review off: from now on its report and its findings stand as they are.

        The report is made again from the log first, so that nobody signs anything but what the log says.
        Raises: ReviewRefused — if an item has no finding, the month was not typed, or the policy has changed.
        ReviewAltered — if the log gives another report, or the log names another one.
        """
        with self._db.read() as tx:
            current = store.load(tx, review.month, review.version)
            move = move_for(current.state, State.SIGNED, "review.signed")
            _check_party(move.by, officer)
            opened = Opened(current, store.report_of(tx, current), store.judgements(tx, current))
            self._check_signable(opened, typed)
            self._check_again(tx, opened)
        with self._db.begin() as tx:
            move_for(store.load(tx, review.month, review.version).state, State.SIGNED, move.event)
            judged = store.judgements(tx, current)
            detail = {**_about(opened.report, current.month), **_digest(judged)}
            event = _event(move.event, officer, source, current.ref, self.policy, detail)
            self._log.append(tx, event)
            step = {"at": timestamp(self._clock()), "by": officer.ref, "event_id": event.id}
            store.insert_move(tx, current, State.SIGNED, **step)
            for old in store.reviews(tx, current.month):
                if old.version != current.version and old.state is State.SIGNED:
                    move_for(old.state, State.SUPERSEDED, move.event)
                    store.insert_move(tx, old, State.SUPERSEDED, **step)
            signed = store.load(tx, current.month, current.version)
        self._log.settle()
        return signed

    def standing(self) -> due.Standing:
        """Return which months are overdue, and which is due next."""
        with self._db.read() as tx:
            return due.standing(tx, self.policy, self._clock())

    def announce_overdue(self) -> tuple[Month, ...]:
        """Record each overdue review once, and return the overdue months."""
        overdue = self.standing().overdue
        for month in overdue:
            event = due.overdue_event(month, self.policy, self._log.origin)
            with self._db.read() as tx:
                known = due.announced(tx, month)
            if not known:
                self._log.record(event)
        return overdue

    def _check_signable(self, opened: Opened, typed: str) -> None:
        if typed.strip() != str(opened.review.month):
            month = opened.review.month
            raise ReviewRefused(
                Text(f"확인을 위해 {month}을(를) 그대로 입력하십시오.", f"Type {month} to confirm that you sign it.")
            )
        if opened.missing:
            count = len(opened.missing)
            raise ReviewRefused(Text(f"의견이 없는 항목이 {count}개 있습니다.", f"{count} items have no finding yet."))
        if opened.review.policy != self.policy.digest:
            raise ReviewRefused(
                Text(
                    "점검 기준이 바뀌었습니다. 보고서를 다시 만드십시오.",
                    "The review policy has changed since; make the report again.",
                )
            )

    def _check_again(self, tx: Connection, opened: Opened) -> None:
        """Hold the report against the log: against what was recorded of it, and against what the log says today."""
        review = opened.review
        if store.recorded_report(tx, review) != review.sha256:
            raise ReviewAltered(
                Text("감사 기록에 남은 보고서와 다릅니다.", "The log names another report than the one kept.")
            )
        head = Head(self._log.origin, review.size, self._log.root(tx, review.size))
        if month_report(tx, review.month, head, self.policy).sha256 != review.sha256:
            raise ReviewAltered(
                Text(
                    "감사 기록에서 다시 만든 보고서가 보관된 보고서와 다릅니다.",
                    "The report made again from the log is not the one that is kept.",
                )
            )


def _check_party(party: Party, actor: Actor) -> None:
    if party is Party.OFFICER and (actor.kind != "person" or party.value not in actor.roles):
        raise ReviewRefused(Text("준법감시 담당자만 할 수 있습니다.", "Only a compliance officer may do this."))


def _check_finding(report: Report, item: str, verdict: str, text: str) -> None:
    if item not in report.to_be_judged:
        raise ReviewRefused(Text("이 보고서에 없는 항목입니다.", "The report has no such item to judge."))
    if verdict not in get_args(Verdict):
        raise ReviewRefused(Text("알 수 없는 의견입니다.", "There is no such finding."))
    if verdict != "no_concern" and not text.strip():
        raise ReviewRefused(
            Text("무엇을 확인할지, 무엇을 했는지 적으십시오.", "Say what is to be followed up, or what was done.")
        )
    if len(text) > MAX_NOTE:
        raise ReviewRefused(Text(f"의견은 {MAX_NOTE}자까지입니다.", f"A note has at most {MAX_NOTE} characters."))


def _says_the_same(one: Report, other: Report) -> bool:
    """Say whether two reports differ in nothing but the size of the log."""
    return {**one.content, "log": None} == {**other.content, "log": None}


def _about(report: Report, month: Month) -> dict[str, JSON]:
    return {"month": str(month), "report": report.sha256, "size": report.content["log"]["size"]}


def _digest(judged: Mapping[str, Judgement]) -> dict[str, JSON]:
    """Return what a signature covers of the findings: a hash over them all, and how many are open."""
    rows: list[JSON] = [[one.item, one.verdict, one.event_id] for _, one in sorted(judged.items())]
    verdicts = [one.verdict for one in judged.values()]
    counts: dict[str, JSON] = {name: verdicts.count(name) for name in ("follow_up", "incident")}
    return {"findings": hashlib.sha256(encode(rows)).hexdigest(), **counts}


def _event(
    action: str,
    actor: Actor,
    source: Source,
    ref: str,
    policy: ReviewPolicy,
    detail: Mapping[str, JSON],
    sealed: Mapping[str, str] | None = None,
) -> Event:
    return Event(
        action,
        actor,
        Object("log", ref),
        Subjects.none(),
        source,
        policy=policy.digest,
        detail=detail,
        sealed=sealed or {},
    )
