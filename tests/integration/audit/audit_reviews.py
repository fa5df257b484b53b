"""A log with a month of history, for tests of reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.review.policy import ReviewPolicy, load_review_policy
from audit.review.service import Opened, ReviewDesk
from audit.review.store import Review
from audit.review.working_hours import Month
from tests.integration.audit.audit_world import ALICE, BOB, ORIGIN, World, a_request_event, an_event

OCTOBER = Month(2026, 10)
HERE = Source("192.0.2.9")
CLI = Actor.service("cli")
OFFICER = Actor.person("p_oooooooooooooooo", ("compliance_officer",), "s9")
CHECKER = Actor.person(BOB, ("checker",), "s2")


class Clock:
    """The time of a test, which it sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 14, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Reviewing:
    """A log, its clock and its desk for reviews."""

    world: World
    log: AuditLog
    clock: Clock
    desk: ReviewDesk

    def month(self) -> None:
        """Let an ordinary October happen: work, a release, a refusal, late hours; the clock is then in November."""
        votes = {"round": 1, "votes": {"f" * 64: "approve"}}
        self.happen(
            *(an_event(detail={"n": n}) for n in range(5)),
            an_event("gate.refused", outcome="denied", reason="route.download"),
            a_request_event("egress.submitted"),
            a_request_event("egress.viewed", actor=CHECKER, detail={"round": 1}),
        )
        self.clock.pass_(minutes=4)
        self.happen(
            a_request_event("egress.voted", actor=CHECKER, detail=votes),
            a_request_event("egress.approved", actor=CHECKER, detail={"round": 1}),
            a_request_event("egress.released", actor=Actor.service("worker"), detail={"round": 1}),
            a_request_event("egress.collected", detail={"round": 1}),
        )
        self.clock.now = datetime(2026, 10, 20, 14, tzinfo=UTC)
        late = (an_event(detail={"late": n}) for n in range(30))
        self.happen(*late, self.copy_of_the_log(("compliance_officer",)))
        self.clock.now = datetime(2026, 11, 3, 1, tzinfo=UTC)

    def happen(self, *events: Event) -> None:
        """Record events at one moment."""
        self.log.record_all([(event, "portal") for event in events])
        self.log.settle()

    def copy_of_the_log(self, roles: tuple[str, ...]) -> Event:
        actor = Actor.person(OFFICER.ref, roles)
        why = {"reason": "Inspection by the ministry"}
        return Event("log.exported", actor, Object("log", "audit"), Subjects.none(), HERE, sealed=why)

    def made(self) -> Review:
        return self.desk.make(OCTOBER, by=CLI, source=HERE)

    def judged(self) -> Opened:
        """Return the report of October with a finding for every item."""
        review = self.made()
        for item in self.desk.open(OCTOBER).missing:
            self.desk.note(review, item, "no_concern", "", officer=OFFICER, source=HERE)
        return self.desk.open(OCTOBER)

    def signed(self) -> Review:
        return self.desk.sign(self.judged().review, "2026-10", officer=OFFICER, source=HERE)


def reviewing(world: World, policy: ReviewPolicy | None = None) -> Reviewing:
    """Return a desk over a log whose clock the test sets."""
    clock = Clock()
    log = AuditLog(world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=clock)
    desk = ReviewDesk(world.db, log, policy or load_review_policy(), clock=clock)
    return Reviewing(world, log, clock, desk)


__all__ = ["ALICE", "BOB", "CHECKER", "CLI", "HERE", "OCTOBER", "OFFICER", "Clock", "Reviewing", "reviewing"]
