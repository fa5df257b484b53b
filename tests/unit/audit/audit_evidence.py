"""Builders of evidence for the tests of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.review.evidence import Evidence, Fact, Place, Volume
from audit.review.policy import ReviewPolicy, Rule, load_review_policy
from audit.review.working_hours import Month

POLICY = load_review_policy()
OCTOBER = POLICY.hours.month(Month(2026, 10))
ALICE, BOB, CAROL, DAVE = (f"p_{letter * 16}" for letter in "abcd")
REQUEST = "er_aaaaaaaaaaaaaaaa"
#: A Wednesday that is no holiday, at ten in the morning in Seoul.
MORNING = datetime(2026, 10, 14, 1, tzinfo=UTC)
NIGHT = MORNING + timedelta(hours=13)


def rule(id: str, policy: ReviewPolicy = POLICY, **changes: Any) -> Rule:
    """Return a rule of the shipped policy with some numbers of a test's own."""
    found = policy.rules[id]
    lists = {name: changes.pop(name) for name in ("actions", "reasons") if name in changes}
    return replace(found, enabled=True, numbers={**found.numbers, **changes}, **lists)


def fact(index: int, action: str, *, minutes: float = 0, at: datetime = MORNING, **rest: Any) -> Fact:
    """Return an entry of the middle of the month; `minutes` moves it."""
    rest.setdefault("actor", ALICE)
    rest.setdefault("object", REQUEST)
    rest.setdefault("project", "study")
    return Fact(index, at + timedelta(minutes=minutes), action, **rest)


def voted(index: int, who: str, choice: str = "approve", **rest: Any) -> Fact:
    """Return a vote."""
    return fact(index, "egress.voted", actor=who, choices=frozenset({choice}), **rest)


def volume(
    count: int, *, at: datetime = MORNING, actor: str = ALICE, action: str = "cell.sent", first: int = 1
) -> Volume:
    """Return what one person did in a quarter of an hour."""
    return Volume(at, actor, action, "ok", count, first, first + count - 1)


def place(index: int, address: str, session: str = "s1") -> Place:
    """Return from where a session acted."""
    return Place(index, MORNING + timedelta(minutes=index), ALICE, session, address)


def evidence(*found: Fact | Volume | Place, until: datetime | None = None) -> Evidence:
    """Return the evidence of October 2026; by default the log reaches far beyond it."""
    return Evidence(
        span=OCTOBER,
        hours=POLICY.hours,
        volumes=tuple(one for one in found if isinstance(one, Volume)),
        facts=tuple(one for one in found if isinstance(one, Fact)),
        places=tuple(one for one in found if isinstance(one, Place)),
        until=OCTOBER.until + timedelta(days=60) if until is None else until,
    )
