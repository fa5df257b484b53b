from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.canonical import encode
from audit.event import Actor, Event, Source
from audit.review import service
from audit.review.errors import ReviewAltered, ReviewMissing, ReviewRefused
from audit.review.policy import ReviewPolicy, parse_review_policy
from audit.review.report import Head, Report, month_report
from audit.review.service import ReviewDesk
from audit.review.workflow import State
from audit.review.working_hours import Month
from audit.search import Entry, Query, search
from tests.integration.audit.audit_reviews import (
    ALICE,
    BOB,
    CHECKER,
    CLI,
    HERE,
    OCTOBER,
    OFFICER,
    Reviewing,
    reviewing,
)
from tests.integration.audit.audit_world import REQUEST, World, an_event

POLICY = Path(service.__file__).parent / "policies" / "kr-default.yaml"


@pytest.fixture
def zone(world: World) -> Reviewing:
    made = reviewing(world)
    made.month()
    return made


@pytest.fixture
def small(usual_world: World) -> Reviewing:
    made = reviewing(usual_world)
    made.month()
    return made


def entries(zone: Reviewing, action: str) -> list[Entry]:
    with zone.world.db.read() as tx:
        return search(tx, Query(action=action, newest_first=False, limit=1000))


def test_a_report_says_what_happened_in_the_month_and_names_nobody(zone: Reviewing) -> None:
    review = zone.made()
    report = zone.desk.open(OCTOBER).report
    items = report.items
    assert review.state is State.MADE
    assert report.content["totals"]["entries"] == 43
    assert {row["action"]: row for row in report.content["totals"]["by_action"]}["cell.sent"] == {
        "action": "cell.sent",
        "ok": 35,
    }
    assert [(row["action"], row["reason"]) for row in items["downloads"]["rows"]] == [
        ("egress.collected", "request"),
        ("log.exported", "sealed"),
    ]
    assert items["after_hours"]["rows"][0] | {"first": 0, "last": 0} == {
        "who": ALICE,
        "count": 30,
        "days": 1,
        "first": 0,
        "last": 0,
    }
    assert items["releases"]["rows"][0]["approvers"] == [BOB]
    assert items["releases"]["rows"][0]["object"] == REQUEST
    assert items["denials"]["rows"][0]["reason"] == "route.download"
    rules = {found["rule"] for found in report.content["anomalies"]}
    assert rules == {"off_hours"}
    for secret in (b"203.0.113.7", b"192.0.2.9", b"ministry"):
        assert secret not in report.data


def test_a_report_counts_the_entries_between_two_midnights_of_the_zone(small: Reviewing) -> None:
    small.clock.now = datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)
    small.log.record(an_event())
    small.clock.pass_(seconds=1)
    small.log.record(an_event())
    november = Month(2026, 11)
    small.clock.now = datetime(2026, 12, 2, tzinfo=UTC)
    small.desk.make(november, by=CLI, source=HERE)
    assert small.desk.open(november).report.content["totals"]["entries"] == 1


def test_the_same_month_at_the_same_size_gives_the_same_bytes_whatever_happens_later(zone: Reviewing) -> None:
    review = zone.made()
    report = zone.desk.open(OCTOBER).report
    assert report.data == encode(report.content)
    zone.happen(*(an_event(detail={"n": n}) for n in range(300)))
    zone.log.checkpoint()
    with zone.world.db.read() as tx:
        head = Head(zone.log.origin, review.size, zone.log.root(tx, review.size))
        again = month_report(tx, OCTOBER, head, zone.desk.policy)
    assert again.data == report.data
    assert again.sha256 == review.sha256


def test_making_a_report_is_an_event_that_names_its_hash_and_the_checkpoint_it_is_about(zone: Reviewing) -> None:
    review = zone.made()
    [entry] = entries(zone, "review.made")
    assert entry.body["detail"] == {"month": "2026-10", "report": review.sha256, "size": review.size}
    assert entry.body["policy"] == zone.desk.policy.digest
    with zone.world.db.read() as tx:
        sizes = set(tx.scalars(text("SELECT size FROM audit_checkpoint")))
    assert review.size in sizes


def test_a_report_that_says_nothing_new_is_not_made_twice(small: Reviewing) -> None:
    review = small.made()
    assert small.made() == review
    assert len(entries(small, "review.made")) == 1


def test_a_month_that_is_not_over_gives_a_draft_that_nobody_can_sign(small: Reviewing) -> None:
    november = Month(2026, 11)
    draft = small.desk.make(november, by=CLI, source=HERE)
    assert draft.state is State.DRAFT
    with pytest.raises(ReviewRefused):
        small.desk.note(draft, "log_reads", "no_concern", "", officer=OFFICER, source=HERE)
    with pytest.raises(ReviewRefused):
        small.desk.sign(draft, "2026-11", officer=OFFICER, source=HERE)
    small.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    made = small.desk.make(november, by=CLI, source=HERE)
    states = [(review.version, review.state) for review in small.desk.reviews(november)]
    assert (made.version, states) == (2, [(2, State.MADE), (1, State.SUPERSEDED)])


def test_a_month_that_has_not_begun_has_no_report(small: Reviewing) -> None:
    with pytest.raises(ReviewRefused):
        small.desk.make(Month(2026, 12), by=CLI, source=HERE)
    with pytest.raises(ReviewMissing):
        small.desk.open(Month(2026, 12))


def test_the_last_whole_month_is_reviewed_when_none_is_named(small: Reviewing) -> None:
    assert small.desk.make(by=CLI, source=HERE).month == OCTOBER


def test_a_finding_is_an_event_whose_note_is_sealed(zone: Reviewing) -> None:
    review = zone.made()
    zone.desk.note(review, "after_hours", "follow_up", "김민지에게 물어봄", officer=OFFICER, source=HERE)
    [entry] = entries(zone, "review.noted")
    assert entry.body["detail"]["item"] == "after_hours"
    assert entry.body["detail"]["verdict"] == "follow_up"
    assert "김민지" not in json.dumps(entry.body, ensure_ascii=False)
    assert zone.log.unseal(entry.index)["note"] == "김민지에게 물어봄"
    assert zone.desk.open(OCTOBER).judgements["after_hours"].verdict == "follow_up"


def test_the_latest_finding_of_an_item_counts(small: Reviewing) -> None:
    review = small.made()
    for verdict in ("incident", "no_concern"):
        small.desk.note(review, "downloads", verdict, "seen", officer=OFFICER, source=HERE)
    assert small.desk.open(OCTOBER).judgements["downloads"].verdict == "no_concern"
    assert len(entries(small, "review.noted")) == 2


@pytest.mark.parametrize(
    ("item", "verdict", "note"),
    [
        ("no_such_item", "no_concern", ""),
        ("break_glass", "no_concern", ""),  # nothing happened there
        ("downloads", "fine", ""),
        ("downloads", "follow_up", "  "),
        ("downloads", "incident", ""),
        ("downloads", "no_concern", "x" * 4001),
    ],
)
def test_an_incomplete_finding_is_refused(small: Reviewing, item: str, verdict: str, note: str) -> None:
    review = small.made()
    with pytest.raises(ReviewRefused):
        small.desk.note(review, item, verdict, note, officer=OFFICER, source=HERE)  # type: ignore[arg-type]
    assert entries(small, "review.noted") == []


def test_signing_needs_a_finding_for_every_item_and_the_month_typed(small: Reviewing) -> None:
    review = small.made()
    with pytest.raises(ReviewRefused, match="no finding"):
        small.desk.sign(review, "2026-10", officer=OFFICER, source=HERE)
    opened = small.judged()
    assert opened.missing == ()
    with pytest.raises(ReviewRefused, match="2026-10"):
        small.desk.sign(review, "2026-11", officer=OFFICER, source=HERE)
    assert entries(small, "review.signed") == []


@pytest.mark.parametrize("actor", [CHECKER, CLI, Actor.person(OFFICER.ref, ("operator",))])
def test_nobody_but_a_compliance_officer_finds_or_signs(small: Reviewing, actor: Actor) -> None:
    opened = small.judged()
    with pytest.raises(ReviewRefused):
        small.desk.note(opened.review, "downloads", "no_concern", "", officer=actor, source=HERE)
    with pytest.raises(ReviewRefused):
        small.desk.sign(opened.review, "2026-10", officer=actor, source=HERE)


def test_a_signature_is_an_event_over_the_hashes_of_the_report_and_of_all_findings(zone: Reviewing) -> None:
    review = zone.signed()
    assert (review.state, review.signed_by) == (State.SIGNED, OFFICER.ref)
    [entry] = entries(zone, "review.signed")
    detail = entry.body["detail"]
    assert (detail["report"], detail["size"], detail["incident"]) == (review.sha256, review.size, 0)
    assert len(detail["findings"]) == 64
    assert entry.body["actor"]["ref"] == OFFICER.ref
    zone.log.settle()
    zone.log.checkpoint()
    assert zone.world.verify().ok


def test_after_signing_nothing_of_a_review_changes_any_more(zone: Reviewing) -> None:
    review = zone.signed()
    with pytest.raises(ReviewRefused):
        zone.desk.note(review, "downloads", "incident", "late", officer=OFFICER, source=HERE)
    with pytest.raises(ReviewRefused):
        zone.desk.sign(review, "2026-10", officer=OFFICER, source=HERE)
    for table in ("audit_review", "audit_review_report", "audit_review_move", "audit_review_finding"):
        for statement in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET {'sha256' if 'report' in table else 'month'} = 'x'",
        ):
            with pytest.raises(Exception, match="append-only"), zone.world.db.begin() as tx:
                tx.execute(text(statement))


def test_a_signed_review_is_replaced_only_when_a_newer_one_is_signed(small: Reviewing) -> None:
    small.signed()
    small.desk = ReviewDesk(small.world.db, small.log, _policy(threshold=31), clock=small.clock)
    newer = small.made()
    assert [(r.version, r.state) for r in small.desk.reviews(OCTOBER)] == [(2, State.MADE), (1, State.SIGNED)]
    for item in small.desk.open(OCTOBER).missing:
        small.desk.note(newer, item, "no_concern", "", officer=OFFICER, source=HERE)
    small.desk.sign(newer, "2026-10", officer=OFFICER, source=HERE)
    assert [(r.version, r.state) for r in small.desk.reviews(OCTOBER)] == [(2, State.SIGNED), (1, State.SUPERSEDED)]
    first = small.desk.open(OCTOBER, 1)
    assert first.review.signed_by == OFFICER.ref
    assert first.report.sha256 == first.review.sha256


def test_under_another_policy_a_report_is_made_again_before_it_is_signed(small: Reviewing) -> None:
    opened = small.judged()
    small.desk = ReviewDesk(small.world.db, small.log, _policy(threshold=31), clock=small.clock)
    with pytest.raises(ReviewRefused, match="policy"):
        small.desk.sign(opened.review, "2026-10", officer=OFFICER, source=HERE)


def test_a_report_that_somebody_exchanged_is_neither_shown_nor_signed(zone: Reviewing) -> None:
    opened = zone.judged()
    clean = Report.of({**opened.report.content, "anomalies": []})
    zone.world.tamper("UPDATE audit_review_report SET body = :body", body=clean.data)
    with pytest.raises(ReviewAltered):
        zone.desk.open(OCTOBER)
    zone.world.tamper(
        "UPDATE audit_review_report SET sha256 = :sha256",
        "UPDATE audit_review SET sha256 = :sha256",
        sha256=clean.sha256,
    )
    with pytest.raises(ReviewAltered, match="log names another"):
        zone.desk.sign(opened.review, "2026-10", officer=OFFICER, source=HERE)


def test_an_entry_that_somebody_changed_after_the_report_was_made_stops_the_signature(small: Reviewing) -> None:
    opened = small.judged()
    small.world.tamper("UPDATE audit_entry SET outcome = 'failed' WHERE action = 'cell.sent'")
    with pytest.raises(ReviewAltered, match="made again"):
        small.desk.sign(opened.review, "2026-10", officer=OFFICER, source=HERE)


def test_a_body_that_cannot_be_read_is_reported_and_hides_nothing_else(small: Reviewing) -> None:
    index = entries(small, "egress.collected")[0].index
    small.world.tamper("UPDATE audit_entry SET body = :body WHERE idx = :i", body=b"{", i=index)
    small.made()
    found = small.desk.open(OCTOBER).report.content["anomalies"]
    assert [one["entries"] for one in found if one["rule"] == "log_not_intact"] == [[index]]


def test_a_month_that_is_not_signed_in_time_is_recorded_as_overdue_once(zone: Reviewing) -> None:
    zone.clock.now = datetime(2026, 11, 10, 14, 59, tzinfo=UTC)
    assert zone.desk.announce_overdue() == ()
    assert zone.desk.standing().waiting == (OCTOBER,)
    zone.clock.now = datetime(2026, 11, 10, 15, 1, tzinfo=UTC)
    for _ in range(3):
        assert zone.desk.announce_overdue() == (OCTOBER,)
    [entry] = entries(zone, "review.overdue")
    assert entry.body["detail"] == {"month": "2026-10"}
    zone.signed()
    assert zone.desk.announce_overdue() == ()


def test_two_workers_record_one_overdue_review_once(small: Reviewing) -> None:
    from audit.review.due import overdue_event

    for _ in range(2):
        small.log.record(overdue_event(OCTOBER, small.desk.policy, small.log.origin))
    assert len(entries(small, "review.overdue")) == 1


def test_a_log_without_entries_owes_no_review(usual_world: World) -> None:
    standing = reviewing(usual_world).desk.standing()
    assert (standing.overdue, standing.waiting, standing.sign_by) == ((), (), None)


def _policy(**changes: int) -> ReviewPolicy:
    text = POLICY.read_text(encoding="utf-8")
    return parse_review_policy(text.replace("threshold: 30 ", f"threshold: {changes['threshold']} "), "test.yaml")


def test_a_session_that_goes_on_from_another_address_is_found_without_its_address(zone: Reviewing) -> None:
    def at(address: str, session: str) -> Event:
        return an_event(actor=Actor.person(ALICE, ("researcher",), session), source=Source(address))

    zone.clock.now = datetime(2026, 10, 21, 1, tzinfo=UTC)
    zone.happen(at("203.0.113.7", "s1"), at("203.0.113.7", "s1"), at("198.51.100.4", "s2"), at("198.51.100.4", "s1"))
    zone.clock.now = datetime(2026, 11, 3, tzinfo=UTC)
    zone.made()
    report = zone.desk.open(OCTOBER).report
    [found] = [one for one in report.content["anomalies"] if one["rule"] == "address_change"]
    assert (found["who"], found["measured"]) == ([ALICE], 1)
    assert b"198.51.100.4" not in report.data
    assert "address_change" not in report.content["not_checked"]
