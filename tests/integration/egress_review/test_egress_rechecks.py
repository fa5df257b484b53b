"""Releases are drawn by nobody's choice, and looked at again by somebody who had no part in them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.outward.meanings import MEANINGS
from egress_review.errors import Conflict, Denied, Invalid, NotFound
from egress_review.rechecking import DRAWN_WITHIN, Upheld, drawn
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, Zone
from tests.integration.egress_review.watch_house import KEY, watch_in


def released(zone: Zone, percent: int = 100) -> str:
    """A release in a zone that draws such a share."""
    zone.options["watch"] = watch_in(zone.home)
    zone.options["policy"] = replace(zone.options["policy"], recheck_percent=percent)
    zone.desk = zone.reopened()
    request = zone.in_review()
    zone.vote("hana", request)
    zone.vote("senior", request)
    return zone.desk.release(request.ref).ref


def test_a_release_is_drawn_once_and_answered_once(each_zone: Zone) -> None:
    zone = each_zone
    ref = released(zone)
    assert zone.desk.draw_rechecks() == [ref]
    assert zone.desk.draw_rechecks() == []
    duri = zone.checkers["duri"]
    [waiting] = zone.desk.rechecks(duri)
    assert (waiting.request.ref, waiting.agrees) == (ref, None)
    answer = zone.desk.recheck(duri, ref, True, "", source=HERE)
    assert (answer.agrees, answer.checker_ref) == (True, duri.ref)
    with pytest.raises(Conflict):
        zone.desk.recheck(duri, ref, False, "it names a clinic", source=HERE)
    assert zone.actions(ref)[-2:] == ["egress.recheck_drawn", "egress.rechecked"]
    assert Upheld.of(zone.desk.every_recheck()) == Upheld(1, 1, 1)


def test_nobody_looks_again_who_voted_or_belongs_to_the_project(zone: Zone) -> None:
    ref = released(zone)
    zone.desk.draw_rechecks()
    for who in ("hana", "senior", "member"):
        assert zone.desk.rechecks(zone.checkers[who]) == []
        with pytest.raises(Denied):
            zone.desk.recheck(zone.checkers[who], ref, True, "", source=HERE)
    with pytest.raises(Denied):
        zone.desk.recheck(zone.author, ref, True, "", source=HERE)
    with pytest.raises(Denied):
        zone.desk.rechecks(zone.author)


def test_an_officer_sees_what_was_drawn_and_cannot_answer(zone: Zone) -> None:
    ref = released(zone)
    zone.desk.draw_rechecks()
    officer = zone.house.join("jiwoo", Role.COMPLIANCE_OFFICER).person
    assert [one.request.ref for one in zone.desk.rechecks(officer)] == [ref]
    with pytest.raises(Denied):
        zone.desk.recheck(officer, ref, True, "", source=HERE)


def test_whoever_disagrees_says_why_and_wakes_the_officer(zone: Zone) -> None:
    ref = released(zone)
    zone.desk.draw_rechecks()
    with pytest.raises(Invalid):
        zone.desk.recheck(zone.checkers["duri"], ref, False, " ", source=HERE)
    zone.desk.recheck(zone.checkers["duri"], ref, False, "it names a clinic", source=HERE)
    [event] = zone.house.entries("egress.rechecked")
    assert (event["outcome"], event["reason"]) == ("failed", "disagrees")
    assert MEANINGS["egress.rechecked"].alert == "failure"
    assert "clinic" not in str(event), "the reason is sealed"


def test_what_was_not_drawn_cannot_be_answered_and_old_releases_are_left_alone(zone: Zone) -> None:
    ref = released(zone, percent=0)
    assert zone.desk.draw_rechecks() == []
    with pytest.raises(NotFound):
        zone.desk.recheck(zone.checkers["duri"], ref, True, "", source=HERE)
    zone.options["policy"] = replace(zone.options["policy"], recheck_percent=100)
    zone.house.clock.now += DRAWN_WITHIN
    assert zone.reopened().draw_rechecks() == []


@given(st.binary(min_size=32, max_size=32), st.integers(0, 100), st.integers(0, 100))
def test_a_greater_share_draws_all_that_a_smaller_one_draws(entry: bytes, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert drawn(entry, KEY, less) <= drawn(entry, KEY, more)
    assert not drawn(entry, KEY, 0)
    assert drawn(entry, KEY, 100)


def test_the_share_that_is_drawn_is_the_one_asked_for_and_depends_on_the_key() -> None:
    entries = [hashlib.sha256(str(number).encode()).digest() for number in range(4000)]
    mine = {entry for entry in entries if drawn(entry, KEY, 10)}
    others = {entry for entry in entries if drawn(entry, b"another key", 10)}
    assert 330 < len(mine) < 470
    assert len(mine & others) < 80, "who does not have the key cannot tell beforehand"
