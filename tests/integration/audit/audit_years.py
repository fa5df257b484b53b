"""A log whose time tests move, and the two people who decide what cannot be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.retention.policy import RetentionPolicy
from tests.integration.audit.audit_world import ALICE, ORIGIN, World, an_event

BEGAN = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
POLICY = RetentionPolicy.load()
OPERATOR = Actor.person("p_taeyangtaeyangta", ("operator",))
OFFICER = Actor.person("p_jiwoojiwoojiwooj", ("compliance_officer",))
HERE = Source(None)


@dataclass(slots=True)
class Clock:
    """The time, as the test says."""

    now: datetime = BEGAN

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def pass_by(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now

    def years(self, count: int) -> datetime:
        self.now = self.now.replace(year=self.now.year + count)
        return self.now


def log_with(world: World, clock: Clock) -> AuditLog:
    """The log of a world, with another clock."""
    return AuditLog(world.db, world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log", clock=clock)


def fill(log: AuditLog, count: int, action: str = "cell.sent", person: str = ALICE) -> None:
    """Record so many events of one action of a person, each from an address of its own."""
    actor = Actor.person(person, ("researcher",))
    events = [
        (an_event(action, actor, source=Source(f"203.0.113.{n % 250}"), detail={"n": n}), "portal")
        for n in range(count)
    ]
    log.record_all(events)
    log.settle()


def invited(log: AuditLog, person: str, name: str, email: str) -> int:
    """Record that somebody was invited: the event that seals a name."""
    about = Object("person", person)
    sealed = {"name": name, "email": email}
    return log.record(Event("person.invited", OPERATOR, about, Subjects.person(person), HERE, sealed=sealed))
