"""Remarks are read by whom they are meant for, when they are meant to be read, and stay for ever."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from egress_review import tables
from egress_review.errors import Conflict, Denied, Invalid
from egress_review.model import Choice, Request, Visibility
from registry.model import Person, Role
from tests.integration.egress_review.egress_house import HERE, Zone


def said(zone: Zone, who: Person, ref: str) -> list[str]:
    return [message.text for message in zone.desk.view(who, ref).messages]


def test_who_reads_a_remark_depends_on_whom_it_is_for_and_on_the_turn(zone: Zone) -> None:
    request, hana, duri = zone.in_review(), zone.checkers["hana"], zone.checkers["duri"]
    desk, ref = zone.desk, request.ref
    desk.comment(hana, ref, "between us", source=HERE)
    desk.comment(hana, ref, "for you too", visibility=Visibility.ALL, file="table.csv", source=HERE)
    desk.comment(zone.author, ref, "an answer", source=HERE)
    assert said(zone, hana, ref) == ["between us", "for you too", "an answer"]
    # Blind: neither what another checker said, nor that they said anything.
    assert said(zone, duri, ref) == ["an answer"]
    assert said(zone, zone.author, ref) == ["an answer"]
    zone.vote("duri", request)
    assert said(zone, duri, ref) == ["between us", "for you too", "an answer"]
    assert said(zone, zone.author, ref) == ["an answer"]
    desk.return_to_author(hana, ref, "please round it", source=HERE)
    assert said(zone, zone.author, ref) == ["for you too", "an answer", "please round it"]
    assert {message.by_ref for message in desk.view(zone.author, ref).messages} == {None, zone.author.ref}
    assert [m.file for m in desk.view(zone.author, ref).messages] == ["table.csv", "", ""]
    desk.comment(zone.author, ref, "rounded now", source=HERE)
    again = desk.scan(desk.resubmit(zone.author, ref, zone.draft(title="Again"), source=HERE).ref)
    assert again.round == 2
    assert said(zone, zone.checkers["senior"], ref)[0] == "between us", "what was said in an earlier round is no secret"
    officer = zone.house.join("officer", Role.COMPLIANCE_OFFICER).person
    assert len(said(zone, officer, ref)) == 5


def test_a_remark_needs_a_place_a_text_a_turn_and_somebody_who_may(zone: Zone) -> None:
    request = zone.in_review()
    comment: Callable[..., Any] = zone.desk.comment
    for options in ({"file": "other.csv"}, {"group": "g"}):
        with pytest.raises(Invalid):
            comment(zone.author, request.ref, "text", source=HERE, **options)
    with pytest.raises(Invalid):
        comment(zone.author, request.ref, "  ", source=HERE)
    for outsider in (zone.checkers["member"], zone.house.join("officer", Role.COMPLIANCE_OFFICER).person):
        with pytest.raises(Denied):
            comment(outsider, request.ref, "text", source=HERE)
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    with pytest.raises(Conflict):
        comment(zone.author, request.ref, "too late", source=HERE)


def test_a_remark_cannot_be_changed_or_removed_and_its_text_is_sealed(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.comment(zone.author, request.ref, "what I meant", source=HERE)
    row = tables.message
    for statement in (update(row).values(text="other"), delete(row)):
        with pytest.raises(DatabaseError), zone.house.db.begin() as tx:
            tx.execute(statement)
    [entry] = [body for body in zone.house.entries() if body["action"] == "egress.commented"]
    assert "what I meant" not in json.dumps(entry)


def readable(zone: Zone, person: Person, ref: str) -> str:
    """Every byte that somebody can read of a request and around it: views, lists, queue, messages, the log."""
    desk, house = zone.desk, zone.house
    parts: dict[str, object] = {
        "view": desk.view(person, ref),
        "mine": desk.requests_of(person),
        "waiting": desk.waiting(person),
        "told": [dataclasses.astuple(message) for message in house.registry.messages(person.ref)],
        "shown": desk.shown_to(person, ref) if hasattr(desk, "shown_to") else None,
    }
    own = [body for body in house.entries() if body["actor"]["ref"] == person.ref]
    return "\n".join(f"{key}: {value!r}" for key, value in parts.items()) + f"\nown entries: {own!r}"


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_neither_another_checker_nor_the_author_can_tell_that_a_vote_was_cast(zone: Zone, choice: Choice) -> None:
    request, second = zone.in_review(), zone.in_review("year,n\n2020,500\n", title="Second")
    readers = (zone.checkers["duri"], zone.checkers["senior"], zone.author)
    before = [readable(zone, person, request.ref) for person in readers]
    zone.house.clock.pass_by(minutes=3)
    zone.vote("hana", request, choice)
    zone.desk.comment(zone.checkers["hana"], request.ref, "between us", source=HERE)
    zone.desk.comment(zone.checkers["hana"], request.ref, "for later", visibility=Visibility.ALL, source=HERE)
    after = [readable(zone, person, request.ref) for person in readers]
    assert after == before
    # The machine's own rounds do not give it away either.
    for ref in zone.desk.pending():
        zone.desk.act(ref)
    zone.desk.tidy()
    assert [readable(zone, person, request.ref) for person in readers] == before
    assert zone.desk.view(zone.checkers["hana"], second.ref).request.state.value == "in_review"


def test_the_page_of_a_request_says_nothing_of_how_often_it_changed(zone: Zone) -> None:
    request: Request = zone.in_review()
    zone.vote("hana", request)
    seen = zone.desk.view(zone.checkers["duri"], request.ref).request
    assert (seen.version, seen.changed_at) == (0, request.changed_at)
