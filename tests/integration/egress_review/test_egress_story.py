"""The way of a request from outbox to collected package, on every database."""

from __future__ import annotations

import zipfile

import pytest

from egress_review.errors import Denied
from egress_review.findings import Finding, Report, Verdict
from egress_review.model import Action, Choice
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from tests.integration.egress_review.egress_house import HERE, SAFE, SMALL, Zone


def test_a_result_leaves_after_two_people_approved_it(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    assert request.state is State.IN_REVIEW
    assert zone.vote("hana", request).state is State.IN_REVIEW
    assert zone.vote("duri", request).state is State.APPROVED
    released = zone.desk.release(request.ref)
    assert released.state is State.RELEASED
    assert released.packaged
    package = zone.desk.collect(zone.author, request.ref, source=HERE)
    with zipfile.ZipFile(package) as archive:
        assert archive.read(f"{request.ref}/files/table.csv") == SAFE.encode()
    check = verify_package(zone.desk.package_of(request.ref), zone.log_key)
    assert check.ok, check.reason
    assert zone.actions(request.ref) == [
        "egress.drafted",
        "egress.submitted",
        "egress.scanned",
        "egress.voted",
        "egress.voted",
        "egress.approved",
        "egress.releasing",
        "egress.released",
        "egress.collected",
    ]


def test_the_precheck_says_what_the_scan_will_say(zone: Zone) -> None:
    zone.write("table.csv", SMALL)
    report = zone.desk.precheck(zone.workspace, ["table.csv"], "", source=HERE, context=zone.draft().context)
    assert report.files[0].verdict is Verdict.FLAGGED
    request = zone.in_review(SMALL)
    scanned = zone.desk.view(zone.checkers["hana"], request.ref).report
    assert scanned is not None
    assert report.policy_digest == scanned.policy_digest
    assert _but_for_behaviour(scanned) == _but_for_behaviour(report)
    assert "egress.prechecked" in [body["action"] for body in zone.house.entries()]


def test_a_resident_number_blocks_the_request(zone: Zone) -> None:
    request = zone.in_review("name,rrn\na,901106-1896546\n")
    assert request.state is State.BLOCKED
    with pytest.raises(Denied):
        zone.desk.preview(zone.checkers["hana"], request.ref, request.files[0].sha256, source=HERE)


def test_a_returned_request_comes_back_as_a_new_round(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    returned = zone.desk.return_to_author(zone.checkers["duri"], request.ref, "please add the year", source=HERE)
    assert returned.state is State.RETURNED
    seen = zone.desk.view(zone.author, request.ref)
    assert [(m.text, m.by_ref, m.by_role) for m in seen.messages] == [("please add the year", None, "checker")]
    assert Action.RESUBMIT in seen.actions
    zone.write("table.csv", "year,n\n2020,200\n")
    again = zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)
    assert (again.state, again.round) == (State.SCANNING, 2)
    again = zone.desk.scan(request.ref)
    assert zone.vote("duri", again).state is State.IN_REVIEW, "the vote of the first round must not count"
    assert zone.vote("hana", again).state is State.APPROVED


def test_a_conflict_is_settled_by_the_reviewers_who_then_see_each_other(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    divided = zone.vote("duri", request, Choice.CHANGES)
    assert divided.state is State.REVIEWED
    seen = zone.desk.view(zone.checkers["hana"], request.ref)
    assert {review.comment for review in seen.reviews} == {"", "please round the counts"}
    assert zone.vote("duri", divided).state is State.APPROVED


def test_the_author_is_told_what_others_did_with_the_request_and_not_who(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["duri"], request.ref, "please add the year", source=HERE)
    zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)
    again = zone.desk.scan(request.ref)
    zone.vote("hana", again)
    zone.vote("duri", again)
    zone.desk.release(request.ref)
    told = zone.house.registry.messages(zone.author.ref)
    assert {one.code for one in told} == {"egress_returned", "egress_released"}
    for one in told:
        assert request.title in one.content.text("ko")
        assert not any(person.name in one.content.text("en") for person in zone.checkers.values())


def test_what_the_author_does_is_not_told_to_the_author(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    assert zone.house.registry.messages(zone.author.ref) == []


def _but_for_behaviour(report: Report) -> list[Finding]:
    """Return the findings that are about the file, not about how its author takes results out."""
    return [finding for finding in report.files[0].findings if not finding.rule.startswith("behaviour.")]
