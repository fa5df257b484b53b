"""Two requests on their way at once are compared with each other before the second of them leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from egress_review import store
from egress_review.errors import Conflict, ScanFailed
from egress_review.findings import Flagged
from egress_review.job import ScanJob, ScanResult, scan_failed
from egress_review.model import Request
from egress_review.releasing import Releasing
from egress_review.scanner import InProcessScanner
from egress_review.workflow import State
from tests.databases import on_postgresql
from tests.integration.egress_review.egress_house import HERE, Zone

FIRST, SECOND = "sex,n\nF,120\nM,130\n", "sex,n\nF,120\nM,127\n"


def approved(zone: Zone, *contents: str) -> list[Request]:
    """Requests that were all scanned before anybody voted on any, all approved."""
    scanned = []
    for content in contents:
        scanned.append(zone.in_review(content=content))
        zone.house.clock.pass_by(minutes=11)  # the same hand-in within ten minutes is one request
    for request in scanned:
        for who in ("hana", "duri"):
            zone.vote(who, request)
    return scanned


def differences(zone: Zone, request: Request) -> list[tuple[int, int]]:
    """Where the findings of a request name a difference from what left before."""
    report = zone.desk.view(zone.author, request.ref).report
    assert report is not None
    found = (one for file in report.files for one in file.findings)
    return [
        (one.where.row, one.where.column)
        for one in found
        if isinstance(one, Flagged) and one.rule == "cells.difference"
    ]


def handed_in_again(zone: Zone, request: Request, content: str) -> Request:
    zone.write("table.csv", content)
    zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)
    return zone.desk.scan(request.ref)


def test_of_two_that_were_approved_side_by_side_the_second_is_compared_before_it_leaves(each_zone: Zone) -> None:
    zone = each_zone
    first, second = approved(zone, FIRST, SECOND)
    assert zone.desk.release(first.ref).state is State.RELEASED
    assert zone.desk.release(second.ref).state is State.RETURNED
    assert not zone.desk.package_of(second.ref).exists()
    assert "egress.released" not in zone.actions(second.ref)
    [message] = zone.desk.view(zone.author, second.ref).messages
    assert "looked at beside it" in message.text
    assert "함께 다시" in message.text
    assert differences(zone, second) == []
    again = handed_in_again(zone, second, SECOND)
    assert differences(zone, again) == [(3, 2)]
    assert all(one.holds for one in zone.desk.compare_with_log())


def test_one_that_says_no_more_beside_the_other_leaves_without_anybody_doing_anything(each_zone: Zone) -> None:
    zone = each_zone
    first, second, third = approved(zone, FIRST, "year,n\n2020,500\n2021,600\n", "town,n\nA,800\nB,900\n")
    assert zone.desk.release(first.ref).state is State.RELEASED
    assert zone.desk.act(second.ref).state is State.RELEASED
    assert zone.desk.act(third.ref).state is State.RELEASED
    with zone.house.db.read() as tx:
        report = store.report_of(tx, store.load(tx, third.ref))
    assert report is not None
    assert report.compared == "", "the findings that were voted on stay as they were"
    assert zone.house.entries("egress.released")[-1]["detail"]["compared"] != ""


def test_one_that_cannot_be_compared_waits_for_the_scanner(zone: Zone) -> None:
    first, second = approved(zone, FIRST, SECOND)
    zone.desk.release(first.ref)

    class Away:
        def scan(self, job: ScanJob) -> ScanResult:
            raise scan_failed("no_engine")

    with pytest.raises(ScanFailed):
        zone.reopened(scanner=Away()).act(second.ref)
    assert second.ref in zone.desk.pending()
    assert zone.desk.act(second.ref).state is State.RETURNED


def test_a_release_that_began_before_another_one_left_does_not_end_in_a_release(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = approved(zone, FIRST, SECOND)
    begin = Releasing._begin

    def with_another_between(desk: Releasing, ref: str, again: str | None) -> Request:
        begun = begin(desk, ref, again)
        if ref == second.ref and begun.state is State.RELEASING:
            assert desk.release(first.ref).state is State.RELEASED
        return begun

    monkeypatch.setattr(Releasing, "_begin", with_another_between)
    assert zone.desk.release(second.ref).state is State.RELEASE_FAILED
    monkeypatch.undo()
    zone.house.clock.pass_by(minutes=5)
    assert zone.desk.pending() == [second.ref]
    assert zone.desk.act(second.ref).state is State.RETURNED
    assert "egress.released" not in zone.actions(second.ref)


def test_what_left_while_the_scanner_worked_makes_it_work_again(zone: Zone) -> None:
    [first] = approved(zone, FIRST)

    class ReleasingMeanwhile:
        def scan(self, job: ScanJob) -> ScanResult:
            zone.desk.release(first.ref)
            return InProcessScanner().scan(job)

    second = zone.submit(SECOND)
    assert zone.reopened(scanner=ReleasingMeanwhile()).scan(second.ref).state is State.SCANNING
    assert second.ref in zone.desk.pending()
    assert zone.desk.act(second.ref).state is State.IN_REVIEW
    assert differences(zone, second) == [(3, 2)]


def test_the_order_is_not_told_by_a_clock(zone: Zone) -> None:
    first, second = approved(zone, FIRST, SECOND)
    zone.house.clock.pass_by(days=-1)
    zone.desk.release(first.ref)
    zone.house.clock.pass_by(days=1)
    assert zone.desk.release(second.ref).state is State.RETURNED


def test_findings_of_an_earlier_version_are_taken_for_compared_with_nothing(zone: Zone) -> None:
    zone.released(content=FIRST)
    [second] = approved(zone, "year,n\n2020,500\n2021,600\n")
    guard = "no_change ON egress_report" if on_postgresql() else "no_update"
    with zone.house.db.begin() as tx:
        tx.execute(text(f"DROP TRIGGER egress_report_{guard}"))
        tx.execute(text('UPDATE egress_report SET content = replace(content, \'"compared": "\', \'"other": "\')'))
    with zone.house.db.read() as tx, pytest.raises(Conflict):
        zone.desk._check_compared(tx, second, "")


def test_the_same_bytes_and_what_comes_in_hold_nothing_up(zone: Zone) -> None:
    first, same = approved(zone, FIRST, FIRST)
    assert [zone.desk.release(one.ref).state for one in (first, same)] == [State.RELEASED, State.RELEASED]
    with zone.house.db.read() as tx:
        zone.desk._check_compared(tx, replace(same, direction="ingress", project="gibleed", files=()), "")


def test_reviewers_see_what_else_is_on_its_way_and_what_left_meanwhile(zone: Zone) -> None:
    first, second = zone.in_review(content=FIRST), zone.in_review(content=SECOND)
    hana = zone.checkers["hana"]
    screen = zone.desk.screen(hana, second.ref)
    assert (screen.left_meanwhile, dict(screen.on_their_way)) == (False, {first.ref: first.title})
    for who in ("hana", "duri"):
        zone.vote(who, first)
    zone.desk.release(first.ref)
    screen = zone.desk.screen(hana, second.ref)
    assert (screen.left_meanwhile, dict(screen.on_their_way)) == (True, {})


def test_no_declaration_of_a_later_request_hides_what_left_before(zone: Zone) -> None:
    zone.released(content=FIRST)
    controls = '{"other": ["n"], "files": {"table2.csv": {"counts": ["n"]}}}'
    again = zone.in_review(content=SECOND, name="table2.csv", controls=controls)
    assert differences(zone, again) == [(3, 2)]
    zone.write("table2.csv", SECOND)
    report = zone.desk.precheck(zone.workspace, ["table2.csv"], controls, source=HERE)
    assert any(isinstance(one, Flagged) and one.rule == "cells.difference" for one in report.files[0].findings)
