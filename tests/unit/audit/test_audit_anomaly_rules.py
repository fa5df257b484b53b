from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.review.evidence import Evidence, Fact, Volume
from audit.review.findings import MAX_ENTRIES, Finding
from audit.review.rules import JUDGES, find, not_checked
from tests.unit.audit.audit_evidence import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    MORNING,
    NIGHT,
    OCTOBER,
    POLICY,
    REQUEST,
    evidence,
    fact,
    place,
    rule,
    volume,
    voted,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def found(id: str, given: Evidence, **numbers: Any) -> list[Finding]:
    return list(JUDGES[id](given, rule(id, **numbers)))


def test_mass_reading_is_found_from_the_threshold_on_within_one_window_and_not_below() -> None:
    hour = [volume(25, at=MORNING + n * 15 * MINUTE, first=100 * n) for n in range(4)]
    assert found("mass_reads", evidence(*hour), threshold=101, window_minutes=60) == []
    [one] = found("mass_reads", evidence(*hour), threshold=100, window_minutes=60)
    assert (one.who, one.measured, one.entries[0]) == ((ALICE,), 100, 0)
    spread = [volume(25, at=MORNING + n * 60 * MINUTE) for n in range(4)]
    assert found("mass_reads", evidence(*spread), threshold=100, window_minutes=60) == []
    other = [volume(100, action="session.signed_in")]
    assert found("mass_reads", evidence(*other), threshold=100, window_minutes=60) == []


def test_two_people_or_a_process_never_add_up_to_mass_reading() -> None:
    both = [volume(60), volume(60, actor=BOB), volume(500, actor="worker")]
    assert found("mass_reads", evidence(*both), threshold=100, window_minutes=60) == []


@pytest.mark.parametrize(
    ("at", "late"),
    [
        (MORNING, False),
        (NIGHT, True),
        (MORNING + 3 * DAY, True),  # Saturday
        (MORNING - 5 * DAY, True),  # 9 October, Hangul Day, a Friday
        (MORNING - 9 * DAY, True),  # 5 October, the substitute for a holiday on a Saturday
        (MORNING.replace(hour=10, minute=45), False),  # 19:45 in Seoul
        (MORNING.replace(hour=11, minute=0), True),  # 20:00
        (MORNING.replace(day=13, hour=22, minute=45), True),  # 07:45 on the 14th
        (MORNING.replace(day=13, hour=23, minute=0), False),  # 08:00
    ],
)
def test_off_hours_follow_the_clock_the_weekdays_and_the_holidays_of_the_zone(at: datetime, late: bool) -> None:
    given = evidence(replace(volume(5), quarter=at))
    assert bool(found("off_hours", given, threshold=5)) is late
    assert found("off_hours", given, threshold=6) == []


def test_repeated_denials_count_within_their_window_and_by_what_an_entry_stands_for() -> None:
    denied = [fact(n, "gate.refused", outcome="denied", minutes=n) for n in range(9)]
    assert found("repeated_denials", evidence(*denied), threshold=10, window_hours=24) == []
    more = [*denied, fact(9, "membership.granted", outcome="denied", minutes=9)]
    [one] = found("repeated_denials", evidence(*more), threshold=10, window_hours=24)
    assert (one.who, one.measured, one.count) == ((ALICE,), 10, 10)
    [one] = found("repeated_denials", evidence(replace(denied[0], count=10)), threshold=10, window_hours=24)
    assert (one.measured, one.count) == (10, 1)
    slow = [fact(n, "gate.refused", outcome="denied", minutes=60 * 24 * n) for n in range(10)]
    assert found("repeated_denials", evidence(*slow), threshold=2, window_hours=24) == []


def attempt(**rest: Any) -> Fact:
    return fact(1, "gate.refused", outcome="denied", reason="route.download", **rest)


def test_a_stopped_download_is_found_unless_a_release_of_that_project_follows_in_time() -> None:
    released = fact(9, "egress.released", actor="worker", at=MORNING + 14 * DAY)
    assert found("download_without_release", evidence(attempt(), released), days=14) == []
    late = replace(released, at=released.at + MINUTE)
    [one] = found("download_without_release", evidence(attempt(), late), days=14)
    assert (one.who, one.what, one.entries) == ((ALICE,), "study", (1,))
    elsewhere = replace(released, project="other")
    assert len(found("download_without_release", evidence(attempt(), elsewhere), days=14)) == 1
    before = replace(released, at=MORNING - DAY)
    assert len(found("download_without_release", evidence(attempt(), before), days=14)) == 1


def test_a_stopped_download_is_held_against_nobody_while_a_release_may_still_follow() -> None:
    assert found("download_without_release", evidence(attempt(), until=MORNING + 13 * DAY), days=14) == []
    assert len(found("download_without_release", evidence(attempt(), until=MORNING + 14 * DAY), days=14)) == 1


def test_other_refusals_of_the_gate_are_no_downloads() -> None:
    assert found("download_without_release", evidence(replace(attempt(), reason="route.terminal"))) == []


def test_a_collection_needs_a_release_before_it_that_still_stands() -> None:
    collected = fact(5, "egress.collected")
    released = fact(2, "egress.released", actor="worker")
    assert found("collected_without_release", evidence(collected, released)) == []
    assert len(found("collected_without_release", evidence(collected))) == 1
    assert len(found("collected_without_release", evidence(collected, replace(released, index=6)))) == 1
    revoked = fact(3, "egress.revoked", actor=BOB)
    [one] = found("collected_without_release", evidence(collected, released, revoked))
    assert (one.what, one.entries) == (REQUEST, (5,))
    assert found("collected_without_release", evidence(collected, released, replace(revoked, index=6))) == []
    denied = replace(collected, outcome="denied")
    assert found("collected_without_release", evidence(denied)) == []


def test_an_approval_within_seconds_of_the_first_look_is_found() -> None:
    look, vote = fact(1, "egress.viewed", actor=BOB), voted(2, BOB, minutes=19 / 60)
    [one] = found("approved_in_seconds", evidence(look, vote), seconds=20)
    assert (one.who, one.entries) == ((BOB,), (2,))
    assert (
        found("approved_in_seconds", evidence(look, replace(vote, at=MORNING + timedelta(seconds=20))), seconds=20)
        == []
    )
    earlier = fact(0, "egress.viewed", actor=BOB, minutes=-30)
    assert found("approved_in_seconds", evidence(earlier, look, vote), seconds=20) == []
    assert found("approved_in_seconds", evidence(look, replace(vote, choices=frozenset({"reject"}))), seconds=20) == []


def test_an_approval_faster_than_anybody_pages_through_the_files_is_found() -> None:
    look, vote = fact(1, "egress.viewed", actor=BOB), voted(2, BOB, minutes=1)
    handed_in = replace(fact(0, "egress.submitted"), round=vote.round, object=vote.object, handed_in=4_000_000)
    assert found("approved_in_seconds", evidence(look, vote), seconds=20) == []
    [one] = found("approved_in_seconds", evidence(handed_in, look, vote), seconds=20)
    assert (one.who, one.entries) == ((BOB,), (2,))
    small = replace(handed_in, handed_in=400_000)
    assert found("approved_in_seconds", evidence(small, look, vote), seconds=20) == []


def test_an_approval_without_a_look_in_that_round_is_found() -> None:
    vote = voted(5, BOB)
    assert len(found("approved_unseen", evidence(vote))) == 1
    assert found("approved_unseen", evidence(vote, fact(4, "egress.viewed", actor=BOB))) == []
    assert len(found("approved_unseen", evidence(vote, fact(4, "egress.viewed", actor=CAROL)))) == 1
    assert len(found("approved_unseen", evidence(vote, fact(4, "egress.viewed", actor=BOB, round=2)))) == 1
    assert len(found("approved_unseen", evidence(vote, fact(6, "egress.viewed", actor=BOB)))) == 1
    assert found("approved_unseen", evidence(voted(5, BOB, "changes"))) == []


def test_a_checker_who_always_approves_is_found_from_enough_votes_on() -> None:
    votes = [voted(n, BOB) for n in range(20)]
    [one] = found("approves_everything", evidence(*votes), threshold=20, percent=100)
    assert (one.who, one.measured, len(one.entries)) == ((BOB,), 20, MAX_ENTRIES)
    assert found("approves_everything", evidence(*votes[:19]), threshold=20, percent=100) == []
    assert (
        found("approves_everything", evidence(*votes[:19], voted(20, BOB, "reject")), threshold=20, percent=100) == []
    )


def approved(n: int, *people: str) -> list[Fact]:
    request = f"er_{n:016d}".translate(str.maketrans("0189", "abcd"))
    votes = [voted(10 * n + k, who, object=request) for k, who in enumerate(people)]
    return [*votes, fact(10 * n + 9, "egress.approved", actor=people[-1], object=request)]


def test_the_same_pair_is_found_only_where_there_was_somebody_else_to_ask() -> None:
    pair = [one for n in range(1, 5) for one in approved(n, BOB, CAROL)]
    other = approved(5, BOB, DAVE)
    [one] = found("same_pair", evidence(*pair, *other), threshold=5, percent=80)
    assert (one.who, one.count) == ((BOB, CAROL), 4)
    assert found("same_pair", evidence(*pair, *other), threshold=6, percent=80) == []
    assert found("same_pair", evidence(*pair, *other), threshold=5, percent=81) == []
    assert found("same_pair", evidence(*pair), threshold=4, percent=80) == []


def test_one_checker_with_most_of_the_work_is_found_by_the_share_of_requests() -> None:
    work = [*approved(1, BOB, CAROL), *approved(2, BOB, DAVE), *approved(3, BOB, CAROL), *approved(4, CAROL, DAVE)]
    people = {one.who for one in found("one_checker", evidence(*work), threshold=4, percent=75)}
    assert people == {(BOB,), (CAROL,)}
    assert found("one_checker", evidence(*work), threshold=4, percent=76) == []
    assert found("one_checker", evidence(*work), threshold=5, percent=75) == []


def test_a_sign_in_after_enough_failures_in_time_is_found() -> None:
    failed = [fact(n, "session.refused", actor="door", object=ALICE, outcome="denied", minutes=n) for n in range(4)]
    success = fact(9, "session.signed_in", object=ALICE, minutes=10)
    [one] = found("failed_then_signed_in", evidence(*failed, success), threshold=4, window_minutes=30)
    assert (one.who, one.measured, one.entries) == ((ALICE,), 4, (0, 1, 2, 3, 9))
    assert found("failed_then_signed_in", evidence(*failed[1:], success), threshold=4, window_minutes=30) == []
    late = replace(success, at=success.at + 30 * MINUTE)
    assert found("failed_then_signed_in", evidence(*failed, late), threshold=4, window_minutes=30) == []
    other = replace(success, object=BOB, actor=BOB)
    assert found("failed_then_signed_in", evidence(*failed, other), threshold=4, window_minutes=30) == []


def test_an_address_that_changes_within_a_session_is_found_and_between_sessions_is_not() -> None:
    [one] = found("address_change", evidence(place(1, "a"), place(2, "a"), place(3, "b")))
    assert (one.who, one.entries) == ((ALICE,), (3,))
    assert found("address_change", evidence(place(1, "a"), place(2, "a"))) == []
    assert found("address_change", evidence(place(1, "a"), place(2, "b", "s2"), place(3, "a"))) == []
    assert found("address_change", evidence(place(1, "a"), place(3, "b")), threshold=2) == []


def test_a_copy_of_the_log_needs_a_reason_sealed_or_as_a_code() -> None:
    copy = fact(1, "log.exported")
    assert len(found("log_read_without_reason", evidence(copy))) == 1
    assert found("log_read_without_reason", evidence(replace(copy, sealed=frozenset({"reason"})))) == []
    assert found("log_read_without_reason", evidence(replace(copy, reason="inspection"))) == []
    assert found("log_read_without_reason", evidence(copy), threshold=2) == []


def test_reading_the_log_without_the_role_for_it_is_found_commands_included() -> None:
    officer = fact(1, "log.searched", roles=frozenset({"compliance_officer"}))
    assert found("log_read_by_others", evidence(officer)) == []
    command = fact(2, "log.searched", actor="cli", person=False)
    assert [one.who for one in found("log_read_by_others", evidence(officer, command))] == [("cli",)]


@pytest.mark.parametrize("id", ["break_glass", "encoded_output", "erasures", "witness_failures"])
def test_what_should_be_rare_is_found_each_time_by_who_did_it(id: str) -> None:
    action = "zone.reconciled"
    once = evidence(fact(1, action), fact(2, "zone.started"))
    [one] = found(id, once, actions=(action,))
    assert (one.who, one.entries) == ((ALICE,), (1,))
    assert found(id, once, actions=(action,), threshold=2) == []
    assert found(id, evidence(fact(1, action, at=OCTOBER.until)), actions=(action,)) == []


@pytest.mark.parametrize(
    ("id", "action", "other"),
    [
        ("break_glass", "log.break_glass", "session.signed_in"),
        ("break_glass", "session.emergency_used", "session.signed_in"),
        ("encoded_output", "output.encoded", "output.shown"),
    ],
)
def test_what_looks_like_a_way_around_the_rules_is_found_each_time_by_the_shipped_policy(
    id: str, action: str, other: str
) -> None:
    given = evidence(fact(1, action, outcome="failed"), fact(2, other), fact(3, action, actor=BOB))
    assert sorted((one.who, one.entries) for one in found(id, given)) == [((ALICE,), (1,)), ((BOB,), (3,))]
    assert [one.rule for one in find(given, POLICY) if one.rule == id] == [id, id]


def test_a_log_that_did_not_verify_and_bodies_that_are_none_are_found() -> None:
    good, bad = fact(1, "log.verified"), fact(2, "log.verified", outcome="failed")
    assert found("log_not_intact", evidence(good)) == []
    assert [one.entries for one in found("log_not_intact", evidence(good, bad))] == [(2,)]
    damaged = replace(evidence(good), unreadable=(7,))
    assert [one.entries for one in found("log_not_intact", damaged)] == [(7,)]


def test_a_change_of_ones_own_rights_is_found() -> None:
    own = fact(1, "person.role_granted", object=ALICE)
    assert [one.entries for one in found("own_rights", evidence(own))] == [(1,)]
    assert found("own_rights", evidence(replace(own, object=BOB))) == []
    assert found("own_rights", evidence(replace(own, outcome="denied"))) == []


ACTIONS = sorted(
    {"egress.voted", "egress.approved", "egress.viewed", "egress.released", "egress.collected", "session.refused"}
    | {"session.signed_in", "gate.refused", "log.exported", "log.verified", "person.role_granted"}
)
ACTORS = st.sampled_from([ALICE, BOB, CAROL, "door"])
FACTS = st.builds(
    fact,
    st.integers(0, 400),
    st.sampled_from(ACTIONS),
    minutes=st.integers(-60 * 24 * 20, 60 * 24 * 20),
    actor=ACTORS,
    object=st.sampled_from([ALICE, BOB, REQUEST, REQUEST.replace("a", "b")]),
    outcome=st.sampled_from(["ok", "denied", "failed"]),
    reason=st.sampled_from([None, "route.download"]),
    choices=st.sampled_from([frozenset(), frozenset({"approve"}), frozenset({"approve", "reject"})]),
    count=st.integers(1, 5),
)
VOLUMES = st.builds(
    lambda quarter, count, actor, first: volume(count, at=MORNING + quarter * 15 * MINUTE, actor=actor, first=first),
    st.integers(-900, 900),
    st.integers(1, 200),
    ACTORS,
    st.integers(0, 400),
)
EAGER = replace(
    POLICY,
    rules={
        id: replace(one, enabled=True, numbers={**one.numbers, "threshold": 1 + (id in ("same_pair", "one_checker"))})
        for id, one in POLICY.rules.items()
    },
)


@settings(max_examples=40, deadline=None)
@given(
    facts=st.lists(FACTS, max_size=30, unique_by=lambda f: f.index),
    volumes=st.lists(VOLUMES, max_size=20),
    chance=st.randoms(use_true_random=False),
)
def test_neither_order_nor_pages_of_the_evidence_matter(
    facts: list[Fact], volumes: list[Volume], chance: object
) -> None:
    as_found = find(evidence(*facts, *volumes), EAGER)
    chance.shuffle(facts)  # type: ignore[attr-defined]
    chance.shuffle(volumes)  # type: ignore[attr-defined]
    assert find(evidence(*facts, *volumes), EAGER) == as_found


@settings(max_examples=40, deadline=None)
@given(facts=st.lists(FACTS, max_size=30, unique_by=lambda f: f.index), volumes=st.lists(VOLUMES, max_size=20))
def test_a_finding_names_entries_that_exist_and_opaque_references_alone(
    facts: list[Fact], volumes: list[Volume]
) -> None:
    known = {f.index for f in facts} | {n for v in volumes for n in (v.first, v.last)}
    references = {ALICE, BOB, CAROL, "door"}
    for one in find(evidence(*facts, *volumes), EAGER):
        assert set(one.entries) <= known
        assert set(one.who) <= references
        assert one.what in {None, "study"} | {f.object for f in facts}
        assert one.measured >= one.threshold


def test_a_rule_that_is_off_or_has_nothing_to_go_by_is_said_not_to_have_looked() -> None:
    off = replace(EAGER, rules={**EAGER.rules, "erasures": replace(EAGER.rules["erasures"], enabled=False)})
    blind = replace(evidence(), places=None)
    assert not_checked(evidence(), EAGER) == ()
    assert not_checked(evidence(), off) == ("erasures",)
    assert not_checked(blind, EAGER) == ("address_change",)
    assert find(blind, POLICY) == []


def test_every_rule_has_a_test_of_this_file_and_a_finding_has_no_room_for_values() -> None:
    from pathlib import Path

    source = Path(__file__).read_text(encoding="utf-8")
    assert [id for id in JUDGES if f'"{id}"' not in source] == []
    names = {field.name for field in fields(Finding)}
    assert names == {"rule", "who", "what", "measured", "threshold", "count", "entries"}
