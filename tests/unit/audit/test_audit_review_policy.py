from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.review import policy as policies
from audit.review.errors import ReviewPolicyUnusable, ReviewRefused
from audit.review.items import ITEMS
from audit.review.policy import FORMS, load_review_policy, parse_review_policy
from audit.review.rules import JUDGES
from audit.review.workflow import MOVES, NAMES, State, mermaid, move_for
from audit.review.working_hours import Month, public_holidays

SHIPPED = (policies.SHIPPED / "kr-default.yaml").read_text(encoding="utf-8")
POLICY = load_review_policy()


def line_of(part: str) -> int:
    return next(n for n, line in enumerate(SHIPPED.splitlines(), 1) if part in line)


def test_the_shipped_policy_names_every_rule_in_both_languages_with_its_source() -> None:
    assert set(POLICY.rules) == set(FORMS) == set(JUDGES)
    for rule in POLICY.rules.values():
        assert rule.title.ko != rule.title.en
        assert rule.why.ko != rule.why.en
        assert rule.source.ko != rule.source.en
        assert rule.enabled
        assert all(any(known.startswith(action) for known in CATALOGUE) for action in rule.actions)


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        ("sign_by_day: 10", "sign_by_dya: 10", "sign_by_day: 10"),
        ("sign_by_day: 10", "sign_by_day: 31", "sign_by_day: 10"),
        ("sign_by_day: 10", "sign_by_day: ten", "sign_by_day: 10"),
        ("time_zone: Asia/Seoul", "time_zone: Asia/Soul", "time_zone:"),
        ('closes: "20:00"', 'closes: "07:00"', "closes:"),
        ('closes: "20:00"', "closes: 20h", "closes:"),
        ("holidays: KR", "holidays: XX", "holidays: KR"),
        ("extra_holidays: []", "extra_holidays: [31.12.2026]", "extra_holidays:"),
        ("[mon, tue, wed, thu, fri]", "[mon, tuesday]", "working_days:"),
        ("  mass_reads:", "  mass_read:", "  mass_reads:"),
        ("threshold: 300 ", "threshold: 0 ", "threshold: 300"),
        ("threshold: 300 ", "threshold: 1.5 ", "threshold: 300"),
        ("window_minutes: 60 ", "window_minutes: 50 ", "window_minutes: 60"),
        ("percent: 100", "percent: 101", "percent: 100"),
        ("[cell.sent, ", "[cell.snet, ", "[cell.sent, "),
        ("actions: [log.break_glass, session.emergency_used]", "actions: []", "actions: [log.break_glass"),
        ("    level: alert", "    level: loud", "    level: alert"),
        ("enabled: true", "enabled: maybe", "enabled: true"),
    ],
)
def test_a_mistake_in_the_policy_is_refused_with_its_line(before: str, after: str, at: str) -> None:
    assert before in SHIPPED
    with pytest.raises(ReviewPolicyUnusable) as refused:
        parse_review_policy(SHIPPED.replace(before, after, 1), "review.yaml")
    assert f"review.yaml, line {line_of(at)}" in refused.value.text("en")
    assert f"review.yaml {line_of(at)}행" in refused.value.text("ko")


def test_a_rule_that_is_left_out_is_missed_so_that_none_is_off_unseen() -> None:
    start, end = SHIPPED.index("  erasures:"), SHIPPED.index("  witness_failures:")
    with pytest.raises(ReviewPolicyUnusable, match="erasures is missing"):
        parse_review_policy(SHIPPED[:start] + SHIPPED[end:], "review.yaml")


def test_a_zone_may_bring_its_own_policy_and_its_digest_says_so(tmp_path: Path) -> None:
    own = tmp_path / policies.OWN_FILE
    own.write_text(SHIPPED.replace("sign_by_day: 10", "sign_by_day: 5"), encoding="utf-8")
    found = load_review_policy(tmp_path)
    assert found.sign_by_day == 5
    assert found.digest != POLICY.digest


def test_korean_holidays_with_their_substitutes_are_free_and_those_of_the_institution_too() -> None:
    hours = POLICY.hours
    free = hours.free_days(date(2026, 9, 1), date(2026, 10, 31))
    assert date(2026, 9, 25) in free  # Chuseok
    assert date(2026, 10, 5) in free  # in place of Saturday, 3 October
    assert date(2026, 10, 6) not in free
    own = parse_review_policy(SHIPPED.replace("extra_holidays: []", "extra_holidays: [2026-10-06]"), "x.yaml")
    assert not own.hours.is_working_day(date(2026, 10, 6))
    assert hours.is_working_day(date(2026, 10, 6))


def test_a_zone_elsewhere_has_the_hours_of_its_own_clock() -> None:
    text = SHIPPED.replace("Asia/Seoul", "Asia/Kathmandu").replace("holidays: KR", "holidays: none")
    hours = parse_review_policy(text, "x.yaml").hours
    assert hours.outside(datetime(2026, 10, 14, 2, 14, 59, tzinfo=UTC))  # 07:59:59
    assert not hours.outside(datetime(2026, 10, 14, 2, 15, tzinfo=UTC))  # 08:00
    assert public_holidays("KR", 2026)


@given(st.integers(1, 9998), st.integers(1, 12))
def test_months_follow_each_other_and_read_back(year: int, number: int) -> None:
    month = Month(year, number)
    assert Month.parse(str(month)) == month
    assert month.next().previous() == month
    assert month.last + timedelta(days=1) == month.next().first


@pytest.mark.parametrize("text", ["", "2026-1", "2026-13", "2026-00", "26-10", "2026/10", "2026-10-01", "２０２６-10"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


@pytest.mark.parametrize(("source", "target"), list(itertools.product([None, *State], State)))
def test_a_move_that_the_table_does_not_name_is_refused(source: State | None, target: State) -> None:
    events = {move.event for move in MOVES}
    for event in events:
        if any((m.source, m.target, m.event) == (source, target, event) for m in MOVES):
            assert move_for(source, target, event).target is target
        else:
            with pytest.raises(ReviewRefused):
                move_for(source, target, event)


def test_no_move_leads_out_of_a_superseded_review_or_back_from_a_signed_one() -> None:
    assert not [move for move in MOVES if move.source is State.SUPERSEDED]
    assert {move.target for move in MOVES if move.source is State.SIGNED} == {State.SUPERSEDED}
    assert {move.event for move in MOVES} <= set(CATALOGUE)
    assert all(state.value in mermaid() for state in State)
    assert all(name.ko and name.en for name in NAMES.values())


def test_every_item_asks_something_in_both_languages() -> None:
    for item in ITEMS.values():
        assert item.title.ko != item.title.en
        assert item.ask.ko != item.ask.en
