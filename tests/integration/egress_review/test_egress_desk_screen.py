"""What the reviewer's screen and the figures are made of is the same on each kind of database."""

from __future__ import annotations

import threading
from datetime import timedelta

from egress_review.model import Choice
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, SMALL, Zone


def test_the_screen_the_queue_and_the_figures_on_each_kind_of_database(each_zone: Zone) -> None:
    zone = each_zone
    hana, duri = zone.checkers["hana"], zone.checkers["duri"]
    first = zone.released()
    refused = zone.in_review(SMALL)
    zone.desk.return_to_author(hana, refused.ref, "please round the counts", source=HERE)
    open_one = zone.in_review("sex,n\nF,140\nM,150\n")
    zone.desk.take(hana, open_one.ref, source=HERE)
    (waiting,) = zone.desk.waiting(hana)
    assert (waiting.ref, waiting.files, waiting.mine, waiting.others, waiting.voted) == (
        open_one.ref,
        1,
        True,
        0,
        False,
    )
    assert [one.others for one in zone.desk.waiting(duri)] == [1]
    assert zone.desk.waiting(zone.checkers["member"]) == ()
    screen = zone.desk.screen(hana, open_one.ref)
    assert [release.ref for release in screen.releases] == [first.ref]
    assert [file.name for release in screen.releases for file in release.files] == ["table.csv"]
    assert {one.unseen for one in screen.shown.values()} == {"1"}
    zone.desk.preview(hana, open_one.ref, open_one.files[0].sha256, source=HERE)
    assert {one.unseen for one in zone.desk.shown_to(hana, open_one.ref).values()} == {""}
    officer = zone.house.join("officer", Role.COMPLIANCE_OFFICER).person
    now = zone.house.clock() + timedelta(minutes=1)
    found = zone.desk.figures(officer, now - timedelta(days=30), now)
    assert (len(found.approved), len(found.refused)) == (1, 1)
    assert "cells.small" in found.rules
    assert (found.agreement.pairs, found.agreement.alike, found.agreement.kappa) == (1, 1, None)
    assert [ballot.unseen for ballot in found.ballots] == [("1",), ("1",)]
    assert dict(zone.desk.workload(officer)) == {hana.ref: 1}


def test_votes_of_a_round_that_is_open_are_in_no_figure(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request, Choice.CHANGES)
    now = zone.house.clock() + timedelta(minutes=1)
    assert zone.desk.figures(zone.checkers["duri"], now - timedelta(days=1), now).ballots == ()


def test_taking_a_request_from_two_browsers_at_once_is_one_event(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    hana = zone.checkers["hana"]
    threads = [threading.Thread(target=lambda: zone.desk.take(hana, request.ref, source=HERE)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert zone.actions(request.ref).count("egress.taken") == 1
