"""Checkers are reminded on the last day and after it, once each, and learn nothing of the votes of others by it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from audit.event import Actor, Source
from egress_review import tables
from egress_review.model import Choice
from egress_review.policy import load_policy
from tests.integration.egress_review.egress_house import Zone

HOURS = timedelta(hours=1)


def reminded(zone: Zone, kind: str) -> set[str]:
    """Who was reminded: user names."""
    names = {person.ref: name for name, person in zone.checkers.items()} | {zone.author.ref: "author"}
    with zone.house.db.read() as tx:
        rows = tx.execute(select(tables.mail.c.person_ref).where(tables.mail.c.kind == kind)).scalars().all()
    assert len(rows) == len(set(rows))
    return {names[ref] for ref in rows}


def test_whoever_can_still_vote_is_reminded_when_it_is_due_and_overdue(zone: Zone) -> None:
    request = zone.in_review()
    due = zone.desk.view(zone.checkers["hana"], request.ref).due_at
    assert due is not None
    zone.vote("hana", request)
    zone.desk.remind()
    assert reminded(zone, "due") == set()
    zone.house.clock.now = due - HOURS
    zone.desk.remind()
    zone.desk.remind()
    # Not who voted, not who is or was in the project, not the author.
    assert reminded(zone, "due") == {"duri", "senior"}
    assert "egress.overdue" not in zone.actions(request.ref)
    zone.house.clock.now = due
    zone.desk.remind()
    zone.desk.remind()
    assert reminded(zone, "overdue") == {"duri", "senior"}
    assert zone.actions(request.ref).count("egress.overdue") == 1
    messages = zone.house.registry.messages(zone.checkers["duri"].ref)
    assert [message.code for message in messages][:2] == ["egress_overdue", "egress_due"]
    assert all(request.title not in message.content.en for message in messages)


def test_where_reviewers_disagree_those_who_voted_are_reminded_too(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    zone.vote("duri", request, Choice.CHANGES)
    assert reminded(zone, "to_settle") == {"hana", "duri"}
    zone.house.clock.pass_by(days=20)
    zone.desk.remind()
    assert reminded(zone, "overdue") == {"hana", "duri", "senior"}


def test_nobody_is_reminded_of_what_is_decided_or_has_no_deadline(zone: Zone) -> None:
    zone.approved()
    zone.in_review("year,n\n2020,500\n", title="Second")
    zone.desk.policy = load_policy("kr-default")
    object.__setattr__(zone.desk.policy, "review_days", 0)
    zone.house.clock.pass_by(days=30)
    zone.desk.remind()
    assert reminded(zone, "overdue") == set()


def test_a_project_may_be_given_less_time(zone: Zone) -> None:
    request = zone.in_review()
    later = zone.desk.view(zone.checkers["hana"], request.ref).due_at
    uk = load_policy("uk-sdap")
    zone.desk.assign_policy("project", "gibleed", uk, by=Actor.service("cli"), source=Source(None))
    sooner = zone.desk.view(zone.checkers["hana"], request.ref).due_at
    assert later is not None
    assert sooner is not None
    assert sooner < later
