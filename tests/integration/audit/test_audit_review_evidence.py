"""The evidence of a review against a naive reading of every entry."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from audit.event import Actor, Event
from audit.review.evidence import BULK, QUARTER_MINUTES, facts, gather, volumes
from audit.review.overview import Counting, count_day
from audit.review.policy import load_review_policy
from audit.review.rules import days_around
from audit.review.working_hours import DAY, Span
from audit.search import Entry, Query, search
from tests.integration.audit.audit_reviews import CLI, Reviewing, reviewing
from tests.integration.audit.audit_world import ALICE, BOB, World, a_request_event, an_event

POLICY = load_review_policy()
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 4


@pytest.fixture
def zone(world: World) -> Reviewing:
    """Four days of random events, around midnight of the zone too."""
    made, chance = reviewing(world), random.Random(7)
    for hour in range(24 * DAYS):
        made.clock.now = BEGIN + timedelta(hours=hour, minutes=chance.randrange(60), seconds=chance.randrange(60))
        made.happen(*(_event(chance) for _ in range(chance.randrange(4))))
    return made


def _event(chance: random.Random) -> Event:
    actor = chance.choice([Actor.person(ALICE, ("researcher",)), Actor.person(BOB, ("checker",)), CLI])
    action = chance.choice(["cell.sent", "gate.refused", "egress.submitted", "egress.approved", "workspace.opened"])
    denied = action == "gate.refused"
    rest = {"outcome": "denied", "reason": "route.download"} if denied else {}
    if action.startswith("egress."):
        return a_request_event(action, actor=actor)
    return an_event(action, actor, **rest)


def every(zone: Reviewing) -> list[Entry]:
    with zone.world.db.read() as tx:
        return search(tx, Query(limit=1000, newest_first=False))


def test_volumes_are_what_counting_every_entry_gives(zone: Reviewing) -> None:
    span = Span(BEGIN + timedelta(hours=5), BEGIN + timedelta(hours=71))
    with zone.world.db.read() as tx:
        found = list(volumes(tx, span, 1000))
    expected: Counter[tuple[datetime, str, str, str]] = Counter()
    for entry in every(zone):
        if entry.ts in span:
            minute = entry.ts.minute // QUARTER_MINUTES * QUARTER_MINUTES
            quarter = entry.ts.replace(minute=minute, second=0, microsecond=0)
            expected[quarter, entry.body["actor"]["ref"], entry.body["action"], entry.body["outcome"]] += 1
    assert {(v.quarter, v.actor, v.action, v.outcome): v.count for v in found} == dict(expected)
    by_index = {entry.index: entry for entry in every(zone)}
    for volume in found:
        for index in (volume.first, volume.last):
            assert by_index[index].body["actor"]["ref"] == volume.actor
            assert by_index[index].body["action"] == volume.action


def test_facts_are_every_entry_but_the_bulk_and_pages_of_time_add_up_to_the_whole(zone: Reviewing) -> None:
    span = Span(BEGIN, BEGIN + DAYS * DAY)
    parts = [Span(BEGIN + n * DAY / 3, BEGIN + (n + 1) * DAY / 3) for n in range(3 * DAYS)]
    with zone.world.db.read() as tx:
        whole = list(facts(tx, span, 1000))
        paged = [fact for part in parts for fact in facts(tx, part, 1000)]
    assert sorted(paged, key=lambda f: f.index) == sorted(whole, key=lambda f: f.index)  # type: ignore[union-attr]
    expected = {e.index for e in every(zone) if e.body["outcome"] == "denied" or e.body["action"] not in BULK}
    assert {fact if isinstance(fact, int) else fact.index for fact in whole} == expected


def test_what_came_after_a_size_of_the_log_is_not_seen(zone: Reviewing) -> None:
    span = Span(BEGIN, BEGIN + DAYS * DAY)
    with zone.world.db.read() as tx:
        small = gather(tx, span, days_around(POLICY), POLICY.hours, 40)
    assert sum(v.count for v in small.volumes) == 40
    assert max(fact.index for fact in small.facts) < 40
    assert small.until == every(zone)[39].ts


def test_the_days_of_a_dashboard_add_up_to_the_entries_and_are_counted_once(zone: Reviewing) -> None:
    counting = Counting(zone.world.db, POLICY.hours)
    first, last = BEGIN.date(), (BEGIN + DAYS * DAY).date()
    now = BEGIN + (DAYS + 2) * DAY
    overview = counting.overview(first, last, now)
    assert overview.entries == len(every(zone))
    people = Counter(e.body["actor"]["ref"] for e in every(zone) if e.body["actor"]["kind"] == "person")
    assert {who: whole for who, (whole, _) in overview.people().items()} == dict(people)
    assert sum(overview.heat().values()) == sum(people.values())
    denied = sum(e.body["outcome"] == "denied" for e in every(zone))
    assert overview.refusals() == ({("gate.refused", "route.download"): denied} if denied else {})
    late = sum(POLICY.hours.outside(e.ts.replace(minute=0)) for e in every(zone) if e.body["actor"]["kind"] == "person")
    assert sum(n for _, n in overview.people().values()) == late
    zone.world.tamper("DELETE FROM audit_link", "DELETE FROM audit_entry")
    assert counting.overview(first, last, now) == overview
    with zone.world.db.read() as tx:
        assert count_day(tx, first, POLICY.hours).actions == {}


def test_a_day_that_is_not_over_is_counted_again(zone: Reviewing) -> None:
    counting = Counting(zone.world.db, POLICY.hours)
    day = POLICY.hours.local(BEGIN + DAYS * DAY).date()
    zone.clock.now = BEGIN + DAYS * DAY
    before = counting.overview(day, day, zone.clock.now).entries
    zone.happen(an_event())
    assert counting.overview(day, day, zone.clock.now).entries == before + 1


def test_a_decision_is_timed_from_the_last_hand_in(usual_world: World) -> None:
    zone = reviewing(usual_world)
    for action, minutes in (
        ("egress.submitted", 0),
        ("egress.returned", 30),
        ("egress.resubmitted", 600),
        ("egress.approved", 45),
        ("egress.released", 5),
    ):
        zone.clock.pass_(minutes=minutes)
        zone.happen(a_request_event(action))
    day = POLICY.hours.local(zone.clock.now).date()
    overview = Counting(zone.world.db, POLICY.hours).overview(day - DAY, day, zone.clock.now)
    assert overview.decision_times() == [timedelta(minutes=30), timedelta(minutes=45)]
    assert overview.funnel() == {
        "egress.submitted": 1,
        "egress.approved": 1,
        "egress.rejected": 0,
        "egress.returned": 1,
        "egress.released": 1,
    }
