"""A clock that is set back, as whoever holds the machine can do, opens nothing again and shortens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from egress_review.errors import Conflict
from egress_review.model import Choice
from egress_review.workflow import State
from tests.integration.egress_review.egress_house import HERE, Zone
from tests.integration.egress_review.test_egress_demands import open_with


def test_a_release_that_expired_stays_expired_when_the_clock_is_set_back(zone: Zone) -> None:
    request = zone.released()
    days = zone.desk.policy.collect_days
    zone.house.clock.pass_by(days=days)
    assert zone.desk.act(request.ref).state is State.EXPIRED
    zone.house.clock.pass_by(days=-days)
    assert zone.desk.pending() == []
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)


def test_a_revoked_release_stays_revoked_when_the_clock_is_set_back(zone: Zone) -> None:
    request = zone.released()
    hana = zone.checkers["hana"]
    zone.desk.revoke(hana, request.ref, "a cell was seen that names a clinic", request.ref[-4:], source=HERE)
    zone.house.clock.pass_by(days=-2)
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)


def test_a_budget_that_is_spent_is_not_new_when_the_clock_is_set_back(tmp_path: Path) -> None:
    zone = open_with(tmp_path, budget_requests=1)
    zone.house.clock.pass_by(hours=5)
    zone.submit("year,n\n2020,500\n")
    zone.house.clock.pass_by(hours=-3)
    with pytest.raises(Conflict, match="request"):
        zone.submit("year,n\n2021,600\n", title="Second")


def test_two_votes_of_which_the_second_is_dated_before_the_first_are_two_votes(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    zone.house.clock.pass_by(hours=-1)
    with pytest.raises(Conflict):
        zone.vote("hana", request, Choice.REJECT, comment="another view")
    others = [who for who in zone.checkers if who != "hana"]
    assert zone.vote(others[0], request).state is State.APPROVED
    assert zone.desk.act(request.ref).state is State.RELEASED
